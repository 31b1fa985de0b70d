// RUN: attn-opt %s --linalg-to-attn --verify-diagnostics | FileCheck %s
// RUN: %check_raised %s

// Scores of pairs of keys are summed before the softmax.

// CHECK: func.func
// CHECK-NOT: attn.attention

#bhid = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#bhjd = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#bhij = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#all_bhij = affine_map<(b, h, i, j) -> (b, h, i, j)>
#all_bhijk = affine_map<(b, h, i, j, k) -> (b, h, i, j, k)>
#bhij_of_bhijk = affine_map<(b, h, i, j, k) -> (b, h, i, j)>
#bhi = affine_map<(b, h, i, j) -> (b, h, i)>
#bhij_of_bhinj = affine_map<(b, h, i, n, j) -> (b, h, i, j)>
#bhjn = affine_map<(b, h, i, n, j) -> (b, h, j, n)>
#bhin = affine_map<(b, h, i, n, j) -> (b, h, i, n)>

func.func @attention(%query: tensor<2x3x5x4xf32>,
                     %key: tensor<2x3x6x4xf32>,
                     %value: tensor<2x3x3x4xf32>) -> tensor<2x3x5x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x3x5x6xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x3x5x6xf32>) -> tensor<2x3x5x6xf32>
  %scores = linalg.generic {indexing_maps = [#bhid, #bhjd, #bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%query, %key : tensor<2x3x5x4xf32>, tensor<2x3x6x4xf32>)
      outs(%zeros : tensor<2x3x5x6xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<2x3x5x6xf32>
  %scale = arith.constant 0.5 : f32
  %scaled = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x3x5x6xf32>)
      outs(%empty : tensor<2x3x5x6xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x6xf32>
  %pairs = tensor.expand_shape %scaled [[0], [1], [2], [3, 4]] output_shape [2, 3, 5, 3, 2] : tensor<2x3x5x6xf32> into tensor<2x3x5x3x2xf32>
  %empty_2 = tensor.empty() : tensor<2x3x5x3xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<2x3x5x3xf32>) -> tensor<2x3x5x3xf32>
  // expected-remark @below {{attention not raised: the scores are no product of queries and keys summed over features; compute scores by one matrix product of a query tensor and a key tensor of float type}}
  %summed = linalg.generic {indexing_maps = [#all_bhijk, #bhij_of_bhijk],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%pairs : tensor<2x3x5x3x2xf32>)
      outs(%zeros_2 : tensor<2x3x5x3xf32>) {
  ^bb0(%x: f32, %sum: f32):
    %y = arith.addf %x, %sum : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x3xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_3 = tensor.empty() : tensor<2x3x5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_3 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %max = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%summed : tensor<2x3x5x3xf32>)
      outs(%minus_infinities : tensor<2x3x5xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5xf32>
  %difference = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%summed, %max : tensor<2x3x5x3xf32>, tensor<2x3x5xf32>)
      outs(%empty_2 : tensor<2x3x5x3xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x3xf32>
  %power = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<2x3x5x3xf32>)
      outs(%empty_2 : tensor<2x3x5x3xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x3xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %sum = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%power : tensor<2x3x5x3xf32>)
      outs(%zeros_3 : tensor<2x3x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5xf32>
  %probability = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<2x3x5x3xf32>, tensor<2x3x5xf32>)
      outs(%empty_2 : tensor<2x3x5x3xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x3xf32>
  %empty_4 = tensor.empty() : tensor<2x3x5x4xf32>
  %zeros_4 = linalg.fill ins(%zero : f32) outs(%empty_4 : tensor<2x3x5x4xf32>) -> tensor<2x3x5x4xf32>
  %result = linalg.generic {indexing_maps = [#bhij_of_bhinj, #bhjn, #bhin],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%probability, %value : tensor<2x3x5x3xf32>, tensor<2x3x3x4xf32>)
      outs(%zeros_4 : tensor<2x3x5x4xf32>) {
  ^bb0(%x: f32, %y: f32, %sum_in: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum_in, %p : f32
    linalg.yield %t : f32
  } -> tensor<2x3x5x4xf32>
  return %result : tensor<2x3x5x4xf32>
}
