"""Each kernel of errors.ptx fails at its line, for its reason."""

import os
import re
import sys

import numpy as np

from ptx_emulator import Input, KernelError, Module, Output

path = os.path.join(os.path.dirname(__file__), "errors.ptx")
with open(path, encoding="utf-8") as file:
    text = file.read()
module = Module(text)
expected, standing, kernel = {}, {}, ""
for number, line in enumerate(text.split("\n"), 1):
    match = re.search(r"\.(?:entry|func)(?: \(.*?\))? (\w+)", line)
    kernel = match[1].replace("deeper", "endless_calls") if match else kernel
    match = re.search(r"// error(-either)?: (.*)", line)
    if match:
        expected.setdefault(kernel, []).append((number, match[2]))
    if line.endswith("// stands"):
        standing.setdefault(kernel, []).append(number)


def run(name, seed):
    out = Output((64,), np.float32)
    try:
        module.launch(name, (1, 1, 1), (64, 1, 1),
                      [Input(np.ones(64, np.float32)), out], seed=seed,
                      max_steps=10**7 if name == "endless_calls" else 10**5)
    except KernelError as error:
        return error
    return None


failures = 0
for name in [f.name for f in module.tree.functions.values() if f.is_entry]:
    for seed in range(4):
        error = run(name, seed)
        if name in standing:
            what = "limit on steps" if name == "livelock" else "deadlock"
            good = error and what in error.message and all(
                f"line {n}" in error.message for n in standing[name])
        else:
            good = error and any(
                error.line == number and part in error.message
                for number, part in expected[name])
        if not good:
            failures += 1
            print(f"FAIL {name}, seed {seed}: line {getattr(error, 'line', 0)}: "
                  f"{getattr(error, 'message', None)}\n  not {expected.get(name)}")
print(f"{len(expected) + len(standing)} kernels, {failures} failures")
sys.exit(failures != 0)
