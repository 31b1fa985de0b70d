"""Few queries against many keys: every pair of properties meets in some case.

usage: few_queries.py ATTN-RUN FOLDER PART PARTS

Rows of a group share keys and values there, and every 1024 keys are a split with a
state of its own. Keys that a case hides, whole splits among them, are NaN and their
values infinite.
"""

import os
import sys

import numpy as np

from attention_case import LAYOUTS
from edge_cases import make_case, pairwise
from run_case import check_case

PROPERTIES = {
    "queries": [1, 2, 3, 4, 5, 8, 16],
    "keys": [1, 7, 65, 300, 1023, 1025, 2050],
    "features": [1, 3, 40, 64, 80, 128, 256],
    "value_features": [1, 3, 40, 64, 80, 128, 256],
    "batch": [1, 2],
    "heads": [1, 2],
    "group": [1, 3, 4, 8],
    "layout": ["bhgsd", "bshgd", "bhsd", "sd", "transposed-key", "transposed-value",
               "shared-key", "features-first"],
    "dtype": ["f32", "bf16", "f16", "f64"],
    "dynamic": ["none", "keys"],
    "mask": ["", "causal", "window<5, 2>", "or<#attn.prefix<3>, #attn.causal>"],
    "offset": [("none", 0), ("scalar", "end"), ("scalar", -2), ("batch", 2)],
    "valid": [("none", 0), ("scalar", 5), ("batch", 33)],
    "mask_tensor": ["none", "bool", "float", "bool-rows"],
    "score": ["none", "alibi", "softcap"],
    "lse": [False, True],
    "scale": [0.0, 0.75],
    "tile": [(0, 0), (16, 64)],
}  # fmt: skip


def hide(case, arrays):
    """Poisons what no query of a batch and key head sees."""
    _, key_dims, value_dims, _, _ = LAYOUTS[case.layout]
    for b, h in np.ndindex(case.batch, case.heads):
        seen = np.zeros(case.keys, bool)
        # Heads may share keys.
        heads = range(case.heads) if "h" not in key_dims else [h]
        for head in heads:
            for g in range(case.group):
                seen |= case.visible(arrays, b, head, g)[0].any(0)
        for name, dims, poison in (("key", key_dims, np.nan), ("value", value_dims, np.inf)):
            where = {"b": b, "h": h, "k": ~seen}
            arrays[name][tuple(where.get(c, slice(None)) for c in dims)] = poison


def main():
    attn_run, folder, part, parts = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    cases = [make_case(row, seed) for seed, row in enumerate(pairwise(PROPERTIES, 5))]
    failures = count = 0
    for case in cases[int(part) :: int(parts)]:
        count += 1
        try:
            arrays = case.inputs()
            hide(case, arrays)
            check_case(attn_run, case, "blocked", folder, arrays)
        except (AssertionError, RuntimeError) as error:
            failures += 1
            print(f"{case}\n{error}", file=sys.stderr)
    print(f"{count - failures} passed, {failures} failed")
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
