"""The decoder of test/Examples in several configurations against its numpy oracle.

usage: decoder_cases.py ATTN-RUN GPT-DECODER.py FOLDER

Every configuration in every form, against the oracle and attn-run's own reference
evaluation. More tokens change no bit of the logits of those before.
"""

import glob
import os
import shutil
import subprocess
import sys

import numpy as np

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
FORMS = ["materialized", "recurrent", "blocked", "recompute"]


def write_case(script, folder, case):
    """Writes the IR and the arrays; their paths."""
    arrays = os.path.join(folder, "arrays")
    shutil.rmtree(arrays, ignore_errors=True)
    command = [sys.executable, script, *SMALL.split(), *case.split()]
    path = os.path.join(folder, "decoder.mlir")
    with open(path, "w") as file:
        subprocess.run([*command, f"--oracle={arrays}"], check=True, stdout=file)
    count = len(glob.glob(os.path.join(arrays, "input*.npy")))
    return path, [f"{arrays}/input{n}.npy" for n in range(count)], f"{arrays}/expected.npy"


def run(attn_run, what, path, inputs, *options):
    done = subprocess.run(
        [attn_run, path, *[f"--input={name}" for name in inputs], *options],
        capture_output=True, text=True, timeout=300)
    if done.returncode:
        sys.exit(f"{what}: {done.stderr.strip()[-2000:]}")


def check_prefix(attn_run, script, folder, form):
    path, inputs, _ = write_case(script, folder, "--layers=1 --length=? --tokens=37")
    ids, logits = np.load(inputs[0]), []
    for tokens in (37, 6):
        np.save(inputs[0], ids[:tokens])
        output = os.path.join(folder, "logits.npy")
        run(attn_run, form, path, inputs, f"--form={form}", f"--output={output}")
        logits.append(np.load(output))
    if not np.array_equal(logits[0][:6].view(np.int32), logits[1].view(np.int32)):
        sys.exit(f"{form}: the logits of 6 tokens change as more follow")


def main():
    attn_run, script, folder = sys.argv[1:]
    runs = 0
    for case in CASES + DYNAMIC:
        path, inputs, expected = write_case(script, folder, case)
        for form in FORMS if case in CASES else ["recurrent"]:
            run(attn_run, f"{case} {form}", path, inputs, f"--form={form}",
                f"--expect={expected}", "--check")
            runs += 1
    check_prefix(attn_run, script, folder, "recurrent")
    print(runs, "runs agree with the oracle")


if __name__ == "__main__":
    main()
