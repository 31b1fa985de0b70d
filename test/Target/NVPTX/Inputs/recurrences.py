"""Recurrences in the emulator of PTX, against numpy.

usage: recurrences.py ATTN-COMPILE EXAMPLES FOLDER [CELL:TYPE:SCHEDULE ...]
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../Integration/Inputs"))

import numpy as np

import recurrences as cells
from device_program import Program

CASES = [
    "linear_attention:f32:sequential", "retention:f32:chunked, chunk = 7",
    "linear_attention:f64:tree", "mamba:f32:", "rwkv6:f32:", "mamba2:f64:chunked", "gru:f32:", "gru:bf16:",
    "delta_net:f32:", "rwkv4:f32:chunked, chunk = 7", "page_flipping_tanh:f32:",
]  # fmt: skip
LENGTHS = (0, 1, 2, 7, 33)


def check(program, name, dtype, schedule):
    cell = getattr(cells, name)
    arguments = cells.CELLS[cell]
    for seed, length in enumerate(LENGTHS):
        for start in ("zero", "random"):
            data = cells.draw(arguments, program.arguments("input"), length, start, True, seed)
            wide = {key: array.astype(np.float64) for key, array in data.items()}
            with np.errstate(over="ignore"):
                expected = cell(**wide)
            results = [r.astype(np.float64) for r in program.run(list(data.values()))]
            what = f"{name} of {dtype}, {schedule or 'default'}, {length} tokens, {start} state"
            cells.largest_difference(what, results, expected, cells.GATES[dtype])


def main():
    attn_compile, examples, folder = sys.argv[1:4]
    os.makedirs(folder, exist_ok=True)
    failed = 0
    for case in sys.argv[4:] or CASES:
        name, dtype, schedule = case.split(":")
        with open(os.path.join(examples, name.replace("_", "-") + ".mlir")) as file:
            text = cells.variant(file.read(), dtype, schedule)
        prefix = os.path.join(folder, f"{name}-{dtype}-{schedule[:4]}")
        try:
            program = Program(attn_compile, text, prefix)
            check(program, name, dtype, schedule)
        except Exception as error:
            failed += 1
            print(f"{case}: {error}"[:1500], file=sys.stderr)
    print(f"{len(sys.argv[4:] or CASES) - failed} recurrences agree with numpy")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
