"""Runs cases through attn-run and compares with numpy."""

import os
import subprocess

import numpy as np


def run_tool(attn_run, ir, arrays, results, folder, *options):
    """What attn-run prints for the function in `ir` on `arrays` (a list), and the
    function's results as numpy arrays."""
    path = os.path.join(folder, "case.mlir")
    with open(path, "w") as file:
        file.write(ir)
    command = [attn_run, path, *options]
    for number, array in enumerate(arrays):
        name = os.path.join(folder, f"input{number}.npy")
        np.save(name, array)
        command.append(f"--input={name}")
    outputs = [os.path.join(folder, f"output{n}.npy") for n in range(results)]
    for name in outputs:
        if os.path.exists(name):
            os.remove(name)
        command.append(f"--output={name}")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout, [np.load(name) for name in outputs]


def run_kernel(*arguments):
    """The results alone."""
    return run_tool(*arguments)[1]


def compare(what, computed, expected, tolerance):
    """Raises unless they agree: NaN and infinities by position, the rest within
    `tolerance`."""
    if computed.shape != expected.shape:
        raise AssertionError(f"{what}: shape {computed.shape}, expected {expected.shape}")
    computed = computed.astype(np.float64)
    special = ~np.isfinite(computed) | ~np.isfinite(expected)
    same = (computed == expected) | (np.isnan(computed) & np.isnan(expected))
    with np.errstate(all="ignore"):
        wrong = np.where(special, ~same, ~(np.abs(computed - expected) <= tolerance))
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise AssertionError(
            f"{what}{list(place)} is {computed[place]!r}, expected {expected[place]!r}; "
            f"{int(wrong.sum())} of {wrong.size} differ by more than {tolerance:.2e}"
        )


def check_case(attn_run, case, form, folder, arrays=None, own_check=True):
    """Compiles `case` in `form`, runs it and compares with numpy and, if
    `own_check`, with the reference evaluation of attn-run too. Returns the
    results."""
    arrays = case.inputs() if arrays is None else arrays
    options = [f"--form={form}"]
    if case.tile != (0, 0):
        options += [f"--queries={case.tile[0]}", f"--keys={case.tile[1]}"]
    if own_check:
        options.append("--check")
    results = run_kernel(
        attn_run, case.ir(), list(arrays.values()), 1 + case.lse, folder, *options
    )
    expected = case.reference(arrays)
    compare("output", results[0], expected[0], case.gate(arrays))
    if case.lse:
        finite = expected[1][np.isfinite(expected[1])]
        size = 1 + np.abs(finite).max(initial=0.0)
        compare("log-sum-exp", results[1], expected[1],
                (1e-12 if case.dtype == "f64" else 3e-6) * size)
    return results
