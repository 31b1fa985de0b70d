// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// Everything is bf16.

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
  %minus_infinity = arith.constant 0xFF80 : bf16
  %empty_2 = tensor.empty() : tensor<2x3x5xbf16>
  %minus_infinities = linalg.fill ins(%minus_infinity : bf16) outs(%empty_2 : tensor<2x3x5xbf16>) -> tensor<2x3x5xbf16>
  %max = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%scaled : tensor<2x3x5x5xbf16>)
      outs(%minus_infinities : tensor<2x3x5xbf16>) {
  ^bb0(%x: bf16, %most: bf16):
    %y = arith.maximumf %x, %most : bf16
    linalg.yield %y : bf16
  } -> tensor<2x3x5xbf16>
  %difference = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scaled, %max : tensor<2x3x5x5xbf16>, tensor<2x3x5xbf16>)
      outs(%empty : tensor<2x3x5x5xbf16>) {
  ^bb0(%x: bf16, %most: bf16, %out: bf16):
    %y = arith.subf %x, %most : bf16
    linalg.yield %y : bf16
  } -> tensor<2x3x5x5xbf16>
  %power = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<2x3x5x5xbf16>)
      outs(%empty : tensor<2x3x5x5xbf16>) {
  ^bb0(%x: bf16, %out: bf16):
    %y = math.exp %x : bf16
    linalg.yield %y : bf16
  } -> tensor<2x3x5x5xbf16>
  %zeros_2 = linalg.fill ins(%zero : bf16) outs(%empty_2 : tensor<2x3x5xbf16>) -> tensor<2x3x5xbf16>
  %sum = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%power : tensor<2x3x5x5xbf16>)
      outs(%zeros_2 : tensor<2x3x5xbf16>) {
  ^bb0(%x: bf16, %sum_in: bf16):
    %y = arith.addf %x, %sum_in : bf16
    linalg.yield %y : bf16
  } -> tensor<2x3x5xbf16>
  %probability = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<2x3x5x5xbf16>, tensor<2x3x5xbf16>)
      outs(%empty : tensor<2x3x5x5xbf16>) {
  ^bb0(%x: bf16, %sum_in: bf16, %out: bf16):
    %y = arith.divf %x, %sum_in : bf16
    linalg.yield %y : bf16
  } -> tensor<2x3x5x5xbf16>
  %empty_3 = tensor.empty() : tensor<2x3x5x4xbf16>
  %zeros_3 = linalg.fill ins(%zero : bf16) outs(%empty_3 : tensor<2x3x5x4xbf16>) -> tensor<2x3x5x4xbf16>
  %result = linalg.generic {indexing_maps = [#bhij_of_bhinj, #bhjn, #bhin],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%probability, %value : tensor<2x3x5x5xbf16>, tensor<2x3x5x4xbf16>)
      outs(%zeros_3 : tensor<2x3x5x4xbf16>) {
  ^bb0(%x: bf16, %y: bf16, %sum_in: bf16):
    %p = arith.mulf %x, %y : bf16
    %t = arith.addf %sum_in, %p : bf16
    linalg.yield %t : bf16
  } -> tensor<2x3x5x4xbf16>
  return %result : tensor<2x3x5x4xbf16>
}
