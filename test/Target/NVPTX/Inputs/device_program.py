"""Compiles a function for a GPU and runs it in the emulator.

    program = Program(attn_compile, text, prefix, "--form=blocked")
    outputs = program.run([query, key, value])

A program is what attn-compile writes as JSON (buffers and launches, with sizes as
expressions) and PTX. Buffers and results start as memory that was never written:
to read it is an error, as is a result with an element that no kernel writes.
"""

import json
import subprocess

import numpy as np

from ptx_emulator import Input, Module, Output

TYPES = {
    "f64": np.float64, "f32": np.float32, "f16": np.float16, "bf16": np.uint16,
    "i64": np.int64, "i32": np.int32, "i16": np.int16, "i8": np.int8,
    "i1": np.uint8, "index": np.int64,
}  # fmt: skip


def to_memory(array, element):
    """As it lies in memory: bfloat16 comes in float32, rounded already."""
    if element == "bf16":
        bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
        return (bits >> 16).astype(np.uint16)
    return np.ascontiguousarray(array).astype(TYPES[element])


def from_memory(array, element):
    if element == "bf16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array


class Program:
    def __init__(self, attn_compile, text, prefix, *options):
        with open(prefix + ".mlir", "w") as file:
            file.write(text)
        done = subprocess.run(
            [attn_compile, prefix + ".mlir", "--target=nvptx", "--emit=ptx,json",
             "-o", prefix, *options], capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"exit status {done.returncode}: {done.stderr[-3000:]}")
        self.remarks = done.stderr
        with open(prefix + ".json") as file:
            self.description = json.load(file)
        with open(prefix + ".ptx") as file:
            self.module = Module(file.read())

    def arguments(self, role):
        return [a for a in self.description["arguments"] if a["role"] == role]

    def run(self, arrays, seed=1, **how):
        """The results on `arrays`, one for each argument, in order; `how` is for
        Module.launch."""
        values, sizes = {}, {}
        for array, argument in zip(arrays, self.arguments("input"), strict=True):
            array = np.asarray(array)
            for name, size in zip(argument["shape"], array.shape):
                if isinstance(name, str):
                    assert sizes.setdefault(name, size) == size, name
            memory = to_memory(array, argument["type"])
            values[argument["name"]] = Input(memory) if argument["array"] else memory[()]
        outputs = self.arguments("output")
        for argument in outputs:
            shape = [sizes.get(size, size) for size in argument["shape"]]
            values[argument["name"]] = Output(shape, TYPES[argument["type"]])
        evaluate = lambda text: int(eval(text, {"__builtins__": {}}, sizes))
        buffers = [
            Output((evaluate(b["bytes"]),), np.uint8) for b in self.description["buffers"]
        ]
        for launch in self.description["launches"]:
            grid = tuple(evaluate(text) for text in launch["grid"])
            assert min(grid) >= 0, launch
            if 0 in grid:
                continue
            parameters = []
            for parameter in launch["parameters"]:
                if "argument" in parameter:
                    parameters.append(values[parameter["argument"]])
                elif "buffer" in parameter:
                    parameters.append(buffers[parameter["buffer"]])
                else:
                    parameters.append(np.int64(evaluate(parameter["size"])))
            self.module.launch(
                launch["kernel"], grid, tuple(launch["block"]), parameters,
                seed=seed, shared=launch["shared_bytes"], **how,
            )  # fmt: skip
        results = []
        for argument in outputs:
            output = values[argument["name"]]
            missing = output.missing()
            assert not len(missing), f"{argument['name']}{missing[0]} is never written"
            results.append(from_memory(output.array, argument["type"]))
        return results
