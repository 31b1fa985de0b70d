// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// Queries, keys and values are products with weights, and so is what follows.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention{{.*}}mask = #attn.causal
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#ihd = affine_map<(h, i, j, d) -> (i, h, d)>
#jhd = affine_map<(h, i, j, d) -> (j, h, d)>
#hij = affine_map<(h, i, j, d) -> (h, i, j)>
#all_hij = affine_map<(h, i, j) -> (h, i, j)>
#hi = affine_map<(h, i, j) -> (h, i)>
#hij_of_ihnj = affine_map<(i, h, n, j) -> (h, i, j)>
#jhn = affine_map<(i, h, n, j) -> (j, h, n)>
#ihn = affine_map<(i, h, n, j) -> (i, h, n)>

func.func @attention(%x: tensor<5x6xf32>,
                     %query_weight: tensor<6x12xf32>,
                     %key_weight: tensor<6x12xf32>,
                     %value_weight: tensor<6x12xf32>,
                     %output_weight: tensor<12x6xf32>) -> tensor<5x6xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<5x12xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<5x12xf32>) -> tensor<5x12xf32>
  %query = linalg.matmul
      ins(%x, %query_weight : tensor<5x6xf32>, tensor<6x12xf32>)
      outs(%zeros : tensor<5x12xf32>) -> tensor<5x12xf32>
  %query_heads = tensor.expand_shape %query [[0], [1, 2]] output_shape [5, 3, 4] : tensor<5x12xf32> into tensor<5x3x4xf32>
  %key = linalg.matmul
      ins(%x, %key_weight : tensor<5x6xf32>, tensor<6x12xf32>)
      outs(%zeros : tensor<5x12xf32>) -> tensor<5x12xf32>
  %key_heads = tensor.expand_shape %key [[0], [1, 2]] output_shape [5, 3, 4] : tensor<5x12xf32> into tensor<5x3x4xf32>
  %value = linalg.matmul
      ins(%x, %value_weight : tensor<5x6xf32>, tensor<6x12xf32>)
      outs(%zeros : tensor<5x12xf32>) -> tensor<5x12xf32>
  %value_heads = tensor.expand_shape %value [[0], [1, 2]] output_shape [5, 3, 4] : tensor<5x12xf32> into tensor<5x3x4xf32>
  %empty_2 = tensor.empty() : tensor<3x5x5xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<3x5x5xf32>) -> tensor<3x5x5xf32>
  %scores = linalg.generic {indexing_maps = [#ihd, #jhd, #hij],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%query_heads, %key_heads : tensor<5x3x4xf32>, tensor<5x3x4xf32>)
      outs(%zeros_2 : tensor<3x5x5xf32>) {
  ^bb0(%x_in: f32, %y: f32, %sum: f32):
    %p = arith.mulf %x_in, %y : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<3x5x5xf32>
  %scale = arith.constant 0.5 : f32
  %minus_infinity = arith.constant 0xFF800000 : f32
  %masked = linalg.generic {indexing_maps = [#all_hij, #all_hij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<3x5x5xf32>)
      outs(%empty_2 : tensor<3x5x5xf32>) {
  ^bb0(%x_in: f32, %out: f32):
    %r = arith.mulf %x_in, %scale : f32
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %visible = arith.cmpi sge, %i, %j : index
    %y = arith.select %visible, %r, %minus_infinity : f32
    linalg.yield %y : f32
  } -> tensor<3x5x5xf32>
  %empty_3 = tensor.empty() : tensor<3x5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_3 : tensor<3x5xf32>) -> tensor<3x5xf32>
  %max = linalg.generic {indexing_maps = [#all_hij, #hi],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<3x5x5xf32>)
      outs(%minus_infinities : tensor<3x5xf32>) {
  ^bb0(%x_in: f32, %most: f32):
    %y = arith.maximumf %x_in, %most : f32
    linalg.yield %y : f32
  } -> tensor<3x5xf32>
  %difference = linalg.generic {indexing_maps = [#all_hij, #hi, #all_hij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max : tensor<3x5x5xf32>, tensor<3x5xf32>)
      outs(%empty_2 : tensor<3x5x5xf32>) {
  ^bb0(%x_in: f32, %most: f32, %out: f32):
    %y = arith.subf %x_in, %most : f32
    linalg.yield %y : f32
  } -> tensor<3x5x5xf32>
  %power = linalg.generic {indexing_maps = [#all_hij, #all_hij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%difference : tensor<3x5x5xf32>)
      outs(%empty_2 : tensor<3x5x5xf32>) {
  ^bb0(%x_in: f32, %out: f32):
    %y = math.exp %x_in : f32
    linalg.yield %y : f32
  } -> tensor<3x5x5xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<3x5xf32>) -> tensor<3x5xf32>
  %sum = linalg.generic {indexing_maps = [#all_hij, #hi],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%power : tensor<3x5x5xf32>)
      outs(%zeros_3 : tensor<3x5xf32>) {
  ^bb0(%x_in: f32, %sum_in: f32):
    %y = arith.addf %x_in, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<3x5xf32>
  %probability = linalg.generic {indexing_maps = [#all_hij, #hi, #all_hij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<3x5x5xf32>, tensor<3x5xf32>)
      outs(%empty_2 : tensor<3x5x5xf32>) {
  ^bb0(%x_in: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x_in, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<3x5x5xf32>
  %empty_4 = tensor.empty() : tensor<5x3x4xf32>
  %zeros_4 = linalg.fill ins(%zero : f32) outs(%empty_4 : tensor<5x3x4xf32>) -> tensor<5x3x4xf32>
  %attended = linalg.generic {indexing_maps = [#hij_of_ihnj, #jhn, #ihn],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%probability, %value_heads : tensor<3x5x5xf32>, tensor<5x3x4xf32>)
      outs(%zeros_4 : tensor<5x3x4xf32>) {
  ^bb0(%x_in: f32, %y: f32, %sum_in: f32):
    %p = arith.mulf %x_in, %y : f32
    %t = arith.addf %sum_in, %p : f32
    linalg.yield %t : f32
  } -> tensor<5x3x4xf32>
  %joined = tensor.collapse_shape %attended [[0], [1, 2]] : tensor<5x3x4xf32> into tensor<5x12xf32>
  %empty_5 = tensor.empty() : tensor<5x6xf32>
  %zeros_5 = linalg.fill ins(%zero : f32) outs(%empty_5 : tensor<5x6xf32>) -> tensor<5x6xf32>
  %result = linalg.matmul
      ins(%joined, %output_weight : tensor<5x12xf32>, tensor<12x6xf32>)
      outs(%zeros_5 : tensor<5x6xf32>) -> tensor<5x6xf32>
  return %result : tensor<5x6xf32>
}
