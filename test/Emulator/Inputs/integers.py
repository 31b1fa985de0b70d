"""Integer instructions against numpy."""

import itertools
import sys

import numpy as np

from elementwise import DTYPES, Table

table = Table()
VALUES = {
    n: [0, 1, 2, 3, 7, 31, 100, (1 << (n - 1)) - 1, 1 << (n - 1), (1 << n) - 1,
        (1 << n) - 5, 0x5A5A5A5A5A5A5A5A & ((1 << n) - 1)]
    for n in (16, 32, 64)
}


def grid(bits, count):
    """All tuples of interesting values."""
    values = VALUES[bits][: 12 if count == 2 else 6]
    tuples = list(itertools.product(values, repeat=count))
    return [np.array(column, np.uint64).astype(f"u{bits // 8}")
            for column in zip(*tuples)]


def wide(f):
    """f on Python's integers, as they are never too small."""
    return lambda *arrays: np.array(
        [int(f(*(int(x) for x in row))) & (1 << 64) - 1 for row in zip(*arrays)],
        np.uint64,
    )


def binary(text, type_, f, count=2):
    bits = int(type_[1:])
    table.add(text, " ".join([type_] * (count + 1)), wide(f), *grid(bits, count))


def floor_to_zero(a, b):
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def clamp_shift(f, bits):
    return lambda a, b: f(a, min(b, bits))


for t in ("s16", "u16", "s32", "u32", "s64", "u64"):
    n = int(t[1:])
    binary(f"add.{t} $d, $a, $b;", t, lambda a, b: a + b)
    binary(f"sub.{t} $d, $a, $b;", t, lambda a, b: a - b)
    binary(f"mul.lo.{t} $d, $a, $b;", t, lambda a, b: a * b)
    binary(f"mul.hi.{t} $d, $a, $b;", t, lambda a, b, n=n: a * b >> n)
    binary(f"mad.lo.{t} $d, $a, $b, $c;", t, lambda a, b, c: a * b + c, 3)
    binary(f"min.{t} $d, $a, $b;", t, min)
    binary(f"max.{t} $d, $a, $b;", t, max)
    binary(f"sad.{t} $d, $a, $b, $c;", t, lambda a, b, c: c + abs(a - b), 3)
    binary(f"div.{t} $d, $a, $b;", t,
           lambda a, b: floor_to_zero(a, b) if b else -1)
    binary(f"rem.{t} $d, $a, $b;", t,
           lambda a, b: a - b * floor_to_zero(a, b) if b else a)
for n in (32, 64):
    for name, f in (("and", lambda a, b: a & b), ("or", lambda a, b: a | b),
                    ("xor", lambda a, b: a ^ b)):
        binary(f"{name}.b{n} $d, $a, $b;", f"u{n}", f)
    table.add(f"not.b{n} $d, $a;", f"u{n} u{n}", lambda a: ~a, VALUES[n])
    table.add(f"cnot.b{n} $d, $a;", f"u{n} u{n}", lambda a: a == 0, VALUES[n])
    table.add(f"popc.b{n} $d, $a;", f"u32 u{n}",
              wide(lambda a: bin(a).count("1")), VALUES[n])
    table.add(f"clz.b{n} $d, $a;", f"u32 u{n}",
              wide(lambda a, n=n: n - a.bit_length()), VALUES[n])
    table.add(f"brev.b{n} $d, $a;", f"u{n} u{n}",
              wide(lambda a, n=n: int(f"{a:0{n}b}"[::-1], 2)), VALUES[n])
    table.add(f"bfind.u{n} $d, $a;", f"u32 u{n}",
              wide(lambda a: a.bit_length() - 1), VALUES[n])
    table.add(f"bfind.s{n} $d, $a;", f"u32 s{n}",
              wide(lambda a: (a if a >= 0 else ~a).bit_length() - 1), VALUES[n])
    table.add(f"neg.s{n} $d, $a;", f"s{n} s{n}", wide(lambda a: -a), VALUES[n])
    table.add(f"abs.s{n} $d, $a;", f"s{n} s{n}", wide(abs), VALUES[n])
    amounts = [0, 1, 5, 31, 32, 33, 63, 64, 200, 2**31, 2**32 - 1, 16]
    pairs = list(itertools.product(VALUES[n], amounts))
    a, b = (np.array(c, np.uint64) for c in zip(*pairs))
    table.add(f"shl.b{n} $d, $a, $b;", f"u{n} u{n} u32",
              wide(lambda a, b: a << min(b, 64)), a, b)
    table.add(f"shr.u{n} $d, $a, $b;", f"u{n} u{n} u32",
              wide(lambda a, b: a >> min(b, 64)), a, b)
    table.add(f"shr.s{n} $d, $a, $b;", f"s{n} s{n} u32",
              wide(lambda a, b: a >> min(b, 64)), a, b)

    def field(a, b, c, n=n, signed=False):
        pos, length = b & 255, c & 255
        top = a >> min(pos + length - 1, n - 1) & 1 if length else 0
        out = a % (1 << n) >> pos & (1 << length) - 1
        return out | (-1 << max(0, min(length, n - pos)) if signed and top else 0)

    rows = list(itertools.product(VALUES[n][5:], [0, 3, 24, 31, 40], [0, 1, 8, 32]))
    a, b, c = (np.array(x, np.uint64) for x in zip(*rows))
    table.add(f"bfe.u{n} $d, $a, $b, $c;", f"u{n} u{n} u32 u32", wide(field), a, b, c)
    table.add(f"bfe.s{n} $d, $a, $b, $c;", f"s{n} u{n} u32 u32",
              wide(lambda a, b, c, f=field: f(a, b, c, signed=True)), a, b, c)

    def insert(a, b, c, n=n):
        mask = ((1 << 8) - 1) << c & (1 << n) - 1
        return b & ~mask | a << c & mask

    a, b = grid(n, 2)
    table.add(f"bfi.b{n} $d, $a, $b, $c, 8;", f"u{n} u{n} u{n} u32",
              wide(insert), a, b, np.arange(len(a)) % 40)

a, b = grid(32, 2)
c = np.arange(len(a)) % 40
table.add("shf.l.wrap.b32 $d, $a, $b, $c;", "u32 u32 u32 u32",
          wide(lambda a, b, c: ((b << 32 | a) << (c & 31)) >> 32), a, b, c)
table.add("shf.r.clamp.b32 $d, $a, $b, $c;", "u32 u32 u32 u32",
          wide(lambda a, b, c: (b << 32 | a) >> min(c, 32)), a, b, c)
table.add("shf.l.clamp.b32 $d, $a, $b, $c;", "u32 u32 u32 u32",
          wide(lambda a, b, c: ((b << 32 | a) << min(c, 32)) >> 32), a, b, c)


def permute(a, b, c):
    data = (b << 32 | a).to_bytes(8, "little")
    out = []
    for i in range(4):
        s = c >> 4 * i & 15
        byte = data[s & 7]
        out.append((255 if byte & 128 else 0) if s & 8 else byte)
    return int.from_bytes(bytes(out), "little")


selectors = (np.arange(len(a)) * 2654435761) % 65536
table.add("prmt.b32 $d, $a, $b, $c;", "u32 u32 u32 u32", wide(permute), a, b,
          selectors)
for mode, pattern in (("f4e", "0123 1234 2345 3456"),
                      ("rc16", "0101 2323 0101 2323")):
    lists = [p[::-1] for p in pattern.split()]
    table.add(f"prmt.b32.{mode} $d, $a, $b, $c;", "u32 u32 u32 u32",
              wide(lambda a, b, c, l=lists: permute(a, b, int(l[c & 3], 16))),
              a, b, selectors)
for look in (0x80, 0x96, 0xEA, 0x1B):
    table.add(
        f"lop3.b32 $d, $a, $b, $c, {look};", "u32 u32 u32 u32",
        wide(lambda a, b, c, t=look: sum(
            (t >> ((a >> i & 1) * 4 + (b >> i & 1) * 2 + (c >> i & 1)) & 1) << i
            for i in range(32))),
        a, b, selectors)
table.add("mul.wide.s32 $d, $a, $b;", "s64 s32 s32", wide(lambda a, b: a * b), a, b)
table.add("mul.wide.u32 $d, $a, $b;", "u64 u32 u32", wide(lambda a, b: a * b), a, b)
table.add("mul.wide.s16 $d, $a, $b;", "s32 s16 s16", wide(lambda a, b: a * b), a, b)
table.add("mad.wide.s32 $d, $a, $b, $c;", "s64 s32 s32 s64",
          wide(lambda a, b, c: a * b + c), a, b, c)
table.add("mad.hi.u32 $d, $a, $b, $c;", "u32 u32 u32 u32",
          wide(lambda a, b, c: (a * b >> 32) + c), a, b, c)
table.add("add.sat.s32 $d, $a, $b;", "s32 s32 s32",
          wide(lambda a, b: max(-2**31, min(2**31 - 1, a + b))), a, b)
table.add("dp4a.s32.u32 $d, $a, $b, $c;", "s32 u32 u32 s32",
          wide(lambda a, b, c: c + sum(
              ((a >> i & 255) ^ 128) * (b >> i & 255) - 128 * (b >> i & 255)
              for i in range(0, 32, 8))), a, b, c)
# 128-bit sums by way of the carry.
table.add(
    "add.cc.u64 %rd15, $a, $b; addc.u64 $d, $a, 0;", "u64 u64 u64",
    wide(lambda a, b: a + (a + b >> 64)), *grid(64, 2))
table.add(
    "sub.cc.u64 %rd15, $a, $b; subc.u64 $d, $a, 0;", "u64 u64 u64",
    wide(lambda a, b: a - (1 if a < b else 0)), *grid(64, 2))
# Predicates.
for test, f in (("eq", lambda a, b: a == b), ("lt", lambda a, b: a < b),
                ("ge", lambda a, b: a >= b), ("ne", lambda a, b: a != b)):
    for t in ("s32", "u32", "s64"):
        binary(f"setp.{test}.{t} %p1, $a, $b; selp.b{t[1:]} $d, 1, 0, %p1;",
               t, f)
binary("setp.lo.u32 %p1|%p2, $a, $b; and.pred %p3, %p1, !%p2; "
       "selp.b32 $d, $a, $b, %p3;", "u32", min)
binary("setp.eq.u32 %p0, $a, $a; setp.gt.and.s32 %p1, $a, $b, !%p0; mov.u32 $d, 7; "
       "@%p1 mov.u32 $d, 9;", "s32", lambda a, b: 7)
binary("set.lt.u32.s32 $d, $a, $b;", "s32", lambda a, b: -1 if a < b else 0)
# Conversions between integers.
for source, target in (("s8", "s32"), ("u8", "u32"), ("s32", "s64"),
                       ("u32", "u64"), ("s16", "s32"), ("u16", "s64")):
    n = max(int(source[1:]), 16)
    table.add(f"cvt.{target}.{source} $d, $a;", f"{target} {source}",
              lambda a: a, VALUES[n])
table.add("cvt.sat.s8.s32 $d, $a;", "s16 s32", lambda a: np.clip(a, -128, 127),
          VALUES[32])
table.add("cvt.u16.u32 $d, $a;", "u16 u32", lambda a: a, VALUES[32])
table.add("mov.b32 {%h1, %h2}, $a; mov.b32 $d, {%h2, %h1};".replace(
    "mov.b32 {", ".reg .b16 %h<3>; mov.b32 {", 1), "u32 u32",
    lambda a: a << 16 | a >> 16, VALUES[32])
sys.exit(table.run() != 0)
