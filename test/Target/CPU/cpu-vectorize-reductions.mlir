// RUN: attn-opt %s -split-input-file -cpu-vectorize-lanes="vector-bits=256 lanes=2 rows=6" -canonicalize -cse | FileCheck %s -enable-var-scope

// Scores: four queries and two keys at a time, each key read once for the four, two
// vectors in an iteration; then one tree for all eight sums.

// CHECK-LABEL: func @product(
//  CHECK-SAME:     %[[K:.+]]: tensor<10x64xbf16>, %[[Q:.+]]: tensor<4x64xf32>
//       CHECK:   scf.for %[[J:.+]] = %c0 to %c10 step %c2
//       CHECK:     %[[SUMS:.+]]:8 = scf.for %[[D:.+]] = %c0 to %c64 step %c16
//       CHECK:       vector.transfer_read %[[K]]
//       CHECK:       vector.transfer_read %[[Q]]
//       CHECK:       vector.transfer_read %[[K]]
//       CHECK:       %[[NEXT:.+]] = arith.addi %[[D]], %c8
//       CHECK:       vector.transfer_read %[[K]][%{{.+}}, %[[NEXT]]]
//       CHECK:       vector.transfer_read %[[K]][%{{.+}}, %[[NEXT]]]
//   CHECK-NOT:       vector.transfer_read %[[K]]
//   CHECK-NOT:       tensor.extract
//       CHECK:     vector.shuffle %[[SUMS]]#0, %[[SUMS]]#1 [0, 8, 2, 10, 4, 12, 6, 14]
//       CHECK:     vector.shuffle %[[SUMS]]#0, %[[SUMS]]#1 [1, 9, 3, 11, 5, 13, 7, 15]
// CHECK-COUNT-7:   arith.addf
//   CHECK-NOT:     arith.addf
//       CHECK:     vector.extract_strided_slice {{.*}}offsets = [0], sizes = [2]
//       CHECK:     vector.transfer_write
//   CHECK-NOT:   linalg
func.func @product(%k: tensor<10x64xbf16>, %q: tensor<4x64xf32>) -> tensor<4x10xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x10xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x10xf32>) -> tensor<4x10xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(m, j, d) -> (j, d)>, affine_map<(m, j, d) -> (m, d)>, affine_map<(m, j, d) -> (m, j)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%k, %q : tensor<10x64xbf16>, tensor<4x64xf32>) outs(%init : tensor<4x10xf32>) {
  ^bb0(%x: bf16, %y: f32, %sum: f32):
    %wide = arith.extf %x : bf16 to f32
    %next = math.fma %wide, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<4x10xf32>
  return %s : tensor<4x10xf32>
}

// -----

// A single row: each of eight keys is read to its end before the next one, four
// vectors at a time and then what is left, and one tree has all eight sums.

// CHECK-LABEL: func @row(
//  CHECK-SAME:     %[[K:.+]]: tensor<16x72xf32>, %[[Q:.+]]: tensor<1x72xf32>
//       CHECK:   scf.for %[[J:.+]] = %c0 to %c16 step %c8
//       CHECK:     %[[FOURS:.+]] = scf.for %[[D:.+]] = %c0 to %c64 step %c32 iter_args(%{{.+}} = %cst{{.*}}) -> (vector<8xf32>)
// CHECK-COUNT-4:       vector.transfer_read %[[K]][%[[J]],
//       CHECK:     vector.transfer_read %[[K]][%[[J]], %c64]
//       CHECK:     %[[FIRST:.+]] = math.fma %{{.+}}, %{{.+}}, %[[FOURS]]
//       CHECK:     %[[NEXT:.+]] = arith.addi %[[J]], %c1
//       CHECK:     scf.for
// CHECK-COUNT-4:       vector.transfer_read %[[K]][%[[NEXT]],
//       CHECK:     vector.transfer_read %[[K]][%[[NEXT]], %c64]
//       CHECK:     %[[SECOND:.+]] = math.fma
//       CHECK:     vector.shuffle %[[FIRST]], %[[SECOND]] [0, 8, 2, 10, 4, 12, 6, 14]
//       CHECK:     vector.transfer_write %{{.+}} : vector<1x8xf32>
func.func @row(%k: tensor<16x72xf32>, %q: tensor<1x72xf32>) -> tensor<1x16xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x16xf32>) -> tensor<1x16xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(m, j, d) -> (j, d)>, affine_map<(m, j, d) -> (m, d)>, affine_map<(m, j, d) -> (m, j)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%k, %q : tensor<16x72xf32>, tensor<1x72xf32>) outs(%init : tensor<1x16xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x16xf32>
  return %s : tensor<1x16xf32>
}

// -----

// A row is scaled, and its maximum taken: NaN does not reach it. The lanes past the
// end keep what they had.

// CHECK-LABEL: func @maximum(
//       CHECK:   %[[MAX:.+]]:2 = scf.for %{{.+}} = %c0 to %c16 step %c8 iter_args(%{{.+}} = %{{.+}}, %[[M:.+]] = %{{.+}}) -> (tensor<21xf32>, vector<8xf32>)
//       CHECK:     arith.cmpf ogt, %{{.+}}, %[[M]]
//       CHECK:     vector.transfer_write
//       CHECK:   vector.transfer_read {{.*}}[%c16]
//       CHECK:   %[[MASK:.+]] = vector.constant_mask [5] : vector<8xi1>
//       CHECK:   arith.select %[[MASK]], %{{.+}}, %[[MAX]]#1
// CHECK-COUNT-3: vector.shuffle
//       CHECK:   %[[START:.+]] = tensor.extract
//       CHECK:   tensor.insert
func.func @maximum(%s: tensor<21xf32>, %m: tensor<1xf32>) -> (tensor<21xf32>, tensor<1xf32>) {
  %two = arith.constant 2.0 : f32
  %r:2 = linalg.generic {indexing_maps = [affine_map<(u, j) -> (j)>, affine_map<(u, j) -> (u)>], iterator_types = ["parallel", "reduction"]}
      outs(%s, %m : tensor<21xf32>, tensor<1xf32>) {
  ^bb0(%x: f32, %max: f32):
    %y = arith.mulf %x, %two : f32
    %above = arith.cmpf ogt, %y, %max : f32
    %next = arith.select %above, %y, %max : f32
    linalg.yield %y, %next : f32, f32
  } -> (tensor<21xf32>, tensor<1xf32>)
  return %r#0, %r#1 : tensor<21xf32>, tensor<1xf32>
}

// -----

// Products of a reduction are no sum that lanes could share.
// CHECK-LABEL: func @negative_product(
//   CHECK-NOT:   vector.
//       CHECK:   arith.mulf {{.*}} : f32
func.func @negative_product(%s: tensor<1x16xf32>, %p: tensor<1xf32>) -> tensor<1xf32> {
  %r = linalg.generic {indexing_maps = [affine_map<(u, j) -> (u, j)>, affine_map<(u, j) -> (u)>], iterator_types = ["parallel", "reduction"]}
      ins(%s : tensor<1x16xf32>) outs(%p : tensor<1xf32>) {
  ^bb0(%x: f32, %product: f32):
    %next = arith.mulf %x, %product : f32
    linalg.yield %next : f32
  } -> tensor<1xf32>
  return %r : tensor<1xf32>
}
