"""usage: make_conformance.py FOLDER

Cases in the format of attn-run --conformance: a folder each, with case.json and
one .npy per tensor. numpy computes what is expected, from the definitions of
ONNX's Attention and LinearAttention.
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


def linear_attention(q, k, v, s, decay=None, beta=None, scale=0.0):
    """q, k, v (batch, tokens, heads, features); decay (batch, tokens, heads, 1 or
    features); beta (batch, tokens, 1 or heads); s (batch, heads, dk, dv)."""
    q, k, v, s = (x.astype(float) for x in (q, k, v, s))
    group = q.shape[2] // k.shape[2]
    y = np.zeros(q.shape[:3] + v.shape[3:])
    for t in range(q.shape[1]):
        if decay is not None:
            s = np.exp(decay[:, t].astype(float))[..., None] * s
        new = v[:, t]
        if beta is not None:
            new = beta[:, t, :, None] * (new - np.einsum("bhk,bhkv->bhv", k[:, t], s))
        s = s + k[:, t, :, :, None] * new[:, :, None]
        y[:, t] = np.einsum("bhk,bhkv->bhv", q[:, t], np.repeat(s, group, axis=1))
    return y * (scale or 1 / np.sqrt(q.shape[3])), s


def write(folder, name, operation, attributes, inputs, outputs, names=None):
    place = os.path.join(folder, name)
    os.makedirs(place, exist_ok=True)
    tensors = {}
    for role, arrays in (("input", inputs), ("output", outputs)):
        for key, array in arrays.items():
            if key:
                np.save(os.path.join(place, key + ".npy"), array)
                tensors[key] = {"role": role, "shape": array.shape, "type": str(array.dtype)}
    case = {"op": operation, "attributes": attributes, "inputs": names or list(inputs),
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

    # Keys beyond the mask are hidden.
    q, k, v = draw(2, 2, 6, 8), draw(2, 2, 10, 8), draw(2, 2, 10, 8)
    for name, mask, fill in (("short_mask", draw(2, 6, 7), -np.inf),
                             ("short_boolean_mask", random.uniform(size=(6, 7)) < 0.7, False)):
        whole = np.pad(mask, [(0, 0)] * (mask.ndim - 1) + [(0, 3)], constant_values=fill)
        write(folder, name, "Attention", {}, {"Q": q, "K": k, "V": v, "attn_mask": mask},
              {"Y": attention(q, k, v, mask=whole).astype(np.float32)})  # fmt: skip
    write(folder, "returned_scores", "Attention", {"qk_matmul_output_mode": 1},
          {"Q": q, "K": k, "V": v},
          {"Y": q, "present_key": k, "present_value": v,
           "scores": draw(2, 2, 6, 10)})  # fmt: skip

    # A cache of 4 keys before 3 new ones.
    q, k, v = draw(1, 2, 3, 8), draw(1, 2, 3, 8), draw(1, 2, 3, 8)
    past_k, past_v = draw(1, 2, 4, 8), draw(1, 2, 4, 8)
    all_k, all_v = np.concatenate([past_k, k], 2), np.concatenate([past_v, v], 2)
    y = attention(q, all_k, all_v, causal=True, past=4).astype(np.float32)
    write(folder, "cache", "Attention", {"is_causal": 1},
          {"Q": q, "K": k, "V": v, "": None, "past_key": past_k, "past_value": past_v},
          {"Y": y, "present_key": all_k, "present_value": all_v})  # fmt: skip

    def linear(name, rule, heads=2, group=1, tokens=9, dk=8, dv=5, past=False, decays=0,
               betas=0, scale=0.0, dtype=np.float32):  # fmt: skip
        """`decays`, `betas`: how many per token and head, per token."""
        q = draw(2, tokens, heads * group, dk, dtype=dtype)
        k, v = draw(2, tokens, heads, dk, dtype=dtype), draw(2, tokens, heads, dv, dtype=dtype)
        k = (k / np.linalg.norm(k, axis=3, keepdims=True)).astype(dtype)
        state = draw(2, heads, dk, dv, dtype=dtype) if past else np.zeros((2, heads, dk, dv))
        decay = -random.uniform(0, 2, (2, tokens, heads, decays)).astype(dtype)
        beta = random.uniform(0, 1, (2, tokens, betas)).astype(dtype)
        y, last = linear_attention(q, k, v, state, decay if decays else None,
                                   beta if betas else None, scale)  # fmt: skip
        packed = lambda x: x.reshape(2, tokens, x.shape[2] * x.shape[3])
        attributes = {"q_num_heads": heads * group, "kv_num_heads": heads}
        attributes.update({"update_rule": rule} if rule else {}, **({"scale": scale} if scale else {}))
        inputs = {"query": packed(q), "key": packed(k), "value": packed(v)}
        # An input left out that has one after it has no name.
        optional = {"past_state": state if past else None, "decay": packed(decay) if decays else None,
                    "beta": beta if betas else None}  # fmt: skip
        names = list(inputs) + [n if x is not None else "" for n, x in optional.items()]
        while not names[-1]:
            names.pop()
        inputs.update((n, x) for n, x in optional.items() if x is not None)
        write(folder, name, "LinearAttention", attributes, inputs,
              {"output": packed(y).astype(dtype), "present_state": last.astype(dtype)},
              names)  # fmt: skip

    linear("linear", "linear")
    linear("linear_scaled", "linear", scale=0.25, past=True)
    linear("linear_no_tokens", "linear", tokens=0, past=True)
    linear("gated_per_head", "gated", decays=1, tokens=70)
    linear("gated_per_feature", "gated", decays=8, group=3)
    linear("delta", "delta", betas=2, tokens=70)
    linear("delta_shared_beta", "delta", betas=1, past=True)
    linear("gated_delta_per_head", "gated_delta", decays=1, betas=2, past=True, tokens=70)
    linear("gated_delta_default", "", decays=8, betas=2)
    linear("gated_delta_one_head", "gated_delta", heads=1, group=4, decays=8, betas=1, tokens=1)
    linear("linear_half_precision", "gated", decays=1, past=True, group=2, dtype=np.float16)

    # What attn-run has no operation for is skipped, not failed.
    write(folder, "other_operation", "Conv", {}, {"X": draw(2, 2)}, {"Y": draw(2, 2)})

    folder = bad
    q, k, v = draw(1, 1, 4, 8), draw(1, 1, 4, 8), draw(1, 1, 4, 8)
    y = attention(q, k, v).astype(np.float32)
    y[0, 0, 2, 3] += 0.5
    write(folder, "wrong_expectation", "Attention", {}, {"Q": q, "K": k, "V": v}, {"Y": y})
    write(folder, "missing_file", "Attention", {}, {"Q": q, "K": k, "V": v}, {"Y": y})
    os.remove(os.path.join(folder, "missing_file", "K.npy"))
    linear("wrong_state", "linear")
    state = os.path.join(folder, "wrong_state", "present_state.npy")
    array = np.load(state)
    array[1, 0, 2, 3] += 0.5
    np.save(state, array)


if __name__ == "__main__":
    main()
