"""Kernels that llc compiled from compiled.ll, against numpy.

    compiled.py FILE.ptx
"""

import sys

import numpy as np

from ptx_emulator import Input, Module, Output, PtxError

with open(sys.argv[1], encoding="utf-8") as file:
    module = Module(file.read())
random = np.random.default_rng(3)
failures = 0


def check(name, good):
    global failures
    if not np.all(good):
        failures += 1
        print(f"FAIL {name}")


# calls: fibonacci or twice, plus the pair's first number, a prime, and f + 1.5.
pair = np.array((1000, 7, (1.0, 20.0, 3.0)),
                np.dtype("i4, i8, 3f4", align=True))
out = Output((32,), np.int32)
module.launch("calls", (1, 1, 1), (32, 1, 1), [out, pair])
fibonacci = [0, 1]
while len(fibonacci) < 16:
    fibonacci.append(fibonacci[-1] + fibonacci[-2])
t = np.arange(32)
check("calls", out.array == 1000 + 21 + np.array([2, 3, 5, 7])[t % 4]
      + np.where(t % 2, np.array(fibonacci)[t % 16], t % 16 * 2))

out = Output((16,), np.uint32)
given = np.arange(10, 18, dtype=np.uint32)
module.launch("by_value", (1, 1, 1), (16, 1, 1), [out, given])
t = np.arange(16)
filled = np.where(t % 8 == 0, t, np.where(t % 8 == 7, 99, given[t % 8]))
check("by_value", out.array == filled << 16 | given[t % 8])

try:
    module.launch("by_value", (1, 1, 1), (16, 1, 1), [out, 2.5])
    check("by_value of a number", False)
except PtxError as error:
    check("by_value of a number", "no argument for a parameter of 32 bytes"
          in error.message)

values = random.integers(-2**63, 2**63, 64)
out = Output((64,), np.uint32)
module.launch("bits", (1, 1, 1), (64, 1, 1), [Input(values), out])


def bits(t, v):
    word, whole = v & 0xFFFFFFFF, v & (1 << 64) - 1
    return [
        (word << t % 32 | word >> (32 - t % 32)),
        bin(word).count("1"),
        int.from_bytes(word.to_bytes(4, "little"), "big"),
        whole // 1000003,
        whole * whole >> 77,
        abs(v) // 77 * (1 if v < 0 else -1),
        -5, -5,
    ][t % 8] & 0xFFFFFFFF


check("bits", out.array == [bits(t, int(v)) for t, v in enumerate(values)])

x = random.standard_normal((4, 32)).astype(np.float16)
out = Output((4, 32), np.uint16)
module.launch("softmax", (1, 1, 1), (32, 4, 1), [Input(x), out], seed=2)
e = np.exp(x.astype(np.float64) - x.max(axis=1, keepdims=True))
result = (out.array.astype(np.uint32) << 16).view(np.float32)
check("softmax", np.abs(result / (e / e.sum(1, keepdims=True)) - 1) < 2**-8)

a = random.standard_normal((64, 96)).astype(np.float32)
for seed in range(3):
    out = Output((96, 64), np.float32)
    module.launch("transpose", (3, 2, 1), (32, 8, 1),
                  [Input(a), out, 64, np.uint32(96)], seed=seed)
    check("transpose", out.array == a.T)
print(f"5 kernels, {failures} failures")
sys.exit(failures != 0)
