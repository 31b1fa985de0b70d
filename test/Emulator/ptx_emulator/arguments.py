"""What a kernel can be given."""

import struct

import numpy as np

from .errors import PtxError


class Buffer:
    """An array in the device's global memory."""

    def __init__(self, array, writable, state):
        self.array = array
        self.writable = writable
        self.state = state  # Of each byte: 1 is written. None: all are.


class Input(Buffer):
    """An array that the kernel reads; writing to it is an error."""

    def __init__(self, array):
        super().__init__(np.ascontiguousarray(array), False, None)


class InOut(Buffer):
    """An array that the kernel reads and writes."""

    def __init__(self, array):
        super().__init__(np.array(array, order="C"), True, None)


class Output(Buffer):
    """An array that the kernel writes; reading what it has not yet written
    is an error."""

    def __init__(self, shape, dtype):
        array = np.empty(shape, dtype)
        array.reshape(-1).view(np.uint8)[:] = 0xFF
        super().__init__(array, True, np.zeros(array.nbytes, np.uint8))

    def missing(self):
        """The indices of the elements that were not wholly written."""
        written = self.state.reshape(-1, self.array.itemsize).all(axis=1)
        return np.argwhere(~written.reshape(self.array.shape))


class TensorMap:
    """A box of a buffer for the copies of whole tiles (a CUtensorMap)."""

    MAGIC = 0x70614D54

    def __init__(self, buffer, box, swizzle=0, fill_nan=False):
        """`box`: its sizes, like the array's shape with the innermost last;
        `swizzle`: 0, 32, 64 or 128 bytes."""
        self.buffer = buffer
        shape = buffer.array.shape
        if len(box) != len(shape) or not 1 <= len(box) <= 5:
            raise PtxError(f"a box of {len(box)} sizes for shape {shape}")
        if max(box) > 256 or min(box) < 1:
            raise PtxError(f"the box {box} has a size outside of 1 to 256")
        if swizzle not in (0, 32, 64, 128):
            raise PtxError(f"there is no swizzle of {swizzle} bytes")
        row = box[-1] * buffer.array.itemsize
        if row % 16:
            raise PtxError(f"rows of {row} bytes are not multiples of 16")
        # Narrower rows are legal, but how they lie is not modelled.
        if swizzle and row != swizzle:
            raise PtxError(
                f"rows of the box have {row} bytes, its swizzle {swizzle}"
            )
        strides = buffer.array.strides
        if any(s % 16 for s in strides[:-1]):
            raise PtxError("the strides are not multiples of 16 bytes")
        self.box, self.swizzle, self.fill_nan = box, swizzle, fill_nan

    def encode(self, address):
        array = self.buffer.array
        rank = array.ndim
        reverse = lambda values: list(values)[::-1]  # noqa: E731
        strides = reverse(array.strides)[1:] + [0] * (5 - rank)
        sizes = reverse(array.shape) + [1] * (5 - rank)
        box = reverse(self.box) + [1] * (5 - rank)
        return struct.pack(
            "<I4BQ4Q5I5I40x", self.MAGIC, rank, array.itemsize, self.swizzle,
            self.fill_nan, address, *strides[:4], *sizes, *box,
        )


def number_bytes(argument, size):
    """The bytes of a number of numpy's or Python's, or of a struct."""
    try:
        if isinstance(argument, (np.generic, np.ndarray)):
            return argument.tobytes()  # numpy's f64 is a float of Python, too.
        if isinstance(argument, int):
            return argument.to_bytes(size, "little", signed=argument < 0)
        if isinstance(argument, float):
            return struct.pack({4: "<f", 8: "<d"}[size], argument)
    except (OverflowError, KeyError):
        pass
    raise PtxError(
        f"{argument!r} is no argument for a parameter of {size} bytes"
    )


def read_specification(text):
    """An argument from its form on the command line.

    Returns the argument and the files to write: pairs of (path, buffer).
    """
    kind, _, rest = text.partition(":")
    try:
        if kind == "in":
            return Input(np.load(rest)), []
        if kind == "inout":
            source, _, target = rest.partition(":")
            buffer = InOut(np.load(source))
            return buffer, [(target, buffer)] if target else []
        if kind == "out":
            path, dtype, shape = rest.rsplit(":", 2)
            buffer = Output(read_shape(shape), read_dtype(dtype))
            return buffer, [(path, buffer)]
        if kind == "map":
            fields = rest.split(":")
            options = dict(f.split("=") for f in fields[1:])
            return TensorMap(Input(np.load(fields[0])), **map_options(options)), []
        if kind == "map-out":
            path, dtype, shape, *fields = rest.split(":")
            buffer = Output(read_shape(shape), read_dtype(dtype))
            options = dict(f.split("=") for f in fields)
            return TensorMap(buffer, **map_options(options)), [(path, buffer)]
        if kind in ("u8", "u16", "u32", "u64", "s32", "s64"):
            return np.dtype(read_dtype(kind)).type(int(rest, 0)), []
        if kind in ("f32", "f64", "f16"):
            return np.dtype(read_dtype(kind)).type(float(rest)), []
    except (ValueError, KeyError, TypeError, OverflowError, OSError) as error:
        raise PtxError(f"--arg {text}: {error}") from error
    raise PtxError(
        f"--arg {text}: unknown kind '{kind}'; there are in, inout, out, map, "
        "map-out, u8, u16, u32, u64, s32, s64, f16, f32 and f64"
    )


def read_shape(text):
    return tuple(int(n) for n in text.split("x"))


def read_dtype(name):
    return np.dtype(
        {"u8": "u1", "u16": "u2", "bf16": "u2", "u32": "u4", "u64": "u8",
         "s8": "i1", "s16": "i2", "s32": "i4", "s64": "i8", "f16": "f2",
         "f32": "f4", "f64": "f8"}[name]
    )


def map_options(options):
    unknown = set(options) - {"box", "swizzle", "fill"}
    if unknown:
        raise PtxError(f"unknown option '{unknown.pop()}' of a tensor map")
    return {
        "box": read_shape(options["box"]),
        "swizzle": int(options.get("swizzle", 0)),
        "fill_nan": options.get("fill", "zero") == "nan",
    }
