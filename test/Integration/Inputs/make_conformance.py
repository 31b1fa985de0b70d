"""usage: make_conformance.py FOLDER

Cases in the format of attn-run --conformance: a folder each, with case.json and
one .npy per tensor. numpy computes what is expected, from the definition of
ONNX's Attention.
"""

import json
import os
import sys

import numpy as np

TYPES = {"float32": np.float32, "float16": np.float16, "float64": np.float64}


def attention(q, k, v, *, causal=False, scale=None, softcap=0.0, mask=None, past=0):
    """(batch, heads, tokens, features); query head h uses key head h // group."""
    group = q.shape[1] // k.shape[1]
    k, v = (np.repeat(x.astype(float), group, axis=1) for x in (k, v))
    scores = q.astype(float) @ k.swapaxes(2, 3)
    scores *= 1 / np.sqrt(q.shape[3]) if scale is None else scale
    if softcap:
        scores = softcap * np.tanh(scores / softcap)
    seen = np.ones(scores.shape, bool)
    if causal:
        seen &= np.arange(k.shape[2]) <= np.arange(q.shape[2])[:, None] + past
    if mask is not None and mask.dtype == bool:
        seen &= mask
    elif mask is not None:
        scores = scores + mask
    scores = np.where(seen, scores, -np.inf)
    largest = scores.max(3, keepdims=True)
    weights = np.exp(scores - np.where(np.isinf(largest), 0, largest))
    total = weights.sum(3, keepdims=True)
    return weights @ v / np.where(total == 0, 1, total)


def write(folder, name, operation, attributes, inputs, outputs):
    place = os.path.join(folder, name)
    os.makedirs(place, exist_ok=True)
    tensors = {}
    for role, arrays in (("input", inputs), ("output", outputs)):
        for key, array in arrays.items():
            if key:
                np.save(os.path.join(place, key + ".npy"), array)
                tensors[key] = {"role": role, "shape": array.shape, "type": str(array.dtype)}
    case = {"op": operation, "attributes": attributes, "inputs": list(inputs),
            "outputs": list(outputs), "tensors": tensors}  # fmt: skip
    with open(os.path.join(place, "case.json"), "w") as file:
        json.dump(case, file, indent=1)


def main():
    folder = sys.argv[1]
    random = np.random.default_rng(7)
    draw = lambda *shape, dtype=np.float32: random.standard_normal(shape).astype(dtype)

    def simple(name, q, k, v, attributes=(), **options):
        attributes = dict(attributes)
        mask = {} if options.get("mask") is None else {"attn_mask": options["mask"]}
        y = attention(q, k, v, **options).astype(q.dtype)
        write(folder, name, "Attention", attributes, {"Q": q, "K": k, "V": v, **mask}, {"Y": y})
        return y

    good = folder + "/good"
    folder, bad = good, folder + "/bad"
    simple("causal", draw(2, 3, 9, 8), draw(2, 3, 9, 8), draw(2, 3, 9, 5),
           {"is_causal": 1}, causal=True)  # fmt: skip
    simple("grouped_heads", draw(1, 6, 5, 8), draw(1, 2, 17, 8), draw(1, 2, 17, 8))
    simple("half_precision", draw(1, 2, 7, 16, dtype=np.float16),
           draw(1, 2, 20, 16, dtype=np.float16), draw(1, 2, 20, 16, dtype=np.float16))  # fmt: skip
    simple("scale_and_softcap", draw(1, 2, 7, 8), draw(1, 2, 7, 8), draw(1, 2, 7, 8),
           {"scale": 0.25, "softcap": 1.5}, scale=0.25, softcap=1.5)  # fmt: skip
    hidden = random.uniform(size=(6, 10)) < 0.7
    hidden[2] = False  # A query that sees nothing: zeros.
    simple("boolean_mask", draw(2, 2, 6, 8), draw(2, 2, 10, 8), draw(2, 2, 10, 8), mask=hidden)
    simple("additive_mask_per_head", draw(2, 2, 6, 8), draw(2, 2, 10, 8), draw(2, 2, 10, 8),
           mask=draw(2, 6, 10))  # fmt: skip

    # A cache of 4 keys before 3 new ones.
    q, k, v = draw(1, 2, 3, 8), draw(1, 2, 3, 8), draw(1, 2, 3, 8)
    past_k, past_v = draw(1, 2, 4, 8), draw(1, 2, 4, 8)
    all_k, all_v = np.concatenate([past_k, k], 2), np.concatenate([past_v, v], 2)
    y = attention(q, all_k, all_v, causal=True, past=4).astype(np.float32)
    write(folder, "cache", "Attention", {"is_causal": 1},
          {"Q": q, "K": k, "V": v, "": None, "past_key": past_k, "past_value": past_v},
          {"Y": y, "present_key": all_k, "present_value": all_v})  # fmt: skip

    # What attn-run has no operation for is skipped, not failed.
    write(folder, "other_operation", "Conv", {}, {"X": draw(2, 2)}, {"Y": draw(2, 2)})

    folder = bad
    q, k, v = draw(1, 1, 4, 8), draw(1, 1, 4, 8), draw(1, 1, 4, 8)
    y = attention(q, k, v).astype(np.float32)
    y[0, 0, 2, 3] += 0.5
    write(folder, "wrong_expectation", "Attention", {}, {"Q": q, "K": k, "V": v}, {"Y": y})
    write(folder, "missing_file", "Attention", {}, {"Q": q, "K": k, "V": v}, {"Y": y})
    os.remove(os.path.join(folder, "missing_file", "K.npy"))


if __name__ == "__main__":
    main()
