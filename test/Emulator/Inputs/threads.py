"""Instructions of several threads against numpy, with several schedules."""

import os
import sys

import numpy as np

from ptx_emulator import Module, Output

with open(os.path.join(os.path.dirname(__file__), "threads.ptx")) as file:
    text = file.read()
module = Module(text)
tid = np.arange(64)
lane = tid % 32
failures = 0


def run(name, columns, expected):
    """`expected`: an array, or a function that says whether one is right."""
    global failures
    for seed in range(6):
        out = Output((64, columns), np.uint32)
        module.launch(name, (1, 1, 1), (64, 1, 1), [out], seed=seed,
                      eager=seed % 2 == 1, shared=256)
        array = out.array.astype(np.int64)
        good = (expected(array) if callable(expected)
                else np.array_equal(array, expected))
        if not good:
            failures += 1
            print(f"FAIL {name}, seed {seed}: {array}\nnot {expected}")


base = tid - lane
up = np.where(lane >= 3, tid - 3, tid)
# Segments of eight lanes.
down = np.where(lane % 8 + 5 <= 7, tid + 5, tid)
index = base + lane // 16 * 16 + 11
run("shuffles", 5, np.stack([
    3 * up, 3 * down, 3 * (base + (lane ^ 9)), 3 * index,
    (lane >= 3) * 1 + (lane % 8 + 5 <= 7) * 2], 1))
part = lane >= 16
ones = sum(1 << i for i in range(16, 32) if i % 4 == 1)
run("votes", 6, np.stack([
    part * ones, part * 1, part * (0x11110000 << lane % 4), part * 0xFFFF0000,
    part * np.where(tid < 32, sum(range(16, 32)), sum(range(48, 64))),
    part * 3], 1))
run("barriers", 1, (10 * tid + 23 * 1000)[:, None])
run("announced", 1, (tid + 32 * (tid < 32))[:, None])
# The counter wraps after 2047.
run("atomics", 1, (32 * 10000 + 2016 + (tid % 4) ** 2)[:, None])
run("early_end", 1, np.where(tid < 48, 1, 2)[:, None])
run("elected", 1, lambda a: a[:32].sum() == 1 and a[32:].sum() == 1)
print(f"7 kernels, {failures} failures")
sys.exit(failures != 0)
