// RUN: attn-opt %s -attn-to-blocked | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -attn-to-blocked="num-threads=2" | FileCheck %s -check-prefix=THREADS
// RUN: attn-opt %s -attn-to-blocked="queries=2" | FileCheck %s -check-prefix=TILES

// The heads of a group stay in the fold: one loop over key heads, one over keys.

// CHECK-LABEL: func @group(
//  CHECK-SAME:     %[[Q:[a-z0-9]+]]: tensor<8x4x3x64xf32>, %[[K:[a-z0-9]+]]: tensor<8x1000x64xf32>
//       CHECK:   scf.for %[[H:.+]] = %c0 to %c8 step %c1
//   CHECK-NOT:     attn.combine
//       CHECK:     scf.for %[[J:.+]] = %c0 to %c1000 step %c256
//       CHECK:       attn.fold ins({{.*}} : tensor<1x4x3x64xf32>, tensor<1x?x64xf32>, tensor<1x?x64xf32>) at(%[[H]], %c0, %c0, %[[J]])
//  CHECK-SAME:         tensor<1x4x3xf32>, tensor<1x4x3xf32>, tensor<1x4x3x64xf32>
//   CHECK-NOT:     attn.combine
//       CHECK:     attn.finish
//   CHECK-NOT:   attn.attention
// THREADS-LABEL: func @group(
//       THREADS:   scf.forall (%{{.+}}) in (8)
//       THREADS:     attn.fold {{.*}} : tensor<1x4x3x64xf32>, tensor<1x?x64xf32>
// More queries than a tile has: tiles of queries, in the lanes.
// TILES-LABEL: func @group(
//       TILES:   attn.fold {{.*}} : tensor<1x1x64x2xf32>
func.func @group(%q: tensor<8x4x3x64xf32>, %k: tensor<8x1000x64xf32>, %init: tensor<8x4x3x64xf32>) -> tensor<8x4x3x64xf32> {
  %o = attn.attention ins(%q, %k, %k : tensor<8x4x3x64xf32>, tensor<8x1000x64xf32>, tensor<8x1000x64xf32>)
      outs(%init : tensor<8x4x3x64xf32>) indexing_maps = [affine_map<(h, g, m, d, j, n) -> (h, g, m, d)>,
         affine_map<(h, g, m, d, j, n) -> (h, j, d)>, affine_map<(h, g, m, d, j, n) -> (h, j, n)>,
         affine_map<(h, g, m, d, j, n) -> (h, g, m, n)>] -> tensor<8x4x3x64xf32>
  return %o : tensor<8x4x3x64xf32>
}

// More keys than a split has: each split has a state of its own, and one after the
// other joins that of all. Threads take splits and combine in the same order.

// CHECK-LABEL: func @splits(
//       CHECK:   scf.for %{{.+}} = %c0 to %c8 step %c1
//       CHECK:     scf.for %[[S:.+]] = %c0 to %c5000 step %c1024 iter_args(%[[M:.+]] = %{{.+}}, %[[L:.+]] = %{{.+}}, %[[ACC:[^ ]+]] =
//       CHECK:       %[[PART:.+]]:3 = scf.for %[[J:.+]] = %c0 to %{{.+}} step %c256
//       CHECK:         %[[AT:.+]] = arith.addi %[[S]], %[[J]]
//       CHECK:         attn.fold {{.*}} at(%{{.+}}, %c0, %c0, %[[AT]])
//       CHECK:       %[[STATE:.+]] = tensor.expand_shape %[[PART]]#0
//   CHECK-NOT:       attn.fold
//       CHECK:       attn.combine ins(%[[STATE]], {{.*}} : tensor<1x1x4x1xf32>, {{.*}}) outs(%[[M]], %[[L]], %[[ACC]] :
//       CHECK:     attn.finish
// THREADS-LABEL: func @splits(
//       THREADS:   %[[STATES:.+]]:3 = scf.forall (%[[H:.+]], %[[I:.+]]) in (8, 5) {{.*}} -> (tensor<5x8x4x1xf32>, tensor<5x8x4x1xf32>, tensor<5x8x4x1x64xf32>)
//       THREADS:     %[[S:.+]] = affine.apply #{{.+}}(%[[I]])
//       THREADS:     scf.for %[[J:.+]] = %c0 to %{{.+}} step %c256
//       THREADS:       %[[AT:.+]] = arith.addi %[[S]], %[[J]]
//       THREADS:       attn.fold {{.*}} at(%[[H]], %c0, %c0, %[[AT]])
//   THREADS-NOT:     attn.fold
//       THREADS:     tensor.parallel_insert_slice %{{.+}} into %{{.+}}[%[[I]], %[[H]], 0, 0] [1, 1, 4, 1]
//       THREADS:   scf.forall (%[[H2:.+]]) in (8)
//       THREADS:     %[[MINE:.+]] = tensor.extract_slice %[[STATES]]#0[0, %[[H2]], 0, 0] [5, 1, 4, 1]
//       THREADS:     scf.for %[[N:.+]] = %c0 to %c5 step %c1
//       THREADS:       tensor.extract_slice %[[MINE]][%[[N]], 0, 0, 0] [1, 1, 4, 1]
//       THREADS:       attn.combine ins({{.*}} : tensor<1x1x4x1xf32>,
//   THREADS-NOT:       attn.combine_in_order
//       THREADS:     attn.finish
func.func @splits(%q: tensor<8x4x1x64xf32>, %k: tensor<8x5000x64xf32>, %init: tensor<8x4x1x64xf32>) -> tensor<8x4x1x64xf32> {
  %o = attn.attention ins(%q, %k, %k : tensor<8x4x1x64xf32>, tensor<8x5000x64xf32>, tensor<8x5000x64xf32>)
      outs(%init : tensor<8x4x1x64xf32>) indexing_maps = [affine_map<(h, g, m, d, j, n) -> (h, g, m, d)>,
         affine_map<(h, g, m, d, j, n) -> (h, j, d)>, affine_map<(h, g, m, d, j, n) -> (h, j, n)>,
         affine_map<(h, g, m, d, j, n) -> (h, g, m, n)>] -> tensor<8x4x1x64xf32>
  return %o : tensor<8x4x1x64xf32>
}

// A window sees two splits: the others are not visited.

// CHECK-LABEL: func @window(
//       CHECK:   scf.for %{{.+}} = %c5120 to %c7001 step %c1024
// THREADS-LABEL: func @window(
//       THREADS:   scf.forall (%{{.+}}) in (2)
func.func @window(%q: tensor<1x64xf32>, %k: tensor<8000x64xf32>, %init: tensor<1x64xf32>) -> tensor<1x64xf32> {
  %offset = arith.constant 7000 : index
  %o = attn.attention ins(%q, %k, %k : tensor<1x64xf32>, tensor<8000x64xf32>, tensor<8000x64xf32>)
      query_offset(%offset : index) outs(%init : tensor<1x64xf32>) {mask = #attn.window<1500, 0>} -> tensor<1x64xf32>
  return %o : tensor<1x64xf32>
}

// A cache: no key past the valid ones is visited, and of the others at most 16 with
// a mask.

// CHECK-LABEL: func @cache(
//       CHECK:   %[[VALID:.+]] = arith.minsi %{{.+}}, %{{.+}}
//       CHECK:   scf.for {{.*}} step %c1024
//       CHECK:     scf.for {{.*}} step %c256
//       CHECK:       attn.fold ins(%{{[^)]*}}tensor<?x64xbf16>, tensor<?x64xbf16>) at
//       CHECK:     scf.for {{.*}} step %c16
//       CHECK:       attn.fold ins(%{{[^)]*}}tensor<?x64xbf16>, tensor<?x64xbf16>) valid_keys
//       CHECK:     attn.combine
// THREADS-LABEL: func @cache(
//       THREADS:   %[[SPLITS:.+]] = affine.apply
//       THREADS:   tensor.empty(%[[SPLITS]]) : tensor<?x1xf32>
//       THREADS:   scf.forall (%{{.+}}) in (%[[SPLITS]])
//       THREADS:   scf.for %{{.+}} = %c0 to %[[SPLITS]] step %c1
//       THREADS:     attn.combine
func.func @cache(%q: tensor<1x64xbf16>, %k: tensor<?x64xbf16>, %valid: index, %init: tensor<1x64xbf16>) -> tensor<1x64xbf16> {
  %o = attn.attention ins(%q, %k, %k : tensor<1x64xbf16>, tensor<?x64xbf16>, tensor<?x64xbf16>)
      valid_keys(%valid : index) outs(%init : tensor<1x64xbf16>) -> tensor<1x64xbf16>
  return %o : tensor<1x64xbf16>
}

// Seventeen rows share keys.
// CHECK-LABEL: func @negative_many(
//       CHECK:   attn.fold {{.*}} : tensor<64x17xf32>
func.func @negative_many(%q: tensor<17x64xf32>, %k: tensor<1000x64xf32>, %init: tensor<17x64xf32>) -> tensor<17x64xf32> {
  %o = attn.attention ins(%q, %k, %k : tensor<17x64xf32>, tensor<1000x64xf32>, tensor<1000x64xf32>)
      outs(%init : tensor<17x64xf32>) -> tensor<17x64xf32>
  return %o : tensor<17x64xf32>
}

// Nobody knows how many.
// CHECK-LABEL: func @negative_dynamic(
//       CHECK:   attn.fold {{.*}} : tensor<64x32xf32>
func.func @negative_dynamic(%q: tensor<?x64xf32>, %k: tensor<1000x64xf32>, %init: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %o = attn.attention ins(%q, %k, %k : tensor<?x64xf32>, tensor<1000x64xf32>, tensor<1000x64xf32>)
      outs(%init : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %o : tensor<?x64xf32>
}
