"""Checks instructions that work on one thread's registers.

Each case is a line of PTX with $d, $a, $b, $c for its registers, their types,
and a numpy function; all cases of a table are kernels of one file.
"""

import re

import numpy as np

from ptx_emulator import Input, Module, Output

DTYPES = {
    "b16": "u2", "u16": "u2", "s16": "i2", "b32": "u4", "u32": "u4",
    "s32": "i4", "b64": "u8", "u64": "u8", "s64": "i8", "f32": "f4",
    "f64": "f8", "f16": "f2", "u8": "u1", "s8": "i1", "pred": "u4",
}


def bits_of(type_):
    return {"pred": 32}.get(type_) or int(re.sub(r"\D", "", type_))


class Table:
    def __init__(self):
        self.cases = []

    def add(self, text, types, function, *inputs, exact=True):
        """`types`: of $d, $a, $b, ...; `inputs`: an array for each source."""
        self.cases.append((text, types.split(), function, inputs, exact))

    def kernel(self, index):
        text, types, _, inputs, _ = self.cases[index]
        lines, names = [], "abcd"
        registers = [".reg .pred %p<4>; .reg .b64 %rd<20>; .reg .b32 %r<4>;"]
        for name, type_ in zip("d" + "abc", types):
            width = 16 if bits_of(type_) == 8 else bits_of(type_)
            registers.append(f".reg .b{width} %{name};")
        parameters = ", ".join(
            f".param .u64 k{index}_p{i}" for i in range(len(types))
        )
        lines.append("mov.u32 %r1, %tid.x;")
        for i, type_ in enumerate(types):
            size = bits_of(type_) // 8
            lines.append(f"ld.param.u64 %rd1, [k{index}_p{i}];")
            lines.append(f"mul.wide.u32 %rd2, %r1, {size};")
            lines.append(f"add.s64 %rd{3 + i}, %rd1, %rd2;")
            if i:
                loaded = "b8" if size == 1 else f"b{8 * size}"
                lines.append(f"ld.global.{loaded} %{names[i - 1]}, [%rd{3 + i}];")
        for name in ["d", *names[: len(types) - 1]]:
            text = re.sub(rf"\${name}\b", f"%{name}", text)
        lines.append(text)
        size = bits_of(types[0])
        lines.append(f"st.global.b{size} [%rd3], %d;")
        lines.append("ret;")
        body = "\n  ".join(registers + lines)
        return f".visible .entry k{index}({parameters})\n{{\n  {body}\n}}\n"

    def run(self):
        head = ".version 8.0\n.target sm_90a\n.address_size 64\n"
        module = Module(
            head + "".join(self.kernel(i) for i in range(len(self.cases)))
        )
        failures = 0
        for i, (text, types, function, inputs, exact) in enumerate(self.cases):
            with np.errstate(all="ignore"):
                arrays = [
                    np.asarray(x).astype(DTYPES[t])
                    for x, t in zip(inputs, types[1:])
                ]
            count = len(arrays[0])
            out = Output((count,), np.dtype(DTYPES[types[0]]))
            module.launch(
                f"k{i}", (1, 1, 1), (count, 1, 1),
                [out, *(Input(a) for a in arrays)],
            )
            with np.errstate(all="ignore"):
                expected = np.asarray(function(*arrays)).astype(out.array.dtype)
            if out.array.dtype.kind == "f":
                good = np.isnan(out.array) & np.isnan(expected)
                if exact:
                    same = out.array.view(f"u{out.array.itemsize}") == (
                        expected.view(f"u{out.array.itemsize}"))
                else:
                    same = np.isclose(out.array, expected, rtol=1e-6, atol=0)
                good |= same
            else:
                good = out.array == expected
            if not good.all():
                failures += 1
                j = int(np.argmin(good))
                print(
                    f"FAIL {text}: of {[a[j] for a in arrays]} gave "
                    f"{out.array[j]!r}, expected {expected[j]!r}"
                )
        print(f"{len(self.cases)} cases, {failures} failures")
        return failures
