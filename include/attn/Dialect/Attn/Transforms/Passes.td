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

    With `form=blocked queries=32 keys=256`,

    ```mlir
    attn.attention ... {mask = #attn.causal}
    ```

    becomes

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
    %s:3 = attn.fold ins(%q, %k, %v : ...) outs(%m, %l, %acc : ...)
    ```

    becomes

    ```mlir
    %scores = linalg.generic ... ins(%q, %k) { math.fma }
    %scaled:2 = linalg.generic ... { scale, mask, maximum }
    %decay = linalg.generic ... ins(%m, %scaled#1) { math.exp2 }
    %weights:2 = linalg.generic ... { math.exp2, sum }
    %acc2 = linalg.generic ... ins(%weights#0, %v) { math.fma }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_TD
