"""Counters of the recompute form are the closed forms, as integers.

usage: recompute_counts.py ATTN-RUN FOLDER

Counted while running: folds (per head), evaluations of a layer for a block of tokens,
reads of the input.
"""

import json
import os
import subprocess
import sys
from math import comb

from stack import Stack, make_plan, write

# Layers: tokens. About ten million folds each.
EVERYTHING = {1: 4470, 2: 389, 3: 121, 4: 62}

# Layers of a segment, what it keeps, window, prefix; tokens.
PLANS = {
    "cache": ([(1, "kv")] * 3, 40),
    "segments of two": ([(2,), (2, "input")], 40),
    "segments of three and one": ([(3,), (1, "input")], 40),
    "window": ([(3, "none", 4)], 31),
    "window of one": ([(3, "none", 1)], 31),
    "window of more than there is": ([(3, "none", 64)], 31),
    "prefix": ([(3, "none", 0, 5)], 31),
    "prefix of more than there is": ([(2, "none", 0, 64)], 31),
    "segments with a window": ([(2, "none", 4), (2, "input", 4)], 31),
}
# Layers, block, tokens.
BLOCKS = [(4, 2, 32), (3, 4, 40), (2, 16, 64), (2, 3, 33)]


def get_closed_form(n, block, length):
    """Folds, evaluations, reads if nothing is kept: for blocks of one token
    C(L + N + 1, N + 1) - 1 - L, C(L + N, N) - 1 and C(L + N, N + 1)."""
    blocks = length // block
    evaluations = comb(blocks + n, n) - 1
    steps = comb(blocks + n + 1, n + 1) - 1 - blocks
    # Of an evaluation's last step, half is masked.
    hidden = evaluations * (block * (block - 1) // 2)
    return steps * block**2 - hidden, evaluations, comb(blocks + n, n + 1)


def get_token_folds(t, layers, keep="none", window=0, prefix=0):
    """Of a segment for token `t`, the first is 1."""
    if window:
        before = max(t - window, 0)
        return layers * min(t, window) + comb(before + layers + 1, layers) - 1 - layers
    if t <= prefix:
        return layers * t
    u = t - prefix
    return comb(u + layers, layers) - 1 + prefix * comb(u + layers - 1, layers - 1)


class Simulation:
    """Runs the loops of a plan, in blocks of one token. This has no closed form in
    the way: windows with prefixes, and counts of evaluations and reads."""

    def __init__(self, segments, length):
        self.folds = self.evaluations = self.reads = 0
        for t in range(length):
            for number, (layers, keep, window, prefix) in enumerate(segments):
                self.reads += number == 0
                for layer in range(layers):
                    self.evaluations += 1
                    self.fold(layer, t, keep, prefix, max(window, 1))

    def fold(self, layer, t, keep, prefix, window):
        """Only the outermost evaluation has a window."""
        self.folds += t + 1
        for j in range(t):
            if layer == 0:
                self.reads += keep == "none"
            elif j >= prefix and j <= t - window:
                self.evaluate(layer - 1, j, keep, prefix)

    def evaluate(self, layer, t, keep, prefix):
        self.evaluations += 1
        if layer:
            self.evaluate(layer - 1, t, keep, prefix)
        else:
            self.reads += keep == "none"
        self.fold(layer, t, keep, prefix, 1)


def simulate(segments, length):
    defaults = (1, "none", 0, 0)
    full = [tuple(s) + defaults[len(s):] for s in segments]
    run = Simulation(full, length)
    return run.folds, run.evaluations, run.reads


def measure(attn_run, folder, stack, length):
    path = os.path.join(folder, "stack.mlir")
    write(path, stack.ir())
    done = subprocess.run(
        [attn_run, path, f"--size=arg0_size0={length}", "--count", "--json"],
        capture_output=True, text=True, timeout=200)
    if done.returncode:
        sys.exit(done.stderr)
    counts = [json.loads(done.stdout)["counts"][x] for x in ("folds", "blocks", "disk_reads")]
    if any(count["predicted"] != count["measured"] for count in counts):
        sys.exit(f"{stack.plan}, {length} tokens: {counts}")
    folds, evaluations, reads = (count["measured"] for count in counts)
    if folds % stack.heads:
        sys.exit(f"{folds} folds of {stack.heads} heads")
    return folds // stack.heads, evaluations, reads


def main():
    attn_run, folder = sys.argv[1:]
    runs = 0

    def check(what, measured, expected):
        nonlocal runs
        runs += 1
        if measured != expected:
            sys.exit(f"{what}: counted {measured}, expected {expected}")

    for layers, length in EVERYTHING.items():
        stack = Stack(layers, dim=4, heads=1, projected=False, plan=make_plan([(layers,)]))
        expected = get_closed_form(layers, 1, length)
        if not 9.5e6 < expected[0] <= 1e7:
            sys.exit(f"{expected[0]} folds are not ten million")
        check(f"{layers} layers", measure(attn_run, folder, stack, length), expected)
    for layers, block, length in BLOCKS:
        stack = Stack(layers, plan=make_plan([(layers,)], block))
        check(f"{layers} layers, blocks of {block}", measure(attn_run, folder, stack, length),
              get_closed_form(layers, block, length))
    for name, (segments, length) in PLANS.items():
        stack = Stack(sum(s[0] for s in segments), plan=make_plan(segments))
        simulated = simulate(segments, length)
        folds = sum(get_token_folds(t, *s) for s in segments for t in range(1, length + 1))
        if simulated[0] != folds:
            sys.exit(f"{name}: the expectation itself is wrong: {simulated}, {folds}")
        check(name, measure(attn_run, folder, stack, length), simulated)
    segments = [(1, "kv"), (3, "input", 6, 3)]
    check("all of them", measure(attn_run, folder, Stack(4, plan=make_plan(segments)), 31),
          simulate(segments, 31))
    print(runs, "plans, every counter as expected")


if __name__ == "__main__":
    main()
