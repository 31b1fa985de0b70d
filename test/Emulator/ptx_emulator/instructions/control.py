"""Branches, calls, and what ends a thread."""

from ..syntax import Group, Integer, Symbol
from ..types import TYPES
from .registry import instruction


@instruction("bra")
def branch(op):
    op.need(1)
    op.take("uni")
    return f"goto {op.function.label(op.operands[0])};"


@instruction("brx.idx")
def branch_by_index(op):
    op.expect("idx")
    op.take("uni")
    op.need(2)
    entity = op.function.entity(op.operands[1])
    if not entity or entity[0] != "targets":
        op.fail("unknown list of branch targets")
    code = f"switch ({op.u32(0)}) {{ "
    for i, name in enumerate(entity[1]):
        code += f"case {i}: goto {op.function.label(Symbol(name))}; "
    return code + (
        f"default: fail(t, {op.line}, \"the branch has {len(entity[1])} "
        f"targets, not %u\", {op.u32(0)}); }}"
    )


@instruction("ret")
def leave(op):
    op.take("uni")
    return op.function.leave() + " return;"


@instruction("exit")
def end_thread(op):
    if not op.function.function.is_entry:
        op.fail("only read in a kernel itself, not in its functions")
    return op.function.leave() + " return;"


@instruction("trap", "brkpt")
def trap(op):
    return f'fail(t, {op.line}, "{op.root}");'


@instruction("call")
def call(op):
    op.take("uni")
    operands = list(op.operands)
    results = operands.pop(0).elements if isinstance(operands[0], Group) else []
    target = operands.pop(0)
    arguments = (
        operands.pop(0).elements
        if operands and isinstance(operands[0], Group)
        else []
    )
    function = op.function
    pointers = []
    for item in [*results, *arguments]:
        entity = function.entity(item)
        if not isinstance(entity, tuple) or entity[0] != "param":
            op.fail("arguments are .param variables")
        pointers.append(entity[1])
    code = f"uint8_t *arguments[] = {{{', '.join(pointers + ['nullptr'])}}}; "
    entity = function.entity(target)
    if isinstance(target, Symbol) and not entity:
        if target.name == "__assertfail":
            return f'fail(t, {op.line}, "an assertion of the kernel failed");'
        callee = function.module.tree.functions.get(target.name)
        if not callee or callee.body is None:
            op.fail(f"'{target.name}' is not defined in this file")
        count = len(callee.results) + len(callee.parameters)
        if count != len(pointers):
            op.fail(f"'{target.name}' has {count} parameters and results")
        return code + f"{function.module.code_name(target.name)}(t, arguments);"
    number = function.value(target, TYPES["u64"])
    count = len(function.module.tree.functions)
    return code + (
        f"uint64_t number = {number}; "
        f"if (number - 1 >= {count} || !functions[number - 1]) "
        f"fail(t, {op.line}, \"this is no address of a function\"); "
        "functions[number - 1](t, arguments);"
    )


@instruction("nanosleep")
def sleep(op):
    op.type("u32")
    return f"step(t, {op.line}, 64);"


@instruction("griddepcontrol")
def grid_dependency(op):
    op.choose("launch_dependents", "wait")
    return ""


@instruction("pmevent")
def performance_event(op):
    op.drop("mask")
    return ""
