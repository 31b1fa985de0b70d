//===- Passes.td - Tile-level IR to native code on a CPU --*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_CPU_PASSES_TD
#define ATTN_TARGET_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def CPUVectorizeLanes : Pass<"cpu-vectorize-lanes"> {
  let summary = "linalg.generic to loops on vectors: each lane runs the body";
  let description = [{
    Rewrites `linalg.generic` and `linalg.fill` on tensors into `scf.for` loops on
    vectors. The innermost dimension of the results is the lane dimension: lanes
    run the body side by side, every other dimension is a loop, and reductions
    run in order. So each element is computed by the same operations in the same
    order as in a scalar loop: lane width and register tiles change no bit.

    `rows` rows of the next dimension are computed together, with their
    accumulators in registers across the reduction; lanes and rows that do not
    divide the size are finished by masked lanes and single rows.

    Indices of lanes, and their sums with what all lanes share, stay a scalar and
    small constants, so that comparing them and making floats of them need no
    64-bit vectors.

    A copy whose lane dimension is not innermost in its input is transposed
    block by block.

    A reduction whose operands are contiguous along it, and not along the results,
    has its lanes there: sums of products, sums and maxima of rows. Each lane
    reduces every `lanes`-th element in order, then neighbours are combined in a
    tree. Several accumulators go through the tree together, one in each lane of
    the result. The tree depends on the type and `vector-bits` only, not on how many
    there are.

    ```mlir
    func.func @example(%k: tensor<64x32xf32>, %q: tensor<32x16xf32>, %init: tensor<64x16xf32>) -> tensor<64x16xf32> {
      %s = linalg.generic {indexing_maps = [affine_map<(k, m, d) -> (k, d)>, affine_map<(k, m, d) -> (d, m)>,
                                            affine_map<(k, m, d) -> (k, m)>],
                           iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%k, %q : tensor<64x32xf32>, tensor<32x16xf32>) outs(%init : tensor<64x16xf32>) {
      ^bb0(%x: f32, %y: f32, %sum: f32):
        %next = math.fma %x, %y, %sum : f32
        linalg.yield %next : f32
      } -> tensor<64x16xf32>
      return %s : tensor<64x16xf32>
    }
    ```

    becomes four rows of sixteen lanes at a time

    ```mlir
    scf.for %row = %c0 to %c64 step %c4
      %acc0 = vector.transfer_read ... : tensor<64x16xf32>, vector<16xf32>
      %acc:4 = scf.for %d = %c0 to %c32 step %c1
        %x = tensor.extract
        %y = vector.transfer_read ... : tensor<32x16xf32>, vector<16xf32>
        %splat = vector.broadcast %x : f32 to vector<16xf32>
        math.fma %splat, %y, %acc : vector<16xf32>
      vector.transfer_write
    ```
  }];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", "256",
      "width of a vector register, in bits">,
    Option<"lanes", "lanes", "int64_t", "2",
      "vector registers of lanes computed together">,
    Option<"rows", "rows", "int64_t", "4",
      "rows computed together in a reduction">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::mlir::vector::VectorDialect"];
}

def CPUCollapseRows : Pass<"cpu-collapse-rows"> {
  let summary = "rows that share an operand become one dimension";
  let description = [{
    A product reads an operand once for all its rows. Where these are several
    neighbouring dimensions, such as the heads of a group and their queries, they
    become one: the rows of a register tile.

    ```mlir
    func.func @example(%w: tensor<4x2x64xf32>, %v: tensor<64x32xf32>, %init: tensor<4x2x32xf32>) -> tensor<4x2x32xf32> {
      %o = linalg.generic {indexing_maps = [affine_map<(g, m, n, k) -> (g, m, k)>, affine_map<(g, m, n, k) -> (k, n)>,
                                            affine_map<(g, m, n, k) -> (g, m, n)>],
                           iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
          ins(%w, %v : tensor<4x2x64xf32>, tensor<64x32xf32>) outs(%init : tensor<4x2x32xf32>) {
      ^bb0(%x: f32, %y: f32, %sum: f32):
        %next = math.fma %x, %y, %sum : f32
        linalg.yield %next : f32
      } -> tensor<4x2x32xf32>
      return %o : tensor<4x2x32xf32>
    }
    ```

    becomes a product with eight rows

    ```mlir
    %rows = tensor.collapse_shape %w ... : tensor<4x2x64xf32> into tensor<8x64xf32>
    %o = linalg.generic ... ins(%rows, %v : tensor<8x64xf32>, tensor<64x32xf32>) outs(... : tensor<8x32xf32>)
    tensor.expand_shape ... output_shape [4, 2, 32]
    ```
  }];
  let dependentDialects = [
    "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def CPUBlockProducts : Pass<"cpu-block-products"> {
  let summary = "large products in blocks that caches hold";
  let description = [{
    A product whose second matrix is larger than `cached-bytes` takes panels of it,
    of `reduction` rows and as many columns as `panel-bytes` hold, and multiplies
    `rows` rows of the first matrix with each. A panel is copied: its rows then
    lie close together, one after the other, also where the matrix is stored
    transposed, and narrow elements are widened once. Products are known by what
    they compute, whatever the order and number of their dimensions.

    Each sum runs over the reduction in order, in blocks or not. Whether a product
    that is stored transposed is blocked, which changes the order of its sums,
    does not depend on its rows: a row has the same bits however many there are. A
    matrix that is made anew in a loop, such as a tile of keys, is left alone.

    What makes the initial value of each element, and what follows on each, runs on
    blocks too.

    ```mlir
    func.func @example(%a: tensor<256x512xf32>, %b: tensor<512x1024xf32>, %init: tensor<256x1024xf32>) -> tensor<256x1024xf32> {
      %c = linalg.matmul ins(%a, %b : tensor<256x512xf32>, tensor<512x1024xf32>) outs(%init : tensor<256x1024xf32>) -> tensor<256x1024xf32>
      return %c : tensor<256x1024xf32>
    }
    ```

    becomes

    ```mlir
    scf.for %n = %c0 to %c1024 step %c128 iter_args(...) -> (tensor<256x1024xf32>)
      scf.for %k = %c0 to %c512 step %c256 iter_args(...) -> (tensor<256x1024xf32>)
        tensor.extract_slice %b[%k, %n] [256, 128] [1, 1] : tensor<512x1024xf32> to tensor<256x128xf32>
        %panel = linalg.generic ... outs(... : tensor<256x128xf32>)
        scf.for %m = %c0 to %c256 step %c64 iter_args(...) -> (tensor<256x1024xf32>)
          linalg.generic ... ins(%rows, %panel : tensor<64x256xf32>, tensor<256x128xf32>)
    ```
  }];
  let options = [
    Option<"rows", "rows", "int64_t", "64", "rows of a block">,
    Option<"reduction", "reduction", "int64_t", "256",
      "steps of the reduction in a block">,
    Option<"columns", "columns", "int64_t", "16",
      "columns of a register tile of 32-bit elements: a panel has whole ones">,
    Option<"panelBytes", "panel-bytes", "int64_t", "245760",
      "bytes that a panel may take">,
    Option<"cachedBytes", "cached-bytes", "int64_t", "262144",
      "a matrix up to this size is left alone, in bytes">,
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

def CPUBlockReductions : Pass<"cpu-block-reductions"> {
  let summary = "products with few rows read their other operand once";
  let description = [{
    A product of few rows with a large matrix moves the matrix. In tiles of the
    result's columns, each over all of the reduction, it would be read in thin
    strips; in blocks of the reduction each block comes from memory once and
    serves the other tiles from the cache. Sums keep their order. A whole matrix of
    at most `cached-bytes`, such as weights, is taken to be in the cache already.
    For a single row of results a block has 1024 bytes of the matrix, if a row of
    the matrix is not longer: to hardware these are one stream.

    ```mlir
    func.func @example(%w: tensor<4x4096xf32>, %v: tensor<4096x128xf32>, %init: tensor<4x128xf32>) -> tensor<4x128xf32> {
      %o = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                                            affine_map<(m, n, k) -> (m, n)>],
                           iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%w, %v : tensor<4x4096xf32>, tensor<4096x128xf32>) outs(%init : tensor<4x128xf32>) {
      ^bb0(%x: f32, %y: f32, %sum: f32):
        %next = math.fma %x, %y, %sum : f32
        linalg.yield %next : f32
      } -> tensor<4x128xf32>
      return %o : tensor<4x128xf32>
    }
    ```

    becomes

    ```mlir
    scf.for %k = %c0 to %c4096 step %c16 iter_args(...) -> (tensor<4x128xf32>)
      %v_block = tensor.extract_slice %v[%k, 0] [16, 128] [1, 1] : tensor<4096x128xf32> to tensor<16x128xf32>
      linalg.generic ... tensor<16x128xf32>
    ```
  }];
  let options = [
    Option<"block", "block", "int64_t", "16",
      "steps of the reduction in a block">,
    Option<"columns", "columns", "int64_t", "16",
      "columns of a register tile: a result no wider is left alone">,
    Option<"cachedBytes", "cached-bytes", "int64_t", "262144",
      "a whole matrix up to this size is taken to be in a cache, in bytes">,
  ];
  let dependentDialects = [
    "::mlir::linalg::LinalgDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

def CPUExpandMath : Pass<"cpu-expand-math"> {
  let summary = "math functions as arithmetic that vectorizes";
  let description = [{
    `math.exp2`, on which every softmax weight stands, becomes
    2^x = 2^n * 2^f with n the nearest integer and f in [-1/2, 1/2]: a polynomial
    in f whose constant term is exactly 1, so that exp2 is exact at integers.
    exp2(-inf) = 0, exp2(NaN) = NaN, subnormal results are rounded once. f32
    (degree 6) and f64 (degree 11), scalars and vectors. An exp2 marked
    `attn.nonpositive`, as weights are, takes one scaling instead of two.

    `math.exp` is (1 + (e^r - 1)) * 2^n with x = n ln(2) + r, `math.tanh`
    (soft-capping, GELU) is t / (t + 2) with t = e^2|x| - 1, all digits next to 0
    too. `math.sin` and `math.cos` (rotary positions) take multiples of pi/2 off in
    four parts: exact up to |x| = 3.2e6 in f32 and 1.7e15 in f64, NaN beyond. All in
    f32 and f64, exp, sin and cos within 2 ulp, tanh within 3. `math.rsqrt` is
    1 / sqrt(x). Other functions of f32 (log, ... in the log-sum-exp) take upstream's
    polynomial approximations (erf: within 5 ulp); what has none, such as log and
    erf of f64, is left to the C library. Conversions between bf16 and f32 become
    integer arithmetic, rounded to nearest even, with denormals and NaN kept. With
    `vector-bits=256` bf16 becomes f32 in registers of 8, by one shuffle of bytes
    instead of a zero extension and a shift, which took the multiply-adds' place.

    ```mlir
    func.func @example(%x: vector<8xf32>) -> vector<8xf32> {
      %y = math.exp2 %x : vector<8xf32>
      return %y : vector<8xf32>
    }
    ```

    becomes a chain of multiply-adds and two exact scalings by powers of two

    ```mlir
    %rounded = arith.addf
    %n = arith.subf
    %f = arith.subf
    math.fma
    math.fma
    arith.shli
    arith.mulf
    arith.mulf
    ```
  }];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", "0",
      "width of a vector register, 0 if that is not known">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::vector::VectorDialect"];
}

def CPUSplitDestinations : Pass<"cpu-split-destinations", "::mlir::func::FuncOp"> {
  let summary = "no value is the destination of two operations";
  let description = [{
    A value that one operation writes into and another writes into or views, both on
    the way to a result, gets a copy: a fill is filled again. Bufferization would copy as well;
    but what is written into memory of the caller is, to its analysis, no value, and
    with `eliminate-empty-tensors` two results would share such memory.

    ```mlir
    func.func @example(%a: tensor<5xf32>, %b: tensor<5xf32>) -> (tensor<7xf32>, tensor<7xf32>) {
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<7xf32>
      %f = linalg.fill ins(%zero : f32) outs(%e : tensor<7xf32>) -> tensor<7xf32>
      %x = tensor.insert_slice %a into %f[0] [5] [1] : tensor<5xf32> into tensor<7xf32>
      %y = tensor.insert_slice %b into %f[0] [5] [1] : tensor<5xf32> into tensor<7xf32>
      return %x, %y : tensor<7xf32>, tensor<7xf32>
    }
    ```

    becomes

    ```mlir
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<7xf32>) -> tensor<7xf32>
    %x = tensor.insert_slice %a into %f[0] [5] [1] : tensor<5xf32> into tensor<7xf32>
    %g = linalg.fill ins(%zero : f32) outs(%h : tensor<7xf32>) -> tensor<7xf32>
    %y = tensor.insert_slice %b into %g[0] [5] [1] : tensor<5xf32> into tensor<7xf32>
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::tensor::TensorDialect"];
}

def CPUBoundTemporaries : Pass<"cpu-bound-temporaries"> {
  let summary = "give temporaries of bounded size that bound";
  let description = [{
    The last tile of a loop has a size known at run time only, but it is at most a
    whole tile. Its temporaries become slices of tensors of that static size,
    which can live on the stack. Each use of an empty tensor gets its own, next to
    it: two temporaries that live at the same time cannot share a buffer, and what
    an iteration alone needs lives no longer than that. Where rows would begin a
    multiple of 256 bytes apart, they are a cache line further apart: a tile of
    them would else fall into few sets of the first cache.

    ```mlir
    func.func @example(%i: index, %n: index) -> tensor<?x64xf32> {
      %rest = affine.min affine_map<(i)[n] -> (32, n - i)>(%i)[%n]
      %t = tensor.empty(%rest) : tensor<?x64xf32>
      return %t : tensor<?x64xf32>
    }
    ```

    becomes

    ```mlir
    %whole = tensor.empty() : tensor<32x80xf32>
    %t = tensor.extract_slice %whole[0, 0] [%rest, 64] [1, 1] : tensor<32x80xf32> to tensor<?x64xf32>
    ```
  }];
  let options = [
    Option<"maxBytes", "max-bytes", "int64_t", "131072",
      "bound of a temporary that is still worth it, in bytes">,
  ];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def CPUAssignFrames : Pass<"cpu-assign-frames", "::mlir::ModuleOp"> {
  let summary = "temporaries of layer functions in memory of their callers";
  let description = [{
    A function marked `attn.frame` gets its temporaries from its callers: its last
    argument is memory of constant size, and each temporary has a constant place in
    it. Temporaries that do not live at the same time share bytes. A callee gets the
    memory above what lives during its call, and not above the whole frame: a nest
    of N functions needs what lives at its deepest point.

    Functions without the mark that call such functions allocate the memory, once,
    in each iteration of an independent loop once: on the stack up to
    `max-stack-bytes`, else on the heap. Their own temporaries up to this size join.

    Runs on buffers, before anything moves allocations out of loops: what an
    iteration allocates is dead at its end.

    ```mlir
    func.func private @lower(%x: memref<16xf32>) attributes {attn.frame} {
      %hidden = memref.alloc() : memref<64xf32>
      "test.use"(%x, %hidden) : (memref<16xf32>, memref<64xf32>) -> ()
      return
    }
    func.func private @upper(%x: memref<16xf32>) attributes {attn.frame} {
      %y = memref.alloc() : memref<16xf32>
      func.call @lower(%y) : (memref<16xf32>) -> ()
      "test.use"(%x, %y) : (memref<16xf32>, memref<16xf32>) -> ()
      %hidden = memref.alloc() : memref<64xf32>
      "test.use"(%x, %hidden) : (memref<16xf32>, memref<64xf32>) -> ()
      return
    }
    func.func @example(%x: memref<16xf32>) {
      func.call @upper(%x) : (memref<16xf32>) -> ()
      return
    }
    ```

    becomes

    ```mlir
    func.func private @lower(%x: memref<16xf32>, %scratch: memref<256xi8> {llvm.noalias})
      memref.view %scratch[%c0][] : memref<256xi8> to memref<64xf32>
    func.func private @upper(%x: memref<16xf32>, %scratch: memref<320xi8> {llvm.noalias})
      %y = memref.view %scratch[%c0][] : memref<320xi8> to memref<16xf32>
      %callee = memref.view %scratch[%c64][] : memref<320xi8> to memref<256xi8>
      call @lower(%y, %callee)
      %hidden = memref.view %scratch[%c0][] : memref<320xi8> to memref<64xf32>
    func.func @example(%x: memref<16xf32>)
      %scratch = memref.alloca() {alignment = 64 : i64} : memref<320xi8>
      %callee = memref.view %scratch[%c0][] : memref<320xi8> to memref<320xi8>
      call @upper(%x, %callee)
    ```

    With `count-bytes` the memory is filled with a pattern, and at the end the counter
    `scratch_bytes` grows by the extent of what has changed.
  }];
  let options = [
    Option<"maxStackBytes", "max-stack-bytes", "int64_t", "262144",
      "memory of a nest that may be on the stack, in bytes">,
    Option<"countBytes", "count-bytes", "bool", "false",
      "count the bytes of this memory that a run writes">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::attn::AttnDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::LLVM::LLVMDialect"];
}

def CPUPrefetchTiles : Pass<"cpu-prefetch-tiles"> {
  let summary = "ask for the next tile while one is worked on";
  let description = [{
    A tile of an argument that every loop around it moves is seen once, and no
    earlier read has brought it into a cache. As the tile is begun, the lines of
    the next one are asked for. A tile that an inner loop works on in each
    iteration asks for the next one in as many parts, unless it is contiguous and
    no larger than a page, which hardware does by itself. The address may lie behind
    the end of the argument: asking is not reading, and an address that is not
    there is ignored. Tiles of adjacent rows, at most 1024 bytes in all, are read in
    about the order of memory, which hardware foresees: they ask for nothing.

    ```mlir
    func.func @example(%x: memref<1024x64xf32>) {
      %c0 = arith.constant 0 : index
      %c16 = arith.constant 16 : index
      %c1024 = arith.constant 1024 : index
      scf.for %i = %c0 to %c1024 step %c16 {
        %tile = memref.subview %x[%i, 0] [16, 64] [1, 1] : memref<1024x64xf32> to memref<16x64xf32, strided<[64, 1], offset: ?>>
        "test.use"(%tile) : (memref<16x64xf32, strided<[64, 1], offset: ?>>) -> ()
      }
      return
    }
    ```

    becomes

    ```mlir
    %tile = memref.subview
    scf.for %row = %c16 to %c32
      memref.prefetch %tile[%row, %c0], read, locality<2>, data
      memref.prefetch %tile[%row, %c16], read, locality<2>, data
    ```
  }];
  let options = [
    Option<"maxBytes", "max-bytes", "int64_t", "8192",
      "the largest tile to ask for at once, in bytes">,
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect",
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect"];
}

def CPUExpandCopies : Pass<"cpu-expand-copies"> {
  let summary = "copies of strided buffers as loops";
  let description = [{
    A copy between buffers that are not contiguous would become a call of MLIR's
    runtime library, which kernels do not have. Contiguous ones stay: they become
    memcpy.

    ```mlir
    func.func @example(%a: memref<4x8xf32, strided<[16, 1]>>, %b: memref<4x8xf32>) {
      memref.copy %a, %b : memref<4x8xf32, strided<[16, 1]>> to memref<4x8xf32>
      return
    }
    ```

    becomes

    ```mlir
    linalg.copy ins(%a : ...) outs(%b : ...)
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def CPUExpandCounters : Pass<"cpu-expand-counters", "::mlir::ModuleOp"> {
  let summary = "counters as memory of the module";
  let description = [{
    Each counter of `attn.count` becomes a private 64-bit global, to which
    `attn.count` adds atomically: kernels stay thread-safe. With `kernel=KERNEL`
    the function `int64_t KERNEL_count_NAME(void)` reads the counter NAME.

    Runs on buffers: until then nothing had to know that counters are memory.

    ```mlir
    func.func private @example(%pairs: index) {
      attn.count "folds", %pairs
      return
    }
    ```

    becomes with `kernel=attention`

    ```mlir
    memref.global "private" @count.folds : memref<i64> = dense<0>
    func.func private @example(%pairs: index)
      %amount = arith.index_cast %pairs : index to i64
      memref.atomic_rmw addi %amount, %counter[] : (i64, memref<i64>) -> i64
    func.func @attention_count_folds() -> i64
      memref.load
    ```
  }];
  let options = [
    Option<"kernel", "kernel", "std::string", "\"\"",
      "name of the kernel that the counters belong to">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::memref::MemRefDialect"];
}

def CPUPrefetchStreams : Pass<"cpu-prefetch-streams"> {
  let summary = "ask for memory a constant distance before it is used";
  let description = [{
    What a kernel reads or writes once, such as a cache of keys, comes from memory,
    and between arithmetic hardware asks for it too late. For vectors of an
    argument, whose address changes in every loop around them, a prefetch goes
    `bytes` ahead, in whole rows, once for each line of 64 bytes. It may go past
    the end of the array: a prefetch of any address does nothing but warm the cache.

    What a loop reads in the order of memory, whole adjacent rows one after the
    other, has none: hardware asks for what follows a stream, and has more lines on
    their way than prefetches of a core can have.

    ```mlir
    func.func @example(%v: memref<?x128xf32>, %keys: index) -> vector<16xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %zero = arith.constant 0.0 : f32
      %zeros = arith.constant dense<0.0> : vector<16xf32>
      %sum = scf.for %j = %c0 to %keys step %c1 iter_args(%sum = %zeros) -> vector<16xf32> {
        %row = vector.transfer_read %v[%j, %c0], %zero {in_bounds = [true]} : memref<?x128xf32>, vector<16xf32>
        %next = arith.addf %sum, %row : vector<16xf32>
        scf.yield %next : vector<16xf32>
      }
      return %sum : vector<16xf32>
    }
    ```

    becomes

    ```mlir
    %ahead = arith.addi %j, %c16
    memref.prefetch %v[%ahead, %c0], read, locality<2>, data : memref<?x128xf32>
    vector.transfer_read %v[%j, %c0]
    ```
  }];
  let options = [
    Option<"bytes", "bytes", "int64_t", "8192",
      "distance of the prefetch, in bytes of rows">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect"];
}

def CPUStealIterations : Pass<"cpu-steal-iterations"> {
  let summary = "let threads that are done take iterations of others";
  let description = [{
    Iterations of a parallel loop are as equal as they can be, threads are not: CPUs
    have other work, too, and are not all of one kind. With this schedule LLVM's
    OpenMP runtime divides the iterations evenly, in runs, and a thread that is done
    takes some from the end of another's run. No result depends on it: an iteration
    is the same on every thread. Loops that have a schedule keep it.

    ```mlir
    func.func @example(%n: index, %a: memref<?xf32>, %x: f32) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      omp.parallel {
        omp.wsloop {
          omp.loop_nest (%i) : index = (%c0) to (%n) step (%c1) {
            memref.store %x, %a[%i] : memref<?xf32>
            omp.yield
          }
        }
        omp.terminator
      }
      return
    }
    ```

    becomes

    ```mlir
    omp.wsloop schedule(dynamic, nonmonotonic)
    ```
  }];
  let dependentDialects = ["::mlir::omp::OpenMPDialect"];
}

def CPUCInterface : Pass<"cpu-c-interface", "::mlir::ModuleOp"> {
  let summary = "give public functions on tensors a plain C interface";
  let description = [{
    `NAME` takes one pointer per input and output and one `int64_t` per free size
    (sizes that must agree are one parameter), checks them, and returns an error
    code. `NAME_packed` takes the same as two arrays, for callers that learn
    the signature at run time. The computation itself becomes the private
    `NAME.tensors`, which writes its results into the given destinations.

    ```mlir
    func.func @example(%q: tensor<?x4xf32>, %k: tensor<?x4xf32>, %v: tensor<?x4xf32>) -> tensor<?x4xf32> {
      %c0 = arith.constant 0 : index
      %rows = tensor.dim %q, %c0 : tensor<?x4xf32>
      %init = tensor.empty(%rows) : tensor<?x4xf32>
      %o = attn.attention ins(%q, %k, %v : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
             outs(%init : tensor<?x4xf32>) -> tensor<?x4xf32>
      return %o : tensor<?x4xf32>
    }
    ```

    becomes a function of four arrays, the number of queries and the number of keys

    ```mlir
    func.func @example(%q: !llvm.ptr, %k: !llvm.ptr, %v: !llvm.ptr, %output: !llvm.ptr, %queries: i64, %keys: i64) -> i32
    func.func @example_packed(%arguments: !llvm.ptr, %sizes: !llvm.ptr) -> i32
    func.func private @example.tensors(%q: tensor<?x4xf32> ..., %output: memref<?x4xf32>)
      bufferization.materialize_in_destination
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::LLVM::LLVMDialect"];
}

#endif // ATTN_TARGET_CPU_PASSES_TD
