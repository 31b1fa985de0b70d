"""setp, set, selp and slct."""

from ..syntax import Pair
from ..types import TYPES
from .floating import Format
from .registry import instruction

PRED = TYPES["pred"]
ORDERED = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
UNSIGNED = {"lo": "<", "ls": "<=", "hi": ">", "hs": ">="}
UNORDERED = {"equ": "==", "neu": "!=", "ltu": "<", "leu": "<=", "gtu": ">",
             "geu": ">="}
TESTS = [*ORDERED, *UNSIGNED, *UNORDERED, "num", "nan"]


def compare(test, form, type_, a, b):
    """C++ for a comparison of two numbers given by their bits."""
    if not type_.is_float:
        if test in UNSIGNED:
            return f"({a} {UNSIGNED[test]} {b})"
        number = type_.number
        return f"({number}({a}) {ORDERED[test]} {number}({b}))"
    x, y = form.number(a), form.number(b)
    either = f"(isnan({x}) || isnan({y}))"
    if test == "num":
        return f"!{either}"
    if test == "nan":
        return either
    if test in UNORDERED:
        return f"({either} || {x} {UNORDERED[test]} {y})"
    if test == "ne":
        return f"(!{either} && {x} != {y})"
    return f"({x} {ORDERED[test]} {y})"


def allowed(op, type_, test):
    if type_.is_float and test in UNSIGNED:
        op.fail(f".{test} is not of floating-point numbers")
    if not type_.is_float and test not in ORDERED and test not in UNSIGNED:
        op.fail(f".{test} is not of integers")


@instruction("setp")
def set_predicate(op):
    op.need(3, 4)
    type_ = op.type()
    test = op.choose(*TESTS)
    allowed(op, type_, test)
    combine = op.choose("and", "or", "xor", default="none")
    form = Format(type_) if type_.is_float else None
    if form:
        form.flush = op.take("ftz")
    a, b = op.value(1, type_), op.value(2, type_)
    result = op.operands[0]
    both = [result.first, result.second] if isinstance(result, Pair) else [result]
    if type_.lanes == 2:
        # p|q: one predicate for each number.
        tests = [
            compare(test, form, type_, f"uint16_t({a} >> {s})",
                    f"uint16_t({b} >> {s})")
            for s in (0, 16)
        ]
        if len(both) == 1:
            tests = [f"{tests[0]} && {tests[1]}"]
    else:
        first = compare(test, form, type_, a, b)
        tests = [first, f"!{first}"]
    if combine != "none":
        symbol = {"and": "&", "or": "|", "xor": "^"}[combine]
        tests = [f"(({x}) {symbol} ({op.predicate(3)}))" for x in tests]
    code = ""
    for i, target in enumerate(both):
        code += f"bool v{i} = {tests[i]}; "
    for i, target in enumerate(both):
        code += op.function.assign(target, f"v{i}", type_=PRED) + " "
    return code


@instruction("set")
def set_value(op):
    op.need(3, 4)
    type_ = op.type()
    out = op.type()
    test = op.choose(*TESTS)
    allowed(op, type_, test)
    if type_.lanes == 2:
        op.fail("packed numbers are not read")
    combine = op.choose("and", "or", "xor", default="none")
    form = Format(type_) if type_.is_float else None
    if form:
        form.flush = op.take("ftz")
    code = compare(test, form, type_, op.value(1, type_), op.value(2, type_))
    if combine != "none":
        symbol = {"and": "&", "or": "|", "xor": "^"}[combine]
        code = f"({code} {symbol} ({op.predicate(3)}))"
    true = {"f32": "0x3f800000u", "f16": "0x3c00u", "bf16": "0x3f80u"}.get(
        out.name, f"{out.unsigned}(-1)"
    )
    return op.assign(f"({code} ? {true} : 0)", out)


@instruction("selp")
def select(op):
    op.need(4)
    type_ = op.type()
    return op.assign(
        f"({op.predicate(3)} ? {op.value(1, type_)} : {op.value(2, type_)})",
        type_,
    )


@instruction("slct")
def select_by_sign(op):
    op.need(4)
    by = op.type("s32", "f32")
    op.take("ftz")
    type_ = op.type()
    bits = op.value(3, by)
    test = f"int32_t({bits}) >= 0" if by.is_signed else f"f32({bits}) >= 0"
    return op.assign(
        f"({test} ? {op.value(1, type_)} : {op.value(2, type_)})", type_
    )
