"""Rows of a projection have the same bits however many rows there are.

usage: projection_rows.py ATTN-RUN FOLDER

x W and x W^T with 1, 7 and 64 rows, known when the kernel is compiled and not,
between a norm and a residual sum as in a decoder, and alone.
"""

import itertools
import os
import sys

import numpy as np

from run_case import compare, run_kernel

MAPS = """
#x = affine_map<(t, e, d) -> (t, d)>
#columns = affine_map<(t, e, d) -> (d, e)>
#transposed = affine_map<(t, e, d) -> (e, d)>
#y = affine_map<(t, e, d) -> (t, e)>
#row = affine_map<(t, d) -> (t)>
#entry = affine_map<(t, d) -> (t, d)>
"""


def projection(x, weight, init, types, named, transposed):
    """%y = x W + init"""
    x_type, w_type, y_type = types
    if named and not transposed:
        return (f"%y = linalg.matmul ins({x}, {weight} : {x_type}, {w_type}) "
                f"outs({init} : {y_type}) -> {y_type}")
    return f"""%y = linalg.generic {{indexing_maps = [#x, {"#transposed" if transposed else "#columns"}, #y],
      iterator_types = ["parallel", "parallel", "reduction"]}}
      ins({x}, {weight} : {x_type}, {w_type}) outs({init} : {y_type}) {{
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %next = math.fma %a, %b, %sum : f32
    linalg.yield %next : f32
  }} -> {y_type}"""


def alone(rows, d, e, named, transposed):
    x, y = f"tensor<{rows}x{d}xf32>", f"tensor<{rows}x{e}xf32>"
    w = f"tensor<{e}x{d}xf32>" if transposed else f"tensor<{d}x{e}xf32>"
    length = "%length" if rows == "?" else ""
    return f"""{MAPS}
func.func @projection(%x: {x}, %w: {w}) -> {y} {{
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %length = tensor.dim %x, %c0 : {x}
  %empty = tensor.empty({length}) : {y}
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : {y}) -> {y}
  {projection("%x", "%w", "%zeros", (x, w, y), named, transposed)}
  return %y : {y}
}}"""


def in_decoder(rows, d, e, named, transposed):
    """x + (x / sum x^2) W; d = e."""
    x, each = f"tensor<{rows}x{d}xf32>", f"tensor<{rows}xf32>"
    w = f"tensor<{d}x{d}xf32>"
    length = "%length" if rows == "?" else ""
    return f"""{MAPS}
func.func @projection(%x: {x}, %w: {w}) -> {x} {{
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %length = tensor.dim %x, %c0 : {x}
  %empty = tensor.empty({length}) : {x}
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : {x}) -> {x}
  %empty1 = tensor.empty({length}) : {each}
  %zeros1 = linalg.fill ins(%zero : f32) outs(%empty1 : {each}) -> {each}
  %squares = linalg.generic {{indexing_maps = [#entry, #row], iterator_types = ["parallel", "reduction"]}}
      ins(%x : {x}) outs(%zeros1 : {each}) {{
  ^bb0(%a: f32, %sum: f32):
    %next = math.fma %a, %a, %sum : f32
    linalg.yield %next : f32
  }} -> {each}
  %normed = linalg.generic {{indexing_maps = [#entry, #row, #entry], iterator_types = ["parallel", "parallel"]}}
      ins(%x, %squares : {x}, {each}) outs(%empty : {x}) {{
  ^bb0(%a: f32, %square: f32, %out: f32):
    %quotient = arith.divf %a, %square : f32
    linalg.yield %quotient : f32
  }} -> {x}
  {projection("%normed", "%w", "%zeros", (x, w, x), named, transposed)}
  %z = arith.addf %x, %y : {x}
  return %z : {x}
}}"""


def main():
    attn_run, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    random = np.random.default_rng(0)
    cases = 0
    # Shapes with and without parts of a vector at their ends.
    for source, (d, e) in [(alone, (64, 144)), (alone, (100, 37)),
                           (in_decoder, (52, 52))]:
        x = random.standard_normal((64, d)).astype(np.float32)
        for named, transposed in [(True, False), (False, False), (False, True)]:
            shape = (e, d) if transposed else (d, e)
            w = random.standard_normal(shape).astype(np.float32)
            run = lambda rows, x: run_kernel(
                attn_run, source(rows, d, e, named, transposed), [x, w], 1, folder)[0]
            every = run(64, x)
            wide = x.astype(np.float64)
            exact = wide @ (w.T if transposed else w)
            if source is in_decoder:
                exact = wide + exact / (wide * wide).sum(1, keepdims=True)
            what = f"{source.__name__} {d} {e} {'named' if named else 'generic'}"
            what += " transposed" if transposed else ""
            compare(what, every, exact, 1e-5 * np.abs(exact).max())
            for rows, static in itertools.product((1, 7), (True, False)):
                first = 64 - rows
                y = run(rows if static else "?", x[first:])
                if not np.array_equal(y.view(np.int32), every[first:].view(np.int32)):
                    raise AssertionError(
                        f"{what}: the bits of {rows} rows "
                        f"({'static' if static else 'dynamic'}) differ from those of 64")
                cases += 1
    print(cases, "runs, the same bits")


if __name__ == "__main__":
    main()
