"""Tensor cores: mma.sync, ldmatrix, stmatrix and wgmma."""

import re

from ..syntax import Vector
from ..types import TYPES
from .registry import instruction

U32 = TYPES["u32"]
ELEMENTS = {"f16": "F16", "bf16": "BF16", "tf32": "TF32"}


def registers(op, index, count):
    elements = op.elements(index)
    if len(elements) != count:
        op.fail(f"operand {index} has {len(elements)} registers, not {count}")
    return elements


def array(op, name, index, count):
    values = ", ".join(
        op.function.value(e, U32) for e in registers(op, index, count)
    )
    return f"uint32_t {name}[] = {{{values}}}; "


def assign_all(op, name, index, count):
    return " ".join(
        op.function.assign(e, f"{name}[{i}]", type_=U32)
        for i, e in enumerate(registers(op, index, count))
    )


@instruction("mma.sync")
def multiply(op):
    op.need(4)
    op.expect("sync", "aligned", "row", "col")
    shape = op.choose("m16n8k4", "m16n8k8", "m16n8k16")
    if op.words[-4:-3] != ["f32"] or op.words[-1] != "f32":
        op.fail("only results and addends of f32 are read")
    element = op.words[-2]
    if element not in ELEMENTS or op.words[-3] != element:
        op.fail("only .f16, .bf16 and .tf32 are read")
    del op.words[-4:]
    k = int(shape.split("k")[1])
    across = k // (4 if element == "tf32" else 8)
    if across not in (1, 2):
        op.fail(f"there is no such shape of .{element}")
    return (
        array(op, "a", 1, 2 * across)
        + array(op, "b", 2, across)
        + array(op, "c", 3, 4)
        + f"uint32_t d[4]; mma(t, {op.line}, {k}, "
        + f"Element::{ELEMENTS[element]}, d, a, b, c); "
        + assign_all(op, "d", 0, 4)
    )


def matrix_words(op):
    op.expect("sync", "aligned")
    op.choose("m8n8")
    count = int(op.choose("x1", "x2", "x4")[1:])
    transposed = "true" if op.take("trans") else "false"
    op.choose("shared", default="generic")
    op.type("b16")
    return count, transposed


@instruction("ldmatrix")
def load_matrix(op):
    op.need(2)
    space = "shared" if "shared" in op.words else "generic"
    count, transposed = matrix_words(op)
    address = op.address(1, space)
    return (
        f"uint32_t d[{count}]; loadMatrix(t, {op.line}, {count}, "
        f"{transposed}, {address}, d); " + assign_all(op, "d", 0, count)
    )


@instruction("stmatrix")
def store_matrix(op):
    op.need(2)
    space = "shared" if "shared" in op.words else "generic"
    count, transposed = matrix_words(op)
    address = op.address(0, space)
    return array(op, "s", 1, count) + (
        f"storeMatrix(t, {op.line}, {count}, {transposed}, {address}, s);"
    )


# --- wgmma ------------------------------------------------------------------


@instruction("wgmma.fence")
def group_fence(op):
    op.expect("fence", "sync", "aligned")
    count = op.function.tracked
    return f"groupMatrixFence(tracked, {count});" if count else ""


@instruction("wgmma.commit_group")
def group_commit(op):
    op.expect("commit_group", "sync", "aligned")
    return f"groupMatrixCommit(t, {op.line});"


@instruction("wgmma.wait_group")
def group_wait(op):
    op.need(1)
    op.expect("wait_group", "sync", "aligned")
    return f"groupMatrixWait(t, {op.line}, {op.constant(0)});"


@instruction("wgmma.mma_async")
def group_multiply(op):
    op.expect("mma_async", "sync", "aligned")
    op.function.module.uses_async_proxy = True
    shape = re.fullmatch(r"m64n(\d+)k(\d+)", op.words.pop(0) if op.words else "")
    if not shape or op.words[:1] != ["f32"] or len(op.words) != 3:
        op.fail("the form is .m64n..k...f32.type.type")
    n, k = int(shape[1]), int(shape[2])
    element = op.words[1]
    if element not in ELEMENTS or op.words[2] != element:
        op.fail("only .f16, .bf16 and .tf32 are read")
    if n % 8 or not 8 <= n <= 256 or k != (8 if element == "tf32" else 16):
        op.fail("there is no such shape")
    op.words.clear()
    in_registers = isinstance(op.operands[1], Vector)
    # d, a, b, scale-d, imm-scale-a, imm-scale-b [, transpose-a] [, -b]
    halves = element != "tf32"
    op.need(6 + (0 if not halves else 1 if in_registers else 2))
    flags = [op.constant(i) for i in range(4, len(op.operands))]
    if not set(flags[:2]) <= {1, -1} or not set(flags[2:]) <= {0, 1}:
        op.fail("the scales are 1 or -1, the transpositions 0 or 1")
    transpose_a = flags[2] if halves and not in_registers else 0
    transpose_b = flags[-1] if halves else 0

    def tracked(index, count):
        return ", ".join(
            str(op.function.entity(e).tracked)
            for e in registers(op, index, count)
        )

    boolean = lambda value: "true" if value else "false"  # noqa: E731
    code = (
        f"static const uint16_t d[] = {{{tracked(0, n // 2)}}}; "
        f"static const Product product = {{{n}, "
        f"Element::{ELEMENTS[element]}, {boolean(transpose_a)}, "
        f"{boolean(transpose_b)}, {boolean(flags[0] < 0)}, "
        f"{boolean(flags[1] < 0)}, {boolean(in_registers)}}}; "
    )
    a_descriptor, a_registers = "0", "nullptr"
    if in_registers:
        code += f"static const uint16_t a[] = {{{tracked(1, 4)}}}; "
        a_registers = "a"
    else:
        a_descriptor = op.value(1, TYPES["b64"])
    return code + (
        f"groupMatrix(t, {op.line}, product, tracked, d, {a_registers}, "
        f"{a_descriptor}, {op.value(2, TYPES['b64'])}, {op.predicate(3)});"
    )


@instruction("setmaxnreg")
def set_registers(op):
    op.need(1)
    op.choose("inc", "dec")
    op.expect("sync", "aligned")
    op.type("u32")
    return f"setRegisterLimit(t, {op.line}, {op.constant(0)});"
