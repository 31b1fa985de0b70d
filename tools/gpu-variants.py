#!/usr/bin/env python3
"""Writes programs for gpu-check.py: many variants of attention, compiled for a GPU.

    gpu-variants.py FOLDER [--chip=sm_90a] [--form=blocked] [--only=REGEX]

For each variant FOLDER gets NAME.mlir, NAME.ptx, NAME.json and, where ptxas is
found, NAME.cubin; variants.json says what each one computes. A GPU is not needed.
The exit status is 1 if a variant does not compile; the others are there then.
"""

import argparse
import json
import os
import re
import subprocess
import sys

DEFAULTS = {
    "dtype": "bf16",
    "batch": 1,
    "heads": 2,
    "kv_heads": 2,
    "queries": 128,
    "keys": 128,
    "head_dim": 64,  # Of queries and keys.
    "value_dim": 64,
    "causal": True,
    "offset": 0,  # Query i sees key j if j <= i + offset.
    "window": None,  # Keys that a query sees, its own among them.
    "softcap": None,
    "scale": None,  # None: 1 / sqrt(head_dim).
    "lse": False,  # The log-sum-exp is a result, too.
    "layout": "bhsd",  # Or bshd.
    "time": False,
}


def variant(name, **changes):
    unknown = set(changes) - set(DEFAULTS)
    assert not unknown, unknown
    result = {"name": name, **DEFAULTS, **changes}
    if "kv_heads" not in changes:
        result["kv_heads"] = result["heads"]
    if "keys" not in changes:
        result["keys"] = result["queries"]
    if "value_dim" not in changes:
        result["value_dim"] = result["head_dim"]
    return result


def get_checks():
    """Small ones, of every kind."""
    for dtype in ("f16", "bf16", "f32", "f64"):
        yield variant(f"causal-{dtype}", dtype=dtype)
        yield variant(f"full-{dtype}", dtype=dtype, causal=False)
    for length in (1, 7, 16, 63, 65, 129, 1023):
        yield variant(f"length-{length}", queries=length)
    yield variant("fewer-queries", queries=33, keys=200, offset=167)
    yield variant("empty-rows", queries=70, keys=65, offset=-5)
    for dim in (40, 80, 96, 128, 192, 256):
        yield variant(f"dim-{dim}", queries=130, head_dim=dim)
    yield variant("dims-differ", queries=130, head_dim=192, value_dim=128)
    yield variant("groups", heads=8, kv_heads=2, queries=130)
    yield variant("one-key-head", heads=4, kv_heads=1, queries=130)
    yield variant("batches", batch=3, queries=130)
    yield variant("window", queries=300, window=64)
    yield variant("softcap", queries=130, softcap=20.0)
    yield variant("scale", queries=130, scale=0.5)
    yield variant("lse", queries=130, lse=True)
    yield variant("lse-groups", heads=4, kv_heads=2, queries=130, lse=True)
    yield variant("lse-empty-rows", queries=70, keys=65, offset=-5, lse=True)
    yield variant("bshd", queries=130, layout="bshd")
    yield variant("bshd-groups", heads=4, kv_heads=2, queries=130, layout="bshd")
    yield variant("decode", heads=8, kv_heads=2, queries=1, keys=1000, offset=999)


def get_benchmarks():
    """As published tables have them: 16k tokens, 2048 features of all heads."""
    for dim in (64, 128):
        for length in (1024, 2048, 4096, 8192, 16384):
            for causal in (True, False):
                mask = "causal" if causal else "full"
                yield variant(
                    f"time-{mask}-d{dim}-s{length}",
                    batch=16384 // length,
                    heads=2048 // dim,
                    queries=length,
                    head_dim=dim,
                    causal=causal,
                    time=True,
                )
    for batch in (1, 8):
        yield variant(
            f"time-decode-b{batch}",
            batch=batch,
            heads=32,
            kv_heads=8,
            queries=1,
            keys=32768,
            head_dim=128,
            offset=32767,
            time=True,
        )


def get_shape(v, heads, length, dim):
    """`heads`: sizes of the head dimensions."""
    if v["layout"] == "bhsd":
        shape = [v["batch"], *heads, length]
    else:
        shape = [v["batch"], length, *heads]
    return shape + ([dim] if dim else [])


def get_tensor(shape, dtype):
    return "tensor<" + "".join(f"{size}x" for size in shape) + dtype + ">"


def get_source(v):
    """The variant in the attn dialect."""
    group = v["heads"] // v["kv_heads"]
    key_heads = [v["kv_heads"]]
    heads = key_heads + [group] if group > 1 else key_heads
    dtype, wide = v["dtype"], "f64" if v["dtype"] == "f64" else "f32"
    query = get_tensor(get_shape(v, heads, v["queries"], v["head_dim"]), dtype)
    key = get_tensor(get_shape(v, key_heads, v["keys"], v["head_dim"]), dtype)
    value = get_tensor(get_shape(v, key_heads, v["keys"], v["value_dim"]), dtype)
    output = get_tensor(get_shape(v, heads, v["queries"], v["value_dim"]), dtype)
    lse = get_tensor(get_shape(v, heads, v["queries"], 0), wide)
    layout = v["layout"]
    if group > 1:
        layout = {"bhsd": "bhgsd", "bshd": "bshgd"}[layout]

    attributes = []
    if v["window"]:
        attributes.append(f"mask = #attn.window<{v['window'] - 1}, 0>")
    elif v["causal"]:
        attributes.append("mask = #attn.causal")
    if v["scale"]:
        attributes.append(f"scale = {v['scale']!r} : f64")
    offset = "query_offset(%offset : index) " if v["offset"] else ""
    score = ""
    if v["softcap"]:
        indices = "".join(f", %i{i}: index" for i in range(len(heads) + 3))
        score = f"""
      score(%s: {wide}{indices}) {{
        %cap = arith.constant {v['softcap']!r} : {wide}
        %small = arith.divf %s, %cap : {wide}
        %tanh = math.tanh %small : {wide}
        %capped = arith.mulf %tanh, %cap : {wide}
        attn.yield %capped : {wide}
      }}"""
    results, inits = [output], ["%init"]
    if v["lse"]:
        results, inits = results + [lse], inits + ["%lse_init"]
    types = ", ".join(results)
    values = ", ".join(f"%r{i}" for i in range(len(results)))
    return f"""\
func.func @attention(%query: {query}, %key: {key}, %value: {value})
    -> ({types}) {{
  %offset = arith.constant {v['offset']} : index
  %init = tensor.empty() : {output}
  %lse_init = tensor.empty() : {lse}
  {values} = attn.attention
      ins(%query, %key, %value : {query}, {key}, {value})
      {offset}outs({', '.join(inits)} : {types}) layout({layout})
      {{{', '.join(attributes)}}}{score} -> {types}
  return {values} : {types}
}}
"""


def compile_variant(v, options):
    """An error's text, or nothing."""
    prefix = os.path.join(options.folder, v["name"])
    with open(prefix + ".mlir", "w", encoding="utf-8") as file:
        file.write(get_source(v))
    command = [options.attn_compile, prefix + ".mlir", "--target=nvptx"]
    command += [f"--chip={options.chip}", f"--form={options.form}"]
    command += ["--emit=ptx,cubin,json", "-o", prefix]
    if options.no_cubin:
        command[-3] = "--emit=ptx,json"
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        return "took more than ten minutes to compile"
    if done.returncode:
        return done.stderr.strip().splitlines()[0] if done.stderr else "failed"
    return None


def read_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder")
    parser.add_argument("--attn-compile", default="attn-compile", metavar="PATH")
    parser.add_argument("--chip", default="sm_80")
    parser.add_argument("--form", default="blocked")
    parser.add_argument("--only", default="", metavar="REGEX", help="of names")
    parser.add_argument("--no-cubin", action="store_true",
                        help="PTX only, for the driver to assemble")
    return parser.parse_args()


def main():
    options = read_options()
    os.makedirs(options.folder, exist_ok=True)
    variants = [
        v
        for v in (*get_checks(), *get_benchmarks())
        if re.search(options.only, v["name"])
    ]
    if not variants:
        sys.exit(f"error: no variant has a name like '{options.only}'")
    failures = 0
    for v in variants:
        try:
            v["error"] = compile_variant(v, options)
        except OSError as error:
            sys.exit(f"error: {options.attn_compile} cannot be run: "
                     f"{error.strerror}; give --attn-compile=PATH")
        failures += v["error"] is not None
        print(f"{v['name']}: {v['error'] or 'ok'}", flush=True)
    path = os.path.join(options.folder, "variants.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"chip": options.chip, "form": options.form,
                   "variants": variants}, file, indent=1)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
