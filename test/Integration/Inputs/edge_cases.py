"""The edge catalogue: every pair of properties meets in some case.

usage: edge_cases.py ATTN-RUN FOLDER PART PARTS

Runs the cases PART, PART + PARTS, ... in both forms.
"""

import itertools
import os
import random
import sys

from attention_case import Case
from run_case import check_case

PROPERTIES = {
    "queries": [1, 2, 3, 7, 15, 16, 17, 33, 63, 64, 65],
    "keys": [1, 2, 7, 15, 16, 17, 63, 64, 65, 129],
    "features": [1, 3, 8, 40, 64],
    "value_features": [1, 3, 8, 17, 40],
    "batch": [1, 3],
    "heads": [1, 3],
    "group": [1, 4],
    "layout": ["bhsd", "bshd", "bhgsd", "bshgd", "sd", "hsd", "transposed-key",
               "transposed-value", "shared-key", "features-first"],
    "dtype": ["f32", "f16", "bf16", "f64"],
    "dynamic": ["none", "sequence", "all"],
    "mask": ["", "causal", "window<3, 0>", "window<5, 2>", "prefix<4>",
             "or<#attn.prefix<3>, #attn.causal>",
             "and<#attn.causal, #attn.window<16, 16>>"],
    "offset": [("none", 0), ("scalar", -5), ("scalar", 1), ("scalar", "end"),
               ("batch", 2)],
    "valid": [("none", 0), ("scalar", 5), ("batch", 3)],
    "mask_tensor": ["none", "bool", "float", "bool-rows", "float-rows"],
    "score": ["none", "alibi", "softcap"],
    "lse": [False, True],
    "scale": [0.0, 0.75],
    "tile": [(0, 0), (1, 1), (7, 5), (16, 64), (32, 7), (5, 32)],
}  # fmt: skip


def pairwise(properties, seed):
    """Rows such that each pair of values of two properties is in one of them,
    found greedily; the same rows for the same seed."""
    generator = random.Random(seed)
    names = list(properties)
    todo = {
        (a, x, b, y)
        for a, b in itertools.combinations(range(len(names)), 2)
        for x in range(len(properties[names[a]]))
        for y in range(len(properties[names[b]]))
    }
    rows = []
    while todo:
        # Start from a pair that is missing; add what completes most others.
        a, x, b, y = min(todo)
        row = {a: x, b: y}
        rest = [i for i in range(len(names)) if i not in row]
        generator.shuffle(rest)
        # Dynamic sizes compile slowly: decided last, and only where still needed.
        rest.sort(key=lambda i: names[i] == "dynamic")
        for i in rest:
            def gain(value):
                return sum(
                    ((i, value, j, row[j]) if i < j else (j, row[j], i, value)) in todo
                    for j in row
                )
            values = list(range(len(properties[names[i]])))
            if names[i] != "dynamic":
                generator.shuffle(values)
            row[i] = max(values, key=gain)
        for i, j in itertools.combinations(sorted(row), 2):
            todo.discard((i, row[i], j, row[j]))
        rows.append({names[i]: properties[names[i]][row[i]] for i in sorted(row)})
    return rows


def make_case(row, seed):
    """The case closest to `row`: a layout without batches has one."""
    row = dict(row, seed=seed)
    for name in ("offset", "valid"):
        kind, value = row[name]
        row[name] = kind
        row[name + "_value"] = row["keys"] - row["queries"] if value == "end" else value
    letters = {"sd": "", "hsd": "h", "bhgsd": "bhg", "bshgd": "bhg"}.get(row["layout"], "bh")
    for letter, name in (("b", "batch"), ("h", "heads"), ("g", "group")):
        if letter not in letters:
            row[name] = 1
    if "b" not in letters:
        for name in ("offset", "valid"):
            if row[name] == "batch":
                row[name] = "scalar"
    return Case(**row)


def empty_cases():
    """Sizes of zero, each with masks, bounds and layouts it could upset."""
    base = dict(layout="bhsd", batch=2, heads=3, queries=17, keys=9, lse=True)
    for seed, changes in enumerate([
        dict(queries=0),
        dict(keys=0),
        dict(keys=0, dtype="f64", dynamic="all", mask="causal"),
        dict(keys=0, layout="bshd", dynamic="sequence", score="alibi"),
        dict(batch=0),
        dict(batch=0, dynamic="all", valid="batch", valid_value=1),
        dict(heads=0, layout="bhgsd", group=4),
        dict(heads=0, dynamic="all", layout="bshd", score="softcap"),
        dict(queries=0, dynamic="all", mask="window<3, 0>", mask_tensor="bool"),
        dict(queries=0, keys=0, dynamic="sequence", mask_tensor="float"),
        dict(features=0, scale=0.5),
        dict(features=0, scale=0.5, dynamic="all", mask="causal"),
        dict(value_features=0),
        dict(value_features=0, dynamic="all", dtype="bf16"),
    ]):  # fmt: skip
        yield Case(**{**base, **changes}, seed=1000 + seed)


def segment_and_score_cases():
    """Packed documents and masks in score regions, each with what could upset it."""
    base = dict(layout="bhsd", batch=2, heads=2, queries=33, keys=33, lse=True)
    documents = "and<#attn.causal, #attn.segments>"
    for seed, changes in enumerate([
        dict(mask=documents, segments="batch", tile=(8, 16)),
        dict(mask=documents, segments="shuffled", dtype="f64"),
        dict(mask="segments", dynamic="sequence", valid="batch", valid_value=20),
        dict(mask="or<#attn.prefix<3>, #attn.and<#attn.segments, #attn.window<5, 1>>>"),
        dict(mask=documents, mask_tensor="bool", layout="bshd"),
        dict(mask=documents, keys=65, offset="scalar", offset_value=32, score="alibi"),
        dict(score="past", tile=(8, 16)),
        dict(score="odd", mask="causal", dtype="f64"),
    ]):  # fmt: skip
        yield Case(**{**base, **changes}, seed=2000 + seed)


def all_cases():
    pairs = [make_case(row, seed) for seed, row in enumerate(pairwise(PROPERTIES, 22))]
    return pairs + list(empty_cases()) + list(segment_and_score_cases())


def main():
    attn_run, folder, part, parts = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    cases = all_cases()
    failures = count = 0
    for number in range(int(part), len(cases), int(parts)):
        for form in ("materialized", "recurrent", "blocked"):
            count += 1
            try:
                check_case(attn_run, cases[number], form, folder)
            except (AssertionError, RuntimeError) as error:
                failures += 1
                print(f"case {number}, {form}: {cases[number]}\n{error}", file=sys.stderr)
    print(f"{count - failures} passed, {failures} failed")
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
