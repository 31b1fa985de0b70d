// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// One head: linalg.matmul on matrices.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#all_ij = affine_map<(i, j) -> (i, j)>
#i = affine_map<(i, j) -> (i)>

func.func @attention(%query: tensor<5x4xf32>,
                     %key: tensor<5x4xf32>,
                     %value: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %empty = tensor.empty() : tensor<4x5xf32>
  %key_transposed = linalg.transpose ins(%key : tensor<5x4xf32>)
      outs(%empty : tensor<4x5xf32>) permutation = [1, 0]
  %zero = arith.constant 0.0 : f32
  %empty_2 = tensor.empty() : tensor<5x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<5x5xf32>) -> tensor<5x5xf32>
  %scores = linalg.matmul
      ins(%query, %key_transposed : tensor<5x4xf32>, tensor<4x5xf32>)
      outs(%zeros : tensor<5x5xf32>) -> tensor<5x5xf32>
  %scale = arith.constant 0.5 : f32
  %scaled = linalg.generic {indexing_maps = [#all_ij, #all_ij],
      iterator_types = ["parallel", "parallel"]}
      ins(%scores : tensor<5x5xf32>)
      outs(%empty_2 : tensor<5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<5x5xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_3 = tensor.empty() : tensor<5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_3 : tensor<5xf32>) -> tensor<5xf32>
  %max = linalg.generic {indexing_maps = [#all_ij, #i],
      iterator_types = ["parallel", "reduction"]}
      ins(%scaled : tensor<5x5xf32>)
      outs(%minus_infinities : tensor<5xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<5xf32>
  %difference = linalg.generic {indexing_maps = [#all_ij, #i, #all_ij],
      iterator_types = ["parallel", "parallel"]}
      ins(%scaled, %max : tensor<5x5xf32>, tensor<5xf32>)
      outs(%empty_2 : tensor<5x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<5x5xf32>
  %power = linalg.generic {indexing_maps = [#all_ij, #all_ij],
      iterator_types = ["parallel", "parallel"]}
      ins(%difference : tensor<5x5xf32>)
      outs(%empty_2 : tensor<5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<5x5xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<5xf32>) -> tensor<5xf32>
  %sum = linalg.generic {indexing_maps = [#all_ij, #i],
      iterator_types = ["parallel", "reduction"]}
      ins(%power : tensor<5x5xf32>)
      outs(%zeros_2 : tensor<5xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<5xf32>
  %probability = linalg.generic {indexing_maps = [#all_ij, #i, #all_ij],
      iterator_types = ["parallel", "parallel"]}
      ins(%power, %sum : tensor<5x5xf32>, tensor<5xf32>)
      outs(%empty_2 : tensor<5x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<5x5xf32>
  %empty_4 = tensor.empty() : tensor<5x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_4 : tensor<5x4xf32>) -> tensor<5x4xf32>
  %result = linalg.matmul
      ins(%probability, %value : tensor<5x5xf32>, tensor<5x4xf32>)
      outs(%zeros_3 : tensor<5x4xf32>) -> tensor<5x4xf32>
  return %result : tensor<5x4xf32>
}
