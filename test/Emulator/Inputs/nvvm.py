"""Kernels of nvvm.mlir as LLVM emits them, against numpy.

    nvvm.py SM80.ptx SM90A.ptx
"""

import sys

import numpy as np

from matmul_mma import bf16, f32
from ptx_emulator import Input, Module, Output, TensorMap

modules = []
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        modules.append(Module(file.read()))
random = np.random.default_rng(17)
for seed in range(4):
    options = {"seed": seed, "eager": seed % 2 == 1}

    a, b = bf16(random.standard_normal((16, 16))), bf16(random.standard_normal((8, 16)))
    out = Output((16, 8), np.float32)
    modules[0].launch("mma", (1, 1, 1), (32, 1, 1), [Input(a), Input(b), out],
                      shared=768, **options)
    assert np.abs(out.array - f32(a) @ f32(b).T).max() < 1e-5, "mma"

    x = random.standard_normal((6, 64)).astype(np.float32)
    out = Output((4, 32), np.float32)
    modules[1].launch("tile", (1, 1, 1), (128, 1, 1),
                      [TensorMap(Input(x), (4, 32)), out], shared=1024, **options)
    assert (out.array == x[1:5, 32:]).all(), "tile"

    # Core matrices of 8 rows of 16 bytes: A's two along k, then B's.
    a, b = bf16(random.standard_normal((64, 16))), bf16(random.standard_normal((8, 16)))
    image = np.zeros((4096 // 128, 8, 8), np.uint16)
    for part in range(2):
        image[part:16:2] = a[:, 8 * part:8 * part + 8].reshape(8, 8, 8)
        image[16 + part] = b[:, 8 * part:8 * part + 8]
    fields = 256 // 16 << 32 | 128 // 16 << 16
    out = Output((128, 4), np.float32)
    modules[1].launch("product", (1, 1, 1), (128, 1, 1), [
        Input(image), out, np.uint64(fields), np.uint64(fields + 2048 // 16)],
        shared=4096, **options)
    expected = f32(a) @ f32(b).T
    t = np.arange(128)
    for r in range(4):
        rows, columns = t // 32 * 16 + t % 32 // 4 + 8 * (r // 2), t % 4 * 2 + r % 2
        assert np.abs(out.array[:, r] - expected[rows, columns]).max() < 1e-5, "product"
print("3 kernels, 4 schedules each")
