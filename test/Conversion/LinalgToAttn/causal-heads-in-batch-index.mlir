// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// Batches and heads are joined: the comparison sees the joined loops, keys
// first.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention{{.*}}mask = #attn.causal
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#bjd = affine_map<(b, j, i, d) -> (b, j, d)>
#bid = affine_map<(b, j, i, d) -> (b, i, d)>
#bji = affine_map<(b, j, i, d) -> (b, j, i)>
#all_bji = affine_map<(b, j, i) -> (b, j, i)>
#bi = affine_map<(b, j, i) -> (b, i)>
#bji_of_binj = affine_map<(b, i, n, j) -> (b, j, i)>
#bjn = affine_map<(b, i, n, j) -> (b, j, n)>
#bin = affine_map<(b, i, n, j) -> (b, i, n)>

func.func @attention(%query: tensor<6x5x4xf32>,
                     %key: tensor<6x5x4xf32>,
                     %value: tensor<6x5x4xf32>) -> tensor<6x5x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x5x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x5x5xf32>) -> tensor<6x5x5xf32>
  %scores = linalg.generic {indexing_maps = [#bjd, #bid, #bji],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%key, %query : tensor<6x5x4xf32>, tensor<6x5x4xf32>)
      outs(%zeros : tensor<6x5x5xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<6x5x5xf32>
  %scale = arith.constant 0.5 : f32
  %minus_infinity = arith.constant 0xFF800000 : f32
  %masked = linalg.generic {indexing_maps = [#all_bji, #all_bji],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<6x5x5xf32>)
      outs(%empty : tensor<6x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %r = arith.mulf %x, %scale : f32
    %j = linalg.index 1 : index
    %i = linalg.index 2 : index
    %visible = arith.cmpi sle, %j, %i : index
    %y = arith.select %visible, %r, %minus_infinity : f32
    linalg.yield %y : f32
  } -> tensor<6x5x5xf32>
  %empty_2 = tensor.empty() : tensor<6x5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_2 : tensor<6x5xf32>) -> tensor<6x5xf32>
  %max = linalg.generic {indexing_maps = [#all_bji, #bi],
      iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%masked : tensor<6x5x5xf32>)
      outs(%minus_infinities : tensor<6x5xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<6x5xf32>
  %difference = linalg.generic {indexing_maps = [#all_bji, #bi, #all_bji],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%masked, %max : tensor<6x5x5xf32>, tensor<6x5xf32>)
      outs(%empty : tensor<6x5x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<6x5x5xf32>
  %power = linalg.generic {indexing_maps = [#all_bji, #all_bji],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%difference : tensor<6x5x5xf32>)
      outs(%empty : tensor<6x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<6x5x5xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<6x5xf32>) -> tensor<6x5xf32>
  %sum = linalg.generic {indexing_maps = [#all_bji, #bi],
      iterator_types = ["parallel", "reduction", "parallel"]}
      ins(%power : tensor<6x5x5xf32>)
      outs(%zeros_2 : tensor<6x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<6x5xf32>
  %probability = linalg.generic {indexing_maps = [#all_bji, #bi, #all_bji],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<6x5x5xf32>, tensor<6x5xf32>)
      outs(%empty : tensor<6x5x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<6x5x5xf32>
  %empty_3 = tensor.empty() : tensor<6x5x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<6x5x4xf32>) -> tensor<6x5x4xf32>
  %result = linalg.generic {indexing_maps = [#bji_of_binj, #bjn, #bin],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%probability, %value : tensor<6x5x5xf32>, tensor<6x5x4xf32>)
      outs(%zeros_3 : tensor<6x5x4xf32>) {
  ^bb0(%x: f32, %y: f32, %sum_in: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum_in, %p : f32
    linalg.yield %t : f32
  } -> tensor<6x5x4xf32>
  return %result : tensor<6x5x4xf32>
}
