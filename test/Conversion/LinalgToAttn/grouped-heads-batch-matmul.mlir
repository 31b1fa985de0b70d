// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// Keys and values are expanded, broadcast by a generic and collapsed with the
// batch (Llama by torch-mlir).

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#bh0jd = affine_map<(b, h, g, j, d) -> (b, h, 0, j, d)>
#all_bhgjd = affine_map<(b, h, g, j, d) -> (b, h, g, j, d)>
#all_bhij = affine_map<(b, h, i, j) -> (b, h, i, j)>
#bhi0 = affine_map<(b, h, i, j) -> (b, h, i, 0)>

func.func @attention(%query: tensor<2x4x5x4xf32>,
                     %key: tensor<2x2x5x4xf32>,
                     %value: tensor<2x2x5x4xf32>) -> tensor<2x4x5x4xf32> {
  %key_expanded = tensor.expand_shape %key [[0], [1, 2], [3], [4]] output_shape [2, 2, 1, 5, 4] : tensor<2x2x5x4xf32> into tensor<2x2x1x5x4xf32>
  %empty = tensor.empty() : tensor<2x2x2x5x4xf32>
  %key_broadcast = linalg.generic {indexing_maps = [#bh0jd, #all_bhgjd],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%key_expanded : tensor<2x2x1x5x4xf32>)
      outs(%empty : tensor<2x2x2x5x4xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<2x2x2x5x4xf32>
  %key_repeated = tensor.collapse_shape %key_broadcast [[0], [1, 2], [3], [4]] : tensor<2x2x2x5x4xf32> into tensor<2x4x5x4xf32>
  %value_expanded = tensor.expand_shape %value [[0], [1, 2], [3], [4]] output_shape [2, 2, 1, 5, 4] : tensor<2x2x5x4xf32> into tensor<2x2x1x5x4xf32>
  %value_broadcast = linalg.generic {indexing_maps = [#bh0jd, #all_bhgjd],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%value_expanded : tensor<2x2x1x5x4xf32>)
      outs(%empty : tensor<2x2x2x5x4xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<2x2x2x5x4xf32>
  %value_repeated = tensor.collapse_shape %value_broadcast [[0], [1, 2], [3], [4]] : tensor<2x2x2x5x4xf32> into tensor<2x4x5x4xf32>
  %query_flat = tensor.collapse_shape %query [[0, 1], [2], [3]] : tensor<2x4x5x4xf32> into tensor<8x5x4xf32>
  %key_flat = tensor.collapse_shape %key_repeated [[0, 1], [2], [3]] : tensor<2x4x5x4xf32> into tensor<8x5x4xf32>
  %value_flat = tensor.collapse_shape %value_repeated [[0, 1], [2], [3]] : tensor<2x4x5x4xf32> into tensor<8x5x4xf32>
  %empty_2 = tensor.empty() : tensor<8x4x5xf32>
  %key_transposed = linalg.transpose ins(%key_flat : tensor<8x5x4xf32>)
      outs(%empty_2 : tensor<8x4x5xf32>) permutation = [0, 2, 1]
  %zero = arith.constant 0.0 : f32
  %empty_3 = tensor.empty() : tensor<8x5x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<8x5x5xf32>) -> tensor<8x5x5xf32>
  %scores_flat = linalg.batch_matmul
      ins(%query_flat, %key_transposed : tensor<8x5x4xf32>, tensor<8x4x5xf32>)
      outs(%zeros : tensor<8x5x5xf32>) -> tensor<8x5x5xf32>
  %scores = tensor.expand_shape %scores_flat [[0, 1], [2], [3]] output_shape [2, 4, 5, 5] : tensor<8x5x5xf32> into tensor<2x4x5x5xf32>
  %scale = arith.constant 0.5 : f32
  %empty_4 = tensor.empty() : tensor<2x4x5x5xf32>
  %scaled = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x4x5x5xf32>)
      outs(%empty_4 : tensor<2x4x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<2x4x5x5xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_5 = tensor.empty() : tensor<2x4x5x1xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_5 : tensor<2x4x5x1xf32>) -> tensor<2x4x5x1xf32>
  %max = linalg.generic {indexing_maps = [#all_bhij, #bhi0],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%scaled : tensor<2x4x5x5xf32>)
      outs(%minus_infinities : tensor<2x4x5x1xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x4x5x1xf32>
  %difference = linalg.generic {indexing_maps = [#all_bhij, #bhi0, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scaled, %max : tensor<2x4x5x5xf32>, tensor<2x4x5x1xf32>)
      outs(%empty_4 : tensor<2x4x5x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x4x5x5xf32>
  %power = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<2x4x5x5xf32>)
      outs(%empty_4 : tensor<2x4x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<2x4x5x5xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_5 : tensor<2x4x5x1xf32>) -> tensor<2x4x5x1xf32>
  %sum = linalg.generic {indexing_maps = [#all_bhij, #bhi0],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%power : tensor<2x4x5x5xf32>)
      outs(%zeros_2 : tensor<2x4x5x1xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x4x5x1xf32>
  %probability = linalg.generic {indexing_maps = [#all_bhij, #bhi0, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<2x4x5x5xf32>, tensor<2x4x5x1xf32>)
      outs(%empty_4 : tensor<2x4x5x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x4x5x5xf32>
  %probability_flat = tensor.collapse_shape %probability [[0, 1], [2], [3]] : tensor<2x4x5x5xf32> into tensor<8x5x5xf32>
  %empty_6 = tensor.empty() : tensor<8x5x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_6 : tensor<8x5x4xf32>) -> tensor<8x5x4xf32>
  %result_flat = linalg.batch_matmul
      ins(%probability_flat, %value_flat : tensor<8x5x5xf32>, tensor<8x5x4xf32>)
      outs(%zeros_3 : tensor<8x5x4xf32>) -> tensor<8x5x4xf32>
  %result = tensor.expand_shape %result_flat [[0, 1], [2], [3]] output_shape [2, 4, 5, 4] : tensor<8x5x4xf32> into tensor<2x4x5x4xf32>
  return %result : tensor<2x4x5x4xf32>
}
