"""Compiles translated kernels, and keeps what it compiled.

The cache is a folder of files named after a hash of everything they were
made from; writing one is a rename, so that several processes may share it.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile

from .errors import PtxError

RUNTIME = os.path.join(os.path.dirname(os.path.dirname(__file__)), "runtime")
# The translated program's arithmetic is PTX's: nothing is contracted.
FLAGS = [
    "-std=c++17", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off",
    "-fno-math-errno", "-fno-strict-aliasing", "-fwrapv",
]


def compiler():
    names = [
        os.environ.get("PTX_EMULATOR_CXX"),
        "clang++-22",
        "/usr/lib/llvm-22/bin/clang++",
        "clang++",
    ]
    for name in names:
        if name and shutil.which(name):
            return shutil.which(name)
    raise PtxError("no C++ compiler found: install clang-22")


def digest(*parts):
    state = hashlib.sha256()
    for part in parts:
        state.update(part.encode() + b"\0")
    return state.hexdigest()[:24]


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise PtxError(
            "the translated program does not compile, which is a bug of the "
            f"emulator:\n{done.stderr[:4000]}"
        )


def sources(suffixes):
    return sorted(f for f in os.listdir(RUNTIME) if f.endswith(suffixes))


def runtime_key(cxx):
    parts = [cxx, *FLAGS]
    for name in sources((".cpp", ".h")):
        with open(os.path.join(RUNTIME, name), encoding="utf-8") as file:
            parts += [name, file.read()]
    return digest(*parts)


def build_runtime(cxx, key, cache):
    """The folder of the runtime's object files."""
    folder = os.path.join(cache, f"runtime-{key}")
    if os.path.isdir(folder):
        return folder
    work = tempfile.mkdtemp(dir=cache)
    # All in one, which compiles in a third of the time; but the rounding
    # modes need a flag of their own.
    for name, parts, extra in [
        ("rounding", ["rounding.cpp"], ["-frounding-math"]),
        ("rest", [f for f in sources((".cpp",)) if f != "rounding.cpp"], []),
    ]:
        source = os.path.join(work, f"all-{name}.cpp")
        with open(source, "w", encoding="utf-8") as file:
            file.writelines(f'#include "{part}"\n' for part in parts)
        run([cxx, *FLAGS, *extra, "-O2", f"-I{RUNTIME}", "-c", source,
             "-o", os.path.join(work, name + ".o")])
        os.remove(source)
    try:
        os.rename(work, folder)
    except OSError:
        shutil.rmtree(work)  # Another process was quicker.
    return folder


def build(code, cache):
    """Compiles the C++ of a module; returns the shared library's path."""
    os.makedirs(cache, exist_ok=True)
    cxx = compiler()
    runtime = runtime_key(cxx)
    library = os.path.join(cache, f"kernel-{digest(code, runtime)}.so")
    if os.path.exists(library):
        return library
    objects = build_runtime(cxx, runtime, cache)
    with tempfile.TemporaryDirectory(dir=cache) as work:
        source = os.path.join(work, "kernel.cpp")
        with open(source, "w", encoding="utf-8") as file:
            file.write(code)
        output = os.path.join(work, "kernel.so")
        run([cxx, *FLAGS, "-O1", "-w", "-fbracket-depth=4096", "-shared",
             f"-I{RUNTIME}", source,
             *(os.path.join(objects, f) for f in sorted(os.listdir(objects))),
             "-o", output])
        os.rename(output, library)
    return library
