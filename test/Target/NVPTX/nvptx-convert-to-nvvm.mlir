// RUN: attn-opt %s --pass-pipeline='builtin.module(gpu.module(nvptx-convert-to-nvvm))' | FileCheck %s

gpu.module @kernels {
  // CHECK-LABEL: llvm.func @sizes(
  // CHECK-SAME: -> i64
  // CHECK-NOT: __nv
  // CHECK: nvvm.read.ptx.sreg.tid.x
  // CHECK: llvm.intr.sqrt
  // CHECK: llvm.intr.fabs
  gpu.func @sizes(%x: memref<?xf64>, %y: memref<?xf64>) -> index {
    %i = gpu.thread_id x
    %a = memref.load %x[%i] : memref<?xf64>
    %b = math.sqrt %a : f64
    %c = math.absf %b : f64
    memref.store %c, %y[%i] : memref<?xf64>
    gpu.return %i : index
  }
}
