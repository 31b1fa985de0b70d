// A sum of 4096 terms is off by more than a short one: the gate follows from its
// length. An element that is rounded to bf16, which the reference does not do, is off
// by more than that.
// RUN: attn-run %s --entry=product --check | FileCheck %s
// RUN: attn-run %s --entry=any_length --size=arg0_size1=4096 --check | FileCheck %s
// RUN: not attn-run %s --entry=wrong_element --check 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: attn-run %s --entry=short --check | FileCheck %s --check-prefix=SHORT

// CHECK: check {{.+}} gate {{.+}}e-03 + 1.00e-05 * |x|: ok
// WRONG: 1 of 256 elements differ by more than {{.+}}e-03 + 1.00e-05 * |expected|
// SHORT: gate 1.00e-05 + 1.00e-05 * |x|: ok

func.func @product(%x: tensor<16x4096xf32>, %w: tensor<4096x16xf32>) -> tensor<16x16xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<16x16xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<16x16xf32>) -> tensor<16x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<16x4096xf32>, tensor<4096x16xf32>) outs(%zeros : tensor<16x16xf32>) -> tensor<16x16xf32>
  return %y : tensor<16x16xf32>
}

func.func @any_length(%x: tensor<16x?xf32>, %w: tensor<?x16xf32>) -> tensor<16x16xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<16x16xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<16x16xf32>) -> tensor<16x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<16x?xf32>, tensor<?x16xf32>) outs(%zeros : tensor<16x16xf32>) -> tensor<16x16xf32>
  return %y : tensor<16x16xf32>
}

func.func @wrong_element(%x: tensor<16x4096xf32>, %w: tensor<4096x16xf32>) -> tensor<16x16xf32> {
  %zero = arith.constant 0.0 : f32
  %c3 = arith.constant 3 : index
  %c5 = arith.constant 5 : index
  %empty = tensor.empty() : tensor<16x16xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<16x16xf32>) -> tensor<16x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<16x4096xf32>, tensor<4096x16xf32>) outs(%zeros : tensor<16x16xf32>) -> tensor<16x16xf32>
  %element = tensor.extract %y[%c3, %c5] : tensor<16x16xf32>
  %narrow = arith.truncf %element : f32 to bf16
  %rounded = arith.extf %narrow : bf16 to f32
  %z = tensor.insert %rounded into %y[%c3, %c5] : tensor<16x16xf32>
  return %z : tensor<16x16xf32>
}

func.func @short(%x: tensor<16x4xf32>, %w: tensor<4x16xf32>) -> tensor<16x16xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<16x16xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<16x16xf32>) -> tensor<16x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<16x4xf32>, tensor<4x16xf32>) outs(%zeros : tensor<16x16xf32>) -> tensor<16x16xf32>
  return %y : tensor<16x16xf32>
}
