"""What a plan keeps changes no bit; the block of tokens does, within the gates.

usage: recompute_bits.py ATTN-COMPILE ATTN-RUN GPT-DECODER.py FOLDER
"""

import os
import subprocess
import sys

import numpy as np

from run_case import compare, run_tool
from stack import Kernel, Stack, are_same, from_bits, make_plan, to_bits, write

LENGTHS = [1, 2, 11, 33]


def make_plans(block):
    """Of four layers. Windows and prefixes hold whole blocks."""
    up = lambda tokens: -(-tokens // block) * block
    return {
        "recompute": [(4,)],
        "key-value cache": [(1, "kv")] * 4,
        "inputs of layers": [(1,)] + [(1, "input")] * 3,
        "segments of two": [(2,), (2, "input")],
        "window": [(4, "none", up(4))],
        "window of more than there is": [(4, "none", up(64))],
        "prefix": [(4, "none", 0, up(5))],
        "all of them": [(1, "kv"), (3, "input", up(7), up(3))],
    }


EVERY = list(make_plans(1))
SOME = ["recompute", "key-value cache", "all of them"]
TWO = ["recompute", "all of them"]

# Stack, largest error in f32, {block: names of plans}.
STACKS = [
    (dict(dim=16, lse=True), 2e-6, {1: EVERY, 2: SOME, 3: EVERY, 16: SOME}),
    (dict(mask="#attn.window<5, 0>", alibi=True), 2e-6, {1: SOME, 3: TWO}),
    (dict(dtype="f64", lse=True), 1e-13, {2: TWO}),
    (dict(dtype="bf16", mask="#attn.window<5, 0>", lse=True), 6e-2, {1: TWO, 3: TWO}),
]

DECODER = ("--layers=4 --dim=16 --heads=4 --key-heads=2 --hidden=24 --vocab=20 "
           "--positions=rotary --mlp=swiglu")


class Comparison:
    """Bits of the first plan against those of the others."""

    def __init__(self):
        self.kernels = 0

    def compare(self, what, kernels, inputs_of, expected_of, tolerance):
        """`kernels` is {name: kernel}. Returns the bits of the longest run."""
        first = next(iter(kernels))
        for length in LENGTHS:
            expected = expected_of(length)
            results = {name: kernel(*inputs_of(length)) for name, kernel in kernels.items()}
            for number, right in enumerate(expected):
                compare(f"{what}, {length} tokens, result {number}",
                        from_bits(results[first][number]), right, tolerance)
            for name in kernels:
                if not are_same(results[first], results[name]):
                    sys.exit(f"{what}, {length} tokens: {name} differs from {first}")
        self.kernels += len(kernels)
        return results[first]


def check_stacks(comparison, attn_compile, folder):
    for properties, tolerance, blocks in STACKS:
        weights = Stack(4, **properties).weights()
        ends = []
        for block, names in blocks.items():
            kernels = {}
            for name in names:
                stack = Stack(4, **properties, plan=make_plan(make_plans(block)[name], block))
                kernels[name] = Kernel(attn_compile, stack.ir(), folder)
            bits = lambda arrays: [to_bits(array, stack.dtype) for array in arrays]
            ends.append(comparison.compare(
                f"{properties}, blocks of {block}", kernels,
                lambda length: bits([stack.tokens(length)] + weights),
                lambda length: stack.reference(stack.tokens(length), weights), tolerance))
        # The comparison sees the order of additions.
        if stack.dtype != "bf16" and any(are_same(ends[0], end) for end in ends[1:]):
            sys.exit(f"{properties}: the same bits in other blocks")


def check_decoder(comparison, attn_compile, script, folder):
    def decoder(*options):
        command = [sys.executable, script, *DECODER.split(), *options]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    expected, ids = {}, {}
    for length in LENGTHS:
        decoder(f"--tokens={length}", f"--oracle={folder}/oracle")
        load = lambda name: np.load(os.path.join(folder, "oracle", name))
        expected[length], ids[length] = load("expected.npy"), load("input0.npy")
    count = len(os.listdir(os.path.join(folder, "oracle"))) - 1
    weights = [load(f"input{number}.npy") for number in range(1, count)]
    for block, names in {1: SOME, 3: TWO}.items():
        kernels = {
            name: Kernel(attn_compile,
                         decoder(f"--plan={make_plan(make_plans(block)[name], block)}"), folder)
            for name in names}
        comparison.compare(f"decoder, blocks of {block}", kernels,
                           lambda length: [ids[length]] + weights,
                           lambda length: [expected[length]], 2e-5)


def check_reference(attn_run, folder):
    """Against attn-run's own evaluation, in double precision."""
    for block in (1, 3):
        stack = Stack(2, dim=16, lse=True, plan=make_plan([(2,)], block))
        run_tool(attn_run, stack.ir(), [stack.tokens(10)] + stack.weights(), 2, folder, "--check")


def main():
    attn_compile, attn_run, script, folder = sys.argv[1:]
    comparison = Comparison()
    check_stacks(comparison, attn_compile, folder)
    check_decoder(comparison, attn_compile, script, folder)
    check_reference(attn_run, folder)
    print(comparison.kernels, "kernels, the same bits")


if __name__ == "__main__":
    main()
