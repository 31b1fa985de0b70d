// RUN: attn-opt %s -split-input-file -kernel-to-nvvm -canonicalize -cse | FileCheck %s -enable-var-scope

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>

// Tiles one after the other in the block's memory, whose alignment is that of swizzles.

// CHECK:         llvm.mlir.global external @kernel_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
// CHECK-NOT:     llvm.mlir.global
// CHECK-LABEL: gpu.func @tiles(
// CHECK-SAME:    kernel.shared_bytes = 10240 : i64
// CHECK:         %[[BASE:.*]] = llvm.mlir.addressof @kernel_shared
// CHECK:         %[[SECOND:.*]] = llvm.getelementptr %[[BASE]][2048] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
// CHECK:         llvm.getelementptr %[[BASE]][%
// CHECK:         nvvm.ldmatrix
// CHECK:         llvm.getelementptr %[[SECOND]][%
// CHECK:         nvvm.ldmatrix
gpu.module @memory {
  gpu.func @tiles(%o: memref<64x16xbf16>, %stage: index) kernel {
    %c0 = arith.constant 0 : index
    %a = kernel.alloc : !kernel.tile<1x64x16xbf16>
    %b = kernel.alloc : !kernel.tile<2x64x16xbf16, swizzle = 4>
    %x = kernel.load %a[%stage] : !kernel.tile<1x64x16xbf16> -> !kernel.fragment<64x16xbf16, #matrix>
    %y = kernel.load %b[%stage] : !kernel.tile<2x64x16xbf16, swizzle = 4> -> !kernel.fragment<64x16xbf16, #matrix>
    kernel.write %x to %o[%c0, %c0] {dims = array<i64: 0, 1>} : !kernel.fragment<64x16xbf16, #matrix> to memref<64x16xbf16>
    kernel.write %y to %o[%c0, %c0] {dims = array<i64: 0, 1>} : !kernel.fragment<64x16xbf16, #matrix> to memref<64x16xbf16>
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

// -----

// 128 chunks for 96 threads: two each, the second one only for some. A row has two
// chunks, exchanged by its last bit. What is beyond the array is no bytes of its
// beginning.

// CHECK-LABEL: gpu.func @copy(
// CHECK-SAME:    %[[A:[a-z0-9]+]]: memref<?x16xbf16>, %[[I:[a-z0-9]+]]: index, %[[STAGE:[a-z0-9]+]]: index
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : i32
// CHECK-DAG:     %[[C2:.*]] = arith.constant 2 : i32
// CHECK-DAG:     %[[C8:.*]] = arith.constant 8 : i32
// CHECK-DAG:     %[[C16:.*]] = arith.constant 16 : i32
// CHECK-DAG:     %[[C32:.*]] = arith.constant 32 : i32
// CHECK-DAG:     %[[C96:.*]] = arith.constant 96 : i32
// CHECK-DAG:     %[[C128:.*]] = arith.constant 128 : i32
// CHECK-DAG:     %[[C2048:.*]] = arith.constant 2048 : i32
// CHECK-DAG:     %[[TILE:.*]] = llvm.mlir.addressof @kernel_shared
// CHECK:         %[[LEFT:.*]] = arith.subi %{{.*}}, %[[I]] : index
// CHECK:         llvm.inttoptr {{.*}} to !llvm.ptr<1>
// CHECK:         %[[S:.*]] = arith.index_cast %[[STAGE]] : index to i32
// CHECK:         %[[BYTES:.*]] = arith.muli %[[S]], %[[C2048]]
// CHECK:         %[[BASE:.*]] = llvm.getelementptr %[[TILE]][%[[BYTES]]]
// CHECK:         %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x
// CHECK:         %[[ROW:.*]] = arith.divui %[[THREAD]], %[[C2]]
// CHECK:         %[[CHUNK:.*]] = arith.remui %[[THREAD]], %[[C2]]
// CHECK:         %[[INSIDE:.*]] = arith.andi
// CHECK:         arith.select %[[INSIDE]], %[[ROW]], %[[C0]]
// CHECK:         %[[BIT:.*]] = arith.remui %[[ROW]], %[[C2]]
// CHECK:         %[[PLACE:.*]] = arith.xori %[[CHUNK]], %[[BIT]]
// CHECK:         %[[ROW_BYTES:.*]] = arith.muli %[[ROW]], %[[C32]]
// CHECK:         %[[CHUNK_BYTES:.*]] = arith.muli %[[PLACE]], %[[C16]]
// CHECK:         %[[OFFSET:.*]] = arith.addi %[[ROW_BYTES]], %[[CHUNK_BYTES]]
// CHECK:         %[[TARGET:.*]] = llvm.getelementptr %[[BASE]][%[[OFFSET]]]
// CHECK:         %[[SIZE:.*]] = arith.select %[[INSIDE]], %[[C16]], %[[C0]]
// CHECK:         nvvm.cp.async.shared.global %[[TARGET]], %{{.*}}, 16, cache = cg, %[[SIZE]]
// CHECK:         %[[SECOND:.*]] = arith.addi %[[THREAD]], %[[C96]]
// CHECK:         %[[IS_THERE:.*]] = arith.cmpi ult, %[[SECOND]], %[[C128]]
// CHECK:         scf.if %[[IS_THERE]] {
// CHECK:           nvvm.cp.async.shared.global
// CHECK:         }
// CHECK-NOT:     nvvm.cp.async
// CHECK:         gpu.return
gpu.module @chunks {
  gpu.func @copy(%a: memref<?x16xbf16>, %i: index, %stage: index) kernel attributes {nvvm.reqntid = array<i32: 96, 1, 1>} {
    %c0 = arith.constant 0 : index
    %t = kernel.alloc : !kernel.tile<2x64x16xbf16, swizzle = 2>
    kernel.copy %a[%i, %c0] to %t[%stage] {dims = array<i64: 0, 1>} : memref<?x16xbf16> to !kernel.tile<2x64x16xbf16, swizzle = 2>
    gpu.return
  }

// Rows of a larger array, 16 bytes apart.

// CHECK-LABEL: gpu.func @copy_of_strided_rows(
// CHECK:         nvvm.cp.async.shared.global
  gpu.func @copy_of_strided_rows(%a: memref<64x16xbf16, strided<[40, 1], offset: 8>>) kernel attributes {nvvm.reqntid = array<i32: 128, 1, 1>} {
    %c8 = arith.constant 8 : index
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    kernel.copy %a[%c8, %c8] to %t[%c8] {dims = array<i64: 0, 1>} : memref<64x16xbf16, strided<[40, 1], offset: 8>> to !kernel.tile<1x64x16xbf16>
    gpu.return
  }
}

// -----

// Rows that do not begin, or do not end, at multiples of 16 bytes are copied element by
// element.

// CHECK-LABEL: gpu.func @rows_of_30_bytes(
// CHECK-NOT:     nvvm.cp.async
// CHECK-DAG:     %[[C96:.*]] = arith.constant 96 : i32
// CHECK-DAG:     %[[C1024:.*]] = arith.constant 1024 : i32
// CHECK-DAG:     %[[ZERO:.*]] = arith.constant 0 : i16
// CHECK:         %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x
// CHECK:         scf.for %{{.*}} = %[[THREAD]] to %[[C1024]] step %[[C96]] : i32 {
// CHECK:           %[[INSIDE:.*]] = arith.andi
// CHECK:           %[[VALUE:.*]] = scf.if %[[INSIDE]] -> (i16) {
// CHECK:             llvm.load %{{.*}} : !llvm.ptr<1> -> i16
// CHECK:           } else {
// CHECK:             scf.yield %[[ZERO]] : i16
// CHECK:           llvm.store %[[VALUE]], %{{.*}} : i16, !llvm.ptr<3>
// CHECK-NOT:     nvvm.cp.async
// CHECK-LABEL: gpu.func @first_column_is_odd(
// CHECK-NOT:     nvvm.cp.async
// CHECK:         scf.for
// CHECK-NOT:     nvvm.cp.async
// CHECK-LABEL: gpu.func @unknown_first_column(
// CHECK-NOT:     nvvm.cp.async
// CHECK:         scf.for
// CHECK-NOT:     nvvm.cp.async
// CHECK-LABEL: gpu.func @rows_end_within_a_chunk(
// CHECK-NOT:     nvvm.cp.async
// CHECK:         scf.for
// CHECK-NOT:     nvvm.cp.async
// CHECK-LABEL: gpu.func @unknown_offset_of_the_array(
// CHECK-NOT:     nvvm.cp.async
// CHECK:         scf.for
// CHECK-NOT:     nvvm.cp.async
// CHECK-LABEL: gpu.func @columns_as_rows(
// CHECK-NOT:     nvvm.cp.async
// CHECK:         scf.for
// CHECK-NOT:     nvvm.cp.async
// CHECK:         gpu.return
gpu.module @elements {
  gpu.func @rows_of_30_bytes(%a: memref<64x15xbf16>) kernel attributes {nvvm.reqntid = array<i32: 96, 1, 1>} {
    %c0 = arith.constant 0 : index
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    kernel.copy %a[%c0, %c0] to %t[%c0] {dims = array<i64: 0, 1>} : memref<64x15xbf16> to !kernel.tile<1x64x16xbf16>
    gpu.return
  }
  gpu.func @first_column_is_odd(%a: memref<64x32xbf16>) kernel attributes {nvvm.reqntid = array<i32: 96, 1, 1>} {
    %c0 = arith.constant 0 : index
    %c3 = arith.constant 3 : index
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    kernel.copy %a[%c0, %c3] to %t[%c0] {dims = array<i64: 0, 1>} : memref<64x32xbf16> to !kernel.tile<1x64x16xbf16>
    gpu.return
  }
  gpu.func @unknown_first_column(%a: memref<64x32xbf16>, %i: index) kernel attributes {nvvm.reqntid = array<i32: 96, 1, 1>} {
    %c0 = arith.constant 0 : index
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    kernel.copy %a[%c0, %i] to %t[%c0] {dims = array<i64: 0, 1>} : memref<64x32xbf16> to !kernel.tile<1x64x16xbf16>
    gpu.return
  }
  gpu.func @rows_end_within_a_chunk(%a: memref<64x12xbf16, strided<[16, 1]>>) kernel attributes {nvvm.reqntid = array<i32: 96, 1, 1>} {
    %c0 = arith.constant 0 : index
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    kernel.copy %a[%c0, %c0] to %t[%c0] {dims = array<i64: 0, 1>} : memref<64x12xbf16, strided<[16, 1]>> to !kernel.tile<1x64x16xbf16>
    gpu.return
  }
  gpu.func @unknown_offset_of_the_array(%a: memref<64x16xbf16, strided<[16, 1], offset: ?>>) kernel attributes {nvvm.reqntid = array<i32: 96, 1, 1>} {
    %c0 = arith.constant 0 : index
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    kernel.copy %a[%c0, %c0] to %t[%c0] {dims = array<i64: 0, 1>} : memref<64x16xbf16, strided<[16, 1], offset: ?>> to !kernel.tile<1x64x16xbf16>
    gpu.return
  }
  gpu.func @columns_as_rows(%a: memref<16x64xbf16>) kernel attributes {nvvm.reqntid = array<i32: 96, 1, 1>} {
    %c0 = arith.constant 0 : index
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    kernel.copy %a[%c0, %c0] to %t[%c0] {dims = array<i64: 1, 0>} : memref<16x64xbf16> to !kernel.tile<1x64x16xbf16>
    gpu.return
  }
}
