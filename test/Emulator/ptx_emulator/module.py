"""Translates a module of PTX into C++ and lays out its memory."""

import re
import struct

from . import function
from .errors import PtxError
from .syntax import Float, Integer, Symbol
from .types import TYPES

MEMORY_BITS = 40
FIRST_MEMORY = 16
SHARED_START = 1024


class ModuleTranslator:
    def __init__(self, tree):
        self.tree = tree
        self.shared_bytes = 0
        self.shared_names = {}
        self.dynamic_alignment = 1
        self.dynamic = []
        self.names = {}
        # Whether plain writes must be fenced from other instructions.
        self.uses_async_proxy = False
        # The variables in global and constant memory: each is a memory.
        self.globals = []
        for variable in tree.variables:
            self.variable(variable)
        for i, name in enumerate(tree.functions):
            self.names[name] = ("function", str(i + 1))

    def find(self, name):
        return self.names.get(name)

    def code_name(self, name):
        return "function_" + re.sub(r"\W", "_", name)

    def variable(self, variable):
        if variable.space == "shared":
            self.names[variable.name] = ("shared", self.place_shared(variable))
        elif variable.space in ("global", "const"):
            if variable.is_extern:
                raise PtxError(
                    f"'{variable.name}' is defined in another file",
                    variable.line,
                )
            number = FIRST_MEMORY + len(self.globals)
            self.globals.append(variable)
            self.names[variable.name] = (
                "global",
                f"{number << MEMORY_BITS}ull",
            )
        else:
            raise PtxError(
                f"a .{variable.space} variable outside of a function",
                variable.line,
            )

    def place_shared(self, variable):
        """C++ for the address of a variable in shared memory."""
        align = max(variable.alignment, 1)
        if variable.count == 0:
            # All of these are the memory that a launch adds at the end.
            self.dynamic_alignment = max(self.dynamic_alignment, align)
            return "dynamicSharedStart"
        self.shared_bytes += -self.shared_bytes % align
        address = SHARED_START + self.shared_bytes
        self.shared_bytes += TYPES[variable.type].bytes * variable.count
        return str(address)

    def initial(self, variable):
        """The first bytes of a variable in global memory."""
        type_ = TYPES[variable.type]
        data = b""
        for value in variable.values:
            if isinstance(value, Symbol):
                entity = self.names.get(value.name)
                if not entity:
                    raise PtxError(
                        f"unknown name '{value.name}'", variable.line
                    )
                bits = int(entity[1].rstrip("ul")) + value.offset
            elif isinstance(value, Integer):
                bits = value.value
            elif value.width == 64 and type_.bits == 32:
                number = struct.unpack("<d", struct.pack("<Q", value.bits))[0]
                bits = struct.unpack("<I", struct.pack("<f", number))[0]
            else:
                bits = value.bits
            data += (bits & ((1 << type_.bits) - 1)).to_bytes(
                type_.bytes, "little"
            )
        # What is not given is zero.
        return data.ljust(type_.bytes * variable.count, b"\0")

    def translate(self):
        """The C++ of the whole module."""
        bodies = []
        functions = [f for f in self.tree.functions.values() if f.body is not None]
        for f in functions:
            bodies.append(function.FunctionTranslator(self, f).translate())
        self.shared_bytes += -self.shared_bytes % self.dynamic_alignment
        declared = [
            f"static void {self.code_name(f.name)}(Thread &, uint8_t **);"
            for f in self.tree.functions.values()
            if f.body is not None
        ]
        table = [
            self.code_name(f.name) if f.body is not None else "nullptr"
            for f in self.tree.functions.values()
        ]
        kernels = [
            f'{{"{f.name}", {self.code_name(f.name)}}},'
            for f in functions
            if f.is_entry
        ]
        if not kernels:
            raise PtxError("the file has no kernel (.entry)")
        return "\n".join(
            [
                '#include "emulator.h"',
                "using namespace ptx;",
                "static const uint64_t dynamicSharedStart = "
                f"{SHARED_START + self.shared_bytes};",
                *declared,
                f"static const Code functions[] = {{{', '.join(table)}}};",
                *bodies,
                "namespace ptx {",
                "extern const Kernel kernels[];",
                "extern const uint32_t kernelCount;",
                "extern const uint64_t staticShared;",
                "extern const bool usesAsyncProxy;",
                f"const Kernel kernels[] = {{{' '.join(kernels)}}};",
                f"const uint32_t kernelCount = {len(kernels)};",
                f"const uint64_t staticShared = {self.shared_bytes};",
                "const bool usesAsyncProxy = "
                f"{'true' if self.uses_async_proxy else 'false'};",
                "}",
                "",
            ]
        )
