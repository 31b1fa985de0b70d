"""A key that is computed again has the bits of one that was cached, however many
tokens were projected with it.

usage: recompute_projected.py ATTN-COMPILE FOLDER

Two layers from kernels of their own: projections of 1, 7 and 64 tokens at once fill
caches, attention reads these, and the rest of the layer follows. That is compared with
the recompute form. A projection that adds its features up in another order differs.
"""

import sys

import numpy as np

from stack import MAPS, Kernel, Stack, are_same, make_plan

DIM, HEADS, LENGTH = 16, 2, 64


def projections(rows, halves):
    """Queries, keys and values of `rows` tokens. `halves` sums the products of half of
    the features each."""
    x, w = f"tensor<{rows}x{DIM}xf32>", f"tensor<{DIM}x{DIM}xf32>"
    half = DIM // 2
    part, block = f"tensor<{rows}x{half}xf32>", f"tensor<{half}x{DIM}xf32>"
    lines = []
    for n in "qkv":
        if not halves:
            lines.append(f"%{n} = linalg.matmul ins(%x, %w{n} : {x}, {w}) "
                         f"outs(%zeros : {x}) -> {x}")
            continue
        for number, at in enumerate((0, half)):
            lines.append(f"""%x{n}{number} = tensor.extract_slice %x[0, {at}] [{rows}, {half}] [1, 1] : {x} to {part}
  %w{n}{number} = tensor.extract_slice %w{n}[{at}, 0] [{half}, {DIM}] [1, 1] : {w} to {block}
  %{n}{number} = linalg.matmul ins(%x{n}{number}, %w{n}{number} : {part}, {block}) outs(%zeros : {x}) -> {x}""")
        lines.append(f"%{n} = arith.addf %{n}0, %{n}1 : {x}")
    body = "\n  ".join(lines)
    return f"""
func.func @projections(%x: {x}, %wq: {w}, %wk: {w}, %wv: {w}) -> ({x}, {x}, {x}) {{
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : {x}
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : {x}) -> {x}
  {body}
  return %q, %k, %v : {x}, {x}, {x}
}}"""


def attention():
    """Of one query and the keys that it sees: decoding with a cache."""
    kinds = [f"tensor<{n}x{DIM}xf32>" for n in (1, "?")]
    query, keys = (f"tensor<{n}x{HEADS}x{DIM // HEADS}xf32>" for n in (1, "?"))

    def expand(name, size, flat, kind):
        return (f"%{name}h = tensor.expand_shape %{name} [[0], [1, 2]] "
                f"output_shape [{size}, {HEADS}, {DIM // HEADS}] : {flat} into {kind}")

    return f"""
func.func @attention(%q: {kinds[0]}, %k: {kinds[1]}, %v: {kinds[1]}) -> {kinds[0]} {{
  %c0 = arith.constant 0 : index
  %n = tensor.dim %k, %c0 : {kinds[1]}
  {expand("q", 1, kinds[0], query)}
  {expand("k", "%n", kinds[1], keys)}
  {expand("v", "%n", kinds[1], keys)}
  %empty = tensor.empty() : {query}
  %o = attn.attention ins(%qh, %kh, %vh : {query}, {keys}, {keys}) outs(%empty : {query})
      layout(shd) -> {query}
  %y = tensor.collapse_shape %o [[0], [1, 2]] : {query} into {kinds[0]}
  return %y : {kinds[0]}
}}"""


def rest():
    """tanh(x + o W)"""
    x, w = f"tensor<?x{DIM}xf32>", f"tensor<{DIM}x{DIM}xf32>"
    return f"""{MAPS}
func.func @rest(%x: {x}, %o: {x}, %w: {w}) -> {x} {{
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : {x}
  %empty = tensor.empty(%n) : {x}
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : {x}) -> {x}
  %p = linalg.matmul ins(%o, %w : {x}, {w}) outs(%zeros : {x}) -> {x}
  %y = linalg.generic {{indexing_maps = [#entry, #entry, #entry], iterator_types = ["parallel", "parallel"]}}
      ins(%x, %p : {x}, {x}) outs(%empty : {x}) {{
  ^bb0(%a: f32, %b: f32, %out: f32):
    %sum = arith.addf %a, %b : f32
    %bent = math.tanh %sum : f32
    linalg.yield %bent : f32
  }} -> {x}
  return %y : {x}
}}"""


def main():
    attn_compile, folder = sys.argv[1:]
    stack = Stack(2, dim=DIM, heads=HEADS, plan=make_plan([(2,)]))
    tokens, weights = stack.tokens(LENGTH), stack.weights()
    recompute = Kernel(attn_compile, stack.ir(), folder)(tokens, *weights)
    attend = Kernel(attn_compile, attention(), folder, "--form=blocked",
                    "--keys=1")
    finish = Kernel(attn_compile, rest(), folder)

    def run(rows, halves):
        project = Kernel(attn_compile, projections(rows, halves), folder)
        x = tokens
        for layer in range(stack.layers):
            w = weights[4 * layer : 4 * layer + 4]
            cached = [np.zeros_like(x) for _ in "qkv"]
            for first in range(0, LENGTH, rows):
                block = np.zeros((rows, DIM), np.float32)
                part = x[first : first + rows]
                block[: len(part)] = part
                for cache, new in zip(cached, project(block, *w[:3])):
                    cache[first : first + rows] = new[: len(part)]
            q, k, v = cached
            o = np.concatenate([attend(q[t : t + 1], k[: t + 1], v[: t + 1])[0]
                                for t in range(LENGTH)])
            (x,) = finish(x, o, w[3])
        return [x]

    for rows in (1, 7, 64):
        if not are_same(run(rows, False), recompute):
            sys.exit(f"keys projected in blocks of {rows} tokens have other bits")
    split = run(7, True)
    if are_same(split, recompute) or not np.allclose(split, recompute, atol=1e-5):
        sys.exit("another order of additions is not seen")
    print("cached and computed keys are the same")


if __name__ == "__main__":
    main()
