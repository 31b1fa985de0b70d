//===- Passes.td - Transformations of the attn dialect ----*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_TD
#define ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def AttnSelectForm : Pass<"attn-select-form"> {
  let summary = "record which form computes each attention";
  let description = [{
    Sets `form` on every `attn.attention` that has none. Choosing and rewriting
    are separate, so that a choice can be printed, overridden and tested;
    `attn-to-blocked` and its siblings honour it.

    ```mlir
    func.func @example(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>) -> tensor<8x4xf32> {
      %init = tensor.empty() : tensor<8x4xf32>
      %o = attn.attention ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
             outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
      return %o : tensor<8x4xf32>
    }
    ```

    becomes with `form=blocked queries=32 keys=256`

    ```mlir
    attn.attention ... {form = #attn.form<blocked, queries = 32, keys = 256>, mask = #attn.causal}
    ```
  }];
  let options = [
    Option<"form", "form", "::mlir::attn::FormKind", "::mlir::attn::FormKind::Blocked",
      "the form to record", [{::llvm::cl::values(
        clEnumValN(::mlir::attn::FormKind::Materialized, "materialized", "textbook L x L"),
        clEnumValN(::mlir::attn::FormKind::Recurrent, "recurrent", "a scan over pairs"),
        clEnumValN(::mlir::attn::FormKind::Blocked, "blocked", "online softmax on tiles"),
        clEnumValN(::mlir::attn::FormKind::Recompute, "recompute", "nothing kept"))}]>,
    Option<"queries", "queries", "int64_t", "0",
      "queries per tile, in rows; 0 leaves it to the rewrite">,
    Option<"keys", "keys", "int64_t", "0",
      "keys per tile, in rows; 0 leaves it to the rewrite">,
  ];
  let dependentDialects = ["::mlir::attn::AttnDialect"];
}

def AttnDecompose : Pass<"attn-decompose"> {
  let summary = "fold, combine and finish as linalg on tensors";
  let description = [{
    The one place where softmax is written out: scores, scale, score region,
    masks, the running maximum with its guard against `-inf - (-inf)`, weights
    in base 2, and the division. Products are explicit `math.fma`, so that no
    later pass has to decide about contraction; no fast-math flag is set.

    Runs on tensors, before bufferization: attn operations are never bufferized.

    ```mlir
    func.func @example(%q: tensor<4x8xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %m: tensor<8xf32>,
                       %l: tensor<8xf32>, %acc: tensor<4x8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<4x8xf32>) {
      %s:3 = attn.fold ins(%q, %k, %v : tensor<4x8xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
               outs(%m, %l, %acc : tensor<8xf32>, tensor<8xf32>, tensor<4x8xf32>)
               {indexing_maps = [affine_map<(m, k1, k2, n) -> (k1, m)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
                                 affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m)>,
                                 affine_map<(m, k1, k2, n) -> (m)>, affine_map<(m, k1, k2, n) -> (n, m)>]}
               -> tensor<8xf32>, tensor<8xf32>, tensor<4x8xf32>
      return %s#0, %s#1, %s#2 : tensor<8xf32>, tensor<8xf32>, tensor<4x8xf32>
    }
    ```

    becomes: scores; scale and the maximum of this run; the new maximum and the
    decay of the old state; weights and their sum; the decayed accumulator;
    weights times values

    ```mlir
    %scores = linalg.generic ... ins(%k, %q : ...) outs(%zeros : tensor<8x8xf32>)
      math.fma
    %scaled:2 = linalg.generic ... outs(%scores, %none : tensor<8x8xf32>, tensor<8xf32>)
      arith.mulf
      arith.cmpf ogt
    %raised:2 = linalg.generic ... ins(%scaled#1 : tensor<8xf32>) outs(%empty, %m : tensor<8xf32>, tensor<8xf32>)
      math.exp2
    %weights:2 = linalg.generic ... outs(%scaled#0, %sum : tensor<8x8xf32>, tensor<8xf32>)
      math.exp2
      arith.addf
    %decayed = linalg.generic ... ins(%raised#0 : tensor<8xf32>) outs(%acc : tensor<4x8xf32>)
    %acc2 = linalg.generic ... ins(%v, %weights#0 : tensor<8x4xf32>, tensor<8x8xf32>) outs(%decayed : tensor<4x8xf32>)
      math.fma
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_TD
