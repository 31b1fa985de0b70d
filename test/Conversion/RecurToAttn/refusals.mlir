// RUN: attn-opt %s -recur-to-attn --remarks-filter=recur -verify-diagnostics

// Every rescan here is attention but for one thing, which the remark names.

#token = affine_map<(t, j) -> (t)>
#history = affine_map<(t, j) -> (j)>
#none = affine_map<(t, j) -> ()>
#fold_query = affine_map<(m, k1, k2, n) -> (m, k1)>
#fold_key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#fold_value = affine_map<(m, k1, k2, n) -> (k2, n)>
#fold_row = affine_map<(m, k1, k2, n) -> (m)>
#fold_acc = affine_map<(m, k1, k2, n) -> (m, n)>
#fold_none = affine_map<(m, k1, k2, n) -> ()>
#row = affine_map<(m, n) -> (m)>
#whole = affine_map<(m, n) -> (m, n)>

func.func @chain(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  // expected-remark@+1 {{the boundary is chain}}
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #none, #none, #none], boundary = #recur<boundary chain>}
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

func.func @no_read(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>, %m0: tensor<8x1xf32>, %l0: tensor<8x1xf32>, %acc0: tensor<8x1x4xf32>) -> tensor<8x1x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  // expected-remark@+1 {{there is no read: the outputs are the running state}}
  %ms, %ls, %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%m0, %l0, %acc0 : tensor<8x1xf32>, tensor<8x1xf32>, tensor<8x1x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #token, #token, #none, #none, #none]}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %next:3 = attn.fold ins(%q1, %k1, %v1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>)
        outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
        {indexing_maps = [#fold_query, #fold_key, #fold_value, #fold_row, #fold_row, #fold_acc]}
        -> tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
    recur.yield %next#0, %next#1, %next#2 : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  } -> tensor<8x1xf32>, tensor<8x1xf32>, tensor<8x1x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  return %o : tensor<8x1x4xf32>
}

func.func @starts_from_keys(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  // expected-remark@+1 {{the init is not the identity (-inf, 0, 0)}}
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %infinity, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #none, #none, #none]}
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

func.func @final_state(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<1x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  // expected-remark@+1 {{the final state is used}}
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #none, #none, #none]}
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
  return %s#2 : tensor<1x4xf32>
}

func.func @query_computed(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  // expected-remark@+1 {{the query of the fold is computed in the step}}
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #none, #none, #none]}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %q2 = arith.negf %q1 : tensor<1x4xf32>
    %next:3 = attn.fold ins(%q2, %k1, %v1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>)
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

func.func @query_without_token(%q: tensor<4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  // expected-remark@+1 {{the query is the same for all of dimension 0", Suggestion="use recur-rescan-to-scan}}
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#none, #history, #history, #token, #none, #none, #none]}
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

func.func @value_of_the_token(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  // expected-remark@+1 {{key and value must be history}}
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #token, #token, #none, #none, #none]}
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
      read(%q_t: tensor<4xf32>, %v_t: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %empty = tensor.empty() : tensor<1x4xf32>
    %o1 = attn.finish ins(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>) outs(%empty : tensor<1x4xf32>)
        {indexing_maps = [#row, #row, #whole, #whole]} -> tensor<1x4xf32>
    %o_t = tensor.collapse_shape %o1 [[0, 1]] : tensor<1x4xf32> into tensor<4xf32>
    recur.yield %o_t : tensor<4xf32>
  } -> tensor<8x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  return %o : tensor<8x4xf32>
}

func.func @offset_and_prefix(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>, %past: index) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  // expected-remark@+1 {{the mask has a query offset, the prefix has none}}
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #none, #none, #none]}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %t = recur.index 0 : index
    %j = recur.index 1 : index
    %next:3 = attn.fold ins(%q1, %k1, %v1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) query_offset(%past : index) at(%t, %j)
        outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
        {indexing_maps = [#fold_query, #fold_key, #fold_value, #fold_row, #fold_row, #fold_acc], mask = #attn.causal}
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

func.func @nowhere(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  // expected-remark@+1 {{the fold looks at its position #0, which is not that of the recurrence}}
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #none, #none, #none]}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %next:3 = attn.fold ins(%q1, %k1, %v1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>)
        outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
        {indexing_maps = [#fold_query, #fold_key, #fold_value, #fold_row, #fold_row, #fold_acc], mask = #attn.window<2, 0>}
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

func.func @elsewhere(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  // expected-remark@+1 {{the fold looks at its position #1, which is not that of the recurrence}}
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #none, #none, #none]}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %t = recur.index 0 : index
    %next:3 = attn.fold ins(%q1, %k1, %v1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) at(%t, %t)
        outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
        {indexing_maps = [#fold_query, #fold_key, #fold_value, #fold_row, #fold_row, #fold_acc], mask = #attn.window<2, 0>}
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

func.func @score_of_the_token(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  // expected-remark@+1 {{the score region uses a value that the step computes}}
  %o, %s:3 = recur.rescan ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #none, #none, #none]}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %c0 = arith.constant 0 : index
    %bias = tensor.extract %q_t[%c0] : tensor<4xf32>
    %next:3 = attn.fold ins(%q1, %k1, %v1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>)
        outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
        {indexing_maps = [#fold_query, #fold_key, #fold_value, #fold_row, #fold_row, #fold_acc]}
        score(%score: f32, %i: index, %j: index) {
      %biased = arith.addf %score, %bias : f32
      attn.yield %biased : f32
    }
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

func.func @another_state(%x: tensor<8x4xf32>, %h0: tensor<4xf32>) -> tensor<8x4xf32> {
  // expected-remark@+1 {{the state has 1 components, that of attention three}}
  %y, %h = recur.rescan ins(%x : tensor<8x4xf32>) outs(%x : tensor<8x4xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [#history, #token, #none]}
      step(%x_j: tensor<4xf32>, %h: tensor<4xf32>) {
    %sum = arith.addf %x_j, %h : tensor<4xf32>
    recur.yield %sum : tensor<4xf32>
  } -> tensor<8x4xf32>, tensor<4xf32>
  return %y : tensor<8x4xf32>
}

func.func @another_step(%x: tensor<8xf32>, %h0: tensor<f32>) -> tensor<8xf32> {
  // expected-remark@+1 {{the step does not end in the results of one attn.fold}}
  %y:6 = recur.rescan ins(%x : tensor<8xf32>) outs(%x, %x, %x : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
      init(%h0, %h0, %h0 : tensor<f32>, tensor<f32>, tensor<f32>)
      {indexing_maps = [#history, #token, #token, #token, #none, #none, #none]}
      step(%x_j: f32, %a: f32, %b: f32, %c: f32) {
    %sum = arith.addf %x_j, %c : f32
    recur.yield %sum, %a, %b : f32, f32, f32
  } -> tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<f32>, tensor<f32>, tensor<f32>
  return %y#0 : tensor<8xf32>
}

func.func @segments_of_queries_change_with_the_key(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %ids: tensor<8xi32>, %o0: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  // expected-remark@+1 {{the segment id of the query changes with the key, or that of the key with the query}}
  %o, %s:3 = recur.rescan ins(%q, %k, %k, %ids, %ids : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<8xi32>, tensor<8xi32>) outs(%o0 : tensor<8x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #history, #history, #history, #token, #none, #none, #none]}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %v_j: tensor<4xf32>, %id_t: i32, %id_j: i32, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %query_id = tensor.from_elements %id_t : tensor<i32>
    %key_id = tensor.from_elements %id_j : tensor<i32>
    %next:3 = attn.fold ins(%q1, %k1, %v1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>)
        segments(%query_id, %key_id : tensor<i32>, tensor<i32>)
        outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
        {indexing_maps = [#fold_query, #fold_key, #fold_value, #fold_none, #fold_none, #fold_row, #fold_row, #fold_acc], mask = #attn.segments}
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
