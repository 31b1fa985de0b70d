// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// A batch of one is collapsed away before the products and expanded after them.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#bid = affine_map<(b, i, j, d) -> (b, i, d)>
#bjd = affine_map<(b, i, j, d) -> (b, j, d)>
#bij = affine_map<(b, i, j, d) -> (b, i, j)>
#all_bij = affine_map<(b, i, j) -> (b, i, j)>
#all_bhij = affine_map<(b, h, i, j) -> (b, h, i, j)>
#bhi = affine_map<(b, h, i, j) -> (b, h, i)>

func.func @attention(%query: tensor<1x3x5x4xf32>,
                     %key: tensor<1x3x5x4xf32>,
                     %value: tensor<1x3x5x4xf32>) -> tensor<1x3x5x4xf32> {
  %query_heads = tensor.collapse_shape %query [[0, 1], [2], [3]] : tensor<1x3x5x4xf32> into tensor<3x5x4xf32>
  %key_heads = tensor.collapse_shape %key [[0, 1], [2], [3]] : tensor<1x3x5x4xf32> into tensor<3x5x4xf32>
  %value_heads = tensor.collapse_shape %value [[0, 1], [2], [3]] : tensor<1x3x5x4xf32> into tensor<3x5x4xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<3x5x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<3x5x5xf32>) -> tensor<3x5x5xf32>
  %scores = linalg.batch_matmul indexing_maps = [#bid, #bjd, #bij]
      ins(%query_heads, %key_heads : tensor<3x5x4xf32>, tensor<3x5x4xf32>)
      outs(%zeros : tensor<3x5x5xf32>) -> tensor<3x5x5xf32>
  %scale = arith.constant 0.5 : f32
  %scaled = linalg.generic {indexing_maps = [#all_bij, #all_bij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<3x5x5xf32>)
      outs(%empty : tensor<3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<3x5x5xf32>
  %scores_batch = tensor.expand_shape %scaled [[0, 1], [2], [3]] output_shape [1, 3, 5, 5] : tensor<3x5x5xf32> into tensor<1x3x5x5xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_2 = tensor.empty() : tensor<1x3x5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_2 : tensor<1x3x5xf32>) -> tensor<1x3x5xf32>
  %max = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%scores_batch : tensor<1x3x5x5xf32>)
      outs(%minus_infinities : tensor<1x3x5xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5xf32>
  %empty_3 = tensor.empty() : tensor<1x3x5x5xf32>
  %difference = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores_batch, %max : tensor<1x3x5x5xf32>, tensor<1x3x5xf32>)
      outs(%empty_3 : tensor<1x3x5x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x5xf32>
  %power = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<1x3x5x5xf32>)
      outs(%empty_3 : tensor<1x3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x5xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<1x3x5xf32>) -> tensor<1x3x5xf32>
  %sum = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%power : tensor<1x3x5x5xf32>)
      outs(%zeros_2 : tensor<1x3x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5xf32>
  %probability = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<1x3x5x5xf32>, tensor<1x3x5xf32>)
      outs(%empty_3 : tensor<1x3x5x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x5xf32>
  %probability_heads = tensor.collapse_shape %probability [[0, 1], [2], [3]] : tensor<1x3x5x5xf32> into tensor<3x5x5xf32>
  %empty_4 = tensor.empty() : tensor<3x5x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_4 : tensor<3x5x4xf32>) -> tensor<3x5x4xf32>
  %result = linalg.batch_matmul
      ins(%probability_heads, %value_heads : tensor<3x5x5xf32>, tensor<3x5x4xf32>)
      outs(%zeros_3 : tensor<3x5x4xf32>) -> tensor<3x5x4xf32>
  %result_batch = tensor.expand_shape %result [[0, 1], [2], [3]] output_shape [1, 3, 5, 4] : tensor<3x5x4xf32> into tensor<1x3x5x4xf32>
  return %result_batch : tensor<1x3x5x4xf32>
}
