// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// An encoder's attention by torch-mlir with a batch of one: heads transposed by
// generics, batches read at 0, identities where nothing is broadcast, the root
// of the features a tensor of f64 without dimensions.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#all_bihd = affine_map<(b, i, h, d) -> (b, i, h, d)>
#bhid = affine_map<(b, i, h, d) -> (b, h, i, d)>
#all_bhjd = affine_map<(b, h, j, d) -> (b, h, j, d)>
#bhdj = affine_map<(b, h, j, d) -> (b, h, d, j)>
#at_0hid = affine_map<(b, h, i, d) -> (0, h, i, d)>
#all_bhid = affine_map<(b, h, i, d) -> (b, h, i, d)>
#at_0hdj = affine_map<(b, h, d, j) -> (0, h, d, j)>
#all_bhdj = affine_map<(b, h, d, j) -> (b, h, d, j)>
#at_0hij = affine_map<(b, h, i, j) -> (0, h, i, j)>
#scalar = affine_map<(b, h, i, j) -> ()>
#all_bhij = affine_map<(b, h, i, j) -> (b, h, i, j)>
#bhi0 = affine_map<(b, h, i, j) -> (b, h, i, 0)>
#at_0hi0 = affine_map<(b, h, i, j) -> (0, h, i, 0)>
#at_0hjd = affine_map<(b, h, j, d) -> (0, h, j, d)>
#bihd = affine_map<(b, h, i, d) -> (b, i, h, d)>

func.func @attention(%query: tensor<1x5x12xf32>,
                     %key: tensor<1x5x12xf32>,
                     %value: tensor<1x5x12xf32>) -> tensor<1x5x12xf32> {
  %root = arith.constant dense<2.0> : tensor<f64>
  %query_split = tensor.expand_shape %query [[0], [1], [2, 3]] output_shape [1, 5, 3, 4] : tensor<1x5x12xf32> into tensor<1x5x3x4xf32>
  %empty = tensor.empty() : tensor<1x3x5x4xf32>
  %query_heads = linalg.generic {indexing_maps = [#all_bihd, #bhid],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%query_split : tensor<1x5x3x4xf32>)
      outs(%empty : tensor<1x3x5x4xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<1x3x5x4xf32>
  %key_split = tensor.expand_shape %key [[0], [1], [2, 3]] output_shape [1, 5, 3, 4] : tensor<1x5x12xf32> into tensor<1x5x3x4xf32>
  %key_heads = linalg.generic {indexing_maps = [#all_bihd, #bhid],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%key_split : tensor<1x5x3x4xf32>)
      outs(%empty : tensor<1x3x5x4xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<1x3x5x4xf32>
  %value_split = tensor.expand_shape %value [[0], [1], [2, 3]] output_shape [1, 5, 3, 4] : tensor<1x5x12xf32> into tensor<1x5x3x4xf32>
  %value_heads = linalg.generic {indexing_maps = [#all_bihd, #bhid],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%value_split : tensor<1x5x3x4xf32>)
      outs(%empty : tensor<1x3x5x4xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<1x3x5x4xf32>
  %empty_2 = tensor.empty() : tensor<1x3x4x5xf32>
  %key_columns = linalg.generic {indexing_maps = [#all_bhjd, #bhdj],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%key_heads : tensor<1x3x5x4xf32>)
      outs(%empty_2 : tensor<1x3x4x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<1x3x4x5xf32>
  %query_broadcast = linalg.generic {indexing_maps = [#at_0hid, #all_bhid],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%query_heads : tensor<1x3x5x4xf32>)
      outs(%empty : tensor<1x3x5x4xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<1x3x5x4xf32>
  %key_broadcast = linalg.generic {indexing_maps = [#at_0hdj, #all_bhdj],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%key_columns : tensor<1x3x4x5xf32>)
      outs(%empty_2 : tensor<1x3x4x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<1x3x4x5xf32>
  %query_flat = tensor.collapse_shape %query_broadcast [[0, 1], [2], [3]] : tensor<1x3x5x4xf32> into tensor<3x5x4xf32>
  %key_flat = tensor.collapse_shape %key_broadcast [[0, 1], [2], [3]] : tensor<1x3x4x5xf32> into tensor<3x4x5xf32>
  %zero = arith.constant 0.0 : f32
  %empty_3 = tensor.empty() : tensor<3x5x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<3x5x5xf32>) -> tensor<3x5x5xf32>
  %scores_flat = linalg.batch_matmul
      ins(%query_flat, %key_flat : tensor<3x5x4xf32>, tensor<3x4x5xf32>)
      outs(%zeros : tensor<3x5x5xf32>) -> tensor<3x5x5xf32>
  %scores = tensor.expand_shape %scores_flat [[0, 1], [2], [3]] output_shape [1, 3, 5, 5] : tensor<3x5x5xf32> into tensor<1x3x5x5xf32>
  %empty_4 = tensor.empty() : tensor<1x3x5x5xf32>
  %scaled = linalg.generic {indexing_maps = [#at_0hij, #scalar, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores, %root : tensor<1x3x5x5xf32>, tensor<f64>)
      outs(%empty_4 : tensor<1x3x5x5xf32>) {
  ^bb0(%x: f32, %r: f64, %out: f32):
    %factor = arith.truncf %r : f64 to f32
    %y = arith.divf %x, %factor : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x5xf32>
  %zero_i64 = arith.constant 0 : i64
  %empty_5 = tensor.empty() : tensor<1x3x5x1xi64>
  %firsts = linalg.fill ins(%zero_i64 : i64) outs(%empty_5 : tensor<1x3x5x1xi64>) -> tensor<1x3x5x1xi64>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_6 = tensor.empty() : tensor<1x3x5x1xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_6 : tensor<1x3x5x1xf32>) -> tensor<1x3x5x1xf32>
  %max, %max_index = linalg.generic {indexing_maps = [#all_bhij, #bhi0, #bhi0],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%scaled : tensor<1x3x5x5xf32>)
      outs(%minus_infinities, %firsts : tensor<1x3x5x1xf32>, tensor<1x3x5x1xi64>) {
  ^bb0(%x: f32, %most: f32, %at: i64):
    %j = linalg.index 3 : index
    %j_i64 = arith.index_cast %j : index to i64
    %y = arith.maximumf %x, %most : f32
    %is_more = arith.cmpf ogt, %x, %most : f32
    %n = arith.select %is_more, %j_i64, %at : i64
    linalg.yield %y, %n : f32, i64
  } -> (tensor<1x3x5x1xf32>, tensor<1x3x5x1xi64>)
  %difference = linalg.generic {indexing_maps = [#at_0hij, #at_0hi0, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scaled, %max : tensor<1x3x5x5xf32>, tensor<1x3x5x1xf32>)
      outs(%empty_4 : tensor<1x3x5x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x5xf32>
  %power = linalg.generic {indexing_maps = [#at_0hij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<1x3x5x5xf32>)
      outs(%empty_4 : tensor<1x3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x5xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_6 : tensor<1x3x5x1xf32>) -> tensor<1x3x5x1xf32>
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
      outs(%empty_4 : tensor<1x3x5x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<1x3x5x5xf32>
  %probability_broadcast = linalg.generic {indexing_maps = [#at_0hij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%probability : tensor<1x3x5x5xf32>)
      outs(%empty_4 : tensor<1x3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<1x3x5x5xf32>
  %value_broadcast = linalg.generic {indexing_maps = [#at_0hjd, #all_bhjd],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%value_heads : tensor<1x3x5x4xf32>)
      outs(%empty : tensor<1x3x5x4xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<1x3x5x4xf32>
  %probability_flat = tensor.collapse_shape %probability_broadcast [[0, 1], [2], [3]] : tensor<1x3x5x5xf32> into tensor<3x5x5xf32>
  %value_flat = tensor.collapse_shape %value_broadcast [[0, 1], [2], [3]] : tensor<1x3x5x4xf32> into tensor<3x5x4xf32>
  %empty_7 = tensor.empty() : tensor<3x5x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_7 : tensor<3x5x4xf32>) -> tensor<3x5x4xf32>
  %result_flat = linalg.batch_matmul
      ins(%probability_flat, %value_flat : tensor<3x5x5xf32>, tensor<3x5x4xf32>)
      outs(%zeros_3 : tensor<3x5x4xf32>) -> tensor<3x5x4xf32>
  %result_heads = tensor.expand_shape %result_flat [[0, 1], [2], [3]] output_shape [1, 3, 5, 4] : tensor<3x5x4xf32> into tensor<1x3x5x4xf32>
  %empty_8 = tensor.empty() : tensor<1x5x3x4xf32>
  %result_tokens = linalg.generic {indexing_maps = [#all_bhid, #bihd],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%result_heads : tensor<1x3x5x4xf32>)
      outs(%empty_8 : tensor<1x5x3x4xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<1x5x3x4xf32>
  %result = tensor.collapse_shape %result_tokens [[0], [1], [2, 3]] : tensor<1x5x3x4xf32> into tensor<1x5x12xf32>
  return %result : tensor<1x5x12xf32>
}
