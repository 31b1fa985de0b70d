// RUN: attn-opt %s -allow-unregistered-dialect -foreign-to-attn | FileCheck %s -enable-var-scope

// The scale is that of attn, 1 / sqrt(features).
// CHECK-LABEL: @plain(
// CHECK-SAME: %[[Q:[^ ]+]]: tensor<2x3x?x4xf32>, %[[K:[^ ]+]]: tensor<2x3x5x4xf32>, %[[V:[^ ]+]]: tensor<2x3x5x4xf32>, %[[O:[^ ]+]]: tensor<2x3x?x4xf32>
// CHECK: %[[R:.+]] = attn.attention ins(%[[Q]], %[[K]], %[[V]] :
// CHECK-SAME: outs(%[[O]] : tensor<2x3x?x4xf32>) -> tensor<2x3x?x4xf32>
// CHECK-NEXT: return %[[R]]
func.func @plain(%q: tensor<2x3x?x4xf32>, %k: tensor<2x3x5x4xf32>, %v: tensor<2x3x5x4xf32>, %o: tensor<2x3x?x4xf32>) -> tensor<2x3x?x4xf32> {
  %0 = "tm_tensor.attention"(%q, %k, %v, %o) <{operandSegmentSizes = array<i32: 3, 1>}> : (tensor<2x3x?x4xf32>, tensor<2x3x5x4xf32>, tensor<2x3x5x4xf32>, tensor<2x3x?x4xf32>) -> tensor<2x3x?x4xf32>
  return %0 : tensor<2x3x?x4xf32>
}

// CHECK-LABEL: @added(
// CHECK-SAME: %[[M:[^ ]+]]: tensor<2x3x6x5xf32>
// CHECK: attn.attention ins({{.*}}) mask_tensor(%[[M]] : tensor<2x3x6x5xf32>)
func.func @added(%q: tensor<2x3x6x4xf32>, %k: tensor<2x3x5x4xf32>, %v: tensor<2x3x5x4xf32>, %m: tensor<2x3x6x5xf32>, %o: tensor<2x3x6x4xf32>) -> tensor<2x3x6x4xf32> {
  %0 = "tm_tensor.attention"(%q, %k, %v, %m, %o) {operandSegmentSizes = array<i32: 4, 1>} : (tensor<2x3x6x4xf32>, tensor<2x3x5x4xf32>, tensor<2x3x5x4xf32>, tensor<2x3x6x5xf32>, tensor<2x3x6x4xf32>) -> tensor<2x3x6x4xf32>
  return %0 : tensor<2x3x6x4xf32>
}

// A mask for all heads, of bytes.
// CHECK-LABEL: @bytes(
// CHECK: %[[M:.+]] = linalg.generic {{.*}} outs({{.*}} : tensor<6x5xi1>)
// CHECK: attn.attention ins({{.*}}) mask_tensor(%[[M]] : tensor<6x5xi1>)
// CHECK-SAME: outs({{.*}} : tensor<2x3x6x7xf32>) -> tensor<2x3x6x7xf32>
func.func @bytes(%q: tensor<2x3x6x4xf32>, %k: tensor<2x3x5x4xf32>, %v: tensor<2x3x5x7xf32>, %m: tensor<6x5xi8>, %o: tensor<2x3x6x7xf32>) -> tensor<2x3x6x7xf32> {
  %0 = "tm_tensor.attention"(%q, %k, %v, %m, %o) <{operandSegmentSizes = array<i32: 4, 1>}> : (tensor<2x3x6x4xf32>, tensor<2x3x5x4xf32>, tensor<2x3x5x7xf32>, tensor<6x5xi8>, tensor<2x3x6x7xf32>) -> tensor<2x3x6x7xf32>
  return %0 : tensor<2x3x6x7xf32>
}
