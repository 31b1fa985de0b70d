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

    With a `memory-budget` each function that computes the keys of a causal
    attention is planned: it gets the `attn.plan` with the least work whose frames
    and caches fit in the budget, for `length` tokens where the function leaves
    their number free. A remark says what was chosen, and the next plans with less
    memory and with less work. That nothing fits is an error that names the
    smallest there is. A plan that is there stays. A stack of two layers may become,
    with `memory-budget=600`,

        func.func @stack(...) attributes {attn.plan = #attn.plan<segments = [<layers = 2, window = 8>], block = 2>}
  }];
  let options = [
    Option<"form", "form", "::mlir::attn::FormKind", "::mlir::attn::FormKind::Blocked",
      "the form to record", [{::llvm::cl::values(
        clEnumValN(::mlir::attn::FormKind::Materialized, "materialized", "textbook L x L"),
        clEnumValN(::mlir::attn::FormKind::Recurrent, "recurrent", "a scan over pairs"),
        clEnumValN(::mlir::attn::FormKind::Blocked, "blocked", "online softmax on tiles"),
        clEnumValN(::mlir::attn::FormKind::Recompute, "recompute", "nothing kept"))}]>,
    Option<"block", "block", "int64_t", "0",
      "queries that share a tile of keys; 0 leaves it to the rewrite">,
    Option<"queries", "queries", "int64_t", "0",
      "queries per tile, in rows; 0 leaves it to the rewrite">,
    Option<"keys", "keys", "int64_t", "0",
      "keys per tile, in rows; 0 leaves it to the rewrite">,
    Option<"memoryBudget", "memory-budget", "int64_t", "-1",
      "bytes that frames and caches of a stack may take; -1: no plan is made">,
    Option<"length", "length", "int64_t", "-1",
      "tokens to plan for, where a function leaves their number free">,
  ];
  let dependentDialects = ["::mlir::attn::AttnDialect"];
}

def AttnPrintCost : Pass<"attn-print-cost", "::mlir::ModuleOp"> {
  let summary = "print what functions cost in work and memory";
  let description = [{
    Prints to stdout, for each function with causal attention whose keys are
    computed, the plans that no other beats in memory and work at once, from the
    smallest to the fastest: folds, evaluations of layers, reads of the input,
    operations, and bytes at the peak, of state, temporaries and what is kept. If
    the function has an `attn.plan`, that one is marked and its counts are given as
    closed forms too.

    For other functions with attention: folds, and 2 (k1 + n) operations for each;
    then for each attention what one execution on one thread costs in each form:

    * folds: visible pairs of a query and a key, in all heads, the same in any form.
    * flops: 2 (k1 + n) for each pair that the form works on, hidden ones of a
      tile among them.
    * key reads: of a key and its value. Queries that share a tile of keys share
      the read: all of a head, those of a tile, or of a block.
    * state: packed queries and their running maxima, sums and accumulators, of
      those in flight. The materialized form divides accumulators in registers.
    * temporaries: scores, decays, the result before it is laid out, and keys and
      values widened. Each loop over keys has its own: there is one for keys that a
      mask shows to all of a tile, and one for each side of them; what fills no tile
      of queries is code, and buffers, of its own.
    * peak: both. No cache; disk is inputs and results. Left out is the panel that
      a large product of the materialized form is packed into, less than the second
      cache.

    `row_bytes` of the JSON are those of the temporaries with one number for each
    query of a tile, which code may have in registers instead. Where code knows more
    of a tile than its size, it takes less. Copies of tensors whose layout the
    recurrent form changes are not counted.

    L is the number of queries and of keys where they are equal or not known. n is
    the number of tiles, or of blocks; its closed forms hold for whole ones. What a
    `form` does not say is by the options, which are those of `attn-to-blocked`.
    Values that depend on L are `?` without `length`, and so is what operands decide
    (segments, offsets, valid keys). If the number of heads is not known, figures are
    for one.

    All counts are exact integers. `length` is the number of tokens where a function
    leaves it free; `json` prints one object instead of text, with integers as
    decimal strings, since they exceed any number type.

    ```mlir
    func.func @stack(%x: tensor<64x4xf32>) -> tensor<64x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 2>]>} {
      %init = tensor.empty() : tensor<64x4xf32>
      %y = attn.attention ins(%x, %x, %x : tensor<64x4xf32>, tensor<64x4xf32>, tensor<64x4xf32>)
             outs(%init : tensor<64x4xf32>) {mask = #attn.causal} -> tensor<64x4xf32>
      %z = attn.attention ins(%y, %y, %y : tensor<64x4xf32>, tensor<64x4xf32>, tensor<64x4xf32>)
             outs(%init : tensor<64x4xf32>) {mask = #attn.causal} -> tensor<64x4xf32>
      return %z : tensor<64x4xf32>
    }
    ```

    stays as it is:

    ```mlir
    func.func @stack(%x: tensor<64x4xf32>) -> tensor<64x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 2>]>} {
    ```
  }];
  let options = [
    Option<"length", "length", "int64_t", "-1",
      "tokens, where a function leaves their number free">,
    Option<"queries", "queries", "int64_t", "32",
      "queries per tile, in rows, where the form does not say">,
    Option<"keys", "keys", "int64_t", "256",
      "keys per tile, in rows, where the form does not say">,
    Option<"block", "block", "int64_t", "0",
      "queries that share a tile of keys, in rows, where the form does not say; "
      "0: by block-bytes">,
    Option<"blockBytes", "block-bytes", "int64_t", "0",
      "what the queries and sums of a block may take; 0: no blocks">,
    Option<"parts", "parts", "int64_t", "1",
      "parts of a tile of queries that go on alone at the mask's edge">,
    Option<"json", "json", "bool", "false", "print JSON">,
  ];
  let dependentDialects = ["::mlir::attn::AttnDialect"];
}

def AttnInstrument : Pass<"attn-instrument"> {
  let summary = "count folds while running";
  let description = [{
    Before each `attn.fold` adds to the counter `folds` how many pairs of a query
    and a visible key it folds. Runs after attentions have become folds of
    tiles, before `attn-decompose`. The sum over all tiles does not depend on the
    form or on tile sizes: causal attention of L tokens has L (L + 1) / 2 pairs
    per head.

    Visible is what the mask attribute, `valid_keys` and the mask tensor say; the
    value of a score region does not matter. A tile without masks counts as the
    product of its sizes. Otherwise each query counts the interval of keys that
    its mask shows; only what no interval says (the gap between the parts of an
    `#attn.or`, elements of a mask tensor) is counted pair by pair. What decides
    for all heads at once is counted once and multiplied.

    The computation itself is not touched: results are the same bit by bit.

    ```mlir
    func.func @example(%q: tensor<4x8xf32>, %k: tensor<16x4xf32>, %v: tensor<16x4xf32>, %valid: index, %m: tensor<8xf32>,
                       %l: tensor<8xf32>, %acc: tensor<4x8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<4x8xf32>) {
      %s:3 = attn.fold ins(%q, %k, %v : tensor<4x8xf32>, tensor<16x4xf32>, tensor<16x4xf32>) valid_keys(%valid : index)
               outs(%m, %l, %acc : tensor<8xf32>, tensor<8xf32>, tensor<4x8xf32>)
               {indexing_maps = [affine_map<(m, k1, k2, n) -> (k1, m)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
                                 affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m)>,
                                 affine_map<(m, k1, k2, n) -> (m)>, affine_map<(m, k1, k2, n) -> (n, m)>]}
               -> tensor<8xf32>, tensor<8xf32>, tensor<4x8xf32>
      return %s#0, %s#1, %s#2 : tensor<8xf32>, tensor<8xf32>, tensor<4x8xf32>
    }
    ```

    becomes: eight queries see the valid ones among the sixteen keys

    ```mlir
    %end = arith.minsi %c16, %valid : index
    %keys = arith.maxsi %end, %c0 : index
    %pairs = arith.muli %keys, %c8 : index
    attn.count "folds", %pairs
    attn.fold
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::attn::AttnDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def AttnDecompose : Pass<"attn-decompose"> {
  let summary = "fold, combine and finish as linalg on tensors";
  let description = [{
    The one place where softmax is written out: scores, scale, score region,
    masks, the running maximum with its guard against `-inf - (-inf)`, weights
    in base 2, and the division. Products are explicit `math.fma`, so that no
    later pass has to decide about contraction; no fast-math flag is set. A
    `linalg.softmax` that is no attention's is written out as its own
    decomposition says.

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

def AttnFuseMultiplyAdd : Pass<"attn-fuse-multiply-add"> {
  let summary = "named products multiply and add in one rounding";
  let description = [{
    `linalg.matmul` and other named products leave open how a term is added to its
    sum. Here that is decided: by `math.fma`, once and for all forms, as strict
    numerics ask for. A `linalg.generic` says what it computes, and keeps it. Sums
    of other types than f32 and f64 are left alone.

    ```mlir
    func.func @example(%x: tensor<?x64xf32>, %w: tensor<64x32xf32>, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
      %y = linalg.matmul ins(%x, %w : tensor<?x64xf32>, tensor<64x32xf32>)
             outs(%init : tensor<?x32xf32>) -> tensor<?x32xf32>
      return %y : tensor<?x32xf32>
    }
    ```

    becomes

    ```mlir
    %y = linalg.generic ... iterator_types = ["parallel", "parallel", "reduction"]
    ^bb0(%a: f32, %b: f32, %sum: f32):
      %next = math.fma %a, %b, %sum : f32
    ```
  }];
  let dependentDialects = [
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect"];
}

def AttnHoistInvariants : Pass<"attn-hoist-invariants"> {
  let summary = "move what never changes out of loops that run in order";
  let description = [{
    Loop-invariant code motion that stops at loops whose iterations may run at
    the same time: what a state starts from is written by every iteration of an
    `scf.forall`, so each has its own, and outside there would be one more to copy
    it from.

    ```mlir
    func.func @example(%rows: index, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
      %zero = arith.constant 0.0 : f32
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c8 = arith.constant 8 : index
      %result = scf.forall (%i) in (%rows) shared_outs(%all = %init) -> (tensor<?x32xf32>) {
        %sum = scf.for %j = %c0 to %c8 step %c1 iter_args(%sum = %zero) -> (f32) {
          %root = math.sqrt %zero : f32
          %next = arith.addf %sum, %root : f32
          scf.yield %next : f32
        }
        %empty = tensor.empty() : tensor<1x32xf32>
        %row = linalg.fill ins(%sum : f32) outs(%empty : tensor<1x32xf32>) -> tensor<1x32xf32>
        scf.forall.in_parallel {
          tensor.parallel_insert_slice %row into %all[%i, 0] [1, 32] [1, 1] : tensor<1x32xf32> into tensor<?x32xf32>
        }
      }
      return %result : tensor<?x32xf32>
    }
    ```

    becomes

    ```mlir
    %result = scf.forall (%i) in (%rows) shared_outs(%all = %init) -> (tensor<?x32xf32>) {
      %root = math.sqrt %zero : f32
      %sum = scf.for %j = %c0 to %c8 step %c1
        %next = arith.addf
      %empty = tensor.empty() : tensor<1x32xf32>
    ```
  }];
}

#endif // ATTN_DIALECT_ATTN_TRANSFORMS_PASSES_TD
