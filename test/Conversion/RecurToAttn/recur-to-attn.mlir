// RUN: attn-opt %s -recur-to-attn | FileCheck %s -enable-var-scope

#token = affine_map<(t, j) -> (t)>
#history = affine_map<(t, j) -> (j)>
#none = affine_map<(t, j) -> ()>
#fold_query = affine_map<(m, k1, k2, n) -> (m, k1)>
#fold_key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#fold_value = affine_map<(m, k1, k2, n) -> (k2, n)>
#fold_row = affine_map<(m, k1, k2, n) -> (m)>
#fold_acc = affine_map<(m, k1, k2, n) -> (m, n)>
#row = affine_map<(m, n) -> (m)>
#whole = affine_map<(m, n) -> (m, n)>

// A fold that shows all keys, of a prefix: causal attention.

// CHECK-LABEL: func @prefix_is_causal(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<8x4xf32>, %[[KEY:[a-z0-9]+]]: tensor<8x4xf32>, %[[VALUE:[a-z0-9]+]]: tensor<8x4xf32>, %[[INIT:[a-z0-9]+]]: tensor<8x4xf32>)
// CHECK:         %[[OUTPUT:.*]] = attn.attention ins(%[[QUERY]], %[[KEY]], %[[VALUE]] : {{.*}}) outs(%[[INIT]] : tensor<8x4xf32>) {mask = #attn.causal, scale = 2.500000e-01 : f64} ->
// CHECK-NOT:     recur.rescan
// CHECK:         return %[[OUTPUT]]
func.func @prefix_is_causal(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #none, #none, #none]}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %next:3 = attn.fold ins(%q1, %k1, %v1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>)
        outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
        {indexing_maps = [#fold_query, #fold_key, #fold_value, #fold_row, #fold_row, #fold_acc], scale = 0.25 : f64}
        -> tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
    recur.yield %next#0, %next#1, %next#2 : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  }
      read(%q_t: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %empty = tensor.empty() : tensor<1x4xf32>
    %o1 = attn.finish ins(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>) outs(%empty : tensor<1x4xf32>)
        {indexing_maps = [#row, #row, #whole, #whole]} -> tensor<1x4xf32>
    %o_t = tensor.collapse_shape %o1 [[0, 1]] : tensor<1x4xf32> into tensor<4xf32>
    recur.yield %o_t : tensor<4xf32>
  } -> tensor<8x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  return %o : tensor<8x4xf32>
}

// CHECK-LABEL: func @all_is_all(
// CHECK:         attn.attention {{.*}} outs(%{{.*}} : tensor<8x4xf32>) ->
func.func @all_is_all(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #none, #none, #none], history = #recur<history all>}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %next:3 = attn.fold ins(%q1, %k1, %v1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>)
        outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
        {indexing_maps = [#fold_query, #fold_key, #fold_value, #fold_row, #fold_row, #fold_acc]}
        -> tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
    recur.yield %next#0, %next#1, %next#2 : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  }
      read(%q_t: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %empty = tensor.empty() : tensor<1x4xf32>
    %o1 = attn.finish ins(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>) outs(%empty : tensor<1x4xf32>)
        {indexing_maps = [#row, #row, #whole, #whole]} -> tensor<1x4xf32>
    %o_t = tensor.collapse_shape %o1 [[0, 1]] : tensor<1x4xf32> into tensor<4xf32>
    recur.yield %o_t : tensor<4xf32>
  } -> tensor<8x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  return %o : tensor<8x4xf32>
}

// The prefix and the mask of the fold.

// CHECK-LABEL: func @prefix_and_window(
// CHECK:         attn.attention {{.*}} {mask = #attn.and<#attn.causal, #attn.window<2, 2>>} ->
func.func @prefix_and_window(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #none, #none, #none]}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %t = recur.index 0 : index
    %j = recur.index 1 : index
    %next:3 = attn.fold ins(%q1, %k1, %v1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) at(%t, %j)
        outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
        {indexing_maps = [#fold_query, #fold_key, #fold_value, #fold_row, #fold_row, #fold_acc], mask = #attn.window<2, 2>}
        -> tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
    recur.yield %next#0, %next#1, %next#2 : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  }
      read(%q_t: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %empty = tensor.empty() : tensor<1x4xf32>
    %o1 = attn.finish ins(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>) outs(%empty : tensor<1x4xf32>)
        {indexing_maps = [#row, #row, #whole, #whole]} -> tensor<1x4xf32>
    %o_t = tensor.collapse_shape %o1 [[0, 1]] : tensor<1x4xf32> into tensor<4xf32>
    recur.yield %o_t : tensor<4xf32>
  } -> tensor<8x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  return %o : tensor<8x4xf32>
}

// What the mask shows beyond the prefix is not visited.

// CHECK-LABEL: func @prefix_hides_more(
// CHECK:         attn.attention {{.*}} {mask = #attn.causal} ->
func.func @prefix_hides_more(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #none, #none, #none]}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %t = recur.index 0 : index
    %j = recur.index 1 : index
    %next:3 = attn.fold ins(%q1, %k1, %v1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) at(%t, %j)
        outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
        {indexing_maps = [#fold_query, #fold_key, #fold_value, #fold_row, #fold_row, #fold_acc], mask = #attn.or<#attn.prefix<3>, #attn.causal>}
        -> tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
    recur.yield %next#0, %next#1, %next#2 : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  }
      read(%q_t: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %empty = tensor.empty() : tensor<1x4xf32>
    %o1 = attn.finish ins(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>) outs(%empty : tensor<1x4xf32>)
        {indexing_maps = [#row, #row, #whole, #whole]} -> tensor<1x4xf32>
    %o_t = tensor.collapse_shape %o1 [[0, 1]] : tensor<1x4xf32> into tensor<4xf32>
    recur.yield %o_t : tensor<4xf32>
  } -> tensor<8x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  return %o : tensor<8x4xf32>
}

// A score region that looks at the batch dimensions one by one, in another order
// than the recurrence, with operands per batch: the head is split.

// CHECK-LABEL: func @heads_one_by_one(
// CHECK:         attn.attention {{.*}} valid_keys(%{{.*}} : tensor<2xi64>)
// CHECK-SAME:      score(%[[SCORE:.*]]: f32, %[[B:.*]]: index, %[[H:.*]]: index, %{{.*}}: index, %{{.*}}: index) {
// CHECK:           %[[GROUPS:.*]] = arith.constant 5 : index
// CHECK:           %[[GROUP:.*]] = arith.remui %[[H]], %[[GROUPS]]
// CHECK:           %[[HEAD:.*]] = arith.divui %[[H]], %[[GROUPS]]
// CHECK:           tensor.extract %{{.*}}[%[[HEAD]], %[[GROUP]]]
func.func @heads_one_by_one(%q: tensor<2x3x5x8x4xf32>, %k: tensor<2x3x8x4xf32>, %valid: tensor<2xi64>, %table: tensor<3x5xf32>,
                            %o0: tensor<2x3x5x8x4xf32>) -> tensor<2x3x5x8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<2x3x5x1x1x1x1xf32>
  %zero = arith.constant dense<0.0> : tensor<2x3x5x1x1x1x1xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x3x5x1x1x1x1x4xf32>
  %o, %s:3 = recur.rescan ins(%q, %k : tensor<2x3x5x8x4xf32>, tensor<2x3x8x4xf32>) outs(%o0 : tensor<2x3x5x8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<2x3x5x1x1x1x1xf32>, tensor<2x3x5x1x1x1x1xf32>, tensor<2x3x5x1x1x1x1x4xf32>)
      {indexing_maps = [affine_map<(b, h, g, t, j) -> (b, h, g, t)>, affine_map<(b, h, g, t, j) -> (b, h, j)>,
                        affine_map<(b, h, g, t, j) -> (b, h, g, t)>, affine_map<(b, h, g, t, j) -> (b, h, g)>,
                        affine_map<(b, h, g, t, j) -> (b, h, g)>, affine_map<(b, h, g, t, j) -> (b, h, g)>]}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %m: tensor<1x1x1x1xf32>, %l: tensor<1x1x1x1xf32>, %acc: tensor<1x1x1x1x4xf32>) {
    %b = recur.index 0 : index
    %h = recur.index 1 : index
    %g = recur.index 2 : index
    %t = recur.index 3 : index
    %j = recur.index 4 : index
    %q1 = tensor.expand_shape %q_t [[0, 1, 2, 3, 4]] output_shape [1, 1, 1, 1, 4] : tensor<4xf32> into tensor<1x1x1x1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %next:3 = attn.fold ins(%q1, %k1, %k1 : tensor<1x1x1x1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>)
        valid_keys(%valid : tensor<2xi64>) at(%b, %g, %h, %t, %j)
        outs(%m, %l, %acc : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1x4xf32>)
        {indexing_maps = [affine_map<(b, g, h, m, k1, k2, n) -> (b, g, h, m, k1)>, affine_map<(b, g, h, m, k1, k2, n) -> (k2, k1)>,
                          affine_map<(b, g, h, m, k1, k2, n) -> (k2, n)>, affine_map<(b, g, h, m, k1, k2, n) -> (b, g, h, m)>,
                          affine_map<(b, g, h, m, k1, k2, n) -> (b, g, h, m)>, affine_map<(b, g, h, m, k1, k2, n) -> (b, g, h, m, n)>]}
        score(%score: f32, %b_0: index, %g_0: index, %h_0: index, %i_0: index, %j_0: index) {
      %bias = tensor.extract %table[%h_0, %g_0] : tensor<3x5xf32>
      %biased = arith.addf %score, %bias : f32
      attn.yield %biased : f32
    } -> tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1x4xf32>
    recur.yield %next#0, %next#1, %next#2 : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1x4xf32>
  } read(%q_t: tensor<4xf32>, %m: tensor<1x1x1x1xf32>, %l: tensor<1x1x1x1xf32>, %acc: tensor<1x1x1x1x4xf32>) {
    %empty = tensor.empty() : tensor<1x1x1x1x4xf32>
    %o1 = attn.finish ins(%m, %l, %acc : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1x4xf32>)
        outs(%empty : tensor<1x1x1x1x4xf32>)
        {indexing_maps = [affine_map<(b, g, h, m, n) -> (b, g, h, m)>, affine_map<(b, g, h, m, n) -> (b, g, h, m)>,
                          affine_map<(b, g, h, m, n) -> (b, g, h, m, n)>, affine_map<(b, g, h, m, n) -> (b, g, h, m, n)>]}
        -> tensor<1x1x1x1x4xf32>
    %o_t = tensor.collapse_shape %o1 [[0, 1, 2, 3, 4]] : tensor<1x1x1x1x4xf32> into tensor<4xf32>
    recur.yield %o_t : tensor<4xf32>
  } -> tensor<2x3x5x8x4xf32>, tensor<2x3x5x1x1x1x1xf32>, tensor<2x3x5x1x1x1x1xf32>, tensor<2x3x5x1x1x1x1x4xf32>
  return %o : tensor<2x3x5x8x4xf32>
}
