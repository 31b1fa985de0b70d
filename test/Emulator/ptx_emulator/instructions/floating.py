"""Arithmetic on floating-point numbers.

Packed numbers are worked on one after another; 16-bit results are computed
with more digits (rounded to odd where even those do not suffice) and rounded
once.
"""

from ..types import TYPES
from .registry import instruction


class Format:
    """How the bits of a type become a C++ number and back."""

    def __init__(self, type_):
        single = type_.bits // type_.lanes
        self.kind = type_.kind
        self.type = type_
        self.is_small = single == 16
        if single == 64:
            self.decode, self.encode = "f64({})", "result(double({}))"
        elif single == 32:
            self.decode, self.encode = "f32({})", "result(float({}))"
        elif type_.kind == "bf":
            self.decode = "double(fromBFloat({}))"
            self.encode = "toBFloatOdd({})"
        else:
            self.decode, self.encode = "double(fromHalf({}))", "toHalf({})"
        self.flush = False
        self.saturate = False

    def number(self, bits):
        code = self.decode.format(bits)
        if self.flush and not self.is_small:
            return f"flush({code})"
        if self.flush:
            return f"flushHalf({code})"
        return code

    def bits(self, number):
        if self.saturate:
            number = f"saturate({number})"
        if self.flush and not self.is_small:
            number = f"flush({number})"
        elif self.flush:
            number = f"flushHalf({number})"
        return self.encode.format(number)


def lanewise(op, type_, sources, compute):
    """C++ that applies `compute(bits of each source)` -> bits to each lane."""
    names = []
    code = ""
    for i, bits in enumerate(sources):
        names.append(f"s{i}")
        code += f"{type_.unsigned} s{i} = {bits}; "
    if type_.lanes == 1:
        return code + op.assign(compute(names), type_)
    parts = [
        compute([f"uint16_t({n} >> {shift})" for n in names])
        for shift in (0, 16)
    ]
    return code + op.assign(
        f"uint32_t(uint16_t({parts[0]})) | uint32_t(uint16_t({parts[1]})) "
        "<< 16",
        type_,
    )


def read_format(op, type_):
    if type_.kind == "e" or type_.kind == "tf":
        op.fail(f".{type_.name} has no arithmetic")
    form = Format(type_)
    form.flush = op.take("ftz")
    form.saturate = op.take("sat")
    return form


def binary(op, type_):
    """add, sub and mul."""
    op.need(3)
    form = read_format(op, type_)
    rounding = op.rounding()
    symbol = {"add": "+", "sub": "-", "mul": "*"}.get(op.root)
    if not symbol:
        op.fail("not of floating-point numbers")

    def compute(bits):
        a, b = (form.number(x) for x in bits)
        if form.is_small and symbol != "*":
            return form.bits(f"addOdd({a}, {'-' if symbol == '-' else ''}{b})")
        if rounding == "Round::Even":
            return form.bits(f"{a} {symbol} {b}")
        if symbol == "*":
            return form.bits(f"mulRounded({a}, {b}, {rounding})")
        sign = "-" if symbol == "-" else ""
        return form.bits(f"addRounded({a}, {sign}{b}, {rounding})")

    return lanewise(op, type_, [op.value(1, type_), op.value(2, type_)], compute)


def fused(op, type_):
    op.need(4)
    form = read_format(op, type_)
    rectify = op.take("relu")
    op.take("oob") and op.fail(".oob is not read")
    rounding = op.rounding()

    def compute(bits):
        a, b, c = (form.number(x) for x in bits)
        if form.is_small:
            number = f"addOdd({a} * {b}, {c})"
        elif rounding == "Round::Even":
            number = f"{'fma' if type_.bits == 64 else 'fmaf'}({a}, {b}, {c})"
        else:
            number = f"fmaRounded({a}, {b}, {c}, {rounding})"
        if rectify:
            number = f"rectify({number})"
        return form.bits(number)

    sources = [op.value(i, type_) for i in (1, 2, 3)]
    return lanewise(op, type_, sources, compute)


def divide(op, type_):
    op.need(3)
    if op.root == "rem" or type_.name not in ("f32", "f64"):
        op.fail(f"not of .{type_.name}")
    form = read_format(op, type_)
    # The approximate forms are exact here.
    op.drop("approx", "full")
    rounding = op.rounding()
    return op.assign(
        form.bits(
            f"divRounded({form.number(op.value(1, type_))}, "
            f"{form.number(op.value(2, type_))}, {rounding})"
        ),
        type_,
    )


def extremum(op, type_):
    op.need(3)
    form = read_format(op, type_)
    keep = "true" if op.take("NaN") else "false"
    magnitude = op.take("xorsign") and op.take("abs")
    name = "minimum" if op.root == "min" else "maximum"
    cpp = "double" if type_.bits == 64 or form.is_small else "float"

    def compute(bits):
        a, b = (form.number(x) for x in bits)
        if magnitude:
            return form.bits(
                f"(signbit({a}) != signbit({b}) ? -1 : 1) * "
                f"{name}<{cpp}>(fabs({a}), fabs({b}), {keep})"
            )
        return form.bits(f"{name}<{cpp}>({a}, {b}, {keep})")

    return lanewise(op, type_, [op.value(1, type_), op.value(2, type_)], compute)


def sign_change(op, type_):
    op.need(2)
    form = read_format(op, type_)
    top = type_.bits // type_.lanes - 1

    def compute(bits):
        value = bits[0]
        if form.flush:
            value = form.bits(form.number(value))
        if op.root == "neg":
            return f"{value} ^ (1ull << {top})"
        return f"{value} & ~(1ull << {top})"

    return lanewise(op, type_, [op.value(1, type_)], compute)


# Functions that the device approximates; here they are as good as the CPU's.
UNARY = {
    "sqrt": "sqrt({})",
    "rsqrt": "(1 / sqrt(double({})))",
    "rcp": "(1 / {})",
    "ex2": "exp2({})",
    "lg2": "log2({})",
    "sin": "sin({})",
    "cos": "cos({})",
    "tanh": "tanh({})",
}


@instruction(*UNARY)
def unary(op):
    op.need(2)
    type_ = op.type()
    form = read_format(op, type_)
    approximate = op.take("approx")
    rounding = op.rounding()

    def compute(bits):
        number = form.number(bits[0])
        if not approximate and op.root == "sqrt":
            return form.bits(f"sqrtRounded({number}, {rounding})")
        if not approximate and op.root == "rcp":
            cpp = "double" if type_.bits == 64 else "float"
            return form.bits(f"divRounded({cpp}(1), {number}, {rounding})")
        number = f"double({number})" if type_.bits < 64 else number
        code = UNARY[op.root].format(number)
        return form.bits(code if type_.bits == 64 else f"float({code})")

    return lanewise(op, type_, [op.value(1, type_)], compute)


@instruction("copysign")
def copy_sign(op):
    op.need(3)
    type_ = op.type("f32", "f64")
    top = f"({type_.unsigned}(1) << {type_.bits - 1})"
    # The sign is the first operand's.
    return op.assign(
        f"({op.value(1, type_)} & {top}) | ({op.value(2, type_)} & ~{top})",
        type_,
    )


@instruction("testp")
def test_property(op):
    op.need(2)
    type_ = op.type("f32", "f64")
    test = op.choose(
        "finite", "infinite", "number", "notanumber", "normal", "subnormal"
    )
    number = Format(type_).number(op.value(1, type_))
    code = {
        "finite": "isfinite({})",
        "infinite": "isinf({})",
        "number": "!isnan({})",
        "notanumber": "isnan({})",
        "normal": "isnormal({})",
        "subnormal": "(fpclassify({}) == FP_SUBNORMAL)",
    }[test]
    return op.assign(code.format(number), TYPES["pred"])
