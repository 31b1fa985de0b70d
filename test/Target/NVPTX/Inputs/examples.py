"""Functions of a file in the emulator of PTX, against the same on the CPU.

usage: examples.py ATTN-COMPILE ATTN-RUN FOLDER FILE LENGTHS [OPTION ...]

Inputs are drawn here; every free size takes each of LENGTHS.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../Integration/Inputs"))

import numpy as np

from attention_case import round_to
from device_program import Program
from run_case import run_kernel


def draw(random, argument, length):
    shape = [length if isinstance(size, str) else size for size in argument["shape"]]
    if argument["type"] in ("i64", "i32", "index"):
        return random.integers(0, 8, shape)
    if argument["type"] == "i1":
        return random.uniform(size=shape) < 0.5
    return round_to(random.standard_normal(shape) * 0.5, argument["type"]).reshape(shape)


def main():
    attn_compile, attn_run, folder, path, lengths, *options = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    with open(path) as file:
        text = file.read()
    name = os.path.splitext(os.path.basename(path))[0]
    program = Program(attn_compile, text, os.path.join(folder, name), *options)
    outputs = program.arguments("output")
    random = np.random.default_rng(1)
    for length in map(int, lengths.split(",")):
        arrays = [draw(random, argument, length) for argument in program.arguments("input")]
        expected = run_kernel(attn_run, text, arrays, len(outputs), folder, *options)
        results = program.run(arrays)
        for argument, result, right in zip(outputs, results, expected, strict=True):
            result, right = result.astype(np.float64), right.astype(np.float64)
            size = np.abs(right).max(initial=0.0)
            gate = {"f64": 1e-12, "f32": 1e-5}.get(argument["type"], 2e-2) * (1 + size)
            assert result.shape == right.shape, (result.shape, right.shape)
            worst = np.abs(result - right).max(initial=0.0)
            assert worst <= gate, f"{argument['name']} differs by {worst} of {size}, {length}"
    print(f"{name} computes the same on a GPU, {len(program.description['launches'])} launches")


if __name__ == "__main__":
    main()
