"""The emitted exp2: exact at integers, right at the edges, within 2 ulp; in f32
within 2.1 where it is the weight of a softmax.

usage: check-exp2.py f32|f64 FOLDER ATTN_RUN SOURCE.mlir [bounded]

bounded: the source computes exp2(min(x, 0)).
"""

import pathlib
import subprocess
import sys

import numpy as np

name, folder, tool, source, *rest = sys.argv[1:]
bounded = rest == ["bounded"]
folder = pathlib.Path(folder)
folder.mkdir(parents=True, exist_ok=True)
dtype = {"f32": np.float32, "f64": np.float64}[name]
lowest, highest = {"f32": (-149, 127), "f64": (-1074, 1023)}[name]

random = np.random.default_rng(7)
integers = np.arange(lowest, highest + 1)
special = np.array([-np.inf, np.inf, np.nan, -0.0, lowest - 1.0, lowest - 100.0, -1e4,
                    -3e38, highest + 1.0, 1e4, 1e-30, -1e-30])
spread = np.concatenate([random.uniform(lowest + 30, highest, 50000),
                         random.uniform(-2, 2, 50000)])
x = np.concatenate([integers, special, spread]).astype(dtype)
np.save(folder / "x.npy", x)
module = folder / "exp2.mlir"
module.write_text(pathlib.Path(source).read_text().replace("TYPE", name))
subprocess.run([tool, module, f"--input={folder}/x.npy", f"--output={folder}/y.npy"],
               check=True, stdout=subprocess.DEVNULL)
y = np.load(folder / "y.npy")

count = len(integers)
most = 0 if bounded else highest
assert (y[:count] == np.ldexp(dtype(1), np.minimum(integers, most))).all(), "exact at integers"
s = y[count:count + len(special)]
limit = 1 if bounded else np.inf
assert s[0] == 0 and s[1] == limit and np.isnan(s[2]) and s[3] == 1, s
assert (s[4:8] == 0).all() and (s[8:10] == limit).all() and (s[10:] == 1).all(), s
spread = x[count + len(special):].astype(np.longdouble)
exact = np.exp2(np.minimum(spread, most) if bounded else spread)
error = np.abs(y[count + len(special):].astype(np.longdouble) - exact)
ulps = (error / np.spacing(exact.astype(dtype)).astype(np.longdouble)).max()
assert ulps <= (2.1 if bounded and name == "f32" else 2), ulps
print(f"{name}: at most {float(ulps):.2f} ulp")
