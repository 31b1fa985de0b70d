// RUN: attn-opt %s -attn-to-blocked | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -attn-to-blocked="queries=8 keys=64" | FileCheck %s -check-prefix=OPTIONS
// RUN: not attn-opt %s -attn-to-blocked="queries=0" 2>&1 | FileCheck %s -check-prefix=ERROR
// Nothing of Lq x Lk, and no state of all queries, even when decomposed.
// RUN: attn-opt %s -attn-to-blocked -attn-to-materialized -attn-decompose -canonicalize -cse \
// RUN:   | FileCheck %s -check-prefix=SIZES -implicit-check-not=1000x777x -implicit-check-not=777x1000x \
// RUN:       -implicit-check-not="tensor<1000xf32>" -implicit-check-not="tensor<64x1000xf32>" \
// RUN:       -implicit-check-not=fastmath

// ERROR: error: tile sizes are in rows and must be positive, as parts must, got queries = 0, keys = 256, block = 0

// SIZES-LABEL: func @causal(

// Whole tiles of 32 queries, then the rest of 8. Of the keys only those up to the
// last query of the tile; from the diagonal's tile on with the mask, before it
// without.

// CHECK-LABEL: func @causal(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<1000x64xf32>, %[[KEY:[a-z0-9]+]]: tensor<777x64xf32>
// CHECK-DAG:     %[[C32:.*]] = arith.constant 32 : index
// CHECK-DAG:     %[[C256:.*]] = arith.constant 256 : index
// CHECK-DAG:     %[[C777:.*]] = arith.constant 777 : index
// CHECK-DAG:     %[[C992:.*]] = arith.constant 992 : index
// CHECK:         scf.for %[[I:[a-z0-9]+]] = %{{.*}} to %[[C992]] step %[[C32]]
// CHECK:           tensor.extract_slice %[[QUERY]][%[[I]], 0] [32, 64]
// CHECK:           linalg.fill {{.*}} outs(%{{.*}} : tensor<32xf32>)
// CHECK:           %[[LAST:.*]] = arith.addi %[[I]], %[[C32]]
// CHECK:           %[[VISIBLE:.*]] = arith.minsi %[[LAST]], %[[C777]]
// CHECK:           %[[END:.*]] = arith.maxsi %[[VISIBLE]],
// CHECK:           %[[FULL:.*]] = arith.minsi %{{.*}}, %[[END]]
// CHECK:           tensor.extract_slice %[[KEY]][0, 0] [%[[FULL]], 64]
// CHECK:           scf.for %[[J:[a-z0-9]+]] = %{{.*}} step %[[C256]] iter_args
// CHECK:             attn.fold
// CHECK-SAME:          tensor<?x64xf32>, tensor<?x64xf32>) at(%[[I]], %[[J]])
// CHECK-NOT:           mask =
// CHECK-SAME:          -> tensor<32xf32>, tensor<32xf32>, tensor<64x32xf32>
// CHECK:           %[[EDGE:.*]] = arith.subi %[[END]], %[[FULL]]
// CHECK:           tensor.extract_slice %[[KEY]][%[[FULL]], 0] [%[[EDGE]], 64]
// CHECK:           scf.for %[[JJ:[a-z0-9]+]] = %{{.*}} step %[[C32]] iter_args
// CHECK:             %[[FIRST_KEY:.*]] = arith.addi %[[FULL]], %[[JJ]]
// CHECK:             attn.fold {{.*}} tensor<?x64xf32>, tensor<?x64xf32>) at(%[[I]], %[[FIRST_KEY]]) {{.*}}mask = #attn.causal}
// CHECK:           attn.finish
// CHECK-SAME:        outs(%{{.*}} : tensor<32x64xf32>)
// CHECK-NOT:     attn.attention

// OPTIONS-LABEL: func @causal(
// OPTIONS-DAG:     %[[C8:.*]] = arith.constant 8 : index
// OPTIONS-DAG:     %[[C64:.*]] = arith.constant 64 : index
// OPTIONS:         scf.for {{.*}} step %[[C8]]
// OPTIONS:           scf.for {{.*}} step %[[C64]]
// OPTIONS:             attn.fold ins({{.*}} : tensor<64x8xf32>, tensor<?x64xf32>, tensor<?x64xf32>)
// OPTIONS:           scf.for {{.*}} step %[[C8]]
// OPTIONS:             attn.fold ins({{.*}} : tensor<64x8xf32>, tensor<?x64xf32>, tensor<?x64xf32>) {{.*}}mask = #attn.causal}
func.func @causal(%query: tensor<1000x64xf32>, %key: tensor<777x64xf32>, %init: tensor<1000x64xf32>)
    -> tensor<1000x64xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<1000x64xf32>, tensor<777x64xf32>, tensor<777x64xf32>)
      outs(%init : tensor<1000x64xf32>) {mask = #attn.causal} -> tensor<1000x64xf32>
  return %output : tensor<1000x64xf32>
}

// The form says what the tiles are.

// CHECK-LABEL: func @tiles_of_the_form(
// CHECK-DAG:     %[[C4:.*]] = arith.constant 4 : index
// CHECK-DAG:     %[[C16:.*]] = arith.constant 16 : index
// CHECK:         scf.for {{.*}} step %[[C4]]
// CHECK:           scf.for {{.*}} step %[[C16]]
// CHECK:             attn.fold ins({{.*}} : tensor<8x4xf32>, tensor<16x8xf32>, tensor<16x8xf32>)

// OPTIONS-LABEL: func @tiles_of_the_form(
// OPTIONS:             attn.fold ins({{.*}} : tensor<8x4xf32>, tensor<16x8xf32>, tensor<16x8xf32>)
func.func @tiles_of_the_form(%query: tensor<64x8xf32>) -> tensor<64x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<64x8xf32>, tensor<64x8xf32>, tensor<64x8xf32>)
      outs(%query : tensor<64x8xf32>) {form = #attn.form<blocked, queries = 4, keys = 16>} -> tensor<64x8xf32>
  return %output : tensor<64x8xf32>
}

// Without a mask there is one loop over keys; no fold but the last is partial.

// CHECK-LABEL: func @no_mask(
// CHECK-DAG:     %[[C256:.*]] = arith.constant 256 : index
// CHECK:         scf.for
// CHECK:           scf.for %{{.*}} = %{{.*}} to %{{.*}} step %[[C256]]
// CHECK:             attn.fold {{.*}} tensor<256x8xf32>, tensor<256x8xf32>)
// CHECK-NOT:       scf.for
// CHECK:           attn.finish
func.func @no_mask(%query: tensor<64x8xf32>, %key: tensor<512x8xf32>) -> tensor<64x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<64x8xf32>, tensor<512x8xf32>, tensor<512x8xf32>)
      outs(%query : tensor<64x8xf32>) -> tensor<64x8xf32>
  return %output : tensor<64x8xf32>
}

// Keys before the window are not visited: the first loop begins at the tile of
// key i - 100.

// CHECK-LABEL: func @window(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<512x8xf32>
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[C32:.*]] = arith.constant 32 : index
// CHECK-DAG:     %[[C100:.*]] = arith.constant 100 : index
// CHECK-DAG:     %[[C256:.*]] = arith.constant 256 : index
// CHECK:         scf.for %[[I:[a-z0-9]+]] =
// CHECK:           %[[FIRST:.*]] = arith.subi %[[I]], %[[C100]]
// CHECK:           %[[CLAMPED:.*]] = arith.maxsi %[[FIRST]], %[[C0]]
// CHECK:           %[[REST:.*]] = arith.remsi %{{.*}}, %[[C32]]
// CHECK:           %[[ALIGNED:.*]] = arith.subi %{{.*}}, %[[REST]]
// CHECK:           %[[BEGIN:.*]] = arith.maxsi %[[ALIGNED]], %[[C0]]
// CHECK:           tensor.extract_slice %[[QUERY]][%[[BEGIN]], 0]
// CHECK:           attn.fold {{.*}}mask = #attn.window<100, 0>}
// CHECK:           scf.for {{.*}} step %[[C256]]
// CHECK:             attn.fold
// CHECK-NOT:         mask =
// CHECK-SAME:        -> tensor<32xf32>
// CHECK:           scf.for {{.*}} step %[[C32]]
// CHECK:             attn.fold {{.*}}mask = #attn.window<100, 0>}
// CHECK:           attn.finish
func.func @window(%query: tensor<512x8xf32>, %init: tensor<512x8xf32>) -> tensor<512x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<512x8xf32>, tensor<512x8xf32>, tensor<512x8xf32>)
      outs(%init : tensor<512x8xf32>) {mask = #attn.window<100, 0>} -> tensor<512x8xf32>
  return %output : tensor<512x8xf32>
}

// Keys after the prefix are not visited, those within it not masked.

// CHECK-LABEL: func @prefix(
// CHECK-DAG:     %[[C256:.*]] = arith.constant 256 : index
// CHECK-NOT:     mask =
// CHECK:         %[[PREFIX:.*]] = tensor.extract_slice %{{.*}}[0, 0] [320, 8]
// CHECK:         scf.for %[[J:.*]] = %{{.*}} step %[[C256]]
// CHECK:           %[[SIZE:.*]] = affine.min
// CHECK:           tensor.extract_slice %[[PREFIX]][%[[J]], 0] [%[[SIZE]], 8]
// CHECK-NOT:     mask =
// CHECK:         attn.finish
func.func @prefix(%query: tensor<512x8xf32>, %init: tensor<512x8xf32>) -> tensor<512x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<512x8xf32>, tensor<512x8xf32>, tensor<512x8xf32>)
      outs(%init : tensor<512x8xf32>) {mask = #attn.prefix<320>} -> tensor<512x8xf32>
  return %output : tensor<512x8xf32>
}

// A prefix language model: up to the end of the prefix or the last query,
// whichever is later.

// CHECK-LABEL: func @prefix_or_causal(
// CHECK-DAG:     %[[C32:.*]] = arith.constant 32 : index
// CHECK-DAG:     %[[C100:.*]] = arith.constant 100 : index
// CHECK:         scf.for %[[I:[a-z0-9]+]] =
// CHECK:           %[[LAST:.*]] = arith.addi %[[I]], %[[C32]]
// CHECK:           arith.maxsi %[[LAST]], %[[C100]]
// CHECK:           attn.fold
// CHECK:           attn.fold {{.*}}mask = #attn.or<#attn.prefix<100>, #attn.causal>}
func.func @prefix_or_causal(%query: tensor<512x8xf32>, %init: tensor<512x8xf32>) -> tensor<512x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<512x8xf32>, tensor<512x8xf32>, tensor<512x8xf32>)
      outs(%init : tensor<512x8xf32>) {mask = #attn.or<#attn.prefix<100>, #attn.causal>} -> tensor<512x8xf32>
  return %output : tensor<512x8xf32>
}

// What only the element knows is masked in every tile, and tiles are whole ones.

// CHECK-LABEL: func @negative_split_at_mask_tensor(
// CHECK:         attn.fold {{.*}} mask_tensor(%{{.*}} : tensor<32x64xi1>)
// CHECK-NOT:     attn.fold {{.*}}) at(
// CHECK:         attn.finish
func.func @negative_split_at_mask_tensor(%query: tensor<64x8xf32>, %mask: tensor<64x64xi1>) -> tensor<64x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<64x8xf32>, tensor<64x8xf32>, tensor<64x8xf32>)
      mask_tensor(%mask : tensor<64x64xi1>) outs(%query : tensor<64x8xf32>) -> tensor<64x8xf32>
  return %output : tensor<64x8xf32>
}

// One batch and head at a time: its own offset bounds the keys.

// CHECK-LABEL: func @per_batch(
// CHECK-SAME:    %[[PAST:[a-z0-9]+]]: tensor<2xi64>, %[[TOTAL:[a-z0-9]+]]: tensor<2xi64>
// CHECK:         scf.for %[[B:[a-z0-9]+]] =
// CHECK:           scf.for %[[H:[a-z0-9]+]] =
// CHECK-DAG:         %[[COUNT:.*]] = tensor.extract %[[TOTAL]][%[[B]]]
// CHECK-DAG:         %[[COUNT_INDEX:.*]] = arith.index_cast %[[COUNT]] : i64 to index
// CHECK-DAG:         %[[OFFSET:.*]] = tensor.extract %[[PAST]][%[[B]]]
// CHECK-DAG:         arith.index_cast %[[OFFSET]] : i64 to index
// CHECK-DAG:         arith.minsi %{{.*}}, %[[COUNT_INDEX]]
// CHECK:             attn.fold
// CHECK-NOT:         valid_keys
// CHECK:             attn.fold {{.*}} query_offset(%[[PAST]] : tensor<2xi64>) valid_keys(%[[TOTAL]] : tensor<2xi64>) at(%[[B]], %[[H]], %{{.*}}, %{{.*}})
func.func @per_batch(%past: tensor<2xi64>, %total: tensor<2xi64>, %query: tensor<2x3x16x8xf32>,
                     %key: tensor<2x3x?x8xf32>) -> tensor<2x3x16x8xf32> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<2x3x16x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>)
      query_offset(%past : tensor<2xi64>) valid_keys(%total : tensor<2xi64>)
      outs(%query : tensor<2x3x16x8xf32>) {mask = #attn.causal} -> tensor<2x3x16x8xf32>
  return %output : tensor<2x3x16x8xf32>
}

// Grouped heads read the key head they share; nothing is copied or transposed
// but the tile of queries. All sizes are only known when it runs.

// CHECK-LABEL: func @dynamic_grouped_heads_in_bshgd(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<?x?x?x?x?xbf16>, %[[KEY:[a-z0-9]+]]: tensor<?x?x?x?xbf16>
// CHECK:         scf.for %[[B:[a-z0-9]+]] =
// CHECK:           scf.for %[[H:[a-z0-9]+]] =
// CHECK:             scf.for %[[G:[a-z0-9]+]] =
// CHECK:               scf.for %[[I:[a-z0-9]+]] =
// CHECK-DAG:             tensor.extract_slice %[[QUERY]][%[[B]], %[[I]], %[[H]], %[[G]], 0] [1, 32, 1, 1, %{{.*}}]
// CHECK-DAG:             tensor.extract_slice %[[KEY]][%[[B]], 0, %[[H]], 0] [1, %{{.*}}, 1, %{{.*}}]
// CHECK:                 attn.fold {{.*}} at(%[[B]], %[[H]], %[[G]], %[[I]], %{{.*}}) outs({{.*}} : tensor<1x1x1x32xf32>, tensor<1x1x1x32xf32>, tensor<1x1x1x?x32xf32>)
// CHECK:                 attn.finish {{.*}} outs(%{{.*}} : tensor<1x32x1x1x?xbf16>)
func.func @dynamic_grouped_heads_in_bshgd(%query: tensor<?x?x?x?x?xbf16>, %key: tensor<?x?x?x?xbf16>)
    -> tensor<?x?x?x?x?xbf16> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<?x?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>)
      outs(%query : tensor<?x?x?x?x?xbf16>) layout(bshgd) {mask = #attn.causal} -> tensor<?x?x?x?x?xbf16>
  return %output : tensor<?x?x?x?x?xbf16>
}

// Two in one function, and equal ones: each is tiled once.

// CHECK-LABEL: func @twice(
// CHECK-COUNT-2: attn.finish
// CHECK-NOT:     attn.{{finish|attention}}

// OPTIONS-LABEL: func @twice(
// OPTIONS-COUNT-2: attn.fold
// OPTIONS-NOT:     attn.fold
// OPTIONS-LABEL: func @negative_another_form(
func.func @twice(%query: tensor<8x8xf32>, %key: tensor<128x8xf32>, %init: tensor<8x8xf32>)
    -> (tensor<8x8xf32>, tensor<8x8xf32>) {
  %first = attn.attention ins(%query, %key, %key : tensor<8x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>)
      outs(%init : tensor<8x8xf32>) -> tensor<8x8xf32>
  %same = attn.attention ins(%query, %key, %key : tensor<8x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>)
      outs(%init : tensor<8x8xf32>) -> tensor<8x8xf32>
  %second = attn.attention ins(%first, %key, %key : tensor<8x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>)
      outs(%init : tensor<8x8xf32>) -> tensor<8x8xf32>
  return %same, %second : tensor<8x8xf32>, tensor<8x8xf32>
}

// CHECK-LABEL: func @negative_another_form(
// CHECK:         attn.attention
func.func @negative_another_form(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) {form = #attn.form<materialized>} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}
