// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// One query: linalg.batch_matvec and linalg.batch_vecmat.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#all_bj = affine_map<(b, j) -> (b, j)>
#b = affine_map<(b, j) -> (b)>

func.func @attention(%query: tensor<6x4xf32>,
                     %key: tensor<6x24x4xf32>,
                     %value: tensor<6x24x4xf32>) -> tensor<6x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x24xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x24xf32>) -> tensor<6x24xf32>
  %scores = linalg.batch_matvec
      ins(%key, %query : tensor<6x24x4xf32>, tensor<6x4xf32>)
      outs(%zeros : tensor<6x24xf32>) -> tensor<6x24xf32>
  %scale = arith.constant 0.5 : f32
  %scaled = linalg.generic {indexing_maps = [#all_bj, #all_bj],
      iterator_types = ["parallel", "parallel"]}
      ins(%scores : tensor<6x24xf32>)
      outs(%empty : tensor<6x24xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<6x24xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_2 = tensor.empty() : tensor<6xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_2 : tensor<6xf32>) -> tensor<6xf32>
  %max = linalg.generic {indexing_maps = [#all_bj, #b],
      iterator_types = ["parallel", "reduction"]}
      ins(%scaled : tensor<6x24xf32>)
      outs(%minus_infinities : tensor<6xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<6xf32>
  %difference = linalg.generic {indexing_maps = [#all_bj, #b, #all_bj],
      iterator_types = ["parallel", "parallel"]}
      ins(%scaled, %max : tensor<6x24xf32>, tensor<6xf32>)
      outs(%empty : tensor<6x24xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<6x24xf32>
  %power = linalg.generic {indexing_maps = [#all_bj, #all_bj],
      iterator_types = ["parallel", "parallel"]}
      ins(%difference : tensor<6x24xf32>)
      outs(%empty : tensor<6x24xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<6x24xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<6xf32>) -> tensor<6xf32>
  %sum = linalg.generic {indexing_maps = [#all_bj, #b],
      iterator_types = ["parallel", "reduction"]}
      ins(%power : tensor<6x24xf32>)
      outs(%zeros_2 : tensor<6xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<6xf32>
  %probability = linalg.generic {indexing_maps = [#all_bj, #b, #all_bj],
      iterator_types = ["parallel", "parallel"]}
      ins(%power, %sum : tensor<6x24xf32>, tensor<6xf32>)
      outs(%empty : tensor<6x24xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<6x24xf32>
  %empty_3 = tensor.empty() : tensor<6x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<6x4xf32>) -> tensor<6x4xf32>
  %result = linalg.batch_vecmat
      ins(%probability, %value : tensor<6x24xf32>, tensor<6x24x4xf32>)
      outs(%zeros_3 : tensor<6x4xf32>) -> tensor<6x4xf32>
  return %result : tensor<6x4xf32>
}
