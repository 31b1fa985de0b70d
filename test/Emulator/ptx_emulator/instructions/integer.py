"""Logic, shifts and bit fields."""

from ..types import TYPES
from .registry import instruction

U32 = TYPES["u32"]


@instruction("and", "or", "xor")
def logic(op):
    op.need(3)
    type_ = op.type("b16", "b32", "b64", "pred")
    symbol = {"and": "&", "or": "|", "xor": "^"}[op.root]
    if type_.name == "pred":
        return op.assign(
            f"({op.predicate(1)}) {symbol} ({op.predicate(2)})", type_
        )
    return op.assign(f"{op.value(1, type_)} {symbol} {op.value(2, type_)}", type_)


@instruction("not", "cnot")
def negation(op):
    op.need(2)
    type_ = op.type("b16", "b32", "b64", "pred")
    value = op.value(1, type_)
    if type_.name == "pred":
        return op.assign(f"!{op.predicate(1)}", type_)
    return op.assign(f"~{value}" if op.root == "not" else f"({value} == 0)", type_)


@instruction("shl", "shr")
def shift(op):
    op.need(3)
    type_ = op.type()
    name = "shiftLeft" if op.root == "shl" else "shiftRight"
    return op.assign(
        f"{name}<{type_.number}>({op.number(1, type_)}, {op.u32(2)})", type_
    )


@instruction("shf")
def funnel_shift(op):
    op.need(4)
    op.type("b32")
    side = op.choose("l", "r")
    wrap = "true" if op.choose("wrap", "clamp") == "wrap" else "false"
    name = "funnelLeft" if side == "l" else "funnelRight"
    return op.assign(
        f"{name}({op.u32(1)}, {op.u32(2)}, {op.u32(3)}, {wrap})", U32
    )


@instruction("bfe")
def extract(op):
    op.need(4)
    type_ = op.type("u32", "s32", "u64", "s64")
    sign = "true" if type_.is_signed else "false"
    return op.assign(
        f"extractField<{type_.unsigned}>({op.value(1, type_)}, {op.u32(2)}, "
        f"{op.u32(3)}, {sign})",
        type_,
    )


@instruction("bfi")
def insert(op):
    op.need(5)
    type_ = op.type("b32", "b64")
    return op.assign(
        f"insertField<{type_.unsigned}>({op.value(1, type_)}, "
        f"{op.value(2, type_)}, {op.u32(3)}, {op.u32(4)})",
        type_,
    )


@instruction("szext")
def extend(op):
    op.need(3)
    type_ = op.type("u32", "s32")
    mode = op.choose("wrap", "clamp")
    sign = "true" if type_.is_signed else "false"
    amount = f"({op.u32(2)} & 31)" if mode == "wrap" else op.u32(2)
    return op.assign(
        f"({amount} >= 32 ? {op.u32(1)} : {amount} == 0 ? 0 : "
        f"extractField<uint32_t>({op.u32(1)}, 0, {amount}, {sign}))",
        type_,
    )


@instruction("bmsk")
def mask(op):
    op.need(3)
    op.type("b32")
    wrap = op.choose("wrap", "clamp") == "wrap"
    start, length = op.u32(1), op.u32(2)
    if wrap:
        start, length = f"({start} & 31)", f"({length} & 31)"
    return op.assign(
        f"shiftLeft<uint32_t>({length} >= 32 ? ~0u : (1u << {length}) - 1, "
        f"{start})",
        U32,
    )


@instruction("brev")
def reverse(op):
    op.need(2)
    type_ = op.type("b32", "b64")
    return op.assign(
        f"reverseBits<{type_.unsigned}>({op.value(1, type_)})", type_
    )


@instruction("popc", "clz")
def count(op):
    op.need(2)
    type_ = op.type("b32", "b64")
    value = op.value(1, type_)
    if op.root == "popc":
        return op.assign(f"uint32_t(__builtin_popcountll({value}))", U32)
    return op.assign(f"leadingZeros<{type_.unsigned}>({value})", U32)


@instruction("bfind")
def find_bit(op):
    op.need(2)
    type_ = op.type("u32", "s32", "u64", "s64")
    sign = "true" if type_.is_signed else "false"
    amount = "true" if op.take("shiftamt") else "false"
    return op.assign(
        f"findBit<{type_.unsigned}>({op.value(1, type_)}, {sign}, {amount})",
        U32,
    )


PERMUTATIONS = {
    # Selectors of the named modes, by the low bits of the third operand.
    "f4e": [0x3210, 0x4321, 0x5432, 0x6543],
    "b4e": [0x5670, 0x6701, 0x7012, 0x0123],
    "rc8": [0x0000, 0x1111, 0x2222, 0x3333],
    "ecl": [0x3210, 0x3211, 0x3222, 0x3333],
    "ecr": [0x0000, 0x1110, 0x2210, 0x3210],
    "rc16": [0x1010, 0x3232, 0x1010, 0x3232],
}


@instruction("prmt")
def permute(op):
    op.need(4)
    op.expect("b32")
    mode = op.choose(*PERMUTATIONS, default="")
    selectors = op.u32(3)
    code = ""
    if mode:
        table = ", ".join(str(s) for s in PERMUTATIONS[mode])
        code = f"static const uint32_t modes[] = {{{table}}}; "
        selectors = f"modes[{selectors} & 3]"
    return code + op.assign(
        f"permuteBytes({op.u32(1)}, {op.u32(2)}, {selectors})", U32
    )


@instruction("lop3")
def logic3(op):
    op.need(5)
    op.expect("b32")
    return op.assign(
        f"lookUp3({op.u32(1)}, {op.u32(2)}, {op.u32(3)}, {op.u32(4)})", U32
    )


@instruction("sad")
def absolute_difference(op):
    op.need(4)
    type_ = op.type("u16", "s16", "u32", "s32", "u64", "s64")
    a, b = op.number(1, type_), op.number(2, type_)
    bits = type_.unsigned
    return op.assign(
        f"{op.value(3, type_)} + ({a} < {b} ? {bits}({b}) - {bits}({a}) : "
        f"{bits}({a}) - {bits}({b}))",
        type_,
    )


@instruction("dp4a")
def dot_bytes(op):
    op.need(4)
    b_type, a_type = op.type("u32", "s32"), op.type("u32", "s32")
    signs = ["true" if t.is_signed else "false" for t in (a_type, b_type)]
    return op.assign(
        f"dotBytes({op.u32(1)}, {signs[0]}, {op.u32(2)}, {signs[1]}) + "
        f"{op.u32(3)}",
        U32,
    )
