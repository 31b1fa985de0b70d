// A block's tiles of queries share a copy of the keys and values that are apart in
// memory or narrower than the sums.
// RUN: attn-opt %s -attn-to-blocked="queries=16 keys=256 block=128" | FileCheck %s -enable-var-scope
// With no blocks there is nothing to share a copy.
// RUN: attn-opt %s -attn-to-blocked="queries=16 keys=256" | FileCheck %s -check-prefix=ALONE
// Of 128 keys all stay in the cache, yet not side by side.
// RUN: attn-opt %s -attn-to-blocked="queries=16 keys=128 block-bytes=262144" | FileCheck %s -check-prefix=BYTES

// CHECK-DAG: #[[$HEADS:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1, d3)>
// CHECK-DAG: #[[$COLUMNS:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG: #[[$SAME:.*]] = affine_map<(d0, d1) -> (d0, d1)>

// ALONE-NOT: tensor<1x1x?x64xf32>
// ALONE-NOT: tensor<256x64xf32>

// CHECK-LABEL: func @interleaved_heads(
// CHECK-SAME:    %[[Q:.*]]: tensor<1x1024x8x64xf32>, %[[K:.*]]: tensor<1x1024x8x64xf32>, %[[V:.*]]: tensor<1x1024x8x64xf32>
// CHECK-DAG:     %[[C16:.*]] = arith.constant 16 : index
// CHECK-DAG:     %[[C128:.*]] = arith.constant 128 : index
// CHECK-DAG:     %[[C256:.*]] = arith.constant 256 : index
// CHECK:         scf.for {{.*}} step %[[C128]]
// Keys that all see, then keys at the mask's edge.
// CHECK:           scf.for {{.*}} step %[[C256]]
// CHECK:             linalg.generic {indexing_maps = [#[[$HEADS]], {{.*}} ins(%{{.*}} : tensor<1x?x1x64xf32>) outs(%{{.*}} : tensor<1x1x?x64xf32>)
// CHECK:             linalg.generic {indexing_maps = [#[[$HEADS]], {{.*}} ins(%{{.*}} : tensor<1x?x1x64xf32>) outs(%{{.*}} : tensor<1x1x?x64xf32>)
// CHECK:             scf.for {{.*}} to %[[C128]] step %[[C16]]
// CHECK:               attn.fold ins({{.*}} : tensor<1x1x64x16xf32>, tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>)
// CHECK:           scf.for {{.*}} step %[[C256]]
// CHECK:             linalg.generic {indexing_maps = [#[[$HEADS]], {{.*}} ins(%{{.*}} : tensor<1x?x1x64xf32>)
// CHECK:             linalg.generic {indexing_maps = [#[[$HEADS]], {{.*}} ins(%{{.*}} : tensor<1x?x1x64xf32>)
// CHECK:             scf.for {{.*}} to %[[C128]] step %[[C16]]
// CHECK-NOT:           linalg.generic
// CHECK:               attn.fold ins({{.*}} : tensor<1x1x64x16xf32>, tensor<1x1x?x64xf32>, tensor<1x1x?x64xf32>)
func.func @interleaved_heads(%q: tensor<1x1024x8x64xf32>, %k: tensor<1x1024x8x64xf32>, %v: tensor<1x1024x8x64xf32>,
                             %init: tensor<1x1024x8x64xf32>) -> tensor<1x1024x8x64xf32> {
  %output = attn.attention ins(%q, %k, %v : tensor<1x1024x8x64xf32>, tensor<1x1024x8x64xf32>, tensor<1x1024x8x64xf32>)
      outs(%init : tensor<1x1024x8x64xf32>) layout(bshd) {mask = #attn.causal} -> tensor<1x1024x8x64xf32>
  return %output : tensor<1x1024x8x64xf32>
}

// CHECK-LABEL: func @narrow(
// CHECK:         scf.for {{.*}} step %c256
// CHECK:           linalg.generic {indexing_maps = [#[[$SAME]], #[[$SAME]]], {{.*}} ins(%{{.*}} : tensor<256x64xbf16>) outs(%{{.*}} : tensor<256x64xf32>)
// CHECK:           scf.for {{.*}} to %c128 step %c16
// CHECK:             attn.fold ins({{.*}} : tensor<64x16xf32>, tensor<256x64xf32>, tensor<256x64xf32>)
func.func @narrow(%q: tensor<1024x64xbf16>, %k: tensor<1024x64xbf16>, %v: tensor<1024x64xbf16>,
                  %init: tensor<1024x64xbf16>) -> tensor<1024x64xbf16> {
  %output = attn.attention ins(%q, %k, %v : tensor<1024x64xbf16>, tensor<1024x64xbf16>, tensor<1024x64xbf16>)
      outs(%init : tensor<1024x64xbf16>) -> tensor<1024x64xbf16>
  return %output : tensor<1024x64xbf16>
}

// Tokens last.
// CHECK-LABEL: func @columns(
// CHECK:         linalg.generic {indexing_maps = [#[[$COLUMNS]], #[[$SAME]]], {{.*}} ins(%{{.*}} : tensor<64x128xf32>) outs(%{{.*}} : tensor<128x64xf32>)
// CHECK:         linalg.generic {indexing_maps = [#[[$COLUMNS]], #[[$SAME]]], {{.*}} ins(%{{.*}} : tensor<64x128xf32>) outs(%{{.*}} : tensor<128x64xf32>)
// CHECK:         attn.fold
// BYTES-LABEL: func @columns(
// BYTES:         attn.finish {{.*}} : tensor<256xf32>
func.func @columns(%q: tensor<64x512xf32>, %k: tensor<64x128xf32>, %v: tensor<64x128xf32>,
                   %init: tensor<64x512xf32>) -> tensor<64x512xf32> {
  %output = attn.attention ins(%q, %k, %v : tensor<64x512xf32>, tensor<64x128xf32>, tensor<64x128xf32>)
      outs(%init : tensor<64x512xf32>) layout(ds) -> tensor<64x512xf32>
  return %output : tensor<64x512xf32>
}

// Side by side as they are.
// CHECK-LABEL: func @rows(
// BYTES-LABEL: func @rows(
// BYTES:         attn.finish {{.*}} : tensor<16xf32>
// CHECK-NOT:     linalg.generic {indexing_maps = [#[[$SAME]], #[[$SAME]]]
func.func @rows(%q: tensor<512x64xf32>, %k: tensor<128x64xf32>, %v: tensor<128x64xf32>,
                %init: tensor<512x64xf32>) -> tensor<512x64xf32> {
  %output = attn.attention ins(%q, %k, %v : tensor<512x64xf32>, tensor<128x64xf32>, tensor<128x64xf32>)
      outs(%init : tensor<512x64xf32>) -> tensor<512x64xf32>
  return %output : tensor<512x64xf32>
}
