"""gpu-check-parts.py TOOLS FOLDER: what of gpu-check.py and gpu-variants.py can be
checked without PyTorch. FOLDER is for arrays."""

import importlib.util
import os
import subprocess
import sys

import numpy as np

np.seterr(divide="ignore", invalid="ignore")


def load(name):
    path = os.path.join(sys.argv[1], name + ".py")
    spec = importlib.util.spec_from_file_location(name.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check, variants = load("gpu-check"), load("gpu-variants")
folder = sys.argv[2]
checks = {v["name"]: v for v in variants.get_checks()}


def read(name):
    return np.load(os.path.join(folder, name + ".npy"))


def agree(name, **changes):
    """The reference of gpu-check.py is what attn-run makes of the source that
    gpu-variants.py writes."""
    v = {**checks[name], "dtype": "f64", **changes}
    group = v["heads"] // v["kv_heads"]
    heads = [v["kv_heads"]] + ([group] if group > 1 else [])
    random = np.random.default_rng(0)
    inputs = [
        random.standard_normal(variants.get_shape(v, h, length, dim))
        for h, length, dim in (
            (heads, v["queries"], v["head_dim"]),
            (heads[:1], v["keys"], v["head_dim"]),
            (heads[:1], v["keys"], v["value_dim"]),
        )
    ]
    path = os.path.join(folder, name)
    with open(path + ".mlir", "w", encoding="utf-8") as file:
        file.write(variants.get_source(v))
    command = ["attn-run", path + ".mlir", f"--output={path}.o.npy"]
    command += [f"--output={path}.lse.npy"] if v["lse"] else []
    for number, array in enumerate(inputs):
        np.save(f"{path}.{number}.npy", array)
        command.append(f"--input={path}.{number}.npy")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def split(array, is_query):
        """batch x head x length x dim"""
        if v["layout"] == "bshd":
            array = np.moveaxis(array, 1, -2)
        return array.reshape(v["batch"], -1, *array.shape[-2:])

    query, key, value = (split(a, n == 0) for n, a in enumerate(inputs))
    output = split(read(name + ".o"), True)
    i, j = np.arange(v["queries"]), np.arange(v["keys"])
    for b in range(v["batch"]):
        for h in range(v["heads"]):
            expected, lse = check.attend(
                np, query[b, h], key[b, h // group], value[b, h // group], i, j, v)
            error = check.get_error(np, output[b, h], expected)
            assert error < 1e-12, (name, b, h, error)
            if v["lse"]:
                computed = split(read(name + ".lse")[..., None], True)[b, h, :, 0]
                error = check.get_error(np, computed, lse)
                assert error < 1e-12, (name, "lse", error)
    print("agrees:", name)


for name in ("fewer-queries", "window", "softcap", "scale", "lse-empty-rows"):
    agree(name)
agree("dims-differ", queries=20, keys=20, head_dim=12, value_dim=5)
agree("lse-groups", layout="bshd", batch=2, queries=9, keys=11, head_dim=6,
      value_dim=6)
agree("causal-f64", causal=False, queries=5, keys=4)

# Pairs that are counted are those that the reference sees.
for v in checks.values():
    i, j = np.arange(v["queries"]), np.arange(v["keys"])
    zeros = np.zeros((len(i), 1)), np.zeros((len(j), 1))
    _, lse = check.attend(np, *zeros, zeros[1], i, j, v)
    assert round(np.exp(lse).sum()) == check.count_pairs(v), v["name"]
print("pairs: ok")

# A gate is that of docs/, and a wrong output is beyond it.
gate, lse_gate = check.get_gates(checks["causal-bf16"], 8.0, 8.0, 4.0, 5.0)
print(f"gate: {gate:.3e} {lse_gate:.3e}")
print(f"gate of f16: {check.get_gates(checks['causal-f16'], 8.0, 8.0, 4.0, 0)[0]:.3e}")
print(f"gate of f32: {check.get_gates(checks['causal-f32'], 8.0, 8.0, 4.0, 0)[0]:.3e}")
print(f"gate of f64: {check.get_gates(checks['causal-f64'], 8.0, 8.0, 4.0, 0)[0]:.3e}")
inf, nan = float("inf"), float("nan")
for computed, expected in (
    ([1.0, nan, inf], [1.5, nan, inf]), ([nan], [0.0]), ([inf], [-inf]),
    ([0.0], [nan]), ([], []),
):
    print("error:", check.get_error(np, np.array(computed), np.array(expected)))

# Launches.
program = {"launches": [
    {"kernel": "f", "grid": ["-(-queries // 128)", "keys", "1"],
     "block": [128, 1, 1], "shared_bytes": 0,
     "parameters": [{"argument": "query"}, {"buffer": 1}, {"size": "keys * 4"}]},
    {"kernel": "g", "grid": ["queries", "keys - 3", "1"], "block": [1, 1, 1],
     "shared_bytes": 0, "parameters": []}]}
print("launches:", check.resolve_launches(program, {"queries": 129, "keys": 3},
                                          {"query": 1000}, [2000, 3000]))
try:
    check.evaluate("__import__('os')", {})
except ValueError as error:
    print("refused:", error)

# The table.
rows = [
    {"variant": checks["causal-bf16"], "error": 1e-3, "gate": 2e-2, "right": True,
     "seconds": 1e-6, "peers": {"flash": 2e-6, "cudnn": "no | cuDNN", "flex": 5e-7}},
    {"variant": checks["decode"], "error": 1.0, "gate": 2e-2, "right": False,
     "seconds": 1e-6},
    {"variant": checks["groups"], "right": False, "note": "did not compile: why"},
]
print(check.format_table(rows, 1e12))
