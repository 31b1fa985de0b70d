#!/usr/bin/env python3
"""Runs a kernel of a PTX file on the CPU, with arrays of .npy files.

    run-ptx.py FILE.ptx --kernel NAME --grid 4 --block 32,2 \\
        --arg in:a.npy --arg out:b.npy:f32:64x64 --arg u32:64

Arguments, in the order of the kernel's parameters:

    in:FILE              an array that is only read
    inout:FILE[:FILE]    an array that is read and written [to the second]
    out:FILE:TYPE:SHAPE  an array that is written, as in out:b.npy:f32:4x8
    map:FILE:box=SHAPE[:swizzle=BYTES][:fill=nan]
    map-out:FILE:TYPE:SHAPE:box=SHAPE[:swizzle=BYTES]
                         the same by way of a tensor map, innermost size last
    u32:5, s32:-1, u64:7, f32:0.5, ...   a number

bf16 arrays hold their bits, as u16. The exit status is 1 if the kernel does
what it must not, or leaves an element of an output unwritten.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import numpy as np  # noqa: E402

import ptx_emulator  # noqa: E402
from ptx_emulator import arguments  # noqa: E402


def triple(text):
    numbers = [int(n) for n in text.split(",")]
    return tuple(numbers + [1] * (3 - len(numbers)))[:3]


def read_options():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("file")
    add("--kernel", required=True)
    add("--grid", type=triple, default=(1, 1, 1), metavar="X,Y,Z")
    add("--block", type=triple, required=True, metavar="X,Y,Z")
    add("--arg", action="append", default=[], metavar="SPEC")
    add("--shared", type=int, default=0, help="bytes of dynamic shared memory")
    add("--seed", type=int, default=0, help="of the schedule")
    add("--seeds", type=int, default=1,
        help="run with this many seeds, one after the other")
    add("--eager", action="store_true",
        help="asynchronous work is done at once, not as late as possible")
    add("--max-steps", type=int, default=10**10)
    add("--no-check-fences", action="store_true",
        help="wgmma.fence may be missing")
    add("--allow-unwritten", action="store_true",
        help="outputs may have elements that are never written")
    add("--allow-unwritten-shared", action="store_true",
        help="reads of unwritten shared memory give NaNs and are no errors")
    add("--cache", help="folder of compiled kernels")
    add("--emit-cpp", action="store_true",
        help="print the C++ and do nothing else")
    return parser.parse_args()


def run(options, text):
    if options.emit_cpp:
        tree = ptx_emulator.launch.parser.parse(text)
        print(ptx_emulator.launch.ModuleTranslator(tree).translate())
        return
    module = ptx_emulator.Module(text, options.cache)
    steps = 0
    for seed in range(options.seed, options.seed + options.seeds):
        given, files = [], []
        for specification in options.arg:
            argument, targets = arguments.read_specification(specification)
            given.append(argument)
            files += targets
        steps = module.launch(
            options.kernel, options.grid, options.block, given, seed=seed,
            eager=options.eager, max_steps=options.max_steps,
            shared=options.shared, check_fences=not options.no_check_fences,
            shared_is_written=options.allow_unwritten_shared,
        )
        for path, buffer in files:
            check_written(options, path, buffer)
            np.save(path, buffer.array)
    print(f"{options.kernel}: {steps} instructions")


def check_written(options, path, buffer):
    if options.allow_unwritten or buffer.state is None:
        return
    missing = buffer.missing()
    if len(missing):
        raise ptx_emulator.PtxError(
            f"{len(missing)} of {buffer.array.size} elements of {path} were "
            f"never written, the first at {tuple(int(n) for n in missing[0])}"
        )


def main():
    options = read_options()
    text = ""
    try:
        with open(options.file, encoding="utf-8") as file:
            text = file.read()
        run(options, text)
    except OSError as error:
        sys.exit(f"error: {error}")
    except ptx_emulator.PtxError as error:
        print(
            ptx_emulator.describe(error, options.file, text.split("\n")),
            file=sys.stderr,
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
