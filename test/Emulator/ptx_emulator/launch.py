"""Runs kernels: load(...).launch(...)."""

import ctypes
import math
import os
import re
import tempfile

import numpy as np

from . import arguments, build, parser
from .errors import PtxError
from .module import FIRST_MEMORY, MEMORY_BITS, ModuleTranslator
from .types import TYPES


# These four are as in runtime/emulator.h and runtime/launch.cpp.
class Memory(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("state", ctypes.c_void_p),
        ("size", ctypes.c_uint64),
        ("writable", ctypes.c_uint32),
        ("argument", ctypes.c_uint32),
    ]


class Launch(ctypes.Structure):
    _fields_ = [
        ("kernel", ctypes.c_char_p),
        ("params", ctypes.c_void_p),
        ("param_bytes", ctypes.c_uint64),
        ("memories", ctypes.POINTER(Memory)),
        ("memory_count", ctypes.c_uint64),
        ("dynamic_shared", ctypes.c_uint64),
        ("seed", ctypes.c_uint64),
        ("max_steps", ctypes.c_uint64),
        ("grid", ctypes.c_uint32 * 3),
        ("size", ctypes.c_uint32 * 3),
        ("eager", ctypes.c_uint32),
        ("check_fences", ctypes.c_uint32),
        ("shared_is_written", ctypes.c_uint32),
    ]


class Result(ctypes.Structure):
    _fields_ = [
        ("message", ctypes.c_char * 4096),
        ("line", ctypes.c_int),
        ("thread", ctypes.c_uint32 * 3),
        ("block", ctypes.c_uint32 * 3),
        ("steps", ctypes.c_uint64),
    ]


class KernelError(PtxError):
    """A kernel did what it must not: where, and who."""

    def __init__(self, message, line, thread, block):
        super().__init__(message, line)
        self.thread, self.block = thread, block


def shared_limit(target):
    """The most bytes of shared memory of a block (CUDA programming guide,
    "Technical specifications per compute capability")."""
    number = int(re.sub(r"\D", "", target) or 0)
    kilobytes = {80: 163, 87: 163, 86: 99, 89: 99, 90: 227}
    return kilobytes.get(number, 48 if number < 75 else 64) * 1024


def default_cache():
    return os.environ.get("PTX_EMULATOR_CACHE") or os.path.join(
        tempfile.gettempdir(), f"ptx-emulator-{os.getuid()}"
    )


class Module:
    """A translated and compiled file of PTX."""

    def __init__(self, text, cache=None):
        self.tree = parser.parse(text)
        self.translator = ModuleTranslator(self.tree)
        self.code = self.translator.translate()
        path = build.build(self.code, cache or default_cache())
        self.kernels = ctypes.CDLL(path)

    def kernel(self, name):
        function = self.tree.functions.get(name)
        if not function or not function.is_entry:
            names = [f.name for f in self.tree.functions.values() if f.is_entry]
            raise PtxError(
                f"there is no kernel '{name}'; there are {', '.join(names)}"
            )
        return function

    def memories(self, given):
        """The memory of each number, and the address of each buffer."""
        memories, addresses = [], {}
        for variable in self.translator.globals:
            data = bytearray(self.translator.initial(variable))
            array = np.frombuffer(data, np.uint8)
            writable = variable.space == "global"
            memories.append((array, None, writable, 0))
        for i, argument in enumerate(given):
            buffer = getattr(argument, "buffer", argument)
            if not isinstance(buffer, arguments.Buffer):
                continue
            if id(buffer) in addresses:
                continue
            number = FIRST_MEMORY + len(memories)
            addresses[id(buffer)] = number << MEMORY_BITS
            memories.append((buffer.array, buffer.state, buffer.writable, i + 1))
        return memories, addresses

    def parameters(self, function, given, addresses):
        """The bytes of the kernel's parameters."""
        if len(given) != len(function.parameters):
            raise PtxError(
                f"'{function.name}' has {len(function.parameters)} "
                f"parameters, {len(given)} are given",
                function.line,
            )
        data = b""
        for parameter, argument in zip(function.parameters, given):
            size = TYPES[parameter.type].bytes * parameter.count
            if isinstance(argument, arguments.TensorMap):
                part = argument.encode(addresses[id(argument.buffer)])
            elif isinstance(argument, arguments.Buffer):
                part = addresses[id(argument)].to_bytes(8, "little")
            else:
                part = arguments.number_bytes(argument, size)
            if len(part) != size:
                raise PtxError(
                    f"parameter {parameter.name} has {size} bytes, the "
                    f"argument {len(part)}",
                    parameter.line,
                )
            data += bytes(-len(data) % max(parameter.alignment, 1)) + part
        return data

    def check_limits(self, function, block, threads, shared):
        """What the kernel asks for, and what the chip has."""
        for name, wanted in (
            (".reqntid", "exactly"), (".maxntid", "at most")
        ):
            numbers = function.directives.get(name)
            if not numbers:
                continue
            given = tuple(numbers + [1] * (3 - len(numbers)))
            exact = tuple(block) == given
            if not exact and (name == ".reqntid" or threads > math.prod(given)):
                raise PtxError(
                    f"a block of {tuple(block)} threads; {name} asks for "
                    f"{wanted} {given}", function.line,
                )
        total = shared + self.translator.shared_bytes
        limit = shared_limit(self.tree.target)
        if total > limit:
            raise PtxError(
                f"{total} bytes of shared memory; a block of "
                f"{self.tree.target} has at most {limit}", function.line,
            )

    def launch(self, kernel, grid, block, args, seed=0, eager=False,
               max_steps=10**10, shared=0, check_fences=True,
               shared_is_written=False):
        """Runs a grid; raises KernelError for what goes wrong.

        `args` are Input, InOut, Output, TensorMap or numpy scalars; `shared`
        is the number of bytes of dynamic shared memory;
        `shared_is_written`: reads of unwritten shared memory are no errors,
        but give NaNs. Returns the number of instructions run.
        """
        function = self.kernel(kernel)
        memories, addresses = self.memories(args)
        params = self.parameters(function, args, addresses)
        table = (Memory * max(len(memories), 1))()
        for entry, (array, state, writable, argument) in zip(table, memories):
            entry.data = array.ctypes.data
            entry.state = None if state is None else state.ctypes.data
            entry.size = array.nbytes
            entry.writable = bool(writable)
            entry.argument = argument
        threads = block[0] * block[1] * block[2]
        if not 1 <= threads <= 1024:
            raise PtxError(f"a block of {threads} threads: 1 to 1024 are possible")
        if min(grid) < 1:
            raise PtxError("an empty grid")
        self.check_limits(function, block, threads, shared)
        buffer = ctypes.create_string_buffer(params, max(len(params), 1))
        launch = Launch(
            kernel.encode(), ctypes.addressof(buffer), len(params), table,
            len(memories), shared, seed, max_steps,
            (ctypes.c_uint32 * 3)(*grid), (ctypes.c_uint32 * 3)(*block),
            eager, check_fences, shared_is_written,
        )
        result = Result()
        failed = self.kernels.ptxLaunch(
            ctypes.byref(launch), ctypes.byref(result)
        )
        if failed:
            raise KernelError(
                result.message.decode(), result.line, tuple(result.thread),
                tuple(result.block),
            )
        return result.steps


def describe(error, path, lines):
    """An error as compilers print them, with the line of PTX."""
    place = f"{path}:{error.line}" if error.line else path
    text = f"{place}: error: {error.message}"
    if isinstance(error, KernelError):
        text += f"\n  in block {error.block}"
        if error.line:
            text += f", thread {error.thread}"
    if 0 < error.line <= len(lines):
        text += f"\n  {error.line} | {lines[error.line - 1].strip()}"
    return text
