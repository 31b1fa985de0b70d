"""Asynchronous copies and mbarrier objects: what arrives, and what is wrong.

Each kernel has one block of 32 threads; what it does is in its first lines.
"""

import sys

import numpy as np

from ptx_emulator import (
    Input, KernelError, Module, Output, PtxError, TensorMap,
)
from writer import Writer, braces, head

texts, checks = [], []
random = np.random.default_rng(13)


def expects(error=None):
    """Registers check(module, seed, eager), which must hold or fail so."""

    def register(check):
        checks.append((check.__name__, check, error))
        return check

    return register


def start(*names):
    """A writer, the parameters, the thread and shared memory."""
    w = Writer()
    given = [w.set("ld.param.u64", f"[{n}]", kind="rd") for n in names]
    return w, *given, w.set("mov.u32", "%tid.x"), w.set("mov.u32", "tiles")


def finish(w, name, names):
    texts.append(w.function(name, [(".u64", n) for n in names]))


def word_out(w, out, tid, word):
    offset = w.set("mul.wide.u32", tid, 4, kind="rd")
    address = w.set("add.s64", out, offset, kind="rd")
    w(f"st.global.b32 [{address}], {word}")


# --- cp.async: sizes, zeros behind the source's end, ignored sources --------

w, a, b, tid, tile = start("a", "b")
offset = w.set("mul.wide.u32", tid, 16, kind="rd")
source = w.set("add.s64", a, offset, kind="rd")
target = w.set("mad.lo.u32", tid, 16, tile)
first = w.set("setp.lt.u32", tid, 8, kind="p")
second = w.set("setp.lt.u32", tid, 16, kind="p")
third = w.set("setp.lt.u32", tid, 24, kind="p")
size = w.set("and.b32", tid, 15)
w(f"@{first} bra WHOLE")
w(f"@{second} bra PART")
w(f"@{third} bra NONE")
for i in range(4):
    w(f"cp.async.ca.shared.global [{target}+{4 * i}], [{source}+{4 * i}], 4")
w("bra LANDED")
w.label("WHOLE")
w(f"cp.async.cg.shared.global.L2::128B [{target}], [{source}], 16")
w("bra LANDED")
w.label("PART")
w(f"cp.async.ca.shared.global [{target}], [{source}], 16, {size}")
w("bra LANDED")
w.label("NONE")
skip = w.set("setp.eq.u32", tid, 17, kind="p")
w(f"cp.async.cg.shared.global [{target}], [{source}], 16, {skip}")
w.label("LANDED")
w("cp.async.wait_all")
words = w.many(4)
w(f"ld.shared.v4.b32 {braces(words)}, [{target}]")
target = w.set("add.s64", b, offset, kind="rd")
w(f"st.global.v4.b32 [{target}], {braces(words)}")
finish(w, "sizes", "ab")


@expects()
def sizes(module, **options):
    data = random.integers(1, 255, (32, 16)).astype(np.uint8)
    out = Output((32, 16), np.uint8)
    module.launch("sizes", (1, 1, 1), (32, 1, 1), [Input(data), out], shared=512,
                  **options)
    wanted = data.copy()
    for i in range(8, 16):
        wanted[i, i:] = 0
    wanted[17] = 0
    return (out.array == wanted).all()


# --- cp.async with an mbarrier that arrives when the copies have landed -----

for name, waits in (("arrival", True), ("arrival_unawaited", False)):
    w, a, b, tid, tile = start("a", "b")
    zero = w.set("setp.eq.u32", tid, 0, kind="p")
    w(f"@{zero} mbarrier.init.shared.b64 [{tile}+256], 32")
    w("bar.sync 0")
    offset = w.set("mul.wide.u32", tid, 4, kind="rd")
    source = w.set("add.s64", a, offset, kind="rd")
    target = w.set("mad.lo.u32", tid, 4, tile)
    w(f"cp.async.ca.shared.global [{target}], [{source}], 4")
    w(f"cp.async.mbarrier.arrive.noinc.shared.b64 [{tile}+256]")
    if waits:
        w.label("WAIT")
        done = w.set("mbarrier.test_wait.parity.shared.b64", f"[{tile}+256]", 0,
                     kind="p")
        w(f"@!{done} bra WAIT")
    back = w.set("xor.b32", tid, 31)
    back = w.set("mad.lo.u32", back, 4, tile)
    word_out(w, b, tid, w.set("ld.shared.b32", f"[{back}]"))
    finish(w, name, "ab")

    def check(module, name=name, **options):
        data = np.arange(32, dtype=np.uint32)
        out = Output((32,), np.uint32)
        module.launch(name, (1, 1, 1), (32, 1, 1), [Input(data), out], shared=512,
                      **options)
        return (out.array == data[::-1]).all()

    check.__name__ = name
    # Eagerly, warps run in order and a missing wait may go unseen.
    expects(None if waits else "in flight|uninitialised")(check)

# --- mbarrier: states, counts, drops ----------------------------------------

w, a, tid, tile = start("a")
zero = w.set("setp.eq.u32", tid, 0, kind="p")
w(f"@{zero} mbarrier.init.shared.b64 [{tile}], 64")
w("bar.sync 0")
state = w.set("mbarrier.arrive.shared.b64", f"[{tile}]", 2, kind="rd")
w.label("WAIT")
done = w.set("mbarrier.try_wait.shared.b64", f"[{tile}]", state, kind="p")
w(f"@!{done} bra WAIT")
# In the second phase half of the threads leave for good.
half = w.set("setp.lt.u32", tid, 16, kind="p")
w(f"@!{half} bra STAY")
state2 = w.set("mbarrier.arrive_drop.shared.b64", f"[{tile}]", 2, kind="rd")
w("bra LEFT")
w.label("STAY")
state2 = w.set("mbarrier.arrive.shared.b64", f"[{tile}]", 2, kind="rd")
w.label("PARITY")
done = w.set("mbarrier.try_wait.parity.shared.b64", f"[{tile}]", 1, kind="p")
w(f"@!{done} bra PARITY")
state3 = w.set("mbarrier.arrive.shared.b64", f"[{tile}]", 2, kind="rd")
w.label("THIRD")
done = w.set("mbarrier.test_wait.shared.b64", f"[{tile}]", state3, kind="p")
w(f"@!{done} bra THIRD")
w.label("LEFT")
w("bar.sync 0")
w(f"@{zero} mbarrier.inval.shared.b64 [{tile}]")
w("bar.sync 0")
target = w.set("mad.lo.u32", tid, 4, tile)
w(f"st.shared.b32 [{target}], {tid}")
count = w.set("mbarrier.pending_count.b64", state)
in_range = w.set("setp.le.u32", count, 64, kind="p")
word_out(w, a, tid, w.set("selp.b32", 1, 0, in_range))
finish(w, "phases", "a")


@expects()
def phases(module, **options):
    out = Output((32,), np.uint32)
    module.launch("phases", (1, 1, 1), (32, 1, 1), [out], shared=512, **options)
    return (out.array == 1).all()


# --- Bulk copies of bytes, in and out ---------------------------------------


def bulk(name, read_wait=True, last_wait=True, expect=512, fence=True):
    w, a, b, tid, tile = start("a", "b")
    other = w.set("setp.ne.u32", tid, 0, kind="p")
    w(f"@{other} bra READY")
    w(f"mbarrier.init.shared.b64 [{tile}+1024], 1")
    w(f"mbarrier.arrive.expect_tx.shared.b64 _, [{tile}+1024], {expect}")
    for i in range(2):
        w("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes "
          f"[{tile}+{256 * i}], [{a}+{256 * i}], 256, [{tile}+1024]")
    w.label("READY")
    w("bar.sync 0")
    w.label("WAIT")
    done = w.set("mbarrier.try_wait.parity.shared.b64", f"[{tile}+1024]", 0,
                 kind="p")
    w(f"@!{done} bra WAIT")
    target = w.set("mad.lo.u32", tid, 16, tile)
    words = w.many(4)
    w(f"ld.shared.v4.b32 {braces(words)}, [{target}]")
    for word in words:
        w(f"add.u32 {word}, {word}, 1")
    w(f"st.shared.v4.b32 [{target}], {braces(words)}")
    if fence:
        w("fence.proxy.async.shared::cta")
    w("bar.sync 0")
    w(f"@{other} bra END")
    w(f"cp.async.bulk.global.shared::cta.bulk_group [{b}], [{tile}], 512")
    w("cp.async.bulk.commit_group")
    if read_wait:
        w("cp.async.bulk.wait_group.read 0")
    # What is read is read: this must not be seen.
    w(f"st.shared.b32 [{tile}], 0")
    if last_wait:
        w("cp.async.bulk.wait_group 0")
    w.label("END")
    finish(w, name, "ab")

    def check(module, **options):
        data = random.integers(0, 2**31, 128).astype(np.uint32)
        out = Output((128,), np.uint32)
        module.launch(name, (1, 1, 1), (32, 1, 1), [Input(data), out],
                      shared=2048, **options)
        return (out.array == data + 1).all()

    check.__name__ = name
    return check


expects()(bulk("bulk"))
expects()(bulk("bulk_written_at_end", last_wait=False))
expects("no fence.proxy.async came between")(bulk("bulk_unfenced", fence=False))
expects("wait_group.read is missing|wrong")(
    bulk("bulk_not_awaited", read_wait=False, last_wait=False))
expects("deadlock")(bulk("bulk_too_much_expected", expect=528))
expects("deadlock")(bulk("bulk_too_little_expected", expect=496))


# --- Boxes of tensors -------------------------------------------------------


def tensor_copy(rank, swizzle, dtype):
    """Copies a box to shared memory, and from there back to another tensor."""
    name = f"tensor_{rank}d_{swizzle}_{dtype}"
    size = np.dtype(dtype).itemsize
    inner = (swizzle or 64) // size
    box = (3, 2, 2, 5, inner)[5 - rank:] if rank > 1 else (inner,)
    shape = (5, 3, 4, 11, 3 * inner)[5 - rank:]
    total = int(np.prod(box)) * size
    w = Writer()
    for n in "ab":
        w(f"mov.u64 %rd{1 + 'ab'.index(n)}, {n}")
    w.used["rd"] = 2
    source = w.set("cvta.param.u64", "%rd1", kind="rd")
    target = w.set("cvta.param.u64", "%rd2", kind="rd")
    image = w.set("ld.param.u64", "[c]", kind="rd")
    coordinates = [w.set("ld.param.u32", f"[x{i}]") for i in range(rank)]
    tid, tile = w.set("mov.u32", "%tid.x"), w.set("mov.u32", "tiles")
    other = w.set("setp.ne.u32", tid, 0, kind="p")
    w(f"@{other} bra END")
    barrier = w.set("add.u32", tile, 8192)
    w(f"mbarrier.init.shared.b64 [{barrier}], 1")
    w(f"mbarrier.arrive.expect_tx.shared.b64 _, [{barrier}], {total}")
    w(f"cp.async.bulk.tensor.{rank}d.shared::cluster.global.tile."
      f"mbarrier::complete_tx::bytes [{tile}], [{source}, {braces(coordinates)}], "
      f"[{barrier}]")
    w.label("WAIT")
    done = w.set("mbarrier.try_wait.parity.shared.b64", f"[{barrier}]", 0, kind="p")
    w(f"@!{done} bra WAIT")
    # The bytes as they lie, too.
    step = w.set("mov.u32", 0)
    w.label("COPY")
    here = w.set("add.u32", tile, step)
    word = w.set("ld.shared.b32", f"[{here}]")
    offset = w.set("cvt.u64.u32", step, kind="rd")
    there = w.set("add.s64", image, offset, kind="rd")
    w(f"st.global.b32 [{there}], {word}")
    w(f"add.u32 {step}, {step}, 4")
    more = w.set("setp.lt.u32", step, total, kind="p")
    w(f"@{more} bra COPY")
    w(f"cp.async.bulk.tensor.{rank}d.global.shared::cta.tile.bulk_group "
      f"[{target}, {braces(coordinates)}], [{tile}]")
    w("cp.async.bulk.commit_group")
    w("cp.async.bulk.wait_group.read 0")
    w.label("END")
    texts.append(w.function(name, [
        (".align 64 .b8", "a[128]"), (".align 64 .b8", "b[128]"), (".u64", "c"),
        *((".u32", f"x{i}") for i in range(rank))]))

    def check(module, **options):
        good = True
        data = random.integers(1, 2**16, shape).astype(dtype)
        for at in ([0] * rank, [inner // 2, 8, -1, 2, 4][:rank], [-3, 1, 3, 1, 0][:rank]):
            copied = Output(shape, dtype)
            image = Output((total,), np.uint8)
            module.launch(name, (1, 1, 1), (32, 1, 1), [
                TensorMap(Input(data), box, swizzle), TensorMap(copied, box, swizzle),
                image, *(np.int32(c) for c in at)], shared=9000, **options)
            # The box by index; coordinates are the innermost first.
            tile = np.zeros(box, dtype)
            inside = np.zeros(shape, bool)
            for index in np.ndindex(*box):
                place = tuple(i + c for i, c in zip(index, at[::-1]))
                if all(0 <= p < s for p, s in zip(place, shape)):
                    tile[index] = data[place]
                    inside[place] = True
            bytes_ = tile.reshape(-1).view(np.uint8)
            lies = np.zeros_like(bytes_)
            for i in range(0, total, 16):
                pattern = max(swizzle // 16, 1)
                lies[i ^ (i // 128 % pattern) * 16:][:16] = bytes_[i:i + 16]
            good &= (image.array == lies).all()
            written = copied.state.reshape(*shape, size).all(axis=-1)
            good &= (written == inside).all()
            good &= (copied.array[inside] == data[inside]).all()
        return good

    check.__name__ = name
    expects()(check)


for rank, swizzle, dtype in ((1, 0, "u1"), (2, 128, "u2"), (2, 64, "u4"), (3, 32, "u2"),
                             (4, 128, "u4"), (5, 0, "u2")):
    tensor_copy(rank, swizzle, dtype)


@expects()
def bad_maps(module, **options):
    """What is no tensor map is refused."""
    buffer = Input(np.zeros((8, 64), np.uint16))
    for box, swizzle, part in (
        ((8, 64, 1), 0, "3 sizes"), ((8, 32), 128, "its swizzle 128"),
        ((8, 300), 0, "1 to 256"), ((8, 4), 0, "multiples of 16"),
        ((8, 64), 100, "no swizzle of 100"),
    ):
        try:
            TensorMap(buffer, box, swizzle)
        except PtxError as error:
            if part in error.message:
                continue
        return False
    return True


text = head("sm_90a", True) + "".join(texts)
if sys.argv[1:] == ["--print"]:
    print(text)
    sys.exit()
module = Module(text)
failures = 0
for name, check, error in checks:
    caught, seen = 0, ""
    for seed in range(4):
        for eager in (False, True):
            try:
                good = check(module, seed=seed, eager=eager, max_steps=100000)
                seen = "" if good else "wrong"
            except KernelError as problem:
                seen = problem.message
            if seen and (not error or not any(
                    part in seen for part in error.split("|"))):
                failures += 1
                print(f"FAIL {name}, seed {seed}, eager {eager}: {seen}")
            caught += bool(seen)
    if error and not caught:
        failures += 1
        print(f"FAIL {name}: not caught")
print(f"{len(checks)} cases, {failures} failures")
sys.exit(failures != 0)
