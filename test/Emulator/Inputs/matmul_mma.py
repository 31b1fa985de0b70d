"""A matrix product by mma.sync with cp.async in two stages, right and wrong.

C[64, 64] = A[64, K] B[K, 64], in bf16 with sums in f32: four warps with a
quarter each. Every mistake must be caught with some seed or eagerly; the
right kernel is right with all of them.

    matmul_mma.py [MISTAKE...]
"""

import sys

import numpy as np

from ptx_emulator import Input, KernelError, Module, Output
from writer import Writer, braces

MISTAKES = {
    "barrier": "no barrier between the copies and their use",
    "second-barrier": "no barrier between a stage's use and its refill",
    "wait": "a wait for one group too few",
    "swizzle": "rows are read with another swizzle than written",
    "pack": "two results are packed the wrong way round",
    "release": "the stage is given back before it was used",
    "stage": "the stages are not exchanged for the copies",
    "transpose": "B is read without its transposition",
}
K, STAGE, A_BYTES = 128, 8192, 4096


def generate(mistake=""):
    w = Writer()
    a, b, c = (w.set("ld.param.u64", f"[{n}]", kind="rd") for n in "abc")
    tid = w.set("mov.u32", "%tid.x")
    lane = w.set("and.b32", tid, 31)
    warp = w.set("shr.u32", tid, 5)
    tiles = w.set("mov.u32", "tiles")

    # A's tile is 64 rows of 4 pieces of 16 bytes; piece p of row r lies at
    # p ^ (r / 2 % 4). B's is 32 rows of 8 pieces, at p ^ (r % 8).
    copies = []
    for half in range(2):
        index = w.set("add.u32", tid, 128 * half)
        row, piece = w.set("shr.u32", index, 2), w.set("and.b32", index, 3)
        by = w.set("bfe.u32", row, 1, 2)
        at = w.set("xor.b32", piece, by)
        at = w.set("mad.lo.u32", row, 4, at)
        to = w.set("mad.lo.u32", at, 16, tiles)
        from_ = w.set("mul.lo.u32", row, K * 2)
        from_ = w.set("mad.lo.u32", piece, 16, from_)
        source = w.set("cvt.u64.u32", from_, kind="rd")
        copies.append((to, w.set("add.s64", a, source, kind="rd"), 64))
        row, piece = w.set("shr.u32", index, 3), w.set("and.b32", index, 7)
        by = w.set("and.b32", row, 7)
        at = w.set("xor.b32", piece, by)
        at = w.set("mad.lo.u32", row, 8, at)
        to = w.set("mad.lo.u32", at, 16, tiles)
        to = w.set("add.u32", to, A_BYTES)
        source = w.set("mul.wide.u32", index, 16, kind="rd")
        copies.append((to, w.set("add.s64", b, source, kind="rd"), 32 * 128))

    def load(stage):
        for to, source, step in copies:
            target = w.set("add.u32", to, stage)
            w(f"cp.async.cg.shared.global [{target}], [{source}], 16")
            w(f"add.s64 {source}, {source}, {step}")

    # ldmatrix: lane l gives the address of row l % 16 and of k-half l / 16.
    rows, half = w.set("and.b32", lane, 15), w.set("shr.u32", lane, 4)
    warp_m, warp_n = w.set("shr.u32", warp, 1), w.set("and.b32", warp, 1)
    sums = [[w.many(4) for _ in range(4)] for _ in range(2)]
    for row in sums:
        for tile in row:
            for register in tile:
                w(f"mov.b32 {register}, 0f00000000")
    a_addresses, b_addresses = {}, {}
    for m in range(2):
        row = w.set("mad.lo.u32", warp_m, 32, rows)
        row = w.set("add.u32", row, 16 * m)
        if mistake == "swizzle":
            by = w.set("and.b32", row, 3)
        else:
            by = w.set("bfe.u32", row, 1, 2)
        for k in range(2):
            piece = w.set("add.u32", half, 2 * k)
            at = w.set("xor.b32", piece, by)
            at = w.set("mad.lo.u32", row, 4, at)
            a_addresses[m, k] = w.set("mad.lo.u32", at, 16, tiles)
    for k in range(2):
        row = w.set("add.u32", rows, 16 * k)
        by = w.set("and.b32", row, 7)
        for n in range(2):  # Two columns of 8 each.
            piece = w.set("mad.lo.u32", warp_n, 4, half)
            piece = w.set("add.u32", piece, 2 * n)
            at = w.set("xor.b32", piece, by)
            at = w.set("mad.lo.u32", row, 8, at)
            at = w.set("mad.lo.u32", at, 16, tiles)
            b_addresses[k, n] = w.set("add.u32", at, A_BYTES)

    def compute(stage):
        trans = "" if mistake == "transpose" else ".trans"
        for k in range(2):
            left, right = [], []
            for m in range(2):
                at = w.set("add.u32", a_addresses[m, k], stage)
                left.append(w.many(4))
                w("ldmatrix.sync.aligned.m8n8.x4.shared.b16 "
                  f"{braces(left[m])}, [{at}]")
            for n in range(2):
                at = w.set("add.u32", b_addresses[k, n], stage)
                part = w.many(4)
                w(f"ldmatrix.sync.aligned.m8n8.x4{trans}.shared.b16 "
                  f"{braces(part)}, [{at}]")
                right += [part[:2], part[2:]]
            for m in range(2):
                for n in range(4):
                    d = braces(sums[m][n])
                    w("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                      f"{d}, {braces(left[m])}, {braces(right[n])}, {d}")

    stage = w.set("mov.u32", 0)
    step = w.set("mov.u32", 0)
    load(stage)
    w("cp.async.commit_group")
    w.label("LOOP")
    following = w.set("xor.b32", stage, STAGE)
    last = w.set("setp.eq.u32", step, K // 32 - 1, kind="p")
    w(f"@{last} bra NO_LOAD")
    load(stage if mistake == "stage" else following)
    w.label("NO_LOAD")
    w("cp.async.commit_group")
    w(f"cp.async.wait_group {2 if mistake == 'wait' else 1}")
    if mistake != "barrier":
        w("bar.sync 0")
    if mistake == "release":
        w("bar.sync 0")
    compute(stage)
    if mistake not in ("second-barrier", "release"):
        w("bar.sync 0")
    w(f"mov.b32 {stage}, {following}")
    w(f"add.u32 {step}, {step}, 1")
    w(f"@!{last} bra LOOP")

    # Lane 4 g + i has columns 2 i and 2 i + 1 of rows g and g + 8.
    g, i = w.set("shr.u32", lane, 2), w.set("and.b32", lane, 3)
    row = w.set("mad.lo.u32", warp_m, 32, g)
    column = w.set("mul.lo.u32", i, 2)
    column = w.set("mad.lo.u32", warp_n, 32, column)
    at = w.set("mad.lo.u32", row, 64, column)
    offset = w.set("mul.wide.u32", at, 2, kind="rd")
    at = w.set("add.s64", c, offset, kind="rd")
    for m in range(2):
        for n in range(4):
            for h in range(2):
                low, high = sums[m][n][2 * h:2 * h + 2]
                if mistake == "pack":
                    low, high = high, low
                word = w.set("cvt.rn.bf16x2.f32", high, low)
                w(f"st.global.b32 [{at}+{((m * 16 + h * 8) * 64 + n * 8) * 2}], "
                  f"{word}")
    return w.kernel("matmul", [(".u64", n) for n in "abc"], shared=2 * STAGE)


def bf16(x):
    bits = np.asarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def f32(x):
    return (x.astype(np.uint32) << 16).view(np.float32)


random = np.random.default_rng(5)
A, B = (bf16(random.standard_normal(s)) for s in ((64, K), (K, 64)))
EXPECTED = f32(A).astype(np.float64) @ f32(B).astype(np.float64)


def verdict(module, seed, eager):
    """What is wrong with a run: a message, or None."""
    out = Output((64, 64), np.uint16)
    try:
        module.launch("matmul", (1, 1, 1), (128, 1, 1),
                      [Input(A), Input(B), out], seed=seed, eager=eager)
    except KernelError as error:
        return error.message.split("\n")[0]
    if len(out.missing()):
        return "results are missing"
    wrong = np.abs(f32(out.array) - EXPECTED) > 2**-7 * np.abs(EXPECTED) + 1e-3
    return f"{wrong.sum()} wrong results" if wrong.any() else None


def main(mistakes):
    failures = 0
    for mistake in mistakes:
        module = Module(generate(mistake))
        found = {}
        for seed in range(6):
            for eager in (False, True):
                what = verdict(module, seed, eager)
                if what:
                    found.setdefault(what, []).append(seed)
        if bool(found) != bool(mistake):
            failures += 1
            print("FAIL", end=" ")
        runs = sum(map(len, found.values()))
        print(f"{mistake or 'right'}: caught in {runs} of 12 runs: "
              f"{next(iter(found), 'nothing')}")
    return failures


if __name__ == "__main__":
    if sys.argv[1:2] == ["--print"]:
        print(generate(*sys.argv[2:]), end="")
        sys.exit()
    sys.exit(main(sys.argv[1:] or ["", *MISTAKES]) != 0)
