// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// Queries have a group dimension that keys and values lack: contractions of
// rank 5.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention{{.*}}mask = #attn.causal
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#bhgid = affine_map<(b, h, g, i, j, d) -> (b, h, g, i, d)>
#bhjd = affine_map<(b, h, g, i, j, d) -> (b, h, j, d)>
#bhgij = affine_map<(b, h, g, i, j, d) -> (b, h, g, i, j)>
#all_bhgij = affine_map<(b, h, g, i, j) -> (b, h, g, i, j)>
#bhgi = affine_map<(b, h, g, i, j) -> (b, h, g, i)>
#bhgij_of_bhginj = affine_map<(b, h, g, i, n, j) -> (b, h, g, i, j)>
#bhjn = affine_map<(b, h, g, i, n, j) -> (b, h, j, n)>
#bhgin = affine_map<(b, h, g, i, n, j) -> (b, h, g, i, n)>

func.func @attention(%query: tensor<2x2x2x5x4xf32>,
                     %key: tensor<2x2x5x4xf32>,
                     %value: tensor<2x2x5x4xf32>) -> tensor<2x2x2x5x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x2x2x5x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x2x2x5x5xf32>) -> tensor<2x2x2x5x5xf32>
  %scores = linalg.generic {indexing_maps = [#bhgid, #bhjd, #bhgij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%query, %key : tensor<2x2x2x5x4xf32>, tensor<2x2x5x4xf32>)
      outs(%zeros : tensor<2x2x2x5x5xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<2x2x2x5x5xf32>
  %scale = arith.constant 0.5 : f32
  %scaled = linalg.generic {indexing_maps = [#all_bhgij, #all_bhgij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x2x2x5x5xf32>)
      outs(%empty : tensor<2x2x2x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<2x2x2x5x5xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %masked = linalg.generic {indexing_maps = [#all_bhgij, #all_bhgij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%scaled : tensor<2x2x2x5x5xf32>)
      outs(%empty : tensor<2x2x2x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %i = linalg.index 3 : index
    %j = linalg.index 4 : index
    %visible = arith.cmpi sge, %i, %j : index
    %y = arith.select %visible, %x, %minus_infinity : f32
    linalg.yield %y : f32
  } -> tensor<2x2x2x5x5xf32>
  %empty_2 = tensor.empty() : tensor<2x2x2x5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_2 : tensor<2x2x2x5xf32>) -> tensor<2x2x2x5xf32>
  %max = linalg.generic {indexing_maps = [#all_bhgij, #bhgi],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%masked : tensor<2x2x2x5x5xf32>)
      outs(%minus_infinities : tensor<2x2x2x5xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x2x2x5xf32>
  %difference = linalg.generic {indexing_maps = [#all_bhgij, #bhgi, #all_bhgij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%masked, %max : tensor<2x2x2x5x5xf32>, tensor<2x2x2x5xf32>)
      outs(%empty : tensor<2x2x2x5x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x2x2x5x5xf32>
  %power = linalg.generic {indexing_maps = [#all_bhgij, #all_bhgij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<2x2x2x5x5xf32>)
      outs(%empty : tensor<2x2x2x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<2x2x2x5x5xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<2x2x2x5xf32>) -> tensor<2x2x2x5xf32>
  %sum = linalg.generic {indexing_maps = [#all_bhgij, #bhgi],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%power : tensor<2x2x2x5x5xf32>)
      outs(%zeros_2 : tensor<2x2x2x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32):
    %y = arith.addf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x2x2x5xf32>
  %probability = linalg.generic {indexing_maps = [#all_bhgij, #bhgi, #all_bhgij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%power, %sum : tensor<2x2x2x5x5xf32>, tensor<2x2x2x5xf32>)
      outs(%empty : tensor<2x2x2x5x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x2x2x5x5xf32>
  %empty_3 = tensor.empty() : tensor<2x2x2x5x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<2x2x2x5x4xf32>) -> tensor<2x2x2x5x4xf32>
  %result = linalg.generic {indexing_maps = [#bhgij_of_bhginj, #bhjn, #bhgin],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%probability, %value : tensor<2x2x2x5x5xf32>, tensor<2x2x5x4xf32>)
      outs(%zeros_3 : tensor<2x2x2x5x4xf32>) {
  ^bb0(%x: f32, %y: f32, %sum_in: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum_in, %p : f32
    linalg.yield %t : f32
  } -> tensor<2x2x2x5x4xf32>
  return %result : tensor<2x2x2x5x4xf32>
}
