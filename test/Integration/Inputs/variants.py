"""Loads libraries with code for several CPUs and checks which is chosen, as the
operating system describes this machine, and that it gives what the code for that CPU
alone gives.

usage: variants.py ATTN-COMPILE ATTENTION.mlir FOLDER
"""

import ctypes
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

# What each level adds, in words of /proc/cpuinfo, which has only what the system
# supports too.
LEVELS = {
    "x86-64": "",
    "x86-64-v2": "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3",
    "x86-64-v3": "avx avx2 bmi1 bmi2 f16c fma abm movbe",
    "x86-64-v4": "avx512f avx512bw avx512cd avx512dq avx512vl",
}
ATTN_COMPILE, PROGRAM, FOLDER = sys.argv[1:]


def load(*cpus, form="recurrent", threads=1):
    prefix = os.path.join(FOLDER, "-".join([form, str(threads), *cpus]))
    subprocess.run([ATTN_COMPILE, PROGRAM, "--emit=so", f"--cpu={','.join(cpus)}",
                    f"--form={form}", f"--num-threads={threads}", "-o", prefix],
                   check=True)  # fmt: skip
    library = ctypes.CDLL(os.path.abspath(prefix + ".so"))
    matrix = np.ctypeslib.ndpointer(np.float32, ndim=2, flags="C_CONTIGUOUS")
    library.attention.argtypes = [matrix] * 4 + [ctypes.c_int64] * 2
    if len(cpus) > 1:
        library.attention_cpu.restype = ctypes.c_char_p
    return library


def flags():
    with open("/proc/cpuinfo") as file:
        line = next(line for line in file if line.startswith("flags"))
    return set(line.split(":")[1].split())


def call(library):
    output = np.full_like(QUERY, np.nan)
    status = library.attention(QUERY, KEY, VALUE, output, len(QUERY), len(KEY))
    assert status == 0, status
    return output


def check(what, library, cpu, **options):
    output = call(library)
    print(f"{what}:", library.attention_cpu() == cpu.encode(), library.attention_cpu())
    alone = call(load(cpu, **options))
    print("the same bits as that code alone:", np.array_equal(output, alone))


os.makedirs(FOLDER, exist_ok=True)
HERE = flags()
# CPUs of one maker that ended where the other's begin.
IMPOSSIBLE = ["sapphirerapids", "znver4"] if "xop" in HERE else ["bdver2", "bdver4"]
random = np.random.default_rng(0)
QUERY, KEY, VALUE = random.standard_normal((3, 50, 64), np.float32)

for options in ({}, {"form": "blocked", "threads": 2}):
    library = load("native", IMPOSSIBLE[0], **options)
    check("runs the code for this machine", library, "native", **options)

best = "x86-64"
for level, words in LEVELS.items():
    if not set(words.split()) <= HERE:
        break
    best = level
check("runs the best level", load(*LEVELS), best)

# Of a library that the other calls have not prepared.
pair = load(IMPOSSIBLE[0], "x86-64-v2")
with ThreadPoolExecutor(8) as pool:
    outputs = list(pool.map(lambda _: call(pair), range(16)))
check("passes by what this machine cannot run", pair, "x86-64-v2")
print("threads choose the same:", all(np.array_equal(outputs[0], other) for other in outputs))

none = load(*IMPOSSIBLE)
output = np.full_like(QUERY, 7)
status = none.attention(QUERY, KEY, VALUE, output, len(QUERY), len(KEY))
addresses = (ctypes.c_void_p * 4)(*(array.ctypes.data for array in (QUERY, KEY, VALUE, output)))
packed = none.attention_packed(addresses, (ctypes.c_int64 * 2)(len(QUERY), len(KEY)))
print(f"without code for this machine: status {status} packed {packed} cpu {none.attention_cpu()}")
print("nothing is written:", np.all(output == 7))
