// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// In f16, a boolean mask chooses between the score and minus infinity.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention{{.*}}mask_tensor(
// CHECK: arith.cmpf oeq
// CHECK-NEXT: arith.select
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#bhid = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#bhjd = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#bhij = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#all_bhij = affine_map<(b, h, i, j) -> (b, h, i, j)>
#ij = affine_map<(b, h, i, j) -> (i, j)>
#bhi = affine_map<(b, h, i, j) -> (b, h, i)>
#bhij_of_bhinj = affine_map<(b, h, i, n, j) -> (b, h, i, j)>
#bhjn = affine_map<(b, h, i, n, j) -> (b, h, j, n)>
#bhin = affine_map<(b, h, i, n, j) -> (b, h, i, n)>

func.func @attention(%query: tensor<2x3x5x4xf16>,
                     %key: tensor<2x3x5x4xf16>,
                     %value: tensor<2x3x5x4xf16>,
                     %mask: tensor<5x5xi1>) -> tensor<2x3x5x4xf16> {
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
  %minus_infinity = arith.constant 0xFC00 : f16
  %masked = linalg.generic {indexing_maps = [#all_bhij, #ij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scaled, %mask : tensor<2x3x5x5xf16>, tensor<5x5xi1>)
      outs(%empty : tensor<2x3x5x5xf16>) {
  ^bb0(%x: f16, %visible: i1, %out: f16):
    %y = arith.select %visible, %x, %minus_infinity : f16
    linalg.yield %y : f16
  } -> tensor<2x3x5x5xf16>
  %empty_2 = tensor.empty() : tensor<2x3x5xf16>
  %minus_infinities = linalg.fill ins(%minus_infinity : f16) outs(%empty_2 : tensor<2x3x5xf16>) -> tensor<2x3x5xf16>
  %max = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%masked : tensor<2x3x5x5xf16>)
      outs(%minus_infinities : tensor<2x3x5xf16>) {
  ^bb0(%x: f16, %most: f16):
    %y = arith.maximumf %x, %most : f16
    linalg.yield %y : f16
  } -> tensor<2x3x5xf16>
  %difference = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%masked, %max : tensor<2x3x5x5xf16>, tensor<2x3x5xf16>)
      outs(%empty : tensor<2x3x5x5xf16>) {
  ^bb0(%x: f16, %most: f16, %out: f16):
    %y = arith.subf %x, %most : f16
    linalg.yield %y : f16
  } -> tensor<2x3x5x5xf16>
  %power = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<2x3x5x5xf16>)
      outs(%empty : tensor<2x3x5x5xf16>) {
  ^bb0(%x: f16, %out: f16):
    %y = math.exp %x : f16
    linalg.yield %y : f16
  } -> tensor<2x3x5x5xf16>
  %zeros_2 = linalg.fill ins(%zero : f16) outs(%empty_2 : tensor<2x3x5xf16>) -> tensor<2x3x5xf16>
  %sum = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%power : tensor<2x3x5x5xf16>)
      outs(%zeros_2 : tensor<2x3x5xf16>) {
  ^bb0(%x: f16, %sum_in: f16):
    %y = arith.addf %x, %sum_in : f16
    linalg.yield %y : f16
  } -> tensor<2x3x5xf16>
  %probability = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<2x3x5x5xf16>, tensor<2x3x5xf16>)
      outs(%empty : tensor<2x3x5x5xf16>) {
  ^bb0(%x: f16, %sum_in: f16, %out: f16):
    %y = arith.divf %x, %sum_in : f16
    linalg.yield %y : f16
  } -> tensor<2x3x5x5xf16>
  %empty_3 = tensor.empty() : tensor<2x3x5x4xf16>
  %zeros_3 = linalg.fill ins(%zero : f16) outs(%empty_3 : tensor<2x3x5x4xf16>) -> tensor<2x3x5x4xf16>
  %result = linalg.generic {indexing_maps = [#bhij_of_bhinj, #bhjn, #bhin],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%probability, %value : tensor<2x3x5x5xf16>, tensor<2x3x5x4xf16>)
      outs(%zeros_3 : tensor<2x3x5x4xf16>) {
  ^bb0(%x: f16, %y: f16, %sum_in: f16):
    %p = arith.mulf %x, %y : f16
    %t = arith.addf %sum_in, %p : f16
    linalg.yield %t : f16
  } -> tensor<2x3x5x4xf16>
  return %result : tensor<2x3x5x4xf16>
}
