"""Stacks of attentions as IR, compiled by a plan, and called from numpy.

    x = tanh(x + attention(x Wq, x Wk, x Wv) Wo)       in each layer
"""

import ctypes
import dataclasses
import json
import os
import subprocess

import numpy as np

from attention_case import round_to

WIDTH = {"f64": np.float64, "f32": np.float32, "bf16": np.uint16}

MAPS = """
#entry = affine_map<(t, d) -> (t, d)>
"""


@dataclasses.dataclass
class Stack:
    layers: int
    dim: int = 8
    heads: int = 2
    dtype: str = "f32"
    mask: str = "#attn.causal"
    alibi: bool = False
    lse: bool = False  # Of the last layer, a second result.
    projected: bool = True  # Or queries, keys and values are what enters.
    plan: str = ""

    @property
    def state(self):
        return "f64" if self.dtype == "f64" else "f32"

    def ir(self):
        d, t, state = self.dim, self.dtype, self.state
        head = d // self.heads
        x, wide = f"tensor<?x{d}x{t}>", f"tensor<?x{d}x{state}>"
        w = f"tensor<{d}x{d}x{t}>"
        heads, lse = f"tensor<?x{self.heads}x{head}x{t}>", f"tensor<?x{self.heads}x{state}>"
        narrow = t != state
        arguments, lines = [f"%x0: {x}"], []
        emit = lambda text: lines.append("  " + text)
        emit("%c0 = arith.constant 0 : index")
        emit(f"%zero = arith.constant 0.0 : {state}")
        emit(f"%n = tensor.dim %x0, %c0 : {x}")
        for name, kind in (("empty", x), ("wide", wide), ("heads", heads), ("rows", lse)):
            emit(f"%{name} = tensor.empty(%n) : {kind}")
        emit(f"%zeros = linalg.fill ins(%zero : {state}) outs(%wide : {wide}) -> {wide}")

        def product(result, left, weight):
            arguments.append(f"%{weight}: {w}")
            emit(f"{result} = linalg.matmul ins({left}, %{weight} : {x}, {w}) "
                 f"outs(%zeros : {wide}) -> {wide}")

        def rounded(result, value):
            if not narrow:
                return value
            emit(f"{result} = arith.truncf {value} : {wide} to {x}")
            return result

        score = f""" score(%s : {state}, %h : index, %i : index, %j : index) {{
    %slope = arith.constant -0.25 : {state}
    %difference = arith.subi %i, %j : index
    %integer = arith.index_cast %difference : index to i64
    %distance = arith.sitofp %integer : i64 to {state}
    %bias = arith.mulf %slope, %distance : {state}
    %biased = arith.addf %s, %bias : {state}
    attn.yield %biased : {state}
  }}""" if self.alibi else ""
        for layer in range(self.layers):
            at, here = f"l{layer}_", f"%x{layer}"
            parts = {}
            for name in "qkv":
                if self.projected:
                    product(f"%{at}{name}_wide", here, at + "w" + name)
                    flat = rounded(f"%{at}{name}_flat", f"%{at}{name}_wide")
                else:
                    flat = here
                parts[name] = f"%{at}{name}"
                emit(f"{parts[name]} = tensor.expand_shape {flat} [[0], [1, 2]] "
                     f"output_shape [%n, {self.heads}, {head}] : {x} into {heads}")
            has_lse = self.lse and layer == self.layers - 1
            results = f"%{at}o, %lse" if has_lse else f"%{at}o"
            outs = f"%heads, %rows : {heads}, {lse}" if has_lse else f"%heads : {heads}"
            emit(f"{results} = attn.attention ins({', '.join(parts.values())} : {heads}, "
                 f"{heads}, {heads}) outs({outs}) layout(shd) {{mask = {self.mask}}}{score} "
                 f"-> {outs.split(' : ')[1]}")
            emit(f"%{at}joined = tensor.collapse_shape %{at}o [[0], [1, 2]] : {heads} into {x}")
            added, added_type = f"%{at}joined", x
            if self.projected:
                product(f"%{at}p", f"%{at}joined", at + "wo")
                added, added_type = f"%{at}p", wide
            emit(f"%x{layer + 1} = linalg.generic {{indexing_maps = [#entry, #entry, #entry], "
                 'iterator_types = ["parallel", "parallel"]}')
            emit(f"    ins({here}, {added} : {x}, {added_type}) outs(%empty : {x}) {{")
            emit(f"^bb0(%a: {t}, %b: {added_type.rstrip('>').split('x')[-1]}, %out: {t}):")
            a = "%a"
            if narrow:
                emit(f"  %a_wide = arith.extf %a : {t} to {state}")
                a = "%a_wide"
            emit(f"  %sum = arith.addf {a}, %b : {state}")
            emit(f"  %bent = math.tanh %sum : {state}")
            if narrow:
                emit(f"  %y = arith.truncf %bent : {state} to {t}")
            emit(f"  linalg.yield {'%y' if narrow else '%bent'} : {t}")
            emit(f"}} -> {x}")
        types = [x] + [lse] * self.lse
        emit(f"return %x{self.layers}{', %lse' * self.lse} : {', '.join(types)}")
        plan = f" attributes {{attn.plan = {self.plan}}}" if self.plan else ""
        return (MAPS + f"func.func @stack({', '.join(arguments)}) -> ({', '.join(types)}){plan}"
                " {\n" + "\n".join(lines) + "\n}\n")

    # -------------------------------------------------------------------- data

    def weights(self, seed=0):
        random = np.random.default_rng(seed)
        count = 4 * self.layers if self.projected else 0
        draw = lambda: random.standard_normal((self.dim, self.dim)) / np.sqrt(self.dim)
        return [round_to(draw(), self.dtype) for _ in range(count)]

    def tokens(self, length, seed=1):
        random = np.random.default_rng(seed)
        return round_to(random.standard_normal((length, self.dim)), self.dtype)

    def reference(self, x, weights):
        """In double precision, of causal attention in a window."""
        x = x.astype(np.float64)
        tokens, left = len(x), None
        if "window" in self.mask:
            left = int(self.mask.split("<")[1].split(",")[0])
        ago = np.arange(tokens)[:, None] - np.arange(tokens)
        visible = (ago >= 0) & (ago <= (tokens if left is None else left))
        lse = None
        for layer in range(self.layers):
            split = lambda y: y.reshape(tokens, self.heads, self.dim // self.heads)
            w = [y.astype(np.float64) for y in weights[4 * layer : 4 * layer + 4]]
            q, k, v = (split(x @ y) for y in w[:3])
            scores = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(q.shape[2])
            scores = np.where(visible, scores - 0.25 * ago * self.alibi, -np.inf)
            p = np.exp(scores - scores.max(2, keepdims=True, initial=-np.inf))
            total = p.sum(2, keepdims=True)
            lse = (scores.max(2, initial=-np.inf) + np.log(total[..., 0])).T
            o = np.einsum("hij,jhd->ihd", p / total, v).reshape(x.shape)
            x = np.tanh(x + o @ w[3])
        return [x] + [lse] * self.lse


# ------------------------------------------------------------------------- plans


def segment(layers, keep="none", window=0, prefix=0):
    more = "".join(f", {name} = {value}" for name, value in
                   (("keep", keep), ("window", window), ("prefix", prefix))
                   if value not in ("none", 0))
    return f"<layers = {layers}{more}>"


def make_plan(segments, block=1):
    """The attribute for segments given as arguments of `segment`."""
    texts = ", ".join(segment(*x) if isinstance(x, tuple) else segment(**x) for x in segments)
    return f"#attn.plan<segments = [{texts}], block = {block}>"


# ----------------------------------------------------------------------- kernels


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


class Kernel:
    """A function compiled to a shared library. Arrays of bf16 are its bits, as
    uint16."""

    number = 0

    def __init__(self, attn_compile, ir, folder, *options):
        Kernel.number += 1
        prefix = os.path.join(os.path.abspath(folder), f"kernel{Kernel.number}")
        write(prefix + ".mlir", ir)
        done = subprocess.run(
            [attn_compile, prefix + ".mlir", "--emit=so,json", "-o", prefix, *options],
            capture_output=True, text=True, timeout=100)
        if done.returncode:
            raise RuntimeError(f"{prefix}.mlir: {done.stderr.strip()[-2000:]}")
        with open(prefix + ".json") as file:
            self.interface = json.load(file)
        name = self.interface["name"] + "_packed"
        self.function = getattr(ctypes.CDLL(prefix + ".so"), name)

    def __call__(self, *inputs):
        """The results; what is not written is 0xEE."""
        arrays, sizes, inputs = [], {}, list(inputs)
        for argument in self.interface["arguments"]:
            if argument["role"] == "input":
                array = np.ascontiguousarray(inputs[len(arrays)])
                sizes.update((name, size) for name, size in zip(argument["shape"], array.shape)
                             if isinstance(name, str))
            else:
                shape = [sizes.get(size, size) for size in argument["shape"]]
                array = np.empty(shape, WIDTH[argument["type"]])
                array.view(np.uint8).fill(0xEE) if array.size else None
            arrays.append(array)
        addresses = (ctypes.c_void_p * len(arrays))(*(a.ctypes.data for a in arrays))
        extents = [sizes[name] for name in self.interface["sizes"]]
        status = self.function(addresses, (ctypes.c_int64 * len(extents))(*extents))
        if status:
            raise RuntimeError(f"error code {status}")
        return arrays[len(inputs) :]


def to_bits(array, dtype):
    """As kernels have it: bfloat16 is half of a float32."""
    if dtype != "bf16":
        return array
    return (np.ascontiguousarray(array, np.float32).view(np.uint32) >> 16).astype(np.uint16)


def from_bits(array):
    if array.dtype != np.uint16:
        return array
    return (array.astype(np.uint32) << 16).view(np.float32)


def are_same(results, others):
    return all(a.shape == b.shape and a.tobytes() == b.tobytes()
               for a, b in zip(results, others))
