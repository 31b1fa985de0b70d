// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// jax.nn.dot_product_attention by StableHLO: dot_general as batch_matmul,
// linalg.reduce, broadcasts, linalg.map.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention{{.*}}mask = #attn.causal
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#all_ij = affine_map<(i, j) -> (i, j)>

func.func @attention(%query: tensor<2x5x3x4xf32>,
                     %key: tensor<2x5x3x4xf32>,
                     %value: tensor<2x5x3x4xf32>) -> tensor<2x5x3x4xf32> {
  %empty = tensor.empty() : tensor<2x3x5x4xf32>
  %query_heads = linalg.transpose ins(%query : tensor<2x5x3x4xf32>)
      outs(%empty : tensor<2x3x5x4xf32>) permutation = [0, 2, 1, 3]
  %empty_2 = tensor.empty() : tensor<2x3x4x5xf32>
  %key_heads = linalg.transpose ins(%key : tensor<2x5x3x4xf32>)
      outs(%empty_2 : tensor<2x3x4x5xf32>) permutation = [0, 2, 3, 1]
  %value_heads = linalg.transpose ins(%value : tensor<2x5x3x4xf32>)
      outs(%empty : tensor<2x3x5x4xf32>) permutation = [0, 2, 1, 3]
  %query_flat = tensor.collapse_shape %query_heads [[0, 1], [2], [3]] : tensor<2x3x5x4xf32> into tensor<6x5x4xf32>
  %key_flat = tensor.collapse_shape %key_heads [[0, 1], [2], [3]] : tensor<2x3x4x5xf32> into tensor<6x4x5xf32>
  %value_flat = tensor.collapse_shape %value_heads [[0, 1], [2], [3]] : tensor<2x3x5x4xf32> into tensor<6x5x4xf32>
  %zero = arith.constant 0.0 : f32
  %empty_3 = tensor.empty() : tensor<6x5x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<6x5x5xf32>) -> tensor<6x5x5xf32>
  %scores_flat = linalg.batch_matmul
      ins(%query_flat, %key_flat : tensor<6x5x4xf32>, tensor<6x4x5xf32>)
      outs(%zeros : tensor<6x5x5xf32>) -> tensor<6x5x5xf32>
  %scores = tensor.expand_shape %scores_flat [[0, 1], [2], [3]] output_shape [2, 3, 5, 5] : tensor<6x5x5xf32> into tensor<2x3x5x5xf32>
  %scale = arith.constant dense<0.5> : tensor<2x3x5x5xf32>
  %empty_4 = tensor.empty() : tensor<2x3x5x5xf32>
  %scaled = linalg.map ins(%scores, %scale : tensor<2x3x5x5xf32>, tensor<2x3x5x5xf32>)
      outs(%empty_4 : tensor<2x3x5x5xf32>)
    (%in_0: f32, %in_1: f32, %out: f32) {
    %y = arith.mulf %in_0, %in_1 : f32
    linalg.yield %y : f32
  }
  %empty_5 = tensor.empty() : tensor<5x5xi32>
  %rows = linalg.generic {indexing_maps = [#all_ij],
      iterator_types = ["parallel", "parallel"]}
      outs(%empty_5 : tensor<5x5xi32>) {
  ^bb0(%out: i32):
    %i = linalg.index 0 : index
    %y = arith.index_cast %i : index to i32
    linalg.yield %y : i32
  } -> tensor<5x5xi32>
  %columns = linalg.generic {indexing_maps = [#all_ij],
      iterator_types = ["parallel", "parallel"]}
      outs(%empty_5 : tensor<5x5xi32>) {
  ^bb0(%out: i32):
    %j = linalg.index 1 : index
    %y = arith.index_cast %j : index to i32
    linalg.yield %y : i32
  } -> tensor<5x5xi32>
  %empty_6 = tensor.empty() : tensor<5x5xi1>
  %visible = linalg.map ins(%rows, %columns : tensor<5x5xi32>, tensor<5x5xi32>)
      outs(%empty_6 : tensor<5x5xi1>)
    (%in_0: i32, %in_1: i32, %out: i1) {
    %y = arith.cmpi sge, %in_0, %in_1 : i32
    linalg.yield %y : i1
  }
  %empty_7 = tensor.empty() : tensor<2x3x5x5xi1>
  %visible_broadcast = linalg.broadcast ins(%visible : tensor<5x5xi1>)
      outs(%empty_7 : tensor<2x3x5x5xi1>) dimensions = [0, 1]
  %lowest = arith.constant dense<-3.40282347E+38> : tensor<2x3x5x5xf32>
  %masked = linalg.map ins(%visible_broadcast, %scaled, %lowest : tensor<2x3x5x5xi1>, tensor<2x3x5x5xf32>, tensor<2x3x5x5xf32>)
      outs(%empty_4 : tensor<2x3x5x5xf32>)
    (%in_0: i1, %in_1: f32, %in_2: f32, %out: f32) {
    %y = arith.select %in_0, %in_1, %in_2 : f32
    linalg.yield %y : f32
  }
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_8 = tensor.empty() : tensor<2x3x5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_8 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %max = linalg.reduce { arith.maximumf }
      ins(%masked : tensor<2x3x5x5xf32>)
      outs(%minus_infinities : tensor<2x3x5xf32>) dimensions = [3]
  %max_broadcast = linalg.broadcast ins(%max : tensor<2x3x5xf32>)
      outs(%empty_4 : tensor<2x3x5x5xf32>) dimensions = [3]
  %difference = linalg.map ins(%masked, %max_broadcast : tensor<2x3x5x5xf32>, tensor<2x3x5x5xf32>)
      outs(%empty_4 : tensor<2x3x5x5xf32>)
    (%in_0: f32, %in_1: f32, %out: f32) {
    %y = arith.subf %in_0, %in_1 : f32
    linalg.yield %y : f32
  }
  %power = linalg.map ins(%difference : tensor<2x3x5x5xf32>)
      outs(%empty_4 : tensor<2x3x5x5xf32>)
    (%in_0: f32, %out: f32) {
    %y = math.exp %in_0 : f32
    linalg.yield %y : f32
  }
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_8 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %sum = linalg.reduce { arith.addf }
      ins(%power : tensor<2x3x5x5xf32>)
      outs(%zeros_2 : tensor<2x3x5xf32>) dimensions = [3]
  %sum_broadcast = linalg.broadcast ins(%sum : tensor<2x3x5xf32>)
      outs(%empty_4 : tensor<2x3x5x5xf32>) dimensions = [3]
  %probability = linalg.map ins(%power, %sum_broadcast : tensor<2x3x5x5xf32>, tensor<2x3x5x5xf32>)
      outs(%empty_4 : tensor<2x3x5x5xf32>)
    (%in_0: f32, %in_1: f32, %out: f32) {
    %y = arith.divf %in_0, %in_1 : f32
    linalg.yield %y : f32
  }
  %probability_flat = tensor.collapse_shape %probability [[0, 1], [2], [3]] : tensor<2x3x5x5xf32> into tensor<6x5x5xf32>
  %empty_9 = tensor.empty() : tensor<6x5x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_9 : tensor<6x5x4xf32>) -> tensor<6x5x4xf32>
  %result_flat = linalg.batch_matmul
      ins(%probability_flat, %value_flat : tensor<6x5x5xf32>, tensor<6x5x4xf32>)
      outs(%zeros_3 : tensor<6x5x4xf32>) -> tensor<6x5x4xf32>
  %result_heads = tensor.expand_shape %result_flat [[0, 1], [2], [3]] output_shape [2, 3, 5, 4] : tensor<6x5x4xf32> into tensor<2x3x5x4xf32>
  %empty_10 = tensor.empty() : tensor<2x5x3x4xf32>
  %result = linalg.transpose ins(%result_heads : tensor<2x3x5x4xf32>)
      outs(%empty_10 : tensor<2x5x3x4xf32>) permutation = [0, 2, 1, 3]
  return %result : tensor<2x5x3x4xf32>
}
