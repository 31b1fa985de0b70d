"""Attention whose every step is exact: all programs must agree bit by bit.

usage: exact_lane.py ATTN-RUN FOLDER TYPE

Scores are integers in [-4, 4] and the scale is ln 2, so that weights are powers
of two; values are integers in [-8, 8] and there are at most 128 keys, so that
every partial sum is exact in float32. Forms, tile sizes and the order of keys
then change nothing. A difference is a defect, not rounding.
"""

import itertools
import os
import sys

import numpy as np

from attention_case import Case
from run_case import run_kernel

SIZES = [1, 2, 7, 16, 32, 128]
LN2 = 0.69314718055994530942


def integer_inputs(case):
    arrays = case.inputs()
    random = np.random.default_rng(case.seed)
    for name, bound in (("query", 1), ("key", 1), ("value", 8)):
        shape = arrays[name].shape
        arrays[name] = random.integers(-bound, bound + 1, shape).astype(arrays[name].dtype)
    return arrays


def exact_output(case, arrays):
    """The rounded quotient of two exact sums (float64 holds both)."""
    scores = arrays["query"].astype(float) @ arrays["key"].astype(float).T
    seen, _ = case.visible(arrays, 0, 0, 0)
    weights = np.where(seen, 2.0**scores, 0.0)
    total = weights.sum(1, keepdims=True)
    sums = weights @ arrays["value"].astype(float)
    kind = arrays["value"].dtype.type
    quotient = sums.astype(kind) / np.where(total == 0, 1, total).astype(kind)
    return np.where(total == 0, kind(0), quotient)


def main():
    attn_run, folder, dtype = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    tiles = list(itertools.product(SIZES, SIZES))
    common = dict(features=4, scale=LN2, dtype=dtype)
    cases = [
        Case(queries=128, keys=128, mask="causal", seed=1, **common),
        Case(queries=100, keys=128, mask="window<20, 3>", seed=2, **common),
        Case(queries=33, keys=97, seed=3, dynamic="sequence", **common),
        Case(queries=65, keys=128, mask_tensor="bool", valid="scalar", valid_value=90,
             seed=4, **common),
        Case(queries=100, keys=128, mask="and<#attn.window<90, 9>, #attn.segments>", seed=5,
             **common),
        Case(queries=128, keys=128, mask="segments", segments="shuffled", seed=6, **common),
    ]  # fmt: skip
    count = 0
    for number, case in enumerate(cases):
        arrays = integer_inputs(case)

        def run(form, tile, data):
            nonlocal count
            count += 1
            options = [f"--form={form}", f"--queries={tile[0]}", f"--keys={tile[1]}"]
            return run_kernel(attn_run, case.ir(), list(data.values()), 1, folder, *options)[0]

        expected = exact_output(case, arrays)
        programs = {"materialized": run("materialized", (0, 0), arrays)}
        queries = (1, 16, 24, 32)[number % 4]
        programs[f"recurrent {queries}"] = run("recurrent", (queries, 0), arrays)
        # Each case takes a quarter of the tile sizes.
        for tile in tiles[number % 4 :: 4]:
            programs[f"blocked {tile}"] = run("blocked", tile, arrays)
        if not case.mask and case.mask_tensor == "none":
            order = np.random.default_rng(0).permutation(case.keys)
            permuted = {**arrays, "key": arrays["key"][order], "value": arrays["value"][order]}
            programs["keys permuted"] = run("blocked", (16, 32), permuted)
        for name, output in programs.items():
            if output.tobytes() != (expected + 0.0).astype(output.dtype).tobytes():
                wrong = np.argwhere(output != expected)
                sys.exit(f"{case}: {name} differs from the exact result at {wrong[:3].tolist()}")
    print(f"{count} programs agree bit by bit")


if __name__ == "__main__":
    main()
