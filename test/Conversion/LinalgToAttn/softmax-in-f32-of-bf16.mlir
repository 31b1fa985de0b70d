// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// Scores are bf16, their softmax is f32, the probabilities are bf16 again.

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

func.func @attention(%query: tensor<2x3x5x4xbf16>,
                     %key: tensor<2x3x5x4xbf16>,
                     %value: tensor<2x3x5x4xbf16>) -> tensor<2x3x5x4xbf16> {
  %zero = arith.constant 0.0 : bf16
  %empty = tensor.empty() : tensor<2x3x5x5xbf16>
  %zeros = linalg.fill ins(%zero : bf16) outs(%empty : tensor<2x3x5x5xbf16>) -> tensor<2x3x5x5xbf16>
  %scores = linalg.generic {indexing_maps = [#bhid, #bhjd, #bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%query, %key : tensor<2x3x5x4xbf16>, tensor<2x3x5x4xbf16>)
      outs(%zeros : tensor<2x3x5x5xbf16>) {
  ^bb0(%x: bf16, %y: bf16, %sum: bf16):
    %p = arith.mulf %x, %y : bf16
    %t = arith.addf %sum, %p : bf16
    linalg.yield %t : bf16
  } -> tensor<2x3x5x5xbf16>
  %scale = arith.constant 0.5 : bf16
  %scaled = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x3x5x5xbf16>)
      outs(%empty : tensor<2x3x5x5xbf16>) {
  ^bb0(%x: bf16, %out: bf16):
    %y = arith.mulf %x, %scale : bf16
    linalg.yield %y : bf16
  } -> tensor<2x3x5x5xbf16>
  %scores_f32 = arith.extf %scaled : tensor<2x3x5x5xbf16> to tensor<2x3x5x5xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_2 = tensor.empty() : tensor<2x3x5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_2 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %max = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%scores_f32 : tensor<2x3x5x5xf32>)
      outs(%minus_infinities : tensor<2x3x5xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5xf32>
  %empty_3 = tensor.empty() : tensor<2x3x5x5xf32>
  %difference = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores_f32, %max : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>)
      outs(%empty_3 : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %power = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<2x3x5x5xf32>)
      outs(%empty_3 : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %zero_2 = arith.constant 0.0 : f32
  %zeros_2 = linalg.fill ins(%zero_2 : f32) outs(%empty_2 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
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
      outs(%empty_3 : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %probability_bf16 = arith.truncf %probability : tensor<2x3x5x5xf32> to tensor<2x3x5x5xbf16>
  %empty_4 = tensor.empty() : tensor<2x3x5x4xbf16>
  %zeros_3 = linalg.fill ins(%zero : bf16) outs(%empty_4 : tensor<2x3x5x4xbf16>) -> tensor<2x3x5x4xbf16>
  %result = linalg.generic {indexing_maps = [#bhij_of_bhinj, #bhjn, #bhin],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%probability_bf16, %value : tensor<2x3x5x5xbf16>, tensor<2x3x5x4xbf16>)
      outs(%zeros_3 : tensor<2x3x5x4xbf16>) {
  ^bb0(%x: bf16, %y: bf16, %sum_in: bf16):
    %p = arith.mulf %x, %y : bf16
    %t = arith.addf %sum_in, %p : bf16
    linalg.yield %t : bf16
  } -> tensor<2x3x5x4xbf16>
  return %result : tensor<2x3x5x4xbf16>
}
