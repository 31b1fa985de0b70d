"""One program in LLVM's language, compiled for the CPU and for the emulator,
gives the same bits.

    differential.py write FILE.ll nvptx|host
    differential.py compare FILE.ptx FILE.so
"""

import ctypes
import sys

import numpy as np

COUNT = 64
# Each case: name, the types of the result and the operands, the body. In it
# %a, %b and %c are the operands and %r is the result.
CASES = []
DECLARED = set()


def case(name, types, body):
    CASES.append((f"{name.replace('.', '_')}_{len(CASES)}", types.split(), body))


def intrinsic(name, result, *arguments, constants=()):
    """A call of an intrinsic on %a, %b, %c and constants."""
    full = f"llvm.{name}"
    given = [*arguments, *(c.split()[0] for c in constants)]
    DECLARED.add(f"declare {result} @{full}({', '.join(given)})")
    operands = [f"{t} %{n}" for t, n in zip(arguments, "abc")]
    return f"%r = call {result} @{full}({', '.join([*operands, *constants])})"


for t in ("i8", "i16", "i32", "i64"):
    for op in ("add", "sub", "mul", "and", "or", "xor"):
        case(op, f"{t} {t} {t}", f"%r = {op} {t} %a, %b")
    bits = int(t[1:])
    for op in ("shl", "lshr", "ashr"):
        case(op, f"{t} {t} {t}",
             f"%m = and {t} %b, {bits - 1}\n  %r = {op} {t} %a, %m")
    for op in ("udiv", "sdiv", "urem", "srem"):
        # Not by zero, and not by -1, which overflows once.
        case(op, f"{t} {t} {t}",
             f"%q = lshr {t} %b, 1\n  %m = or {t} %q, 1\n  %r = {op} {t} %a, %m")
    for test in ("eq", "ne", "slt", "ule", "ugt", "sge"):
        case(f"icmp_{test}", f"{t} {t} {t}",
             f"%is = icmp {test} {t} %a, %b\n  %r = select i1 %is, {t} %a, {t} 5")
    for op in ("smin", "smax", "umin", "umax", "uadd.sat", "sadd.sat", "usub.sat",
               "ssub.sat"):
        case(op, f"{t} {t} {t}", intrinsic(f"{op}.{t}", t, t, t))
    case("ctpop", f"{t} {t}", intrinsic(f"ctpop.{t}", t, t))
    case("bitreverse", f"{t} {t}", intrinsic(f"bitreverse.{t}", t, t))
    case("abs", f"{t} {t}", intrinsic(f"abs.{t}", t, t, constants=("i1 false",)))
    for op in ("ctlz", "cttz"):
        case(op, f"{t} {t}", intrinsic(f"{op}.{t}", t, t, constants=("i1 false",)))
    if t != "i8":
        case("bswap", f"{t} {t}", intrinsic(f"bswap.{t}", t, t))
    for op in ("fshl", "fshr"):
        case(op, f"{t} {t} {t} {t}", intrinsic(f"{op}.{t}", t, t, t, t))
    for op in ("uadd", "smul", "umul", "ssub"):
        DECLARED.add(f"declare {{{t}, i1}} @llvm.{op}.with.overflow.{t}({t}, {t})")
        case(f"{op}.overflow", f"{t} {t} {t}",
             f"%o = call {{{t}, i1}} @llvm.{op}.with.overflow.{t}({t} %a, {t} %b)\n"
             f"  %v = extractvalue {{{t}, i1}} %o, 0\n"
             f"  %f = extractvalue {{{t}, i1}} %o, 1\n"
             f"  %r = select i1 %f, {t} 77, {t} %v")
# 128 bits, and their high half.
for op in ("add", "sub", "mul"):
    case(f"{op}128", "i64 i64 i64",
         "%x = sext i64 %a to i128\n  %y = zext i64 %b to i128\n"
         f"  %w = shl i128 %x, 17\n  %v = {op} i128 %w, %y\n"
         "  %h = lshr i128 %v, 61\n  %r = trunc i128 %h to i64")
# Vectors that have instructions of their own, and some that have not.
for op in ("add", "sub", "mul", "and", "xor"):
    for v in ("<2 x i16>", "<4 x i8>"):
        case(op, "i32 i32 i32",
             f"%x = bitcast i32 %a to {v}\n  %y = bitcast i32 %b to {v}\n"
             f"  %z = {op} {v} %x, %y\n  %r = bitcast {v} %z to i32")
for op in ("smin", "umax"):
    DECLARED.add(f"declare <2 x i16> @llvm.{op}.v2i16(<2 x i16>, <2 x i16>)")
    case(op, "i32 i32 i32",
         "%x = bitcast i32 %a to <2 x i16>\n  %y = bitcast i32 %b to <2 x i16>\n"
         f"  %z = call <2 x i16> @llvm.{op}.v2i16(<2 x i16> %x, <2 x i16> %y)\n"
         "  %r = bitcast <2 x i16> %z to i32")
case("shuffle", "i32 i32 i32",
     "%x = bitcast i32 %a to <4 x i8>\n  %y = bitcast i32 %b to <4 x i8>\n"
     "  %z = shufflevector <4 x i8> %x, <4 x i8> %y, <4 x i32> <i32 6, i32 1, i32 0, i32 7>\n"
     "  %r = bitcast <4 x i8> %z to i32")
for t, others in (("i8", ("i16", "i32", "i64")), ("i16", ("i32", "i64")), ("i32", ("i64",))):
    for o in others:
        case("sext", f"{o} {t}", f"%r = sext {t} %a to {o}")
        case("zext", f"{o} {t}", f"%r = zext {t} %a to {o}")
        case("trunc", f"{t} {o}", f"%r = trunc {o} %a to {t}")
for t, s in (("float", "f32"), ("double", "f64")):
    for op in ("fadd", "fsub", "fmul", "fdiv"):
        case(op, f"{t} {t} {t}", f"%r = {op} {t} %a, %b")
    case("fneg", f"{t} {t}", f"%r = fneg {t} %a")
    for test in ("oeq", "olt", "oge", "une", "ult", "ord", "uno", "ueq", "one"):
        case(f"fcmp_{test}", f"{t} {t} {t}",
             f"%is = fcmp {test} {t} %a, %b\n  %r = select i1 %is, {t} %a, {t} 2.0")
    for op in ("fabs", "sqrt", "floor", "ceil", "trunc", "rint", "nearbyint",
               "roundeven", "round"):
        case(op, f"{t} {t}", intrinsic(f"{op}.{s}", t, t))
    case("fma", f"{t} {t} {t} {t}", intrinsic(f"fma.{s}", t, t, t, t))
    for op in ("copysign", "minnum", "maxnum", "minimum", "maximum"):
        if t == "double" and op in ("minimum", "maximum"):
            continue  # Many instructions on the device, a call here.
        case(op, f"{t} {t} {t}", intrinsic(f"{op}.{s}", t, t, t))
    for i in ("i16", "i32", "i64"):
        case("sitofp", f"{t} {i}", f"%r = sitofp {i} %a to {t}")
        case("uitofp", f"{t} {i}", f"%r = uitofp {i} %a to {t}")
        case("fptosi.sat", f"{i} {t}", intrinsic(f"fptosi.sat.{i}.{s}", i, t))
        case("fptoui.sat", f"{i} {t}", intrinsic(f"fptoui.sat.{i}.{s}", i, t))
case("fptrunc", "float double", "%r = fptrunc double %a to float")
case("fpext", "double float", "%r = fpext float %a to double")
for op in ("fadd", "fmul", "fsub", "fdiv"):
    case(f"{op}_half", "i16 i16 i16",
         "%x = bitcast i16 %a to half\n  %y = bitcast i16 %b to half\n"
         f"  %z = {op} half %x, %y\n  %r = bitcast half %z to i16")
    case(f"{op}_half2", "i32 i32 i32",
         "%x = bitcast i32 %a to <2 x half>\n  %y = bitcast i32 %b to <2 x half>\n"
         f"  %z = {op} <2 x half> %x, %y\n  %r = bitcast <2 x half> %z to i32")
    # bf16 by way of f32 on the host: round to odd is not needed for these.
    case(f"{op}_bfloat", "i16 i16 i16",
         "%x = bitcast i16 %a to bfloat\n  %y = bitcast i16 %b to bfloat\n"
         f"  %z = {op} bfloat %x, %y\n  %r = bitcast bfloat %z to i16")
case("half_float", "float i16",
     "%x = bitcast i16 %a to half\n  %r = fpext half %x to float")
case("float_half", "i16 float",
     "%x = fptrunc float %a to half\n  %r = bitcast half %x to i16")
case("bfloat_float", "float i16",
     "%x = bitcast i16 %a to bfloat\n  %r = fpext bfloat %x to float")
case("float_bfloat", "i16 float",
     "%x = fptrunc float %a to bfloat\n  %r = bitcast bfloat %x to i16")
case("half_int", "i32 i16",
     "%x = bitcast i16 %a to half\n"
     "  %r = call i32 @llvm.fptosi.sat.i32.f16(half %x)")
DECLARED.add("declare i32 @llvm.fptosi.sat.i32.f16(half)")

# What the host's library may lack.
TO_BFLOAT = """
define bfloat @__truncsfbf2(float %f) {
  %bits = bitcast float %f to i32
  %high = lshr i32 %bits, 16
  %odd = and i32 %high, 1
  %more = add i32 %odd, 32767
  %sum = add i32 %bits, %more
  %top = lshr i32 %sum, 16
  %nan = fcmp uno float %f, 0.0
  %result = select i1 %nan, i32 32767, i32 %top
  %half = trunc i32 %result to i16
  %r = bitcast i16 %half to bfloat
  ret bfloat %r
}
"""
NUMPY = {"i8": np.uint8, "i16": np.uint16, "i32": np.uint32, "i64": np.uint64,
         "float": np.float32, "double": np.float64}


def write(path, target):
    convention = "ptx_kernel " if target == "nvptx" else ""
    parts = sorted(DECLARED)
    if target == "host":
        parts.append(TO_BFLOAT)
    for name, types, body in CASES:
        names = "abc"[: len(types) - 1]
        parameters = ", ".join(f"ptr %p{n}" for n in ["r", *names])
        loads = "".join(
            f"  %at.{n} = getelementptr {t}, ptr %p{n}, i64 %i\n"
            f"  %{n} = load {t}, ptr %at.{n}\n" for n, t in zip(names, types[1:]))
        parts.append(
            f"define {convention}void @\"{name}\"({parameters}) {{\n"
            "start:\n  br label %loop\nloop:\n"
            "  %i = phi i64 [ 0, %start ], [ %next, %loop ]\n"
            f"{loads}  {body}\n"
            f"  %at.r = getelementptr {types[0]}, ptr %pr, i64 %i\n"
            f"  store {types[0]} %r, ptr %at.r\n"
            f"  %next = add i64 %i, 1\n  %more = icmp ult i64 %next, {COUNT}\n"
            "  br i1 %more, label %loop, label %end\nend:\n  ret void\n}\n")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(parts))


def operand(type_, random):
    if type_ in ("float", "double"):
        special = [0.0, -0.0, np.inf, -np.inf, np.nan, 0.5, -1.5, 2.5, 1e30, -1e-40]
        scale = 10.0 ** random.integers(-3, 12, COUNT)
        values = random.standard_normal(COUNT) * scale
        values[random.permutation(COUNT)[:len(special)]] = special
        return values.astype(NUMPY[type_])
    bits = int(type_[1:])
    special = [0, 1, 2, 31, 32, 1 << (bits - 1), (1 << bits) - 1, (1 << (bits - 1)) - 1]
    values = random.integers(0, 1 << 64, COUNT, np.uint64) >> np.uint64(64 - bits)
    values[random.permutation(COUNT)[:len(special)]] = [
        s & (1 << bits) - 1 for s in special]
    return values.astype(NUMPY[type_])


def is_nan(values, name):
    """NaNs have other bits on the device."""
    if values.dtype.kind == "f":
        return np.isnan(values)
    if "half2" in name:
        parts = values.view(np.float16).reshape(-1, 2)
        return np.isnan(parts).any(1)
    if "half" in name and values.dtype == np.uint16:
        return np.isnan(values.view(np.float16))
    if "bfloat" in name and values.dtype == np.uint16:
        return np.isnan((values.astype(np.uint32) << 16).view(np.float32))
    return np.zeros(values.shape, bool)


def compare(ptx, library):
    from ptx_emulator import Input, Module, Output

    with open(ptx, encoding="utf-8") as file:
        module = Module(file.read())
    host = ctypes.CDLL(library)
    failures = 0
    for number, (name, types, _) in enumerate(CASES):
        random = np.random.default_rng(number)
        inputs = [operand(t, random) for t in types[1:]]
        expected = np.zeros(COUNT, NUMPY[types[0]])
        host[name](*(ctypes.c_void_p(a.ctypes.data) for a in [expected, *inputs]))
        out = Output((COUNT,), NUMPY[types[0]])
        module.launch(name, (1, 1, 1), (1, 1, 1), [out, *(Input(a) for a in inputs)])
        same = out.array.view(np.uint8).reshape(COUNT, -1) == (
            expected.view(np.uint8).reshape(COUNT, -1))
        good = same.all(1) | is_nan(out.array, name) & is_nan(expected, name)
        if not good.all():
            failures += 1
            i = int(np.argmin(good))
            print(f"FAIL {name} {types}: {[a[i] for a in inputs]} gave "
                  f"{out.array[i]!r}, the host {expected[i]!r}")
    print(f"{len(CASES)} cases, {failures} failures")
    return failures


if sys.argv[1] == "write":
    write(*sys.argv[2:])
else:
    sys.exit(compare(*sys.argv[2:]) != 0)
