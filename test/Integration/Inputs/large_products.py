"""Products that are computed in blocks, against NumPy in double precision.

usage: large_products.py ATTN-RUN FOLDER

Sizes that blocks do not divide; matrices stored in rows and transposed; numbers of rows
known when the kernel is compiled and not; f32 and f64; alone, and with what makes
the initial values before and an activation, which sees its row, after. And one row has
the same bits as all of them.
"""

import itertools
import os
import sys

import numpy as np

from run_case import compare, run_kernel

SIZES = [(1, 300, 300), (7, 300, 257), (65, 1000, 255), (255, 257, 300), (33, 300, 513)]


def source(m, n, k, transposed, wide, fused):
    order = "(n, k)" if transposed else "(k, n)"
    a, c = f"tensor<{m}x{k}x{wide}>", f"tensor<{m}x{n}x{wide}>"
    b = f"tensor<{n}x{k}x{wide}>" if transposed else f"tensor<{k}x{n}x{wide}>"
    rows = "%rows" if m == "?" else ""
    init = f"%init = linalg.fill ins(%zero : {wide}) outs(%empty : {c}) -> {c}"
    after = ""
    if fused:
        init = f"""%init = linalg.generic {{indexing_maps = [#column, #entry], iterator_types = ["parallel", "parallel"]}}
      ins(%bias : tensor<{n}x{wide}>) outs(%empty : {c}) {{
  ^bb0(%x: {wide}, %out: {wide}):
    linalg.yield %x : {wide}
  }} -> {c}"""
        after = f"""%z = linalg.generic {{indexing_maps = [#entry, #entry], iterator_types = ["parallel", "parallel"]}}
      ins(%y : {c}) outs(%empty : {c}) {{
  ^bb0(%x: {wide}, %out: {wide}):
    %row = linalg.index 0 : index
    %number = arith.index_cast %row : index to i32
    %float = arith.sitofp %number : i32 to {wide}
    %sum = arith.addf %x, %float : {wide}
    linalg.yield %sum : {wide}
  }} -> {c}"""
    return f"""
#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> {order}>
#c = affine_map<(m, n, k) -> (m, n)>
#column = affine_map<(m, n) -> (n)>
#entry = affine_map<(m, n) -> (m, n)>
func.func @product(%a: {a}, %b: {b}, %bias: tensor<{n}x{wide}>) -> {c} {{
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : {wide}
  %rows = tensor.dim %a, %c0 : {a}
  %empty = tensor.empty({rows}) : {c}
  {init}
  %y = linalg.generic {{indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}}
      ins(%a, %b : {a}, {b}) outs(%init : {c}) {{
  ^bb0(%x: {wide}, %y: {wide}, %sum: {wide}):
    %next = math.fma %x, %y, %sum : {wide}
    linalg.yield %next : {wide}
  }} -> {c}
  {after}
  return {"%z" if fused else "%y"} : {c}
}}"""


def main():
    attn_run, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    random = np.random.default_rng(0)
    cases = 0
    for (m, n, k), transposed in itertools.product(SIZES, (False, True)):
        for wide, fused, dynamic in [("f32", True, False), ("f32", False, True),
                                     ("f64", True, True)]:
            kind = np.float32 if wide == "f32" else np.float64
            a = random.standard_normal((m, k)).astype(kind)
            b = random.standard_normal((n, k) if transposed else (k, n)).astype(kind)
            bias = random.standard_normal(n).astype(kind)
            run = lambda rows, a: run_kernel(
                attn_run, source(rows, n, k, transposed, wide, fused),
                [a, b, bias], 1, folder)[0]
            computed = run("?" if dynamic else m, a)
            exact = a.astype(float) @ (b.T if transposed else b).astype(float)
            if fused:
                exact += bias + np.arange(m)[:, None]
            unit = 2.0**-24 if wide == "f32" else 2.0**-53
            what = f"{m} {n} {k} {wide}{' transposed' if transposed else ''}"
            compare(what, computed, exact, 4 * np.sqrt(k) * unit * np.abs(exact).max())
            first = run(1, a[:1])
            if not np.array_equal(first.view(np.uint8), computed[:1].view(np.uint8)):
                raise AssertionError(f"{what}: one row has other bits than {m}")
            cases += 1
    print(cases, "products agree")


if __name__ == "__main__":
    main()
