#!/usr/bin/env python3
"""Checks and times compiled attention on an NVIDIA GPU, beside PyTorch's.

    gpu-variants.py FOLDER --chip=sm_90a     (anywhere: compiles)
    gpu-check.py FOLDER                      (where the GPU is: this file, FOLDER
                                             and PyTorch with CUDA are enough)

Each program of FOLDER/variants.json runs on random inputs and is compared with a
reference in f32 (of f32 and f64: in f64). The largest error must be within the gate
of its type or within twice the error of PyTorch's attention in the same type,
whichever is larger. Programs that are for timing are timed with CUDA's events,
PyTorch's FlashAttention, cuDNN and FlexAttention beside them: the best of --repeat
measurements. A ratio above 1 says that the program here is the faster one.

The table is printed and written to FOLDER/gpu-check.md. The exit status is 1 if a
program is missing, fails or is wrong.
"""

import argparse
import ctypes
import json
import math
import os
import re
import sys

INFINITY = float("inf")
DEVICE = "cuda"


# ---------------------------------------------------------------------------
# What is right. `xp` is torch, or numpy in the tests of this file.
# ---------------------------------------------------------------------------


def get_scale(v):
    return v["scale"] or 1 / math.sqrt(v["head_dim"])


def attend(xp, query, key, value, i, j, v):
    """Output and log-sum-exp of the queries at positions `i` of one head."""
    scores = (query @ key.T) * get_scale(v)
    if v["softcap"]:
        scores = xp.tanh(scores / v["softcap"]) * v["softcap"]
    last = i[:, None] + v["offset"]
    visible = j[None, :] > -1
    if v["causal"] or v["window"]:
        visible = visible & (j[None, :] <= last)
    if v["window"]:
        visible = visible & (j[None, :] > last - v["window"])
    scores = xp.where(visible, scores, scores * 0 - INFINITY)
    top = getattr(scores, "amax", scores.max)(-1)
    top = xp.where(top == -INFINITY, xp.zeros_like(top), top)
    weights = xp.exp(scores - top[:, None])
    total = weights.sum(-1)
    output = (weights @ value) / xp.where(total == 0, xp.ones_like(total), total)[:, None]
    return output, top + xp.log(total)


def count_pairs(v):
    """Pairs of a query and a key that it sees, of one head."""
    if not v["causal"] and not v["window"]:
        return v["queries"] * v["keys"]
    pairs = 0
    for i in range(v["queries"]):
        end = min(i + v["offset"] + 1, v["keys"])
        begin = max(i + v["offset"] + 1 - v["window"], 0) if v["window"] else 0
        pairs += max(end - begin, 0)
    return pairs


def count_flops(v):
    dims = v["head_dim"] + v["value_dim"]
    return 2.0 * v["batch"] * v["heads"] * count_pairs(v) * dims


def count_bytes(v):
    """Of memory that must be read or written once."""
    size = {"f16": 2, "bf16": 2, "f32": 4, "f64": 8}[v["dtype"]]
    dims = v["head_dim"] + v["value_dim"]
    keys = v["kv_heads"] * v["keys"] * dims
    return size * v["batch"] * (keys + v["heads"] * v["queries"] * dims)


def is_decode(v):
    return v["queries"] == 1


def get_gates(v, query_norm, key_norm, largest_value, largest_lse):
    """The largest errors of the output and of the log-sum-exp. Norms are the largest
    of all queries and of all keys."""
    if v["dtype"] == "f64":
        return 1e-13 * largest_value, 1e-12 * max(1, largest_lse)
    scores = math.sqrt(v["head_dim"]) * get_scale(v) * query_norm * key_norm
    rounding = 2 * 2.0**-24 * (1 + math.sqrt(v["keys"]) + scores)
    storage = {"f32": 0, "f16": 5e-4, "bf16": 4e-3}[v["dtype"]]
    return (storage + rounding) * largest_value, rounding * max(1, largest_lse)


def get_error(xp, computed, expected):
    """The largest difference. NaN and infinity agree with themselves only."""
    same = (computed == expected) | ((computed != computed) & (expected != expected))
    difference = xp.where(same, xp.zeros_like(expected), abs(computed - expected))
    if difference.reshape(-1).shape[0] == 0:
        return 0.0
    largest = float(difference.max())
    return INFINITY if math.isnan(largest) else largest


# ---------------------------------------------------------------------------
# The program
# ---------------------------------------------------------------------------


def evaluate(text, sizes):
    """A size of the description; its text is arithmetic over the free sizes."""
    if not re.fullmatch(r"[\w\s+*/%()-]*", text):
        raise ValueError(f"'{text}' is not a size")
    return eval(text, {"__builtins__": {}}, sizes)


def resolve_launches(program, sizes, arguments, buffers):
    """Launches that have blocks, with grids and parameters as numbers. `arguments`:
    addresses by name; `buffers`: addresses."""
    launches = []
    for launch in program["launches"]:
        grid = [evaluate(blocks, sizes) for blocks in launch["grid"]]
        if min(grid) == 0:
            continue
        parameters = []
        for parameter in launch["parameters"]:
            if "argument" in parameter:
                parameters.append(arguments[parameter["argument"]])
            elif "buffer" in parameter:
                parameters.append(buffers[parameter["buffer"]])
            else:
                parameters.append(evaluate(parameter["size"], sizes))
        launches.append((launch["kernel"], grid, launch["block"],
                         launch["shared_bytes"], parameters))
    return launches


class Driver:
    """The functions of libcuda that PyTorch does not show."""

    def __init__(self):
        self.cuda = ctypes.CDLL("libcuda.so.1")

    def call(self, function, *arguments):
        status = getattr(self.cuda, function)(*arguments)
        if status:
            name = ctypes.c_char_p()
            self.cuda.cuGetErrorName(status, ctypes.byref(name))
            text = name.value.decode() if name.value else f"error {status}"
            raise RuntimeError(f"{function}: {text}")

    def load(self, image):
        """A module from PTX, which the driver compiles, or from a cubin."""
        module, log = ctypes.c_void_p(), ctypes.create_string_buffer(4096)
        options = (ctypes.c_int * 2)(5, 6)  # CU_JIT_ERROR_LOG_BUFFER and its size.
        values = (ctypes.c_void_p * 2)(ctypes.addressof(log), len(log) - 1)
        try:
            self.call("cuModuleLoadDataEx", ctypes.byref(module), image, 2, options,
                      values)
        except RuntimeError as error:
            text = log.value.decode(errors="replace").strip()
            raise RuntimeError(f"{error} {text}") from error
        return module

    def get_function(self, module, name, shared_bytes):
        function = ctypes.c_void_p()
        self.call("cuModuleGetFunction", ctypes.byref(function), module,
                  name.encode())
        if shared_bytes > 48 * 1024:
            maximum = 8  # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
            self.call("cuFuncSetAttribute", function, maximum, shared_bytes)
        return function

    def launch(self, function, grid, block, shared_bytes, stream, pointers):
        self.call("cuLaunchKernel", function, *grid, *block, shared_bytes,
                  ctypes.c_void_p(stream), pointers, None)


class Program:
    """A program with its arrays, ready to run."""

    def __init__(self, torch, driver, prefix, arrays):
        with open(prefix + ".json", encoding="utf-8") as file:
            program = json.load(file)
        image = prefix + ".cubin"
        if not os.path.exists(image):
            image = prefix + ".ptx"
        with open(image, "rb") as file:
            module = driver.load(file.read() + b"\0")
        if any(not argument["array"] for argument in program["arguments"]):
            raise RuntimeError("scalar arguments are not supported")
        names = [argument["name"] for argument in program["arguments"]]
        sizes = {}
        for argument, array in zip(program["arguments"], arrays):
            for dim, size in zip(argument["shape"], array.shape):
                if isinstance(dim, str):
                    sizes[dim] = size
        # One block of memory at least: an address that is not null.
        self.buffers = [
            torch.empty(max(evaluate(b["bytes"], sizes), 1), dtype=torch.uint8,
                        device=DEVICE)
            for b in program["buffers"]
        ]
        self.arrays, self.torch, self.driver = arrays, torch, driver
        self.launches = []
        for kernel, grid, block, shared_bytes, parameters in resolve_launches(
            program, sizes,
            {name: array.data_ptr() for name, array in zip(names, arrays)},
            [buffer.data_ptr() for buffer in self.buffers],
        ):
            # All parameters are addresses or sizes: eight bytes each.
            values = [ctypes.c_uint64(parameter) for parameter in parameters]
            pointers = (ctypes.c_void_p * max(len(values), 1))(
                *(ctypes.addressof(value) for value in values))
            function = driver.get_function(module, kernel, shared_bytes)
            self.launches.append((function, grid, block, shared_bytes, pointers,
                                  values))

    def run(self):
        stream = self.torch.cuda.current_stream().cuda_stream
        for function, grid, block, shared_bytes, pointers, _ in self.launches:
            self.driver.launch(function, grid, block, shared_bytes, stream, pointers)


# ---------------------------------------------------------------------------
# On the GPU
# ---------------------------------------------------------------------------


def get_shape(v, heads, length, dim):
    """`heads`: sizes of the head dimensions."""
    if v["layout"] == "bhsd":
        return (v["batch"], *heads, length, dim)
    return (v["batch"], length, *heads, dim)


def to_heads(array, v):
    """batch x head x length x dim, whatever the layout."""
    group = v["heads"] // v["kv_heads"]
    is_query = array.dim() == 5
    if v["layout"] == "bhsd":
        return array.flatten(1, 2) if is_query else array
    return (array.flatten(2, 3) if is_query and group > 1 else array).transpose(1, 2)


def make_arrays(torch, v):
    """Query, key, value, output and, if there is one, log-sum-exp."""
    dtype = {"f16": torch.float16, "bf16": torch.bfloat16, "f32": torch.float32,
             "f64": torch.float64}[v["dtype"]]
    wide = torch.float64 if v["dtype"] == "f64" else torch.float32
    group = v["heads"] // v["kv_heads"]
    key_heads = (v["kv_heads"],)
    heads = key_heads + ((group,) if group > 1 else ())
    torch.manual_seed(0)

    def random(*shape):
        return torch.randn(shape, dtype=torch.float32, device=DEVICE).to(dtype)

    query = random(*get_shape(v, heads, v["queries"], v["head_dim"]))
    key = random(*get_shape(v, key_heads, v["keys"], v["head_dim"]))
    value = random(*get_shape(v, key_heads, v["keys"], v["value_dim"]))
    output_shape = get_shape(v, heads, v["queries"], v["value_dim"])
    arrays = [query, key, value,
              torch.full(output_shape, math.nan, dtype=dtype, device=DEVICE)]
    if v["lse"]:
        arrays.append(torch.full(output_shape[:-1], math.nan, dtype=wide,
                                 device=DEVICE))
    return arrays


def compute_reference(torch, arrays, v, rows=2048):
    """Output and log-sum-exp, as batch x head x length [x dim]."""
    wide = torch.float64 if v["dtype"] in ("f32", "f64") else torch.float32
    query, key, value = (to_heads(array, v) for array in arrays[:3])
    group = v["heads"] // v["kv_heads"]
    j = torch.arange(v["keys"], device=DEVICE)
    shape = (v["batch"], v["heads"], v["queries"], v["value_dim"])
    output = torch.empty(shape, dtype=wide, device=DEVICE)
    lse = torch.empty(shape[:-1], dtype=wide, device=DEVICE)
    for b in range(v["batch"]):
        for h in range(v["heads"]):
            k, x = (a[b, h // group].to(wide) for a in (key, value))
            for begin in range(0, v["queries"], rows):
                i = torch.arange(begin, min(begin + rows, v["queries"]),
                                 device=DEVICE)
                q = query[b, h, i].to(wide)
                output[b, h, i], lse[b, h, i] = attend(torch, q, k, x, i, j, v)
    return output, lse


def measure(torch, run, repeat):
    """Seconds of one call: the best of `repeat` measurements of 5 ms or more."""
    def once(calls):
        begin = torch.cuda.Event(enable_timing=True)
        end = torch.cuda.Event(enable_timing=True)
        begin.record()
        for _ in range(calls):
            run()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end) * 1e-3 / calls

    once(1)
    calls = max(1, min(1000, math.ceil(5e-3 / max(once(1), 1e-7))))
    return min(once(calls) for _ in range(repeat))


class Peers:
    """PyTorch's own attention; what cannot be had raises with the reason."""

    NAMES = ("flash", "cudnn", "flex")

    def __init__(self, torch):
        self.torch = torch

    @staticmethod
    def check_plain(v):
        """scaled_dot_product_attention has neither windows nor soft-caps, and its
        causal mask begins at the first key."""
        if v["softcap"]:
            raise NotImplementedError("no soft-cap")
        if v["window"]:
            raise NotImplementedError("no window")
        if v["causal"] and v["offset"] and not is_decode(v):
            raise NotImplementedError("no offset")

    def plain(self, arrays, v, backend=None):
        self.check_plain(v)
        functional = self.torch.nn.functional
        query, key, value = (to_heads(array, v) for array in arrays[:3])
        options = {"is_causal": v["causal"] and not is_decode(v),
                   "scale": get_scale(v)}
        if v["heads"] != v["kv_heads"]:
            options["enable_gqa"] = True

        def run():
            return functional.scaled_dot_product_attention(query, key, value,
                                                           **options)

        if backend is None:
            return run
        from torch.nn.attention import SDPBackend, sdpa_kernel

        def run_with_backend():
            with sdpa_kernel([getattr(SDPBackend, backend)]):
                return run()

        return run_with_backend

    def flex(self, arrays, v):
        from torch.nn.attention.flex_attention import (create_block_mask,
                                                       flex_attention)

        query, key, value = (to_heads(array, v) for array in arrays[:3])
        offset, window, softcap = v["offset"], v["window"], v["softcap"]
        tanh = self.torch.tanh

        def mask(b, h, i, j):
            visible = j <= i + offset
            return visible & (j > i + offset - window) if window else visible

        def cap(score, b, h, i, j):
            return tanh(score / softcap) * softcap

        block_mask = None
        if v["causal"] or window:
            block_mask = create_block_mask(mask, None, None, v["queries"], v["keys"],
                                           device=DEVICE)
        # Anew for each: after a few shapes it would no longer be compiled.
        self.torch._dynamo.reset()
        compiled = self.torch.compile(flex_attention, dynamic=False)
        return lambda: compiled(
            query, key, value, score_mod=cap if softcap else None,
            block_mask=block_mask, scale=get_scale(v),
            enable_gqa=v["heads"] != v["kv_heads"])

    def get(self, name, arrays, v):
        if name == "flex":
            return self.flex(arrays, v)
        backend = {"flash": "FLASH_ATTENTION", "cudnn": "CUDNN_ATTENTION"}[name]
        return self.plain(arrays, v, backend)


def check(torch, program, arrays, v, peers):
    """Row entries: error, gate and whether it is right."""
    program.run()
    torch.cuda.synchronize()
    output, lse = compute_reference(torch, arrays, v)
    query, key, value = arrays[:3]

    def largest(array):
        finite = array[array.isfinite()]
        return float(finite.abs().max()) if finite.numel() else 0.0

    gate, lse_gate = get_gates(
        v, float(query.double().norm(dim=-1).max()),
        float(key.double().norm(dim=-1).max()), largest(value), largest(lse))
    try:
        theirs = peers.plain(arrays, v)().to(output.dtype)
        # Where a row sees nothing, PyTorch's is not defined.
        gate = max(gate, 2 * get_error(torch, theirs.nan_to_num(), output))
    except (NotImplementedError, RuntimeError):
        pass
    error = get_error(torch, to_heads(arrays[3], v).to(output.dtype), output)
    row = {"error": error, "gate": gate, "right": error <= gate}
    if v["lse"]:
        computed = to_heads(arrays[4].unsqueeze(-1), v)[..., 0].to(lse.dtype)
        lse_error = get_error(torch, computed, lse)
        row["right"] &= lse_error <= lse_gate
        row["note"] = f"log-sum-exp: {lse_error:.1e}, gate {lse_gate:.1e}"
    return row


def first_line(error):
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:60]


def run_variant(torch, driver, peers, v, options):
    row = {"variant": v, "right": False}
    if v.get("error"):
        row["note"] = "did not compile: " + v["error"]
        return row
    try:
        arrays = make_arrays(torch, v)
        program = Program(torch, driver, os.path.join(options.folder, v["name"]),
                          arrays)
        row.update(check(torch, program, arrays, v, peers))
        if not v["time"] or options.no_time:
            return row
        row["seconds"] = measure(torch, program.run, options.repeat)
    except (RuntimeError, OSError, ValueError, KeyError) as error:
        row["right"] = False
        row["note"] = first_line(error)
        return row
    row["peers"] = {}
    for name in Peers.NAMES:
        try:
            row["peers"][name] = measure(torch, peers.get(name, arrays, v),
                                         options.repeat)
        except Exception as error:  # Whatever: the cell says what.
            row["peers"][name] = first_line(error)
    return row


def measure_bandwidth(torch, repeat):
    """Bytes per second of a copy, each read and each written byte counted."""
    source = torch.empty(1 << 30, dtype=torch.uint8, device=DEVICE)
    target = torch.empty_like(source)
    return 2 * source.numel() / measure(torch, lambda: target.copy_(source), repeat)


# ---------------------------------------------------------------------------
# The table
# ---------------------------------------------------------------------------

COLUMNS = ("program", "type", "shape", "error", "gate", "right", "time", "rate")


def describe_shape(v):
    heads = f"{v['heads']}/{v['kv_heads']}" if v["heads"] != v["kv_heads"] else (
        f"{v['heads']}")
    length = f"S{v['queries']}" if v["queries"] == v["keys"] else (
        f"Q{v['queries']} K{v['keys']}")
    dims = f"D{v['head_dim']}"
    if v["head_dim"] != v["value_dim"]:
        dims += f"/{v['value_dim']}"
    return f"B{v['batch']} H{heads} {length} {dims}"


def format_rate(v, seconds, bandwidth):
    if not is_decode(v):
        return f"{count_flops(v) / seconds * 1e-12:.1f} TFLOP/s"
    rate = count_bytes(v) / seconds
    return f"{rate * 1e-9:.0f} GB/s, {100 * rate / bandwidth:.0f} % of a copy"


def format_cells(row, bandwidth):
    v = row["variant"]
    cells = [v["name"], v["dtype"], describe_shape(v)]
    cells += [f"{row[key]:.1e}" if key in row else "" for key in ("error", "gate")]
    cells.append("yes" if row["right"] else "**NO**")
    if row.get("note"):
        cells[-1] += f" ({row['note']})"
    seconds = row.get("seconds")
    cells.append(f"{seconds * 1e3:.3f} ms" if seconds else "")
    cells.append(format_rate(v, seconds, bandwidth) if seconds else "")
    for name in Peers.NAMES:
        theirs = row.get("peers", {}).get(name, "")
        if isinstance(theirs, float):
            theirs = f"{theirs * 1e3:.3f} ms, {theirs / seconds:.2f}"
        cells.append(theirs)
    return [cell.replace("|", "/") for cell in cells]


def format_table(rows, bandwidth):
    header = [*COLUMNS, *(f"{name}, ratio" for name in Peers.NAMES)]
    lines = [header, ["---"] * len(header)]
    lines += [format_cells(row, bandwidth) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    return "\n".join(
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths)) + " |"
        for line in lines) + "\n"


# ---------------------------------------------------------------------------
# The command
# ---------------------------------------------------------------------------


def read_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="as gpu-variants.py writes it")
    parser.add_argument("--only", default="", metavar="REGEX", help="of names")
    parser.add_argument("--list", action="store_true", help="names, and no more")
    parser.add_argument("--no-time", action="store_true", help="check only")
    parser.add_argument("--repeat", type=int, default=7, metavar="N")
    parser.add_argument("--output", metavar="FILE", help="of the table")
    return parser.parse_args()


def read_variants(options):
    path = os.path.join(options.folder, "variants.json")
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError) as error:
        sys.exit(f"error: {path}: {error}; write it with gpu-variants.py")
    variants = [v for v in content["variants"] if re.search(options.only, v["name"])]
    if not variants:
        sys.exit(f"error: no program has a name like '{options.only}'; see --list")
    return content, variants


def load_torch():
    try:
        import torch
    except ImportError as error:
        sys.exit(f"error: gpu-check.py needs PyTorch with CUDA ({error}): "
                 "pip install torch")
    if not torch.cuda.is_available():
        sys.exit("error: gpu-check.py needs an NVIDIA GPU, and PyTorch sees none: "
                 "look at nvidia-smi and at torch.version.cuda")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.cuda.init()
    torch.empty(1, device=DEVICE)  # Makes the context current.
    return torch


def main():
    options = read_options()
    content, variants = read_variants(options)
    if options.list:
        for v in variants:
            print(f"{v['name']}: {v['dtype']} {describe_shape(v)}")
        return 0
    torch = load_torch()
    driver, peers = Driver(), Peers(torch)
    bandwidth = measure_bandwidth(torch, options.repeat)
    rows = []
    for v in variants:
        rows.append(run_variant(torch, driver, peers, v, options))
        print(f"{v['name']}: {'ok' if rows[-1]['right'] else 'FAILED'}",
              file=sys.stderr, flush=True)
    text = (
        f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}, form "
        f"{content['form']} for {content['chip']}. A copy moves "
        f"{bandwidth * 1e-9:.0f} GB/s. Best of {options.repeat}; a ratio above 1: "
        "faster than PyTorch's.\n\n" + format_table(rows, bandwidth))
    print(text)
    with open(options.output or os.path.join(options.folder, "gpu-check.md"), "w",
              encoding="utf-8") as file:
        file.write(text)
    wrong = [row["variant"]["name"] for row in rows if not row["right"]]
    if wrong:
        print(f"error: {len(wrong)} of {len(rows)} failed: {', '.join(wrong)}",
              file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
