"""The emitted tanh: within 3 ulp everywhere, next to 0 too, right at the edges.

usage: check-tanh.py f32|f64 FOLDER ATTN_RUN SOURCE.mlir
"""

import pathlib
import subprocess
import sys

import numpy as np

name, folder, tool, source = sys.argv[1:]
folder = pathlib.Path(folder)
folder.mkdir(parents=True, exist_ok=True)
dtype = {"f32": np.float32, "f64": np.float64}[name]
tiny = np.finfo(dtype).tiny

random = np.random.default_rng(7)
special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 100.0, -3e38], dtype)
signs = random.choice([-1.0, 1.0], 50000)
spread = np.concatenate([
    random.uniform(-25, 25, 50000),
    random.uniform(-2, 2, 50000),
    signs * np.exp2(random.uniform(np.log2(tiny) + 1, 0, 50000)),
])
x = np.concatenate([special, spread.astype(dtype)])
np.save(folder / "x.npy", x)
module = folder / "tanh.mlir"
module.write_text(pathlib.Path(source).read_text().replace("TYPE", name))
subprocess.run([tool, module, f"--input={folder}/x.npy", f"--output={folder}/y.npy"],
               check=True, stdout=subprocess.DEVNULL)
y = np.load(folder / "y.npy")

s, y = np.split(y, [len(special)])
assert s[0] == 0 and s[1] == 0 and np.signbit(s[1]) and not np.signbit(s[0]), s
assert s[2] == 1 and s[3] == -1 and np.isnan(s[4]) and s[5] == 1 and s[6] == -1, s
exact = np.tanh(x[len(special):].astype(np.longdouble))
error = np.abs(y.astype(np.longdouble) - exact)
ulps = (error / np.spacing(np.abs(exact.astype(dtype))).astype(np.longdouble)).max()
assert ulps <= 3, ulps
assert (np.abs(y) <= 1).all()
print(f"{name}: at most {float(ulps):.2f} ulp")
