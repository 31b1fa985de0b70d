# Calls a compiled kernel on numpy arrays.
#
# RUN: rm -rf %t && mkdir %t
# RUN: attn-compile %S/call-from-c/attention.mlir --emit=so -o %t/attention
# RUN: %python %s %t/attention.so | FileCheck %s

import ctypes
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

library = ctypes.CDLL(sys.argv[1])
matrix = np.ctypeslib.ndpointer(np.float32, ndim=2, flags="C_CONTIGUOUS")
# As the header that --emit=h writes says.
library.attention.argtypes = [matrix] * 4 + [ctypes.c_int64] * 2
library.attention.restype = ctypes.c_int32


def attention(query, key, value):
    output = np.empty((len(query), value.shape[1]), np.float32)
    status = library.attention(query, key, value, output, len(query), len(key))
    if status:
        raise ValueError(f"error code {status}")
    return output


random = np.random.default_rng(0)
query, key, value = random.standard_normal((3, 50, 64), np.float32)
output = attention(query, key, value)

scores = query.astype(float) @ key.T.astype(float) / np.sqrt(64)
scores[np.triu_indices(50, 1)] = -np.inf
weights = np.exp(scores - scores.max(1, keepdims=True))
expected = weights @ value / weights.sum(1, keepdims=True)
# CHECK: close to numpy: True
print("close to numpy:", np.abs(output - expected).max() < 1e-5)

# Several threads at once: the same bits (ctypes releases the interpreter's lock).
with ThreadPoolExecutor(4) as pool:
    others = list(pool.map(lambda _: attention(query, key, value), range(8)))
# CHECK: threads agree: True
print("threads agree:", all(np.array_equal(output, other) for other in others))
