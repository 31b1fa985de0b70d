"""Kernels for 1, 2, 3 and 4 threads: the same bits, and those near the reference.

usage: threads.py ATTN-COMPILE EXAMPLES FOLDER attention|recurrences

`threads` of a kernel's interface must say that there is something to divide, so
that a kernel that quietly runs on one thread does not pass.
"""

import ctypes
import json
import os
import subprocess
import sys

# Threads of many kernels in one process: none may wait at the cost of others.
os.environ["KMP_BLOCKTIME"] = "0"

import numpy as np

from attention_case import Case
from guard_pages import GuardedArray, call, in_memory
from recurrences import CELLS, GATES, draw, largest_difference, shape_of, variant
from run_case import compare

THREADS = (1, 2, 3, 4)
TYPES = {"f64": np.float64, "f32": np.float32, "bf16": np.uint16, "f16": np.float16}


class Kernel:
    def __init__(self, attn_compile, text, prefix, *options):
        with open(prefix + ".mlir", "w") as file:
            file.write(text)
        subprocess.run([attn_compile, prefix + ".mlir", "--emit=so,json", "-o", prefix, *options],
                       check=True)  # fmt: skip
        with open(prefix + ".json") as file:
            self.interface = json.load(file)
        library = ctypes.CDLL(os.path.abspath(prefix + ".so"))
        self.function = getattr(library, self.interface["name"] + "_packed")
        self.threads = self.interface["threads"]
        roles = lambda role: [a for a in self.interface["arguments"] if a["role"] == role]
        self.inputs, self.outputs = roles("input"), roles("output")

    def run(self, arrays):
        """The bytes of each result."""
        contents, sizes = [], {}
        for array, argument in zip(arrays, self.inputs, strict=True):
            contents.append(in_memory(array, argument["type"]))
            sizes.update((name, size) for name, size in zip(argument["shape"], array.shape)
                         if isinstance(name, str))  # fmt: skip
        self.shapes = [[sizes.get(size, size) for size in a["shape"]] for a in self.outputs]
        for argument, shape in zip(self.outputs, self.shapes):
            width = np.dtype(TYPES[argument["type"]]).itemsize
            contents.append(b"\xee" * (int(np.prod(shape)) * width))
        memory = [GuardedArray(content, at_end=True) for content in contents]
        status = call(self.function, [array.address for array in memory],
                      [sizes[name] for name in self.interface["sizes"]])  # fmt: skip
        assert status == 0, f"error code {status}"
        results = [array.read() for array in memory[len(arrays) :]]
        for array in memory:
            array.free()
        return results

    def as_arrays(self, results):
        return [np.frombuffer(data, TYPES[argument["type"]]).reshape(shape).astype(np.float64)
                for data, argument, shape in zip(results, self.outputs, self.shapes)]  # fmt: skip


def same_bits(what, kernels, arrays):
    """The results of the kernel for one thread. A second run shows what a first
    one left behind."""
    expected = kernels[0].run(arrays)
    for count, kernel in zip(THREADS, kernels):
        for _ in range(2):
            assert kernel.run(arrays) == expected, f"{what}: other bits on {count} threads"
    return expected


def compile_all(attn_compile, text, prefix, *options):
    kernels = [Kernel(attn_compile, text, f"{prefix}-{count}", f"--num-threads={count}", *options)
               for count in THREADS]  # fmt: skip
    assert [k.threads for k in kernels] == list(THREADS), f"{prefix}: nothing is divided"
    return kernels


ATTENTION = {
    "causal": Case(queries=101, keys=101, heads=3, layout="hsd", mask="causal", lse=True),
    # Fewer tiles than threads, then an odd number of them; the rest of 5 rows.
    "one-head": Case(queries=37, keys=37, mask="causal", tile=(8, 16)),
    "window": Case(queries=130, keys=130, heads=2, layout="hsd", mask="window<9, 0>",
                   tile=(16, 32)),
    "documents": Case(queries=90, keys=90, batch=2, heads=2, layout="bhsd", segments="batch",
                      mask="and<#attn.causal, #attn.segments>", tile=(16, 32)),
    "grouped": Case(queries=33, keys=65, batch=2, heads=2, group=3, layout="bhgsd", score="alibi",
                    mask="causal", offset="scalar", offset_value=32),
    "dynamic": Case(queries=64, keys=75, batch=2, heads=3, layout="bshd", dynamic="sequence"),
    "decode": Case(queries=1, keys=300, batch=2, heads=5, layout="bhsd", valid="batch",
                   valid_value=260, mask_tensor="bool", dtype="bf16"),
    "decode-groups": Case(queries=2, keys=300, batch=2, heads=2, group=4, layout="bhgsd",
                          dtype="bf16", features=80, valid="batch", valid_value=270,
                          dynamic="keys", lse=True),
    "features-first": Case(queries=40, keys=9, batch=1, heads=4, layout="features-first",
                           dtype="f64", mask="prefix<5>"),
}  # fmt: skip

# In the blocked form, of 1024 keys: more than threads; of one batch and head, where
# nothing else is divided; past the keys of a batch; at the beginning of a window.
SPLITS = {
    "decode-splits": Case(queries=1, keys=4200, batch=2, heads=2, layout="bhsd", lse=True),
    "decode-alone": Case(queries=4, keys=3000, dtype="bf16", mask="causal", offset="scalar",
                         offset_value=2996, dynamic="keys"),
    "decode-lengths": Case(queries=2, keys=2500, batch=3, heads=2, group=2, layout="bhgsd",
                           valid="batch", valid_value=1100, dynamic="keys", lse=True),
    "decode-window": Case(queries=1, keys=5000, batch=2, heads=1, layout="bhsd",
                          mask="window<1500, 0>", offset="batch", offset_value=4000),
}  # fmt: skip


def check_attention(attn_compile, folder):
    for name, case in {**ATTENTION, **SPLITS}.items():
        arrays = case.inputs()
        tile = []
        if any(case.tile):
            tile = ["--queries=%d" % case.tile[0], "--keys=%d" % case.tile[1],
                    "--block=%d" % case.tile[0]]  # fmt: skip
        forms = ("blocked",) if name in SPLITS else ("blocked", "recurrent", "materialized")
        for form in forms:
            if form == "materialized" and name == "one-head":
                continue  # Nothing to divide: its queries are one tile.
            what = f"{name} {form}"
            kernels = compile_all(attn_compile, case.ir(), os.path.join(folder, f"{name}-{form}"),
                                  f"--form={form}", *tile)  # fmt: skip
            results = same_bits(what, kernels, list(arrays.values()))
            output = kernels[0].as_arrays(results)[0]
            if case.dtype == "bf16":
                bits = np.frombuffer(results[0], np.uint16).astype(np.uint32) << 16
                output = bits.view(np.float32).reshape(output.shape)
            compare(what, output, case.reference(arrays)[0], case.gate(arrays))
            yield what


RECURRENCES = [
    # Matrix products in chunks, over batch and heads.
    ("retention", "", False),
    ("retention", "chunked, chunk = 16", True),
    # Products of chunks, each chunk by itself: one batch, a loop over the batch, a
    # cell of numbers; from the end too.
    ("mamba", "chunked, chunk = 16", False),
    ("mamba", "chunked, chunk = 5", True),
    ("lru", "chunked, chunk = 16", False),
    ("rwkv4", "chunked, chunk = 16", False),
    ("rwkv4", "chunked, chunk = 7", True),
    # One token after the other, over the batch.
    ("mamba", "sequential", False),
    ("lru", "tree", False),
    ("rwkv4", "sequential", False),
    ("tanh_rnn", "", False),
    ("page_flipping_tanh", "", False),
]


def check_recurrences(attn_compile, examples, folder):
    cells = {cell.__name__: (cell, arguments) for cell, arguments in CELLS.items()}
    for number, (name, schedule, reverse) in enumerate(RECURRENCES):
        cell, arguments = cells[name]
        with open(os.path.join(examples, name.replace("_", "-") + ".mlir")) as file:
            text = variant(file.read(), "f32", schedule, reverse=reverse)
        kernels = compile_all(attn_compile, text, os.path.join(folder, str(number)))
        for length in (0, 1, 2, 16, 33, 131):
            what = f"{name} {schedule}{' reverse' * reverse}, {length} tokens"
            data = draw(arguments, kernels[0].inputs, length, "random", False, seed=length)
            results = same_bits(what, kernels, list(data.values()))
            if not reverse:
                wide = {key: array.astype(np.float64) for key, array in data.items()}
                largest_difference(what, kernels[0].as_arrays(results), cell(**wide), GATES["f32"])
            yield what


def main():
    attn_compile, examples, folder, kind = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    checks = (check_attention(attn_compile, folder) if kind == "attention"
              else check_recurrences(attn_compile, examples, folder))  # fmt: skip
    print(f"{len(list(checks))} cases have the same bits on {THREADS} threads")


if __name__ == "__main__":
    main()
