//===- Passes.td - Passes of the recur dialect ------------*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_RECUR_TRANSFORMS_PASSES_TD
#define ATTN_DIALECT_RECUR_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def RecurExpandMonoid : Pass<"recur-expand-monoid"> {
  let summary = "the action of a monoid as an ordinary step";
  let description = [{
    Rewrites each `recur.scan` with a monoid, named or by `combine`, into one
    with a `step`:

        h_t = lift(x_t) . h_{t-1}  -->  h_t = step(x_t, h_{t-1})

    The scan can then only be run in order.

    ```mlir
    func.func @example(%g: tensor<?xf32>, %x: tensor<?xf32>, %y0: tensor<?xf32>, %h0: tensor<f32>) -> tensor<?xf32> {
      %y, %h = recur.scan ins(%g, %x : tensor<?xf32>, tensor<?xf32>) outs(%y0 : tensor<?xf32>) init(%h0 : tensor<f32>)
          {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
           monoid = #recur.affine<scalar>}
          lift(%g_t: f32, %x_t: f32) {
            recur.yield %g_t, %x_t : f32, f32
          } -> tensor<?xf32>, tensor<f32>
      return %y : tensor<?xf32>
    }
    ```

    becomes

    ```mlir
    step(%g_t: f32, %x_t: f32, %h: f32) {
      %decay = math.exp %g_t : f32
      %kept = arith.mulf %decay, %h : f32
      %next = arith.addf %kept, %x_t : f32
      recur.yield %next : f32
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def RecurRescanToScan : Pass<"recur-rescan-to-scan"> {
  let summary = "a rescan whose step does not look at t reads once";
  let description = [{
    With boundary `reset` and a prefix as history,

        rescan(step(x_j, h), read(x_t, h))  -->  scan(step(x_t, h), read(x_t, h))

    the state for token t + 1 is one step from that for token t: L steps instead
    of L(L+1)/2. This covers attention whose query is the same for all tokens
    (Feng et al., arXiv:2405.13956), also where that query is a copy for each
    token; a causal mask in an `attn.fold` of one key does not count as looking
    at t, as the prefix implies it.

    Otherwise a remark (category `recur`) says what in the step looks at t.

    ```mlir
    func.func @example(%x: tensor<9x4xf32>, %y0: tensor<9x4xf32>, %h0: tensor<4xf32>) -> tensor<9x4xf32> {
      %y, %h = recur.rescan ins(%x : tensor<9x4xf32>) outs(%y0 : tensor<9x4xf32>) init(%h0 : tensor<4xf32>)
          {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
          step(%x_j: tensor<4xf32>, %h: tensor<4xf32>) {
            %sum = arith.addf %h, %x_j : tensor<4xf32>
            %next = math.tanh %sum : tensor<4xf32>
            recur.yield %next : tensor<4xf32>
          } -> tensor<9x4xf32>, tensor<4xf32>
      return %y : tensor<9x4xf32>
    }
    ```

    becomes

    ```mlir
    %y, %h = recur.scan ins(%x : tensor<9x4xf32>) outs(%y0 : tensor<9x4xf32>) init(%h0 : tensor<4xf32>) {... step(%x_t: tensor<4xf32>, %h: tensor<4xf32>) {
      %sum = arith.addf %h, %x_t : tensor<4xf32>
      %next = math.tanh %sum : tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

#endif // ATTN_DIALECT_RECUR_TRANSFORMS_PASSES_TD
