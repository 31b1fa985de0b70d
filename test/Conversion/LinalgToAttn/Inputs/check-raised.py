"""Runs a function as it is written and with its attention raised, each compiled
and compared with the reference: check-raised.py FILE [option of attn-run]...
A function with a mask is run once more, with a mask that hides all keys of some
queries."""

import re
import subprocess
import sys
import tempfile

import numpy

# Arguments that hide keys. A bias and the table of one hide them with -inf.
MASKS = {"mask", "visible", "bias", "table", "valid", "past"}
TYPES = {"f16": "f2", "f32": "f4", "f64": "f8", "i1": "?", "i32": "i4", "i64": "i8"}


def get_arguments(text):
    """Name, shape and element type of each argument, in order."""
    arguments = re.search(r"func\.func @\w+\((.*?)\)\s*->", text, re.S).group(1)
    found = []
    for name, type in re.findall(r"%(\w+): ([\w<>?]+)", arguments):
        *shape, element = re.sub(r"tensor<|>", "", type).replace("index", "i64").split("x")
        found.append((name, shape, element))
    return found


def hide_rows(shape, element, random):
    """All is hidden, then nothing or the opposite, then something, ..."""
    if not shape:  # A number of keys that can be seen, or of past ones.
        return numpy.array(-2)
    if len(shape) == 1 and element == "i64":  # One such number per batch.
        return numpy.arange(shape[0]) * 3
    mask = random.integers(0, 2, shape).astype(TYPES[element])
    rows = mask.reshape(-1, shape[-1])
    rows[0::3] = 0
    rows[1::3] = 1
    if element.startswith("f"):
        rows[:] = numpy.log(rows, where=rows > 0, out=numpy.full_like(rows, -numpy.inf))
    return mask


def write_inputs(arguments, folder):
    """Options of attn-run."""
    random = numpy.random.default_rng(0)
    options = []
    for name, shape, element in arguments:
        shape = [int(size) for size in shape]
        if name in MASKS:
            array = hide_rows(shape, element, random)
        elif element.startswith("f"):
            array = random.standard_normal(shape)
        else:
            array = random.integers(0, 8, shape)
        path = f"{folder}/{name}.npy"
        numpy.save(path, numpy.asarray(array, TYPES[element]))
        options.append("--input=" + path)
    return options


def check(arguments):
    for options in (["--raise=false"], ["--form=blocked"]):
        command = ["attn-run", *arguments, "--check", *options]
        if subprocess.run(command).returncode != 0:
            sys.exit(" ".join(command) + " failed")


def main():
    check(sys.argv[1:])
    with open(sys.argv[1], encoding="utf-8") as file:
        arguments = get_arguments(file.read())
    if any(name in MASKS for name, _, _ in arguments):
        with tempfile.TemporaryDirectory() as folder:
            check([sys.argv[1], *write_inputs(arguments, folder)])


main()
