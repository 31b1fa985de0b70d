// RUN: attn-opt %s | FileCheck %s -enable-var-scope
// RUN: attn-opt %s | attn-opt | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -mlir-print-op-generic | attn-opt | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -emit-bytecode | attn-opt | FileCheck %s -enable-var-scope

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 8 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>

// Layouts are written once, at the top.

// CHECK-DAG: #[[$MATRIX:.*]] = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 8 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
// CHECK-DAG: #[[$ROWS:.*]] = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>
// CHECK-DAG: #[[$ONE:.*]] = #kernel.layout<registers = [], lanes = [32 x (1, 0)], warps = []>

// Types and attributes.

// CHECK-LABEL: func private @types(
// CHECK-SAME:    !kernel.fragment<64x64xf32, #[[$MATRIX]]>
// CHECK-SAME:    !kernel.fragment<64xi1, #[[$ROWS]]>
// CHECK-SAME:    !kernel.fragment<32xf16, #[[$ONE]]>
// CHECK-SAME:    !kernel.tile<2x64x64xbf16, swizzle = 8>
// CHECK-SAME:    !kernel.tile<1x8x3xi8>
// CHECK-SAME:    !kernel.tile<3x8x3xf64>
func.func private @types(
    !kernel.fragment<64x64xf32, #matrix>, !kernel.fragment<64xi1, #rows>,
    !kernel.fragment<32xf16, #kernel.layout<registers = [], lanes = [32 x (1, 0)], warps = []>>,
    !kernel.tile<2x64x64xbf16, swizzle = 8>, !kernel.tile<1x8x3xi8>, !kernel.tile<3x8x3xf64, swizzle = 1>)

// CHECK-LABEL: func private @reductions()
// CHECK-SAME:    kinds = [#kernel.reduction<add>, #kernel.reduction<max>]
func.func private @reductions() attributes {kinds = [#kernel.reduction<add>, #kernel.reduction<max>]}

// Shared memory.

// CHECK-LABEL: func @copies(
// CHECK-SAME:    %[[T:.*]]: tensor<1x12x?x64xbf16>, %[[M:.*]]: memref<?x64xbf16>, %[[I:.*]]: index
// CHECK:         %[[TILE:.*]] = kernel.alloc : !kernel.tile<2x64x64xbf16, swizzle = 8>
// CHECK:         kernel.copy %[[T]][%[[I]], %[[I]], %[[I]], %[[I]]] to %[[TILE]][%[[I]]] {dims = array<i64: 2, 3>} : tensor<1x12x?x64xbf16> to !kernel.tile<2x64x64xbf16, swizzle = 8>
// CHECK:         kernel.copy %[[M]][%[[I]], %[[I]]] to %[[TILE]][%[[I]]] {dims = array<i64: 1, 0>} : memref<?x64xbf16> to !kernel.tile<2x64x64xbf16, swizzle = 8>
// CHECK:         kernel.commit
// CHECK:         kernel.wait 0
// CHECK:         kernel.wait 3
// CHECK:         kernel.barrier
func.func @copies(%t: tensor<1x12x?x64xbf16>, %m: memref<?x64xbf16>, %i: index) {
  %tile = kernel.alloc : !kernel.tile<2x64x64xbf16, swizzle = 8>
  kernel.copy %t[%i, %i, %i, %i] to %tile[%i] {dims = array<i64: 2, 3>} : tensor<1x12x?x64xbf16> to !kernel.tile<2x64x64xbf16, swizzle = 8>
  kernel.copy %m[%i, %i] to %tile[%i] {dims = array<i64: 1, 0>} : memref<?x64xbf16> to !kernel.tile<2x64x64xbf16, swizzle = 8>
  kernel.commit
  kernel.wait 0
  kernel.wait 3
  kernel.barrier
  return
}

// CHECK-LABEL: func @tensors(
// CHECK-SAME:    %[[TILE:.*]]: !kernel.tile<2x64x32xbf16>, %[[M:.*]]: tensor<2x?x100xi1>, %[[I:.*]]: index
// CHECK:         kernel.view %[[TILE]][%[[I]]] : !kernel.tile<2x64x32xbf16> -> tensor<64x32xbf16>
// CHECK:         kernel.view %[[TILE]][%[[I]]] : !kernel.tile<2x64x32xbf16> -> tensor<1x1x64x32xbf16>
// CHECK:         kernel.window %[[M]][%[[I]], %[[I]], %[[I]]] : tensor<2x?x100xi1> -> tensor<1x64x64xi1>
func.func @tensors(%tile: !kernel.tile<2x64x32xbf16>, %m: tensor<2x?x100xi1>, %i: index) {
  %a = kernel.view %tile[%i] : !kernel.tile<2x64x32xbf16> -> tensor<64x32xbf16>
  %b = kernel.view %tile[%i] : !kernel.tile<2x64x32xbf16> -> tensor<1x1x64x32xbf16>
  %c = kernel.window %m[%i, %i, %i] : tensor<2x?x100xi1> -> tensor<1x64x64xi1>
  return
}

// Fragments.

// CHECK-LABEL: func @products(
// CHECK-SAME:    %[[TILE:.*]]: !kernel.tile<2x64x64xbf16, swizzle = 8>, %[[W:.*]]: !kernel.fragment<64x64xf32, #[[$MATRIX]]>, %[[I:.*]]: index
// CHECK:         %[[Q:.*]] = kernel.load %[[TILE]][%[[I]]] : !kernel.tile<2x64x64xbf16, swizzle = 8> -> !kernel.fragment<64x64xbf16, #[[$MATRIX]]>
// CHECK:         %[[S:.*]] = kernel.mma %[[Q]], %[[TILE]][%[[I]]], %[[W]] transposed : !kernel.fragment<64x64xbf16, #[[$MATRIX]]>, !kernel.tile<2x64x64xbf16, swizzle = 8>, !kernel.fragment<64x64xf32, #[[$MATRIX]]>
// CHECK:         %[[TAKEN:.*]] = kernel.take_non_finite %[[W]], %[[TILE]][%[[I]]], %[[S]] : !kernel.fragment<64x64xf32, #[[$MATRIX]]>, !kernel.tile<2x64x64xbf16, swizzle = 8>, !kernel.fragment<64x64xf32, #[[$MATRIX]]>
// CHECK:         %[[ACC:.*]] = kernel.mma %[[W]], %[[TILE]][%[[I]]], %[[TAKEN]] : !kernel.fragment<64x64xf32, #[[$MATRIX]]>, !kernel.tile<2x64x64xbf16, swizzle = 8>, !kernel.fragment<64x64xf32, #[[$MATRIX]]>
// CHECK:         kernel.await %[[ACC]] pending = 1 : !kernel.fragment<64x64xf32, #[[$MATRIX]]>
func.func @products(%tile: !kernel.tile<2x64x64xbf16, swizzle = 8>, %w: !kernel.fragment<64x64xf32, #matrix>, %i: index) -> !kernel.fragment<64x64xf32, #matrix> {
  %q = kernel.load %tile[%i] : !kernel.tile<2x64x64xbf16, swizzle = 8> -> !kernel.fragment<64x64xbf16, #matrix>
  %s = kernel.mma %q, %tile[%i], %w transposed : !kernel.fragment<64x64xbf16, #matrix>, !kernel.tile<2x64x64xbf16, swizzle = 8>, !kernel.fragment<64x64xf32, #matrix>
  %taken = kernel.take_non_finite %w, %tile[%i], %s : !kernel.fragment<64x64xf32, #matrix>, !kernel.tile<2x64x64xbf16, swizzle = 8>, !kernel.fragment<64x64xf32, #matrix>
  %acc = kernel.mma %w, %tile[%i], %taken : !kernel.fragment<64x64xf32, #matrix>, !kernel.tile<2x64x64xbf16, swizzle = 8>, !kernel.fragment<64x64xf32, #matrix>
  %ready = kernel.await %acc pending = 1 : !kernel.fragment<64x64xf32, #matrix>
  return %ready : !kernel.fragment<64x64xf32, #matrix>
}

// CHECK-LABEL: func @elements(
// CHECK-SAME:    %[[S:.*]]: !kernel.fragment<64x64xf32, #[[$MATRIX]]>, %[[M0:.*]]: !kernel.fragment<64xf32, #[[$ROWS]]>
// CHECK:         %[[M:.*]] = kernel.reduce max %[[S]], %[[M0]] : !kernel.fragment<64x64xf32, #[[$MATRIX]]>, !kernel.fragment<64xf32, #[[$ROWS]]>
// CHECK:         kernel.reduce add %[[S]], %[[M]] : !kernel.fragment<64x64xf32, #[[$MATRIX]]>, !kernel.fragment<64xf32, #[[$ROWS]]>
// CHECK:         kernel.map ins(%[[S]], %[[M]] : !kernel.fragment<64x64xf32, #[[$MATRIX]]>, !kernel.fragment<64xf32, #[[$ROWS]]>) {
// CHECK-NEXT:    ^bb0(%[[X:.*]]: f32, %[[Y:.*]]: f32, %[[ROW:.*]]: index, %[[COLUMN:.*]]: index):
// CHECK-NEXT:      %[[P:.*]] = arith.mulf %[[X]], %[[Y]] : f32
// CHECK-NEXT:      %[[SHOWN:.*]] = arith.cmpi sle, %[[COLUMN]], %[[ROW]] : index
// CHECK-NEXT:      kernel.yield %[[P]], %[[SHOWN]] : f32, i1
// CHECK-NEXT:    } -> !kernel.fragment<64x64xf32, #[[$MATRIX]]>, !kernel.fragment<64x64xi1, #[[$MATRIX]]>
// CHECK:         kernel.map {
// CHECK-NEXT:    ^bb0(%{{.*}}: index, %{{.*}}: index):
// CHECK:         } -> !kernel.fragment<64xf32, #[[$ROWS]]>
func.func @elements(%s: !kernel.fragment<64x64xf32, #matrix>, %m0: !kernel.fragment<64xf32, #rows>) {
  %m = kernel.reduce max %s, %m0 : !kernel.fragment<64x64xf32, #matrix>, !kernel.fragment<64xf32, #rows>
  %l = kernel.reduce add %s, %m : !kernel.fragment<64x64xf32, #matrix>, !kernel.fragment<64xf32, #rows>
  %p, %shown = kernel.map ins(%s, %m : !kernel.fragment<64x64xf32, #matrix>, !kernel.fragment<64xf32, #rows>) {
  ^bb0(%x: f32, %y: f32, %row: index, %column: index):
    %product = arith.mulf %x, %y : f32
    %visible = arith.cmpi sle, %column, %row : index
    kernel.yield %product, %visible : f32, i1
  } -> !kernel.fragment<64x64xf32, #matrix>, !kernel.fragment<64x64xi1, #matrix>
  %ones = kernel.map {
  ^bb0(%row: index, %column: index):
    %one = arith.constant 1.0 : f32
    kernel.yield %one : f32
  } -> !kernel.fragment<64xf32, #rows>
  return
}

// CHECK-LABEL: func @writes(
// CHECK-SAME:    %[[O:.*]]: !kernel.fragment<64x64xf32, #[[$MATRIX]]>, %[[L:.*]]: !kernel.fragment<64xf32, #[[$ROWS]]>, %[[T:.*]]: tensor<1x?x64xbf16>, %[[M:.*]]: memref<?xf32>, %[[I:.*]]: index
// CHECK:         %[[W:.*]] = kernel.write %[[O]] to %[[T]][%[[I]], %[[I]], %[[I]]] {dims = array<i64: 1, 2>} : !kernel.fragment<64x64xf32, #[[$MATRIX]]> to tensor<1x?x64xbf16> -> tensor<1x?x64xbf16>
// CHECK:         kernel.write %[[L]] to %[[M]][%[[I]]] {dims = array<i64: 0>} : !kernel.fragment<64xf32, #[[$ROWS]]> to memref<?xf32>
// CHECK:         return %[[W]]
func.func @writes(%o: !kernel.fragment<64x64xf32, #matrix>, %l: !kernel.fragment<64xf32, #rows>, %t: tensor<1x?x64xbf16>, %m: memref<?xf32>, %i: index) -> tensor<1x?x64xbf16> {
  %w = kernel.write %o to %t[%i, %i, %i] {dims = array<i64: 1, 2>} : !kernel.fragment<64x64xf32, #matrix> to tensor<1x?x64xbf16> -> tensor<1x?x64xbf16>
  kernel.write %l to %m[%i] {dims = array<i64: 0>} : !kernel.fragment<64xf32, #rows> to memref<?xf32>
  return %w : tensor<1x?x64xbf16>
}

// Roles.

// CHECK-LABEL: func @roles(
// CHECK:         kernel.role first = 0 warps = 4 registers = 24 {
// CHECK-NEXT:      kernel.commit
// CHECK-NEXT:    }
// CHECK:         kernel.role first = 4 warps = 1 {
// CHECK-NEXT:      kernel.barrier
// CHECK-NEXT:    }
func.func @roles() {
  kernel.role first = 0 warps = 4 registers = 24 {
    kernel.commit
  }
  kernel.role first = 4 warps = 1 {
    kernel.barrier
  }
  return
}
