"""cvt: between all numbers; mov: bits, also packed and unpacked."""

from ..syntax import Sink, Vector
from ..types import TYPES
from .floating import Format, lanewise
from .registry import instruction


@instruction("mov")
def move(op):
    op.need(2)
    type_ = op.type()
    to, source = op.operands
    function = op.function
    if isinstance(source, Vector):
        # {low, high} into one register.
        part = TYPES[f"b{type_.bits // len(source.elements)}"]
        bits = type_.unsigned
        pieces = [
            f"{bits}({function.value(e, part)}) << {i * part.bits}"
            for i, e in enumerate(source.elements)
        ]
        return op.assign(" | ".join(pieces), type_)
    value = op.value(1, type_)
    if isinstance(to, Vector):
        part = TYPES[f"b{type_.bits // len(to.elements)}"]
        code = f"{type_.unsigned} v = {value}; "
        for i, element in enumerate(to.elements):
            if not isinstance(element, Sink):
                code += function.assign(
                    element, f"{part.unsigned}(v >> {i * part.bits})",
                    type_=part,
                ) + " "
        return code
    return op.assign(value, type_)


FORMATS = {
    ("f", 16): "Half",
    ("bf", 16): "BFloat",
    ("tf", 32): "TF32",
}
PACKED = {
    "f16x2": "Half",
    "bf16x2": "BFloat",
    "e4m3x2": "E4M3",
    "e5m2x2": "E5M2",
}


@instruction("cvt")
def convert(op):
    if op.words and op.words[0] == "pack":
        op.fail("this form is not read")
    source, target = op.type(), op.type()
    if target.name in PACKED and source.lanes == 1:
        return pack(op, target, source)
    if source.lanes == 2:
        return unpack(op, target, source)
    op.need(2)
    if source.is_float and target.is_float:
        return float_to_float(op, target, source)
    if source.is_float:
        return float_to_integer(op, target, source)
    if target.is_float:
        return integer_to_float(op, target, source)
    return integer_to_integer(op, target, source)


def rounded(op, number, target, rounding, saturate=False, finite=False):
    """C++ for the bits of a double rounded to a float type."""
    if saturate:
        number = f"saturate(double({number}))"
    if target.name == "f64":
        return f"result(double({number}))"
    if target.name == "f32":
        return f"result(narrow({number}, {rounding}))"
    name = FORMATS[(target.kind, target.bits)]
    code = f"encode({name}, {number}, {rounding}, {str(finite).lower()})"
    if name == "TF32":
        return f"({code} << 13)"
    return code


def float_to_float(op, target, source):
    form = Format(source)
    form.flush = op.take("ftz")
    saturate = op.take("sat")
    finite = op.take("satfinite")
    rectify = op.take("relu")
    # With .rni and its kin the number becomes an integer first.
    whole = op.choose("rni", "rzi", "rmi", "rpi", default="")
    rounding = op.rounding()
    number = form.number(op.value(1, source, any_width=True))
    if whole:
        to = {"rni": "Even", "rzi": "Zero", "rmi": "Down", "rpi": "Up"}[whole]
        number = f"roundToInteger({number}, Round::{to})"
    if rectify:
        number = f"rectify({number})"
    if target.name == "bf16" and source.name == "f32" and (
        rounding == "Round::Even" and not (saturate or finite)
    ):
        return op.assign(f"toBFloat({number})", any_width=True)
    if form.flush and target.name == "f32":
        number = f"flush({number})"
    return op.assign(
        rounded(op, number, target, rounding, saturate, finite), any_width=True
    )


def pack(op, target, source):
    """Two f32 into one register: the first operand is the high half."""
    op.need(3)
    if source.name != "f32":
        op.fail(f"of .{source.name} is not read")
    finite = "true" if op.take("satfinite") else "false"
    rectify = op.take("relu")
    rounding = op.rounding()
    width = target.bits // 2
    parts = []
    for index in (1, 2):
        number = f"f32({op.value(index, source)})"
        if rectify:
            number = f"rectify({number})"
        if target.name == "bf16x2" and rounding == "Round::Even" and (
            finite == "false"
        ):
            parts.append(f"uint32_t(toBFloat({number}))")
        else:
            parts.append(
                f"encode({PACKED[target.name]}, {number}, {rounding}, {finite})"
            )
    return op.assign(f"{parts[0]} << {width} | {parts[1]}", target)


def unpack(op, target, source):
    """Two small floats to two of f16 (from e4m3x2, e5m2x2)."""
    op.need(2)
    if source.kind != "e" or target.name != "f16x2":
        op.fail("this form is not read")
    rectify = op.take("relu")
    op.rounding()
    value = op.value(1, source)
    parts = []
    for shift in (0, 8):
        number = f"decode({PACKED[source.name]}, {value} >> {shift} & 255)"
        if rectify:
            number = f"rectify({number})"
        parts.append(f"uint32_t(toHalf({number}))")
    return op.assign(f"{parts[1]} << 16 | {parts[0]}", target)


def float_to_integer(op, target, source):
    form = Format(source)
    form.flush = op.take("ftz")
    op.take("sat")  # Always so.
    rounding = op.rounding()
    sign = "true" if target.is_signed else "false"
    wide = "true" if source.bits == 64 or target.bits == 64 else "false"
    number = form.number(op.value(1, source, any_width=True))
    code = f"integerOf({number}, {rounding}, {target.bits}, {sign}, {wide})"
    return op.assign(extended(code, target), any_width=True)


def integer_to_float(op, target, source):
    saturate = op.take("sat")
    rounding = op.rounding()
    value = op.value(1, source, any_width=True)
    value = f"{source.number}({value})"
    sign = "Signed" if source.is_signed else "Unsigned"
    if target.name == "f32" and not saturate:
        return op.assign(f"u32(floatOf{sign}({value}, {rounding}))", any_width=True)
    if target.name == "f64":
        return op.assign(f"u64(doubleOf{sign}({value}, {rounding}))", any_width=True)
    # Rounding to odd in between would matter only beyond 2^53.
    return op.assign(
        rounded(op, f"double({value})", target, rounding, saturate),
        any_width=True,
    )


def integer_to_integer(op, target, source):
    saturate = op.take("sat")
    value = f"{source.number}({op.value(1, source, any_width=True)})"
    if saturate:
        low, high = (
            (-(1 << (target.bits - 1)), (1 << (target.bits - 1)) - 1)
            if target.is_signed
            else (0, (1 << target.bits) - 1)
        )
        if target.bits == 64:
            op.fail("saturation to 64 bits is not read")
        value = (
            f"(__int128({value}) < {low}ll ? {low}ll : "
            f"__int128({value}) > {high}ll ? {high}ll : int64_t({value}))"
        )
    return op.assign(extended(value, target), any_width=True)


def extended(code, target):
    """The bits of a result, extended as its type says: the register may be
    wider."""
    if target.is_signed:
        return f"uint64_t(int64_t({target.number}({code})))"
    return f"{target.unsigned}({code})"
