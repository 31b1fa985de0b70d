// RUN: attn-opt %s -kernel-to-nvvm -canonicalize -cse | FileCheck %s -enable-var-scope

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>

// CHECK-LABEL: gpu.module @kernels

gpu.module @kernels {

// Memory of the block, 1024 bytes for the swizzles: tiles one after the other.

// CHECK:         llvm.mlir.global external @kernel_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
// CHECK-NOT:     llvm.mlir.global

// CHECK-LABEL: gpu.func @tiles(
// CHECK-SAME:    kernel.shared_bytes = 11264 : i64
// CHECK:         %[[BASE:.*]] = llvm.mlir.addressof @kernel_shared
// CHECK:         %[[SECOND:.*]] = llvm.getelementptr %[[BASE]][2048]
// CHECK:         "test.use"(%{{.*}}, %{{.*}})
gpu.func @tiles() kernel {
  %a = kernel.alloc : !kernel.tile<1x16x40xbf16>
  %b = kernel.alloc : !kernel.tile<2x64x16xbf16, swizzle = 4>
  %c0 = arith.constant 0 : index
  %f = kernel.load %b[%c0] : !kernel.tile<2x64x16xbf16, swizzle = 4> -> !kernel.fragment<64x16xbf16, #matrix>
  gpu.return
}

// CHECK-LABEL: gpu.func @no_tiles(
// CHECK-NOT:     kernel.shared_bytes
// CHECK:         nvvm.cp.async.commit.group
// CHECK:         nvvm.cp.async.wait.group 2
// CHECK:         nvvm.barrier
gpu.func @no_tiles() kernel {
  kernel.commit
  kernel.wait 2
  kernel.barrier
  gpu.return
}
}
