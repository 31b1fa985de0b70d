// RUN: attn-opt %s --linalg-to-attn --canonicalize | FileCheck %s
// RUN: %check_raised %s

// A loop over batches: slices in, slices out.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

#id = affine_map<(i, j, d) -> (i, d)>
#jd = affine_map<(i, j, d) -> (j, d)>
#ij = affine_map<(i, j, d) -> (i, j)>
#all_ij = affine_map<(i, j) -> (i, j)>
#i = affine_map<(i, j) -> (i)>
#ij_of_inj = affine_map<(i, n, j) -> (i, j)>
#jn = affine_map<(i, n, j) -> (j, n)>
#in = affine_map<(i, n, j) -> (i, n)>

func.func @attention(%query: tensor<3x5x4xf32>,
                     %key: tensor<3x5x4xf32>,
                     %value: tensor<3x5x4xf32>) -> tensor<3x5x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %empty = tensor.empty() : tensor<3x5x4xf32>
  %zero = arith.constant 0.0 : f32
  %empty_2 = tensor.empty() : tensor<5x5xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty_2 : tensor<5x5xf32>) -> tensor<5x5xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_3 = tensor.empty() : tensor<5xf32>
  %minus_infinities = linalg.fill ins(%minus_infinity : f32) outs(%empty_3 : tensor<5xf32>) -> tensor<5xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<5xf32>) -> tensor<5xf32>
  %empty_4 = tensor.empty() : tensor<5x4xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_4 : tensor<5x4xf32>) -> tensor<5x4xf32>
  %scale = arith.constant 0.5 : f32
  %result = scf.for %batch = %c0 to %c3 step %c1 iter_args(%done = %empty) -> (tensor<3x5x4xf32>) {
    %query_rows = tensor.extract_slice %query[%batch, 0, 0] [1, 5, 4] [1, 1, 1] : tensor<3x5x4xf32> to tensor<5x4xf32>
    %key_rows = tensor.extract_slice %key[%batch, 0, 0] [1, 5, 4] [1, 1, 1] : tensor<3x5x4xf32> to tensor<5x4xf32>
    %value_rows = tensor.extract_slice %value[%batch, 0, 0] [1, 5, 4] [1, 1, 1] : tensor<3x5x4xf32> to tensor<5x4xf32>
    %scores = linalg.generic {indexing_maps = [#id, #jd, #ij],
        iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%query_rows, %key_rows : tensor<5x4xf32>, tensor<5x4xf32>)
        outs(%zeros : tensor<5x5xf32>) {
    ^bb0(%x: f32, %y: f32, %sum: f32):
      %p = arith.mulf %x, %y : f32
      %t = arith.addf %sum, %p : f32
      linalg.yield %t : f32
    } -> tensor<5x5xf32>
    %scaled = linalg.generic {indexing_maps = [#all_ij, #all_ij],
        iterator_types = ["parallel", "parallel"]}
        ins(%scores : tensor<5x5xf32>)
        outs(%empty_2 : tensor<5x5xf32>) {
    ^bb0(%x: f32, %out: f32):
      %y = arith.mulf %x, %scale : f32
      linalg.yield %y : f32
    } -> tensor<5x5xf32>
    %max = linalg.generic {indexing_maps = [#all_ij, #i],
        iterator_types = ["parallel", "reduction"]}
        ins(%scaled : tensor<5x5xf32>)
        outs(%minus_infinities : tensor<5xf32>) {
    ^bb0(%x: f32, %most: f32):
      %y = arith.maximumf %x, %most : f32
      linalg.yield %y : f32
    } -> tensor<5xf32>
    %difference = linalg.generic {indexing_maps = [#all_ij, #i, #all_ij],
        iterator_types = ["parallel", "parallel"]}
        ins(%scaled, %max : tensor<5x5xf32>, tensor<5xf32>)
        outs(%empty_2 : tensor<5x5xf32>) {
    ^bb0(%x: f32, %most: f32, %out: f32):
      %y = arith.subf %x, %most : f32
      linalg.yield %y : f32
    } -> tensor<5x5xf32>
    %power = linalg.generic {indexing_maps = [#all_ij, #all_ij],
        iterator_types = ["parallel", "parallel"]}
        ins(%difference : tensor<5x5xf32>)
        outs(%empty_2 : tensor<5x5xf32>) {
    ^bb0(%x: f32, %out: f32):
      %y = math.exp %x : f32
      linalg.yield %y : f32
    } -> tensor<5x5xf32>
    %sum = linalg.generic {indexing_maps = [#all_ij, #i],
        iterator_types = ["parallel", "reduction"]}
        ins(%power : tensor<5x5xf32>)
        outs(%zeros_2 : tensor<5xf32>) {
    ^bb0(%x: f32, %sum_in: f32):
      %y = arith.addf %x, %sum_in : f32
      linalg.yield %y : f32
    } -> tensor<5xf32>
    %probability = linalg.generic {indexing_maps = [#all_ij, #i, #all_ij],
        iterator_types = ["parallel", "parallel"]}
        ins(%power, %sum : tensor<5x5xf32>, tensor<5xf32>)
        outs(%empty_2 : tensor<5x5xf32>) {
    ^bb0(%x: f32, %sum_in: f32, %out: f32):
      %y = arith.divf %x, %sum_in : f32
      linalg.yield %y : f32
    } -> tensor<5x5xf32>
    %rows = linalg.generic {indexing_maps = [#ij_of_inj, #jn, #in],
        iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%probability, %value_rows : tensor<5x5xf32>, tensor<5x4xf32>)
        outs(%zeros_3 : tensor<5x4xf32>) {
    ^bb0(%x: f32, %y: f32, %sum_in: f32):
      %p = arith.mulf %x, %y : f32
      %t = arith.addf %sum_in, %p : f32
      linalg.yield %t : f32
    } -> tensor<5x4xf32>
    %next = tensor.insert_slice %rows into %done[%batch, 0, 0] [1, 5, 4] [1, 1, 1] : tensor<5x4xf32> into tensor<3x5x4xf32>
    scf.yield %next : tensor<3x5x4xf32>
  }
  return %result : tensor<3x5x4xf32>
}
