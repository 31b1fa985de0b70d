"""Loads, stores, atomic operations and addresses."""

from ..syntax import Address, Sink, Symbol, Vector
from ..types import TYPES
from .floating import Format
from .registry import instruction

SPACES = ("global", "shared", "local", "param", "const",
          "shared::cluster", "param::entry", "param::func")
# Hints for caches.
HINTS = (
    "ca", "cg", "cs", "lu", "cv", "wb", "wt", "nc", "unified",
    "L1::evict_normal", "L1::evict_unchanged", "L1::evict_first",
    "L1::evict_last", "L1::no_allocate", "L2::64B", "L2::128B", "L2::256B",
    "L2::evict_first", "L2::evict_last", "L2::evict_normal",
)


def space_of(op):
    space = op.choose(*SPACES, default="generic")
    return space.split("::")[0]


def lanes_of(op):
    word = op.choose("v2", "v4", "v8", default="v1")
    return int(word[1:])


def parameter(op, address):
    """The entity of a .param variable that is named, or None."""
    if isinstance(address, Address) and isinstance(address.base, Symbol):
        entity = op.function.find(address.base.name)
        if entity and isinstance(entity, tuple) and entity[0] == "param":
            return entity
    return None


def extended(type_, part):
    if type_.is_signed:
        return f"uint64_t(int64_t({type_.number}({part})))"
    return part


@instruction("ld", "ldu")
def load(op):
    op.need(2, 3)
    type_ = op.type()
    op.drop_order()
    op.drop(*HINTS)
    op.take("L2::cache_hint")
    space, lanes = space_of(op), lanes_of(op)
    bytes_ = type_.bytes * lanes
    entity = parameter(op, op.operands[1]) if space == "param" else None
    code = f"{type_.unsigned} v[{lanes}]; "
    if entity:
        offset = op.operands[1].offset
        if offset + bytes_ > entity[2] or offset < 0:
            op.fail("past the end of the parameter")
        code += f"memcpy(v, {entity[1]} + {offset}, {bytes_}); "
    else:
        reader = f"readLanes<{bytes_}, {type_.bytes}>" if lanes > 1 else f"read<{bytes_}>"
        code += f"{reader}(t, {op.address(1, space)}, v, {op.line}); "
    elements = op.elements(0)
    if len(elements) != lanes:
        op.fail(f"{len(elements)} registers for {lanes} elements")
    for i, element in enumerate(elements):
        if not isinstance(element, Sink):
            code += op.function.assign(
                element, extended(type_, f"v[{i}]"), any_width=True
            ) + " "
    return code


@instruction("st")
def store(op):
    op.need(2, 3)
    type_ = op.type()
    op.drop_order()
    op.drop(*HINTS)
    op.take("L2::cache_hint")
    space, lanes = space_of(op), lanes_of(op)
    bytes_ = type_.bytes * lanes
    elements = op.elements(1)
    if len(elements) != lanes:
        op.fail(f"{len(elements)} registers for {lanes} elements")
    values = ", ".join(
        f"{type_.unsigned}({op.function.value(e, type_, any_width=True)})"
        for e in elements
    )
    code = f"{type_.unsigned} v[] = {{{values}}}; "
    entity = parameter(op, op.operands[0]) if space == "param" else None
    if entity:
        offset = op.operands[0].offset
        if offset + bytes_ > entity[2] or offset < 0:
            op.fail("past the end of the parameter")
        return code + f"memcpy({entity[1]} + {offset}, v, {bytes_});"
    if space in ("param", "const"):
        op.fail(f".{space} cannot be written")
    return code + f"write<{bytes_}>(t, {op.address(0, space)}, v, {op.line});"


# What becomes of the old value `o` with operand `v`.
ATOMIC = {
    "and": "o & v",
    "or": "o | v",
    "xor": "o ^ v",
    "exch": "v",
    "inc": "o >= v ? 0 : o + 1",
    "dec": "o == 0 || o > v ? v : o - 1",
}


def updated(op, type_, operation):
    """C++ for the new bits."""
    if type_.is_float and operation in ("add", "min", "max"):
        form = Format(type_)
        op.drop("noftz", "ftz")

        def one(o, v):
            a, b = form.number(o), form.number(v)
            if operation != "add":
                name = "minimum" if operation == "min" else "maximum"
                kind = "float" if type_.bits == 32 else "double"
                return form.bits(f"{name}<{kind}>({a}, {b}, false)")
            if form.is_small:
                return form.bits(f"addOdd({a}, {b})")
            return form.bits(f"{a} + {b}")

        if type_.lanes == 1:
            return one("o", "v")
        parts = [one(f"uint16_t(o >> {s})", f"uint16_t(v >> {s})") for s in (0, 16)]
        return f"uint32_t({parts[0]}) | uint32_t({parts[1]}) << 16"
    if operation == "add":
        return "o + v"
    if operation in ("min", "max"):
        sign = "<" if operation == "min" else ">"
        number = type_.number
        return f"{number}(o) {sign} {number}(v) ? o : v"
    if operation not in ATOMIC:
        op.fail(f"unknown operation .{operation}")
    return ATOMIC[operation]


@instruction("atom", "red")
def atomic(op):
    type_ = op.type()
    op.drop_order()
    op.drop("L2::cache_hint")
    space = space_of(op)
    if lanes_of(op) != 1:
        op.fail("vectors are not read")
    operation = op.choose("add", "min", "max", "cas", *ATOMIC)
    if op.root == "red":
        op.need(2)
        address, first = op.address(0, space), 1
    else:
        op.need(4 if operation == "cas" else 3)
        address, first = op.address(1, space), 2
    bits = type_.unsigned
    code = f"{bits} v = {op.value(first, type_)}; "
    if operation == "cas":
        code += f"{bits} w = {op.value(3, type_)}; "
        new = "o == v ? w : o"
    else:
        new = updated(op, type_, operation)
    code += (
        f"{bits} old = atomic<{bits}>(t, {address}, {op.line}, "
        f"[&]({bits} o) {{ return {bits}({new}); }}); (void)old; "
    )
    return code + (op.assign("old", type_) if op.root == "atom" else "")


NUMBERS = {"shared": "Shared", "local": "Local", "param": "Params"}


@instruction("cvta")
def convert_address(op):
    op.need(2)
    type_ = op.type("u32", "u64")
    from_generic = op.take("to")
    space = space_of(op)
    value = op.value(1, type_)
    if space in NUMBERS:
        if from_generic:
            code = f"fromGeneric(t, {op.line}, {NUMBERS[space]}, {value})"
        else:
            code = f"toGeneric({NUMBERS[space]}, {value})"
        return op.assign(code, type_)
    # Addresses of global and constant memory are generic ones already.
    return op.assign(value, type_)


@instruction("isspacep")
def is_in_space(op):
    op.need(2)
    space = space_of(op)
    number = f"{op.value(1, TYPES['u64'])} >> MemoryBits"
    code = (
        f"({number} == {NUMBERS[space]})"
        if space in NUMBERS
        else f"({number} >= 16)"
    )
    return op.assign(code, TYPES["pred"])


@instruction("prefetch", "prefetchu", "discard", "applypriority")
def prefetch(op):
    op.words.clear()
    return ""


@instruction("fence", "membar")
def fence(op):
    # Each access is seen by all at once, but the async proxy must be told.
    words = op.words
    proxy = "proxy" in words and "async" in words and "global" not in words
    op.drop_order()
    op.drop(
        "proxy", "alias", "async", "async::generic", "generic", "tensormap",
        "tensormap::generic", "mbarrier_init", "global", "shared",
        "shared::cluster",
    )
    return "proxyFence(t);" if proxy else ""


@instruction("mapa")
def map_address(op):
    op.need(3)
    type_ = op.type("u32", "u64")
    space_of(op)
    return (
        f"if ({op.u32(2)}) fail(t, {op.line}, \"a cluster has one block\"); "
        + op.assign(op.value(1, type_), type_)
    )


@instruction("getctarank")
def rank_of_address(op):
    op.need(2)
    op.type("u32", "u64")
    space_of(op)
    return op.assign("0u", TYPES["u32"])


@instruction("alloca")
def allocate(op):
    op.need(2, 3)
    type_ = op.type("u32", "u64")
    align = op.constant(2) if len(op.operands) > 2 else 8
    return op.assign(
        f"allocateOnStack(t, {op.line}, {op.value(1, type_)}, {align})", type_
    )


@instruction("stacksave")
def save_stack(op):
    return op.assign("t.frame", op.type("u32", "u64"))


@instruction("stackrestore")
def restore_stack(op):
    return f"t.frame = {op.value(0, op.type('u32', 'u64'))};"
