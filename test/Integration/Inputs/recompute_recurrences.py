"""Attention, a scan and a rescan as layers of the recompute form.

usage: recompute_recurrences.py ATTN-RUN FOLDER
"""

import json
import math
import os
import re
import sys

import numpy as np

from run_case import run_tool

# Each layer is on %a and gives %b. $X is a sequence of tokens, $H one of two heads.
# Positions are read in every region: a block that begins elsewhere would show.

ATTENTION = """
  %b = attn.attention ins(%a, %a, %a : $X, $X, $X) outs(%empty : $X) {mask = #attn.causal} -> $X
"""

# Linear attention of two heads: `read` alone looks at the query.
SCAN = """
  %q1 = math.tanh %a : $X
  %q = tensor.expand_shape %q1 [[0], [1, 2]] output_shape [$SIZE, 2, 2] : $X into $H
  %k = tensor.expand_shape %a [[0], [1, 2]] output_shape [$SIZE, 2, 2] : $X into $H
  %y0 = tensor.empty($DYNAMIC) : $H
  %decay = arith.constant dense<[-0.25, -0.0625]> : tensor<2xf32>
  %start = arith.constant dense<0.125> : tensor<2x2x2xf32>
  %heads, %last = recur.scan ins(%q, %k, %decay : $H, $H, tensor<2xf32>) outs(%y0 : $H) init(%start : tensor<2x2x2xf32>)
      {indexing_maps = [affine_map<(h, t) -> (t, h)>, affine_map<(h, t) -> (t, h)>, affine_map<(h, t) -> (h)>,
                        affine_map<(h, t) -> (t, h)>, affine_map<(h, t) -> (h)>],
       monoid = #recur.affine<scalar>$EXCLUSIVE}
      lift(%q_t: tensor<2xf32>, %k_t: tensor<2xf32>, %g: f32) {
        %t = recur.index 1 : index
        %i = arith.index_cast %t : index to i32
        %f = arith.sitofp %i : i32 to f32
        %one = arith.constant 1.0 : f32
        %f1 = arith.addf %f, %one : f32
        %g1 = arith.divf %g, %f1 : f32
        recur.yield %g1, %k_t, %k_t : f32, tensor<2xf32>, tensor<2xf32>
      }
      read(%q_t: tensor<2xf32>, %k_t: tensor<2xf32>, %g: f32, %s: tensor<2x2xf32>) {
        %h = recur.index 0 : index
        %i = arith.index_cast %h : index to i32
        %f = arith.sitofp %i : i32 to f32
        %zero = arith.constant dense<0.0> : tensor<2xf32>
        %o = linalg.vecmat ins(%q_t, %s : tensor<2xf32>, tensor<2x2xf32>) outs(%zero : tensor<2xf32>) -> tensor<2xf32>
        %splat = tensor.splat %f : tensor<2xf32>
        %p = arith.addf %o, %splat : tensor<2xf32>
        recur.yield %p : tensor<2xf32>
      } -> $H, tensor<2x2x2xf32>
  %b = tensor.collapse_shape %heads [[0], [1, 2]] : $H into $X
"""

# An element-wise cell: all of the batch is taken at once.
SCAN_NUMBERS = """
  %start = arith.constant dense<0.5> : tensor<4xf32>
  %b, %last = recur.scan ins(%a : $X) outs(%empty : $X) init(%start : tensor<4xf32>)
      {indexing_maps = [affine_map<(d, t) -> (t, d)>, affine_map<(d, t) -> (t, d)>, affine_map<(d, t) -> (d)>]$EXCLUSIVE}
      step(%x_t: f32, %h: f32) {
        %t = recur.index 1 : index
        %i = arith.index_cast %t : index to i32
        %f = arith.sitofp %i : i32 to f32
        %sum = arith.addf %x_t, %h : f32
        %far = arith.addf %sum, %f : f32
        %next = math.sin %far : f32
        recur.yield %next : f32
      } -> $X, tensor<4xf32>
"""

# A cell that compares the token that reads with the one that it reads.
RESCAN = """
  %start = arith.constant dense<[0.5, -0.5, 0.25, 0.0]> : tensor<4xf32>
  %b, %last = recur.rescan ins(%a, %a : $X, $X) outs(%empty : $X) init(%start : tensor<4xf32>)
      {indexing_maps = [affine_map<(t, j) -> (t)>, affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
      step(%x_t: tensor<4xf32>, %x_j: tensor<4xf32>, %h: tensor<4xf32>) {
        %t = recur.index 0 : index
        %j = recur.index 1 : index
        %back = arith.subi %t, %j : index
        %i = arith.index_cast %back : index to i32
        %f = arith.sitofp %i : i32 to f32
        %far = tensor.splat %f : tensor<4xf32>
        %product = arith.mulf %x_t, %x_j : tensor<4xf32>
        %u = arith.addf %product, %far : tensor<4xf32>
        %v = linalg.matvec ins(%w, %h : tensor<4x4xf32>, tensor<4xf32>) outs(%u : tensor<4xf32>) -> tensor<4xf32>
        %next = math.tanh %v : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      }
      read(%x_t: tensor<4xf32>, %h: tensor<4xf32>) {
        %t = recur.index 0 : index
        %i = arith.index_cast %t : index to i32
        %f = arith.sitofp %i : i32 to f32
        %place = tensor.splat %f : tensor<4xf32>
        %s = arith.addf %h, %x_t : tensor<4xf32>
        %o = arith.addf %s, %place : tensor<4xf32>
        recur.yield %o : tensor<4xf32>
      } -> $X, tensor<4xf32>
"""

# Two heads, each of numbers, and a state that comes from outside.
RESCAN_HEADS = """
  %h0 = tensor.expand_shape %a [[0], [1, 2]] output_shape [$SIZE, 2, 2] : $X into $H
  %y0 = tensor.empty($DYNAMIC) : $H
  %first = tensor.extract_slice %w[0, 0] [2, 2] [1, 1] : tensor<4x4xf32> to tensor<2x2xf32>
  %heads, %last = recur.rescan ins(%h0, %h0 : $H, $H) outs(%y0 : $H) init(%first : tensor<2x2xf32>)
      {indexing_maps = [affine_map<(h, d, t, j) -> (t, h, d)>, affine_map<(h, d, t, j) -> (j, h, d)>, affine_map<(h, d, t, j) -> (t, h, d)>, affine_map<(h, d, t, j) -> (d, h)>]}
      step(%x_t: f32, %x_j: f32, %h: f32) {
        %product = arith.mulf %x_t, %h : f32
        %sum = arith.addf %product, %x_j : f32
        %next = math.tanh %sum : f32
        recur.yield %next : f32
      } -> $H, tensor<2x2xf32>
  %b = tensor.collapse_shape %heads [[0], [1, 2]] : $H into $X
"""

HEADS = {ATTENTION: 1, SCAN: 2, SCAN_NUMBERS: 4, RESCAN: 1, RESCAN_HEADS: 4}

# Between the layers: a projection, and the residual.
REST = """
  %zero = arith.constant 0.0 : f32
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : $X) -> $X
  %p = linalg.matmul ins(%b, %w : $X, tensor<4x4xf32>) outs(%zeros : $X) -> $X
  %r = math.tanh %p : $X
  %c = arith.addf %r, %a : $X
"""


def write_stack(layers, plan, size, exclusive):
    text = f"""func.func @f(%x: $X, %w: tensor<4x4xf32>) -> $X attributes {{attn.plan = #attn.plan<{plan}>}} {{
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : $X
  %empty = tensor.empty($DYNAMIC) : $X
  %a_0 = math.sin %x : $X
"""
    for number, layer in enumerate(layers):
        body = re.sub(r"%(?!(?:w|n|empty)\b)(\w+)", rf"%\1_{number}", layer + REST)
        text += body.replace(f"%c_{number} ", f"%a_{number + 1} ")
    text += f"  return %a_{len(layers)} : $X\n}}\n"
    names = {"$X": f"tensor<{size}x4xf32>", "$H": f"tensor<{size}x2x2xf32>"}
    names |= {"$SIZE": "%n", "$DYNAMIC": "%n"} if size == "?" else {"$SIZE": str(size), "$DYNAMIC": ""}
    names["$EXCLUSIVE"] = ", exclusive" if exclusive else ""
    for name, value in names.items():
        text = text.replace(name, value)
    return text


class Segment:
    def __init__(self, layers, keep="none", window=0, prefix=0):
        self.layers, self.keep, self.window, self.prefix = layers, keep, window, prefix

    def __str__(self):
        return (
            f"<layers = {self.layers}, keep = {self.keep}, window = {self.window}, "
            f"prefix = {self.prefix}>"
        )


def count(heads, segments, block, length):
    """Folds, evaluations of layers for a block, and reads of the input, by playing
    the evaluation. `heads`: folds of one pair of tokens in each layer."""
    counts = dict(folds=0, blocks=0, disk_reads=0)

    def evaluate(first, segment, i, own, is_outermost):
        counts["blocks"] += 1
        counts["disk_reads"] += first == 0 and i == 0
        if i > 0 and not is_outermost:
            evaluate(first, segment, i - 1, own, False)
        for earlier in range(own):
            counts["folds"] += heads[first + i] * block**2
            if i == 0:
                counts["disk_reads"] += segment.keep == "none"
                continue
            is_recent = is_outermost and (own - earlier) * block < segment.window
            if not is_recent and earlier * block >= segment.prefix:
                evaluate(first, segment, i - 1, earlier, False)
        counts["folds"] += heads[first + i] * block * (block + 1) // 2

    for number in range(-(-length // block)):
        first = 0
        for segment in segments:
            for i in range(segment.layers):
                evaluate(first, segment, i, number, True)
            first += segment.layers
    return counts


def get_plans(block):
    return [
        [Segment(3)],
        [Segment(1, "kv"), Segment(1, "kv"), Segment(1, "kv")],
        [Segment(2), Segment(1, "input")],
        [Segment(1, "kv"), Segment(2, "input", window=2 * block)],
        [Segment(3, "none", 2 * block, block)],
        [Segment(2, "none", 0, 2 * block), Segment(1, "kv")],
    ]


def main():
    attn_run, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    generator = np.random.default_rng(7)
    weights = generator.standard_normal((4, 4)).astype(np.float32)
    failures = programs = 0
    # Layers, tokens, whether their number is dynamic, tokens of a block, exclusive.
    stacks = [
        ([ATTENTION, SCAN, RESCAN], 7, False, 1, False),
        ([SCAN, RESCAN, ATTENTION], 6, True, 1, True),
        ([RESCAN_HEADS, SCAN_NUMBERS, SCAN], 7, False, 2, False),
        ([SCAN_NUMBERS, ATTENTION, RESCAN], 8, True, 3, True),
        ([SCAN, RESCAN_HEADS, RESCAN], 4, False, 2, True),
    ]
    for layers, length, is_dynamic, block, exclusive in stacks:
        tokens = generator.standard_normal((length, 4)).astype(np.float32)
        heads = [HEADS[layer] for layer in layers]
        first = None
        for segments in get_plans(block):
            plan = f"segments = [{', '.join(map(str, segments))}], block = {block}"
            size = "?" if is_dynamic else length
            ir = write_stack(layers, plan, size, exclusive)
            printed, results = run_tool(
                attn_run, ir, [tokens, weights], 1, folder, "--check", "--count", "--json"
            )
            programs += 1
            counts = json.loads(printed)["counts"]
            expected = {
                name: {"measured": value, "predicted": value}
                for name, value in count(heads, segments, block, length).items()
            }
            where = f"{programs}: {plan}: "
            first = results[0] if first is None else first
            if results[0].tobytes() != first.tobytes():
                failures += 1
                print(f"{where}other bits than those of the first plan")
            if {name: counts[name] for name in expected} != expected:
                failures += 1
                print(f"{where}{counts}, but {expected} were expected")
    # What nothing is kept for has a closed form.
    for length in range(1, 9):
        folds = count([1, 1, 1], [Segment(3)], 1, length)["folds"]
        if folds != math.comb(length + 4, 4) - 1 - length:
            sys.exit("the expectation itself is wrong")
    print(f"{programs} programs, {failures} failures")
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
