// What makes the initial value of a product, and what reads its result, runs on
// the registers of the product's tiles.
// RUN: attn-opt %s -split-input-file -cpu-vectorize-lanes="vector-bits=256 lanes=2 rows=4" -canonicalize -cse | FileCheck %s -enable-var-scope

#key = affine_map<(k, m, d) -> (k, d)>
#query = affine_map<(k, m, d) -> (d, m)>
#score = affine_map<(k, m, d) -> (k, m)>
#tile = affine_map<(k, m) -> (k, m)>
#row = affine_map<(k, m) -> (m)>

// The scale and the running maximum: the maximum is read and written once for four
// rows, and no score is read again.

// CHECK-LABEL: func @epilogue(
//  CHECK-SAME:     %[[K:[a-z0-9]+]]: tensor<8x32xf32>, %{{.+}}, %[[MAX:[a-z0-9]+]]: tensor<16xf32>
//       CHECK:   scf.for {{.*}} step %c4 iter_args(%[[S:.+]] = %{{.+}}, %[[M:.+]] = %[[MAX]])
//       CHECK:     %[[SUMS:.+]]:4 = scf.for
//       CHECK:     %[[OLD:.+]] = vector.transfer_read %[[M]]
//       CHECK:     %[[SCALED:.+]] = arith.mulf %[[SUMS]]#0
//       CHECK:     %[[MAX0:.+]] = arith.maximumf %[[SCALED]], %[[OLD]]
//       CHECK:     vector.transfer_write
//       CHECK:     arith.mulf %[[SUMS]]#1
//       CHECK:     arith.maximumf %{{.+}}, %[[MAX0]]
//   CHECK-NOT:     vector.transfer_read
//       CHECK:     arith.mulf %[[SUMS]]#3
//       CHECK:     %[[MAX3:.+]] = arith.maximumf
//       CHECK:     vector.transfer_write %[[MAX3]], %[[M]]
//       CHECK:     scf.yield
//   CHECK-NOT:   arith.mulf
//   CHECK-NOT:   linalg
func.func @epilogue(%k: tensor<8x32xf32>, %q: tensor<32x16xf32>, %max: tensor<16xf32>, %scale: f32) -> (tensor<8x16xf32>, tensor<16xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8x16xf32>) -> tensor<8x16xf32>
  %raw = linalg.generic {indexing_maps = [#key, #query, #score], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%k, %q : tensor<8x32xf32>, tensor<32x16xf32>) outs(%init : tensor<8x16xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<8x16xf32>
  %s:2 = linalg.generic {indexing_maps = [#tile, #row], iterator_types = ["reduction", "parallel"]}
      outs(%raw, %max : tensor<8x16xf32>, tensor<16xf32>) {
  ^bb0(%x: f32, %m: f32):
    %scaled = arith.mulf %x, %scale : f32
    %larger = arith.maximumf %scaled, %m : f32
    linalg.yield %scaled, %larger : f32, f32
  } -> (tensor<8x16xf32>, tensor<16xf32>)
  return %s#0, %s#1 : tensor<8x16xf32>, tensor<16xf32>
}

// -----

#key = affine_map<(k, m, d) -> (k, d)>
#query = affine_map<(k, m, d) -> (d, m)>
#score = affine_map<(k, m, d) -> (k, m)>
#tile = affine_map<(k, m) -> (k, m)>
#row = affine_map<(k, m) -> (m)>

// A maximum that starts from a fill is filled where its tiles begin, and carried
// from tile to tile.

// CHECK-LABEL: func @epilogue_from_fill(
//   CHECK-NOT:   linalg.fill
//       CHECK:   %[[START:.+]] = vector.transfer_write %cst
//       CHECK:   scf.for {{.*}} step %c4 iter_args({{.*}}%[[M:.+]] = %[[START]])
//       CHECK:     scf.for
//       CHECK:     vector.transfer_read %[[M]]
//   CHECK-NOT:   linalg
func.func @epilogue_from_fill(%k: tensor<8x32xf32>, %q: tensor<32x16xf32>, %scale: f32) -> (tensor<8x16xf32>, tensor<16xf32>) {
  %zero = arith.constant 0.0 : f32
  %infinity = arith.constant 0xFF800000 : f32
  %empty = tensor.empty() : tensor<8x16xf32>
  %none = tensor.empty() : tensor<16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8x16xf32>) -> tensor<8x16xf32>
  %max = linalg.fill ins(%infinity : f32) outs(%none : tensor<16xf32>) -> tensor<16xf32>
  %raw = linalg.generic {indexing_maps = [#key, #query, #score], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%k, %q : tensor<8x32xf32>, tensor<32x16xf32>) outs(%init : tensor<8x16xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<8x16xf32>
  %s:2 = linalg.generic {indexing_maps = [#tile, #row], iterator_types = ["reduction", "parallel"]}
      outs(%raw, %max : tensor<8x16xf32>, tensor<16xf32>) {
  ^bb0(%x: f32, %m: f32):
    %scaled = arith.mulf %x, %scale : f32
    %larger = arith.maximumf %scaled, %m : f32
    linalg.yield %scaled, %larger : f32, f32
  } -> (tensor<8x16xf32>, tensor<16xf32>)
  return %s#0, %s#1 : tensor<8x16xf32>, tensor<16xf32>
}

// -----

#value = affine_map<(n, m, k) -> (k, n)>
#weight = affine_map<(n, m, k) -> (k, m)>
#acc = affine_map<(n, m, k) -> (n, m)>
#tile = affine_map<(n, m) -> (n, m)>
#row = affine_map<(n, m) -> (m)>

// The sums so far, faded: no pass over them of its own.

// CHECK-LABEL: func @prologue(
//  CHECK-SAME:     %[[FADE:[a-z0-9]+]]: tensor<16xf32>
//       CHECK:   scf.for {{.*}} step %c4 iter_args(%[[ACC:.+]] = %{{.+}})
//       CHECK:     %[[FADED:.+]] = vector.transfer_read %[[FADE]]
//       CHECK:     %[[OLD:.+]] = vector.transfer_read %[[ACC]]
//       CHECK:     %[[START:.+]] = arith.mulf %[[FADED]], %[[OLD]]
//       CHECK:     scf.for {{.*}} iter_args(%{{.+}} = %[[START]],
//   CHECK-NOT:   linalg
func.func @prologue(%fade: tensor<16xf32>, %v: tensor<32x8xf32>, %w: tensor<32x16xf32>, %old: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %faded = linalg.generic {indexing_maps = [#row, #tile], iterator_types = ["parallel", "parallel"]}
      ins(%fade : tensor<16xf32>) outs(%old : tensor<8x16xf32>) {
  ^bb0(%x: f32, %a: f32):
    %next = arith.mulf %x, %a : f32
    linalg.yield %next : f32
  } -> tensor<8x16xf32>
  %acc = linalg.generic {indexing_maps = [#value, #weight, #acc], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%v, %w : tensor<32x8xf32>, tensor<32x16xf32>) outs(%faded : tensor<8x16xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<8x16xf32>
  return %acc : tensor<8x16xf32>
}

// -----

#key = affine_map<(k, m, d) -> (k, d)>
#query = affine_map<(k, m, d) -> (d, m)>
#score = affine_map<(k, m, d) -> (k, m)>
#tile = affine_map<(k, m) -> (k, m)>

// A result with two readers is written first.

// CHECK-LABEL: func @negative_two_readers(
//       CHECK:   scf.for {{.*}} step %c4
//   CHECK-NOT:     arith.mulf
//       CHECK:     scf.yield
//       CHECK:   arith.mulf
func.func @negative_two_readers(%k: tensor<8x32xf32>, %q: tensor<32x16xf32>, %init: tensor<8x16xf32>, %other: tensor<8x16xf32>, %scale: f32) -> (tensor<8x16xf32>, tensor<8x16xf32>) {
  %raw = linalg.generic {indexing_maps = [#key, #query, #score], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%k, %q : tensor<8x32xf32>, tensor<32x16xf32>) outs(%init : tensor<8x16xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<8x16xf32>
  %s = linalg.generic {indexing_maps = [#tile, #tile], iterator_types = ["parallel", "parallel"]}
      ins(%raw : tensor<8x16xf32>) outs(%other : tensor<8x16xf32>) {
  ^bb0(%x: f32, %y: f32):
    %scaled = arith.mulf %x, %scale : f32
    linalg.yield %scaled : f32
  } -> tensor<8x16xf32>
  return %raw, %s : tensor<8x16xf32>, tensor<8x16xf32>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>
#tile = affine_map<(m, n) -> (m, n)>

// One op that reads two products runs on the tiles of one of them.

// CHECK-LABEL: func @two_products(
// CHECK-COUNT-4: math.fma
//         CHECK: arith.mulf
//     CHECK-NOT: linalg
func.func @two_products(%a: tensor<1x32xf32>, %v: tensor<32x16xf32>, %w: tensor<32x16xf32>, %init: tensor<1x16xf32>) -> tensor<1x16xf32> {
  %up = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %v : tensor<1x32xf32>, tensor<32x16xf32>) outs(%init : tensor<1x16xf32>) {
  ^bb0(%p: f32, %q: f32, %sum: f32):
    %next = math.fma %p, %q, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x16xf32>
  %gate = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<1x32xf32>, tensor<32x16xf32>) outs(%init : tensor<1x16xf32>) {
  ^bb0(%p: f32, %q: f32, %sum: f32):
    %next = math.fma %p, %q, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x16xf32>
  %hidden = linalg.generic {indexing_maps = [#tile, #tile, #tile], iterator_types = ["parallel", "parallel"]}
      ins(%up, %gate : tensor<1x16xf32>, tensor<1x16xf32>) outs(%init : tensor<1x16xf32>) {
  ^bb0(%p: f32, %q: f32, %out: f32):
    %next = arith.mulf %p, %q : f32
    linalg.yield %next : f32
  } -> tensor<1x16xf32>
  return %hidden : tensor<1x16xf32>
}

// -----

#key = affine_map<(k, m, d) -> (k, d)>
#query = affine_map<(k, m, d) -> (d, m)>
#score = affine_map<(k, m, d) -> (k, m)>
#tile = affine_map<(k, m) -> (k, m)>

// A result that the reader of the product updates element by element is read where
// it is written.

// CHECK-LABEL: func @epilogue_updates(
//  CHECK-SAME:     %[[OLD:[a-z0-9]+]]: tensor<8x16xf32>)
//       CHECK:   scf.for {{.*}} step %c4 iter_args(%[[S:.+]] = %[[OLD]])
//       CHECK:     %[[SUMS:.+]]:4 = scf.for
//       CHECK:     %[[X0:.+]] = vector.transfer_read %[[S]]
//       CHECK:     %[[Y0:.+]] = arith.addf %[[SUMS]]#0, %[[X0]]
//       CHECK:     %[[V0:.+]] = vector.broadcast %[[Y0]]
//       CHECK:     %[[S0:.+]] = vector.transfer_write %[[V0]], %[[S]]
//       CHECK:     vector.transfer_read %[[S0]]
//       CHECK:     arith.addf %[[SUMS]]#1
//   CHECK-NOT:   linalg
func.func @epilogue_updates(%k: tensor<8x32xf32>, %q: tensor<32x16xf32>, %old: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8x16xf32>) -> tensor<8x16xf32>
  %product = linalg.generic {indexing_maps = [#key, #query, #score], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%k, %q : tensor<8x32xf32>, tensor<32x16xf32>) outs(%init : tensor<8x16xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<8x16xf32>
  %new = linalg.generic {indexing_maps = [#tile, #tile], iterator_types = ["parallel", "parallel"]}
      ins(%product : tensor<8x16xf32>) outs(%old : tensor<8x16xf32>) {
  ^bb0(%x: f32, %y: f32):
    %sum = arith.addf %x, %y : f32
    linalg.yield %sum : f32
  } -> tensor<8x16xf32>
  return %new : tensor<8x16xf32>
}
