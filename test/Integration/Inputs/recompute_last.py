"""The last token alone, and within all tokens: the same bits under every plan.

usage: recompute_last.py ATTN-RUN FOLDER
"""

import json
import math
import re
import subprocess
import sys

import numpy as np

from stack import Stack, make_plan, write

# Not the first of a block: the last of 12.
LENGTH, LAYERS, DIM = 12, 3, 16
PLANS = [([(3,)], 1), ([(3,)], 4), ([(1, "kv"), (2, "input")], 1), ([(3, "none", 4, 2)], 2)]


def ask_for_last(ir):
    ir = ir.replace(f"-> (tensor<?x{DIM}xf32>)", f"-> tensor<1x{DIM}xf32>")
    return re.sub(
        r"  return (%\w+) : (.*)|^return (%\w+) : (.*)",
        lambda match: f"""  %one = arith.constant 1 : index
  %at = arith.subi %n, %one : index
  %last = tensor.extract_slice {match[1] or match[3]}[%at, 0] [1, {DIM}] [1, 1] : tensor<?x{DIM}xf32> to tensor<1x{DIM}xf32>
  return %last : tensor<1x{DIM}xf32>""", ir, flags=re.M)


def run(name, ir):
    attn_run, folder = sys.argv[1:]
    write(f"{folder}/{name}.mlir", ir)
    done = subprocess.run(
        [attn_run, f"{folder}/{name}.mlir", f"--size=arg0_size0={LENGTH}", "--count", "--json",
         f"--output={folder}/{name}.npy"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return np.load(f"{folder}/{name}.npy"), json.loads(done.stdout)["counts"]


def main():
    for segments, block in PLANS:
        ir = Stack(layers=LAYERS, dim=DIM, heads=1, plan=make_plan(segments, block)).ir()
        everything, _ = run("all", ir)
        last, counts = run("last", ask_for_last(ir))
        if not np.array_equal(last[0], everything[-1]):
            sys.exit(f"{segments}, block {block}: other bits")
        wrong = [name for name, c in counts.items()
                 if name != "scratch_bytes" and c["measured"] != c["predicted"]]
        if wrong:
            sys.exit(f"{segments}, block {block}: {counts}")
        if len(segments) == 1 and block == 1:
            folds = counts["folds"]["measured"]
            if folds != math.comb(LENGTH + LAYERS, LAYERS) - 1:
                sys.exit(f"{folds} folds for the last token")
    print(f"{len(PLANS)} plans: the last token has the same bits alone")


main()
