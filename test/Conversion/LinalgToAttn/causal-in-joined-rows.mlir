// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// Query heads of a group are more rows, and the mask compares the row's
// remainder.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#bid = affine_map<(b, i, j, d) -> (b, i, d)>
#bjd = affine_map<(b, i, j, d) -> (b, j, d)>
#bij = affine_map<(b, i, j, d) -> (b, i, j)>
#all_bij = affine_map<(b, i, j) -> (b, i, j)>
#bi = affine_map<(b, i, j) -> (b, i)>

func.func @attention(%query: tensor<2x2x2x5x4xf32>,
                     %key: tensor<2x2x5x4xf32>,
                     %value: tensor<2x2x5x4xf32>) -> tensor<2x2x2x5x4xf32> {
  %query_rows = tensor.collapse_shape %query [[0, 1], [2, 3], [4]] : tensor<2x2x2x5x4xf32> into tensor<4x10x4xf32>
  %key_flat = tensor.collapse_shape %key [[0, 1], [2], [3]] : tensor<2x2x5x4xf32> into tensor<4x5x4xf32>
  %value_flat = tensor.collapse_shape %value [[0, 1], [2], [3]] : tensor<2x2x5x4xf32> into tensor<4x5x4xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x10x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x10x5xf32>) -> tensor<4x10x5xf32>
  %scores = linalg.batch_matmul indexing_maps = [#bid, #bjd, #bij]
      ins(%query_rows, %key_flat : tensor<4x10x4xf32>, tensor<4x5x4xf32>)
      outs(%zeros : tensor<4x10x5xf32>) -> tensor<4x10x5xf32>
  %scale = arith.constant 0.5 : f32
  %scaled = linalg.generic {indexing_maps = [#all_bij, #all_bij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<4x10x5xf32>)
      outs(%empty : tensor<4x10x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<4x10x5xf32>
  %tokens = arith.constant 5 : index
  %minus_infinity = arith.constant 0xFF800000 : f32
  %masked = linalg.generic {indexing_maps = [#all_bij, #all_bij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scaled : tensor<4x10x5xf32>)
      outs(%empty : tensor<4x10x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %row = linalg.index 1 : index
    %j = linalg.index 2 : index
    %i = arith.remui %row, %tokens : index
    %visible = arith.cmpi sge, %i, %j : index
    %y = arith.select %visible, %x, %minus_infinity : f32
    linalg.yield %y : f32
  } -> tensor<4x10x5xf32>
  %empty_2 = tensor.empty() : tensor<4x10xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_2 : tensor<4x10xf32>) -> tensor<4x10xf32>
  %max = linalg.generic {indexing_maps = [#all_bij, #bi],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%masked : tensor<4x10x5xf32>)
      outs(%minus_infinities : tensor<4x10xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<4x10xf32>
  %difference = linalg.generic {indexing_maps = [#all_bij, #bi, #all_bij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max : tensor<4x10x5xf32>, tensor<4x10xf32>)
      outs(%empty : tensor<4x10x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<4x10x5xf32>
  %power = linalg.generic {indexing_maps = [#all_bij, #all_bij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%difference : tensor<4x10x5xf32>)
      outs(%empty : tensor<4x10x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<4x10x5xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<4x10xf32>) -> tensor<4x10xf32>
  %sum = linalg.generic {indexing_maps = [#all_bij, #bi],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%power : tensor<4x10x5xf32>)
      outs(%zeros_2 : tensor<4x10xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<4x10xf32>
  %probability = linalg.generic {indexing_maps = [#all_bij, #bi, #all_bij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<4x10x5xf32>, tensor<4x10xf32>)
      outs(%empty : tensor<4x10x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<4x10x5xf32>
  %empty_3 = tensor.empty() : tensor<4x10x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<4x10x4xf32>) -> tensor<4x10x4xf32>
  %rows = linalg.batch_matmul
      ins(%probability, %value_flat : tensor<4x10x5xf32>, tensor<4x5x4xf32>)
      outs(%zeros_3 : tensor<4x10x4xf32>) -> tensor<4x10x4xf32>
  %result = tensor.expand_shape %rows [[0, 1], [2, 3], [4]] output_shape [2, 2, 2, 5, 4] : tensor<4x10x4xf32> into tensor<2x2x2x5x4xf32>
  return %result : tensor<2x2x2x5x4xf32>
}
