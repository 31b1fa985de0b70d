"""usage: framework.py MODE FOLDER

A framework of numpy for attn-bench --framework: what it prints is as it must be in
mode `right`, and wrong in the others. No clock.
"""

import json
import os
import sys

import numpy as np

mode, folder = sys.argv[1:]
if mode == "fails":
    sys.exit("this framework has a bad day")
if mode == "silent":
    sys.exit()
if mode == "talks":
    print("Welcome!")
with open(os.path.join(folder, "shape.json"), encoding="utf-8") as file:
    shape = json.load(file)
query, key, value = (np.load(os.path.join(folder, name + ".npy")) for name in ("query", "key", "value"))
assert shape["mask"] == "causal" and shape["repetitions"] == 1 and shape["copies"] >= 1
if query.ndim == 5:  # Query heads that share key heads.
    key, value = key[:, :, None], value[:, :, None]
scores = query @ np.swapaxes(key, -1, -2) / np.sqrt(query.shape[-1])
rows = np.arange(shape["queries"])[:, None] + shape["keys"] - shape["queries"]
scores = np.where(np.arange(shape["keys"]) <= rows, scores, -np.inf)
weights = np.exp(scores - scores.max(-1, keepdims=True))
output = (weights / weights.sum(-1, keepdims=True)) @ value
if mode == "wrong":
    output += 1
if mode == "shape":
    output = output[:1, :1, :1]
if mode != "nothing-left":
    np.save(os.path.join(folder, "output.npy"), output.astype(np.float32))
seconds = {"no-times": [], "text": ["quick"], "zero": [0.0]}.get(mode, [0.25, 0.125, 0.5])
print(json.dumps({"program": "Fake 1.5 attention", "settings": "one thread, slow",
                  "output": "output.npy", "seconds": seconds}))
print(json.dumps({"program": "Fake 1.5 other attention", "missing": "needs Fake 2.0"}))
