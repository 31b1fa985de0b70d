// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s --size=arg0_size0=2 --size=arg0_size2=9

// Any number of batches and any length.

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

func.func @attention(%query: tensor<?x3x?x4xf32>,
                     %key: tensor<?x3x?x4xf32>,
                     %value: tensor<?x3x?x4xf32>) -> tensor<?x3x?x4xf32> {
  %c0 = arith.constant 0 : index
  %batch = tensor.dim %query, %c0 : tensor<?x3x?x4xf32>
  %c2 = arith.constant 2 : index
  %length = tensor.dim %query, %c2 : tensor<?x3x?x4xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%batch, %length, %length) : tensor<?x3x?x?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x3x?x?xf32>) -> tensor<?x3x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#bhid, #bhjd, #bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%query, %key : tensor<?x3x?x4xf32>, tensor<?x3x?x4xf32>)
      outs(%zeros : tensor<?x3x?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<?x3x?x?xf32>
  %scale = arith.constant 0.5 : f32
  %scaled = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<?x3x?x?xf32>)
      outs(%empty : tensor<?x3x?x?xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<?x3x?x?xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_2 = tensor.empty(%batch, %length) : tensor<?x3x?xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_2 : tensor<?x3x?xf32>) -> tensor<?x3x?xf32>
  %max = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%scaled : tensor<?x3x?x?xf32>)
      outs(%minus_infinities : tensor<?x3x?xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<?x3x?xf32>
  %difference = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scaled, %max : tensor<?x3x?x?xf32>, tensor<?x3x?xf32>)
      outs(%empty : tensor<?x3x?x?xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<?x3x?x?xf32>
  %power = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<?x3x?x?xf32>)
      outs(%empty : tensor<?x3x?x?xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<?x3x?x?xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<?x3x?xf32>) -> tensor<?x3x?xf32>
  %sum = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%power : tensor<?x3x?x?xf32>)
      outs(%zeros_2 : tensor<?x3x?xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<?x3x?xf32>
  %probability = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<?x3x?x?xf32>, tensor<?x3x?xf32>)
      outs(%empty : tensor<?x3x?x?xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<?x3x?x?xf32>
  %empty_3 = tensor.empty(%batch, %length) : tensor<?x3x?x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<?x3x?x4xf32>) -> tensor<?x3x?x4xf32>
  %result = linalg.generic {indexing_maps = [#bhij_of_bhinj, #bhjn, #bhin],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%probability, %value : tensor<?x3x?x?xf32>, tensor<?x3x?x4xf32>)
      outs(%zeros_3 : tensor<?x3x?x4xf32>) {
  ^bb0(%x: f32, %y: f32, %sum_in: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum_in, %p : f32
    linalg.yield %t : f32
  } -> tensor<?x3x?x4xf32>
  return %result : tensor<?x3x?x4xf32>
}
