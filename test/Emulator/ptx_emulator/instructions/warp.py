"""Instructions of several threads: shuffles, votes and barriers."""

from ..syntax import Pair
from ..types import TYPES
from .registry import instruction

PRED = TYPES["pred"]
U32 = TYPES["u32"]


def results(op):
    """The result and the predicate beside it, or None."""
    result = op.operands[0]
    if isinstance(result, Pair):
        return result.first, result.second
    return result, None


def assign_both(op, code, type_=U32):
    result, extra = results(op)
    code = f"bool q; {type_.unsigned} v = {code}; "
    code += op.function.assign(result, "v", type_=type_)
    if extra is not None:
        code += " " + op.function.assign(extra, "q", type_=PRED)
    return code + " (void)q;"


@instruction("shfl.sync")
def shuffle(op):
    op.need(5)
    op.expect("sync")
    op.type("b32")
    mode = {"up": "Up", "down": "Down", "bfly": "Butterfly", "idx": "Index"}[
        op.choose("up", "down", "bfly", "idx")
    ]
    return assign_both(
        op,
        f"shuffle(t, {op.line}, Shuffle::{mode}, {op.u32(1)}, {op.u32(2)}, "
        f"{op.u32(3)}, {op.u32(4)}, q)",
    )


@instruction("vote.sync")
def vote(op):
    op.need(3)
    op.expect("sync")
    type_ = op.type("pred", "b32")
    mode = op.choose("all", "any", "uni", "ballot")
    name = {"uni": "Uniform"}.get(mode, mode.capitalize())
    code = (
        f"vote(t, {op.line}, Vote::{name}, {op.predicate(1)}, {op.u32(2)})"
    )
    return op.assign(code, type_)


@instruction("match.any.sync", "match.all.sync")
def match(op):
    op.need(3)
    op.expect("sync")
    type_ = op.type("b32", "b64")
    mode = op.choose("any", "all")
    arguments = f"t, {op.line}, {op.value(1, type_)}, {op.u32(2)}"
    if mode == "any":
        return op.assign(f"matchAny({arguments})", U32)
    return assign_both(op, f"matchAll({arguments}, q)")


@instruction("redux.sync")
def reduce(op):
    op.need(3)
    op.expect("sync")
    type_ = op.type("u32", "s32", "b32")
    mode = op.choose("add", "min", "max", "and", "or", "xor").capitalize()
    if mode in ("Min", "Max") and type_.is_signed:
        mode += "Signed"
    return op.assign(
        f"reduceWarp(t, {op.line}, Reduce::{mode}, {op.u32(1)}, {op.u32(2)})",
        U32,
    )


@instruction("activemask")
def active(op):
    # Threads run one by one: whoever else is active cannot be counted on.
    op.type("b32")
    return op.assign("1u << t.lane", U32)


@instruction("elect.sync")
def elect(op):
    op.need(2)
    op.expect("sync")
    return assign_both(op, f"elect(t, {op.line}, {op.u32(1)}, q)")


@instruction("bar.warp.sync")
def warp_barrier(op):
    op.need(1)
    op.expect("warp", "sync")
    return f"warpBarrier(t, {op.line}, {op.u32(0)});"


def block_barrier(op, aligned):
    kind = op.choose("sync", "arrive", "red")
    index = 1 if kind == "red" else 0
    # bar.red has its predicate last; the number of threads may be left out.
    rest = len(op.operands) - index - (1 if kind == "red" else 0)
    if rest not in (1, 2) or (kind == "arrive" and rest != 2):
        op.fail(f"{len(op.operands)} operands")
    number = op.u32(index)
    count = op.u32(index + 1) if rest == 2 else "0u"
    mode, value = "None", "false"
    if kind == "red":
        mode = {"popc": "Count", "and": "And", "or": "Or"}[
            op.choose("popc", "and", "or")
        ]
        type_ = op.type("u32", "pred")
        value = op.predicate(len(op.operands) - 1)
    call = (
        f"blockBarrier(t, {op.line}, {number}, {count}, "
        f"{str(aligned).lower()}, {str(kind != 'arrive').lower()}, "
        f"Combine::{mode}, {value})"
    )
    return op.assign(call, type_) if kind == "red" else f"{call};"


@instruction("bar")
def bar(op):
    op.take("cta")
    return block_barrier(op, True)


@instruction("barrier")
def barrier(op):
    if op.take("cluster"):
        # A cluster has one block: its barrier is one of the block, but not
        # one of the sixteen. Waiting is all that can be observed.
        kind = op.choose("arrive", "wait")
        op.drop("release", "acquire", "relaxed", "aligned")
        return f"clusterBarrier(t, {op.line}, {str(kind == 'wait').lower()});"
    op.take("cta")
    return block_barrier(op, op.take("aligned"))
