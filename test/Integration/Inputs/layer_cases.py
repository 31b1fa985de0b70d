"""The layers of test/Examples in several configurations against their numpy oracle.

usage: layer_cases.py ATTN-RUN DECODER-LAYER.py FOLDER

Every configuration in every form, against the oracle and attn-run's own reference
evaluation. The last token changes no bit of what the others get.
"""

import glob
import os
import shutil
import subprocess
import sys

import numpy as np

from decoder_cases import run

SMALL = "--length=11 --dim=24 --heads=4 --hidden=40"
CASES = [
    "--model=gpt2",
    "--model=gpt2 --fill=infinity --length=1 --heads=1",
    "--model=gpt2 --attention=none",
    "--model=gpt2 --attention=only",
    "--model=llama",
    "--model=llama --key-heads=4 --fill=infinity",
    "--model=llama --key-heads=1 --length=70",
    "--model=llama --attention=none",
    "--model=llama --attention=only",
]
FORMS = ["materialized", "blocked"]


def write_case(script, folder, case):
    """Writes the IR and the arrays; their paths."""
    arrays = os.path.join(folder, "arrays")
    shutil.rmtree(arrays, ignore_errors=True)
    command = [sys.executable, script, *SMALL.split(), *case.split()]
    path = os.path.join(folder, "layer.mlir")
    with open(path, "w") as file:
        subprocess.run([*command, f"--oracle={arrays}"], check=True, stdout=file)
    inputs = range(len(glob.glob(os.path.join(arrays, "input*.npy"))))
    return path, [f"{arrays}/input{n}.npy" for n in inputs], f"{arrays}/expected.npy"


def check_causal(attn_run, script, folder, form):
    path, inputs, _ = write_case(script, folder, "--model=gpt2")
    x, results = np.load(inputs[0]), []
    output = os.path.join(folder, "output.npy")
    for last in (x[0, -1], -x[0, -1]):
        x[0, -1] = last
        np.save(inputs[0], x)
        run(attn_run, form, path, inputs, f"--form={form}", f"--output={output}")
        results.append(np.load(output)[0].view(np.int32))
    if not np.array_equal(results[0][:-1], results[1][:-1]):
        sys.exit(f"{form}: earlier tokens change with the last")
    if np.array_equal(results[0][-1], results[1][-1]):
        sys.exit(f"{form}: the last token has no effect")


def main():
    attn_run, script, folder = sys.argv[1:]
    for case in CASES:
        path, inputs, expected = write_case(script, folder, case)
        for form in FORMS:
            run(attn_run, f"{case} {form}", path, inputs, f"--form={form}",
                f"--expect={expected}", "--check")
    for form in FORMS:
        check_causal(attn_run, script, folder, form)
    print(len(CASES) * len(FORMS), "runs agree with the oracle")


if __name__ == "__main__":
    main()
