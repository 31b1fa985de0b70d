// RUN: attn-opt %s -resolve-ranked-shaped-type-result-dims -canonicalize | FileCheck %s -enable-var-scope

// The shape of a result is that of its destination.

// CHECK-LABEL: func @attention(
// CHECK-SAME:    %[[INIT:[a-z0-9]+]]: tensor<?x8xf32>, %[[LSE_INIT:[a-z0-9]+]]: tensor<?xf32>
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[ROWS:.*]] = tensor.dim %[[INIT]], %[[C0]]
// CHECK-DAG:     %[[LSE_ROWS:.*]] = tensor.dim %[[LSE_INIT]], %[[C0]]
// CHECK-NOT:     attn.attention
// CHECK:         return %[[ROWS]], %[[LSE_ROWS]]
func.func @attention(%init: tensor<?x8xf32>, %lse_init: tensor<?xf32>, %query: tensor<?x8xf32>,
                     %key: tensor<?x8xf32>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %output, %lse = attn.attention ins(%query, %key, %key : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>)
      outs(%init, %lse_init : tensor<?x8xf32>, tensor<?xf32>) -> tensor<?x8xf32>, tensor<?xf32>
  %rows = tensor.dim %output, %c0 : tensor<?x8xf32>
  %lse_rows = tensor.dim %lse, %c0 : tensor<?xf32>
  return %rows, %lse_rows : index, index
}

// CHECK-LABEL: func @fold(
// CHECK-SAME:    %[[MAX:[a-z0-9]+]]: tensor<?xf32>, %[[ACC:[a-z0-9]+]]: tensor<?x?xf32>
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:     %[[ROWS:.*]] = tensor.dim %[[MAX]], %[[C0]]
// CHECK-DAG:     %[[FEATURES:.*]] = tensor.dim %[[ACC]], %[[C1]]
// CHECK-NOT:     attn.fold
// CHECK:         return %[[ROWS]], %[[FEATURES]]
func.func @fold(%max: tensor<?xf32>, %acc: tensor<?x?xf32>, %query: tensor<?x8xf32>,
                %key: tensor<?x8xf32>, %value: tensor<?x?xf32>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %state:3 = attn.fold ins(%query, %key, %value : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x?xf32>)
      outs(%max, %max, %acc : tensor<?xf32>, tensor<?xf32>, tensor<?x?xf32>)
      {indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
                        affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m)>,
                        affine_map<(m, k1, k2, n) -> (m)>, affine_map<(m, k1, k2, n) -> (m, n)>]}
      -> tensor<?xf32>, tensor<?xf32>, tensor<?x?xf32>
  %rows = tensor.dim %state#0, %c0 : tensor<?xf32>
  %features = tensor.dim %state#2, %c1 : tensor<?x?xf32>
  return %rows, %features : index, index
}

// CHECK-LABEL: func @combine_and_finish(
// CHECK-SAME:    %[[MAX:[a-z0-9]+]]: tensor<?xf32>, %[[ACC:[a-z0-9]+]]: tensor<?x8xf32>, %[[INIT:[a-z0-9]+]]: tensor<?x8xf32>
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[ROWS:.*]] = tensor.dim %[[MAX]], %[[C0]]
// CHECK-DAG:     %[[OUTPUT_ROWS:.*]] = tensor.dim %[[INIT]], %[[C0]]
// CHECK-NOT:     attn.
// CHECK:         return %[[ROWS]], %[[OUTPUT_ROWS]]
func.func @combine_and_finish(%max: tensor<?xf32>, %acc: tensor<?x8xf32>, %init: tensor<?x8xf32>,
                              %partial: tensor<?x?xf32>, %partial_acc: tensor<?x?x8xf32>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %state:3 = attn.combine ins(%partial, %partial, %partial_acc : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?x8xf32>)
      outs(%max, %max, %acc : tensor<?xf32>, tensor<?xf32>, tensor<?x8xf32>)
      {indexing_maps = [affine_map<(m, s, n) -> (s, m)>, affine_map<(m, s, n) -> (s, m)>,
                        affine_map<(m, s, n) -> (s, m, n)>, affine_map<(m, s, n) -> (m)>,
                        affine_map<(m, s, n) -> (m)>, affine_map<(m, s, n) -> (m, n)>]}
      -> tensor<?xf32>, tensor<?xf32>, tensor<?x8xf32>
  %output = attn.finish ins(%state#0, %state#1, %state#2 : tensor<?xf32>, tensor<?xf32>, tensor<?x8xf32>)
      outs(%init : tensor<?x8xf32>)
      {indexing_maps = [affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>,
                        affine_map<(m, n) -> (m, n)>]} -> tensor<?x8xf32>
  %rows = tensor.dim %state#0, %c0 : tensor<?xf32>
  %output_rows = tensor.dim %output, %c0 : tensor<?x8xf32>
  return %rows, %output_rows : index, index
}
