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

        chunked      where a chunk is matrix products, the state is at least the
                     size of a first-level cache (32 KiB; 96 x 96 in f32), and
                     the sequence is not known to be shorter than a chunk: chunks
                     read and write the state once for all of their tokens
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

def RecurSeparateKernel : Pass<"recur-separate-kernel"> {
  let summary = "a separable kernel makes a rescan a scan";
  let description = [{
    A step that adds an inner product of features of the token and features of
    the history, times a row of the history,

        h_tj = h_t(j-1) + <phi(q_t), phi(k_j)> v_j

    can take the token's features out of the sum over j. What is left does not
    look at t and is a scan with a matrix as state:

        S_t = S_(t-1) + phi(k_t) v_t^T,    h_tt = phi(q_t)^T S_t

    L steps instead of L(L+1)/2 (Katharopoulos et al., arXiv:2006.16236). Features
    and values may be computed in the step, from the token or the history alone;
    numbers of either may be further factors. Components of the state that have
    one kernel, such as a normalizer d + <phi(q_t), phi(k_j)>, are columns of one
    matrix.

    Otherwise a remark (category `recur`) says which operation is not linear. The
    softmax is the famous case: exp(<q, k>) is no inner product of finitely many
    features.

    ```mlir
    func.func @example(%q: tensor<9x8xf32>, %k: tensor<9x8xf32>, %v: tensor<9x4xf32>, %y0: tensor<9x4xf32>) -> tensor<9x4xf32> {
      %h0 = arith.constant dense<0.0> : tensor<4xf32>
      %y, %h = recur.rescan ins(%q, %k, %v : tensor<9x8xf32>, tensor<9x8xf32>, tensor<9x4xf32>)
          outs(%y0 : tensor<9x4xf32>) init(%h0 : tensor<4xf32>)
          {indexing_maps = [affine_map<(t, j) -> (t)>, affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (j)>,
                            affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
          step(%q_t: tensor<8xf32>, %k_j: tensor<8xf32>, %v_j: tensor<4xf32>, %h: tensor<4xf32>) {
            %zero = arith.constant dense<0.0> : tensor<f32>
            %dot = linalg.dot ins(%q_t, %k_j : tensor<8xf32>, tensor<8xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
            %next = linalg.generic {indexing_maps = [affine_map<(n) -> ()>, affine_map<(n) -> (n)>, affine_map<(n) -> (n)>],
                                    iterator_types = ["parallel"]}
                    ins(%dot, %v_j : tensor<f32>, tensor<4xf32>) outs(%h : tensor<4xf32>) {
            ^bb0(%w: f32, %v_n: f32, %h_n: f32):
              %product = arith.mulf %w, %v_n : f32
              %sum = arith.addf %h_n, %product : f32
              linalg.yield %sum : f32
            } -> tensor<4xf32>
            recur.yield %next : tensor<4xf32>
          } -> tensor<9x4xf32>, tensor<4xf32>
      return %y : tensor<9x4xf32>
    }
    ```

    becomes

    ```mlir
    %s0 = linalg.fill ... outs(%empty : tensor<8x4xf32>)
    %y, %s = recur.scan ins(%q, %k, %v : tensor<9x8xf32>, tensor<9x8xf32>, tensor<9x4xf32>) outs(%y0 : tensor<9x4xf32>) init(%s0 : tensor<8x4xf32>) {... monoid = #recur.affine<unit>} lift(%q_t: tensor<8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<4xf32>) {
      recur.yield %k_t, %v_t : tensor<8xf32>, tensor<4xf32>
    } read(%q_t: tensor<8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<4xf32>, %s: tensor<8x4xf32>) {
      %y_t = linalg.vecmat ins(%q_t, %s : tensor<8xf32>, tensor<8x4xf32>) outs(%zeros : tensor<4xf32>) -> tensor<4xf32>
      recur.yield %y_t : tensor<4xf32>
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

#endif // ATTN_DIALECT_RECUR_TRANSFORMS_PASSES_TD
