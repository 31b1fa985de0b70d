// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// One query without batch or heads: keys times the query by linalg.matvec.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#all_j = affine_map<(j) -> (j)>
#scalar = affine_map<(j) -> ()>

func.func @attention(%query: tensor<4xf32>,
                     %key: tensor<7x4xf32>,
                     %value: tensor<7x4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<7xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<7xf32>) -> tensor<7xf32>
  %scores = linalg.matvec
      ins(%key, %query : tensor<7x4xf32>, tensor<4xf32>)
      outs(%zeros : tensor<7xf32>) -> tensor<7xf32>
  %scale = arith.constant 0.5 : f32
  %scaled = linalg.generic {indexing_maps = [#all_j, #all_j],
      iterator_types = ["parallel"]}
      ins(%scores : tensor<7xf32>)
      outs(%empty : tensor<7xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<7xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_2 = tensor.empty() : tensor<f32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_2 : tensor<f32>) -> tensor<f32>
  %max = linalg.generic {indexing_maps = [#all_j, #scalar],
      iterator_types = ["reduction"]}
      ins(%scaled : tensor<7xf32>)
      outs(%minus_infinities : tensor<f32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<f32>
  %difference = linalg.generic {indexing_maps = [#all_j, #scalar, #all_j],
      iterator_types = ["parallel"]}
      ins(%scaled, %max : tensor<7xf32>, tensor<f32>)
      outs(%empty : tensor<7xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<7xf32>
  %power = linalg.generic {indexing_maps = [#all_j, #all_j],
      iterator_types = ["parallel"]}
      ins(%difference : tensor<7xf32>)
      outs(%empty : tensor<7xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<7xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<f32>) -> tensor<f32>
  %sum = linalg.generic {indexing_maps = [#all_j, #scalar],
      iterator_types = ["reduction"]}
      ins(%power : tensor<7xf32>)
      outs(%zeros_2 : tensor<f32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<f32>
  %probability = linalg.generic {indexing_maps = [#all_j, #scalar, #all_j],
      iterator_types = ["parallel"]}
      ins(%power, %sum : tensor<7xf32>, tensor<f32>)
      outs(%empty : tensor<7xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<7xf32>
  %empty_3 = tensor.empty() : tensor<4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<4xf32>) -> tensor<4xf32>
  %result = linalg.vecmat
      ins(%probability, %value : tensor<7xf32>, tensor<7x4xf32>)
      outs(%zeros_3 : tensor<4xf32>) -> tensor<4xf32>
  return %result : tensor<4xf32>
}
