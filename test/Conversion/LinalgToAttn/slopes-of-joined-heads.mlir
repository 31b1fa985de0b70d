// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// Batches and heads are one dimension: the slope is that of the remainder.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#bid = affine_map<(b, i, j, d) -> (b, i, d)>
#bjd = affine_map<(b, i, j, d) -> (b, j, d)>
#bij = affine_map<(b, i, j, d) -> (b, i, j)>
#all_bij = affine_map<(b, i, j) -> (b, i, j)>
#bi = affine_map<(b, i, j) -> (b, i)>

func.func @attention(%query: tensor<6x5x4xf32>,
                     %key: tensor<6x5x4xf32>,
                     %value: tensor<6x5x4xf32>,
                     %slopes: tensor<3xf32>) -> tensor<6x5x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x5x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x5x5xf32>) -> tensor<6x5x5xf32>
  %scores = linalg.batch_matmul indexing_maps = [#bid, #bjd, #bij]
      ins(%query, %key : tensor<6x5x4xf32>, tensor<6x5x4xf32>)
      outs(%zeros : tensor<6x5x5xf32>) -> tensor<6x5x5xf32>
  %scale = arith.constant 0.5 : f32
  %scaled = linalg.generic {indexing_maps = [#all_bij, #all_bij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<6x5x5xf32>)
      outs(%empty : tensor<6x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<6x5x5xf32>
  %heads = arith.constant 3 : index
  %minus_infinity = arith.constant 0xFF800000 : f32
  %biased = linalg.generic {indexing_maps = [#all_bij, #all_bij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scaled : tensor<6x5x5xf32>)
      outs(%empty : tensor<6x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %b = linalg.index 0 : index
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %h = arith.remui %b, %heads : index
    %slope = tensor.extract %slopes[%h] : tensor<3xf32>
    %d = arith.subi %j, %i : index
    %d_i64 = arith.index_cast %d : index to i64
    %d_f32 = arith.sitofp %d_i64 : i64 to f32
    %bias = arith.mulf %slope, %d_f32 : f32
    %t = arith.addf %x, %bias : f32
    %visible = arith.cmpi sge, %i, %j : index
    %y = arith.select %visible, %t, %minus_infinity : f32
    linalg.yield %y : f32
  } -> tensor<6x5x5xf32>
  %empty_2 = tensor.empty() : tensor<6x5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_2 : tensor<6x5xf32>) -> tensor<6x5xf32>
  %max = linalg.generic {indexing_maps = [#all_bij, #bi],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%biased : tensor<6x5x5xf32>)
      outs(%minus_infinities : tensor<6x5xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<6x5xf32>
  %difference = linalg.generic {indexing_maps = [#all_bij, #bi, #all_bij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%biased, %max : tensor<6x5x5xf32>, tensor<6x5xf32>)
      outs(%empty : tensor<6x5x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<6x5x5xf32>
  %power = linalg.generic {indexing_maps = [#all_bij, #all_bij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%difference : tensor<6x5x5xf32>)
      outs(%empty : tensor<6x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<6x5x5xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<6x5xf32>) -> tensor<6x5xf32>
  %sum = linalg.generic {indexing_maps = [#all_bij, #bi],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%power : tensor<6x5x5xf32>)
      outs(%zeros_2 : tensor<6x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<6x5xf32>
  %probability = linalg.generic {indexing_maps = [#all_bij, #bi, #all_bij],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<6x5x5xf32>, tensor<6x5xf32>)
      outs(%empty : tensor<6x5x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<6x5x5xf32>
  %empty_3 = tensor.empty() : tensor<6x5x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<6x5x4xf32>) -> tensor<6x5x4xf32>
  %result = linalg.batch_matmul
      ins(%probability, %value : tensor<6x5x5xf32>, tensor<6x5x4xf32>)
      outs(%zeros_3 : tensor<6x5x4xf32>) -> tensor<6x5x4xf32>
  return %result : tensor<6x5x4xf32>
}
