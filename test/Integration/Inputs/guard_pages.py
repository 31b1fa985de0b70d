"""Calls compiled kernels on arrays that end, then begin, at a page that must not
be touched: one element out of bounds ends this process.

usage: guard_pages.py ATTN-COMPILE FOLDER
"""

import ctypes
import json
import mmap
import os
import subprocess
import sys

import numpy as np

from attention_case import Case

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int,
                      ctypes.c_int, ctypes.c_long]  # fmt: skip
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
PAGE = mmap.PAGESIZE


class GuardedArray:
    """Bytes between two pages without access, flush against one of them."""

    def __init__(self, content, at_end):
        room = (len(content) + PAGE - 1) // PAGE * PAGE + PAGE
        self.size = room + 2 * PAGE
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        self.base = libc.mmap(None, self.size, mmap.PROT_READ | mmap.PROT_WRITE, flags, -1, 0)
        for guard in (self.base, self.base + PAGE + room):
            assert libc.mprotect(guard, PAGE, 0) == 0  # PROT_NONE
        self.length = len(content)
        self.address = self.base + PAGE + (room - self.length if at_end else 0)
        ctypes.memmove(self.address, bytes(content), self.length)

    def read(self):
        return ctypes.string_at(self.address, self.length)

    def free(self):
        libc.munmap(self.base, self.size)


def compile_kernel(attn_compile, case, form, folder, number):
    prefix = os.path.join(folder, f"kernel{number}")
    with open(prefix + ".mlir", "w") as file:
        file.write(case.ir())
    subprocess.run([attn_compile, prefix + ".mlir", f"--form={form}", "--emit=so,json",
                    f"--queries={case.tile[0]}", f"--keys={case.tile[1]}", "-o", prefix],
                   check=True)  # fmt: skip
    with open(prefix + ".json") as file:
        interface = json.load(file)
    library = ctypes.CDLL(os.path.abspath(prefix + ".so"))
    return interface, getattr(library, interface["name"] + "_packed")


def call(kernel, addresses, sizes):
    arguments = (ctypes.c_void_p * len(addresses))(*addresses)
    return kernel(arguments, (ctypes.c_int64 * len(sizes))(*sizes))


def in_memory(array, dtype):
    """The bytes of an array as kernels have it: bfloat16 is half of a float32."""
    if dtype == "bf16":
        return (np.ascontiguousarray(array).view(np.uint32) >> 16).astype(np.uint16).tobytes()
    return np.ascontiguousarray(array).tobytes()


def check(attn_compile, case, form, folder, number):
    interface, kernel = compile_kernel(attn_compile, case, form, folder, number)
    inputs = list(case.inputs().values())
    contents, sizes = [], {}
    for argument in interface["arguments"]:
        if argument["role"] == "input":
            array = inputs[len(contents)]
            contents.append(in_memory(array, argument["type"]))
            sizes.update((name, size) for name, size in zip(argument["shape"], array.shape)
                         if isinstance(name, str))  # fmt: skip
        else:
            shape = [sizes.get(size, size) for size in argument["shape"]]
            width = {"f64": 8, "f32": 4, "f16": 2, "bf16": 2}[argument["type"]]
            contents.append(b"\xee" * (int(np.prod(shape)) * width))
    sizes = [sizes[name] for name in interface["sizes"]]
    count = len(inputs)
    seen = set()
    for at_end in (True, False):
        arrays = [GuardedArray(content, at_end) for content in contents]
        addresses = [array.address for array in arrays]
        outputs = lambda: b"".join(array.read() for array in arrays[count:])

        # Refused: nothing is written.
        before = outputs()
        for place in range(len(sizes)):
            for bad in (-1, 2**62):
                wrong = sizes[:place] + [bad] + sizes[place + 1 :]
                assert call(kernel, addresses, wrong) == 2, (case, wrong)
        for place, content in enumerate(contents):
            if content:
                missing = addresses[:place] + [None] + addresses[place + 1 :]
                assert call(kernel, missing, sizes) == 1, (case, place)
        assert outputs() == before

        assert call(kernel, addresses, sizes) == 0
        seen.add(outputs())
        for array, content in zip(arrays[:count], contents):
            assert array.read() == content, "an input was written to"
            array.free()
    assert len(seen) == 1, "the place in memory changed the result"
    return 1


def main():
    attn_compile, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    common = dict(lse=True)
    cases = [
        Case(queries=1, keys=5, features=1, value_features=1, dtype="f32", **common),
        Case(queries=7, keys=65, features=3, value_features=40, mask="causal", **common),
        Case(queries=33, keys=65, features=3, value_features=8, mask="segments",
             segments="batch", tile=(8, 16), **common),
        Case(queries=33, keys=129, features=40, value_features=3, tile=(8, 16),
             mask="window<7, 2>", dtype="f64", **common),
        Case(queries=33, keys=65, features=64, value_features=64, dtype="f16",
             mask_tensor="bool", **common),
        Case(queries=7, keys=129, features=3, value_features=40, dtype="bf16",
             layout="bshd", batch=2, heads=3, mask_tensor="float", **common),
        Case(queries=7, keys=65, features=40, value_features=3, dynamic="all",
             layout="transposed-key", mask="causal", mask_tensor="bool", **common),
        Case(queries=33, keys=5, features=3, value_features=1, dynamic="sequence",
             dtype="bf16", score="alibi", layout="bhgsd", group=4, **common),
        Case(queries=1, keys=129, features=64, value_features=40, dynamic="sequence",
             dtype="f16", layout="transposed-value", valid="batch", valid_value=70,
             batch=3, **common),
    ]  # fmt: skip
    count = 0
    for number, case in enumerate(cases):
        for form in ("materialized", "recurrent", "blocked"):
            count += check(attn_compile, case, form, folder, f"{number}-{form}")
    print(f"{count} kernels stay inside their arrays")


if __name__ == "__main__":
    main()
