// RUN: attn-opt %s --cpu-split-destinations | FileCheck %s
// RUN: attn-run %s --entry=fills --check
// RUN: attn-run %s --entry=written --check

// A fill that two write into is filled twice.

// CHECK-LABEL: func.func @fills(
// CHECK:         %[[F:.+]] = linalg.fill
// CHECK:         tensor.insert_slice %{{.+}} into %[[F]]
// CHECK:         %[[G:.+]] = linalg.fill
// CHECK:         tensor.insert_slice %{{.+}} into %[[G]]
func.func @fills(%a: tensor<2x5xf32>, %b: tensor<2x5xf32>) -> (tensor<2x7xf32>, tensor<2x7xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x7xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x7xf32>) -> tensor<2x7xf32>
  %x = tensor.insert_slice %a into %f[0, 0] [2, 5] [1, 1] : tensor<2x5xf32> into tensor<2x7xf32>
  %y = tensor.insert_slice %b into %f[0, 0] [2, 5] [1, 1] : tensor<2x5xf32> into tensor<2x7xf32>
  return %x, %y : tensor<2x7xf32>, tensor<2x7xf32>
}

// What is computed is copied; a view of it counts as a use, reading does not.

// CHECK-LABEL: func.func @written(
// CHECK:         %[[F:.+]] = linalg.exp
// CHECK:         %[[C:.+]] = bufferization.alloc_tensor() copy(%[[F]])
// CHECK:         tensor.insert_slice %{{.+}} into %[[C]]
// CHECK:         tensor.extract_slice %[[F]]
// CHECK:         %[[G:.+]] = linalg.abs
// CHECK:         tensor.insert_slice %{{.+}} into %[[G]]
func.func @written(%a: tensor<2x5xf32>, %b: tensor<2x7xf32>) -> (tensor<2x7xf32>, tensor<2x5xf32>, tensor<2x7xf32>, tensor<2x7xf32>) {
  %e = tensor.empty() : tensor<2x7xf32>
  %f = linalg.exp ins(%b : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) -> tensor<2x7xf32>
  %x = tensor.insert_slice %a into %f[0, 0] [2, 5] [1, 1] : tensor<2x5xf32> into tensor<2x7xf32>
  %y = tensor.extract_slice %f[0, 1] [2, 5] [1, 1] : tensor<2x7xf32> to tensor<2x5xf32>
  %g = linalg.abs ins(%b : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) -> tensor<2x7xf32>
  %z = tensor.insert_slice %a into %g[0, 0] [2, 5] [1, 1] : tensor<2x5xf32> into tensor<2x7xf32>
  %w = linalg.exp ins(%g : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) -> tensor<2x7xf32>
  return %x, %y, %z, %w : tensor<2x7xf32>, tensor<2x5xf32>, tensor<2x7xf32>, tensor<2x7xf32>
}
