"""Plain stores and loads of shared memory around barriers, right and wrong.

Each thread writes a number, reads the one of the opposite thread, and so on;
without one of the two barriers a warp that is ahead or behind gets another
round's number.
"""

import sys

import numpy as np

from ptx_emulator import KernelError, Module, Output
from writer import Writer, head

ROUNDS, THREADS = 5, 128
MISTAKES = {
    "first": "no barrier between writing and reading",
    "second": "no barrier between reading and writing again",
    "half": "the second barrier is one of the warp only",
    "arrive": "the readers do not wait at the second barrier",
}


def generate(mistake):
    w = Writer()
    out = w.set("ld.param.u64", "[out]", kind="rd")
    tid, tile = w.set("mov.u32", "%tid.x"), w.set("mov.u32", "tiles")
    mine = w.set("mad.lo.u32", tid, 4, tile)
    opposite = w.set("xor.b32", tid, THREADS - 1)
    theirs = w.set("mad.lo.u32", opposite, 4, tile)
    total, step = w.set("mov.u32", 0), w.set("mov.u32", 0)
    w.label("AGAIN")
    value = w.set("mad.lo.u32", step, 1000, tid)
    w(f"st.shared.b32 [{mine}], {value}")
    if mistake != "first":
        w("bar.sync 0")
    read = w.set("ld.shared.b32", f"[{theirs}]")
    w(f"mad.lo.u32 {total}, {total}, 3, {read}")
    if mistake == "half":
        w("bar.warp.sync 0xffffffff")
    elif mistake == "arrive":
        w(f"bar.arrive 1, {THREADS}")
    elif mistake != "second":
        w("bar.sync 0")
    w(f"add.u32 {step}, {step}, 1")
    more = w.set("setp.lt.u32", step, ROUNDS, kind="p")
    w(f"@{more} bra AGAIN")
    offset = w.set("mul.wide.u32", tid, 4, kind="rd")
    at = w.set("add.s64", out, offset, kind="rd")
    w(f"st.global.b32 [{at}], {total}")
    return w.function(f"rounds_{mistake}", [(".u64", "out")])


text = head("sm_80", True) + "".join(generate(m) for m in ["", *MISTAKES])
if sys.argv[1:] == ["--print"]:
    print(text)
    sys.exit()
module = Module(text)
expected = np.zeros(THREADS, np.uint32)
for i in range(ROUNDS):
    expected = expected * 3 + 1000 * i + np.arange(THREADS)[::-1]
failures = 0
for mistake in ["", *MISTAKES]:
    caught, what = 0, "nothing"
    for seed in range(6):
        out = Output((THREADS,), np.uint32)
        try:
            module.launch(f"rounds_{mistake}", (1, 1, 1), (THREADS, 1, 1), [out],
                          seed=seed, shared=4 * THREADS)
            if not (out.array == expected).all():
                caught, what = caught + 1, "wrong results"
        except KernelError as error:
            caught, what = caught + 1, error.message
    if bool(caught) != bool(mistake):
        failures += 1
        print("FAIL", end=" ")
    print(f"{mistake or 'right'}: caught in {caught} of 6 runs: {what}")
sys.exit(failures != 0)
