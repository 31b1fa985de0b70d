// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// Everything is f64.

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

func.func @attention(%query: tensor<2x3x5x4xf64>,
                     %key: tensor<2x3x5x4xf64>,
                     %value: tensor<2x3x5x4xf64>) -> tensor<2x3x5x4xf64> {
  %zero = arith.constant 0.0 : f64
  %empty = tensor.empty() : tensor<2x3x5x5xf64>
  %zeros = linalg.fill ins(%zero : f64) outs(%empty : tensor<2x3x5x5xf64>) -> tensor<2x3x5x5xf64>
  %scores = linalg.generic {indexing_maps = [#bhid, #bhjd, #bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%query, %key : tensor<2x3x5x4xf64>, tensor<2x3x5x4xf64>)
      outs(%zeros : tensor<2x3x5x5xf64>) {
  ^bb0(%x: f64, %y: f64, %sum: f64):
    %p = arith.mulf %x, %y : f64
    %t = arith.addf %sum, %p : f64
    linalg.yield %t : f64
  } -> tensor<2x3x5x5xf64>
  %scale = arith.constant 0.5 : f64
  %scaled = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x3x5x5xf64>)
      outs(%empty : tensor<2x3x5x5xf64>) {
  ^bb0(%x: f64, %out: f64):
    %y = arith.mulf %x, %scale : f64
    linalg.yield %y : f64
  } -> tensor<2x3x5x5xf64>
  %minus_infinity = arith.constant 0xFFF0000000000000 : f64
  %empty_2 = tensor.empty() : tensor<2x3x5xf64>
  %minus_infinities = linalg.fill ins(%minus_infinity : f64) outs(%empty_2 : tensor<2x3x5xf64>) -> tensor<2x3x5xf64>
  %max = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%scaled : tensor<2x3x5x5xf64>)
      outs(%minus_infinities : tensor<2x3x5xf64>) {
  ^bb0(%x: f64, %most: f64):
    %y = arith.maximumf %x, %most : f64
    linalg.yield %y : f64
  } -> tensor<2x3x5xf64>
  %difference = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scaled, %max : tensor<2x3x5x5xf64>, tensor<2x3x5xf64>)
      outs(%empty : tensor<2x3x5x5xf64>) {
  ^bb0(%x: f64, %most: f64, %out: f64):
    %y = arith.subf %x, %most : f64
    linalg.yield %y : f64
  } -> tensor<2x3x5x5xf64>
  %power = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<2x3x5x5xf64>)
      outs(%empty : tensor<2x3x5x5xf64>) {
  ^bb0(%x: f64, %out: f64):
    %y = math.exp %x : f64
    linalg.yield %y : f64
  } -> tensor<2x3x5x5xf64>
  %zeros_2 = linalg.fill ins(%zero : f64) outs(%empty_2 : tensor<2x3x5xf64>) -> tensor<2x3x5xf64>
  %sum = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%power : tensor<2x3x5x5xf64>)
      outs(%zeros_2 : tensor<2x3x5xf64>) {
  ^bb0(%x: f64, %sum_in: f64):
    %y = arith.addf %x, %sum_in : f64
    linalg.yield %y : f64
  } -> tensor<2x3x5xf64>
  %probability = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<2x3x5x5xf64>, tensor<2x3x5xf64>)
      outs(%empty : tensor<2x3x5x5xf64>) {
  ^bb0(%x: f64, %sum_in: f64, %out: f64):
    %y = arith.divf %x, %sum_in : f64
    linalg.yield %y : f64
  } -> tensor<2x3x5x5xf64>
  %empty_3 = tensor.empty() : tensor<2x3x5x4xf64>
  %zeros_3 = linalg.fill ins(%zero : f64) outs(%empty_3 : tensor<2x3x5x4xf64>) -> tensor<2x3x5x4xf64>
  %result = linalg.generic {indexing_maps = [#bhij_of_bhinj, #bhjn, #bhin],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%probability, %value : tensor<2x3x5x5xf64>, tensor<2x3x5x4xf64>)
      outs(%zeros_3 : tensor<2x3x5x4xf64>) {
  ^bb0(%x: f64, %y: f64, %sum_in: f64):
    %p = arith.mulf %x, %y : f64
    %t = arith.addf %sum_in, %p : f64
    linalg.yield %t : f64
  } -> tensor<2x3x5x4xf64>
  return %result : tensor<2x3x5x4xf64>
}
