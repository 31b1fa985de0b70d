"""Every shape and layout of the tensor cores against numpy.

The matrices of mma.sync come from global memory element by element, by the
tables of the ISA; the tiles of wgmma are laid out here in numpy.
"""

import sys

import numpy as np

from ptx_emulator import Input, Module, Output
from writer import Writer, braces, head

random = np.random.default_rng(11)
texts, checks = [], []
failures = 0


def to_bits(x, element):
    x = np.asarray(x, np.float32)
    if element == "f16":
        return x.astype(np.float16).view(np.uint16)
    if element == "bf16":
        bits = x.view(np.uint32)
        return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)
    return x.view(np.uint32)  # tf32: the low 13 bits must not matter.


def to_numbers(bits, element):
    if element == "f16":
        return bits.view(np.float16).astype(np.float64)
    if element == "bf16":
        return (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    return (bits & 0xFFFFE000).view(np.float32).astype(np.float64)


def matrices(m, n, k, element):
    a = to_bits(random.standard_normal((m, k)), element)
    b = to_bits(random.standard_normal((k, n)), element)
    return a, b, to_numbers(a, element) @ to_numbers(b, element)


# --- mma.sync ---------------------------------------------------------------


def fragments(matrix, rows, k, element, is_b):
    """What each lane holds: an array of [32, registers] words."""
    packed = 1 if element == "tf32" else 2
    words = []
    for lane in range(32):
        group, i = lane // 4, lane % 4
        registers = []
        for part in range(k // (4 * packed)):
            for row in range(group, rows, 8):
                word = 0
                for h in range(packed):
                    along = part * 4 * packed + i * packed + h
                    value = matrix[along, row] if is_b else matrix[row, along]
                    word |= int(value) << 16 * h
                registers.append(word)
        words.append(registers)
    return np.array(words, np.uint32)


def mma(k, element):
    name = f"mma_{k}_{element}"
    a, b, expected = matrices(16, 8, k, element)
    c = random.standard_normal((16, 8)).astype(np.float32)
    w = Writer()
    at = {n: w.set("ld.param.u64", f"[{n}]", kind="rd") for n in "abcd"}
    lane = w.set("mov.u32", "%tid.x")
    counts = {"a": a.size // 32 * a.itemsize // 4, "b": b.size // 32 * b.itemsize // 4,
              "c": 4}
    registers = {}
    for n, count in counts.items():
        offset = w.set("mul.wide.u32", lane, 4 * count, kind="rd")
        address = w.set("add.s64", at[n], offset, kind="rd")
        registers[n] = [w.set("ld.global.b32", f"[{address}+{4 * i}]")
                        for i in range(count)]
    d = w.many(4)
    w(f"mma.sync.aligned.m16n8k{k}.row.col.f32.{element}.{element}.f32 "
      f"{braces(d)}, {', '.join(braces(registers[n]) for n in 'abc')}")
    offset = w.set("mul.wide.u32", lane, 16, kind="rd")
    address = w.set("add.s64", at["d"], offset, kind="rd")
    w(f"st.global.v4.b32 [{address}], {braces(d)}")
    texts.append(w.function(name, [(".u64", n) for n in "abcd"]))

    def lanes(matrix):
        return np.array([[matrix[l // 4 + 8 * (r // 2), l % 4 * 2 + r % 2]
                          for r in range(4)] for l in range(32)])

    def check(module):
        out = Output((32, 4), np.float32)
        module.launch(name, (1, 1, 1), (32, 1, 1), [
            Input(fragments(a, 16, k, element, False)),
            Input(fragments(b, 8, k, element, True)),
            Input(lanes(c)), out])
        return np.abs(out.array - lanes(expected + c)).max() < 1e-5

    checks.append((name, check))


for k, element in ((16, "bf16"), (8, "bf16"), (16, "f16"), (8, "f16"),
                   (8, "tf32"), (4, "tf32")):
    mma(k, element)


# --- ldmatrix and stmatrix --------------------------------------------------


def move_matrices(count, trans):
    """Loads `count` matrices and stores them transposed, if `trans`, in the
    other half of shared memory."""
    name = f"matrices_{count}{'_trans' if trans else ''}"
    w = Writer()
    source, out = (w.set("ld.param.u64", f"[{n}]", kind="rd") for n in "ab")
    lane = w.set("mov.u32", "%tid.x")
    base = w.set("mov.u32", "tiles")
    offset = w.set("mul.wide.u32", lane, 16, kind="rd")
    address = w.set("add.s64", source, offset, kind="rd")
    row = w.many(4)
    w(f"ld.global.v4.b32 {braces(row)}, [{address}]")
    here = w.set("mad.lo.u32", lane, 16, base)
    w(f"st.shared.v4.b32 [{here}], {braces(row)}")
    w("bar.sync 0")
    part = w.many(count)
    w(f"ldmatrix.sync.aligned.m8n8.x{count}{trans}.shared.b16 {braces(part)}, "
      f"[{here}]")
    there = w.set("add.u32", here, 512)
    w(f"stmatrix.sync.aligned.m8n8.x{count}.shared.b16 [{there}], {braces(part)}")
    w("bar.sync 0")
    lower = w.set("setp.lt.u32", lane, 8 * count, kind="p")
    w(f"@!{lower} bra END")
    w(f"ld.shared.v4.b32 {braces(row)}, [{there}]")
    address = w.set("add.s64", out, offset, kind="rd")
    w(f"st.global.v4.b32 [{address}], {braces(row)}")
    w.label("END")
    texts.append(w.function(name, [(".u64", n) for n in "ab"]))
    values = np.arange(256, dtype=np.uint16).reshape(4, 8, 8)

    def check(module):
        out = Output((count, 8, 8), np.uint16)
        module.launch(name, (1, 1, 1), (32, 1, 1), [Input(values), out],
                      shared=1024)
        wanted = values[:count]
        return (out.array == (wanted.transpose(0, 2, 1) if trans else wanted)).all()

    checks.append((name, check))


for count in (1, 2, 4):
    move_matrices(count, "")
    move_matrices(count, ".trans")


# --- wgmma ------------------------------------------------------------------


def lay_out(matrix, swizzle, transposed):
    """A tile's bytes and its descriptor less the address.

    `matrix` is [rows, k]: the rows of A or the columns of B. A core matrix is
    8 rows of 16 bytes; for a transposed tile, 8 steps of k of 16 bytes.
    """
    size = matrix.itemsize
    rows, k = matrix.shape
    outer, inner = (k, rows) if transposed else (rows, k)
    values = matrix.T if transposed else matrix
    span = swizzle or 16  # Bytes of a piece that lie side by side.
    pieces = inner * size // span or 1
    blocks = outer // 8
    image = np.zeros(pieces * blocks * 8 * span, np.uint8)
    between_pieces, between_blocks = blocks * 8 * span, 8 * span
    if transposed and not swizzle:
        # An order of its own, so that the strides are not mistaken.
        between_pieces, between_blocks = 8 * span, pieces * 8 * span
    for o in range(outer):
        for i in range(inner):
            byte = i * size
            at = (byte // span * between_pieces + o // 8 * between_blocks
                  + o % 8 * span + byte % span)
            if swizzle:
                line = at // 128
                at ^= (line % (swizzle // 16)) * 16
            image[at:at + size] = np.frombuffer(values[o, i].tobytes(), np.uint8)
    leading, stride = between_pieces, between_blocks
    if transposed and not swizzle:
        leading, stride = between_blocks, between_pieces
    kind = {0: 0, 128: 1, 64: 2, 32: 3}[swizzle]
    return image, kind << 62 | stride // 16 << 32 | leading // 16 << 16


def wgmma(n, element, swizzles, transposes=(0, 0), scales=(1, 1), d=True,
          registers=False):
    k = 8 if element == "tf32" else 16
    name = f"wgmma_{len(checks)}"
    a, b, expected = matrices(64, n, k, element)
    left, a_fields = lay_out(a, swizzles[0], transposes[0])
    right, b_fields = lay_out(b.T, swizzles[1], transposes[1])
    image = np.concatenate([
        left, np.zeros(-len(left) % 1024, np.uint8),
        right, np.zeros(-len(right) % 1024, np.uint8)])
    b_at = len(left) + -len(left) % 1024
    w = Writer()
    source, pieces, out = (
        w.set("ld.param.u64", f"[{x}]", kind="rd") for x in "abc")
    tid = w.set("mov.u32", "%tid.x")
    base = w.set("mov.u32", "tiles")
    at = w.set("mul.lo.u32", tid, 4)
    w.label("COPY")
    offset = w.set("cvt.u64.u32", at, kind="rd")
    address = w.set("add.s64", source, offset, kind="rd")
    word = w.set("ld.global.b32", f"[{address}]")
    to = w.set("add.u32", at, base)
    w(f"st.shared.b32 [{to}], {word}")
    w(f"add.u32 {at}, {at}, 512")
    more = w.set("setp.lt.u32", at, len(image), kind="p")
    w(f"@{more} bra COPY")
    w("fence.proxy.async.shared::cta")
    w("bar.sync 0")
    sums = w.many(n // 2)
    for register in sums:
        w(f"mov.b32 {register}, 0f3F800000")
    offset = w.set("mul.wide.u32", tid, 16, kind="rd")
    address = w.set("add.s64", pieces, offset, kind="rd")
    mine = w.many(4)
    w(f"ld.global.v4.b32 {braces(mine)}, [{address}]")
    descriptors = []
    for start, fields in ((0, a_fields), (b_at, b_fields)):
        tile = w.set("add.u32", base, start)
        tile = w.set("shr.u32", tile, 4)
        tile = w.set("cvt.u64.u32", tile, kind="rd")
        descriptors.append(w.set("or.b64", tile, fields, kind="rd"))
    w("wgmma.fence.sync.aligned")
    keep = w.set("setp.eq.u32", 0, 0 if d else 1, kind="p")
    flags = [*scales]
    if element != "tf32":
        flags += [transposes[1]] if registers else transposes
    w(f"wgmma.mma_async.sync.aligned.m64n{n}k{k}.f32.{element}.{element} "
      f"{braces(sums)}, {braces(mine) if registers else descriptors[0]}, "
      f"{descriptors[1]}, {keep}, {', '.join(map(str, flags))}")
    w("wgmma.commit_group.sync.aligned")
    w("wgmma.wait_group.sync.aligned 0")
    offset = w.set("mul.wide.u32", tid, 2 * n, kind="rd")
    address = w.set("add.s64", out, offset, kind="rd")
    for i, register in enumerate(sums):
        w(f"st.global.b32 [{address}+{4 * i}], {register}")
    texts.append(w.function(name, [(".u64", x) for x in "abc"]))
    expected = scales[0] * scales[1] * expected + (1 if d else 0)

    def check(module):
        out = Output((128, n // 2), np.float32)
        rows = [fragments(a[16 * i:16 * i + 16], 16, k, element, False)
                for i in range(4)]
        module.launch(name, (1, 1, 1), (128, 1, 1), [
            Input(image), Input(np.concatenate(rows)), out],
            shared=len(image), seed=n)
        result = np.empty((64, n))
        for t in range(128):
            for r in range(n // 2):
                row = t // 32 * 16 + t % 32 // 4 + 8 * (r // 2 % 2)
                result[row, r // 4 * 8 + t % 4 * 2 + r % 2] = out.array[t, r]
        return np.abs(result - expected).max() < 1e-4

    checks.append((f"{name}: n {n}, {element}, swizzles {swizzles}, "
                   f"transposes {transposes}", check))


for swizzle in (0, 32, 64, 128):
    # k is 32 bytes: a 64- or 128-byte row would hold more steps of k.
    if swizzle <= 32:
        wgmma(24, "bf16", (swizzle, swizzle))
        wgmma(8, "tf32", (swizzle, swizzle))
    wgmma(128, "f16", (swizzle if swizzle <= 32 else 32, swizzle), (0, 1))
    wgmma(64, "bf16", (swizzle, 0), (1, 0), (-1, 1))
wgmma(256, "bf16", (128, 128), (1, 1), (1, 1), d=False)
wgmma(16, "bf16", (0, 32), (0, 1), (-1, -1), registers=True)
wgmma(40, "tf32", (0, 32), registers=True)

text = head("sm_90a", True) + "".join(texts)
if sys.argv[1:] == ["--print"]:
    print(text)
    sys.exit()
module = Module(text)
for name, check in checks:
    if not check(module):
        failures += 1
        print(f"FAIL {name}")
print(f"{len(checks)} cases, {failures} failures")
sys.exit(failures != 0)
