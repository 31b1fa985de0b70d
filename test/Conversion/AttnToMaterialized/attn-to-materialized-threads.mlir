// RUN: attn-opt %s -attn-to-materialized="num-threads=2" | FileCheck %s -enable-var-scope

// Heads side by side, all queries of each at once. One fold, not one per result.

// CHECK-LABEL: func @heads(
// CHECK:         scf.forall (%[[B:.*]], %[[H:.*]]) in (2, 3) shared_outs(%[[ALL:.*]] = %{{.*}})
// CHECK:           attn.fold {{.*}} -> tensor<1x1x16xf32>, tensor<1x1x16xf32>, tensor<1x1x8x16xf32>
// CHECK-NOT:       attn.fold
// CHECK:           %[[OUTPUT:.*]] = attn.finish
// CHECK:           tensor.parallel_insert_slice %[[OUTPUT]] into %[[ALL]][%[[B]], %[[H]], 0, 0] [1, 1, 16, 8]
func.func @heads(%query: tensor<2x3x16x8xf32>, %key: tensor<2x3x9x8xf32>, %init: tensor<2x3x16x8xf32>)
    -> tensor<2x3x16x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<2x3x16x8xf32>, tensor<2x3x9x8xf32>, tensor<2x3x9x8xf32>)
      outs(%init : tensor<2x3x16x8xf32>) {mask = #attn.causal} -> tensor<2x3x16x8xf32>
  return %output : tensor<2x3x16x8xf32>
}

// Nothing to divide.

// CHECK-LABEL: func @one_head(
// CHECK-NOT:     scf.forall
// CHECK:         attn.finish
func.func @one_head(%query: tensor<16x8xf32>, %key: tensor<9x8xf32>, %init: tensor<16x8xf32>) -> tensor<16x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<16x8xf32>, tensor<9x8xf32>, tensor<9x8xf32>)
      outs(%init : tensor<16x8xf32>) -> tensor<16x8xf32>
  return %output : tensor<16x8xf32>
}
