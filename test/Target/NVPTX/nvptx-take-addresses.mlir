// RUN: attn-opt %s --nvptx-take-addresses --split-input-file --verify-diagnostics | FileCheck %s

gpu.module @kernels {
  // CHECK: gpu.func @store(%[[X:[^ ]+]]: !llvm.ptr {llvm.noalias}, %[[N:[^ ]+]]: index) kernel
  // CHECK: %[[A:[^ ]+]] = builtin.unrealized_conversion_cast %{{[^ ]+}} : !llvm.struct<(ptr, ptr, i64)> to memref<index>
  // CHECK: memref.store %[[N]], %[[A]][]
  gpu.func @store(%x: memref<index> {llvm.noalias}, %n: index) kernel {
    memref.store %n, %x[] : memref<index>
    gpu.return
  }
}

// -----

gpu.module @kernels {
  // expected-error @below {{takes an array of rank 1 as parameter 0; a kernel takes addresses, of type memref<'f32'>, and sizes}}
  gpu.func @array(%x: memref<4xf32>) kernel {
    gpu.return
  }
}
