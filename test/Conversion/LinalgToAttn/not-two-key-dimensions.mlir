// RUN: attn-opt %s --linalg-to-attn --verify-diagnostics | FileCheck %s
// RUN: %check_raised %s

// Keys have two dimensions, and the mask knows only one of them.

// CHECK: func.func
// CHECK-NOT: attn.attention

#id = affine_map<(i, j, k, d) -> (i, d)>
#jkd = affine_map<(i, j, k, d) -> (j, k, d)>
#ijk = affine_map<(i, j, k, d) -> (i, j, k)>
#all_ijk = affine_map<(i, j, k) -> (i, j, k)>
#i = affine_map<(i, j, k) -> (i)>
#ijk_of_injk = affine_map<(i, n, j, k) -> (i, j, k)>
#jkn = affine_map<(i, n, j, k) -> (j, k, n)>
#in = affine_map<(i, n, j, k) -> (i, n)>

func.func @attention(%query: tensor<5x4xf32>,
                     %key: tensor<5x3x4xf32>,
                     %value: tensor<5x3x4xf32>) -> tensor<5x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<5x5x3xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<5x5x3xf32>) -> tensor<5x5x3xf32>
  %scores = linalg.generic {indexing_maps = [#id, #jkd, #ijk],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%query, %key : tensor<5x4xf32>, tensor<5x3x4xf32>)
      outs(%zeros : tensor<5x5x3xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<5x5x3xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %masked = linalg.generic {indexing_maps = [#all_ijk, #all_ijk],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<5x5x3xf32>)
      outs(%empty : tensor<5x5x3xf32>) {
  ^bb0(%x: f32, %out: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %visible = arith.cmpi sge, %i, %j : index
    %y = arith.select %visible, %x, %minus_infinity : f32
    linalg.yield %y : f32
  } -> tensor<5x5x3xf32>
  %empty_2 = tensor.empty() : tensor<5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_2 : tensor<5xf32>) -> tensor<5xf32>
  %max = linalg.generic {indexing_maps = [#all_ijk, #i],
      iterator_types = ["parallel", "reduction", "reduction"]}
      ins(%masked : tensor<5x5x3xf32>)
      outs(%minus_infinities : tensor<5xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<5xf32>
  %power = linalg.generic {indexing_maps = [#all_ijk, #i, #all_ijk],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max : tensor<5x5x3xf32>, tensor<5xf32>)
      outs(%empty : tensor<5x5x3xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %d = arith.subf %x, %most : f32
    %y = math.exp %d : f32
    linalg.yield %y : f32
  } -> tensor<5x5x3xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<5xf32>) -> tensor<5xf32>
  %sum = linalg.generic {indexing_maps = [#all_ijk, #i],
      iterator_types = ["parallel", "reduction", "reduction"]}
      ins(%power : tensor<5x5x3xf32>)
      outs(%zeros_2 : tensor<5xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<5xf32>
  %probability = linalg.generic {indexing_maps = [#all_ijk, #i, #all_ijk],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<5x5x3xf32>, tensor<5xf32>)
      outs(%empty : tensor<5x5x3xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<5x5x3xf32>
  %empty_3 = tensor.empty() : tensor<5x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<5x4xf32>) -> tensor<5x4xf32>
  // expected-remark @below {{attention not raised: the values are summed over several dimensions; collapse the dimensions of keys to one}}
  %result = linalg.generic {indexing_maps = [#ijk_of_injk, #jkn, #in],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%probability, %value : tensor<5x5x3xf32>, tensor<5x3x4xf32>)
      outs(%zeros_3 : tensor<5x4xf32>) {
  ^bb0(%x: f32, %y: f32, %sum_in: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum_in, %p : f32
    linalg.yield %t : f32
  } -> tensor<5x4xf32>
  return %result : tensor<5x4xf32>
}
