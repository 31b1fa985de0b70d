"""Measured folds are the number of visible pairs that numpy counts, and counting
changes no bit of the results.

usage: count_folds.py ATTN-RUN FOLDER
"""

import json
import os
import sys

import numpy as np

from attention_case import Case
from run_case import run_kernel, run_tool

HEADS = dict(layout="bhgsd", batch=2, heads=3, group=2)
CASES = {
    "causal": Case(queries=50, keys=50, mask="causal"),
    "causal, heads": Case(queries=97, keys=97, mask="causal", layout="bhsd", batch=2, heads=3),
    "one token": Case(queries=1, keys=1, mask="causal"),
    "not causal": Case(queries=17, keys=23, **HEADS),
    "causal, grouped heads": Case(queries=33, keys=33, mask="causal", lse=True, **HEADS),
    "more queries than keys": Case(queries=65, keys=31, mask="causal", layout="bshd", heads=3),
    "window": Case(queries=63, keys=63, mask="window<9, 3>"),
    "prefix": Case(queries=20, keys=41, mask="prefix<13>"),
    "prefix or causal": Case(queries=50, keys=47, mask="or<#attn.prefix<11>, #attn.causal>"),
    "two intervals per query": Case(
        queries=70, keys=65, layout="bhsd", heads=2,
        mask="or<#attn.prefix<4>, #attn.window<5, 0>>"),
    "and": Case(queries=40, keys=40, mask="and<#attn.causal, #attn.window<16, 16>>"),
    "offset": Case(queries=7, keys=65, mask="causal", offset="scalar", offset_value=58),
    "negative offset": Case(queries=40, keys=33, mask="causal", offset="scalar", offset_value=-9),
    "every key hidden": Case(queries=8, keys=9, mask="causal", offset="scalar", offset_value=-20),
    "offset per batch": Case(queries=9, keys=37, mask="window<20, 1>", offset="batch",
                             offset_value=11, **HEADS),
    "negative offset per batch": Case(queries=19, keys=17, mask="causal", offset="batch",
                                      offset_value=-2, **HEADS),
    "valid keys": Case(queries=20, keys=40, valid="scalar", valid_value=29, **HEADS),
    "valid keys per batch": Case(queries=16, keys=40, mask="causal", offset="batch",
                                 offset_value=15, valid="batch", valid_value=21,
                                 dtype="f16", **HEADS),
    "boolean mask": Case(queries=21, keys=37, mask_tensor="bool", mask="causal", **HEADS),
    "boolean mask of rows": Case(queries=21, keys=37, mask_tensor="bool-rows", **HEADS),
    "additive mask": Case(queries=21, keys=37, mask_tensor="float", valid="scalar",
                          valid_value=30, layout="bhsd", heads=2),
    "additive f16 mask": Case(queries=9, keys=18, mask_tensor="float", dtype="f16"),
    "additive bf16 mask": Case(queries=9, keys=18, mask_tensor="float-rows", dtype="bf16",
                               layout="hsd", heads=2),
    "additive f64 mask": Case(queries=9, keys=18, mask_tensor="float", dtype="f64"),
    "dynamic sizes": Case(queries=70, keys=70, mask="causal", dynamic="sequence"),
    "score region": Case(queries=33, keys=30, mask="causal", score="alibi", layout="bhsd",
                         heads=2),
    "documents": Case(queries=60, keys=60, mask="and<#attn.causal, #attn.segments>",
                      segments="batch", layout="bhsd", batch=2, heads=2),
    "documents in no order": Case(queries=20, keys=33, mask="segments", segments="shuffled"),
    "no keys": Case(queries=5, keys=0, mask="causal"),
}  # fmt: skip
TILES = [(0, 0), (7, 5), (16, 64), (1, 1)]  # 0: the compiler's choice.


def count_visible(case, arrays):
    pairs = 0
    for b, h, g in np.ndindex(case.batch, case.heads, case.group):
        seen, bias = case.visible(arrays, b, h, g)
        pairs += int((seen & (bias != -np.inf)).sum())
    return pairs


def is_static(case):
    return (case.dynamic, case.mask_tensor, case.offset, case.valid) == (
        "none",
    ) * 4 and not case.has_segments


def main():
    attn_run, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    failures = count = 0
    for number, (name, case) in enumerate(CASES.items()):
        arrays = case.inputs()
        expected = count_visible(case, arrays)
        predicted = expected if is_static(case) else None
        # All tiles for one case, one of them for each of the others.
        tiles = TILES if number == 0 else [TILES[number % len(TILES)]]
        programs = [("--form=materialized",)]
        programs += [("--form=blocked", f"--queries={q}", f"--keys={k}") for q, k in tiles]
        programs += [("--form=recurrent", f"--queries={q}") for q, _ in tiles]
        for program in programs:
            call = (attn_run, case.ir(), list(arrays.values()), 1 + case.lse, folder, *program)
            printed, results = run_tool(*call, "--count", "--json")
            counts = json.loads(printed)["counts"]["folds"]
            count += 1
            where = f"{name}, {' '.join(program)}: "
            if counts != {"measured": expected, "predicted": predicted}:
                failures += 1
                print(f"{where}{counts}, but numpy counts {expected}")
            if number % 3 or number and "recurrent" in program[0]:
                continue  # Compiling takes long, and nothing here depends on the case.
            if any(x.tobytes() != y.tobytes() for x, y in zip(results, run_kernel(*call))):
                failures += 1
                print(f"{where}counting changes the result")
    # The cases tell a count from a product of sizes, and some of them are known.
    known = {"causal": 50 * 51 // 2, "causal, heads": 2 * 3 * 97 * 98 // 2}
    for name, pairs in known.items():
        if count_visible(CASES[name], CASES[name].inputs()) != pairs:
            sys.exit("the expectation itself is wrong")
    print(f"{count} programs, {failures} failures")
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
