// RUN: attn-opt %s --linalg-to-attn --verify-diagnostics | FileCheck %s

// Queries and keys are complex numbers.

// CHECK: func.func
// CHECK-NOT: attn.attention

#qd = affine_map<(i, j, d) -> (i, d)>
#kd = affine_map<(i, j, d) -> (j, d)>
#s = affine_map<(i, j, d) -> (i, j)>
#ij = affine_map<(i, j) -> (i, j)>

func.func @attention(%query: tensor<5x4xcomplex<f32>>,
                     %key: tensor<5x4xcomplex<f32>>,
                     %value: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %zero = arith.constant 0.0 : f32
  %origin = complex.constant [0.0 : f32, 0.0 : f32] : complex<f32>
  %complex_empty = tensor.empty() : tensor<5x5xcomplex<f32>>
  %complex_zeros = linalg.fill ins(%origin : complex<f32>) outs(%complex_empty : tensor<5x5xcomplex<f32>>) -> tensor<5x5xcomplex<f32>>
  // expected-remark @below {{attention not raised: the scores are no product of queries and keys summed over features; compute scores by one matrix product of a query tensor and a key tensor of float type}}
  %products = linalg.generic {indexing_maps = [#qd, #kd, #s],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%query, %key : tensor<5x4xcomplex<f32>>, tensor<5x4xcomplex<f32>>)
      outs(%complex_zeros : tensor<5x5xcomplex<f32>>) {
  ^bb0(%x: complex<f32>, %y: complex<f32>, %sum: complex<f32>):
    %c = complex.conj %y : complex<f32>
    %p = complex.mul %x, %c : complex<f32>
    %t = complex.add %sum, %p : complex<f32>
    linalg.yield %t : complex<f32>
  } -> tensor<5x5xcomplex<f32>>
  %empty = tensor.empty() : tensor<5x5xf32>
  %scores = linalg.generic {indexing_maps = [#ij, #ij],
      iterator_types = ["parallel", "parallel"]}
      ins(%products : tensor<5x5xcomplex<f32>>)
      outs(%empty : tensor<5x5xf32>) {
  ^bb0(%x: complex<f32>, %out: f32):
    %y = complex.re %x : complex<f32>
    linalg.yield %y : f32
  } -> tensor<5x5xf32>
  %probability = linalg.softmax dimension(1) ins(%scores : tensor<5x5xf32>)
    outs(%empty : tensor<5x5xf32>) -> tensor<5x5xf32>
  %result_empty = tensor.empty() : tensor<5x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%result_empty : tensor<5x4xf32>) -> tensor<5x4xf32>
  %result = linalg.matmul
    ins(%probability, %value : tensor<5x5xf32>, tensor<5x4xf32>)
    outs(%zeros : tensor<5x4xf32>) -> tensor<5x4xf32>
  return %result : tensor<5x4xf32>
}
