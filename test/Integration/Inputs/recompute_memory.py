"""Memory of the recompute form does not depend on the number of tokens, and its code
still computes again what it does not keep.

usage: recompute_memory.py ATTN-COMPILE ATTN-RUN GPT-DECODER.py FOLDER
"""

import json
import os
import re
import subprocess
import sys

import numpy as np

from stack import Kernel, make_plan, write

DIM, HEADS, HIDDEN, VOCAB = 64, 4, 256, 64
# Floats, see check_scratch.
MORE_PER_LAYER, MORE_AT_THE_BOTTOM = 2 * DIM, 4 * DIM


def decoder(script, layers, segments, dim=DIM, hidden=HIDDEN):
    return subprocess.run(
        [sys.executable, script, f"--layers={layers}", f"--dim={dim}", f"--hidden={hidden}",
         f"--heads={HEADS}", f"--vocab={VOCAB}", f"--plan={make_plan(segments)}"],
        check=True, capture_output=True, text=True).stdout


def check(condition, what):
    if not condition:
        sys.exit(what)


# ------------------------------------------------------------------------ scratch


def measure_scratch(attn_run, path, length, heap=0):
    """Bytes of scratch, which a run has written to the end, with `heap` bytes of caches
    (and what an allocation adds for its alignment)."""
    done = subprocess.run(
        [attn_run, path, f"--size=arg0_size0={length}", "--memory", "--count", "--json"],
        check=True, capture_output=True, text=True)
    report = json.loads(done.stdout)
    scratch = report["scratch"]
    written = report["counts"]["scratch_bytes"]["measured"]
    check(heap <= scratch["heap_bytes"] <= heap + 128 * (heap > 0),
          f"{length} tokens: {scratch['heap_bytes']} bytes of heap, expected {heap}")
    check(written == scratch["stack_bytes"],
          f"{length} tokens: {written} bytes written of {scratch['stack_bytes']}")
    return written


def get_closed_form(layers):
    """Bytes: a frame of each layer, and at the bottom either a key and value or the
    hidden features of the MLP. A frame is what enters, the query, the state."""
    frame = 3 * DIM + 2 * HEADS
    return 4 * max(layers * frame + DIM + 2 * DIM, (layers - 1) * frame + DIM + HIDDEN)


def check_scratch(attn_run, script, folder):
    """The closed form and some more. In each frame 2 d floats: what the norm gives, from
    which the token's own key is projected after its history, and a second accumulator.
    At the bottom up to 4 d: a key before and after its rotation, the rotation, what the
    norm of the key's token gives; and ends of 64 bytes."""
    for layers, lengths in ((2, (16, 64, 256)), (3, (16, 64))):
        path = os.path.join(folder, "decoder.mlir")
        write(path, decoder(script, layers, [(layers,)]))
        sizes = {measure_scratch(attn_run, path, length) for length in lengths}
        check(len(sizes) == 1, f"{layers} layers: scratch of {sizes} bytes")
        (size,) = sizes
        least = get_closed_form(layers)
        more = 4 * (layers * MORE_PER_LAYER + MORE_AT_THE_BOTTOM)
        check(least <= size <= least + more,
              f"{layers} layers: {size} bytes of scratch, the closed form says {least}")


def check_caches(attn_run, script, folder):
    """A cache is there once: the functions of three layers read it, with it the
    residual that is theirs to change, and have no copies."""
    path = os.path.join(folder, "caches.mlir")
    write(path, decoder(script, 4, [(1,), (3, "input")], 16, 32))
    sizes = {measure_scratch(attn_run, path, length, heap=length * 16 * 4)
             for length in (17, 33)}
    check(len(sizes) == 1, f"input cache: scratch of {sizes} bytes")


# ------------------------------------------------------------------------ process


def read_peak():
    """Bytes of this process."""
    with open("/proc/self/status") as file:
        return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", file.read()).group(1))


def grow(kernel, weights, short, long):
    """By how much the peak grows from `short` to `long` tokens."""
    kernel(np.zeros(short, np.int64), *weights)
    before = read_peak()
    kernel(np.zeros(long, np.int64), *weights)
    return read_peak() - before


def check_process(attn_compile, script, folder):
    """Caches are seen by the same measurement."""
    kernels = [Kernel(attn_compile, decoder(script, 2, segments), folder)
               for segments in ([(2,)], [(1, "kv")] * 2)]
    weights = [np.full(argument["shape"], 0.01, np.float32)
               for argument in kernels[0].interface["arguments"][1:]
               if argument["role"] == "input"]
    growth = grow(kernels[0], weights, 16, 256)
    check(growth < 2**20, f"the process grows by {growth} bytes")
    # 2 layers of keys and values, of 4 bytes.
    cache = 2 * 2 * 4096 * DIM * 4
    growth = grow(kernels[1], weights, 16, 4096)
    check(growth > cache, f"the process grows by {growth} bytes, the cache has {cache}")


# --------------------------------------------------------------------------- code


def check_code(attn_compile, script, folder):
    """Each layer but the last is a function that is not inlined; it is called for its
    input and for its history by the layer above, and for its history by the loop over
    tokens. Nothing is allocated. One layer more is as much code more."""
    lines = []
    for layers in range(2, 7):
        path = os.path.join(folder, "code.mlir")
        write(path, decoder(script, layers, [(layers,)], 16, 32))
        done = subprocess.run([attn_compile, path, "--emit=ll"], check=True,
                              capture_output=True, text=True)
        text = done.stdout
        lines.append(text.count("\n"))
        check("alloc(" not in text, f"{layers} layers: something is allocated")
        for layer in range(1, layers):
            name = rf"@decoder[.\w]*\.layer_{layer}\("
            head = re.findall(rf"^define internal .*{name}.*#(\d+).*{{$", text, re.M)
            check(len(head) == 1, f"{layers} layers: {len(head)} functions of layer {layer}")
            attributes = re.search(rf"^attributes #{head[0]} = .*", text, re.M).group()
            check("noinline" in attributes, f"layer {layer} may be inlined")
        callers = {}
        for function in re.split(r"^define ", text, flags=re.M)[1:]:
            caller = re.search(r"@([\w.]+)\(", function).group(1)
            for layer in re.findall(r"call .*@decoder[.\w]*\.layer_(\d+)\(", function):
                above = re.search(r"layer_(\d+)$", caller)
                key = (int(above.group(1)) if above else "tokens", int(layer))
                callers[key] = callers.get(key, 0) + 1
        expected = {("tokens", layer): 1 for layer in range(1, layers)}
        expected.update({(layer + 1, layer): 2 for layer in range(1, layers - 1)})
        check(callers == expected, f"{layers} layers: calls {callers}, expected {expected}")
    first = np.diff(lines)
    check((np.abs(np.diff(first)) <= 0.02 * first[0]).all(), f"lines of code: {lines}")


def main():
    attn_compile, attn_run, script, folder = sys.argv[1:]
    check_process(attn_compile, script, folder)
    check_scratch(attn_run, script, folder)
    check_caches(attn_run, script, folder)
    check_code(attn_compile, script, folder)
    print("memory as promised")


if __name__ == "__main__":
    main()
