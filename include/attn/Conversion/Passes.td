//===- Passes.td - Rewrites of attention into its forms ---*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CONVERSION_PASSES_TD
#define ATTN_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def LinalgToAttn : Pass<"linalg-to-attn"> {
  let summary = "attention spelled out becomes attn.attention";
  let description = [{
    Finds softmax attention in linalg, tensor, arith and math operations and puts
    `attn.attention` in its place:

        sum_k exp(s_k - max s) / (sum exp(s - max s)) * v_k,    s_k = f(<q, k_k>)

    What operations compute is compared, not how they are spelled: an element of
    the result is read as an expression of elements of other tensors, through
    reshapes, transposes, broadcasts, fused or separate operations. Scales are
    collected, an exponential may have base 2, the division may stand before or
    after the sum, the maximum may be missing, a choice of 0 for rows that see
    nothing is what attention does anyway.

    Whatever else is done to a score becomes the score region or the mask tensor.
    Masks are proved: -inf chosen by comparisons of positions is a mask of its own
    (`#attn.causal`, ...); a constant tensor is compared element by element with
    such masks; the most negative float counts as -inf where every query is shown
    to see a key.

    Where data may hide all keys of a query, a softmax as it is mostly written
    gives NaN, and `attn.attention` 0. Then the log-sum-exp is asked for as well,
    and NaN chosen where it is -inf:

        o_i = lse_i == -inf ? NaN : o_i

    A program that looks after such rows itself, for 0, needs nothing.
    `empty-rows=zero` leaves the choice out: one pass over the result less. Where
    data is added to scores, it also takes the most negative float for -inf.

    What has the weights of a softmax and is no attention is left as it is, with a
    remark at the operation that shows it, and what would help.

    ```mlir
    func.func @example(%q: tensor<2x8x4xf32>, %kt: tensor<2x4x8xf32>, %v: tensor<2x8x4xf32>) -> tensor<2x8x4xf32> {
      %zero = arith.constant 0.0 : f32
      %scores = tensor.empty() : tensor<2x8x8xf32>
      %zeros = linalg.fill ins(%zero : f32) outs(%scores : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
      %s = linalg.batch_matmul ins(%q, %kt : tensor<2x8x4xf32>, tensor<2x4x8xf32>) outs(%zeros : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
      %p = linalg.softmax dimension(2) ins(%s : tensor<2x8x8xf32>) outs(%scores : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
      %empty = tensor.empty() : tensor<2x8x4xf32>
      %zeros2 = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
      %o = linalg.batch_matmul ins(%p, %v : tensor<2x8x8xf32>, tensor<2x8x4xf32>) outs(%zeros2 : tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
      return %o : tensor<2x8x4xf32>
    }
    ```

    becomes

    ```mlir
    %init = tensor.empty() : tensor<2x8x4xf32>
    %o = attn.attention ins(%q, %kt, %v : ...) outs(%init : tensor<2x8x4xf32>) indexing_maps = [..., #map1, ...] {scale = 1.000000e+00 : f64}
    ```
  }];
  let options = [
    Option<"report", "report", "std::string", "",
      "print what was found and what was refused: text or json">,
    Option<"emptyRows", "empty-rows", "::mlir::attn::EmptyRows",
      "::mlir::attn::EmptyRows::AsWritten",
      "what a query gives whose keys are all hidden by data", [{::llvm::cl::values(
        clEnumValN(::mlir::attn::EmptyRows::AsWritten, "as-written", "what it gives in the program, mostly NaN"),
        clEnumValN(::mlir::attn::EmptyRows::Zero, "zero", "0, as attn.attention does"))}]>,
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::attn::AttnDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"];
}

def AttnToKernel : Pass<"attn-to-kernel"> {
  let summary = "the blocked form for blocks of GPU threads";
  let description = [{
    Rewrites each `attn.attention` on f16 or bf16 whose form is blocked or not
    chosen into a loop that blocks of threads share, with a schedule for one block:

        for each block of queries:
          copy Q, K_0, V_0 to shared memory
          for each tile of keys that some query sees:
            wait for K_i, V_i; begin to copy K_i+1, V_i+1
            s = fold(s, K_i, V_i)
          write finish(s)

    Keys that the mask hides are not visited, those that it shows are folded
    without mask. Tiles are always whole: what is beyond the arrays is zero, hidden
    by `valid_keys`, and not written. Head dimensions are rounded up to 16.

    Few queries (up to 16 rows: queries, or for one query the heads that share a key
    head) are a warp's work. Many keys are then split into runs of 512, one for a
    block, whose states `attn.combine` merges.

    Other attention is left as it is, with a remark that says why; also that in
    loops, branches and private functions: the host launches blocks, and does not
    run those.

    ```mlir
    func.func @example(%q: tensor<2x256x64xbf16>, %k: tensor<2x256x64xbf16>, %v: tensor<2x256x64xbf16>) -> tensor<2x256x64xbf16> {
      %init = tensor.empty() : tensor<2x256x64xbf16>
      %o = attn.attention ins(%q, %k, %v : tensor<2x256x64xbf16>, tensor<2x256x64xbf16>, tensor<2x256x64xbf16>)
             outs(%init : tensor<2x256x64xbf16>) {mask = #attn.causal} -> tensor<2x256x64xbf16>
      return %o : tensor<2x256x64xbf16>
    }
    ```

    becomes

    ```mlir
    kernel.alloc : !kernel.tile<2x64x64xbf16, swizzle = 8>
    kernel.copy
    kernel.commit
    scf.for
    kernel.wait 0
    kernel.barrier
    kernel.view
    attn.fold
    attn.finish
    kernel.write
    {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_1>, #gpu.block<linear_dim_0>]}
    ```
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::gpu::GPUDialect", "::mlir::kernel::KernelDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def LinalgToKernel : Pass<"linalg-to-kernel"> {
  let summary = "operations on tiles become operations on fragments";
  let description = [{
    In loops that blocks of threads share (`kernel.threads`), distributes tiles over
    the registers of the block's threads: `linalg.fill` and `linalg.generic` on
    tensors become `kernel.map` for results with all dimensions, `kernel.reduce`
    for sums and maxima over columns, and `kernel.mma` for products with a tile of
    shared memory. A product that skips values by the sign of their weight
    (`attn.fold` of hidden keys) takes those that are not finite apart from the
    others, `kernel.take_non_finite`.

    All fragments have the layout of products of matrices, so that no element
    changes its thread: scores become weights, and these the left operand of the
    product with the values, where they are.

    ```mlir
    func.func @example(%init: tensor<64xf32>) -> tensor<64xf32> {
      %c0 = arith.constant 0 : index
      %one = arith.constant 1.0 : f32
      %out = scf.forall (%i) in (1) shared_outs(%o = %init) -> tensor<64xf32> {
        %empty = tensor.empty() : tensor<64x32xf32>
        %ones = linalg.fill ins(%one : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
        %none = tensor.empty() : tensor<64xf32>
        %start = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
        %sum = linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m)>],
                               iterator_types = ["parallel", "reduction"]}
            ins(%ones : tensor<64x32xf32>) outs(%start : tensor<64xf32>) {
        ^bb0(%x: f32, %s: f32):
          %r = arith.addf %s, %x : f32
          linalg.yield %r : f32
        } -> tensor<64xf32>
        %f = builtin.unrealized_conversion_cast %sum : tensor<64xf32> to !kernel.fragment<64xf32, #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>>
        %w = kernel.write %f to %o[%c0] {dims = array<i64: 0>} : !kernel.fragment<64xf32, #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>> to tensor<64xf32> -> tensor<64xf32>
        scf.forall.in_parallel {
          tensor.parallel_insert_slice %w into %o[0] [64] [1] : tensor<64xf32> into tensor<64xf32>
        }
      } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
      return %out : tensor<64xf32>
    }
    ```

    becomes

    ```mlir
    kernel.map {
    kernel.yield %cst : f32
    -> !kernel.fragment<64x32xf32, #layout>
    kernel.reduce add
    kernel.write
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::kernel::KernelDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def KernelToNVVM : Pass<"kernel-to-nvvm", "::mlir::gpu::GPUModuleOp"> {
  let summary = "schedules of one block to instructions of sm_80";
  let description = [{
    In a `gpu.module`, operations of the kernel dialect become instructions that
    every chip from sm_80 on has: `cp.async` for copies, `ldmatrix` and `mma.sync`
    m16n8k16 for products, shuffles for reductions. A fragment becomes as many
    values as a thread has registers of it, a tile a place in the dynamic shared
    memory of the block. `nvvm.reqntid` says how many threads a function has;
    `kernel.shared_bytes` says afterwards how much shared memory it needs.

    ```mlir
    gpu.module @kernels {
      gpu.func @example(%k: memref<64x64xbf16>) kernel attributes {nvvm.reqntid = array<i32: 128, 1, 1>} {
        %c0 = arith.constant 0 : index
        %tile = kernel.alloc : !kernel.tile<1x64x64xbf16, swizzle = 8>
        kernel.copy %k[%c0, %c0] to %tile[%c0] {dims = array<i64: 0, 1>} : memref<64x64xbf16> to !kernel.tile<1x64x64xbf16, swizzle = 8>
        kernel.commit
        kernel.wait 0
        kernel.barrier
        gpu.return
      }
    }
    ```

    becomes

    ```mlir
    llvm.mlir.global external @kernel_shared()
    kernel.shared_bytes = 8192 : i64
    nvvm.cp.async.shared.global
    nvvm.cp.async.commit.group
    nvvm.cp.async.wait.group 0
    nvvm.barrier
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::NVVM::NVVMDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect"];
}

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

    With `num-threads` above 1 batch and heads are an `scf.forall`, with a fold of
    all queries and keys of a head in each iteration.
  }];
  let options = [
    Option<"numThreads", "num-threads", "int64_t", "1",
      "threads to have independent loops for; with 1, loops run in order">,
  ];
  let dependentDialects = [
    "::mlir::attn::AttnDialect", "::mlir::affine::AffineDialect",
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
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

    Several tiles of queries can be a block, which shares each tile of keys while
    that is in a cache: the loop over its tiles of queries is inside the loop over
    keys. Such a block is split at the mask's edge once as a whole, and each of its
    tiles of queries once more. Keys or values that are not side by side in memory,
    such as those of interleaved heads, or narrower than the sums, are packed
    once for each block: a tile is copied, in the type of the sums.

    Tile sizes come from `#attn.form` where given, else from the options.
    Tiles next to the mask's edge have `min(queries, keys)` keys; the runs K1, K2,
    K3 meet at absolute multiples of that. At the edge of a causal mask, and at each
    edge of a window so wide that no key is at both, each of the `parts` of a tile
    goes on alone, with as many keys at a time: less is worked on that is hidden.
    No tile depends on the number
    of queries or keys: appending tokens changes no earlier bit.

    Where the queries that share keys, all rows of the heads of a group, are at
    most 16 and one tile, such as one query per head against a cache, they stay
    together in each fold: keys and values are read once for all of them, and lanes
    are features instead of queries. Every 1024 keys, or whole tiles of about so
    many, then have a state of their own, and these are combined in order:

        fold(s, K1 ++ K2) = combine(combine(s, fold(identity, K1)), fold(identity, K2))

    Splits that no query sees are not visited, and up to 1024 keys need none.

    With `num-threads` above 1 the loops over batch and queries are one
    `scf.forall`, whose iterations write apart: 1, 2 or 20 threads give the same
    bits. Its tiles are taken in the order 0, last, 1, last - 1, ..: threads take
    runs of neighbours, and so about as many keys each under a causal mask. For few
    queries the loop is over batch and splits of the keys, whose states are kept
    for a second one, over the batch, that combines them.

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
    Option<"block", "block", "int64_t", "0",
      "queries that share a tile of keys, in rows, where the form does not say; "
      "0: by block-bytes">,
    Option<"blockBytes", "block-bytes", "int64_t", "0",
      "what the queries and sums of a block may take; 0: no blocks">,
    Option<"parts", "parts", "int64_t", "1",
      "parts of a tile of queries that go on alone at the mask's edge">,
    Option<"numThreads", "num-threads", "int64_t", "1",
      "threads to have independent loops for; with 1, loops run in order">,
  ];
  let dependentDialects = [
    "::mlir::attn::AttnDialect", "::mlir::affine::AffineDialect",
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

def AttnToRecompute : Pass<"attn-to-recompute", "::mlir::ModuleOp"> {
  let summary = "stacks of layers with memory that does not grow";
  let description = [{
    Rewrites each function with an `attn.plan`, or with an attention whose form is
    recompute, to a loop over its tokens. A token goes through all layers; where a
    layer asks for the keys and values of an earlier token, these are computed
    again from the input, by a function for each layer that calls the one below:

        layer_l(t):  x = layer_{l-1}(t)                      the residual, the query
                     s = identity
                     for j = 0 .. t - 1:
                       s = fold(s, key and value of layer_{l-1}(j))
                     s = fold(s, key and value of x)         shared with the residual
                     what is left of the layer, on x and finish(s)

    for which token t of L tokens and N layers costs C(t + N, N) - 1 folds, with
    t = 1 for the first. What a plan keeps (see `#attn.plan`) is read in place of a
    call. Keys are folded in the order of their tokens, one block at a time: plans
    with the same `block` give the same bits. Nothing has the length of the
    sequence but inputs, results and what the plan keeps of each token.

    A recurrence is a layer as attention is. Its keys and values are what its step
    reads of earlier tokens:

        recur.scan     s = init;  s = step(x_j, s) for j = 0 .. t;  read(x_t, s)
        recur.rescan   s = init;  s = step(x_t, x_j, s) for j = 0 .. t;  read(x_t, s)

    A block of tokens is a `recur.scan` of its own, whose state comes from the
    blocks before; a monoid becomes a step, so that the order is that of the tokens.
    In a rescan each token of a block has a state of its own. A scan in reverse, a
    rescan of all tokens or with the boundary `chain`, and a final state that is
    used are errors.

    ```mlir
    func.func @example(%x: tensor<?x4xf32>, %w: tensor<4x4xf32>) -> tensor<?x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 2>]>} {
      %c0 = arith.constant 0 : index
      %n = tensor.dim %x, %c0 : tensor<?x4xf32>
      %init = tensor.empty(%n) : tensor<?x4xf32>
      %y = attn.attention ins(%x, %x, %x : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
             outs(%init : tensor<?x4xf32>) {mask = #attn.causal} -> tensor<?x4xf32>
      %z = attn.attention ins(%y, %y, %y : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
             outs(%init : tensor<?x4xf32>) {mask = #attn.causal} -> tensor<?x4xf32>
      return %z : tensor<?x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func private @example.layer_1(%t: index, %destination: tensor<1x4xf32>, %x: tensor<?x4xf32> {bufferization.writable = false}) -> tensor<1x4xf32> attributes {attn.frame, ..., passthrough = ["noinline"]} {
      scf.for %j = %c0 to %t step %c1 iter_args(...) {
        attn.fold
      }
      attn.fold
      attn.finish
    }
    func.func @example(%x: tensor<?x4xf32>, %w: tensor<4x4xf32>) -> tensor<?x4xf32> attributes {attn.frame_root} {
      scf.for %t = %c0 to %length step %c1 iter_args(...) {
        scf.for %j = %c0 to %t step %c1 iter_args(...) {
          func.call @example.layer_1(%j, ..., %x)
          attn.fold
        }
      }
    }
    ```

    A function that is not token-wise but for its attentions and recurrences is an
    error that names the operation. `counters` emits `attn.count` of layers that are
    evaluated for a block of tokens (`blocks`), of reads of the input (`disk_reads`)
    and of what recurrences fold (`folds`): a token with itself or with one before
    it, for each element of the batch. A scan takes one step for all of its block.
  }];
  let options = [
    Option<"counters", "counters", "bool", "false",
      "count evaluations of layers and reads of the input">,
    Option<"parallelTokens", "parallel-tokens", "bool", "false",
      "blocks of tokens that keep nothing for each other as scf.forall">,
  ];
  let dependentDialects = [
    "::mlir::attn::AttnDialect", "::mlir::affine::AffineDialect",
    "::mlir::arith::ArithDialect",
    "::mlir::bufferization::BufferizationDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

def AttnToRecur : Pass<"attn-to-recur"> {
  let summary = "the recurrent form: a rescan of the keys for each query";
  let description = [{
    Rewrites each `attn.attention` whose form is recurrent or not chosen into a
    `recur.rescan` over (batch.., t = query, j = key) whose step is an
    `attn.fold` of one key and whose read is `attn.finish`:

        attention(q, K, V)_t = finish(fold(.. fold(identity, k_0, v_0) .., k_j, v_j))

    The state (m, l, acc) is O(1) in the number of keys. Masks, mask tensors,
    groups and score regions stay in the fold, which is told by `recur.index`
    where it is. Where the mask hides what comes after a query, the rescan goes
    through `j <= t` only. Features are the last dimension of what a recurrence
    sees: a tensor of another layout is transposed first.

    ```mlir
    func.func @example(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>) -> tensor<8x4xf32> {
      %init = tensor.empty() : tensor<8x4xf32>
      %o = attn.attention ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
             outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
      return %o : tensor<8x4xf32>
    }
    ```

    becomes

    ```mlir
    %m = linalg.fill ins(%infinity : f32) outs(%empty : tensor<1xf32>)
    %o, %m8, %l8, %acc8 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) init(%m, %l, %acc : ... step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
      %t = recur.index 0 : index
      %j = recur.index 1 : index
      %m2, %l2, %acc2 = attn.fold ins(%q1, %k1, %v1 : ...) at(%t, %j) outs(%m, %l, %acc : ...) {... mask = #attn.causal}
      recur.yield %m2, %l2, %acc2
    } read(%q_t: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
      %o = attn.finish ins(%m, %l, %acc : ...
      recur.yield %o_t
    ```

    `stabilize=false` writes the recurrence of the textbooks instead, numerator
    and denominator without a running maximum: d' = d + e^s, n' = n + e^s v. It
    overflows for scores above 88.7 in f32 (709.7 in f64) and is there to be
    looked at.
  }];
  let options = [
    Option<"stabilize", "stabilize", "bool", "true",
      "keep a running maximum; without one, large scores overflow">,
  ];
  let dependentDialects = [
    "::mlir::attn::AttnDialect", "::mlir::recur::RecurDialect",
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def ForeignToAttn : Pass<"foreign-to-attn"> {
  let summary = "attention of other dialects, in generic form";
  let description = [{
    Rewrites the attention operations of other projects to `attn.attention`, or to
    `attn.fold` where they are a step of it. Those projects are not linked: their
    operations are unregistered ones, as the generic form of MLIR holds them
    (`--mlir-print-op-generic`).

        iree_linalg_ext.attention           IREE
        iree_linalg_ext.online_attention    IREE; becomes a fold
        tm_tensor.attention                 torch-mlir
        onnx.Attention                      onnx-mlir, opset 23 on
        onnx.Custom                         onnx-mlir, if it is GroupQueryAttention
                                            of com.microsoft

    docs/Raising/Foreign.md says what each operand and attribute becomes. An
    operand, attribute or type whose meaning `attn` cannot keep is an error that
    says which, and what would help. `onnx.NoValue`, `onnx.Return` and
    `onnx.EntryPoint`, which frame a graph, become what they mean.

    ```mlir
    func.func @example(%q: tensor<2x8x16x64xf32>, %k: tensor<2x8x16x64xf32>, %v: tensor<2x8x16x64xf32>) -> tensor<2x8x16x64xf32> {
      %none = "onnx.NoValue"() <{value}> : () -> none
      %y, %present_key, %present_value, %scores = "onnx.Attention"(%q, %k, %v, %none, %none, %none)
          <{is_causal = 1 : si64, scale = 0.125 : f32}>
          : (tensor<2x8x16x64xf32>, tensor<2x8x16x64xf32>, tensor<2x8x16x64xf32>, none, none, none)
          -> (tensor<2x8x16x64xf32>, none, none, none)
      return %y : tensor<2x8x16x64xf32>
    }
    ```

    becomes

    ```mlir
    %init = tensor.empty() : tensor<2x8x16x64xf32>
    %y = attn.attention ins(%q, %k, %v : tensor<2x8x16x64xf32>, tensor<2x8x16x64xf32>, tensor<2x8x16x64xf32>) outs(%init : tensor<2x8x16x64xf32>) {mask = #attn.causal, scale = 1.250000e-01 : f64} -> tensor<2x8x16x64xf32>
    ```

    Other operations of dialects that are not there stay, unless `refuse-others`
    makes them errors, as the tools do: nothing below could lower them.
  }];
  let options = [
    Option<"refuseOthers", "refuse-others", "bool", "false",
      "operations that no dialect defines, and that are no attention, are errors">,
  ];
  let dependentDialects = [
    "::mlir::attn::AttnDialect", "::mlir::arith::ArithDialect",
    "::mlir::func::FuncDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

def RecurToAttn : Pass<"recur-to-attn"> {
  let summary = "find the attention in a rescan";
  let description = [{
    The inverse of `attn-to-recur`: raises each `recur.rescan` with boundary
    `reset` whose step is an `attn.fold` of one query and one key, starting from
    the identity, and whose read is `attn.finish`. A rescan of the prefix around
    a fold that shows all keys is causal attention. Transposed copies made to
    have features last become maps again.

    Where a rescan is not attention, a remark (category `recur`) says which part
    of it is not.

    ```mlir
    func.func @example(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
      %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
      %zero = arith.constant dense<0.0> : tensor<1xf32>
      %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
      %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
          init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
          {indexing_maps = [affine_map<(t, j) -> (t)>, affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (j)>,
                            affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>, affine_map<(t, j) -> ()>,
                            affine_map<(t, j) -> ()>]}
          step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
            %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
            %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
            %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
            %next:3 = attn.fold ins(%q1, %k1, %v1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>)
                outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
                {indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
                                  affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m)>,
                                  affine_map<(m, k1, k2, n) -> (m)>, affine_map<(m, k1, k2, n) -> (m, n)>]}
                -> tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
            recur.yield %next#0, %next#1, %next#2 : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
          }
          read(%q_t: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
            %empty = tensor.empty() : tensor<1x4xf32>
            %o1 = attn.finish ins(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>) outs(%empty : tensor<1x4xf32>)
                {indexing_maps = [affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>,
                                  affine_map<(m, n) -> (m, n)>]} -> tensor<1x4xf32>
            %o_t = tensor.collapse_shape %o1 [[0, 1]] : tensor<1x4xf32> into tensor<4xf32>
            recur.yield %o_t : tensor<4xf32>
          } -> tensor<8x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
      return %o : tensor<8x4xf32>
    }
    ```

    becomes

    ```mlir
    %o = attn.attention ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
    ```
  }];
  let dependentDialects = [
    "::mlir::attn::AttnDialect", "::mlir::arith::ArithDialect",
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

    A rescan that is attention (`recur-to-attn`) folds one key after the other
    for `queries` queries at once, which fill the vector lanes: their states are
    apart, so this is the same recurrence. Per query the state stays O(1).

    A cell of numbers works on all of the batch at once, so that vector lanes are
    its innermost batch dimension; a cell of tensors is looped over, and lanes are
    the innermost dimension of the state.

    Within a chunk, a NaN or infinity of a token reaches the whole chunk, also
    the tokens before it.

    With `num-threads` above 1 the batch is an `scf.forall`: one place of it at a
    time, or 64 numbers of its innermost dimension. Products of chunks are as
    independent as a batch is: where the batch is small or its size unknown, the
    first and the last of their three phases are `scf.forall` over chunks instead.
    A recurrence within a cell is run by one thread. No order of evaluation
    depends on the number of threads, so neither does any bit.

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
  let options = [
    Option<"queries", "queries", "int64_t", "32",
      "queries side by side where a rescan is attention">,
    Option<"numThreads", "num-threads", "int64_t", "1",
      "threads to have independent loops for; with 1, loops run in order">,
    Option<"lanes", "lanes", "int64_t", "64",
      "elements of the batch that a thread takes at once, where they lie next to "
      "each other">,
    Option<"chunksBesideBatch", "chunks-beside-batch", "bool", "true",
      "where a batch is too small for the threads, divide the chunks of one "
      "sequence after the other in place of it">,
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::attn::AttnDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::recur::RecurDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

#endif // ATTN_CONVERSION_PASSES_TD
