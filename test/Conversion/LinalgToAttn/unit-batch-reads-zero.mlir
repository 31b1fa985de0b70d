// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// A batch of one: torch-mlir's maps read 0 in place of the loop.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention{{.*}}mask = #attn.causal
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#at_0hij = affine_map<(b, h, i, j) -> (0, h, i, j)>
#all_bhij = affine_map<(b, h, i, j) -> (b, h, i, j)>
#bhi0 = affine_map<(b, h, i, j) -> (b, h, i, 0)>
#at_0hi0 = affine_map<(b, h, i, j) -> (0, h, i, 0)>

func.func @attention(%query: tensor<1x3x5x4xf32>,
                     %key: tensor<1x3x5x4xf32>,
                     %value: tensor<1x3x5x4xf32>) -> tensor<1x3x5x4xf32> {
  %empty = tensor.empty() : tensor<1x3x4x5xf32>
  %key_transposed = linalg.transpose ins(%key : tensor<1x3x5x4xf32>)
      outs(%empty : tensor<1x3x4x5xf32>) permutation = [0, 1, 3, 2]
  %key_flat = tensor.collapse_shape %key_transposed [[0, 1], [2], [3]] : tensor<1x3x4x5xf32> into tensor<3x4x5xf32>
  %query_flat = tensor.collapse_shape %query [[0, 1], [2], [3]] : tensor<1x3x5x4xf32> into tensor<3x5x4xf32>
  %zero = arith.constant 0.0 : f32
  %empty_2 = tensor.empty() : tensor<3x5x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<3x5x5xf32>) -> tensor<3x5x5xf32>
  %scores_flat = linalg.batch_matmul
      ins(%query_flat, %key_flat : tensor<3x5x4xf32>, tensor<3x4x5xf32>)
      outs(%zeros : tensor<3x5x5xf32>) -> tensor<3x5x5xf32>
  %scores = tensor.expand_shape %scores_flat [[0, 1], [2], [3]] output_shape [1, 3, 5, 5] : tensor<3x5x5xf32> into tensor<1x3x5x5xf32>
  %scale = arith.constant 0.5 : f32
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_3 = tensor.empty() : tensor<1x3x5x5xf32>
  %scaled = linalg.generic {indexing_maps = [#at_0hij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<1x3x5x5xf32>)
      outs(%empty_3 : tensor<1x3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x5xf32>
  %masked = linalg.generic {indexing_maps = [#at_0hij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scaled : tensor<1x3x5x5xf32>)
      outs(%empty_3 : tensor<1x3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %visible = arith.cmpi sge, %i, %j : index
    %y = arith.select %visible, %x, %minus_infinity : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x5xf32>
  %empty_4 = tensor.empty() : tensor<1x3x5x1xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_4 : tensor<1x3x5x1xf32>) -> tensor<1x3x5x1xf32>
  %max = linalg.generic {indexing_maps = [#all_bhij, #bhi0],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%masked : tensor<1x3x5x5xf32>)
      outs(%minus_infinities : tensor<1x3x5x1xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x1xf32>
  %difference = linalg.generic {indexing_maps = [#at_0hij, #at_0hi0, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%masked, %max : tensor<1x3x5x5xf32>, tensor<1x3x5x1xf32>)
      outs(%empty_3 : tensor<1x3x5x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x5xf32>
  %power = linalg.generic {indexing_maps = [#at_0hij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<1x3x5x5xf32>)
      outs(%empty_3 : tensor<1x3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x5xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_4 : tensor<1x3x5x1xf32>) -> tensor<1x3x5x1xf32>
  %sum = linalg.generic {indexing_maps = [#all_bhij, #bhi0],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%power : tensor<1x3x5x5xf32>)
      outs(%zeros_2 : tensor<1x3x5x1xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x1xf32>
  %probability = linalg.generic {indexing_maps = [#at_0hij, #at_0hi0, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<1x3x5x5xf32>, tensor<1x3x5x1xf32>)
      outs(%empty_3 : tensor<1x3x5x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x5xf32>
  %probability_flat = tensor.collapse_shape %probability [[0, 1], [2], [3]] : tensor<1x3x5x5xf32> into tensor<3x5x5xf32>
  %value_flat = tensor.collapse_shape %value [[0, 1], [2], [3]] : tensor<1x3x5x4xf32> into tensor<3x5x4xf32>
  %empty_5 = tensor.empty() : tensor<3x5x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_5 : tensor<3x5x4xf32>) -> tensor<3x5x4xf32>
  %result_flat = linalg.batch_matmul
      ins(%probability_flat, %value_flat : tensor<3x5x5xf32>, tensor<3x5x4xf32>)
      outs(%zeros_3 : tensor<3x5x4xf32>) -> tensor<3x5x4xf32>
  %result = tensor.expand_shape %result_flat [[0, 1], [2], [3]] output_shape [1, 3, 5, 4] : tensor<3x5x4xf32> into tensor<1x3x5x4xf32>
  return %result : tensor<1x3x5x4xf32>
}
