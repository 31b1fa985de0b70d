// RUN: attn-opt %s -attn-fuse-multiply-add | FileCheck %s -enable-var-scope

// CHECK-LABEL: func @matmul(
//       CHECK:   linalg.generic
//       CHECK:   ^bb0(%[[X:.+]]: f32, %[[W:.+]]: f32, %[[SUM:.+]]: f32):
//  CHECK-NEXT:     %[[NEXT:.+]] = math.fma %[[X]], %[[W]], %[[SUM]] : f32
//  CHECK-NEXT:     linalg.yield %[[NEXT]]
func.func @matmul(%x: tensor<?x64xf32>, %w: tensor<64x32xf32>, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<?x64xf32>, tensor<64x32xf32>) outs(%init : tensor<?x32xf32>) -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// Inputs are widened first.
// CHECK-LABEL: func @matvec_bf16(
//       CHECK:   %[[X:.+]] = arith.extf
//       CHECK:   %[[Y:.+]] = arith.extf
//       CHECK:   math.fma %[[X]], %[[Y]], %{{.+}} : f32
func.func @matvec_bf16(%w: tensor<8x16xbf16>, %x: tensor<16xbf16>, %init: tensor<8xf32>) -> tensor<8xf32> {
  %y = linalg.matvec ins(%w, %x : tensor<8x16xbf16>, tensor<16xbf16>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// CHECK-LABEL: func @negative_integers(
//       CHECK:   linalg.matmul
func.func @negative_integers(%x: tensor<4x8xi32>, %w: tensor<8x4xi32>, %init: tensor<4x4xi32>) -> tensor<4x4xi32> {
  %y = linalg.matmul ins(%x, %w : tensor<4x8xi32>, tensor<8x4xi32>) outs(%init : tensor<4x4xi32>) -> tensor<4x4xi32>
  return %y : tensor<4x4xi32>
}

// The sum would be rounded to f16 after each term.
// CHECK-LABEL: func @negative_f16(
//       CHECK:   linalg.matmul
func.func @negative_f16(%x: tensor<4x8xf16>, %w: tensor<8x4xf16>, %init: tensor<4x4xf16>) -> tensor<4x4xf16> {
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf16>, tensor<8x4xf16>) outs(%init : tensor<4x4xf16>) -> tensor<4x4xf16>
  return %y : tensor<4x4xf16>
}

// CHECK-LABEL: func @negative_generic(
//       CHECK:   arith.mulf
//  CHECK-NEXT:   arith.addf
func.func @negative_generic(%x: tensor<64xf32>, %init: tensor<f32>) -> tensor<f32> {
  %y = linalg.generic {indexing_maps = [affine_map<(d) -> (d)>, affine_map<(d) -> ()>], iterator_types = ["reduction"]}
      ins(%x : tensor<64xf32>) outs(%init : tensor<f32>) {
  ^bb0(%a: f32, %sum: f32):
    %square = arith.mulf %a, %a : f32
    %next = arith.addf %square, %sum : f32
    linalg.yield %next : f32
  } -> tensor<f32>
  return %y : tensor<f32>
}
