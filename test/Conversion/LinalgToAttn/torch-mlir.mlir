// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// scaled_dot_product_attention as torch-mlir decomposes it: causal by a boolean
// triangle, everything keeps its dimensions.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention{{.*}}mask = #attn.causal
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#all_ij = affine_map<(i, j) -> (i, j)>
#all_bhij = affine_map<(b, h, i, j) -> (b, h, i, j)>
#ij = affine_map<(b, h, i, j) -> (i, j)>
#bhi0 = affine_map<(b, h, i, j) -> (b, h, i, 0)>

func.func @attention(%query: tensor<2x3x5x4xf32>,
                     %key: tensor<2x3x5x4xf32>,
                     %value: tensor<2x3x5x4xf32>) -> tensor<2x3x5x4xf32> {
  %one_i64 = arith.constant 1 : i64
  %empty = tensor.empty() : tensor<5x5xi1>
  %tril = linalg.generic {indexing_maps = [#all_ij],
      iterator_types = ["parallel", "parallel"]}
      outs(%empty : tensor<5x5xi1>) {
  ^bb0(%out: i1):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %i_i64 = arith.index_cast %i : index to i64
    %j_i64 = arith.index_cast %j : index to i64
    %end = arith.addi %i_i64, %one_i64 : i64
    %y = arith.cmpi slt, %j_i64, %end : i64
    linalg.yield %y : i1
  } -> tensor<5x5xi1>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  %empty_2 = tensor.empty() : tensor<5x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<5x5xf32>) -> tensor<5x5xf32>
  %true = arith.constant true
  %hidden = linalg.generic {indexing_maps = [#all_ij, #all_ij],
      iterator_types = ["parallel", "parallel"]}
      ins(%tril : tensor<5x5xi1>)
      outs(%empty : tensor<5x5xi1>) {
  ^bb0(%x: i1, %out: i1):
    %y = arith.xori %x, %true : i1
    linalg.yield %y : i1
  } -> tensor<5x5xi1>
  %bias = linalg.generic {indexing_maps = [#all_ij, #all_ij, #all_ij],
      iterator_types = ["parallel", "parallel"]}
      ins(%hidden, %zeros : tensor<5x5xi1>, tensor<5x5xf32>)
      outs(%empty_2 : tensor<5x5xf32>) {
  ^bb0(%h: i1, %z: f32, %out: f32):
    %y = arith.select %h, %minus_infinity, %z : f32
    linalg.yield %y : f32
  } -> tensor<5x5xf32>
  %empty_3 = tensor.empty() : tensor<2x3x4x5xf32>
  %key_transposed = linalg.transpose ins(%key : tensor<2x3x5x4xf32>)
      outs(%empty_3 : tensor<2x3x4x5xf32>) permutation = [0, 1, 3, 2]
  %query_flat = tensor.collapse_shape %query [[0, 1], [2], [3]] : tensor<2x3x5x4xf32> into tensor<6x5x4xf32>
  %key_flat = tensor.collapse_shape %key_transposed [[0, 1], [2], [3]] : tensor<2x3x4x5xf32> into tensor<6x4x5xf32>
  %empty_4 = tensor.empty() : tensor<6x5x5xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_4 : tensor<6x5x5xf32>) -> tensor<6x5x5xf32>
  %scores_flat = linalg.batch_matmul
      ins(%query_flat, %key_flat : tensor<6x5x4xf32>, tensor<6x4x5xf32>)
      outs(%zeros_2 : tensor<6x5x5xf32>) -> tensor<6x5x5xf32>
  %scores = tensor.expand_shape %scores_flat [[0, 1], [2], [3]] output_shape [2, 3, 5, 5] : tensor<6x5x5xf32> into tensor<2x3x5x5xf32>
  %root = arith.constant 0.5 : f32
  %empty_5 = tensor.empty() : tensor<2x3x5x5xf32>
  %scaled = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x3x5x5xf32>)
      outs(%empty_5 : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %root : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %masked = linalg.generic {indexing_maps = [#all_bhij, #ij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scaled, %bias : tensor<2x3x5x5xf32>, tensor<5x5xf32>)
      outs(%empty_5 : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %b: f32, %out: f32):
    %y = arith.addf %x, %b : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %zero_i64 = arith.constant 0 : i64
  %empty_6 = tensor.empty() : tensor<2x3x5x1xi64>
  %firsts = linalg.fill ins(%zero_i64 : i64) outs(%empty_6 : tensor<2x3x5x1xi64>) -> tensor<2x3x5x1xi64>
  %empty_7 = tensor.empty() : tensor<2x3x5x1xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_7 : tensor<2x3x5x1xf32>) -> tensor<2x3x5x1xf32>
  %max, %max_index = linalg.generic {indexing_maps = [#all_bhij, #bhi0, #bhi0],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%masked : tensor<2x3x5x5xf32>)
      outs(%minus_infinities, %firsts : tensor<2x3x5x1xf32>, tensor<2x3x5x1xi64>) {
  ^bb0(%x: f32, %most: f32, %at: i64):
    %j = linalg.index 3 : index
    %j_i64 = arith.index_cast %j : index to i64
    %y = arith.maximumf %x, %most : f32
    %is_more = arith.cmpf ogt, %x, %most : f32
    %n = arith.select %is_more, %j_i64, %at : i64
    linalg.yield %y, %n : f32, i64
  } -> (tensor<2x3x5x1xf32>, tensor<2x3x5x1xi64>)
  %difference = linalg.generic {indexing_maps = [#all_bhij, #bhi0, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%masked, %max : tensor<2x3x5x5xf32>, tensor<2x3x5x1xf32>)
      outs(%empty_5 : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %power = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<2x3x5x5xf32>)
      outs(%empty_5 : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_7 : tensor<2x3x5x1xf32>) -> tensor<2x3x5x1xf32>
  %sum = linalg.generic {indexing_maps = [#all_bhij, #bhi0],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%power : tensor<2x3x5x5xf32>)
      outs(%zeros_3 : tensor<2x3x5x1xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x1xf32>
  %probability = linalg.generic {indexing_maps = [#all_bhij, #bhi0, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<2x3x5x5xf32>, tensor<2x3x5x1xf32>)
      outs(%empty_5 : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %probability_flat = tensor.collapse_shape %probability [[0, 1], [2], [3]] : tensor<2x3x5x5xf32> into tensor<6x5x5xf32>
  %value_flat = tensor.collapse_shape %value [[0, 1], [2], [3]] : tensor<2x3x5x4xf32> into tensor<6x5x4xf32>
  %empty_8 = tensor.empty() : tensor<6x5x4xf32>
  %zeros_4 = linalg.fill ins(%zero : f32) outs(%empty_8 : tensor<6x5x4xf32>) -> tensor<6x5x4xf32>
  %result_flat = linalg.batch_matmul
      ins(%probability_flat, %value_flat : tensor<6x5x5xf32>, tensor<6x5x4xf32>)
      outs(%zeros_4 : tensor<6x5x4xf32>) -> tensor<6x5x4xf32>
  %result = tensor.expand_shape %result_flat [[0, 1], [2], [3]] output_shape [2, 3, 5, 4] : tensor<6x5x4xf32> into tensor<2x3x5x4xf32>
  return %result : tensor<2x3x5x4xf32>
}
