"""Emitted exp, sin, cos and rsqrt: within 2 ulp, right at the edges.

usage: check-functions.py NAME f32|f64 FOLDER ATTN_RUN SOURCE.mlir
"""

import pathlib
import subprocess
import sys

import numpy as np

name, kind, folder, tool, source = sys.argv[1:]
folder = pathlib.Path(folder)
folder.mkdir(parents=True, exist_ok=True)
dtype = {"f32": np.float32, "f64": np.float64}[kind]
is_f32 = kind == "f32"
tiny, largest = np.finfo(dtype).tiny, np.finfo(dtype).max
inf, nan = np.inf, np.nan
random = np.random.default_rng(7)


def sizes(low, high, count=60000):
    """Numbers of all sizes in between."""
    return np.exp2(random.uniform(np.log2(low), np.log2(high), count))


def signed(x):
    return x * random.choice([-1.0, 1.0], len(x))


def near_multiples(step, limit):
    """The floats next to multiples of a step, where a sine is almost 0 or 1."""
    n = random.integers(1, int(limit / step), 60000)
    return signed(n * step)


if name == "exp":
    # Subnormal results too, exact to half of the smallest.
    low, high = (-104.0, 88.72) if is_f32 else (-746.0, 709.78)
    x = np.concatenate([random.uniform(low, high, 60000), random.uniform(-1, 1, 60000),
                        signed(sizes(tiny, 1))])
    special = {0.0: 1, inf: inf, -inf: 0, nan: nan, 1e4: inf, -1e4: 0,
               largest: inf, -largest: 0}
elif name in ("sin", "cos"):
    # To the end of what is known in f32; f64 as far as long double is exact.
    limit = 3.2e6 if is_f32 else 1e6
    x = np.concatenate([random.uniform(-8, 8, 60000), signed(sizes(tiny, limit)),
                        random.uniform(-1e5, 1e5, 60000),
                        near_multiples(np.pi / 2, limit)])
    beyond = 3.3e6 if is_f32 else 1.8e15
    special = {inf: nan, -inf: nan, nan: nan, beyond: nan, -beyond: nan, largest: nan,
               0.0: 0 if name == "sin" else 1}
else:
    x = sizes(tiny, largest)
    special = {0.0: inf, inf: 0, nan: nan, -1.0: nan, 1.0: 1, 4.0: 0.5}

edges = np.array(list(special), dtype)
if name != "rsqrt":
    edges = np.append(edges, dtype(-0.0))
x = np.concatenate([edges, x.astype(dtype)])
np.save(folder / "x.npy", x)
module = folder / "function.mlir"
text = pathlib.Path(source).read_text()
module.write_text(text.replace("TYPE", kind).replace("FUNCTION", name))
subprocess.run([tool, module, f"--input={folder}/x.npy", f"--output={folder}/y.npy"],
               check=True, stdout=subprocess.DEVNULL)
at_edges, y = np.split(np.load(folder / "y.npy"), [len(edges)])
for edge, got in zip(edges, at_edges):
    expected = nan if np.isnan(edge) else dtype(special[edge])
    if name == "sin" and edge == 0:
        expected = edge  # With its sign.
    same = np.isnan(got) if np.isnan(expected) else (
        got == expected and np.signbit(got) == np.signbit(expected))
    assert same, (edge, got, expected)

functions = {"exp": np.exp, "sin": np.sin, "cos": np.cos,
             "rsqrt": lambda x: 1 / np.sqrt(x)}
exact = functions[name](x[len(edges):].astype(np.longdouble))
error = np.abs(y.astype(np.longdouble) - exact)
ulps = (error / np.spacing(np.abs(exact.astype(dtype))).astype(np.longdouble)).max()
assert ulps <= 2, (ulps, x[len(edges):][np.argmax(error)])
print(f"{name} {kind}: at most {float(ulps):.2f} ulp")
