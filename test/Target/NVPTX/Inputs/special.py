"""NaN, infinities, large scores and exact numbers on tensor cores.

usage: special.py ATTN-COMPILE FOLDER [CHECK...]

What is not finite reaches the rows that see it and no other; numpy's reference
says which those are, and a comparison never takes a NaN for a number.
"""

import math
import os
import sys

import numpy as np

from kernels import COMMON, check, compile_variant
from attention_case import Case, round_to

QUERIES, KEYS = 70, 150
SPECIAL = {"NaN": np.nan, "+inf": np.inf, "-inf": -np.inf}
SCHEDULES = (dict(seed=1, eager=False), dict(seed=2, eager=True))

# Each hides some keys from some rows, and from all.
MASKS = {
    "causal": dict(mask="causal", offset="scalar", offset_value=-5),
    "f16": dict(mask="causal", dtype="f16"),
    "window": dict(mask="and<#attn.causal, #attn.window<70, 0>>", offset="scalar", offset_value=40),
    "valid": dict(layout="bhsd", batch=2, valid="batch", valid_value=98),
    "boolean": dict(layout="bhsd", heads=2, mask_tensor="bool"),
    "bias": dict(layout="bhsd", heads=2, mask_tensor="float"),
    "softcap": dict(mask="causal", score="softcap"),
    "d128": dict(mask="causal", features=128, value_features=128),
    "d40": dict(mask="causal", features=40, value_features=3),
}


def options_of(mask):
    return {**COMMON, "lse": True, "queries": QUERIES, "keys": KEYS, **MASKS[mask]}


def visible_rows(case, arrays, key):
    """Whether each row sees a key, as (batch, head, row)."""
    return np.array([
        [case.visible(arrays, b, h, 0)[0][:, key] for h in range(case.heads)]
        for b in range(case.batch)
    ])  # fmt: skip


def poison_values(program, case):
    """A value that is not finite, at keys of each tile."""
    for name, special in SPECIAL.items():
        for key in (0, 63, 64, 100, KEYS - 1):
            arrays = case.inputs()
            arrays["value"][..., key, -1] = special
            results, _ = check(program, case, arrays, seed=key)
            found = ~np.isfinite(results[0])
            assert not found[..., :-1].any(), f"{name} reaches other features"
            seen = visible_rows(case, arrays, key).reshape(found.shape[:-1])
            assert (found[..., -1] == seen).all(), f"{name} reaches other rows"


def poison_keys(program, case):
    """A key that is not finite."""
    for name, special in SPECIAL.items():
        for key in (0, 64, KEYS - 1):
            arrays = case.inputs()
            arrays["key"][..., key, 3] = special
            results, _ = check(program, case, arrays, seed=key)
            seen = visible_rows(case, arrays, key).reshape(results[0].shape[:-1])
            reached = ~np.isfinite(results[0]).all(-1)
            assert not (reached & ~seen).any(), f"{name} reaches other rows"
            if name == "NaN":
                assert (reached == seen).all(), "NaN is lost"


def poison_queries(program, case):
    """A query that is not finite reaches its own row."""
    for special in SPECIAL.values():
        arrays = case.inputs()
        arrays["query"][..., 65, 0] = special
        check(program, case, arrays)


def poison_hidden(program, case):
    """All that no row sees: the results are the bits of finite inputs."""
    arrays = case.inputs()
    expected, _ = check(program, case, arrays)
    hidden = [k for k in range(KEYS) if not visible_rows(case, arrays, k).any()]
    for special in SPECIAL.values():
        for name in ("key", "value"):
            arrays[name][..., hidden, :] = special
        for how in SCHEDULES:
            results = program.run(list(arrays.values()), **how)
            for result, same in zip(results, expected):
                assert result.tobytes() == same.tobytes(), "a hidden key is seen"


def check_mask(attn_compile, folder, mask):
    case = Case(**options_of(mask))
    program = compile_variant(attn_compile, folder, mask, options_of(mask))
    failures = 0
    checks = [poison_values, poison_keys, poison_queries, poison_hidden]
    for function in checks:
        try:
            function(program, case)
        except Exception as error:
            failures += 1
            print(f"{mask}, {function.__name__}: {error}")
    print(f"{mask}: {len(checks) - failures} of {len(checks)} checks pass")
    return failures


def check_hidden_rows(attn_compile, folder):
    """Rows that see nothing, by each way of hiding: 0 and -inf, whatever is there."""
    failures = 0
    options = {**COMMON, "lse": True, "queries": QUERIES, "keys": KEYS}
    for name, more in (
        ("offset", dict(mask="causal", offset="scalar", offset_value=-200)),
        ("valid-none", dict(valid="scalar", valid_value=0)),
        ("boolean-none", dict(mask_tensor="bool")),
        ("bias-none", dict(mask_tensor="float")),
    ):
        case = Case(**{**options, **more})
        program = compile_variant(attn_compile, folder, name, {**options, **more})
        for special in (0.0, *SPECIAL.values()):
            arrays = case.inputs()
            if "mask" in arrays:
                arrays["mask"][...] = -np.inf if name == "bias-none" else False
            arrays["key"][...] = special
            arrays["value"][...] = special
            for how in SCHEDULES:
                output, lse = program.run(list(arrays.values()), **how)
                if (output != 0).any() or (lse != -np.inf).any():
                    failures += 1
                    print(f"{name}, {special} in what is hidden: {output.ravel()[:2]}, {lse.ravel()[:2]}")
    print(f"hidden rows: {failures} failures")
    return failures


def check_large(attn_compile, folder):
    """Scores of 1e4 and of -1e4 do not overflow."""
    failures = 0
    options = {**COMMON, "mask": "causal", "lse": True, "queries": QUERIES, "keys": KEYS, "scale": 1.0}
    program = compile_variant(attn_compile, folder, "large", options)
    case = Case(**options)
    for sign in (1, -1):
        arrays = case.inputs()
        # Keys with one entry: a score is one product, 100 times 25 to 100 by halves.
        entries = 100 - np.random.default_rng(1).permutation(KEYS) / 2
        arrays["query"][...] = sign * 100
        arrays["key"][...] = 0
        arrays["key"][0, np.arange(KEYS), np.arange(KEYS) % case.features] = entries
        for how in SCHEDULES:
            try:
                check(program, case, arrays, **how)
            except Exception as error:
                failures += 1
                print(f"scores of {sign}e4: {error}")
    print(f"large scores: {failures} failures")
    return failures


def check_exact(attn_compile, folder):
    """Integer scores in [-4, 4], scale = ln 2 and integer values: each weight is a
    power of two and each sum exact, so that results are numpy's to the last bit."""
    failures = 0
    for name, more in (
        ("exact-causal", dict(mask="causal")),
        ("exact-full", dict()),
        ("exact-d128", dict(mask="causal", features=128, value_features=128)),
        ("exact-d192", dict(features=192, value_features=192)),
        ("exact-f16", dict(mask="causal", dtype="f16")),
    ):
        options = {**COMMON, "lse": True, "scale": math.log(2), **more}
        program = compile_variant(attn_compile, folder, name, options)
        for seed, (queries, keys) in enumerate(((128, 128), (65, 63), (17, 127), (3, 7))):
            case = Case(**{**options, "queries": queries, "keys": keys, "seed": seed})
            arrays = exact_inputs(case)
            expected = exact_output(case, arrays)
            for how in SCHEDULES:
                output = program.run(list(arrays.values()), **how)[0]
                # Zeros of either sign are one number.
                if not np.array_equal(output, expected):
                    failures += 1
                    wrong = np.argwhere(output != expected)
                    place = tuple(wrong[0])
                    print(f"{name}, {queries} x {keys}: {len(wrong)} of {output.size} differ, "
                          f"at {place} {output[place]!r}, not {expected[place]!r}")  # fmt: skip
    print(f"exact numbers: {failures} failures")
    return failures


def exact_inputs(case):
    """Queries of +-1; keys with four entries of +-1."""
    random = np.random.default_rng(case.seed)
    arrays = case.inputs()
    arrays["query"][...] = random.choice((-1, 1), arrays["query"].shape)
    arrays["key"][...] = 0
    for key in arrays["key"].reshape(-1, case.features):
        key[random.permutation(case.features)[:4]] = random.choice((-1, 1), 4)
    arrays["value"][...] = random.integers(-8, 9, arrays["value"].shape)
    return arrays


def exact_output(case, arrays):
    """Without an error: weights are powers of two, unlike exp of a scaled score."""
    query, key, value = (arrays[n][0].astype(np.float64) for n in ("query", "key", "value"))
    scores = np.where(case.visible(arrays, 0, 0, 0)[0], query @ key.T, -np.inf)
    assert np.abs(scores[scores > -np.inf]).max() <= 4
    weights = np.exp2(scores - scores.max(-1, keepdims=True))
    output = weights @ value / weights.sum(-1, keepdims=True)
    return round_to(output[None], case.dtype)


OTHERS = {
    "hidden-rows": check_hidden_rows, "large": check_large, "exact": check_exact,
}  # fmt: skip


def main():
    attn_compile, folder = sys.argv[1:3]
    os.makedirs(folder, exist_ok=True)
    failures = 0
    for name in sys.argv[3:] or (*MASKS, *OTHERS):
        if name in OTHERS:
            failures += OTHERS[name](attn_compile, folder)
        else:
            failures += check_mask(attn_compile, folder, name)
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
