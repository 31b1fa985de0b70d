"""The decoder of test/Examples in several configurations against its numpy oracle.

usage: decoder_cases.py ATTN-RUN GPT-DECODER.py FOLDER

Every configuration in every form, against the oracle and attn-run's own reference
evaluation.
"""

import glob
import os
import shutil
import subprocess
import sys

SMALL = "--dim=32 --hidden=48 --vocab=24 --length=23"
CASES = [
    "--layers=2",
    "--layers=1 --norm=layer --positions=learned --mlp=gelu",
    "--layers=2 --heads=4 --key-heads=2 --window=7",
    "--layers=1 --heads=2 --key-heads=1 --positions=none --type=f64",
    "--layers=1 --norm=layer --mlp=gelu --weights=constants --length=1",
    "--layers=1 --type=f64 --length=70 --norm=layer --mlp=gelu --window=9",
]
# Any number of tokens; none at all. Kernels for any length take longer to compile.
DYNAMIC = ["--layers=1 --length=? --tokens=37", "--layers=1 --length=? --tokens=0"]
FORMS = ["materialized", "recurrent", "blocked"]


def main():
    attn_run, script, folder = sys.argv[1:]
    runs = 0
    for case in CASES + DYNAMIC:
        forms = FORMS if case in CASES else ["recurrent"]
        arrays = os.path.join(folder, "arrays")
        shutil.rmtree(arrays, ignore_errors=True)
        command = [sys.executable, script, *SMALL.split(), *case.split()]
        ir = subprocess.run([*command, f"--oracle={arrays}"], check=True,
                            capture_output=True, text=True).stdout
        path = os.path.join(folder, "decoder.mlir")
        with open(path, "w") as file:
            file.write(ir)
        count = len(glob.glob(os.path.join(arrays, "input*.npy")))
        inputs = [f"--input={arrays}/input{n}.npy" for n in range(count)]
        for form in forms:
            done = subprocess.run(
                [attn_run, path, f"--form={form}", *inputs,
                 f"--expect={arrays}/expected.npy", "--check"],
                capture_output=True, text=True, timeout=100)
            if done.returncode:
                sys.exit(f"{case} {form}: {done.stderr.strip()[-2000:]}")
            runs += 1
    print(runs, "runs agree with the oracle")


if __name__ == "__main__":
    main()
