// RUN: attn-opt %s -split-input-file -verify-diagnostics

// Layouts.

func.func @unranked_query(%query: tensor<*xf32>, %key: tensor<4x8xf32>) {
  // expected-error @+1 {{invalid kind of type specified: expected builtin.tensor, but found 'tensor<*xf32>'}}
  %output = attn.attention ins(%query, %key, %key : tensor<*xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%key : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @no_default_layout(%query: tensor<8xf32>, %key: tensor<4x8xf32>) {
  %output = attn.attention ins(%query, %key, %key : tensor<8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      // expected-error @+1 {{a query of rank 1 has no default layout; write indexing_maps = [...]}}
      outs(%key : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @unknown_layout(%query: tensor<4x8xf32>) {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      // expected-error @+1 {{unknown layout 'sx'; use the letters sd, hsd, bhsd or bhgsd in any order}}
      outs(%query : tensor<4x8xf32>) layout(sx) -> tensor<4x8xf32>
  return
}

// -----

func.func @mask_tensor_of_too_many_dimensions(%query: tensor<4x8xf32>, %mask: tensor<2x4x4xi1>) {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      // expected-error @+1 {{with a mask tensor over the trailing dimensions of (batch.., m, k2) and segments over the first of (batch..), then m or k2, or write indexing_maps}}
      mask_tensor(%mask : tensor<2x4x4xi1>) outs(%query : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @layout_of_another_rank(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{the map of query has 3 results, but the operand has rank 2}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) layout(hsd) -> tensor<4x8xf32>
  return
}

// -----

// Maps.

func.func @no_maps(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{requires attribute 'indexing_maps'}}
  %output = "attn.attention"(%query, %query, %query, %query)
      <{operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 1>}>
      : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @empty_maps(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{needs one indexing map per operand: 4 operands, 0 maps}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) indexing_maps = [] -> tensor<4x8xf32>
  return
}

// -----

func.func @one_map_too_many(%query: tensor<4x8xf32>, %row: tensor<4xf32>) {
  // expected-error @+1 {{needs one indexing map per operand: 4 operands, 5 maps}}
  %output = attn.finish ins(%row, %row, %query : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>)
      {indexing_maps = [affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>,
                        affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m)>]} -> tensor<4x8xf32>
  return
}

// -----

func.func @attention_over_too_few_dimensions(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{needs indexing maps over (batch.., m, k1, k2, n), got 3 dimensions}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>)
      indexing_maps = [affine_map<(m, k, n) -> (m, k)>, affine_map<(m, k, n) -> (m, k)>,
                       affine_map<(m, k, n) -> (m, k)>, affine_map<(m, k, n) -> (m, n)>] -> tensor<4x8xf32>
  return
}

// -----

func.func @finish_over_too_few_dimensions(%row: tensor<4xf32>) {
  // expected-error @+1 {{needs indexing maps over (batch.., m, n), got 1 dimensions}}
  %output = attn.finish ins(%row, %row, %row : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
      outs(%row : tensor<4xf32>)
      {indexing_maps = [affine_map<(m) -> (m)>, affine_map<(m) -> (m)>, affine_map<(m) -> (m)>,
                        affine_map<(m) -> (m)>]} -> tensor<4xf32>
  return
}

// -----

// Grouped heads are not h floordiv 4.

func.func @grouped_heads_by_division(%query: tensor<8x4x8xf32>, %key: tensor<2x4x8xf32>) {
  // expected-error @+1 {{the map of key must be a projected permutation of 5 dimensions, got affine_map<(d0, d1, d2, d3, d4) -> (d0 floordiv 4, d3, d2)>; grouped heads are a dimension of their own}}
  %output = attn.attention ins(%query, %key, %key : tensor<8x4x8xf32>, tensor<2x4x8xf32>, tensor<2x4x8xf32>)
      outs(%query : tensor<8x4x8xf32>)
      indexing_maps = [affine_map<(h, m, k1, k2, n) -> (h, m, k1)>, affine_map<(h, m, k1, k2, n) -> (h floordiv 4, k2, k1)>,
                       affine_map<(h, m, k1, k2, n) -> (h floordiv 4, k2, n)>,
                       affine_map<(h, m, k1, k2, n) -> (h, m, n)>] -> tensor<8x4x8xf32>
  return
}

// -----

func.func @map_with_symbol(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{the map of query must be a projected permutation of 4 dimensions, got affine_map<(d0, d1, d2, d3)[s0] -> (d0, d1)>}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>)
      indexing_maps = [affine_map<(m, k1, k2, n)[s] -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
                       affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m, n)>] -> tensor<4x8xf32>
  return
}

// -----

func.func @map_with_constant(%query: tensor<4x8xf32>, %key: tensor<1x4x8xf32>) {
  // expected-error @+1 {{the map of key must be a projected permutation of 4 dimensions, got affine_map<(d0, d1, d2, d3) -> (0, d2, d1)>}}
  %output = attn.attention ins(%query, %key, %query : tensor<4x8xf32>, tensor<1x4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>)
      indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (0, k2, k1)>,
                       affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m, n)>] -> tensor<4x8xf32>
  return
}

// -----

func.func @map_of_other_dimensions(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{the map of output must be a projected permutation of 4 dimensions, got affine_map<(d0, d1) -> (d0, d1)>}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>)
      indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
                       affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, n) -> (m, n)>] -> tensor<4x8xf32>
  return
}

// -----

func.func @map_uses_a_dimension_twice(%query: tensor<4x4xf32>) {
  // expected-error @+1 {{the map of value must be a projected permutation of 4 dimensions}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>)
      outs(%query : tensor<4x4xf32>)
      indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
                       affine_map<(m, k1, k2, n) -> (n, n)>, affine_map<(m, k1, k2, n) -> (m, n)>] -> tensor<4x4xf32>
  return
}

// -----

func.func @map_must_not_use(%query: tensor<4x8xf32>, %key: tensor<4x8x8xf32>) {
  // expected-error @+1 {{the map of key must not use n (features of the value)}}
  %output = attn.attention ins(%query, %key, %query : tensor<4x8xf32>, tensor<4x8x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>)
      indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2, k1, n)>,
                       affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m, n)>] -> tensor<4x8xf32>
  return
}

// -----

func.func @map_must_use(%query: tensor<4x8xf32>, %key: tensor<4xf32>) {
  // expected-error @+1 {{the map of key must use k1 (features of query and key)}}
  %output = attn.attention ins(%query, %key, %query : tensor<4x8xf32>, tensor<4xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>)
      indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2)>,
                       affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m, n)>] -> tensor<4x8xf32>
  return
}

// -----

// Keys may be shared by batches, queries may not.

func.func @query_must_use_batch(%query: tensor<4x8xf32>, %key: tensor<2x4x8xf32>) {
  // expected-error @+1 {{the map of query must use batch dimension 0}}
  %output = attn.attention ins(%query, %key, %key : tensor<4x8xf32>, tensor<2x4x8xf32>, tensor<2x4x8xf32>)
      outs(%key : tensor<2x4x8xf32>)
      indexing_maps = [affine_map<(b, m, k1, k2, n) -> (m, k1)>, affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>,
                       affine_map<(b, m, k1, k2, n) -> (b, k2, n)>,
                       affine_map<(b, m, k1, k2, n) -> (b, m, n)>] -> tensor<2x4x8xf32>
  return
}

// -----

func.func @mask_tensor_over_features(%query: tensor<4x8xf32>, %mask: tensor<4x8xi1>) {
  // expected-error @+1 {{the map of mask tensor must not use n (features of the value)}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      mask_tensor(%mask : tensor<4x8xi1>) outs(%query : tensor<4x8xf32>)
      indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
                       affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (k2, n)>,
                       affine_map<(m, k1, k2, n) -> (m, n)>] -> tensor<4x8xf32>
  return
}

// -----

// Shapes.

func.func @feature_sizes_differ(%query: tensor<4x8xf32>, %key: tensor<4x7xf32>) {
  // expected-error @+1 {{sizes differ in k1 (features of query and key): dimension 1 of query has size 8, dimension 1 of key has size 7}}
  %output = attn.attention ins(%query, %key, %query : tensor<4x8xf32>, tensor<4x7xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @batch_sizes_differ(%query: tensor<2x4x8xf32>, %key: tensor<3x4x8xf32>) {
  // expected-error @+1 {{sizes differ in batch dimension 0: dimension 0 of query has size 2, dimension 0 of key has size 3}}
  %output = attn.attention ins(%query, %key, %key : tensor<2x4x8xf32>, tensor<3x4x8xf32>, tensor<3x4x8xf32>)
      outs(%query : tensor<2x4x8xf32>) -> tensor<2x4x8xf32>
  return
}

// -----

func.func @log_sum_exp_size_differs(%query: tensor<4x8xf32>, %lse: tensor<5xf32>) {
  // expected-error @+1 {{sizes differ in m (queries): dimension 0 of query has size 4, dimension 0 of log-sum-exp has size 5}}
  %output:2 = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query, %lse : tensor<4x8xf32>, tensor<5xf32>) -> tensor<4x8xf32>, tensor<5xf32>
  return
}

// -----

#row = affine_map<(m, s, n) -> (m)>
#acc = affine_map<(m, s, n) -> (m, n)>

func.func @combine_without_split(%row: tensor<4xf32>, %acc: tensor<4x8xf32>) {
  // expected-error @+1 {{the map of partial m must use s (splits)}}
  %state:3 = attn.combine ins(%row, %row, %acc : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      outs(%row, %row, %acc : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      {indexing_maps = [#row, #row, #acc, #row, #row, #acc]} -> tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
  return
}

// -----

// Operands and results.

func.func @no_destination(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{'attn.attention' op needs one destination for the output and at most one for the log-sum-exp, got 0}}
  "attn.attention"(%query, %query, %query)
      <{indexing_maps = [], operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 0>}>
      : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) -> ()
  return
}

// -----

func.func @three_destinations(%row: tensor<4xf32>, %acc: tensor<4x8xf32>) {
  // expected-error @+1 {{'attn.finish' op needs one destination for the output and at most one for the log-sum-exp, got 3}}
  %output:3 = attn.finish ins(%row, %row, %acc : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      outs(%acc, %row, %row : tensor<4x8xf32>, tensor<4xf32>, tensor<4xf32>)
      {indexing_maps = []} -> tensor<4x8xf32>, tensor<4xf32>, tensor<4xf32>
  return
}

// -----

func.func @segments_do_not_add_up(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{operand count (4) does not match with the total size (5)}}
  %output = "attn.attention"(%query, %query, %query, %query)
      <{indexing_maps = [], operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 2>}>
      : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @one_result_missing(%query: tensor<4x8xf32>, %lse: tensor<4xf32>) {
  // expected-error @+1 {{needs one result per destination: 2 destinations, 1 results}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query, %lse : tensor<4x8xf32>, tensor<4xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @result_type(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{the result type 'tensor<?x8xf32>' differs from its destination's 'tensor<4x8xf32>'}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

// Element types.

func.func @integer_key(%query: tensor<4x8xf32>, %key: tensor<4x8xi8>) {
  // expected-error @+1 {{operand #1 must be ranked tensor of 16-bit float or bfloat16 type or 32-bit float or 64-bit float values}}
  %output = attn.attention ins(%query, %key, %query : tensor<4x8xf32>, tensor<4x8xi8>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @mixed_f64_key(%query: tensor<4x8xf32>, %key: tensor<4x8xf64>) {
  // expected-error @+1 {{f64 and narrower types must not be mixed: query has element type 'f32', another operand 'tensor<4x8xf64>'}}
  %output = attn.attention ins(%query, %key, %query : tensor<4x8xf32>, tensor<4x8xf64>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @mixed_f64_output(%query: tensor<4x8xf64>, %init: tensor<4x8xf16>) {
  // expected-error @+1 {{f64 and narrower types must not be mixed: query has element type 'f64', another operand 'tensor<4x8xf16>'}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf64>, tensor<4x8xf64>, tensor<4x8xf64>)
      outs(%init : tensor<4x8xf16>) -> tensor<4x8xf16>
  return
}

// -----

func.func @mask_tensor_too_wide(%query: tensor<4x8xf32>, %mask: tensor<4x4xf64>) {
  // expected-error @+1 {{the mask tensor must not be wider than the running state, 'f32', got 'tensor<4x4xf64>'}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      mask_tensor(%mask : tensor<4x4xf64>) outs(%query : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @log_sum_exp_type(%query: tensor<4x8xf16>, %lse: tensor<4xf16>) {
  // expected-error @+1 {{the log-sum-exp must be 'f32', got 'tensor<4xf16>'}}
  %output:2 = attn.attention ins(%query, %query, %query : tensor<4x8xf16>, tensor<4x8xf16>, tensor<4x8xf16>)
      outs(%query, %lse : tensor<4x8xf16>, tensor<4xf16>) -> tensor<4x8xf16>, tensor<4xf16>
  return
}

// -----

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>

func.func @fold_state_type(%query: tensor<4x8xf32>, %max: tensor<4xf64>, %sum: tensor<4xf32>) {
  // expected-error @+1 {{the running state must be 'f32', got 'tensor<4xf64>'}}
  %state:3 = attn.fold ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%max, %sum, %query : tensor<4xf64>, tensor<4xf32>, tensor<4x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<4xf64>, tensor<4xf32>, tensor<4x8xf32>
  return
}

// -----

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>

func.func @fold_mixed_f64_key(%query: tensor<4x8xf32>, %key: tensor<4x8xf64>, %row: tensor<4xf32>) {
  // expected-error @+1 {{f64 and narrower types must not be mixed: query has element type 'f32', another operand 'tensor<4x8xf64>'}}
  %state:3 = attn.fold ins(%query, %key, %query : tensor<4x8xf32>, tensor<4x8xf64>, tensor<4x8xf32>)
      outs(%row, %row, %query : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
  return
}

// -----

#partial = affine_map<(m, s, n) -> (s, m)>
#partial_acc = affine_map<(m, s, n) -> (s, m, n)>
#row = affine_map<(m, s, n) -> (m)>
#acc = affine_map<(m, s, n) -> (m, n)>

func.func @combine_state_type(%partial: tensor<2x4xf64>, %partial_acc: tensor<2x4x8xf32>, %row: tensor<4xf32>,
                              %acc: tensor<4x8xf32>) {
  // expected-error @+1 {{the running state must be 'f32', got 'tensor<2x4xf64>'}}
  %state:3 = attn.combine ins(%partial, %partial, %partial_acc : tensor<2x4xf64>, tensor<2x4xf64>, tensor<2x4x8xf32>)
      outs(%row, %row, %acc : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      {indexing_maps = [#partial, #partial, #partial_acc, #row, #row, #acc]}
      -> tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
  return
}

// -----

#row = affine_map<(m, n) -> (m)>
#acc = affine_map<(m, n) -> (m, n)>

func.func @finish_state_type(%max: tensor<4xf64>, %row: tensor<4xf32>, %acc: tensor<4x8xf32>) {
  // expected-error @+1 {{the running state must be 'f32', got 'tensor<4xf64>'}}
  %output = attn.finish ins(%max, %row, %acc : tensor<4xf64>, tensor<4xf32>, tensor<4x8xf32>)
      outs(%acc : tensor<4x8xf32>) {indexing_maps = [#row, #row, #acc, #acc]} -> tensor<4x8xf32>
  return
}

// -----

#row = affine_map<(m, n) -> (m)>
#acc = affine_map<(m, n) -> (m, n)>

func.func @finish_log_sum_exp_type(%row: tensor<4xf32>, %lse: tensor<4xf16>, %acc: tensor<4x8xf32>) {
  // expected-error @+1 {{the log-sum-exp must be 'f32', got 'tensor<4xf16>'}}
  %output:2 = attn.finish ins(%row, %row, %acc : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      outs(%acc, %lse : tensor<4x8xf32>, tensor<4xf16>)
      {indexing_maps = [#row, #row, #acc, #acc, #row]} -> tensor<4x8xf32>, tensor<4xf16>
  return
}

// -----

func.func @state_in_f16(%row: tensor<4xf16>, %acc: tensor<4x8xf16>) {
  // expected-error @+1 {{operand #0 must be ranked tensor of 32-bit float or 64-bit float values, but got 'tensor<4xf16>'}}
  %output = attn.finish ins(%row, %row, %acc : tensor<4xf16>, tensor<4xf16>, tensor<4x8xf16>)
      outs(%acc : tensor<4x8xf16>) {indexing_maps = []} -> tensor<4x8xf16>
  return
}

// -----

// Attributes.

func.func @scale_not_finite(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{the scale must be finite}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) {scale = 0x7FF0000000000000 : f64} -> tensor<4x8xf32>
  return
}

// -----

func.func @too_many_head_dims(%query: tensor<2x3x4x8xf32>) {
  // expected-error @+1 {{head_dims is 3, but there are 2 batch dimensions}}
  %output = attn.attention ins(%query, %query, %query : tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>)
      outs(%query : tensor<2x3x4x8xf32>) {head_dims = 3} -> tensor<2x3x4x8xf32>
  return
}

// -----

func.func @negative_head_dims(%query: tensor<2x3x4x8xf32>) {
  // expected-error @+1 {{head_dims is -1, but there are 2 batch dimensions}}
  %output = attn.attention ins(%query, %query, %query : tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>)
      outs(%query : tensor<2x3x4x8xf32>) {head_dims = -1} -> tensor<2x3x4x8xf32>
  return
}

// -----

// 2^32 is not 0.

func.func @head_dims_of_64_bits(%query: tensor<2x3x4x8xf32>) {
  // expected-error @+1 {{head_dims is 4294967296, but there are 2 batch dimensions}}
  %output = attn.attention ins(%query, %query, %query : tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>)
      outs(%query : tensor<2x3x4x8xf32>) {head_dims = 4294967296} -> tensor<2x3x4x8xf32>
  return
}

// -----

func.func @segments_without_mask(%query: tensor<4x8xf32>, %ids: tensor<4xi32>) {
  // expected-error @+1 {{has segments, but its mask does not compare them: it has no #attn.segments}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      segments(%ids, %ids : tensor<4xi32>, tensor<4xi32>) outs(%query : tensor<4x8xf32>) {mask = #attn.causal} -> tensor<4x8xf32>
  return
}

// -----

func.func @mask_without_segments(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{has a mask that compares segments, but no operands segments(...)}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) {mask = #attn.or<#attn.causal, #attn.and<#attn.segments>>} -> tensor<4x8xf32>
  return
}

// -----

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#ids = affine_map<(m, k1, k2, n) -> (k2)>
#output = affine_map<(m, k1, k2, n) -> (m, n)>
func.func @segments_of_keys_alone(%query: tensor<4x8xf32>, %ids: tensor<4xi32>) {
  // expected-error @+1 {{needs segments of queries and of keys, or neither}}
  %output = "attn.attention"(%query, %query, %query, %ids, %query)
      <{operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 1, 0, 0, 1>, mask = #attn.segments,
        indexing_maps = [#query, #key, #value, #ids, #output]}>
      : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xi32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @segments_of_two_types(%query: tensor<4x8xf32>, %ids: tensor<4xi32>, %wide: tensor<4xi64>) {
  // expected-error @+1 {{segments of queries and of keys must have one element type, got 'tensor<4xi32>' and 'tensor<4xi64>'}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      segments(%ids, %wide : tensor<4xi32>, tensor<4xi64>) outs(%query : tensor<4x8xf32>) {mask = #attn.segments} -> tensor<4x8xf32>
  return
}

// -----

func.func @too_few_segments(%query: tensor<4x8xf32>, %key: tensor<6x8xf32>, %ids: tensor<4xi32>) {
  // expected-error @+1 {{sizes differ in k2 (keys): dimension 0 of key has size 6, dimension 0 of segments of keys has size 4}}
  %output = attn.attention ins(%query, %key, %key : tensor<4x8xf32>, tensor<6x8xf32>, tensor<6x8xf32>)
      segments(%ids, %ids : tensor<4xi32>, tensor<4xi32>) outs(%query : tensor<4x8xf32>) {mask = #attn.segments} -> tensor<4x8xf32>
  return
}

// -----

func.func @not_a_mask(%query: tensor<4x8xf32>) {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      // expected-error @+1 {{attribute 'mask' failed to satisfy constraint: MaskAttrInterface instance}}
      outs(%query : tensor<4x8xf32>) {mask = "causal"} -> tensor<4x8xf32>
  return
}

// -----

// expected-error @+1 {{window sizes must be in [0, 2^62), got left = -1, right = 0}}
func.func private @window() attributes {attn.mask = #attn.window<-1, 0>}

// -----

// expected-error @+1 {{window sizes must be in [0, 2^62), got left = 0, right = 4611686018427387904}}
func.func private @window() attributes {attn.mask = #attn.window<0, 4611686018427387904>}

// -----

// expected-error @+1 {{prefix size must be in [0, 2^62), got -1}}
func.func private @prefix() attributes {attn.mask = #attn.prefix<-1>}

// -----

// expected-error @+1 {{expected attribute value}}
func.func private @no_masks() attributes {attn.mask = #attn.and<>}

// -----

// expected-error @+1 {{invalid kind of attribute specified}}
func.func private @masks_of_something_else() attributes {attn.mask = #attn.or<1, 2>}

// -----

// expected-error @+1 {{unknown attribute `diagonal` in dialect `attn`}}
func.func private @unknown_mask() attributes {attn.mask = #attn.diagonal}

// -----

// expected-error @+1 {{tile sizes are in rows and must be in [0, 2^62), got queries = -1, keys = 0}}
func.func private @form() attributes {attn.form = #attn.form<blocked, queries = -1>}

// -----

// expected-error @+1 {{tile sizes are in rows and must be in [0, 2^62), got queries = 0, keys = 9223372036854775807}}
func.func private @form() attributes {attn.form = #attn.form<blocked, keys = 9223372036854775807>}

// -----

// expected-error @+2 {{failed to parse Attn_FormAttr parameter 'kind'}}
// expected-error @+1 {{expected ::mlir::attn::FormKind to be one of: materialized, recurrent, blocked, recompute}}
func.func private @form() attributes {attn.form = #attn.form<flash>}

// -----

// Per-batch operands and positions.

func.func @per_batch_rank(%query: tensor<2x3x4x8xf32>, %offset: tensor<2x3xi64>) {
  // expected-error @+1 {{query_offset must be an index or have one element per batch, that is rank 1, got 'tensor<2x3xi64>'}}
  %output = attn.attention ins(%query, %query, %query : tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>)
      query_offset(%offset : tensor<2x3xi64>) outs(%query : tensor<2x3x4x8xf32>) -> tensor<2x3x4x8xf32>
  return
}

// -----

func.func @valid_keys_rank(%query: tensor<4x8xf32>, %valid: tensor<1xindex>) {
  // expected-error @+1 {{valid_keys must be an index or have one element per batch, that is rank 0, got 'tensor<1xindex>'}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      valid_keys(%valid : tensor<1xindex>) outs(%query : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @per_batch_size(%query: tensor<2x3x4x8xf32>, %valid: tensor<3xi64>) {
  // expected-error @+1 {{a per-batch operand has 3 elements in dimension 0, but there are 2 batches}}
  %output = attn.attention ins(%query, %query, %query : tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>)
      valid_keys(%valid : tensor<3xi64>) outs(%query : tensor<2x3x4x8xf32>) -> tensor<2x3x4x8xf32>
  return
}

// -----

func.func @per_batch_type(%query: tensor<2x3x4x8xf32>, %valid: tensor<2xf32>) {
  // expected-error @+1 {{operand #3 must be an index, or a tensor of index, i32 or i64 with one element per batch, but got 'tensor<2xf32>'}}
  %output = attn.attention ins(%query, %query, %query : tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>, tensor<2x3x4x8xf32>)
      valid_keys(%valid : tensor<2xf32>) outs(%query : tensor<2x3x4x8xf32>) -> tensor<2x3x4x8xf32>
  return
}

// -----

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>

func.func @fold_per_batch_rank(%query: tensor<4x8xf32>, %row: tensor<4xf32>, %valid: tensor<1xindex>) {
  // expected-error @+1 {{a per-batch operand has rank 1, but there are 0 batch dimensions}}
  %state:3 = attn.fold ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      valid_keys(%valid : tensor<1xindex>) outs(%row, %row, %query : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
  return
}

// -----

#query = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#key = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#value = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#row = affine_map<(b, m, k1, k2, n) -> (b, m)>
#acc = affine_map<(b, m, k1, k2, n) -> (b, m, n)>

// Without `at` the fold is the whole, with all batches.

func.func @fold_per_batch_size(%query: tensor<2x4x8xf32>, %row: tensor<2x4xf32>, %valid: tensor<3xindex>) {
  // expected-error @+1 {{a per-batch operand has 3 elements in dimension 0, but there are 2 batches}}
  %state:3 = attn.fold ins(%query, %query, %query : tensor<2x4x8xf32>, tensor<2x4x8xf32>, tensor<2x4x8xf32>)
      valid_keys(%valid : tensor<3xindex>)
      outs(%row, %row, %query : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4x8xf32>
  return
}

// -----

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>

func.func @fold_positions(%query: tensor<4x8xf32>, %row: tensor<4xf32>, %first: index) {
  // expected-error @+1 {{needs one position per dimension of (batch.., m, k2), that is 2, got 1}}
  %state:3 = attn.fold ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      at(%first) outs(%row, %row, %query : tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<4xf32>, tensor<4xf32>, tensor<4x8xf32>
  return
}

// -----

// Score regions.

func.func @score_arguments(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{the score region must take (score : 'f32', h : index, i : index, j : index)}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) score(%score : f32, %i : index, %j : index) {
    attn.yield %score : f32
  } -> tensor<4x8xf32>
  return
}

// -----

func.func @score_without_arguments(%query: tensor<4x8xf32>, %constant: f32) {
  // expected-error @+1 {{the score region must take (score : 'f32', h : index, i : index, j : index)}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) score() {
    attn.yield %constant : f32
  } -> tensor<4x8xf32>
  return
}

// -----

// Scores are in the type of the state, whatever the data.

func.func @score_type(%query: tensor<2x4x8xf16>) {
  // expected-error @+1 {{the score region must take (score : 'f32', h : index, i : index, j : index)}}
  %output = attn.attention ins(%query, %query, %query : tensor<2x4x8xf16>, tensor<2x4x8xf16>, tensor<2x4x8xf16>)
      outs(%query : tensor<2x4x8xf16>) score(%score : f16, %h : index, %i : index, %j : index) {
    attn.yield %score : f16
  } -> tensor<2x4x8xf16>
  return
}

// -----

#query = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#key = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#value = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#row = affine_map<(b, m, k1, k2, n) -> (b, m)>
#acc = affine_map<(b, m, k1, k2, n) -> (b, m, n)>

func.func @fold_score_arguments(%query: tensor<2x4x8xf32>, %row: tensor<2x4xf32>) {
  // expected-error @+1 {{the score region must take (score : 'f32', b : index, i : index, j : index)}}
  %state:3 = attn.fold ins(%query, %query, %query : tensor<2x4x8xf32>, tensor<2x4x8xf32>, tensor<2x4x8xf32>)
      outs(%row, %row, %query : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]}
      score(%score : f32, %i : index, %j : index) {
    attn.yield %score : f32
  } -> tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4x8xf32>
  return
}

// -----

func.func @score_yields_another_type(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{the score region must end in attn.yield of a 'f32'}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) score(%score : f32, %h : index, %i : index, %j : index) {
    %wide = arith.extf %score : f32 to f64
    attn.yield %wide : f64
  } -> tensor<4x8xf32>
  return
}

// -----

func.func @score_ends_otherwise(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{the score region must end in attn.yield of a 'f32'}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) score(%score : f32, %h : index, %i : index, %j : index) {
    llvm.unreachable
  } -> tensor<4x8xf32>
  return
}

// -----

func.func @score_without_terminator(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{empty block: expect at least a terminator}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) score(%score : f32, %h : index, %i : index, %j : index) {
  } -> tensor<4x8xf32>
  return
}

// -----

// The region is not looked into before its operations are verified.

func.func @score_yields_nothing(%query: tensor<4x8xf32>) {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) score(%score : f32, %h : index, %i : index, %j : index) {
    // expected-error @+1 {{'attn.yield' op requires a single operand}}
    "attn.yield"() : () -> ()
  } -> tensor<4x8xf32>
  return
}

// -----

func.func @score_of_two_blocks(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{region #0 ('score') failed to verify constraint: region with 1 blocks}}
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) score(%score : f32, %h : index, %i : index, %j : index) {
    cf.br ^end
  ^end:
    attn.yield %score : f32
  } -> tensor<4x8xf32>
  return
}

// -----

func.func @two_score_regions(%query: tensor<4x8xf32>) {
  // expected-error @+1 {{takes at most one score region, got 2}}
  %output = "attn.attention"(%query, %query, %query, %query)
      <{indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
                         affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m, n)>],
        operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 0, 0, 0, 1>}> ({
  ^bb0(%score: f32, %h: index, %i: index, %j: index):
    attn.yield %score : f32
  }, {
  ^bb0(%score: f32, %h: index, %i: index, %j: index):
    attn.yield %score : f32
  }) : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func private @log(f32)

func.func @score_with_side_effects(%query: tensor<4x8xf32>) {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) score(%score : f32, %h : index, %i : index, %j : index) {
    // expected-error @+1 {{'func.call' op has side effects; a score region must not}}
    func.call @log(%score) : (f32) -> ()
    attn.yield %score : f32
  } -> tensor<4x8xf32>
  return
}

// -----

func.func private @log(f32)

func.func @score_with_nested_side_effects(%query: tensor<4x8xf32>, %condition: i1) {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) score(%score : f32, %h : index, %i : index, %j : index) {
    // expected-error @+1 {{'scf.if' op has side effects; a score region must not}}
    scf.if %condition {
      func.call @log(%score) : (f32) -> ()
    }
    attn.yield %score : f32
  } -> tensor<4x8xf32>
  return
}

// -----

func.func @yield_elsewhere(%x: f32) {
  // expected-error @+1 {{'attn.yield' op expects parent op to be one of 'attn.attention, attn.fold'}}
  attn.yield %x : f32
}

// -----

func.func @counter_without_a_name(%n: index) {
  // expected-error @+1 {{the name of a counter is part of a C function's name: letters, digits and _, not first a digit; got ""}}
  attn.count "", %n
  return
}

// -----

func.func @counter_name_with_a_space(%n: index) {
  // expected-error @+1 {{got "block evaluations"}}
  attn.count "block evaluations", %n
  return
}

// -----

func.func @counter_name_that_starts_with_a_digit(%n: index) {
  // expected-error @+1 {{got "2_folds"}}
  attn.count "2_folds", %n
  return
}

// -----

// expected-error@+1 {{"attn.flops" must be a positive i64, got "many"}}
func.func @f() attributes {attn.flops = "many"} {
  return
}

// -----

// expected-error@+1 {{"attn.bytes" must be a positive i64, got 0 : i64}}
func.func @f() attributes {attn.bytes = 0 : i64} {
  return
}

// -----

// expected-error@+1 {{"attn.flops" is a number of a function, not of builtin.module}}
module attributes {attn.flops = 1 : i64} {
}

// -----

// Plans.

// expected-error @+1 {{a segment has at least one layer, got layers = 0}}
func.func private @no_layer() attributes {attn.plan = #attn.plan<segments = [<layers = 0>]>}

// -----

// expected-error @+1 {{window and prefix are in tokens and must be in [0, 2^62), got window = -1, prefix = 0}}
func.func private @negative_window() attributes {attn.plan = #attn.plan<segments = [<layers = 1, window = -1>]>}

// -----

// expected-error @+1 {{keys and values are kept by segments of one layer, got layers = 2; a longer one can keep its input}}
func.func private @long_kv() attributes {attn.plan = #attn.plan<segments = [<layers = 2, keep = kv>]>}

// -----

// expected-error @+1 {{block is in tokens and must be in [1, 2^62), got 0}}
func.func private @no_block() attributes {attn.plan = #attn.plan<segments = [<layers = 1>], block = 0>}

// -----

// expected-error @+1 {{a plan has at least one segment}}
func.func private @no_segment() attributes {attn.plan = #attn.plan<segments = []>}

// -----

// expected-error @+1 {{only the first segment can keep nothing: segment 1 needs keep = input or keep = kv}}
func.func private @nothing_to_start_from() attributes {attn.plan = #attn.plan<segments = [<layers = 1>, <layers = 1>]>}

// -----

// expected-error @+1 {{window = 6 and prefix = 0 must be multiples of block = 4}}
func.func private @part_of_a_block() attributes {attn.plan = #attn.plan<segments = [<layers = 2, window = 6>], block = 4>}

// -----

// expected-error @+1 {{attn.plan is the plan of a function, not of builtin.module}}
module attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {}

// -----

// expected-error @+1 {{attn.plan must be an #attn.plan<...>, got "recompute"}}
func.func private @text() attributes {attn.plan = "recompute"}
