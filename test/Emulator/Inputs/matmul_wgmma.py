"""A matrix product by wgmma, TMA and mbarriers, right and wrong.

C[128, 64] = A[128, K] B[K, 64] in bf16 with sums in f32. The third group of
four warps is the producer: one of its threads fills two stages in turn. The
other two groups have 64 rows each. A comes from shared memory or, by
ldmatrix, from registers; B lies along k or, transposed, along n. Each mistake
must be caught with some seed or eagerly; a right kernel is always right.

    matmul_wgmma.py [FORM[:MISTAKE]...]
"""

import sys

import numpy as np

from matmul_mma import bf16, f32
from ptx_emulator import Input, KernelError, Module, Output, TensorMap
from writer import Writer, braces

FORMS = {"plain": "A and B along k", "transposed": "B along n",
         "registers": "A from registers"}
MISTAKES = {
    "release": "the stage is given back before the products are waited for",
    "wait": "a wait for one group of products too few",
    "no-wait": "no wait for the products at all",
    "parity": "consumers wait for the wrong phase",
    "full": "consumers do not wait for the copies",
    "empty": "the producer does not wait for free stages",
    "bytes": "too few bytes are expected",
    "swizzle": "the descriptor has another swizzle than the copy",
    "stride": "the descriptor has half of the stride",
    "k-step": "the second part of k is read twice",
    "init": "no barrier after the mbarriers are initialised",
    "count": "the free stage needs more arrivals than come",
    "transpose": "the transposition of B is the wrong way round",
}
K, TILE_K = 320, 64
A_BYTES, B_BYTES = 128 * 128, 64 * 128
STAGE = A_BYTES + B_BYTES
BARRIERS = 2 * STAGE
SHARED = BARRIERS + 32


def wait(w, barrier, parity, name):
    w.label(f"WAIT_{name}")
    done = w.set("mbarrier.try_wait.parity.shared::cta.b64", f"[{barrier}]",
                 parity, kind="p")
    w(f"@!{done} bra WAIT_{name}")


def next_stage(w, stage, parity):
    w(f"xor.b32 {stage}, {stage}, 1")
    flip = w.set("setp.eq.u32", stage, 0, kind="p")
    w(f"@{flip} xor.b32 {parity}, {parity}, 1")


def descriptor(w, address, mistake=""):
    """128-byte swizzle, eight rows in 1024 bytes."""
    start = w.set("bfe.u32", address, 4, 14)
    start = w.set("cvt.u64.u32", start, kind="rd")
    stride = 512 if mistake == "stride" else 1024
    kind = 2 if mistake == "swizzle" else 1
    fields = kind << 62 | stride // 16 << 32 | 1 << 16
    return w.set("or.b64", start, fields, kind="rd")


def generate(form, mistake=""):
    w = Writer()
    out = w.set("ld.param.u64", "[c]", kind="rd")
    a_map = w.set("mov.u64", "a", kind="rd")
    a_map = w.set("cvta.param.u64", a_map, kind="rd")
    b_map = w.set("mov.u64", "b", kind="rd")
    b_map = w.set("cvta.param.u64", b_map, kind="rd")
    tid = w.set("mov.u32", "%tid.x")
    group = w.set("shr.u32", tid, 7)
    base = w.set("mov.u32", "tiles")
    full = w.set("add.u32", base, BARRIERS)
    empty = w.set("add.u32", base, BARRIERS + 16)
    first = w.set("setp.ne.u32", tid, 0, kind="p")
    w(f"@{first} bra INITIALISED")
    for i in range(2):
        w(f"mbarrier.init.shared::cta.b64 [{full}+{8 * i}], 1")
        w(f"mbarrier.init.shared::cta.b64 [{empty}+{8 * i}], "
          f"{3 if mistake == 'count' else 2}")
    w("fence.mbarrier_init.release.cluster")
    w.label("INITIALISED")
    if mistake != "init":
        w("bar.sync 0")
    stage, parity = w.set("mov.u32", 0), w.set("mov.u32", 0)
    step = w.set("mov.u32", 0)
    is_consumer = w.set("setp.ne.u32", group, 2, kind="p")
    w(f"@{is_consumer} bra CONSUMER")

    # --- The producer -------------------------------------------------------
    w("setmaxnreg.dec.sync.aligned.u32 24")
    other = w.set("setp.ge.u32", tid, 288, kind="p")
    w(f"@{other} bra END")
    elected = w.new("p")
    w(f"elect.sync _|{elected}, 0xffffffff")
    w(f"@!{elected} bra END")
    w.label("FILL")
    barrier = w.set("mad.lo.u32", stage, 8, empty)
    inverse = w.set("xor.b32", parity, 1)
    if mistake != "empty":
        wait(w, barrier, inverse, "EMPTY")
    barrier = w.set("mad.lo.u32", stage, 8, full)
    bytes_ = STAGE - (1024 if mistake == "bytes" else 0)
    w(f"mbarrier.arrive.expect_tx.shared::cta.b64 _, [{barrier}], {bytes_}")
    tile = w.set("mad.lo.u32", stage, STAGE, base)
    copy = ("cp.async.bulk.tensor.2d.shared::cluster.global.tile."
            "mbarrier::complete_tx::bytes")
    at = w.set("mul.lo.u32", step, TILE_K)
    zero = w.set("mov.u32", 0)
    w(f"{copy} [{tile}], [{a_map}, {{{at}, {zero}}}], [{barrier}]")
    tile_b = w.set("add.u32", tile, A_BYTES)
    b_at = f"{zero}, {at}" if form == "transposed" else f"{at}, {zero}"
    w(f"{copy} [{tile_b}], [{b_map}, {{{b_at}}}], [{barrier}]")
    next_stage(w, stage, parity)
    w(f"add.u32 {step}, {step}, 1")
    more = w.set("setp.lt.u32", step, K // TILE_K, kind="p")
    w(f"@{more} bra FILL")
    w("bra END")

    # --- The consumers ------------------------------------------------------
    w.label("CONSUMER")
    w("setmaxnreg.inc.sync.aligned.u32 240")
    sums = w.many(32)
    for register in sums:
        w(f"mov.b32 {register}, 0f00000000")
    w(f"mov.u32 {step}, 0")
    lane = w.set("and.b32", tid, 31)
    warp = w.set("bfe.u32", tid, 5, 2)
    w.label("USE")
    barrier = w.set("mad.lo.u32", stage, 8, full)
    expected = parity
    if mistake == "parity":
        expected = w.set("xor.b32", parity, 1)
    if mistake != "full":
        wait(w, barrier, expected, "FULL")
    tile = w.set("mad.lo.u32", stage, STAGE, base)
    tile_a = w.set("mad.lo.u32", group, 64 * 128, tile)
    tile_b = w.set("add.u32", tile, A_BYTES)
    parts = []
    if form == "registers":
        # Lane l has the address of row l % 16 and of k-half l / 16.
        row = w.set("and.b32", lane, 15)
        row = w.set("mad.lo.u32", warp, 16, row)
        by = w.set("and.b32", row, 7)
        for k in range(TILE_K // 16):
            half = w.set("shr.u32", lane, 4)
            piece = w.set("add.u32", half, 2 * k)
            piece = w.set("xor.b32", piece, by)
            at = w.set("mad.lo.u32", row, 8, piece)
            at = w.set("mad.lo.u32", at, 16, tile_a)
            parts.append(w.many(4))
            w("ldmatrix.sync.aligned.m8n8.x4.shared.b16 "
              f"{braces(parts[-1])}, [{at}]")
    a_descriptor = descriptor(w, tile_a, mistake)
    b_descriptor = descriptor(w, tile_b)
    if mistake != "fence":
        w("wgmma.fence.sync.aligned")
    zero = w.set("setp.ne.u32", step, 0, kind="p")
    transposes = (form == "transposed") != (mistake == "transpose")
    for k in range(TILE_K // 16):
        at = 0 if mistake == "k-step" and k == 1 else k
        # In bytes: 32 along k, or 16 rows of n; descriptors count 16 bytes.
        b_step = 16 * 128 if form == "transposed" else 32
        b_at = w.set("add.s64", b_descriptor, at * b_step // 16, kind="rd")
        if form == "registers":
            a_at, flags = braces(parts[k]), "1, 1"
        else:
            a_at = w.set("add.s64", a_descriptor, at * 32 // 16, kind="rd")
            flags = "1, 1, 0"
        if k:
            zero = w.set("setp.eq.u32", 0, 0, kind="p") if k == 1 else zero
        w("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
          f"{braces(sums)}, {a_at}, {b_at}, {zero}, {flags}, {int(transposes)}")
    w("wgmma.commit_group.sync.aligned")
    if mistake not in ("release", "no-wait"):
        w(f"wgmma.wait_group.sync.aligned {1 if mistake == 'wait' else 0}")
    barrier = w.set("mad.lo.u32", stage, 8, empty)
    leader = w.set("and.b32", tid, 127)
    leads = w.set("setp.eq.u32", leader, 0, kind="p")
    w(f"@{leads} mbarrier.arrive.shared::cta.b64 _, [{barrier}]")
    if mistake == "release":
        w("wgmma.wait_group.sync.aligned 0")
    next_stage(w, stage, parity)
    w(f"add.u32 {step}, {step}, 1")
    more = w.set("setp.lt.u32", step, K // TILE_K, kind="p")
    w(f"@{more} bra USE")
    if mistake == "wait":
        w("wgmma.wait_group.sync.aligned 0")
    row = w.set("shr.u32", lane, 2)
    row = w.set("mad.lo.u32", warp, 16, row)
    row = w.set("mad.lo.u32", group, 64, row)
    column = w.set("and.b32", lane, 3)
    column = w.set("mul.lo.u32", column, 2)
    at = w.set("mad.lo.u32", row, 64, column)
    offset = w.set("mul.wide.u32", at, 4, kind="rd")
    at = w.set("add.s64", out, offset, kind="rd")
    for n in range(8):
        for h in range(2):
            two = braces(sums[4 * n + 2 * h:4 * n + 2 * h + 2])
            w(f"st.global.v2.b32 [{at}+{(h * 8 * 64 + n * 8) * 4}], {two}")
    w.label("END")
    return w.kernel(
        "matmul",
        [(".align 64 .b8", "a[128]"), (".align 64 .b8", "b[128]"), (".u64", "c")],
        target="sm_90a",
    )


random = np.random.default_rng(6)
A, B = (bf16(random.standard_normal(s)) for s in ((128, K), (K, 64)))
EXPECTED = f32(A).astype(np.float64) @ f32(B).astype(np.float64)


def verdict(module, form, seed, eager):
    """What is wrong with a run: a message, or None."""
    out = Output((128, 64), np.float32)
    b = B if form == "transposed" else np.ascontiguousarray(B.T)
    try:
        module.launch(
            "matmul", (1, 1, 1), (384, 1, 1),
            [TensorMap(Input(A), (128, 64), 128), TensorMap(Input(b), (64, 64), 128),
             out],
            seed=seed, eager=eager, shared=SHARED, max_steps=5_000_000,
        )
    except KernelError as error:
        return error.message.split("\n")[0]
    if len(out.missing()):
        return "results are missing"
    wrong = ~(np.abs(out.array - EXPECTED) < 1e-3)
    return f"{wrong.sum()} wrong results" if wrong.any() else None


def main(cases):
    failures = 0
    for case in cases:
        form, _, mistake = case.partition(":")
        module = Module(generate(form, mistake))
        found = {}
        for seed in range(6):
            for eager in (False, True):
                what = verdict(module, form, seed, eager)
                if what:
                    found.setdefault(what, []).append(seed)
        if bool(found) != bool(mistake):
            failures += 1
            print("FAIL", end=" ")
        runs = sum(map(len, found.values()))
        print(f"{case}: caught in {runs} of 12 runs: {next(iter(found), 'nothing')}")
    return failures


CASES = [*FORMS, *(f"plain:{m}" for m in MISTAKES), "registers:fence",
         "registers:release", "transposed:transpose"]
if __name__ == "__main__":
    if sys.argv[1:2] == ["--print"]:
        print(generate(*sys.argv[2:]), end="")
        sys.exit()
    sys.exit(main(sys.argv[1:] or CASES) != 0)
