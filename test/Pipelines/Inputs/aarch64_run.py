"""Compiles causal attention for CPUs of AArch64, runs it on qemu's emulator of them
and compares with numpy.

usage: aarch64_run.py ATTN-COMPILE CLANG ATTENTION.mlir FOLDER
"""

import os
import subprocess
import sys

import numpy as np

attn_compile, clang, program, folder = sys.argv[1:]
source = os.path.join(os.path.dirname(__file__), "freestanding.c")
os.makedirs(folder, exist_ok=True)


def run(prefix, query, key, value):
    subprocess.run([clang, "--target=aarch64-linux-gnu", "-O1", "-ffreestanding", "-nostdlib",
                    "-static", "-fuse-ld=lld", f"-DQUERIES={len(query)}", f"-DKEYS={len(key)}",
                    "-include", prefix + ".h", source, prefix + ".o", "-o", prefix],
                   check=True)  # fmt: skip
    arrays = b"".join(array.tobytes() for array in (query, key, value))
    done = subprocess.run(["qemu-aarch64", "-cpu", "max", prefix], input=arrays, check=True,
                          capture_output=True)  # fmt: skip
    return np.frombuffer(done.stdout, np.float32).reshape(query.shape)


def expect(query, key, value):
    scores = query.astype(float) @ key.T.astype(float) / 8
    scores[np.triu_indices(len(query), 1, len(key))] = -np.inf
    weights = np.exp(scores - scores.max(1, keepdims=True))
    return weights @ value / weights.sum(1, keepdims=True)


random = np.random.default_rng(0)
for cpu in ("neoverse-n1", "neoverse-v1"):
    for form in ("blocked", "recurrent"):
        prefix = os.path.join(folder, f"{cpu}-{form}")
        subprocess.run([attn_compile, program, f"--form={form}", f"--cpu={cpu}", "--emit=o,h",
                        "-o", prefix], check=True)  # fmt: skip
        for queries, keys in ((5, 5), (70, 300)):
            query = random.standard_normal((queries, 64), np.float32)
            key, value = random.standard_normal((2, keys, 64), np.float32)
            error = np.abs(run(prefix, query, key, value) - expect(query, key, value)).max()
            print(f"{form} on {cpu}, {queries} x {keys}, close to numpy:", error < 1e-5, error)
