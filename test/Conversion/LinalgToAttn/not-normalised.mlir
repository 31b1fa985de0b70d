// RUN: attn-opt %s --linalg-to-attn --verify-diagnostics | FileCheck %s
// RUN: %check_raised %s

// Nothing divides by the sum of the exponentials.

// CHECK: func.func
// CHECK-NOT: attn.attention

#bhid = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#bhjd = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#bhij = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#all_bhij = affine_map<(b, h, i, j) -> (b, h, i, j)>
#bhi = affine_map<(b, h, i, j) -> (b, h, i)>
#bhij_of_bhinj = affine_map<(b, h, i, n, j) -> (b, h, i, j)>
#bhjn = affine_map<(b, h, i, n, j) -> (b, h, j, n)>
#bhin = affine_map<(b, h, i, n, j) -> (b, h, i, n)>

func.func @attention(%query: tensor<2x3x5x4xf32>,
                     %key: tensor<2x3x5x4xf32>,
                     %value: tensor<2x3x5x4xf32>) -> tensor<2x3x5x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x3x5x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x3x5x5xf32>) -> tensor<2x3x5x5xf32>
  %scores = linalg.generic {indexing_maps = [#bhid, #bhjd, #bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%query, %key : tensor<2x3x5x4xf32>, tensor<2x3x5x4xf32>)
      outs(%zeros : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<2x3x5x5xf32>
  %scale = arith.constant 0.5 : f32
  %scaled = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x3x5x5xf32>)
      outs(%empty : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_2 = tensor.empty() : tensor<2x3x5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_2 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %max = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%scaled : tensor<2x3x5x5xf32>)
      outs(%minus_infinities : tensor<2x3x5xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5xf32>
  %power = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scaled, %max : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>)
      outs(%empty : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %d = arith.subf %x, %most : f32
    %y = math.exp %d : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %empty_3 = tensor.empty() : tensor<2x3x5x4xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<2x3x5x4xf32>) -> tensor<2x3x5x4xf32>
  // expected-remark @below {{attention not raised: the weights are not divided by their sum; divide the weights, or the result, by the sum of weights}}
  %result = linalg.generic {indexing_maps = [#bhij_of_bhinj, #bhjn, #bhin],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%power, %value : tensor<2x3x5x5xf32>, tensor<2x3x5x4xf32>)
      outs(%zeros_2 : tensor<2x3x5x4xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<2x3x5x4xf32>
  return %result : tensor<2x3x5x4xf32>
}
