// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// Scores are f16, their softmax is f32, the probabilities are f16 again.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#bhid = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#bhjd = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#bhij = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#all_bhij = affine_map<(b, h, i, j) -> (b, h, i, j)>
#bhi = affine_map<(b, h, i, j) -> (b, h, i)>
#bhij_of_bhinj = affine_map<(b, h, i, n, j) -> (b, h, i, j)>
#bhjn = affine_map<(b, h, i, n, j) -> (b, h, j, n)>
#bhin = affine_map<(b, h, i, n, j) -> (b, h, i, n)>

func.func @attention(%query: tensor<2x3x5x4xf16>,
                     %key: tensor<2x3x5x4xf16>,
                     %value: tensor<2x3x5x4xf16>) -> tensor<2x3x5x4xf16> {
  %zero = arith.constant 0.0 : f16
  %empty = tensor.empty() : tensor<2x3x5x5xf16>
  %zeros = linalg.fill ins(%zero : f16) outs(%empty : tensor<2x3x5x5xf16>) -> tensor<2x3x5x5xf16>
  %scores = linalg.generic {indexing_maps = [#bhid, #bhjd, #bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%query, %key : tensor<2x3x5x4xf16>, tensor<2x3x5x4xf16>)
      outs(%zeros : tensor<2x3x5x5xf16>) {
  ^bb0(%x: f16, %y: f16, %sum: f16):
    %p = arith.mulf %x, %y : f16
    %t = arith.addf %sum, %p : f16
    linalg.yield %t : f16
  } -> tensor<2x3x5x5xf16>
  %scale = arith.constant 0.5 : f16
  %scaled = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x3x5x5xf16>)
      outs(%empty : tensor<2x3x5x5xf16>) {
  ^bb0(%x: f16, %out: f16):
    %y = arith.mulf %x, %scale : f16
    linalg.yield %y : f16
  } -> tensor<2x3x5x5xf16>
  %empty_2 = tensor.empty() : tensor<2x3x5x5xf32>
  %scores_f32 = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scaled : tensor<2x3x5x5xf16>)
      outs(%empty_2 : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f16, %out: f32):
    %y = arith.extf %x : f16 to f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_3 = tensor.empty() : tensor<2x3x5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_3 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %max = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%scores_f32 : tensor<2x3x5x5xf32>)
      outs(%minus_infinities : tensor<2x3x5xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5xf32>
  %difference = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores_f32, %max : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>)
      outs(%empty_2 : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %power = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<2x3x5x5xf32>)
      outs(%empty_2 : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %zero_2 = arith.constant 0.0 : f32
  %zeros_2 = linalg.fill ins(%zero_2 : f32) outs(%empty_3 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %sum = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%power : tensor<2x3x5x5xf32>)
      outs(%zeros_2 : tensor<2x3x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5xf32>
  %probability = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>)
      outs(%empty_2 : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %probability_f16 = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%probability : tensor<2x3x5x5xf32>)
      outs(%empty : tensor<2x3x5x5xf16>) {
  ^bb0(%x: f32, %out: f16):
    %y = arith.truncf %x : f32 to f16
    linalg.yield %y : f16
  } -> tensor<2x3x5x5xf16>
  %empty_4 = tensor.empty() : tensor<2x3x5x4xf16>
  %zeros_3 = linalg.fill ins(%zero : f16) outs(%empty_4 : tensor<2x3x5x4xf16>) -> tensor<2x3x5x4xf16>
  %result = linalg.generic {indexing_maps = [#bhij_of_bhinj, #bhjn, #bhin],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%probability_f16, %value : tensor<2x3x5x5xf16>, tensor<2x3x5x4xf16>)
      outs(%zeros_3 : tensor<2x3x5x4xf16>) {
  ^bb0(%x: f16, %y: f16, %sum_in: f16):
    %p = arith.mulf %x, %y : f16
    %t = arith.addf %sum_in, %p : f16
    linalg.yield %t : f16
  } -> tensor<2x3x5x4xf16>
  return %result : tensor<2x3x5x4xf16>
}
