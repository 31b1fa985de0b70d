"""Mistakes in the kernel of causal attention, each of which must be found.

usage: mutations.py ATTN-COMPILE FOLDER [MISTAKE...]

The PTX that attn-compile writes is changed in one place of the text, and run for
several lengths, seeds and both ways of copying until a run is wrong: an error of
the emulator, or results that differ from numpy's. What is not changed is right in
all of them.
"""

import os
import re
import sys

from kernels import COMMON, check, compile_variant
from attention_case import Case
from ptx_emulator import KernelError, Module

# Four tiles of keys, of which two are masked, so that each loop uses a stage again;
# ends that are not those of tiles; keys that end before the queries do.
LENGTHS = ((200, 200), (65, 63), (129, 127))
SEEDS = range(3)
STEPS = 10**8  # Of a run that never ends.


def replace(pattern, by, count=0):
    """Changes the first `count` matches, or all."""

    def change(text):
        changed, number = re.subn(pattern, by, text, count=count, flags=re.M)
        assert number and changed != text, f"nothing matches {pattern}"
        return changed

    return change


def part(begin, end, inner):
    """Changes only what lies between the first match of `begin` and the first one
    of `end` after it."""

    def change(text):
        match = re.search(f"({begin})([\\s\\S]*?)({end})", text, re.M)
        assert match, f"nothing matches {begin} ... {end}"
        return text[: match.start(2)] + inner(match[2]) + text[match.end(2) :]

    return change


def last_loop(inner):
    """Changes only what follows the head of the last loop, whose tiles are masked."""

    def change(text):
        starts = [m.start() for m in re.finditer(LOOP, text, re.M)]
        assert len(starts) == 2, "no longer two loops: of whole and masked tiles"
        return text[: starts[-1]] + inner(text[starts[-1] :])

    return change


LOOP = r"cp\.async\.wait_group\s+0;\s+bar\.sync\s+0;"
BARRIER = r"bar\.sync\s+0;"
COPY = r"cp\.async\.cg\.shared\.global"
LOAD = r"ldmatrix\.sync\.aligned\.m8n8\.x4\.shared\.b16"
MAXIMUM = r"shfl\.sync\.bfly"
XOR = r"xor\.b32(\s+%r\d+, )(%r\d+), (%r\d+);"
PACK = r"(cvt\.rn\.bf16x2\.f32\s+%r\d+), (%r\d+), (%r\d+);"


def copy_before_barrier(text):
    """Moves the barrier of the loop behind the copy of the next tile, to where those
    go on that have none to copy."""
    match = re.search(
        rf"{LOOP}[\s\S]*?@%p\d+ bra\s+(\$\w+);[\s\S]*?cp\.async\.commit_group;", text
    )
    assert match, "no copy in the loop"
    body = re.sub(BARRIER, "", match[0])
    text = text[: match.start()] + body + text[match.end() :]
    return replace(rf"^{re.escape(match[1])}:", rf"{match[1]}:\n\tbar.sync 0;")(text)


def compare_keys(relation, by, with_length):
    """Changes comparisons of keys with how many there are, or with rows."""

    def change(text):
        length = re.search(r"ld\.param\.b64\s+(%rd\d+), \[\w+_param_1\]", text)[1]
        right = f"{length};" if with_length else rf"(?!{length};)%rd\d+;"
        pattern = rf"setp\.{relation}\.s64(\s+%p\d+, %rd\d+, {right})"
        edit = replace(pattern, rf"setp.{by}.s64\1")
        return last_loop(part(LOAD, MAXIMUM, edit))(text)

    return change


MISTAKES = {
    "no barrier before queries are read":
        part(r"wait_group\s+1;", LOAD, replace(BARRIER, "")),
    "no barrier in the loop of whole tiles":
        replace(LOOP, "cp.async.wait_group 0;", count=1),
    "no barrier in the loop of masked tiles":
        last_loop(replace(LOOP, "cp.async.wait_group 0;", count=1)),
    "the next whole tile is copied before the barrier": copy_before_barrier,
    "the next masked tile is copied before the barrier": last_loop(copy_before_barrier),
    "a wait for queries of one group too few": replace(r"wait_group\s+1;", "wait_group 2;"),
    "a wait for keys of one group too few":
        last_loop(replace(r"wait_group\s+0;", "wait_group 1;", count=1)),
    "the first tile is no group":
        part(r"commit_group;", r"wait_group\s+1;", replace(r"cp\.async\.commit_group;", "")),
    "the next tile is no group":
        last_loop(replace(r"cp\.async\.commit_group;", "", count=1)),
    "copies are not swizzled":
        part(r"tid\.x", COPY, replace(XOR, r"mov.b32\1\3;", count=1)),
    "loads are not swizzled":
        part(r"wait_group\s+1;", LOAD, replace(XOR, r"mov.b32\1\2;")),
    "loads are swizzled otherwise":
        part(r"wait_group\s+1;", LOAD, replace(XOR, r"or.b32\1\2, \3;")),
    "copies read a row beyond the end":
        replace(r"setp\.lt\.u32(\s+%p\d+, %r\d+, %r\d+;)", r"setp.le.u32\1"),
    "two weights of a whole tile are swapped": replace(PACK, r"\1, \3, \2;", count=1),
    "two weights of a masked tile are swapped":
        replace(PACK + r"(?![\s\S]*cvt\.rn\.bf16x2)", r"\1, \3, \2;"),
    "two results are swapped":
        replace(r"(st\.global\.v2\.b16.*)\{(%rs\d+), (%rs\d+)\};", r"\1{\3, \2};", count=1),
    "values are not transposed": replace(r"\.x4\.trans\.", ".x4."),
    "the key after a row's is visible": compare_keys("lt", "le", with_length=False),
    "a row does not see its own key": compare_keys("le", "lt", with_length=False),
    "a key after the last one is visible": compare_keys("lt", "le", with_length=True),
    "a maximum is over half of the columns":
        last_loop(replace(r"(shfl\.sync\.bfly\.b32\s+.*), 2, 31, -1;", r"\1, 1, 31, -1;", count=1)),
}  # fmt: skip


def find(program, cases):
    """The first thing that is wrong, if any, and the number of runs until then."""
    runs = 0
    for case in cases:
        for seed in SEEDS:
            for eager in (False, True):
                runs += 1
                try:
                    check(program, case, seed=seed, eager=eager, max_steps=STEPS)
                except KernelError as error:
                    return error.message.split("\n")[0], runs
                except AssertionError as error:
                    return str(error).split(";")[0], runs
    return "", runs


def main():
    attn_compile, folder = sys.argv[1:3]
    os.makedirs(folder, exist_ok=True)
    options = dict(COMMON, mask="causal", lse=True)
    program = compile_variant(attn_compile, folder, "causal", options)
    with open(os.path.join(folder, "causal.ptx")) as file:
        text = file.read()
    cases = [Case(**options, queries=q, keys=k) for q, k in LENGTHS]
    what, runs = find(program, cases)
    print(f"unchanged: {what or f'right in {runs} runs'}")
    failed = bool(what)
    for name in sys.argv[3:] or MISTAKES:
        # Not a mistake that the emulator cannot read: that would prove nothing.
        program.module = Module(MISTAKES[name](text))
        what, runs = find(program, cases)
        failed |= not what
        print(f"{name}: {f'run {runs}: {what}' if what else 'NOT FOUND'}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
