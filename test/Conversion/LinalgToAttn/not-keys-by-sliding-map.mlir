// RUN: attn-opt %s --linalg-to-attn --verify-diagnostics | FileCheck %s
// RUN: %check_raised %s

// Local attention as a convolution: query i reads the keys i, i + 1, i + 2
// through a map.

// CHECK: func.func
// CHECK-NOT: attn.attention

#bid = affine_map<(b, i, w, d) -> (b, i, d)>
#bi___wd = affine_map<(b, i, w, d) -> (b, i + w, d)>
#biw = affine_map<(b, i, w, d) -> (b, i, w)>
#all_biw = affine_map<(b, i, w) -> (b, i, w)>
#bi = affine_map<(b, i, w) -> (b, i)>
#biw_of_binw = affine_map<(b, i, n, w) -> (b, i, w)>
#bi___wn = affine_map<(b, i, n, w) -> (b, i + w, n)>
#bin = affine_map<(b, i, n, w) -> (b, i, n)>

func.func @attention(%query: tensor<6x5x4xf32>,
                     %key: tensor<6x7x4xf32>,
                     %value: tensor<6x7x4xf32>) -> tensor<6x5x4xf32> {
  %empty = tensor.empty() : tensor<3xf32>
  %zero = arith.constant 0.0 : f32
  %empty_2 = tensor.empty() : tensor<6x5x3xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<6x5x3xf32>) -> tensor<6x5x3xf32>
  // expected-remark @below {{attention not raised: the keys are read in an order that no axes of a tensor have; copy them to a tensor with an axis for each dimension}}
  %scores = linalg.generic {indexing_maps = [#bid, #bi___wd, #biw],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%query, %key : tensor<6x5x4xf32>, tensor<6x7x4xf32>)
      outs(%zeros : tensor<6x5x3xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<6x5x3xf32>
  %scale = arith.constant 0.5 : f32
  %scaled = linalg.generic {indexing_maps = [#all_biw, #all_biw],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<6x5x3xf32>)
      outs(%empty_2 : tensor<6x5x3xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<6x5x3xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_3 = tensor.empty() : tensor<6x5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_3 : tensor<6x5xf32>) -> tensor<6x5xf32>
  %max = linalg.generic {indexing_maps = [#all_biw, #bi],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%scaled : tensor<6x5x3xf32>)
      outs(%minus_infinities : tensor<6x5xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<6x5xf32>
  %difference = linalg.generic {indexing_maps = [#all_biw, #bi, #all_biw],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scaled, %max : tensor<6x5x3xf32>, tensor<6x5xf32>)
      outs(%empty_2 : tensor<6x5x3xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<6x5x3xf32>
  %power = linalg.generic {indexing_maps = [#all_biw, #all_biw],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%difference : tensor<6x5x3xf32>)
      outs(%empty_2 : tensor<6x5x3xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<6x5x3xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<6x5xf32>) -> tensor<6x5xf32>
  %sum = linalg.generic {indexing_maps = [#all_biw, #bi],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%power : tensor<6x5x3xf32>)
      outs(%zeros_2 : tensor<6x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<6x5xf32>
  %probability = linalg.generic {indexing_maps = [#all_biw, #bi, #all_biw],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<6x5x3xf32>, tensor<6x5xf32>)
      outs(%empty_2 : tensor<6x5x3xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<6x5x3xf32>
  %empty_4 = tensor.empty() : tensor<6x5x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_4 : tensor<6x5x4xf32>) -> tensor<6x5x4xf32>
  %result = linalg.generic {indexing_maps = [#biw_of_binw, #bi___wn, #bin],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%probability, %value : tensor<6x5x3xf32>, tensor<6x7x4xf32>)
      outs(%zeros_3 : tensor<6x5x4xf32>) {
  ^bb0(%x: f32, %y: f32, %sum_in: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum_in, %p : f32
    linalg.yield %t : f32
  } -> tensor<6x5x4xf32>
  return %result : tensor<6x5x4xf32>
}
