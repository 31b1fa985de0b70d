"""NaN, infinities, no tokens, more tokens, and what is beyond the end of a last block.

usage: recompute_special.py ATTN-COMPILE GPT-DECODER.py FOLDER
"""

import ctypes
import subprocess
import sys

import numpy as np

from guard_pages import GuardedArray
from stack import Kernel, Stack, are_same, make_plan

LAYERS, LENGTH = 3, 17
PLANS = {
    "recompute": ([(3,)], 1),
    "caches": ([(1, "kv"), (2, "input", 4, 2)], 1),
    "recompute, blocks of three": ([(3,)], 3),
    "caches, blocks of three": ([(1, "kv"), (2, "input", 6, 3)], 3),
}


def check(condition, what):
    if not condition:
        sys.exit(what)


def rows(results, first, end):
    return [result[first:end] for result in results]


def check_special(name, kernel, stack, reach):
    """A token that is not a number reaches what sees it, in some layer, and no other:
    not tokens of its own block before it."""
    weights, clean = stack.weights(), stack.tokens(LENGTH)
    right = kernel(clean, *weights)
    check(all(np.isfinite(result).all() for result in right), f"{name}: not finite")
    for bad in (np.nan, np.inf, -np.inf):
        for place in (0, 4, 5, LENGTH - 1):
            tokens = clean.copy()
            tokens[place, 3] = bad
            results = kernel(tokens, *weights)
            where = f"{name}: {bad} in token {place}"
            end = min(LENGTH, place + reach)
            check(are_same(rows(results, 0, place), rows(right, 0, place)),
                  f"{where} reaches earlier tokens")
            check(are_same(rows(results, end, LENGTH), rows(right, end, LENGTH)),
                  f"{where} reaches tokens that do not see it")
            if np.isnan(bad):
                check(np.isnan(results[0][place:end]).any(1).all(), f"{where} is lost")
            else:
                check(not are_same(rows(results, place, place + 1),
                                   rows(right, place, place + 1)), f"{where} is lost")


def check_lengths(name, kernel, stack):
    """More tokens change no bit of those before; none are none."""
    weights, tokens = stack.weights(), stack.tokens(LENGTH)
    whole = kernel(tokens, *weights)
    for length in range(LENGTH):
        results = kernel(tokens[:length], *weights)
        check(are_same(results, rows(whole, 0, length)),
              f"{name}: {length} tokens of {LENGTH} have other bits")
    return whole


def check_ends(attn_compile, script, folder):
    """Beyond the end of the last block nothing is read, of no input; what is there in
    its place may be no number."""
    length = 11
    ids = np.random.default_rng(0).integers(1, 20, length)
    for segments, block in (([(2,)], 3), ([(1, "kv"), (1, "input")], 4)):
        ir = subprocess.run(
            [sys.executable, script, "--dim=16", "--hidden=24", "--vocab=20", "--heads=2",
             f"--plan={make_plan(segments, block)}"],
            check=True, capture_output=True, text=True).stdout
        kernel = Kernel(attn_compile, ir, folder)
        random = np.random.default_rng(1)
        weights = [random.standard_normal(argument["shape"]).astype(np.float32) / 4
                   for argument in kernel.interface["arguments"][1:]
                   if argument["role"] == "input"]
        right = kernel(ids, *weights)
        check(np.isfinite(right[0]).all(), "logits are not finite")
        weights[0][0] = np.nan  # Of id 0, which no token has.
        check(are_same(right, kernel(ids, *weights)), "the end of a block reaches its tokens")
        page = GuardedArray(ids.tobytes(), at_end=True)
        guarded = np.ctypeslib.as_array((ctypes.c_int64 * length).from_address(page.address))
        check(are_same(right, kernel(guarded, *weights)), "ids at a page's end")


def main():
    attn_compile, script, folder = sys.argv[1:]
    ends = {}
    for name, (segments, block) in PLANS.items():
        for mask, reach in (("#attn.causal", LENGTH), ("#attn.window<2, 0>", 2 * LAYERS + 1)):
            stack = Stack(LAYERS, mask=mask, lse=True, plan=make_plan(segments, block))
            kernel = Kernel(attn_compile, stack.ir(), folder)
            check_special(f"{name}, {mask}", kernel, stack, reach)
            last = rows(check_lengths(name, kernel, stack), LENGTH - 1, LENGTH)
            check(are_same(last, ends.setdefault((mask, block), last)),
                  f"{name}, {mask}: the last token depends on the plan")
    check_ends(attn_compile, script, folder)
    print("special values and lengths as promised")


if __name__ == "__main__":
    main()
