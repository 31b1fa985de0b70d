// RUN: attn-opt %s -attn-to-materialized | FileCheck %s -enable-var-scope

// CHECK-DAG:   #[[$PACK_FROM:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d3, d1, d2)>
// CHECK-DAG:   #[[$PACK_TO:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG:   #[[$PACKED:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d3, d2)>
// CHECK-DAG:   #[[$KEY:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d1, d3)>
// CHECK-DAG:   #[[$VALUE:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d1, d5)>
// CHECK-DAG:   #[[$ROW:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2)>
// CHECK-DAG:   #[[$ACC:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d5, d2)>
// CHECK-DAG:   #[[$FINISH_ROW:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-DAG:   #[[$FINISH_ACC:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3, d2)>
// CHECK-DAG:   #[[$OUTPUT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1, d3)>
// CHECK-DAG:   #[[$LSE:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1)>

// finish(fold(identity, K)), with the query packed so that rows are innermost.

// CHECK-LABEL: func @one_fold(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<2x4x3x8xf16>, %[[KEY:[a-z0-9]+]]: tensor<2x16x3x8xf16>, %[[VALUE:[a-z0-9]+]]: tensor<2x16x3x5xf16>
// CHECK-SAME:    %[[INIT:[a-z0-9]+]]: tensor<2x4x3x5xf16>, %[[LSE_INIT:[a-z0-9]+]]: tensor<2x4x3xf32>
// CHECK:         %[[MINUS_INFINITY:.*]] = arith.constant 0xFF800000 : f32
// CHECK:         %[[MAX:.*]] = linalg.fill ins(%[[MINUS_INFINITY]] : f32) outs(%{{.*}} : tensor<2x3x4xf32>)
// CHECK:         %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK:         %[[SUM:.*]] = linalg.fill ins(%[[ZERO]] : f32) outs(%{{.*}} : tensor<2x3x4xf32>)
// CHECK:         %[[ACC:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<2x3x5x4xf32>)
// CHECK:         %[[PACKED:.*]] = linalg.generic {indexing_maps = [#[[$PACK_FROM]], #[[$PACK_TO]]], {{.*}}} ins(%[[QUERY]] : tensor<2x4x3x8xf16>) outs(%{{.*}} : tensor<2x3x8x4xf32>)
// CHECK:           arith.extf %{{.*}} : f16 to f32
// CHECK:         %[[NEW_MAX:.*]], %[[NEW_SUM:.*]], %[[NEW_ACC:.*]] = attn.fold ins(%[[PACKED]], %[[KEY]], %[[VALUE]] :
// CHECK-SAME:      outs(%[[MAX]], %[[SUM]], %[[ACC]] :
// CHECK-SAME:      indexing_maps = [#[[$PACKED]], #[[$KEY]], #[[$VALUE]], #[[$ROW]], #[[$ROW]], #[[$ACC]]], mask = #attn.causal, scale = 2.500000e-01 : f64}
// CHECK:         %[[OUTPUT:.*]], %[[LSE:.*]] = attn.finish ins(%[[NEW_MAX]], %[[NEW_SUM]], %[[NEW_ACC]] :
// CHECK-SAME:      outs(%[[INIT]], %[[LSE_INIT]] :
// CHECK-SAME:      indexing_maps = [#[[$FINISH_ROW]], #[[$FINISH_ROW]], #[[$FINISH_ACC]], #[[$OUTPUT]], #[[$LSE]]]
// CHECK:         return %[[OUTPUT]], %[[LSE]]
func.func @one_fold(%query: tensor<2x4x3x8xf16>, %key: tensor<2x16x3x8xf16>, %value: tensor<2x16x3x5xf16>,
                    %init: tensor<2x4x3x5xf16>, %lse_init: tensor<2x4x3xf32>)
    -> (tensor<2x4x3x5xf16>, tensor<2x4x3xf32>) {
  %output, %lse = attn.attention
      ins(%query, %key, %value : tensor<2x4x3x8xf16>, tensor<2x16x3x8xf16>, tensor<2x16x3x5xf16>)
      outs(%init, %lse_init : tensor<2x4x3x5xf16>, tensor<2x4x3xf32>) layout(bshd)
      {mask = #attn.causal, scale = 0.25 : f64} -> tensor<2x4x3x5xf16>, tensor<2x4x3xf32>
  return %output, %lse : tensor<2x4x3x5xf16>, tensor<2x4x3xf32>
}

// The fold's region sees every batch dimension; attention's the flattened head.

// CHECK-LABEL: func @score_region_with_grouped_heads(
// CHECK-SAME:    %[[SLOPES:[a-z0-9]+]]: tensor<15xf32>
// CHECK:         %[[GROUPS:.*]] = arith.constant 5 : index
// CHECK:         attn.fold {{.*}} mask_tensor(%{{.*}} : tensor<4x16xi1>) query_offset(%{{.*}} : tensor<2xi64>) valid_keys(%{{.*}} : index)
// CHECK-SAME:      score(%[[SCORE:score.*]]: f32, %[[B:b.*]]: index, %[[H:b.*]]: index, %[[G:b.*]]: index, %[[I:i.*]]: index, %[[J:j.*]]: index) {
// CHECK:           %[[FIRST:.*]] = arith.muli %[[H]], %[[GROUPS]]
// CHECK:           %[[HEAD:.*]] = arith.addi %[[FIRST]], %[[G]]
// CHECK:           %[[SLOPE:.*]] = tensor.extract %[[SLOPES]][%[[HEAD]]]
// CHECK:           %[[BIASED:.*]] = arith.addf %[[SCORE]], %[[SLOPE]]
// CHECK:           attn.yield %[[BIASED]]
func.func @score_region_with_grouped_heads(
    %slopes: tensor<15xf32>, %mask: tensor<4x16xi1>, %past: tensor<2xi64>, %valid: index,
    %query: tensor<2x3x5x4x8xf32>, %key: tensor<2x3x16x8xf32>) -> tensor<2x3x5x4x8xf32> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<2x3x5x4x8xf32>, tensor<2x3x16x8xf32>, tensor<2x3x16x8xf32>)
      mask_tensor(%mask : tensor<4x16xi1>) query_offset(%past : tensor<2xi64>) valid_keys(%valid : index)
      outs(%query : tensor<2x3x5x4x8xf32>) {mask = #attn.causal}
      score(%score : f32, %b : index, %h : index, %i : index, %j : index) {
    %slope = tensor.extract %slopes[%h] : tensor<15xf32>
    %biased = arith.addf %score, %slope : f32
    attn.yield %biased : f32
  } -> tensor<2x3x5x4x8xf32>
  return %output : tensor<2x3x5x4x8xf32>
}

// CHECK-LABEL: func @dynamic_sizes(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<?x8xf32>, %[[KEY:[a-z0-9]+]]: tensor<?x8xf32>
// CHECK:         %[[ROWS:.*]] = tensor.dim %[[QUERY]]
// CHECK:         tensor.empty(%[[ROWS]]) : tensor<?xf32>
// CHECK:         tensor.empty(%[[ROWS]]) : tensor<8x?xf32>
// CHECK:         attn.fold {{.*}} : tensor<8x?xf32>, tensor<?x8xf32>, tensor<?x8xf32>)
func.func @dynamic_sizes(%query: tensor<?x8xf32>, %key: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>)
      outs(%query : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %output : tensor<?x8xf32>
}

// CHECK-LABEL: func @negative_another_form(
// CHECK:         attn.attention
func.func @negative_another_form(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) {form = #attn.form<blocked>} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}
