"""Runs PTX on the CPU; see ../README.md.

    from ptx_emulator import Input, Module, Output

    module = Module(text)
    out = Output((256,), np.float32)
    module.launch("kernel", (8, 1, 1), (32, 1, 1), [Input(a), out], seed=1)
    out.array  # What the kernel wrote.
"""

from .arguments import Input, InOut, Output, TensorMap
from .errors import PtxError
from .launch import KernelError, Module, describe

__all__ = [
    "Input", "InOut", "KernelError", "Module", "Output", "PtxError",
    "TensorMap", "describe",
]
