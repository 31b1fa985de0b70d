// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: attn-opt %s --linalg-to-attn=empty-rows=zero --canonicalize | FileCheck %s --check-prefix=ZERO
// RUN: attn-opt %s --linalg-to-attn=report=text -o /dev/null | FileCheck %s --check-prefix=TEXT
// RUN: attn-opt %s --linalg-to-attn="report=json empty-rows=zero" -o /dev/null | FileCheck %s --check-prefix=JSON
// RUN: attn-compile %s --emit=report | FileCheck %s --check-prefix=TEXT
// RUN: %check_raised %s

// A boolean mask chooses between the score and minus infinity. A query that it
// hides all keys from gives NaN.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention{{.*}}mask_tensor(
// CHECK: arith.cmpf oeq
// CHECK-NEXT: arith.select
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

// TEXT: a mask tensor; NaN where a query sees no key, as written (0 with empty-rows=zero
// JSON: "empty_rows": "zero"

// ZERO: %[[OUTPUT:[^ ]+]] = attn.attention
// ZERO-NOT: arith.select
// ZERO: return %[[OUTPUT]]

#bhid = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#bhjd = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#bhij = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#all_bhij = affine_map<(b, h, i, j) -> (b, h, i, j)>
#ij = affine_map<(b, h, i, j) -> (i, j)>
#bhi = affine_map<(b, h, i, j) -> (b, h, i)>
#bhij_of_bhinj = affine_map<(b, h, i, n, j) -> (b, h, i, j)>
#bhjn = affine_map<(b, h, i, n, j) -> (b, h, j, n)>
#bhin = affine_map<(b, h, i, n, j) -> (b, h, i, n)>

func.func @attention(%query: tensor<2x3x5x4xf32>,
                     %key: tensor<2x3x5x4xf32>,
                     %value: tensor<2x3x5x4xf32>,
                     %mask: tensor<5x5xi1>) -> tensor<2x3x5x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x3x5x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x3x5x5xf32>) -> tensor<2x3x5x5xf32>
  %scores = linalg.generic {indexing_maps = [#bhid, #bhjd, #bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%query, %key : tensor<2x3x5x4xf32>, tensor<2x3x5x4xf32>)
      outs(%zeros : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<2x3x5x5xf32>
  %scale = arith.constant 0.5 : f32
  %scaled = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x3x5x5xf32>)
      outs(%empty : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = arith.mulf %x, %scale : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %masked = linalg.generic {indexing_maps = [#all_bhij, #ij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scaled, %mask : tensor<2x3x5x5xf32>, tensor<5x5xi1>)
      outs(%empty : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %visible: i1, %out: f32):
    %y = arith.select %visible, %x, %minus_infinity : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %empty_2 = tensor.empty() : tensor<2x3x5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_2 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %max = linalg.generic {indexing_maps = [#all_bhij, #bhi],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%masked : tensor<2x3x5x5xf32>)
      outs(%minus_infinities : tensor<2x3x5xf32>) {
  ^bb0(%x: f32, %most: f32):
    %y = arith.maximumf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5xf32>
  %difference = linalg.generic {indexing_maps = [#all_bhij, #bhi, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%masked, %max : tensor<2x3x5x5xf32>, tensor<2x3x5xf32>)
      outs(%empty : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %most: f32, %out: f32):
    %y = arith.subf %x, %most : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %power = linalg.generic {indexing_maps = [#all_bhij, #all_bhij],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%difference : tensor<2x3x5x5xf32>)
      outs(%empty : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %y = math.exp %x : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
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
      outs(%empty : tensor<2x3x5x5xf32>) {
  ^bb0(%x: f32, %sum_in: f32, %out: f32):
    %y = arith.divf %x, %sum_in : f32
    linalg.yield %y : f32
  } -> tensor<2x3x5x5xf32>
  %empty_3 = tensor.empty() : tensor<2x3x5x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<2x3x5x4xf32>) -> tensor<2x3x5x4xf32>
  %result = linalg.generic {indexing_maps = [#bhij_of_bhinj, #bhjn, #bhin],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%probability, %value : tensor<2x3x5x5xf32>, tensor<2x3x5x4xf32>)
      outs(%zeros_3 : tensor<2x3x5x4xf32>) {
  ^bb0(%x: f32, %y: f32, %sum_in: f32):
    %p = arith.mulf %x, %y : f32
    %t = arith.addf %sum_in, %p : f32
    linalg.yield %t : f32
  } -> tensor<2x3x5x4xf32>
  return %result : tensor<2x3x5x4xf32>
}
