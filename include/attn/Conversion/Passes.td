//===- Passes.td - Rewrites of attention into its forms ---*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CONVERSION_PASSES_TD
#define ATTN_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def AttnToMaterialized : Pass<"attn-to-materialized"> {
  let summary = "the textbook form: all scores at once";
  let description = [{
    Rewrites each `attn.attention` whose form is materialized or not chosen into
    one fold over all its keys. The scores are a tensor of Lq x Lk per head:
    the baseline, and what a softmax between two matmuls computes.

    ```mlir
    %o = attn.attention ins(%q, %k, %v : ...) outs(%init : ...) -> ...
    ```

    becomes

    ```mlir
    %identity = (-inf, 0, 0)
    %s:3 = attn.fold ins(%q, %k, %v : ...) outs(%identity : ...) -> ...
    %o = attn.finish ins(%s#0, %s#1, %s#2 : ...) outs(%init : ...) -> ...
    ```
  }];
  let dependentDialects = [
    "::mlir::attn::AttnDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect"];
}

def AttnToBlocked : Pass<"attn-to-blocked"> {
  let summary = "online softmax on tiles of queries and keys";
  let description = [{
    Rewrites each `attn.attention` whose form is blocked or not chosen:

        finish(fold(identity, K))                     per tile of queries
          = finish(fold(fold(fold(identity, K1), K2), K3))
            K1, K3: keys that the mask hides from some query of the tile
            K2:     keys that it shows to all of them: folded without mask
                    keys that it hides from all: not visited

    and each fold becomes a loop over tiles of keys that carries the state. No
    buffer grows with Lq * Lk and no state of full length exists.

    Tile sizes come from `#attn.form` where given, else from the options.
    Tiles next to the mask's edge have `min(queries, keys)` keys. Key tiles start
    at absolute multiples of their size, and no tile depends on the number of
    queries or keys: appending tokens changes no earlier bit.

    ```mlir
    %o = attn.attention ins(%q, %k, %v : ...) outs(%init : ...) {mask = #attn.causal} -> ...
    ```

    becomes

    ```mlir
    scf.for %i = %c0 to %queries step %c32 {
      %full:3 = scf.for %j = %c0 to %i' step %c256 iter_args(%identity) {
        attn.fold ...                          // every key is visible
      }
      %s:3 = scf.for %j = %i' to %end step %c32 iter_args(%full) {
        attn.fold ... {mask = #attn.causal}    // the diagonal
      }
      attn.finish ...
    }
    ```
  }];
  let options = [
    Option<"queries", "queries", "int64_t", "32",
      "queries per tile, in rows, where the form does not say">,
    Option<"keys", "keys", "int64_t", "256",
      "keys per tile, in rows, where the form does not say">,
  ];
  let dependentDialects = [
    "::mlir::attn::AttnDialect", "::mlir::affine::AffineDialect",
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

#endif // ATTN_CONVERSION_PASSES_TD
