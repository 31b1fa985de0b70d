// RUN: attn-opt %s -split-input-file -cpu-vectorize-lanes="vector-bits=256 lanes=2 rows=4" -canonicalize -cse | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -split-input-file -cpu-vectorize-lanes | FileCheck %s -check-prefix=RAW
// RUN: not attn-opt %s -split-input-file -cpu-vectorize-lanes="rows=0" 2>&1 | FileCheck %s -check-prefix=ERROR

// ERROR: error: vector-bits must be a power of two from 32 on, lanes and rows at least 1, got 256, 2, 0

// A product: four rows of sixteen lanes, accumulators across the reduction.
// 10 rows are a tile of 4 and two of 3: as few and as equal as can be.

#keys = affine_map<(k, m, d) -> (k, d)>
#queries = affine_map<(k, m, d) -> (d, m)>
#scores = affine_map<(k, m, d) -> (k, m)>

// CHECK-LABEL: func @product(
//  CHECK-SAME:     %[[K:.+]]: tensor<10x32xf32>, %[[Q:.+]]: tensor<32x16xf32>
//       CHECK:     %[[SUMS:.+]]:4 = scf.for %[[D:.+]] = %c0 to %c32 step %c2 iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
//       CHECK:       %[[X:.+]] = tensor.extract %[[K]]
//       CHECK:       %[[Y:.+]] = vector.transfer_read %[[Q]][%[[D]], %c0]
//       CHECK:       vector.broadcast %[[X]] : f32 to vector<16xf32>
//   CHECK-NOT:       vector.transfer_read
//       CHECK:       %[[NEXT:.+]] = arith.addi %[[D]], %c1
//       CHECK:       vector.transfer_read %[[Q]][%[[NEXT]], %c0]
//   CHECK-NOT:       vector.transfer_read
//       CHECK:       scf.yield
//       CHECK:   scf.for %{{.+}} = %c4 to %c10 step %c3
//       CHECK:     scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>)
//   CHECK-NOT:   linalg
func.func @product(%k: tensor<10x32xf32>, %q: tensor<32x16xf32>, %init: tensor<10x16xf32>) -> tensor<10x16xf32> {
  %s = linalg.generic {indexing_maps = [#keys, #queries, #scores], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%k, %q : tensor<10x32xf32>, tensor<32x16xf32>) outs(%init : tensor<10x16xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<10x16xf32>
  return %s : tensor<10x16xf32>
}

// -----

// Accumulators that start from a fill start from a constant.

// CHECK-LABEL: func @from_fill(
//   CHECK-NOT:   linalg.fill
//       CHECK:   scf.for {{.*}} iter_args(%{{.+}} = %{{cst.*}}, %{{.+}} = %{{cst.*}}
func.func @from_fill(%k: tensor<2x32xf32>, %q: tensor<32x16xf32>) -> tensor<2x16xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x16xf32>) -> tensor<2x16xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(k, m, d) -> (k, d)>, affine_map<(k, m, d) -> (d, m)>, affine_map<(k, m, d) -> (k, m)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%k, %q : tensor<2x32xf32>, tensor<32x16xf32>) outs(%init : tensor<2x16xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<2x16xf32>
  return %s : tensor<2x16xf32>
}

// -----

// Lanes that do not fill a vector are masked.

// CHECK-LABEL: func @tail(
//       CHECK:   vector.transfer_read {{.*}} {in_bounds = [true]} : tensor<21xf32>, vector<16xf32>
//       CHECK:   vector.transfer_read %{{[^{]*}} : tensor<21xf32>, vector<8xf32>
//       CHECK:   vector.transfer_write %{{[^{]*}} : vector<8xf32>, tensor<21xf32>
func.func @tail(%x: tensor<21xf32>, %init: tensor<21xf32>) -> tensor<21xf32> {
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<21xf32>) outs(%init : tensor<21xf32>) {
  ^bb0(%a: f32, %b: f32):
    %c = arith.addf %a, %a : f32
    linalg.yield %c : f32
  } -> tensor<21xf32>
  return %y : tensor<21xf32>
}

// -----

// Positions in the lanes; what all lanes share stays scalar, and so do 64 bits:
// which lanes are below a bound is a comparison of 32.

// CHECK-LABEL: func @positions(
//   CHECK-DAG:   %[[LANES:.+]] = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7]> : vector<8xi32>
//       CHECK:   scf.for %[[I:[a-z0-9]+]] =
//       CHECK:     %[[AT_LEAST:.+]] = arith.maxsi %[[I]], %c-1 : index
//       CHECK:     %[[BOUND:.+]] = arith.minsi %[[AT_LEAST]], %c8 : index
//       CHECK:     %[[NARROW:.+]] = arith.index_cast %[[BOUND]] : index to i32
//       CHECK:     %[[ROW:.+]] = vector.broadcast %[[NARROW]] : i32 to vector<8xi32>
//       CHECK:     arith.cmpi sge, %[[ROW]], %[[LANES]] : vector<8xi32>
func.func @positions(%init: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %one = arith.constant 1.0 : f32
  %zero = arith.constant 0.0 : f32
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      outs(%init : tensor<4x8xf32>) {
  ^bb0(%b: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %visible = arith.cmpi sle, %j, %i : index
    %c = arith.select %visible, %one, %zero : f32
    linalg.yield %c : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// A distance is a scalar and the lanes' numbers; as a float it comes from 32 bits
// where they hold it.

// CHECK-LABEL: func @distance(
//   CHECK-DAG:   %[[LANES:.+]] = arith.constant dense<[0, -1, -2, -3, -4, -5, -6, -7]> : vector<8xi32>
//       CHECK:   scf.for %[[I:[a-z0-9]+]] =
//       CHECK:     %[[BASE:.+]] = arith.index_cast %[[I]] : index to i64
//       CHECK:     %[[SHIFTED:.+]] = arith.addi %[[BASE]], %c1073741824_i64 : i64
//       CHECK:     %[[IS_SMALL:.+]] = arith.cmpi ult, %[[SHIFTED]], %c2147483648_i64 : i64
//       CHECK:     scf.if %[[IS_SMALL]] -> (vector<8xf32>)
//       CHECK:       %[[NARROW:.+]] = arith.trunci %[[BASE]] : i64 to i32
//       CHECK:       %[[ROW:.+]] = vector.broadcast %[[NARROW]] : i32 to vector<8xi32>
//       CHECK:       %[[SUM:.+]] = arith.addi %[[ROW]], %[[LANES]] : vector<8xi32>
//       CHECK:       arith.sitofp %[[SUM]] : vector<8xi32> to vector<8xf32>
//       CHECK:     } else {
//       CHECK:       arith.sitofp %{{.+}} : vector<8xi64> to vector<8xf32>
func.func @distance(%init: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      outs(%init : tensor<4x8xf32>) {
  ^bb0(%b: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %distance = arith.subi %i, %j : index
    %integer = arith.index_cast %distance : index to i64
    %real = arith.sitofp %integer : i64 to f32
    linalg.yield %real : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// A copy with another innermost dimension: 8 x 8 blocks in registers.

// RAW-LABEL: func @transpose(
// Zips within 128 bits, then these parts change places.
// RAW-COUNT-8:   vector.shuffle {{.*}} [{{0, 8, 1, 9, 4, 12, 5, 13|2, 10, 3, 11, 6, 14, 7, 15}}] : vector<8xf32>, vector<8xf32>
// RAW-COUNT-8:   vector.shuffle {{.*}} [{{0, 8, 1, 9, 4, 12, 5, 13|2, 10, 3, 11, 6, 14, 7, 15}}] : vector<8xf32>, vector<8xf32>
// RAW-COUNT-8:   vector.shuffle {{.*}} [{{0, 1, 2, 3, 8, 9, 10, 11|4, 5, 6, 7, 12, 13, 14, 15}}] : vector<8xf32>, vector<8xf32>
//   RAW-NOT:   vector.shuffle
func.func @transpose(%x: tensor<16x8xf32>, %init: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<16x8xf32>) outs(%init : tensor<8x16xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}

// -----

// Lanes are never reduced: this op is left to loops.

// CHECK-LABEL: func @negative_reduced_lanes(
//       CHECK:   linalg.generic
func.func @negative_reduced_lanes(%x: tensor<16xf32>, %init: tensor<f32>) -> tensor<f32> {
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : tensor<16xf32>) outs(%init : tensor<f32>) {
  ^bb0(%a: f32, %b: f32):
    %c = arith.addf %a, %b : f32
    linalg.yield %c : f32
  } -> tensor<f32>
  return %y : tensor<f32>
}

// -----

// Arrays of booleans are bytes, vectors of them are bits.

// CHECK-LABEL: func @boolean_mask(
//   CHECK-NOT:   transfer_read {{.*}}xi1>
//       CHECK:   vector.from_elements
func.func @boolean_mask(%mask: tensor<8xi1>, %x: tensor<8xf32>) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%mask : tensor<8xi1>) outs(%x : tensor<8xf32>) {
  ^bb0(%a: i1, %b: f32):
    %c = arith.select %a, %b, %zero : f32
    linalg.yield %c : f32
  } -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>

// One row leaves the accumulators of the other three to more lanes; what these
// leave goes in halves.

// CHECK-LABEL: func @one_row(
//       CHECK:   scf.for %{{.+}} = %c0 to %c128 step %c64
//       CHECK:     scf.for {{.*}} -> (vector<64xf32>)
//       CHECK:   scf.for {{.*}} -> (vector<32xf32>)
//       CHECK:   scf.for {{.*}} -> (vector<8xf32>)
//   CHECK-NOT:   scf.for
func.func @one_row(%x: tensor<1x32xf32>, %w: tensor<32x165xf32>, %init: tensor<1x165xf32>) -> tensor<1x165xf32> {
  %y = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x32xf32>, tensor<32x165xf32>) outs(%init : tensor<1x165xf32>) {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %next = math.fma %a, %b, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x165xf32>
  return %y : tensor<1x165xf32>
}

// -----

// What is left of a tile of 16 lanes: vectors of 8, the last of which may be cut
// short, for 8 rows and for single ones. No code for whole vectors.

#keys = affine_map<(k, m, d) -> (k, d)>
#queries = affine_map<(k, m, d) -> (d, m)>
#scores = affine_map<(k, m, d) -> (k, m)>

// CHECK-LABEL: func @rest(
//   CHECK-NOT:   vector<16xf32>
//       CHECK:   scf.for {{.*}} step %c8
//       CHECK:     scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
//       CHECK:     scf.for {{.*}} -> (vector<8xf32>) {
//   CHECK-NOT:   scf.for {{.*}} -> (vector<
//       CHECK:   return
func.func @rest(%k: tensor<?x32xf32>, %q: tensor<32x16xf32>, %init: tensor<?x16xf32>, %n: index) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %k, %c0 : tensor<?x32xf32>
  %size = affine.min affine_map<()[n] -> (n, 15)>()[%n]
  %lanes = tensor.extract_slice %q[0, 0] [32, %size] [1, 1] : tensor<32x16xf32> to tensor<32x?xf32>
  %sums = tensor.extract_slice %init[0, 0] [%rows, %size] [1, 1] : tensor<?x16xf32> to tensor<?x?xf32>
  %s = linalg.generic {indexing_maps = [#keys, #queries, #scores], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%k, %lanes : tensor<?x32xf32>, tensor<32x?xf32>) outs(%sums : tensor<?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<?x?xf32>
  return %s : tensor<?x?xf32>
}
