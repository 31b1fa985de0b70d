"""Attention operations of other projects, in generic form, mean here what they mean
there: numpy follows the definitions of their own lowerings and documents.

usage: foreign_attention.py ATTN-RUN FOLDER
"""

import os
import sys

import numpy as np

from run_case import compare, run_tool

FORMS = ("materialized", "recurrent", "blocked")
IN_ALL_FORMS = ("iree, region, mask, scale of an argument",
                "group query, tokens, shared buffer, window")
LOG2E = np.log2(np.e)
random = np.random.default_rng(3)


def normal(*shape, dtype=np.float32):
    return random.standard_normal(shape).astype(dtype)


def type_of(array):
    names = {"float32": "f32", "float16": "f16", "int32": "i32", "int64": "i64",
             "int8": "i8", "bool": "i1"}
    return "tensor<" + "".join(f"{n}x" for n in array.shape) + names[array.dtype.name] + ">"


def function(arguments, results, body):
    """A function of named arrays; `results` are values and types."""
    parameters = ", ".join(f"%{name}: {type_of(x)}" for name, x in arguments.items())
    values, types = (", ".join(x) for x in zip(*results))
    return f"func.func @main({parameters}) -> ({types}) {{\n{body}\n  return {values} : {types}\n}}\n"


# ---------------------------------------------------------------------------
# IREE
# ---------------------------------------------------------------------------


def linalg_ext_scores(case, q, k, mask):
    """The steps of computeQKAndElementwise, on (b, g, m, k2)."""
    exp2 = not case.get("natural")
    s = np.einsum("bgmd,bjd->bgmj", q.astype(float), k.astype(float))
    if "scale" in case:
        s = s * case["scale"] * (LOG2E if exp2 else 1)
    if "region" in case:
        b, g, i, j = np.indices(s.shape)
        s = case["region"](s, b, i, j)
    if mask is None:
        return s
    if mask.dtype == np.float32:
        return s + mask.astype(float) * (LOG2E if exp2 else 1)
    return np.where(mask & 1, s, -np.inf)


SCORE_REGION = """
    %i = "iree_linalg_ext.index"() <{dim = 2 : i64}> : () -> index
    %j = "iree_linalg_ext.index"() <{dim = 3 : i64}> : () -> index
    %b = "iree_linalg_ext.index"() <{dim = 0 : i64}> : () -> index
    %ij = arith.subi %j, %i : index
    %sum = arith.addi %ij, %b : index
    %word = arith.index_cast %sum : index to i32
    %bias = arith.sitofp %word : i32 to f32
    %bounded = math.tanh %score : f32
    %tenth = arith.constant 0.125 : f32
    %small = arith.mulf %bias, %tenth : f32
    %new = arith.addf %bounded, %small : f32"""
SCORE_CASE = {
    "body": SCORE_REGION, "yields": "%new",
    "region": lambda s, b, i, j: np.tanh(s) + 0.125 * (j - i + b),
}


def linalg_ext(case, online=False):
    """Query (b, m, g, k1) or, transposed, any order; keys of a batch shared by its
    groups g."""
    b, g, m, keys, d, n = 2, 3, 9, 11, 4, 5
    q, k, v = normal(b, g, m, d), normal(b, keys, d), normal(b, keys, n)
    order = case.get("order", "bmgd")
    letters = {"b": "b", "g": "g", "m": "m", "d": "k1", "j": "k2", "n": "n"}
    dims = "(b, g, m, k2, k1, n)"

    def arrange(x, had, wants):
        return np.ascontiguousarray(np.transpose(x, [had.index(c) for c in wants]))

    def get_map(names):
        return f"affine_map<{dims} -> ({', '.join(letters[c] for c in names)})>"

    key_order = case.get("keys", "bjd")
    arrays = {"q": arrange(q, "bgmd", order), "k": arrange(k, "bjd", key_order), "v": v}
    maps = [get_map(order), get_map(key_order), get_map("bjn")]
    operands, types, prefix = ["%q", "%k", "%v"], [], ""
    if "scale" in case:
        maps.append(get_map(""))
        operands.append("%scale")
        if case.get("dynamic"):
            arrays["scales"] = np.array([case["scale"]], np.float32)
            prefix = ("  %c0 = arith.constant 0 : index\n"
                      "  %scale = tensor.extract %scales[%c0] : tensor<1xf32>\n")
        else:
            prefix = f"  %scale = arith.constant {case['scale']!r} : f32\n"
    mask = case["mask"](b, g, m, keys) if "mask" in case else None
    if mask is not None:
        arrays["mask"] = mask if mask.ndim == 2 else np.ascontiguousarray(mask[:, 0])
        maps.append(get_map("mj" if mask.ndim == 2 else "bmj"))
        operands.append("%mask")
    out_order = order.replace("d", "n")
    arrays["o"] = arrange(normal(b, g, m, n), "bgmn", out_order)
    maps.append(get_map(out_order))
    operands.append("%o")
    if online:
        arrays["m0"], arrays["l0"] = normal(b, g, m), 1 + normal(b, g, m) ** 2
        maps += [get_map("bgm")] * 2
        operands += ["%m0", "%l0"]
    types = ["f32" if x == "%scale" else type_of(arrays[x[1:]]) for x in operands]
    config = ", decomposition_config = {use_exp2 = false}" if case.get("natural") else ""
    results = [type_of(arrays[x]) for x in (["o", "m0", "l0"] if online else ["o"])]
    body = f"""{prefix}  %r:{len(results)} = "iree_linalg_ext.{'online_' if online else ''}attention"({', '.join(operands)}) <{{indexing_maps = [{', '.join(maps)}]{config}}}> ({{
  ^bb0(%score: f32):{case.get('body', '')}
    "iree_linalg_ext.yield"({case.get('yields', '%score')}) : (f32) -> ()
  }}) : ({', '.join(types)}) -> ({', '.join(results)})"""
    returned = [(f"%r#{i}", t) for i, t in enumerate(results)]

    s = linalg_ext_scores(case, q, k, mask)
    power = np.exp if case.get("natural") else np.exp2
    largest = s.max(3)
    if not online:
        p = power(s - largest[..., None])
        o = np.einsum("bgmj,bjn->bgmn", p / p.sum(3, keepdims=True), v.astype(float))
        return function(arrays, returned, body), arrays, [arrange(o, "bgmn", out_order)]
    before = np.transpose(arrays["o"], [out_order.index(c) for c in "bgmn"]).astype(float)
    new_max = np.maximum(arrays["m0"].astype(float), largest)
    norm = power(arrays["m0"] - new_max)
    p = power(s - new_max[..., None])
    new_sum = norm * arrays["l0"] + p.sum(3)
    acc = norm[..., None] * before + np.einsum("bgmj,bjn->bgmn", p, v.astype(float))
    return (function(arrays, returned, body), arrays,
            [arrange(acc, "bgmn", out_order), new_max, new_sum])


# ---------------------------------------------------------------------------
# torch-mlir
# ---------------------------------------------------------------------------


def tm_tensor(mask=None):
    q, k, v, o = normal(2, 3, 7, 4), normal(2, 3, 9, 4), normal(2, 3, 9, 4), normal(2, 3, 7, 4)
    arrays = {"q": q, "k": k, "v": v}
    s = q.astype(float) @ k.astype(float).swapaxes(2, 3) / 2
    if mask is not None:
        arrays["mask"] = mask
        s = s + mask if mask.dtype == np.float32 else np.where(mask & 1, s, -np.inf)
    arrays["o"] = o
    names = ", ".join(f"%{x}" for x in arrays)
    types = ", ".join(type_of(x) for x in arrays.values())
    body = (f'  %r = "tm_tensor.attention"({names}) <{{operandSegmentSizes = array<i32: '
            f'{len(arrays) - 1}, 1>}}> : ({types}) -> {type_of(o)}')
    p = np.exp(s - s.max(3, keepdims=True))
    return function(arrays, [("%r", type_of(o))], body), arrays, [
        p / p.sum(3, keepdims=True) @ v.astype(float)]


# ---------------------------------------------------------------------------
# ONNX Runtime
# ---------------------------------------------------------------------------


def group_query(lengths, tokens, past=None, room=None, window=-1, packed=False,
                scale=0.0, softcap=0.0, bias=False):
    """`lengths`: tokens in all of each element of the batch; `past`: of the cache's
    tensor; `room`: of the present one."""
    heads, key_heads, d, batch = 4, 2, 4, len(lengths)
    q, k, v = (normal(batch, tokens, h * d) for h in (heads, key_heads, key_heads))
    arrays = {"q": np.concatenate([q, k, v], 2)} if packed else {"q": q, "k": k, "v": v}
    operands = ["%q", "%none", "%none"] if packed else ["%q", "%k", "%v"]
    total = room or tokens
    if past is not None:
        arrays["pk"], arrays["pv"] = (normal(batch, key_heads, past, d) for _ in range(2))
    operands += ["%pk", "%pv"] if past is not None else ["%none", "%none"]
    arrays["n"] = np.array(lengths, np.int32) - 1
    arrays["t"] = np.array([max(lengths)], np.int32)
    operands += ["%n", "%t"]
    if bias:
        arrays["bias"] = normal(1, heads, tokens, total)
        operands += ["%none"] * 3 + ["%bias"]
    types = [type_of(arrays[x[1:]]) if x != "%none" else "none" for x in operands]
    present = f"tensor<{batch}x{key_heads}x{total}x{d}xf32>"
    out = f"tensor<{batch}x{tokens}x{heads * d}xf32>"
    body = f"""  %none = "onnx.NoValue"() <{{value}}> : () -> none
  %y, %a, %b = "onnx.Custom"({', '.join(operands)}) <{{function_name = "GroupQueryAttention"}}> {{domain_name = "com.microsoft", num_heads = {heads} : si64, kv_num_heads = {key_heads} : si64, local_window_size = {window} : si64, scale = {scale!r} : f32, softcap = {softcap!r} : f32}} : ({', '.join(types)}) -> ({out}, {present}, {present})"""

    def split(x, h):
        return x.reshape(batch, tokens, h, d).transpose(0, 2, 1, 3)

    q, k, v = split(q, heads), split(k, key_heads), split(v, key_heads)
    keys, values = (np.zeros((batch, key_heads, total, d), np.float32) for _ in range(2))
    y = np.zeros((batch, tokens, heads, d))
    for element, length in enumerate(lengths):
        first = max(length - tokens, 0)
        for whole, old, new in ((keys, "pk", k), (values, "pv", v)):
            if past is not None:
                whole[element, :, :past] = arrays[old][element]
            whole[element, :, first:first + tokens] = new[element]
        for head in range(heads):
            for i in range(tokens):
                end = min(first + i + 1, length)
                start = max(first + i + 1 - window, 0) if window > 0 else 0
                if start >= end:  # A row of padding; it is zero here.
                    continue
                some = keys[element, head // 2, start:end].astype(float)
                s = some @ q[element, head, i] * (scale or d ** -0.5)
                if softcap:
                    s = softcap * np.tanh(s / softcap)
                if bias:
                    s = s + arrays["bias"][0, head, i, start:end]
                p = np.exp(s - s.max())
                y[element, i, head] = p / p.sum() @ values[element, head // 2, start:end]
    returned = [("%y", out), ("%a", present), ("%b", present)]
    return function(arrays, returned, body), arrays, [
        y.reshape(batch, tokens, heads * d), keys, values]


def additive(b, g, m, j):
    mask = normal(b, 1, m, j)
    mask[random.random(mask.shape) < 0.3] = -np.inf
    mask[..., 0] = 0
    return mask


def bytes_(b, g, m, j):
    mask = random.integers(0, 2, (m, j)).astype(np.int8) * 3  # The lowest bit counts.
    mask[:, 1] = 1
    return mask


def truth(b, g, m, j):
    return bytes_(b, g, m, j) > 0


CASES = {
    "iree": lambda: linalg_ext({"scale": 0.5}),
    "iree, scale in the query": lambda: linalg_ext({}),
    "iree, scale in the query, exp": lambda: linalg_ext({"natural": True}),
    "iree, scale of an argument": lambda: linalg_ext({"scale": 0.375, "dynamic": True}),
    "iree, other layouts": lambda: linalg_ext({"scale": 0.5, "order": "mdbg", "keys": "dbj"}),
    "iree, added mask": lambda: linalg_ext({"scale": 0.5, "mask": additive}),
    "iree, added mask, exp": lambda: linalg_ext({"scale": 0.5, "mask": additive, "natural": True}),
    "iree, mask of bytes": lambda: linalg_ext({"scale": 0.5, "mask": bytes_}),
    "iree, mask of truth values": lambda: linalg_ext({"scale": 0.5, "mask": truth}),
    "iree, region": lambda: linalg_ext({"scale": 0.5, **SCORE_CASE}),
    "iree, region, exp": lambda: linalg_ext({"scale": 0.5, "natural": True, **SCORE_CASE}),
    "iree, region, scale in the query": lambda: linalg_ext(SCORE_CASE),
    "iree, region, mask, scale of an argument": lambda: linalg_ext(
        {"scale": 0.375, "dynamic": True, "mask": additive, **SCORE_CASE}),
    "iree online": lambda: linalg_ext({"scale": 0.5}, online=True),
    "iree online, scale in the query": lambda: linalg_ext({}, online=True),
    "iree online, region, mask": lambda: linalg_ext(
        {"scale": 0.5, "mask": additive, **SCORE_CASE}, online=True),
    "tm_tensor": tm_tensor,
    "tm_tensor, added mask": lambda: tm_tensor(normal(2, 3, 7, 9)),
    "tm_tensor, mask of truth values": lambda: tm_tensor(
        np.array(random.integers(0, 2, (2, 3, 7, 9)) | (np.arange(9) == 4), bool)),
    "group query, prompt": lambda: group_query([6, 6], 6),
    "group query, padded prompts": lambda: group_query([6, 3, 1], 6),
    "group query, packed, window, softcap": lambda: group_query(
        [6, 6], 6, packed=True, window=3, softcap=2.0, scale=0.75),
    "group query, one token, shared buffer": lambda: group_query([9, 4, 1], 1, past=9, room=9),
    "group query, tokens, shared buffer, window": lambda: group_query(
        [9, 5], 3, past=10, room=10, window=4),
    "group query, growing cache, bias": lambda: group_query(
        [8, 8], 3, past=5, room=8, bias=True),
}


def main():
    attn_run, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    runs = failures = 0
    for name, create in CASES.items():
        ir, arrays, expected = create()
        for form in FORMS if name in IN_ALL_FORMS else FORMS[2:]:
            runs += 1
            try:
                printed, results = run_tool(attn_run, ir, list(arrays.values()),
                                            len(expected), folder, f"--form={form}", "--check")
                assert "check" in printed, printed
                for number, (x, y) in enumerate(zip(results, expected)):
                    compare(f"result {number}", x, y, 2e-5)
            except Exception as error:
                failures += 1
                print(f"FAIL {name}, {form}: {error}")
    print(f"{runs} runs of {len(CASES)} cases, {failures} failures")
    return failures != 0


sys.exit(main())
