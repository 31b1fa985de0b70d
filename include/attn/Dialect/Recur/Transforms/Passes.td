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

def RecurSelectSchedule : Pass<"recur-select-schedule"> {
  let summary = "choose the order of evaluation of each scan";
  let description = [{
    Gives a `schedule` to each `recur.scan` that has none, and says why in a
    remark:

        chunked      where a chunk is matrix products, the state dk x dv is at
                     least 8 x 8, and the sequence is not known to be shorter
                     than a chunk: a token alone does 4 dk dv operations that no
                     register tile reuses
        sequential   otherwise: products of chunks and the tree do the work twice
                     and pay only with several threads

    A schedule that is there is kept: choosing is not rewriting.

    ```mlir
    func.func @example(%g: tensor<4x?xf32>, %x: tensor<4x?xf32>, %y0: tensor<4x?xf32>, %h0: tensor<4xf32>) -> tensor<4x?xf32> {
      %y, %h = recur.scan ins(%g, %x : tensor<4x?xf32>, tensor<4x?xf32>) outs(%y0 : tensor<4x?xf32>) init(%h0 : tensor<4xf32>)
          {indexing_maps = [affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c, t)>,
                            affine_map<(c, t) -> (c)>],
           monoid = #recur.affine<scalar>}
          lift(%g_t: f32, %x_t: f32) {
            recur.yield %g_t, %x_t : f32, f32
          } -> tensor<4x?xf32>, tensor<4xf32>
      return %y : tensor<4x?xf32>
    }
    ```

    becomes

    ```mlir
    recur.scan ... monoid = #recur.affine<scalar>, schedule = #recur.schedule<sequential>}
    ```
  }];
}

#endif // ATTN_DIALECT_RECUR_TRANSFORMS_PASSES_TD
