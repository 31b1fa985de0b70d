// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// One query: no operation has a dimension for it.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#bhd = affine_map<(b, h, j, d) -> (b, h, d)>
#all_bhjd = affine_map<(b, h, j, d) -> (b, h, j, d)>
#bhj = affine_map<(b, h, j, d) -> (b, h, j)>
#all_bhj = affine_map<(b, h, j) -> (b, h, j)>
#bh = affine_map<(b, h, j) -> (b, h)>
#bhj_of_bhnj = affine_map<(b, h, n, j) -> (b, h, j)>
#bhjn = affine_map<(b, h, n, j) -> (b, h, j, n)>
#bhn = affine_map<(b, h, n, j) -> (b, h, n)>

func.func @attention(%query: tensor<2x3x4xf32>,
                     %key: tensor<2x3x24x4xf32>,
                     %value: tensor<2x3x24x4xf32>) -> tensor<2x3x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x3x24xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x3x24xf32>) -> tensor<2x3x24xf32>
  %scores = linalg.generic {indexing_maps = [#bhd, #all_bhjd, #bhj],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%query, %key : tensor<2x3x4xf32>, tensor<2x3x24x4xf32>)
      outs(%zeros : tensor<2x3x24xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<2x3x24xf32>
  %scale = arith.constant 0.5 : f32
  %scaled = linalg.generic {indexing_maps = [#all_bhj, #all_bhj],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x3x24xf32>)
      outs(%empty : tensor<2x3x24xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<2x3x24xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_2 = tensor.empty() : tensor<2x3xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_2 : tensor<2x3xf32>) -> tensor<2x3xf32>
  %max = linalg.generic {indexing_maps = [#all_bhj, #bh],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%scaled : tensor<2x3x24xf32>)
      outs(%minus_infinities : tensor<2x3xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x3xf32>
  %difference = linalg.generic {indexing_maps = [#all_bhj, #bh, #all_bhj],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scaled, %max : tensor<2x3x24xf32>, tensor<2x3xf32>)
      outs(%empty : tensor<2x3x24xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x3x24xf32>
  %power = linalg.generic {indexing_maps = [#all_bhj, #all_bhj],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%difference : tensor<2x3x24xf32>)
      outs(%empty : tensor<2x3x24xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<2x3x24xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<2x3xf32>) -> tensor<2x3xf32>
  %sum = linalg.generic {indexing_maps = [#all_bhj, #bh],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%power : tensor<2x3x24xf32>)
      outs(%zeros_2 : tensor<2x3xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x3xf32>
  %probability = linalg.generic {indexing_maps = [#all_bhj, #bh, #all_bhj],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<2x3x24xf32>, tensor<2x3xf32>)
      outs(%empty : tensor<2x3x24xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x3x24xf32>
  %empty_3 = tensor.empty() : tensor<2x3x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  %result = linalg.generic {indexing_maps = [#bhj_of_bhnj, #bhjn, #bhn],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%probability, %value : tensor<2x3x24xf32>, tensor<2x3x24x4xf32>)
      outs(%zeros_3 : tensor<2x3x4xf32>) {
  ^bb0(%x: f32, %y: f32, %sum_in: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum_in, %p : f32
    linalg.yield %t : f32
  } -> tensor<2x3x4xf32>
  return %result : tensor<2x3x4xf32>
}
