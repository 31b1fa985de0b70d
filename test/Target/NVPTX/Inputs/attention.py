"""Attention in the emulator of PTX, against numpy.

usage: attention.py ATTN-COMPILE FOLDER FORM
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../Integration/Inputs"))

import numpy as np

from attention_case import Case
from device_program import Program
from run_case import compare

CASES = {
    "causal": dict(mask="causal", queries=33, keys=33, dynamic="sequence",
                   lengths=(0, 1, 2, 7, 33)),
    "one-query": dict(queries=1, keys=37, offset="scalar", offset_value=20, mask="causal"),
    "heads": dict(layout="bhgsd", batch=2, heads=2, group=3, mask="and<#attn.causal, #attn.window<4, 2>>",
                  lse=True, queries=7, keys=9, dynamic="all"),
    "bias": dict(layout="bhsd", batch=2, heads=2, mask_tensor="float", score="alibi",
                 queries=5, keys=19, lse=True, value_features=3),
    "boolean": dict(layout="bshd", batch=2, heads=2, mask_tensor="bool", score="softcap",
                    valid="batch", valid_value=6, lse=True),
    "f64": dict(dtype="f64", lse=True, queries=7, keys=33, mask="causal", score="softcap"),
    "bf16": dict(dtype="bf16", lse=True, layout="hsd", heads=2, queries=7, keys=17),
    "f16": dict(dtype="f16", queries=3, keys=17, mask="prefix<9>"),
}  # fmt: skip


def check(program, case):
    arrays = case.inputs()
    expected = case.reference(arrays)
    results = program.run(list(arrays.values()))
    compare("output", results[0], expected[0], case.gate(arrays))
    if case.lse:
        finite = expected[1][np.isfinite(expected[1])]
        size = 1 + np.abs(finite).max(initial=0.0)
        compare("log-sum-exp", results[1], expected[1],
                (1e-12 if case.dtype == "f64" else 3e-6) * size)  # fmt: skip


def main():
    attn_compile, folder, form = sys.argv[1:4]
    names = sys.argv[4:] or CASES
    os.makedirs(folder, exist_ok=True)
    count = 0
    for name in names:
        options = dict(CASES[name])
        lengths = options.pop("lengths", None)
        case = Case(**options)
        program = Program(attn_compile, case.ir(), os.path.join(folder, name), f"--form={form}")
        for length in lengths or (case.queries,):
            if lengths:
                case = Case(**{**options, "queries": length, "keys": length})
            try:
                check(program, case)
            except Exception as error:
                sys.exit(f"{name}, {form}, length {length}: {error}")
            count += 1
    print(f"{count} cases agree with numpy")


if __name__ == "__main__":
    main()
