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
    func.func @example(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>) -> tensor<8x4xf32> {
      %init = tensor.empty() : tensor<8x4xf32>
      %o = attn.attention ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
             outs(%init : tensor<8x4xf32>) -> tensor<8x4xf32>
      return %o : tensor<8x4xf32>
    }
    ```

    becomes, with the state starting at the identity and the queries packed,

    ```mlir
    %infinity = arith.constant 0xFF800000 : f32
    %m = linalg.fill ins(%infinity : f32) outs(%empty : tensor<8xf32>)
    %packed = linalg.generic ... ins(%q : tensor<8x4xf32>) outs(%empty : tensor<4x8xf32>)
    %m2, %l2, %acc2 = attn.fold ins(%packed, %k, %v : ...) outs(%m, %l, %acc : ...)
    %o = attn.finish ins(%m2, %l2, %acc2 : ...) outs(%init : tensor<8x4xf32>)
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
    Tiles next to the mask's edge have `min(queries, keys)` keys; the runs K1, K2,
    K3 meet at absolute multiples of that. No tile depends on the number of
    queries or keys: appending tokens changes no earlier bit.

    ```mlir
    func.func @example(%q: tensor<1024x64xf32>, %k: tensor<1024x64xf32>, %v: tensor<1024x64xf32>) -> tensor<1024x64xf32> {
      %init = tensor.empty() : tensor<1024x64xf32>
      %o = attn.attention ins(%q, %k, %v : tensor<1024x64xf32>, tensor<1024x64xf32>, tensor<1024x64xf32>)
             outs(%init : tensor<1024x64xf32>) {mask = #attn.causal} -> tensor<1024x64xf32>
      return %o : tensor<1024x64xf32>
    }
    ```

    becomes: for each tile of queries, a loop over keys that all of them see, a
    loop along the diagonal, and the division

    ```mlir
    scf.for %i = %c0 to %c1024 step %c32
      scf.for %j = %c0 to %end step %c256
        attn.fold ... at(%i, %j) outs(... : tensor<32xf32>, tensor<32xf32>, tensor<64x32xf32>) {indexing_maps = [...]} ->
      scf.for %j = %c0 to %end step %c32
        attn.fold ... at(%i, %j) outs(... : tensor<32xf32>, tensor<32xf32>, tensor<64x32xf32>) {indexing_maps = [...], mask = #attn.causal} ->
      attn.finish
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

def RecurToSCF : Pass<"recur-to-scf"> {
  let summary = "recurrences to loops over tokens";
  let description = [{
    Rewrites each `recur.scan` as its `schedule` says (without one, in order):

        sequential   h_t = step(x_t, h_{t-1}), one token after the other
        chunked      where elements are (g, k, v) and outputs q^T S: matrix
                     products within a chunk, a state from chunk to chunk; for
                     other monoids products of chunks, states at their
                     beginnings, then the tokens of each chunk
        tree         all products by a work-efficient tree, then the outputs

    and each `recur.rescan` into loops over tokens and history. A schedule that
    the cell has no algebra for is an error.

    A cell of numbers works on all of the batch at once, so that vector lanes are
    its innermost batch dimension; a cell of tensors is looped over, and lanes are
    the innermost dimension of the state.

    Within a chunk, a NaN or infinity of a token reaches the whole chunk, also
    the tokens before it.

    ```mlir
    func.func @example(%x: tensor<?x16xf32>, %y0: tensor<?x16xf32>, %h0: tensor<16xf32>) -> tensor<?x16xf32> {
      %y, %h = recur.scan ins(%x : tensor<?x16xf32>) outs(%y0 : tensor<?x16xf32>) init(%h0 : tensor<16xf32>)
          {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
           monoid = #recur.affine<unit>}
          lift(%x_t: tensor<16xf32>) {
            recur.yield %x_t : tensor<16xf32>
          } -> tensor<?x16xf32>, tensor<16xf32>
      return %y : tensor<?x16xf32>
    }
    ```

    becomes

    ```mlir
    scf.for %t = %c0 to %length step %c1 iter_args(...) -> (tensor<?x16xf32>, tensor<16xf32>)
      %x_t = tensor.extract_slice %x[%t, 0] [1, 16] [1, 1] : tensor<?x16xf32> to tensor<16xf32>
      %h = linalg.generic ... ins(%x_t : tensor<16xf32>) outs(%before : tensor<16xf32>)
      %y = tensor.insert_slice %h into %y_before[%t, 0] [1, 16] [1, 1] : tensor<16xf32> into tensor<?x16xf32>
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::recur::RecurDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

#endif // ATTN_CONVERSION_PASSES_TD
