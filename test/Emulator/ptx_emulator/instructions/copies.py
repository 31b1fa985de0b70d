"""Asynchronous copies and mbarrier objects."""

import re

from ..syntax import Address, Sink, Vector
from ..types import TYPES
from .registry import instruction

U32 = TYPES["u32"]
U64 = TYPES["u64"]
PREFETCH = ("L2::64B", "L2::128B", "L2::256B")


def shared_address(op, index):
    """C++ for an address that must be in shared memory."""
    space = "shared"
    if not any(word.startswith("shared") for word in op.item.opcode):
        space = "generic"
    return op.address(index, space)


# --- cp.async ---------------------------------------------------------------


@instruction("cp.async.ca", "cp.async.cg")
def copy(op):
    op.need(3, 4, 5)
    op.expect("async")
    kind = op.choose("ca", "cg")
    op.expect("global")
    op.choose("shared", "shared::cluster")
    op.drop(*PREFETCH)
    op.drop("L2::cache_hint") if len(op.operands) == 5 else None
    size = op.constant(2)
    if size not in ((4, 8, 16) if kind == "ca" else (16,)):
        op.fail(f".{kind} does not copy {size} bytes")
    source = f"{size}u"
    if len(op.operands) > 3:
        operand = op.operands[3]
        entity = op.function.entity(operand)
        if entity and entity.type.name == "pred":
            source = f"({op.predicate(3)} ? 0u : {size}u)"  # ignore-src
        else:
            source = op.u32(3)
    return (
        f"copyAsync(t, {op.line}, {op.address(0, 'shared')}, "
        f"{op.address(1, 'global')}, {size}, {source});"
    )


@instruction("cp.async.commit_group")
def copy_commit(op):
    op.expect("async", "commit_group")
    return "copyCommit(t);"


@instruction("cp.async.wait_group")
def copy_wait(op):
    op.need(1)
    op.expect("async", "wait_group")
    return f"copyWait(t, {op.constant(0)});"


@instruction("cp.async.wait_all")
def copy_wait_all(op):
    op.expect("async", "wait_all")
    return "copyWaitAll(t);"


@instruction("cp.async.mbarrier.arrive")
def copy_arrive(op):
    op.need(1)
    op.expect("async", "mbarrier", "arrive", "b64")
    increments = "false" if op.take("noinc") else "true"
    address = shared_address(op, 0)
    op.choose("shared", default="generic")
    return f"copyArrive(t, {op.line}, {address}, {increments});"


# --- Bulk copies ------------------------------------------------------------


@instruction("cp.async.bulk.commit_group")
def bulk_commit(op):
    op.expect("async", "bulk", "commit_group")
    return "bulkCommit(t);"


@instruction("cp.async.bulk.wait_group")
def bulk_wait(op):
    op.need(1)
    op.expect("async", "bulk", "wait_group")
    reads = "true" if op.take("read") else "false"
    return f"bulkWait(t, {op.line}, {op.constant(0)}, {reads});"


def direction(op):
    """'load' or 'store', from the order of the spaces."""
    spaces = [w for w in op.words if w in ("global", "shared", "shared::cluster")]
    for space in spaces:
        op.words.remove(space)
    if spaces and spaces[0] != "global" and spaces[1:] == ["global"]:
        op.expect("mbarrier::complete_tx::bytes")
        return "load"
    op.function.module.uses_async_proxy = True
    if spaces == ["global", "shared"]:
        op.expect("bulk_group")
        return "store"
    op.fail("these spaces are not read")


@instruction("cp.async.bulk")
def bulk(op):
    op.expect("async", "bulk")
    kind = direction(op)
    hint = 1 if op.take("L2::cache_hint") else 0
    size = op.u32(2)
    if kind == "load":
        op.need(4 + hint)
        return (
            f"bulkLoad(t, {op.line}, {op.address(0, 'shared')}, "
            f"{op.address(1, 'global')}, {size}, {op.address(3, 'shared')});"
        )
    op.need(3 + hint)
    return (
        f"bulkStore(t, {op.line}, {op.address(0, 'global')}, "
        f"{op.address(1, 'shared')}, {size});"
    )


def tensor_operand(op, index, rank):
    """The map's address and code for an array of coordinates."""
    operand = op.operands[index]
    if not isinstance(operand, Address) or not isinstance(
        operand.coordinates, Vector
    ):
        op.fail("[map, {coordinates}] is needed")
    elements = operand.coordinates.elements
    if len(elements) != rank:
        op.fail(f"{len(elements)} coordinates for rank {rank}")
    values = ", ".join(op.function.value(e, U32) for e in elements)
    return op.function.plain_address(operand), f"uint32_t c[] = {{{values}}}; "


@instruction("cp.async.bulk.tensor")
def bulk_tensor(op):
    op.expect("async", "bulk", "tensor")
    rank = int(op.choose("1d", "2d", "3d", "4d", "5d")[0])
    op.take("tile")
    kind = direction(op)
    hint = 1 if op.take("L2::cache_hint") else 0
    if "multicast::cluster" in op.words:
        op.fail("a cluster has one block here: no multicast")
    if kind == "load":
        op.need(3 + hint)
        address, code = tensor_operand(op, 1, rank)
        return code + (
            f"tensorLoad(t, {op.line}, {rank}, {op.address(0, 'shared')}, "
            f"{address}, c, {op.address(2, 'shared')});"
        )
    op.need(2 + hint)
    address, code = tensor_operand(op, 0, rank)
    return code + (
        f"tensorStore(t, {op.line}, {rank}, {address}, c, "
        f"{op.address(1, 'shared')});"
    )


@instruction("cp.async.bulk.prefetch", "prefetch.tensormap")
def bulk_prefetch(op):
    op.words.clear()
    return ""


# --- mbarrier ---------------------------------------------------------------


def barrier_words(op):
    op.drop_order()
    op.choose("shared", "shared::cluster", default="generic")
    op.type("b64")


@instruction("mbarrier.init")
def barrier_init(op):
    op.need(2)
    op.expect("init")
    address = shared_address(op, 0)
    barrier_words(op)
    return f"barrierInit(t, {op.line}, {address}, {op.u32(1)});"


@instruction("mbarrier.inval")
def barrier_invalidate(op):
    op.need(1)
    op.expect("inval")
    address = shared_address(op, 0)
    barrier_words(op)
    return f"barrierInvalidate(t, {op.line}, {address});"


@instruction("mbarrier.arrive", "mbarrier.arrive_drop")
def barrier_arrive(op):
    drops = "true" if op.choose("arrive", "arrive_drop") == "arrive_drop" else "false"
    expects = op.take("expect_tx")
    op.take("noComplete")
    # The state is left out of the form for other blocks of a cluster.
    has_state = not isinstance(op.operands[0], Address)
    index = 1 if has_state else 0
    address = shared_address(op, index)
    barrier_words(op)
    extra = op.u32(index + 1) if len(op.operands) > index + 1 else None
    op.need(*((index + 2,) if expects else (index + 1, index + 2)))
    count, bytes_ = ("1u", extra) if expects else (extra or "1u", "0")
    call = (
        f"barrierArrive(t, {op.line}, {address}, {count}, {bytes_}, {drops})"
    )
    return op.assign(call, U64) if has_state else f"{call};"


@instruction("mbarrier.expect_tx", "mbarrier.complete_tx")
def barrier_bytes(op):
    op.need(2)
    word = op.choose("expect_tx", "complete_tx")
    address = shared_address(op, 0)
    barrier_words(op)
    name = "barrierExpect" if word == "expect_tx" else "barrierComplete"
    return f"{name}(t, {op.line}, {address}, {op.u32(1)});"


@instruction("mbarrier.test_wait", "mbarrier.try_wait")
def barrier_wait(op):
    op.need(3, 4)
    waits = "true" if op.choose("test_wait", "try_wait") == "try_wait" else "false"
    parity = op.take("parity")
    address = shared_address(op, 1)
    barrier_words(op)
    name = "barrierParity" if parity else "barrierState"
    value = op.u32(2) if parity else op.value(2, U64)
    return op.assign(
        f"{name}(t, {op.line}, {address}, {value}, {waits})", TYPES["pred"]
    )


@instruction("mbarrier.pending_count")
def barrier_pending(op):
    op.need(2)
    op.expect("pending_count")
    op.type("b64")
    return op.assign(f"barrierPending({op.value(1, U64)})", U32)
