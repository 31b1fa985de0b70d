"""What CUDA's ptxas says of the kernels: no spills, registers and shared memory
that the chips have.

usage: assembled.py ATTN-COMPILE FOLDER PTXAS [VARIANT...]
       assembled.py --report FILE SHARED-BYTES FEATURES

The second form judges a report of `ptxas -v` that is there already.
"""

import json
import os
import re
import shlex
import subprocess
import sys

from kernels import COMMON, VARIANTS, compile_variant

# Of a thread, and of a block of sm_86, which has less than sm_80 (163 KiB): CUDA
# programming guide, "Technical specifications per compute capability".
REGISTERS = 255
SHARED_BYTES = 99 * 1024
# Sums of more features do not fit in the registers of a thread.
FEATURES_WITHOUT_SPILLS = 128

ENTRY = re.compile(r"Compiling entry function '([^']+)'")
SPILLS = re.compile(r"(\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers")
STATIC = re.compile(r"(\d+) bytes smem")


def read_report(text):
    """For each kernel its registers, bytes of spills and of static shared memory."""
    kernels, name = {}, None
    for line in text.split("\n"):
        if match := ENTRY.search(line):
            name = match[1]
            kernels[name] = dict(registers=None, spills=None, shared=0)
        elif name and (match := SPILLS.search(line)):
            kernels[name]["spills"] = int(match[1]) + int(match[2])
        elif name and (match := USED.search(line)):
            kernels[name]["registers"] = int(match[1])
            static = STATIC.search(line)
            kernels[name]["shared"] = int(static[1]) if static else 0
    return kernels


def judge(text, shared_bytes, features):
    """What is wrong with a report; `shared_bytes` are those that launches ask for."""
    kernels = read_report(text)
    if not kernels:
        return ["the report names no kernel"]
    wrong = []
    for name, used in kernels.items():
        registers, spills = used["registers"], used["spills"]
        if registers is None or spills is None:
            wrong.append(f"{name}: the report lacks registers or spills")
            continue
        if registers > REGISTERS:
            wrong.append(f"{name}: {registers} registers, more than {REGISTERS}")
        if spills > 0 and features <= FEATURES_WITHOUT_SPILLS:
            wrong.append(f"{name}: {spills} bytes of spills")
        shared = shared_bytes + used["shared"]
        if shared > SHARED_BYTES:
            wrong.append(f"{name}: {shared} bytes of shared memory, more than {SHARED_BYTES}")
    return wrong


def assemble(ptxas, path, chip):
    command = [*shlex.split(ptxas), f"-arch={chip}", "-v", "-o", path + ".cubin", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    report = done.stdout + done.stderr
    if done.returncode:
        sys.exit(f"{path} is no program for {chip}: {report[-3000:]}")
    return report


def check_variant(attn_compile, folder, ptxas, name):
    options = {**COMMON, **VARIANTS[name]}
    options.pop("lengths", None)
    if options.get("offset_value", 0) is None:
        options["offset_value"] = 0
    compile_variant(attn_compile, folder, name, options)
    path = os.path.join(folder, name)
    with open(path + ".json") as file:
        launches = json.load(file)["launches"]
    shared = max(launch["shared_bytes"] for launch in launches)
    features = max(options["features"], options["value_features"])
    report = assemble(ptxas, path + ".ptx", options.get("chip", "sm_80"))
    if os.environ.get("VERBOSE"):
        print(report)
    return judge(report, shared, features)


def main():
    if sys.argv[1] == "--report":
        with open(sys.argv[2]) as file:
            reports = {"report": judge(file.read(), int(sys.argv[3]), int(sys.argv[4]))}
    else:
        attn_compile, folder, ptxas = sys.argv[1:4]
        os.makedirs(folder, exist_ok=True)
        reports = {
            name: check_variant(attn_compile, folder, ptxas, name)
            for name in sys.argv[4:] or VARIANTS
        }
    for name, wrong in reports.items():
        print(f"{name}: {'; '.join(wrong) or 'fits'}")
    sys.exit(any(reports.values()))


if __name__ == "__main__":
    main()
