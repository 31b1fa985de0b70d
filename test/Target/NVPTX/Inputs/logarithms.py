"""Logarithms of f64 in the emulator of PTX, against numpy.

usage: logarithms.py ATTN-COMPILE FOLDER
"""

import os
import sys

import numpy as np

from device_program import Program

# Of the result, in units in the last place.
LIMITS = {"log": 1.0, "log2": 2.0, "log10": 2.0, "log1p": 3.0, "expm1": 3.0}
SPECIAL = [0.0, -0.0, 1.0, -1.0, -2.0, np.inf, -np.inf, np.nan, 5e-324, 1e-310,
           2.2250738585072014e-308, 1.7976931348623157e308, 1 + 2.0**-52, 1 - 2.0**-53,
           1e-20, -1e-20, -0.5, 0.5, 709.7, 710.0, -745.0, 49.9, 50.1, -49.9, -50.1]  # fmt: skip


def main():
    attn_compile, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    body = "".join(f"  %{name} = math.{name} %x : tensor<?xf64>\n" for name in LIMITS)
    results = ", ".join("%" + name for name in LIMITS)
    types = ", ".join(["tensor<?xf64>"] * len(LIMITS))
    text = (f"func.func @logarithms(%x: tensor<?xf64>) -> ({types}) {{\n{body}"
            f"  return {results} : {types}\n}}\n")  # fmt: skip
    program = Program(attn_compile, text, os.path.join(folder, "logarithms"))
    random = np.random.default_rng(1)
    x = np.concatenate([
        SPECIAL, np.exp(random.uniform(-700, 700, 300)), random.uniform(0.5, 2, 300),
        1 + random.uniform(-1e-6, 1e-6, 100), random.uniform(-60, 60, 200),
        random.uniform(-1e-9, 1e-9, 100),
    ])  # fmt: skip
    wide = x.astype(np.longdouble)
    for (name, limit), result in zip(LIMITS.items(), program.run([x])):
        with np.errstate(all="ignore"):
            right = getattr(np, name)(wide)
            rounded = right.astype(np.float64)
            ulp = np.spacing(np.abs(rounded)).astype(np.longdouble)
            error = np.abs(result - right) / ulp
        special = ~np.isfinite(rounded)
        same = (result == rounded) | (np.isnan(result) & np.isnan(rounded))
        wrong = np.where(special, ~same, ~(error <= limit))
        assert not wrong.any(), (name, x[wrong][:5], result[wrong][:5], rounded[wrong][:5])
        print(f"{name} is within {float(error[~special].max()):.2f} ulp")
    print(f"{len(LIMITS)} functions agree with numpy")


if __name__ == "__main__":
    main()
