// RUN: attn-opt %s -cpu-expand-copies | FileCheck %s -enable-var-scope

// CHECK-LABEL: func @strided(
//       CHECK:   linalg.copy
//   CHECK-NOT:   memref.copy
func.func @strided(%a: memref<4x8xf32, strided<[16, 1]>>, %b: memref<4x8xf32>) {
  memref.copy %a, %b : memref<4x8xf32, strided<[16, 1]>> to memref<4x8xf32>
  return
}

// CHECK-LABEL: func @negative_contiguous(
//       CHECK:   memref.copy
func.func @negative_contiguous(%a: memref<4x8xf32>, %b: memref<4x8xf32>) {
  memref.copy %a, %b : memref<4x8xf32> to memref<4x8xf32>
  return
}
