"""add, sub, mul, fma and their kin: which have integer and float forms."""

from ..types import TYPES
from . import floating
from .registry import instruction

WIDE = {"u16": "u32", "s16": "s32", "u32": "u64", "s32": "s64"}


@instruction("add", "sub", "addc", "subc")
def add(op):
    type_ = op.type()
    if type_.is_float:
        return floating.binary(op, type_)
    op.need(3)
    carries_in = op.root in ("addc", "subc")
    carries_out = op.take("cc")
    saturates = op.take("sat")
    minus = op.root.startswith("sub")
    if type_.lanes > 1:
        if carries_in or carries_out or saturates:
            op.fail("packed integers have no carry and no .sat")
        return floating.lanewise(
            op, type_, [op.value(1, type_), op.value(2, type_)],
            lambda x: f"{x[0]} {'-' if minus else '+'} {x[1]}",
        )
    a, b = op.value(1, type_), op.value(2, type_)
    sign = "-" if minus else "+"
    if saturates:
        if type_.name != "s32":
            op.fail("only .s32 saturates")
        a, b = op.number(1, type_), op.number(2, type_)
        return (
            f"int64_t v = int64_t({a}) {sign} int64_t({b}); "
            "v = v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : v; "
            + op.assign("uint32_t(v)", type_)
        )
    if not carries_in and not carries_out:
        return op.assign(f"{a} {sign} {b}", type_)
    if type_.bits not in (32, 64):
        op.fail("carries are of 32 or 64 bits")
    # The carry of a subtraction is its borrow.
    extra = f" {sign} (unsigned __int128)carry" if carries_in else ""
    code = (
        f"unsigned __int128 v = (unsigned __int128){a} {sign} {b}{extra}; "
        + op.assign(f"{type_.unsigned}(v)", type_)
    )
    if carries_out:
        code += f" carry = (v >> {type_.bits}) & 1;"
    return code


@instruction("mul", "mul24")
def multiply(op):
    type_ = op.type()
    if type_.is_float:
        return floating.binary(op, type_)
    op.need(3)
    return product(op, type_, None)


@instruction("mad", "mad24")
def multiply_add(op):
    type_ = op.type()
    if type_.is_float:
        return floating.fused(op, type_)
    op.need(4)
    return product(op, type_, 3)


def product(op, type_, addend):
    """mul or, with the index of an addend, mad."""
    part = op.choose("lo", "hi", "wide")
    a, b = op.number(1, type_), op.number(2, type_)
    if op.root.endswith("24"):
        if part != "lo":
            op.fail("only .lo is read")
        a, b = (
            (f"(int32_t({x} << 8) >> 8)" if type_.is_signed
             else f"({x} & 0xffffff)")
            for x in (op.value(1, type_), op.value(2, type_))
        )
    out = type_
    if part == "wide":
        if type_.name not in WIDE:
            op.fail("16 or 32 bits become wide")
        out = TYPES[WIDE[type_.name]]
        code = f"{out.unsigned}({out.number}({a}) * {out.number}({b}))"
    elif part == "lo":
        code = f"{type_.unsigned}(uint64_t({a}) * uint64_t({b}))"
    elif type_.bits == 64:
        high = "highSigned" if type_.is_signed else "highUnsigned"
        code = f"uint64_t({high}({a}, {b}))"
    else:
        long = "int64_t" if type_.is_signed else "uint64_t"
        code = (
            f"{type_.unsigned}(({long}({a}) * {long}({b})) >> {type_.bits})"
        )
    if addend is None:
        return op.assign(code, out)
    carries_out = op.take("cc")
    carries_in = op.root == "madc"
    total = f"{code} + {op.value(addend, out)}"
    if not carries_out and not carries_in:
        return op.assign(total, out)
    return (
        f"unsigned __int128 v = (unsigned __int128){total}"
        + (" + carry; " if carries_in else "; ")
        + op.assign(f"{out.unsigned}(v)", out)
        + (f" carry = (v >> {out.bits}) & 1;" if carries_out else "")
    )


@instruction("madc")
def multiply_add_carry(op):
    op.need(4)
    return product(op, op.type(), 3)


@instruction("fma")
def fused_multiply_add(op):
    return floating.fused(op, op.type())


@instruction("div", "rem")
def divide(op):
    type_ = op.type()
    if type_.is_float:
        return floating.divide(op, type_)
    op.need(3)
    name = "divide" if op.root == "div" else "remainder"
    return op.assign(
        f"{type_.unsigned}({name}<{type_.number}>({op.number(1, type_)}, "
        f"{op.number(2, type_)}))",
        type_,
    )


@instruction("min", "max")
def extremum(op):
    type_ = op.type()
    if type_.is_float:
        return floating.extremum(op, type_)
    op.need(3)
    op.take("relu") and op.fail("integers have no .relu here")
    sign = "<" if op.root == "min" else ">"
    if type_.lanes > 1:
        number = "int16_t" if type_.is_signed else "uint16_t"
        return floating.lanewise(
            op, type_, [op.value(1, type_), op.value(2, type_)],
            lambda x: f"({number}({x[0]}) {sign} {number}({x[1]}) ? {x[0]} : "
            f"{x[1]})",
        )
    a, b = op.number(1, type_), op.number(2, type_)
    return op.assign(f"({a} {sign} {b} ? {a} : {b})", type_)


@instruction("abs", "neg")
def sign_change(op):
    type_ = op.type()
    if type_.is_float:
        return floating.sign_change(op, type_)
    op.need(2)
    a = op.value(1, type_)
    negated = f"{type_.unsigned}(0 - {a})"
    if op.root == "neg":
        return op.assign(negated, type_)
    return op.assign(f"({type_.number}({a}) < 0 ? {negated} : {a})", type_)
