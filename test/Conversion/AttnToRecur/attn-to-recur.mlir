// RUN: attn-opt %s -attn-to-recur | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -attn-to-recur > %t.once
// RUN: attn-opt %t.once -attn-to-recur | diff %t.once -

// CHECK-DAG:   #[[$TOKEN:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG:   #[[$HISTORY:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG:   #[[$NONE:.*]] = affine_map<(d0, d1) -> ()>
// CHECK-DAG:   #[[$GROUPED_TOKEN:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d1, d2)>
// CHECK-DAG:   #[[$GROUPED_HISTORY:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d1)>
// CHECK-DAG:   #[[$GROUPED_STATE:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2)>
// CHECK-DAG:   #[[$PAIR:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>

// The prefix, from the identity; a fold of one key that knows where it is.

// CHECK-LABEL: func @causal(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<9x4xf32>, %[[KEY:[a-z0-9]+]]: tensor<9x4xf32>, %[[VALUE:[a-z0-9]+]]: tensor<9x5xf32>, %[[INIT:[a-z0-9]+]]: tensor<9x5xf32>)
// CHECK:         %[[INFINITY:.*]] = arith.constant 0xFF800000 : f32
// CHECK:         %[[MAX:.*]] = linalg.fill ins(%[[INFINITY]] : f32) outs(%{{.*}} : tensor<1xf32>)
// CHECK:         %[[SUM:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<1xf32>)
// CHECK:         %[[ACC:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<1x5xf32>)
// CHECK:         %[[RESULT:.*]]:4 = recur.rescan ins(%[[QUERY]], %[[KEY]], %[[VALUE]] :
// CHECK-SAME:      outs(%[[INIT]] : tensor<9x5xf32>) init(%[[MAX]], %[[SUM]], %[[ACC]] :
// CHECK-SAME:      {indexing_maps = [#[[$TOKEN]], #[[$HISTORY]], #[[$HISTORY]], #[[$TOKEN]], #[[$NONE]], #[[$NONE]], #[[$NONE]]]}
// CHECK-SAME:      step(%[[Q:.*]]: tensor<4xf32>, %[[K:.*]]: tensor<4xf32>, %[[V:.*]]: tensor<5xf32>, %[[M:.*]]: tensor<1xf32>, %[[L:.*]]: tensor<1xf32>, %[[A:.*]]: tensor<1x5xf32>) {
// CHECK-DAG:       %[[T:.*]] = recur.index 0
// CHECK-DAG:       %[[J:.*]] = recur.index 1
// CHECK-DAG:       %[[Q1:.*]] = tensor.expand_shape %[[Q]]
// CHECK-DAG:       %[[K1:.*]] = tensor.expand_shape %[[K]]
// CHECK-DAG:       %[[V1:.*]] = tensor.expand_shape %[[V]]
// CHECK:           %[[M2:.*]], %[[L2:.*]], %[[A2:.*]] = attn.fold ins(%[[Q1]], %[[K1]], %[[V1]] : {{.*}}) at(%[[T]], %[[J]]) outs(%[[M]], %[[L]], %[[A]] :
// CHECK-SAME:        mask = #attn.causal, scale = 2.500000e-01 : f64
// CHECK:           recur.yield %[[M2]], %[[L2]], %[[A2]]
// CHECK:         read(%{{.*}}: tensor<4xf32>, %[[M:.*]]: tensor<1xf32>, %[[L:.*]]: tensor<1xf32>, %[[A:.*]]: tensor<1x5xf32>) {
// CHECK:           %[[O:.*]] = attn.finish ins(%[[M]], %[[L]], %[[A]] :
// CHECK:           %[[ROW:.*]] = tensor.collapse_shape %[[O]]
// CHECK:           recur.yield %[[ROW]]
// CHECK:         return %[[RESULT]]#0
func.func @causal(%query: tensor<9x4xf32>, %key: tensor<9x4xf32>, %value: tensor<9x5xf32>, %init: tensor<9x5xf32>) -> tensor<9x5xf32> {
  %output = attn.attention ins(%query, %key, %value : tensor<9x4xf32>, tensor<9x4xf32>, tensor<9x5xf32>)
      outs(%init : tensor<9x5xf32>) {mask = #attn.causal, scale = 0.25 : f64, form = #attn.form<recurrent>} -> tensor<9x5xf32>
  return %output : tensor<9x5xf32>
}

// Groups and layouts are maps; the log-sum-exp is a number.

// CHECK-LABEL: func @grouped(
// CHECK:         recur.rescan
// CHECK-SAME:      indexing_maps = [#[[$GROUPED_TOKEN]], #[[$GROUPED_HISTORY]], #[[$GROUPED_HISTORY]], #[[$GROUPED_TOKEN]], #[[$GROUPED_TOKEN]], #[[$GROUPED_STATE]], #[[$GROUPED_STATE]], #[[$GROUPED_STATE]]]
// CHECK-SAME:      step(%{{.*}}: tensor<8xbf16>, %{{.*}}: tensor<8xbf16>, %{{.*}}: tensor<8xbf16>, %{{.*}}: tensor<1x1x1x1xf32>, %{{.*}}: tensor<1x1x1x1xf32>, %{{.*}}: tensor<1x1x1x1x8xf32>)
// CHECK-NOT:       recur.index
// CHECK:           attn.fold
// CHECK-NOT:       at(
// CHECK:           %[[OUTPUT:.*]], %[[LSE:.*]] = attn.finish {{.*}} -> tensor<1x1x1x1x8xbf16>, tensor<1x1x1x1xf32>
// CHECK:           %[[ROW:.*]] = tensor.collapse_shape %[[OUTPUT]]
// CHECK:           %[[NUMBER:.*]] = tensor.extract %[[LSE]]
// CHECK:           recur.yield %[[ROW]], %[[NUMBER]] : tensor<8xbf16>, f32
func.func @grouped(%query: tensor<2x?x3x2x8xbf16>, %key: tensor<2x?x3x8xbf16>, %init: tensor<2x?x3x2x8xbf16>, %lse_init: tensor<2x?x3x2xf32>)
    -> (tensor<2x?x3x2x8xbf16>, tensor<2x?x3x2xf32>) {
  %output, %lse = attn.attention ins(%query, %key, %key : tensor<2x?x3x2x8xbf16>, tensor<2x?x3x8xbf16>, tensor<2x?x3x8xbf16>)
      outs(%init, %lse_init : tensor<2x?x3x2x8xbf16>, tensor<2x?x3x2xf32>) layout(bshgd) -> tensor<2x?x3x2x8xbf16>, tensor<2x?x3x2xf32>
  return %output, %lse : tensor<2x?x3x2x8xbf16>, tensor<2x?x3x2xf32>
}

// Features are last in what a recurrence sees: transposed copies before and after.

// CHECK-LABEL: func @transposed(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<6x4xf32>, %[[KEY:[a-z0-9]+]]: tensor<4x7xf32>, %[[VALUE:[a-z0-9]+]]: tensor<7x5xf32>, %[[INIT:[a-z0-9]+]]: tensor<5x6xf32>)
// CHECK:         %[[K:.*]] = linalg.transpose ins(%[[KEY]] : tensor<4x7xf32>) outs(%{{.*}} : tensor<7x4xf32>) permutation = [1, 0]
// CHECK:         %[[EMPTY:.*]] = tensor.empty() : tensor<6x5xf32>
// CHECK:         %[[O:.*]]:4 = recur.rescan ins(%[[QUERY]], %[[K]], %[[VALUE]] : {{.*}}) outs(%[[EMPTY]] : tensor<6x5xf32>)
// CHECK:         %[[OUTPUT:.*]] = linalg.transpose ins(%[[O]]#0 : tensor<6x5xf32>) outs(%[[INIT]] : tensor<5x6xf32>) permutation = [1, 0]
// CHECK:         return %[[OUTPUT]]
func.func @transposed(%query: tensor<6x4xf32>, %key: tensor<4x7xf32>, %value: tensor<7x5xf32>, %init: tensor<5x6xf32>) -> tensor<5x6xf32> {
  %output = attn.attention ins(%query, %key, %value : tensor<6x4xf32>, tensor<4x7xf32>, tensor<7x5xf32>) outs(%init : tensor<5x6xf32>)
      indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k1, k2)>,
                       affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (n, m)>] -> tensor<5x6xf32>
  return %output : tensor<5x6xf32>
}

// An element of the mask tensor for each pair; operands per batch and the score
// region stay with the fold, which is told its batch.

// CHECK-LABEL: func @mask_tensor(
// CHECK-SAME:    %[[MASK:[a-z0-9]+]]: tensor<5x7xi1>, %[[PAST:[a-z0-9]+]]: index, %[[VALID:[a-z0-9]+]]: index, %[[SLOPES:[a-z0-9]+]]: tensor<2xf32>
// CHECK:         recur.rescan ins(%{{.*}}, %{{.*}}, %{{.*}}, %[[MASK]] :
// CHECK-SAME:      history = #recur<history all>, indexing_maps = [#{{.*}}, #{{.*}}, #{{.*}}, #[[$PAIR]],
// CHECK-SAME:      step(%{{.*}}: tensor<4xf32>, %{{.*}}: tensor<4xf32>, %{{.*}}: tensor<4xf32>, %[[BIT:.*]]: i1,
// CHECK:           %[[BIT1:.*]] = tensor.from_elements %[[BIT]] : tensor<i1>
// CHECK:           %[[H:.*]] = recur.index 0
// CHECK:           %[[T:.*]] = recur.index 1
// CHECK:           %[[J:.*]] = recur.index 2
// CHECK:           attn.fold {{.*}} mask_tensor(%[[BIT1]] : tensor<i1>) query_offset(%[[PAST]] : index) valid_keys(%[[VALID]] : index) at(%[[H]], %[[T]], %[[J]])
// CHECK-SAME:        score(%[[SCORE:.*]]: f32, %[[HEAD:.*]]: index, %{{.*}}: index, %{{.*}}: index) {
// CHECK:             tensor.extract %[[SLOPES]][%[[HEAD]]]
func.func @mask_tensor(%mask: tensor<5x7xi1>, %past: index, %valid: index, %slopes: tensor<2xf32>,
                       %query: tensor<2x5x4xf32>, %key: tensor<2x7x4xf32>) -> tensor<2x5x4xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<2x5x4xf32>, tensor<2x7x4xf32>, tensor<2x7x4xf32>)
      mask_tensor(%mask : tensor<5x7xi1>) query_offset(%past : index) valid_keys(%valid : index)
      outs(%query : tensor<2x5x4xf32>) {mask = #attn.causal}
      score(%score : f32, %h : index, %i : index, %j : index) {
    %slope = tensor.extract %slopes[%h] : tensor<2xf32>
    %biased = arith.addf %score, %slope : f32
    attn.yield %biased : f32
  } -> tensor<2x5x4xf32>
  return %output : tensor<2x5x4xf32>
}

// The prefix where the mask hides what comes after the query, else all.

// CHECK-LABEL: func @prefix_or_all(
// CHECK:         recur.rescan {{.*}} {indexing_maps
// CHECK:           mask = #attn.window<3, 0>
// CHECK:         recur.rescan {{.*}} {history = #recur<history all>, indexing_maps
// CHECK:           mask = #attn.window<3, 1>
// CHECK:         recur.rescan {{.*}} {indexing_maps
// CHECK:           mask = #attn.and<#attn.causal, #attn.window<3, 1>>
// CHECK:         recur.rescan {{.*}} {history = #recur<history all>, indexing_maps
// CHECK:           mask = #attn.or<#attn.prefix<3>, #attn.causal>
func.func @prefix_or_all(%x: tensor<9x4xf32>) -> tensor<9x4xf32> {
  %0 = attn.attention ins(%x, %x, %x : tensor<9x4xf32>, tensor<9x4xf32>, tensor<9x4xf32>)
      outs(%x : tensor<9x4xf32>) {mask = #attn.window<3, 0>} -> tensor<9x4xf32>
  %1 = attn.attention ins(%0, %x, %x : tensor<9x4xf32>, tensor<9x4xf32>, tensor<9x4xf32>)
      outs(%x : tensor<9x4xf32>) {mask = #attn.window<3, 1>} -> tensor<9x4xf32>
  %2 = attn.attention ins(%1, %x, %x : tensor<9x4xf32>, tensor<9x4xf32>, tensor<9x4xf32>)
      outs(%x : tensor<9x4xf32>) {mask = #attn.and<#attn.causal, #attn.window<3, 1>>} -> tensor<9x4xf32>
  %3 = attn.attention ins(%2, %x, %x : tensor<9x4xf32>, tensor<9x4xf32>, tensor<9x4xf32>)
      outs(%x : tensor<9x4xf32>) {mask = #attn.or<#attn.prefix<3>, #attn.causal>} -> tensor<9x4xf32>
  return %3 : tensor<9x4xf32>
}

// CHECK-LABEL: func @negative_another_form(
// CHECK:         attn.attention
func.func @negative_another_form(%x: tensor<9x4xf32>) -> tensor<9x4xf32> {
  %output = attn.attention ins(%x, %x, %x : tensor<9x4xf32>, tensor<9x4xf32>, tensor<9x4xf32>)
      outs(%x : tensor<9x4xf32>) {form = #attn.form<blocked>} -> tensor<9x4xf32>
  return %output : tensor<9x4xf32>
}

// Ids of queries go with the token, ids of keys with the history.

// CHECK-LABEL: func @documents(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<12x8xf32>, %[[IDS:[a-z0-9]+]]: tensor<12xi32>
// CHECK:         recur.rescan ins(%[[QUERY]], %[[QUERY]], %[[QUERY]], %[[IDS]], %[[IDS]] :
// CHECK-SAME:      {indexing_maps = [#[[$TOKEN]], #[[$HISTORY]], #[[$HISTORY]], #[[$TOKEN]], #[[$HISTORY]], #[[$TOKEN]],
// CHECK-SAME:      step(%{{.*}}: tensor<8xf32>, %[[ID_T:[a-z0-9]+]]: i32, %[[ID_J:[a-z0-9]+]]: i32, %{{.*}}) {
// CHECK-DAG:       %[[QUERY_ID:.*]] = tensor.from_elements %[[ID_T]]
// CHECK-DAG:       %[[KEY_ID:.*]] = tensor.from_elements %[[ID_J]]
// CHECK:           attn.fold {{.*}} segments(%[[QUERY_ID]], %[[KEY_ID]] : tensor<i32>, tensor<i32>)
func.func @documents(%query: tensor<12x8xf32>, %ids: tensor<12xi32>) -> tensor<12x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<12x8xf32>, tensor<12x8xf32>, tensor<12x8xf32>)
      segments(%ids, %ids : tensor<12xi32>, tensor<12xi32>)
      outs(%query : tensor<12x8xf32>) {mask = #attn.and<#attn.causal, #attn.segments>} -> tensor<12x8xf32>
  return %output : tensor<12x8xf32>
}
