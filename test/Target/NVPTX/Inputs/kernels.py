"""Kernels on tensor cores in the emulator of PTX, against numpy.

usage: kernels.py ATTN-COMPILE FOLDER [VARIANT...]

Each variant is compiled once, for any length, and run for several lengths of
queries and keys. Each is run with two schedules: one whose copies arrive as late as
they may, one whose copies arrive at once.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../Integration/Inputs"))

import numpy as np

from attention_case import Case
from device_program import Program
from run_case import compare

LENGTHS = (
    (0, 5), (5, 0), (1, 1), (2, 7), (3, 15), (7, 129), (16, 17), (64, 64), (65, 63),
    (127, 65), (129, 127), (150, 200),
)  # fmt: skip
LONG = ((1, 1023), (17, 1023))
# For a fixed number of queries: up to several splits of keys.
DECODE_KEYS = (0, 1, 63, 512, 513, 1300)
COMMON = dict(dtype="bf16", layout="hsd", dynamic="sequence", features=64, value_features=64)
GROUPED = dict(layout="bhgsd", batch=3, heads=1, group=3, lse=True)

VARIANTS = {
    "causal": dict(mask="causal", lse=True, lengths=LENGTHS + LONG),
    "full": dict(heads=2, lengths=LENGTHS + LONG),
    "f16": dict(dtype="f16", mask="causal", heads=2, lse=True),
    "sm_90a": dict(chip="sm_90a", mask="causal", heads=2, lse=True),
    "d128": dict(mask="causal", features=128, value_features=128),
    "d192": dict(mask="causal", features=192, value_features=128),
    "d256": dict(mask="causal", features=256, value_features=256),
    "d80": dict(mask="causal", features=80, value_features=48),
    "d40": dict(mask="causal", features=40, value_features=3),
    "d1": dict(features=1, value_features=8, lse=True),
    "early": dict(mask="causal", offset="scalar", offset_value=-5, heads=3, lse=True),
    "one": dict(mask="causal", offset="scalar", offset_value=1, lse=True),
    "aligned-ends": dict(mask="causal", offset="scalar", offset_value=None, lse=True),
    "groups": dict(GROUPED, mask="causal"),
    "window": dict(layout="bhgsd", batch=2, heads=1, group=2, mask="and<#attn.causal, #attn.window<70, 0>>", lse=True),
    "prefix": dict(layout="bshd", heads=2, mask="prefix<40>"),
    "ragged": dict(layout="bhsd", batch=2, heads=2, mask="causal", offset="batch", offset_value=3,
                   valid="batch", valid_value=60, lse=True),
    "nothing-valid": dict(layout="bhsd", batch=3, valid="batch", valid_value=1, lse=True),
    "segments": dict(layout="bhsd", batch=1, heads=2, mask="and<#attn.causal, #attn.segments>"),
    "boolean": dict(layout="bhsd", batch=2, mask_tensor="bool", lse=True),
    "bias": dict(mask="causal", mask_tensor="float", score="alibi"),
    "softcap": dict(mask="causal", score="softcap"),
    "decode": dict(layout="bhgsd", batch=2, heads=2, group=4, queries=1, valid="batch",
                   valid_value=None, dynamic="keys", lse=True,
                   lengths=[(1, keys) for keys in DECODE_KEYS]),
    "decode-causal": dict(layout="bhsd", batch=2, queries=3, mask="causal", offset="batch",
                          offset_value=None, features=128, value_features=128,
                          dynamic="keys", lse=True, lengths=[(3, keys) for keys in DECODE_KEYS]),
    "shared-key": dict(layout="shared-key", batch=1, heads=2, mask="causal"),
}  # fmt: skip


def compile_variant(attn_compile, folder, name, options):
    """The program of a case, which must be one on tensor cores."""
    options = dict(options)
    chip = options.pop("chip", "sm_80")
    prefix = os.path.join(folder, name)
    program = Program(attn_compile, Case(**options).ir(), prefix, "--form=blocked", f"--chip={chip}")
    with open(prefix + ".ptx") as file:
        text = file.read()
    assert "mma.sync" in text, f"{name} does not use tensor cores"
    assert f".target {chip}" in text, f"{name} is not for {chip}"
    return program


def check(program, case, arrays=None, **how):
    """Raises unless a run agrees with numpy."""
    arrays = case.inputs() if arrays is None else arrays
    expected = case.reference(arrays)
    results = program.run(list(arrays.values()), **how)
    compare("output", results[0], expected[0], case.gate(arrays))
    if case.lse:
        finite = expected[1][np.isfinite(expected[1])]
        size = 1 + np.abs(finite).max(initial=0.0)
        compare("log-sum-exp", results[1], expected[1], 3e-6 * size)
    return results, expected


def check_lengths(program, name, options):
    """How many runs agree, and how many do not."""
    options = {k: v for k, v in options.items() if k != "chip"}
    lengths = options.pop("lengths", LENGTHS)
    right = wrong = 0
    for number, (queries, keys) in enumerate(lengths):
        sizes = dict(queries=queries, keys=keys, seed=number)
        # None: the last row sees all keys; all keys are valid, more or less.
        if options.get("offset_value", 0) is None:
            sizes["offset_value"] = keys - queries
        if options.get("valid_value", 0) is None:
            sizes["valid_value"] = keys
        case = Case(**{**options, **sizes})
        for seed, eager in ((2 * number, False), (2 * number + 1, True)):
            try:
                check(program, case, seed=seed, eager=eager)
                right += 1
            except Exception as error:
                wrong += 1
                print(f"{name}, {queries} x {keys}, seed {seed}, "
                      f"{'eager' if eager else 'late'} copies: {error}")  # fmt: skip
    return right, wrong


def main():
    attn_compile, folder = sys.argv[1:3]
    os.makedirs(folder, exist_ok=True)
    failures = 0
    for name in sys.argv[3:] or VARIANTS:
        options = {**COMMON, **VARIANTS[name]}
        fixed = {k: v for k, v in options.items() if k != "lengths"}
        program = compile_variant(attn_compile, folder, name, fixed)
        right, wrong = check_lengths(program, name, options)
        print(f"{name}: {right} of {right + wrong} runs are right")
        failures += wrong
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
