"""Floating-point instructions against numpy, and against exact fractions
where numpy rounds twice or has no such rounding."""

import itertools
import sys
from fractions import Fraction

import numpy as np

from elementwise import Table

table = Table()
random = np.random.default_rng(7)
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, 1e-40, -1e-40, 65504.0, 1e38, -3e38,
           np.inf, -np.inf, np.nan, 2.0**-24, 1 + 2.0**-10]


def pairs(dtype):
    values = list(itertools.product(SPECIAL, SPECIAL))
    with np.errstate(all="ignore"):
        a, b = (np.array(c).astype(dtype) for c in zip(*values))
    extra = random.standard_normal(256).astype(dtype)
    return (np.concatenate([a, extra]),
            np.concatenate([b, random.standard_normal(256).astype(dtype)]))


def to_bits(a):
    return a.view(f"u{a.itemsize}")


def flush(a):
    return np.where(np.abs(a) < np.float32(2**-126), np.copysign(np.float32(0), a), a)


def flushed(f):
    return lambda *xs: flush(f(*(flush(x) for x in xs)))


def minimum(a, b):
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, np.where(
        (a < b) | ((a == b) & np.signbit(a)), a, b)))


def maximum(a, b):
    return -minimum(-a, -b)


def with_nan(f):
    return lambda a, b: np.where(np.isnan(a) | np.isnan(b), np.float64(np.nan),
                                 f(a, b)).astype(a.dtype)


ARITHMETIC = (("add", np.add), ("sub", np.subtract), ("mul", np.multiply))
for t, dtype in (("f32", np.float32), ("f64", np.float64), ("f16", np.float16)):
    a, b = pairs(dtype)
    types = f"{t} {t} {t}"
    for name, f in ARITHMETIC:
        table.add(f"{name}.{t} $d, $a, $b;", types, f, a, b)
        table.add(f"{name}.rn.{t} $d, $a, $b;", types, f, a, b)
    if t != "f16":
        table.add(f"div.rn.{t} $d, $a, $b;", types, np.divide, a, b)
        table.add(f"sqrt.rn.{t} $d, $a;", f"{t} {t}", np.sqrt, a)
        table.add(f"rcp.rn.{t} $d, $a;", f"{t} {t}", lambda x: x.dtype.type(1) / x, a)
        table.add(f"copysign.{t} $d, $a, $b;", types, lambda a, b: np.copysign(b, a), a, b)
    table.add(f"min.{t} $d, $a, $b;", types, minimum, a, b)
    table.add(f"max.{t} $d, $a, $b;", types, maximum, a, b)
    if t != "f64":
        table.add(f"min.NaN.{t} $d, $a, $b;", types, with_nan(minimum), a, b)
        table.add(f"max.NaN.{t} $d, $a, $b;", types, with_nan(maximum), a, b)
    table.add(f"neg.{t} $d, $a;", f"{t} {t}", np.negative, a)
    table.add(f"abs.{t} $d, $a;", f"{t} {t}", np.abs, a)
    for name, f in (("eq", np.equal), ("lt", np.less), ("ge", np.greater_equal)):
        table.add(f"setp.{name}.{t} %p1, $a, $b; selp.b32 $d, 1, 0, %p1;",
                  f"u32 {t} {t}", f, a, b)
    nan = lambda a, b: np.isnan(a) | np.isnan(b)  # noqa: E731
    for name, f in (("neu", lambda a, b: nan(a, b) | (a != b)),
                    ("ltu", lambda a, b: nan(a, b) | (a < b)),
                    ("ne", lambda a, b: ~nan(a, b) & (a != b)),
                    ("num", lambda a, b: ~nan(a, b)), ("nan", nan)):
        table.add(f"setp.{name}.{t} %p1, $a, $b; selp.b32 $d, 1, 0, %p1;",
                  f"u32 {t} {t}", f, a, b)

a, b = pairs(np.float32)
for name, f in ARITHMETIC:
    table.add(f"{name}.ftz.f32 $d, $a, $b;", "f32 f32 f32", flushed(f), a, b)
table.add("max.ftz.f32 $d, $a, $b;", "f32 f32 f32", flushed(maximum), a, b)
table.add("add.sat.f32 $d, $a, $b;", "f32 f32 f32",
          lambda a, b: np.where(a + b > 0, np.minimum(a + b, 1), 0), a, b)
table.add("testp.finite.f32 %p1, $a; selp.b32 $d, 1, 0, %p1;", "u32 f32",
          np.isfinite, a)
table.add("testp.notanumber.f32 %p1, $a; selp.b32 $d, 1, 0, %p1;", "u32 f32",
          np.isnan, a)
table.add("max.xorsign.abs.f32 $d, $a, $b;", "f32 f32 f32",
          lambda a, b: np.copysign(maximum(np.abs(a), np.abs(b)), np.copysign(
              np.float32(1), a) * np.copysign(np.float32(1), b)), a, b)
for name, f in (("ex2.approx", np.exp2), ("lg2.approx", np.log2),
                ("rcp.approx", lambda x: 1 / x), ("sqrt.approx", np.sqrt),
                ("rsqrt.approx", lambda x: 1 / np.sqrt(x)), ("sin.approx", np.sin),
                ("cos.approx", np.cos), ("tanh.approx", np.tanh)):
    table.add(f"{name}.f32 $d, $a;", "f32 f32",
              lambda x, f=f: f(x.astype(np.float64)).astype(np.float32),
              np.concatenate([a[-256:], [0, 1, np.inf, np.nan]]), exact=False)
table.add("ex2.approx.ftz.f32 $d, $a;", "f32 f32",
          lambda x: flush(np.exp2(x.astype(np.float64)).astype(np.float32)),
          np.linspace(-160, 130, 300), exact=False)
table.add("div.full.f32 $d, $a, $b;", "f32 f32 f32", np.divide, a, b, exact=False)


# --- Roundings --------------------------------------------------------------


def round_exact(value, dtype, mode):
    """A fraction in the nearest number of dtype in a direction."""
    near = dtype(float(value))  # Within one unit of it.
    candidates = sorted({float(np.nextafter(near, dtype(-np.inf))), float(near),
                         float(np.nextafter(near, dtype(np.inf)))})
    below = max(c for c in candidates if Fraction(c) <= value)
    above = min(c for c in candidates if Fraction(c) >= value)
    if mode == "rz":
        mode = "rm" if value > 0 else "rp"
    return dtype(below if mode == "rm" else above)


def by_fractions(f, dtype, mode):
    def run(*arrays):
        return np.array([
            round_exact(f(*(Fraction(float(x)) for x in row)), dtype, mode)
            for row in zip(*arrays)
        ], dtype)

    return run


x, y, z = (random.standard_normal(200) for _ in range(3))
for mode in ("rz", "rm", "rp"):
    for t, dtype in (("f32", np.float32), ("f64", np.float64)):
        types = f"{t} {t} {t}"
        table.add(f"add.{mode}.{t} $d, $a, $b;", types,
                  by_fractions(lambda a, b: a + b, dtype, mode), x, y)
        table.add(f"mul.{mode}.{t} $d, $a, $b;", types,
                  by_fractions(lambda a, b: a * b, dtype, mode), x, y)
        table.add(f"div.{mode}.{t} $d, $a, $b;", types,
                  by_fractions(lambda a, b: a / b, dtype, mode), x, y)
        table.add(f"fma.{mode}.{t} $d, $a, $b, $c;", types + " " + t,
                  by_fractions(lambda a, b, c: a * b + c, dtype, mode), x, y, z)
    table.add(f"cvt.{mode}.f32.f64 $d, $a;", "f32 f64",
              by_fractions(lambda a: a, np.float32, mode), x)
    table.add(f"cvt.{mode}.f32.s64 $d, $a;", "f32 s64",
              by_fractions(lambda a: a, np.float32, mode),
              (random.standard_normal(200) * 2**40).astype(np.int64))


def nearest(value, fraction_bits, smallest):
    """A fraction to the nearest even multiple of its unit."""
    if value == 0:
        return Fraction(0)
    exponent = smallest
    while abs(value) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    unit = Fraction(2) ** (exponent - fraction_bits)
    return round(value / unit) * unit


def fma(dtype, fraction_bits, smallest):
    def run(*arrays):
        return np.array([
            float(nearest(a * b + c, fraction_bits, smallest))
            for a, b, c in (map(lambda v: Fraction(float(v)), r) for r in zip(*arrays))
        ]).astype(dtype)

    return run


table.add("fma.rn.f32 $d, $a, $b, $c;", "f32 f32 f32 f32",
          fma(np.float32, 23, -126), x, y, z)
table.add("fma.rn.f64 $d, $a, $b, $c;", "f64 f64 f64 f64",
          fma(np.float64, 52, -1022), x, y, z)
table.add("fma.rn.f16 $d, $a, $b, $c;", "f16 f16 f16 f16",
          fma(np.float16, 10, -14), x, y, z * 2.0**random.integers(-12, 12, 200))


# --- Small formats ----------------------------------------------------------


def to_bf16(a):
    bits = a.astype(np.float32).view(np.uint32).astype(np.uint64)
    out = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
    return np.where(np.isnan(a), 0x7FFF, out).astype(np.uint16)


def from_bf16(a):
    return (a.astype(np.uint32) << 16).view(np.float32)


a, b = pairs(np.float32)
h, i, j = (to_bf16(v.astype(np.float32)) for v in (x, y, z * 2.0**random.integers(-20, 20, 200)))


def bf16_exact(f):
    return lambda *arrays: to_bf16(np.array([
        float(nearest(f(*(Fraction(float(v)) for v in r)), 7, -126))
        for r in zip(*(from_bf16(v) for v in arrays))], np.float32))


table.add("add.rn.bf16 $d, $a, $b;", "b16 b16 b16", bf16_exact(lambda a, b: a + b), h, j)
table.add("mul.rn.bf16 $d, $a, $b;", "b16 b16 b16", bf16_exact(lambda a, b: a * b), h, j)
table.add("fma.rn.bf16 $d, $a, $b, $c;", "b16 b16 b16 b16",
          bf16_exact(lambda a, b, c: a * b + c), h, i, j)
# 17 * 19 is halfway between two numbers of 8 bits; a tiny third operand, lost
# in f64 unless that rounds to odd, decides.
table.add("fma.rn.bf16 $d, $a, $b, $c;", "b16 b16 b16 b16",
          bf16_exact(lambda a, b, c: a * b + c),
          to_bf16(np.array([17.0, 17.0, -17.0])), to_bf16(np.array([19.0, 21.0, 21.0])),
          to_bf16(np.array([-(2.0**-60), 2.0**-60, -(2.0**-60)])))
table.add("cvt.rn.bf16.f32 $d, $a;", "b16 f32", to_bf16, a)
table.add("cvt.f32.bf16 $d, $a;", "f32 b16", from_bf16, to_bf16(a))
table.add("cvt.rn.f16.f32 $d, $a;", "f16 f32", lambda v: v.astype(np.float16), a)
table.add("cvt.f32.f16 $d, $a;", "f32 f16", lambda v: v.astype(np.float32),
          np.arange(1000, dtype=np.uint16).view(np.float16))
table.add("cvt.f32.f16 $d, $a;", "f32 f16", lambda v: v.astype(np.float32),
          np.arange(31000, 32000, dtype=np.uint16).view(np.float16))
table.add("cvt.rz.f16.f32 $d, $a;", "f16 f32",
          by_fractions(lambda v: v, np.float16, "rz"), x)
table.add("cvt.rn.relu.f16.f32 $d, $a;", "f16 f32",
          lambda v: np.where(v > 0, v, np.where(np.isnan(v), v, 0)).astype(np.float16), a)
table.add("cvt.rn.bf16x2.f32 $d, $a, $b;", "u32 f32 f32",
          lambda a, b: to_bf16(a).astype(np.uint32) << 16 | to_bf16(b), a, b)
finite = np.isfinite(a) & np.isfinite(b)
table.add("cvt.rn.f16x2.f32 $d, $a, $b;", "u32 f32 f32",
          lambda a, b: to_bits(a.astype(np.float16)).astype(np.uint32) << 16
          | to_bits(b.astype(np.float16)), a[finite], b[finite])
table.add("cvt.rna.tf32.f32 $d, $a;", "u32 f32",
          lambda v: (to_bits(v) + 0x1000) & 0xFFFFE000, x)
# Packed arithmetic: two numbers at once.
p, q = (random.standard_normal(400).astype(np.float16).view(np.uint32) for _ in range(2))


def packed(f):
    return lambda *xs: f(*(v.view(np.float16) for v in xs)).astype(np.float16).view(np.uint32)


for name, f in ARITHMETIC + (("min", np.minimum), ("max", np.maximum)):
    table.add(f"{name}.f16x2 $d, $a, $b;", "u32 u32 u32", packed(f), p, q)
table.add("neg.f16x2 $d, $a;", "u32 u32", packed(np.negative), p)
table.add("abs.bf16x2 $d, $a;", "u32 u32", lambda v: v & 0x7FFF7FFF, p)

# e4m3 has 3 fraction bits, its smallest normal number is 2^-6, its largest 448.
E4M3 = np.array([(m / 8) * 2.0**-6 if e == 0 else (1 + m / 8) * 2.0**(e - 7)
                 for e in range(16) for m in range(8)][:127])


def to_e4m3(v):
    out = []
    for number in v:
        size = min(abs(float(number)), 448.0)
        at = np.abs(E4M3 - size)
        best = [k for k in range(127) if at[k] == at.min()]
        code = next((k for k in best if k % 2 == 0), best[0])
        out.append(code | (128 if np.signbit(number) else 0))
    return np.array(out, np.uint32)


table.add("{.reg .b16 %h; cvt.rn.satfinite.e4m3x2.f32 %h, $a, $b; cvt.u32.u16 $d, %h;}",
          "u32 f32 f32", lambda a, b: to_e4m3(a) << 8 | to_e4m3(b), x * 100, y)
table.add("{.reg .b16 %h; cvt.u16.u32 %h, $a; cvt.rn.f16x2.e4m3x2 $d, %h;}", "u32 u32",
          lambda v: np.stack([E4M3[v & 127], E4M3[v >> 8]], 1).astype(np.float16)
          .view(np.uint32)[:, 0], np.arange(127) * 256 + np.arange(127)[::-1])

# --- Integers ---------------------------------------------------------------

values = np.array([0, 0.5, 1.5, 2.5, -0.5, -1.5, 2e9, 3e9, -3e9, 5e9, -5e9, 1e20,
                   np.nan, np.inf, -np.inf, 100.7, -100.7])
for mode, f in (("rni", np.rint), ("rzi", np.trunc), ("rmi", np.floor), ("rpi", np.ceil)):
    for source in ("f32", "f64"):
        for target, low, high in (("s32", -2**31, 2**31 - 1), ("u32", 0, 2**32 - 1)):
            table.add(
                f"cvt.{mode}.{target}.{source} $d, $a;", f"{target} {source}",
                lambda v, f=f, low=low, high=high, s=source: np.where(
                    np.isnan(v), 0 if s == "f32" else 2**31,
                    np.clip(f(v.astype(np.float64)), low, high)
                ).astype(np.int64), values)
    table.add(f"cvt.{mode}.f32.f32 $d, $a;", "f32 f32", f, values)
table.add("cvt.rzi.s64.f32 $d, $a;", "s64 f32",
          lambda v: np.array([-2**63 if np.isnan(t) else max(-2**63, min(
              2**63 - 1, int(t) if np.isfinite(t) else int(np.sign(t)) * 2**64))
              for t in v], np.int64), values)
whole = random.integers(-2**62, 2**62, 100)
table.add("cvt.rn.f32.s64 $d, $a;", "f32 s64",
          lambda v: np.array([float(nearest(Fraction(int(t)), 23, 0)) for t in v],
                             np.float32), whole)
table.add("cvt.rn.f64.u64 $d, $a;", "f64 u64", lambda v: v.astype(np.float64),
          whole.astype(np.uint64) * np.uint64(3))
table.add("cvt.rn.f32.s32 $d, $a;", "f32 s32", lambda v: v.astype(np.float32), whole >> 31)
table.add("cvt.rn.f32.u16 $d, $a;", "f32 u16", lambda v: v.astype(np.float32),
          np.arange(0, 65536, 97))
table.add("cvt.rn.f16.s32 $d, $a;", "f16 s32", lambda v: v.astype(np.float16),
          np.arange(-70000, 70000, 997))
table.add("mov.f32 $d, 0fC0490FDB;", "f32 f32",
          lambda v: np.full(v.shape, -np.pi, np.float32), x)
table.add("mov.f64 $d, 0dC00921FB54442D18;", "f64 f64",
          lambda v: np.full(v.shape, -np.pi), x)
sys.exit(table.run() != 0)
