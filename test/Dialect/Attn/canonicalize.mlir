// RUN: attn-opt %s -canonicalize -split-input-file | FileCheck %s -enable-var-scope

// CHECK-LABEL: func @and_of_one_mask(
// CHECK:         attn.attention {{.*}} {mask = #attn.window<1, 1>} ->
func.func @and_of_one_mask(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) {mask = #attn.and<#attn.or<#attn.window<1, 1>>>} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// CHECK-LABEL: func @negative_and_of_two_masks(
// CHECK:         attn.attention {{.*}} {mask = #attn.and<#attn.causal, #attn.window<1, 1>>} ->
func.func @negative_and_of_two_masks(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) {mask = #attn.and<#attn.causal, #attn.window<1, 1>>} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// CHECK-LABEL: func @offset_zero(
// CHECK-NOT:     query_offset
// CHECK:         attn.attention {{.*}} {mask = #attn.causal} ->
func.func @offset_zero(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %c0 = arith.constant 0 : index
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      query_offset(%c0 : index) outs(%query : tensor<4x8xf32>) {mask = #attn.causal} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// CHECK-LABEL: func @offset_zero_per_batch(
// CHECK-NOT:     query_offset
// CHECK:         attn.attention {{.*}} {mask = #attn.causal} ->
func.func @offset_zero_per_batch(%query: tensor<2x3x4x8xf32>) -> tensor<2x3x4x8xf32> {
  %zeros = arith.constant dense<0> : tensor<2xi64>
  %output = attn.attention
      ins(%query, %query, %query : tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>)
      query_offset(%zeros : tensor<2xi64>) outs(%query : tensor<2x3x4x8xf32>) {mask = #attn.causal}
      -> tensor<2x3x4x8xf32>
  return %output : tensor<2x3x4x8xf32>
}

// Nothing compares positions without a mask.

// CHECK-LABEL: func @offset_without_mask(
// CHECK-NOT:     query_offset
// CHECK:         attn.attention
func.func @offset_without_mask(%offset: index, %query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      query_offset(%offset : index) outs(%query : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// CHECK-LABEL: func @negative_offset_one(
// CHECK:         attn.attention {{.*}} query_offset(%{{.*}} : index)
func.func @negative_offset_one(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %c1 = arith.constant 1 : index
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      query_offset(%c1 : index) outs(%query : tensor<4x8xf32>) {mask = #attn.causal} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// CHECK-LABEL: func @identity_score_region(
// CHECK:         attn.attention {{.*}} {form = #attn.form<blocked>, mask = #attn.causal, scale = 2.000000e+00 : f64} -> tensor<4x8xf32>
func.func @identity_score_region(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) {form = #attn.form<blocked>, mask = #attn.causal, scale = 2.0 : f64}
      score(%score : f32, %h : index, %i : index, %j : index) {
    %unused = math.tanh %score : f32
    attn.yield %score : f32
  } -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// CHECK-LABEL: func @negative_score_region_of_a_constant(
// CHECK:         attn.yield
func.func @negative_score_region_of_a_constant(%constant: f32, %query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) score(%score : f32, %h : index, %i : index, %j : index) {
    attn.yield %constant : f32
  } -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// -----

// A mask that hides no key.

// CHECK-LABEL: func @full_window(
// CHECK-NOT:     mask =
// CHECK:         attn.attention
// CHECK-NOT:     mask =
func.func @full_window(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) {mask = #attn.window<3, 3>} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// CHECK-LABEL: func @full_or(
// CHECK-NOT:     mask =
// CHECK:         attn.attention
// CHECK-NOT:     mask =
func.func @full_or(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) {mask = #attn.or<#attn.prefix<4>, #attn.causal>} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// The last query of a decode step sees every key.

// CHECK-LABEL: func @full_decode(
// CHECK-NOT:     query_offset
// CHECK:         attn.attention {{.*}} valid_keys(%{{.*}} : index) outs(%{{.*}} : tensor<1x8xf32>) -> tensor<1x8xf32>
func.func @full_decode(%valid: index, %query: tensor<1x8xf32>, %key: tensor<16x8xf32>) -> tensor<1x8xf32> {
  %past = arith.constant 15 : index
  %output = attn.attention ins(%query, %key, %key : tensor<1x8xf32>, tensor<16x8xf32>, tensor<16x8xf32>)
      query_offset(%past : index) valid_keys(%valid : index)
      outs(%query : tensor<1x8xf32>) {mask = #attn.causal} -> tensor<1x8xf32>
  return %output : tensor<1x8xf32>
}

// CHECK-LABEL: func @negative_window_one_key_short(
// CHECK:         mask = #attn.window<3, 2>
func.func @negative_window_one_key_short(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) {mask = #attn.window<3, 2>} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// CHECK-LABEL: func @negative_decode_one_key_short(
// CHECK:         query_offset(
// CHECK-SAME:    mask = #attn.causal
func.func @negative_decode_one_key_short(%query: tensor<1x8xf32>, %key: tensor<16x8xf32>) -> tensor<1x8xf32> {
  %past = arith.constant 14 : index
  %output = attn.attention ins(%query, %key, %key : tensor<1x8xf32>, tensor<16x8xf32>, tensor<16x8xf32>)
      query_offset(%past : index) outs(%query : tensor<1x8xf32>) {mask = #attn.causal} -> tensor<1x8xf32>
  return %output : tensor<1x8xf32>
}

// CHECK-LABEL: func @negative_unknown_number_of_keys(
// CHECK:         mask = #attn.window<100, 100>
func.func @negative_unknown_number_of_keys(%query: tensor<4x8xf32>, %key: tensor<?x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<4x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>)
      outs(%query : tensor<4x8xf32>) {mask = #attn.window<100, 100>} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// Positions whose sums may overflow are left alone.

// CHECK-LABEL: func @negative_huge_positions(
// CHECK:         mask = #attn.causal
func.func @negative_huge_positions(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %offset = arith.constant 9223372036854775807 : index
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      query_offset(%offset : index) outs(%query : tensor<4x8xf32>) {mask = #attn.causal} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// -----

// A size that one operand knows, all operands know.

// CHECK-LABEL: func @static_shapes(
// CHECK-SAME:    %[[QUERY:.*]]: tensor<?x8xf32>, %[[KEY:.*]]: tensor<16x?xf32>, %[[VALUE:.*]]: tensor<?x?xf32>, %[[INIT:.*]]: tensor<4x2xf32>
// CHECK-DAG:     %[[STATIC_QUERY:.*]] = tensor.cast %[[QUERY]] : tensor<?x8xf32> to tensor<4x8xf32>
// CHECK-DAG:     %[[STATIC_KEY:.*]] = tensor.cast %[[KEY]] : tensor<16x?xf32> to tensor<16x8xf32>
// CHECK-DAG:     %[[STATIC_VALUE:.*]] = tensor.cast %[[VALUE]] : tensor<?x?xf32> to tensor<16x2xf32>
// CHECK:         attn.attention ins(%[[STATIC_QUERY]], %[[STATIC_KEY]], %[[STATIC_VALUE]] : tensor<4x8xf32>, tensor<16x8xf32>, tensor<16x2xf32>) outs(%[[INIT]] :
func.func @static_shapes(%query: tensor<?x8xf32>, %key: tensor<16x?xf32>, %value: tensor<?x?xf32>,
                         %init: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %output = attn.attention ins(%query, %key, %value : tensor<?x8xf32>, tensor<16x?xf32>, tensor<?x?xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %output : tensor<4x2xf32>
}

// The result is cast back; the score region moves along.

// CHECK-LABEL: func @static_result(
// CHECK:         %[[INIT:.*]] = tensor.cast %{{.*}} : tensor<?x8xf32> to tensor<4x8xf32>
// CHECK:         %[[OUTPUT:.*]] = attn.attention {{.*}} outs(%[[INIT]] : tensor<4x8xf32>) score(
// CHECK:           math.tanh
// CHECK:         %[[RESULT:.*]] = tensor.cast %[[OUTPUT]] : tensor<4x8xf32> to tensor<?x8xf32>
// CHECK:         return %[[RESULT]]
func.func @static_result(%query: tensor<4x8xf32>, %init: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%init : tensor<?x8xf32>) score(%score : f32, %h : index, %i : index, %j : index) {
    %capped = math.tanh %score : f32
    attn.yield %capped : f32
  } -> tensor<?x8xf32>
  return %output : tensor<?x8xf32>
}

// CHECK-LABEL: func @casts_of_operands(
// CHECK-NOT:     tensor.cast
// CHECK:         attn.attention {{.*}} : tensor<4x8xf32>, tensor<16x8xf32>, tensor<16x8xf32>) outs(%{{.*}} : tensor<4x8xf32>) {mask = #attn.causal} -> tensor<4x8xf32>
// CHECK-NOT:     tensor.cast
func.func @casts_of_operands(%query: tensor<4x8xf32>, %key: tensor<16x8xf32>) -> tensor<4x8xf32> {
  %some_query = tensor.cast %query : tensor<4x8xf32> to tensor<?x?xf32>
  %some_key = tensor.cast %key : tensor<16x8xf32> to tensor<?x?xf32>
  %output = attn.attention ins(%some_query, %some_key, %some_key : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>)
      outs(%some_query : tensor<?x?xf32>) {mask = #attn.causal} -> tensor<?x?xf32>
  %result = tensor.cast %output : tensor<?x?xf32> to tensor<4x8xf32>
  return %result : tensor<4x8xf32>
}

// -----

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>

// CHECK-LABEL: func @fold_of_no_keys(
// CHECK-SAME:    %[[MAX:[a-z0-9]+]]: tensor<4xf32>, %[[SUM:[a-z0-9]+]]: tensor<4xf32>, %[[ACC:[a-z0-9]+]]: tensor<4x8xf32>
// CHECK-NEXT:    return %[[MAX]], %[[SUM]], %[[ACC]]
func.func @fold_of_no_keys(%max: tensor<4xf32>, %sum: tensor<4xf32>, %acc: tensor<4x8xf32>, %query: tensor<4x8xf32>,
                           %key: tensor<0x8xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>) {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<4x8xf32>, tensor<0x8xf32>, tensor<0x8xf32>)
      outs(%max, %sum, %acc : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
  return %state#0, %state#1, %state#2 : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
}

// Queries 5..8 see no key from 9 on.

// CHECK-LABEL: func @fold_of_hidden_keys(
// CHECK-SAME:    %[[MAX:[a-z0-9]+]]: tensor<4xf32>, %[[SUM:[a-z0-9]+]]: tensor<4xf32>, %[[ACC:[a-z0-9]+]]: tensor<4x8xf32>
// CHECK-NEXT:    return %[[MAX]], %[[SUM]], %[[ACC]]
func.func @fold_of_hidden_keys(%max: tensor<4xf32>, %sum: tensor<4xf32>, %acc: tensor<4x8xf32>, %query: tensor<4x8xf32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>) {
  %offset = arith.constant 1 : index
  %first_query = arith.constant 4 : index
  %first_key = arith.constant 9 : index
  %state:3 = attn.fold ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      query_offset(%offset : index) at(%first_query, %first_key)
      outs(%max, %sum, %acc : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc], mask = #attn.causal}
      -> tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
  return %state#0, %state#1, %state#2 : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
}

// ... but the last of them sees key 8.

// CHECK-LABEL: func @negative_fold_of_one_visible_key(
// CHECK:         attn.fold
func.func @negative_fold_of_one_visible_key(
    %max: tensor<4xf32>, %sum: tensor<4xf32>, %acc: tensor<4x8xf32>, %query: tensor<4x8xf32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>) {
  %offset = arith.constant 1 : index
  %first_query = arith.constant 4 : index
  %first_key = arith.constant 8 : index
  %state:3 = attn.fold ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      query_offset(%offset : index) at(%first_query, %first_key)
      outs(%max, %sum, %acc : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc], mask = #attn.causal}
      -> tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
  return %state#0, %state#1, %state#2 : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
}

// Queries 8..11 with a window of 2 see no key before 6.

// CHECK-LABEL: func @fold_before_the_window(
// CHECK-NOT:     attn.fold
// CHECK:         return
func.func @fold_before_the_window(%max: tensor<4xf32>, %sum: tensor<4xf32>, %acc: tensor<4x8xf32>,
                                  %query: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>) {
  %first_query = arith.constant 8 : index
  %first_key = arith.constant 2 : index
  %state:3 = attn.fold ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      at(%first_query, %first_key)
      outs(%max, %sum, %acc : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc], mask = #attn.window<2, 0>}
      -> tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
  return %state#0, %state#1, %state#2 : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: func @fold_neutral_parts(
// CHECK-NOT:     query_offset
// CHECK:         attn.fold {{.*}}mask = #attn.causal} ->
// CHECK-NOT:     attn.yield
func.func @fold_neutral_parts(%max: tensor<4xf32>, %sum: tensor<4xf32>, %acc: tensor<4x8xf32>,
                              %query: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>) {
  %c0 = arith.constant 0 : index
  %state:3 = attn.fold ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      query_offset(%c0 : index) outs(%max, %sum, %acc : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc], mask = #attn.and<#attn.causal>}
      score(%score : f32, %i : index, %j : index) {
    attn.yield %score : f32
  } -> tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
  return %state#0, %state#1, %state#2 : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: func @fold_static_shapes(
// CHECK:         attn.fold {{.*}} : tensor<4x8xf32>, tensor<16x8xf32>, tensor<16x8xf32>) outs(%{{.*}}, %{{.*}}, %{{.*}} : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
func.func @fold_static_shapes(%max: tensor<?xf32>, %sum: tensor<4xf32>, %acc: tensor<?x?xf32>,
                              %query: tensor<?x?xf32>, %key: tensor<16x8xf32>)
    -> (tensor<?xf32>, tensor<4xf32>, tensor<?x?xf32>) {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<?x?xf32>, tensor<16x8xf32>, tensor<16x8xf32>)
      outs(%max, %sum, %acc : tensor<?xf32>, tensor<4xf32>, tensor<?x?xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<?xf32>, tensor<4xf32>, tensor<?x?xf32>
  return %state#0, %state#1, %state#2 : tensor<?xf32>, tensor<4xf32>, tensor<?x?xf32>
}

// -----

#partial_row = affine_map<(m, s, n) -> (s, m)>
#partial_acc = affine_map<(m, s, n) -> (s, m, n)>
#row = affine_map<(m, s, n) -> (m)>
#acc = affine_map<(m, s, n) -> (m, n)>

// CHECK-LABEL: func @combine_of_no_states(
// CHECK-SAME:    %[[MAX:[a-z0-9]+]]: tensor<4xf32>, %[[SUM:[a-z0-9]+]]: tensor<4xf32>, %[[ACC:[a-z0-9]+]]: tensor<4x8xf32>
// CHECK-NEXT:    return %[[MAX]], %[[SUM]], %[[ACC]]
func.func @combine_of_no_states(%max: tensor<4xf32>, %sum: tensor<4xf32>, %acc: tensor<4x8xf32>,
                                %partial: tensor<0x4xf32>, %partial_acc: tensor<0x4x8xf32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>) {
  %state:3 = attn.combine ins(%partial, %partial, %partial_acc : tensor<0x4xf32>, tensor<0x4xf32>, tensor<0x4x8xf32>)
      outs(%max, %sum, %acc : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      {indexing_maps = [#partial_row, #partial_row, #partial_acc, #row, #row, #acc]}
      -> tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
  return %state#0, %state#1, %state#2 : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: func @combine_static_shapes(
// CHECK:         attn.combine {{.*}} : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4x8xf32>) outs({{.*}} : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
func.func @combine_static_shapes(%max: tensor<4xf32>, %sum: tensor<4xf32>, %acc: tensor<4x8xf32>,
                                 %partial: tensor<2x?xf32>, %partial_acc: tensor<?x?x?xf32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>) {
  %state:3 = attn.combine ins(%partial, %partial, %partial_acc : tensor<2x?xf32>, tensor<2x?xf32>, tensor<?x?x?xf32>)
      outs(%max, %sum, %acc : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      {indexing_maps = [#partial_row, #partial_row, #partial_acc, #row, #row, #acc]}
      -> tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
  return %state#0, %state#1, %state#2 : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
}

// -----

#row = affine_map<(m, n) -> (m)>
#acc = affine_map<(m, n) -> (m, n)>

// CHECK-LABEL: func @finish_casts(
// CHECK-NOT:     tensor.cast
// CHECK:         attn.finish {{.*}} : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>) outs(%{{.*}} : tensor<4x8xf32>)
func.func @finish_casts(%row: tensor<4xf32>, %acc: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %some_row = tensor.cast %row : tensor<4xf32> to tensor<?xf32>
  %some_acc = tensor.cast %acc : tensor<4x8xf32> to tensor<?x8xf32>
  %output = attn.finish ins(%some_row, %some_row, %some_acc : tensor<?xf32>, tensor<?xf32>, tensor<?x8xf32>)
      outs(%acc : tensor<4x8xf32>) {indexing_maps = [#row, #row, #acc, #acc]} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// Unused operations go away: they have no side effects.

// CHECK-LABEL: func @unused(
// CHECK-NEXT:    return
func.func @unused(%query: tensor<4x8xf32>) {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

// Conditions on positions that hide keys in a score region are masks.

// CHECK-LABEL: func @causal_score(
// CHECK:         attn.attention {{.*}} {mask = #attn.causal} -> tensor<64x8xf32>
func.func @causal_score(%query: tensor<64x8xf32>, %key: tensor<64x8xf32>) -> tensor<64x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<64x8xf32>, tensor<64x8xf32>, tensor<64x8xf32>)
      outs(%query : tensor<64x8xf32>) score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %sees = arith.cmpi sge, %i, %j : index
    %score = arith.select %sees, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<64x8xf32>
  return %output : tensor<64x8xf32>
}

// CHECK-LABEL: func @window_score(
// CHECK:         attn.attention {{.*}} {mask = #attn.window<15, 0>} -> tensor<64x8xf32>
func.func @window_score(%query: tensor<64x8xf32>, %key: tensor<64x8xf32>) -> tensor<64x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<64x8xf32>, tensor<64x8xf32>, tensor<64x8xf32>)
      outs(%query : tensor<64x8xf32>) score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %distance = arith.subi %i, %j : index
    %size = arith.constant 16 : index
    %near = arith.cmpi slt, %distance, %size : index
    %past = arith.cmpi sle, %j, %i : index
    %sees = arith.andi %near, %past : i1
    %score = arith.select %sees, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<64x8xf32>
  return %output : tensor<64x8xf32>
}

// De Morgan: hidden where both hold, visible where one does not.

// CHECK-LABEL: func @prefix_score(
// CHECK:         attn.attention {{.*}} {mask = #attn.or<#attn.prefix<16>, #attn.causal>} -> tensor<64x8xf32>
func.func @prefix_score(%query: tensor<64x8xf32>, %key: tensor<64x8xf32>) -> tensor<64x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<64x8xf32>, tensor<64x8xf32>, tensor<64x8xf32>)
      outs(%query : tensor<64x8xf32>) score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %size = arith.constant 16 : i64
    %row = arith.index_cast %i : index to i64
    %column = arith.index_cast %j : index to i64
    %late = arith.cmpi sge, %column, %size : i64
    %future = arith.cmpi sgt, %column, %row : i64
    %hidden = arith.andi %late, %future : i1
    %score = arith.select %hidden, %never, %s : f32
    attn.yield %score : f32
  } -> tensor<64x8xf32>
  return %output : tensor<64x8xf32>
}

// CHECK-LABEL: func @added_mask(
// CHECK:         attn.attention {{.*}} {mask = #attn.and<#attn.window<5, 1>, #attn.prefix<40>>} -> tensor<64x8xf32>
func.func @added_mask(%query: tensor<64x8xf32>, %key: tensor<64x8xf32>) -> tensor<64x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<64x8xf32>, tensor<64x8xf32>, tensor<64x8xf32>)
      outs(%query : tensor<64x8xf32>) {mask = #attn.and<#attn.prefix<40>, #attn.window<5, 9>>} score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %zero = arith.constant 0.0 : f32
    %two = arith.constant 2 : i32
    %row = arith.index_cast %i : index to i32
    %column = arith.index_cast %j : index to i32
    %last = arith.addi %row, %two : i32
    %sees = arith.cmpi slt, %column, %last : i32
    %bias = arith.select %sees, %zero, %never : f32
    %score = arith.addf %s, %bias : f32
    attn.yield %score : f32
  } -> tensor<64x8xf32>
  return %output : tensor<64x8xf32>
}

// CHECK-LABEL: func @mask_after_softcap(
// CHECK:         attn.attention {{.*}} {mask = #attn.causal} score(
// CHECK-NEXT:      math.tanh
// CHECK-NEXT:      attn.yield
func.func @mask_after_softcap(%query: tensor<64x8xf32>, %key: tensor<64x8xf32>) -> tensor<64x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<64x8xf32>, tensor<64x8xf32>, tensor<64x8xf32>)
      outs(%query : tensor<64x8xf32>) score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %capped = math.tanh %s : f32
    %sees = arith.cmpi sge, %i, %j : index
    %score = arith.select %sees, %capped, %never : f32
    attn.yield %score : f32
  } -> tensor<64x8xf32>
  return %output : tensor<64x8xf32>
}

// No mask hides the query's own key.

// CHECK-LABEL: func @negative_strictly_past(
// CHECK:         arith.cmpi sgt
func.func @negative_strictly_past(%query: tensor<64x8xf32>, %key: tensor<64x8xf32>) -> tensor<64x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<64x8xf32>, tensor<64x8xf32>, tensor<64x8xf32>)
      outs(%query : tensor<64x8xf32>) score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %sees = arith.cmpi sgt, %i, %j : index
    %score = arith.select %sees, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<64x8xf32>
  return %output : tensor<64x8xf32>
}

// The region's rows know no offset, the mask's do.

// CHECK-LABEL: func @negative_offset_and_score(
// CHECK:         attn.attention {{.*}} query_offset({{.*}} {mask = #attn.prefix<9>} score
// CHECK:           arith.cmpi sge
func.func @negative_offset_and_score(%query: tensor<64x8xf32>, %key: tensor<64x8xf32>, %offset: index) -> tensor<64x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<64x8xf32>, tensor<64x8xf32>, tensor<64x8xf32>) query_offset(%offset : index)
      outs(%query : tensor<64x8xf32>) {mask = #attn.prefix<9>} score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %sees = arith.cmpi sge, %i, %j : index
    %score = arith.select %sees, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<64x8xf32>
  return %output : tensor<64x8xf32>
}

// With unknown sizes 32 bits may overflow.

// CHECK-LABEL: func @negative_narrow_positions(
// CHECK:           arith.cmpi sge
func.func @negative_narrow_positions(%query: tensor<64x8xf32>, %key: tensor<?x8xf32>) -> tensor<64x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<64x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>)
      outs(%query : tensor<64x8xf32>) score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %row = arith.index_cast %i : index to i32
    %column = arith.index_cast %j : index to i32
    %sees = arith.cmpi sge, %row, %column : i32
    %score = arith.select %sees, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<64x8xf32>
  return %output : tensor<64x8xf32>
}

// CHECK-LABEL: func @negative_not_positions(
// CHECK:           arith.cmpf olt
func.func @negative_not_positions(%query: tensor<64x8xf32>, %key: tensor<64x8xf32>) -> tensor<64x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<64x8xf32>, tensor<64x8xf32>, tensor<64x8xf32>)
      outs(%query : tensor<64x8xf32>) score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %large = arith.constant 9.0 : f32
    %sees = arith.cmpf olt, %s, %large : f32
    %score = arith.select %sees, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<64x8xf32>
  return %output : tensor<64x8xf32>
}

// -----

// A mask that hides nothing goes, and what only it looked at.

// CHECK-LABEL: func @full_mask_with_segments(
// CHECK-NOT:     mask =
// CHECK-NOT:     segments
// CHECK:         return
func.func @full_mask_with_segments(%query: tensor<4x8xf32>, %key: tensor<9x8xf32>, %ids: tensor<4xi32>,
                                   %key_ids: tensor<9xi32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<4x8xf32>, tensor<9x8xf32>, tensor<9x8xf32>)
      segments(%ids, %key_ids : tensor<4xi32>, tensor<9xi32>)
      outs(%query : tensor<4x8xf32>) {mask = #attn.or<#attn.prefix<9>, #attn.segments>} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// CHECK-LABEL: func @negative_segments(
// CHECK:         attn.attention {{.*}} segments(%{{.*}} {mask = #attn.segments}
func.func @negative_segments(%query: tensor<4x8xf32>, %ids: tensor<4xi32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      segments(%ids, %ids : tensor<4xi32>, tensor<4xi32>)
      outs(%query : tensor<4x8xf32>) {mask = #attn.segments} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// -----

// Ids of query and key that must be equal are segments.

// CHECK-LABEL: func @document_score(
// CHECK-SAME:    %[[IDS:[a-z0-9]+]]: tensor<2x16xi32>
// CHECK:         attn.attention {{.*}} segments(%[[IDS]], %[[IDS]] : tensor<2x16xi32>, tensor<2x16xi32>) {{.*}} {mask = #attn.and<#attn.causal, #attn.segments>} -> tensor<2x3x16x8xf32>
func.func @document_score(%query: tensor<2x3x16x8xf32>, %ids: tensor<2x16xi32>) -> tensor<2x3x16x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<2x3x16x8xf32>, tensor<2x3x16x8xf32>, tensor<2x3x16x8xf32>)
      outs(%query : tensor<2x3x16x8xf32>) score(%s : f32, %b : index, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %key_id = tensor.extract %ids[%b, %j] : tensor<2x16xi32>
    %query_id = tensor.extract %ids[%b, %i] : tensor<2x16xi32>
    %same = arith.cmpi eq, %key_id, %query_id : i32
    %past = arith.cmpi sle, %j, %i : index
    %sees = arith.andi %past, %same : i1
    %score = arith.select %sees, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<2x3x16x8xf32>
  return %output : tensor<2x3x16x8xf32>
}

// CHECK-LABEL: func @negative_ids_of_more_keys(
// CHECK-NOT:     segments
// CHECK:         arith.cmpi eq
func.func @negative_ids_of_more_keys(%query: tensor<16x8xf32>, %ids: tensor<20xi32>) -> tensor<16x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<16x8xf32>, tensor<16x8xf32>, tensor<16x8xf32>)
      outs(%query : tensor<16x8xf32>) score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %key_id = tensor.extract %ids[%j] : tensor<20xi32>
    %query_id = tensor.extract %ids[%i] : tensor<20xi32>
    %same = arith.cmpi eq, %key_id, %query_id : i32
    %score = arith.select %same, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<16x8xf32>
  return %output : tensor<16x8xf32>
}

// CHECK-LABEL: func @negative_two_ids(
// CHECK-COUNT-2: arith.cmpi eq
func.func @negative_two_ids(%query: tensor<16x8xf32>, %ids: tensor<16xi32>, %others: tensor<16xi32>) -> tensor<16x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<16x8xf32>, tensor<16x8xf32>, tensor<16x8xf32>)
      outs(%query : tensor<16x8xf32>) score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %key_id = tensor.extract %ids[%j] : tensor<16xi32>
    %query_id = tensor.extract %ids[%i] : tensor<16xi32>
    %same = arith.cmpi eq, %key_id, %query_id : i32
    %other_key_id = tensor.extract %others[%j] : tensor<16xi32>
    %other_query_id = tensor.extract %others[%i] : tensor<16xi32>
    %other_same = arith.cmpi eq, %other_key_id, %other_query_id : i32
    %sees = arith.andi %same, %other_same : i1
    %score = arith.select %sees, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<16x8xf32>
  return %output : tensor<16x8xf32>
}

// CHECK-LABEL: func @negative_other_documents(
// CHECK-NOT:     segments
// CHECK:         arith.cmpi ne
func.func @negative_other_documents(%query: tensor<16x8xf32>, %ids: tensor<16xi32>) -> tensor<16x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<16x8xf32>, tensor<16x8xf32>, tensor<16x8xf32>)
      outs(%query : tensor<16x8xf32>) score(%s : f32, %h : index, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %key_id = tensor.extract %ids[%j] : tensor<16xi32>
    %query_id = tensor.extract %ids[%i] : tensor<16xi32>
    %other = arith.cmpi ne, %key_id, %query_id : i32
    %score = arith.select %other, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<16x8xf32>
  return %output : tensor<16x8xf32>
}
