//===- Passes.td - Tile-level IR to kernels of an NVIDIA GPU --*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_NVPTX_PASSES_TD
#define ATTN_TARGET_NVPTX_PASSES_TD

include "mlir/Pass/PassBase.td"

def NVPTXAddDestinations : Pass<"nvptx-add-destinations", "::mlir::ModuleOp"> {
  let summary = "public functions write results into memory of the caller";
  let description = [{
    The host owns all arrays: what a public function returns becomes an argument
    that it writes, after the others.

    ```mlir
    func.func @example(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
      %y = math.absf %x : tensor<?x4xf32>
      return %y : tensor<?x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @example(%x: tensor<?x4xf32> {bufferization.writable = false}, %result: memref<?x4xf32>)
      %y = math.absf %x : tensor<?x4xf32>
      bufferization.materialize_in_destination %y in restrict writable %result
      return
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect"];
}

def NVPTXCarryInPlace : Pass<"nvptx-carry-in-place"> {
  let summary = "loops that carry arrays keep them in one place";
  let description = [{
    A loop whose iterations each make a new array for the next would need as many
    arrays as iterations, or a heap. Where `scf.for` carries an array, that array
    gets memory of its own before the loop: its first value is copied there, and
    each iteration copies the next one there at its end.

    ```mlir
    func.func @example(%x: memref<4xf32>, %n: index) -> memref<4xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %y = scf.for %i = %c0 to %n step %c1 iter_args(%state = %x) -> (memref<4xf32>) {
        %next = memref.alloc() : memref<4xf32>
        "test.step"(%state, %next) : (memref<4xf32>, memref<4xf32>) -> ()
        scf.yield %next : memref<4xf32>
      }
      return %y : memref<4xf32>
    }
    ```

    becomes

    ```mlir
    %memory = memref.alloc() : memref<4xf32>
    linalg.copy ins(%x : memref<4xf32>) outs(%memory : memref<4xf32>)
    scf.for %i = %c0 to %n step %c1 iter_args(%state = %memory) -> (memref<4xf32>)
      %next = memref.alloc() : memref<4xf32>
      "test.step"(%state, %next)
      linalg.copy ins(%next : memref<4xf32>) outs(%memory : memref<4xf32>)
      scf.yield %state : memref<4xf32>
    ```
  }];
  let dependentDialects = [
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect"];
}

def NVPTXMapLoops : Pass<"nvptx-map-loops", "::mlir::ModuleOp"> {
  let summary = "a bufferized function as a program of launches";
  let description = [{
    Each public function becomes a straight line of buffers and launches, which a
    host carries out, and kernels in a module of their own. An `scf.forall` or
    `scf.parallel` is a kernel whose threads take an iteration each: they are
    numbered row by row, `threads` of them make a block, and a loop in the kernel
    strides over the grid, so that a small grid is right too. An operation on whole
    arrays is such a loop over its parallel dimensions. A loop with `mapping` and
    `nvptx.threads = N` is a kernel whose blocks of N threads take an iteration
    each; its body is left as it is. What lies between is run by one thread, in
    order.

    A kernel takes addresses of arrays, sizes and scalars; sizes and views that
    follow from these it computes again. A scalar that one kernel computes for
    another goes through a buffer. Arrays that a thread allocates are local to it
    up to `max-local-bytes` together; what is larger, or of unknown size, lies in
    a buffer with a part for each thread. Functions that kernels call come along.

    ```mlir
    func.func @example(%x: memref<?xf32>, %y: memref<?xf32>) {
      %c0 = arith.constant 0 : index
      %n = memref.dim %x, %c0 : memref<?xf32>
      scf.forall (%i) in (%n) {
        %a = memref.load %x[%i] : memref<?xf32>
        %b = math.absf %a : f32
        memref.store %b, %y[%i] : memref<?xf32>
      }
      return
    }
    ```

    becomes

    ```mlir
    gpu.module @example_kernels
      gpu.func @example_0(%x: memref<f32> {llvm.noalias}, %n: index, %y: memref<f32> {llvm.noalias}, %m: index) kernel
        scf.for %i = %thread to %n step %threads
    func.func @example(%x: memref<?xf32>, %y: memref<?xf32>)
      %blocks = affine.apply
      gpu.launch_func ... blocks in (%blocks, ... args(
    ```
  }];
  let options = [
    Option<"threads", "threads", "int64_t", "128",
      "threads of a block, where each takes an iteration">,
    Option<"maxLocalBytes", "max-local-bytes", "int64_t", "32768",
      "local memory of a thread, in bytes">,
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::gpu::GPUDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::LLVM::LLVMDialect"];
}

def NVPTXTakeAddresses
    : Pass<"nvptx-take-addresses", "::mlir::gpu::GPUModuleOp"> {
  let summary = "arrays as addresses in the parameters of kernels";
  let description = [{
    A kernel takes the address of an array as 8 bytes. Functions that kernels call
    keep descriptors of their arrays: strides and offsets of views.

    ```mlir
    gpu.module @kernels {
      gpu.func @example(%x: memref<f32> {llvm.noalias}) kernel {
        %zero = arith.constant 0.0 : f32
        memref.store %zero, %x[] : memref<f32>
        gpu.return
      }
    }
    ```

    becomes

    ```mlir
    gpu.func @example(%x: !llvm.ptr {llvm.noalias}) kernel
      %descriptor = llvm.insertvalue %x
      %array = builtin.unrealized_conversion_cast %descriptor : !llvm.struct<(ptr, ptr, i64)> to memref<f32>
      memref.store %zero, %array[]
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def NVPTXExpandMath : Pass<"nvptx-expand-math"> {
  let summary = "logarithms and expm1 of f64 as arithmetic";
  let description = [{
    A GPU has no library of functions. What `cpu-expand-math` leaves to the C
    library and attention, softplus and their like need in f64 is expanded here:
    `log` (within 1 ulp), `log2`, `log10`, `log1p` and `expm1` (within 3), with
    infinities, NaN and subnormal numbers as IEEE 754 has them.

    ```mlir
    func.func @example(%x: f64) -> f64 {
      %y = math.log %x : f64
      return %y : f64
    }
    ```

    becomes x = m 2^k, from whose bits m and k are read, and

    ```mlir
    %k = arith.shrsi
    %f = arith.subf
    %s = arith.divf
    math.fma
    arith.select
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def NVPTXConvertToNVVM
    : Pass<"nvptx-convert-to-nvvm", "::mlir::gpu::GPUModuleOp"> {
  let summary = "kernels to the NVVM dialect, without CUDA's library";
  let description = [{
    As upstream's `convert-gpu-to-nvvm`, which makes calls of CUDA's library of
    every math function: here those that have instructions become LLVM's
    intrinsics. Indices have 64 bits.

    ```mlir
    gpu.module @kernels {
      gpu.func @example(%x: f32) -> f32 {
        %y = math.sqrt %x : f32
        gpu.return %y : f32
      }
    }
    ```

    becomes

    ```mlir
    llvm.func @example(%x: f32) -> f32
      llvm.intr.sqrt(%x)
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::memref::MemRefDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::NVVM::NVVMDialect"];
}

def NVPTXRefuseLibraryCalls : Pass<"nvptx-refuse-library-calls"> {
  let summary = "an error for what only a library could compute";
  let description = [{
    Kernels are compiled without CUDA's library of functions. What is left of math
    functions after their expansion, and has no instruction, is an error here,
    where it still has a place in the source. So are functions without a body.

    ```mlir
    func.func @example(%x: f64) -> f64 {
      %y = math.sqrt %x : f64
      return %y : f64
    }
    ```

    has instructions and stays as it is, which `math.tan` would not:

    ```mlir
    math.sqrt %x : f64
    ```
  }];
}

#endif // ATTN_TARGET_NVPTX_PASSES_TD
