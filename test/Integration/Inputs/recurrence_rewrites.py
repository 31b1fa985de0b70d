"""Each rewrite of a recurrence computes what its input computed, and that is what
the reference evaluation says.

usage: recurrence_rewrites.py ATTN_OPT ATTN_RUN FOLDER PASSES FILE.mlir ...

PASSES: flags of attn-opt without the first dashes, separated by commas; several
lists, separated by slashes, are tried one after the other.
"""

import os
import re
import subprocess
import sys

import numpy as np

# Sizes that are not in the types, and not 3: the flattened head of 3 x 3.
SIZES = {("dynamic-heads-score", 2): 9}
FUNCTION = re.compile(r"func\.func @\w+\((.*?)\)\s*->\s*(\(.*?\)|[^{]*?) \{", re.S)
INTEGERS = {"index", "i64", "i32"}


def make_inputs(path, text):
    """Random data for each argument of the function: `?` is 3, positions are 2."""
    name = os.path.splitext(os.path.basename(path))[0]
    signature = FUNCTION.search(text).group(1)
    random = np.random.default_rng(0)
    arrays = []
    for number, kind in enumerate(re.findall(r"%\w+: (tensor<[^>]*>|\w+)", signature)):
        dims, element = re.fullmatch(r"(?:tensor<)?((?:[\d?]+x)*)(\w+)>?", kind).groups()
        shape = [SIZES.get((name, number), 3) if dim == "?" else int(dim)
                 for dim in dims.split("x")[:-1]]
        if element in INTEGERS:
            arrays.append(np.full(shape, 2, dtype=np.int32 if element == "i32" else np.int64))
        elif element == "i1":
            arrays.append(random.random(shape) < 0.7)
        else:
            dtype = {"f64": np.float64, "f16": np.float16}.get(element, np.float32)
            arrays.append(random.standard_normal(shape).astype(dtype))
    return arrays


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def main():
    attn_opt, attn_run, folder, pass_lists, *paths = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    count = 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        inputs = []
        for number, array in enumerate(make_inputs(path, text)):
            name = os.path.join(folder, f"input{number}.npy")
            np.save(name, array)
            inputs.append(f"--input={name}")
        results = FUNCTION.search(text).group(2).count("tensor<")
        outputs = [os.path.join(folder, f"output{n}.npy") for n in range(results)]
        tolerance = ["--atol=1e-2", "--rtol=1e-2"] if re.search(r"b?f16", text) else \
            ["--atol=2e-5", "--rtol=2e-5"]
        run(attn_run, path, "--check", *inputs, *(f"--output={name}" for name in outputs))
        for passes in pass_lists.split("/"):
            flags = [f"--{flag}" for flag in passes.split(",")]
            rewritten = os.path.join(folder, "rewritten.mlir")
            run(attn_opt, path, *flags, "-o", rewritten)
            with open(rewritten, encoding="utf-8") as file:
                after = file.read()
            if re.findall(r"attn\.attention|recur\.\w+an", after) == \
                    re.findall(r"attn\.attention|recur\.\w+an", text):
                sys.exit(f"{path}: {passes} changes nothing")
            run(attn_run, rewritten, *inputs, *tolerance, *(f"--expect={name}" for name in outputs))
            count += 1
    print(f"{count} rewritten functions agree")


main()
