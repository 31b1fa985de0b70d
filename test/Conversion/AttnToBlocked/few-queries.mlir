// RUN: attn-opt %s -attn-to-blocked | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -attn-to-blocked="num-threads=2" | FileCheck %s -check-prefix=THREADS
// RUN: attn-opt %s -attn-to-blocked="queries=2" | FileCheck %s -check-prefix=TILES

// The heads of a group stay in the fold: one loop over key heads, one over keys.

// CHECK-LABEL: func @group(
//  CHECK-SAME:     %[[Q:[a-z0-9]+]]: tensor<8x4x3x64xf32>, %[[K:[a-z0-9]+]]: tensor<8x1000x64xf32>
//       CHECK:   scf.for %[[H:.+]] = %c0 to %c8 step %c1
//       CHECK:     scf.for %[[J:.+]] = %c0 to %c1000 step %c256
//       CHECK:       attn.fold ins({{.*}} : tensor<1x4x3x64xf32>, tensor<1x?x64xf32>, tensor<1x?x64xf32>) at(%[[H]], %c0, %c0, %[[J]])
//  CHECK-SAME:         tensor<1x4x3xf32>, tensor<1x4x3xf32>, tensor<1x4x3x64xf32>
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

// A cache: no key past the valid ones is visited, and of the others at most 16 with
// a mask.

// CHECK-LABEL: func @cache(
//       CHECK:   scf.for {{.*}} step %c256
//       CHECK:     attn.fold ins(%{{[^)]*}}tensor<?x64xbf16>, tensor<?x64xbf16>) at
//       CHECK:   scf.for {{.*}} step %c16
//       CHECK:     attn.fold ins(%{{[^)]*}}tensor<?x64xbf16>, tensor<?x64xbf16>) valid_keys
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
