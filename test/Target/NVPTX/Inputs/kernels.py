"""Kernels on tensor cores in the emulator of PTX, against numpy.

usage: kernels.py ATTN-COMPILE FOLDER [VARIANT...]

Each variant is compiled once, for any length, and run for several lengths of
queries and keys, with a schedule of its own for each.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../Integration/Inputs"))

import numpy as np

from attention_case import Case
from device_program import Program
from run_case import compare

# Of keys, for variants with a fixed number of queries: up to several splits.
DECODE_LENGTHS = (1, 63, 512, 513, 1300)
LENGTHS = ((1, 1), (2, 7), (64, 64), (65, 63), (127, 129), (150, 200))
COMMON = dict(dtype="bf16", layout="hsd", dynamic="sequence", features=64, value_features=64)

VARIANTS = {
    "causal": dict(mask="causal", lse=True),
    "full": dict(heads=2),
    "f16": dict(dtype="f16", mask="causal", heads=2, lse=True),
    "d128": dict(mask="causal", features=128, value_features=128),
    "d256": dict(mask="causal", features=256, value_features=256),
    "d80": dict(mask="causal", features=80, value_features=48),
    "d40": dict(mask="causal", features=40, value_features=3),
    "window": dict(layout="bhgsd", batch=2, heads=1, group=2, mask="and<#attn.causal, #attn.window<70, 0>>", lse=True),
    "prefix": dict(layout="bshd", heads=2, mask="prefix<40>"),
    "ragged": dict(layout="bhsd", batch=2, heads=2, mask="causal", offset="batch", offset_value=3,
                   valid="batch", valid_value=60, lse=True),
    "segments": dict(layout="bhsd", batch=1, heads=2, mask="and<#attn.causal, #attn.segments>"),
    "boolean": dict(layout="bhsd", batch=2, mask_tensor="bool", lse=True),
    "bias": dict(mask="causal", mask_tensor="float", score="alibi"),
    "softcap": dict(mask="causal", score="softcap"),
    "decode": dict(layout="bhgsd", batch=2, heads=2, group=4, queries=1, valid="batch",
                   dynamic="keys", lse=True),
    "decode-causal": dict(layout="bhsd", batch=2, queries=3, mask="causal", offset="batch", features=128,
                          value_features=128, dynamic="keys", lse=True),
    "shared-key": dict(layout="shared-key", batch=1, heads=2, mask="causal"),
}  # fmt: skip


def check(program, case, seed):
    arrays = case.inputs()
    expected = case.reference(arrays)
    results = program.run(list(arrays.values()), seed=seed)
    compare("output", results[0], expected[0], case.gate(arrays))
    if case.lse:
        finite = expected[1][np.isfinite(expected[1])]
        size = 1 + np.abs(finite).max(initial=0.0)
        compare("log-sum-exp", results[1], expected[1], 3e-6 * size)


def main():
    attn_compile, folder = sys.argv[1:3]
    os.makedirs(folder, exist_ok=True)
    for name in sys.argv[3:] or VARIANTS:
        options = {**COMMON, **VARIANTS[name]}
        prefix = os.path.join(folder, name)
        program = Program(attn_compile, Case(**options).ir(), prefix, "--form=blocked")
        with open(prefix + ".ptx") as file:
            assert "mma.sync" in file.read(), f"{name} does not use tensor cores"
        lengths = LENGTHS
        if "queries" in options:
            lengths = [(options["queries"], keys) for keys in DECODE_LENGTHS]
        for seed, (queries, keys) in enumerate(lengths):
            case = Case(**{**options, "queries": queries, "keys": keys})
            # Offsets and valid keys are near the end, where cases ask for them.
            case.offset_value = case.offset_value or max(keys - queries, 0)
            case.valid_value = case.valid_value or keys
            try:
                check(program, case, seed)
            except Exception as error:
                print(f"{name}, {queries} x {keys}: {error}")
        print(f"{name} done")


if __name__ == "__main__":
    main()
