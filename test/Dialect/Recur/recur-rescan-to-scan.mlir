// RUN: attn-opt %s -recur-rescan-to-scan -split-input-file --remarks-filter=recur -verify-diagnostics | FileCheck %s -enable-var-scope

#token = affine_map<(b, t, j) -> (b, t)>
#history = affine_map<(b, t, j) -> (b, j)>
#batch = affine_map<(b, t, j) -> (b)>

// j is t: in maps and in recur.index. The read keeps its token.

// CHECK-DAG:   #[[$SEQUENCE:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG:   #[[$BATCH:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func @token_in_read(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<2x9x4xf32>, %[[GATE:[a-z0-9]+]]: tensor<2x9xf32>
// CHECK:         %[[RESULT:.*]]:2 = recur.scan ins(%[[X]], %[[GATE]] :
// CHECK-SAME:      {indexing_maps = [#[[$SEQUENCE]], #[[$SEQUENCE]], #[[$SEQUENCE]], #[[$BATCH]]]}
// CHECK-SAME:      step(%[[X_T:.*]]: tensor<4xf32>, %{{.*}}: f32, %[[H:.*]]: tensor<4xf32>) {
// CHECK:           %[[T:.*]] = recur.index 1
// CHECK:           arith.index_cast %[[T]]
// CHECK:           arith.addf %[[X_T]], %[[H]]
// CHECK:         read(%{{.*}}: tensor<4xf32>, %[[G:.*]]: f32, %[[H:.*]]: tensor<4xf32>) {
// CHECK:           recur.index 1
// CHECK:           tensor.splat %[[G]]
// CHECK:         return %[[RESULT]]#0, %[[RESULT]]#1
func.func @token_in_read(%x: tensor<2x9x4xf32>, %gate: tensor<2x9xf32>, %h0: tensor<2x4xf32>) -> (tensor<2x9x4xf32>, tensor<2x4xf32>) {
  %y, %last = recur.rescan ins(%x, %gate : tensor<2x9x4xf32>, tensor<2x9xf32>) outs(%x : tensor<2x9x4xf32>) init(%h0 : tensor<2x4xf32>)
      {indexing_maps = [#history, #token, #token, #batch]}
      step(%x_j: tensor<4xf32>, %g: f32, %h: tensor<4xf32>) {
    %j = recur.index 2 : index
    %place = arith.index_cast %j : index to i64
    %number = arith.sitofp %place : i64 to f32
    %numbers = tensor.splat %number : tensor<4xf32>
    %sum = arith.addf %x_j, %h : tensor<4xf32>
    %next = arith.mulf %sum, %numbers : tensor<4xf32>
    recur.yield %next : tensor<4xf32>
  } read(%g: f32, %h: tensor<4xf32>) {
    %t = recur.index 1 : index
    %place = arith.index_cast %t : index to i64
    %number = arith.sitofp %place : i64 to f32
    %weight = arith.mulf %number, %g : f32
    %gates = tensor.splat %g : tensor<4xf32>
    %weights = tensor.splat %weight : tensor<4xf32>
    %gated = arith.mulf %gates, %h : tensor<4xf32>
    %o = arith.mulf %weights, %gated : tensor<4xf32>
    recur.yield %o : tensor<4xf32>
  } -> tensor<2x9x4xf32>, tensor<2x4xf32>
  return %y, %last : tensor<2x9x4xf32>, tensor<2x4xf32>
}

// -----

#token = affine_map<(t, j) -> (t)>
#history = affine_map<(t, j) -> (j)>
#none = affine_map<(t, j) -> ()>

// Attention with one query for all tokens (arXiv:2405.13956): the causal mask is
// the prefix. As many tokens as history, although their number is not known.

// CHECK-LABEL: func @constant_query(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<4xf32>, %[[KEY:[a-z0-9]+]]: tensor<?x4xf32>
// CHECK:         recur.scan ins(%[[QUERY]], %[[KEY]] : tensor<4xf32>, tensor<?x4xf32>)
// CHECK-NOT:     recur.index
// CHECK:           attn.fold
// CHECK-NOT:       at(
// CHECK-NOT:       mask
// CHECK:           recur.yield
func.func @constant_query(%query: tensor<4xf32>, %key: tensor<?x4xf32>, %m0: tensor<1xf32>, %acc0: tensor<1x4xf32>) -> tensor<?x1xf32> {
  %c0 = arith.constant 0 : index
  %size = tensor.dim %key, %c0 : tensor<?x4xf32>
  %copies = tensor.empty(%size) : tensor<?x4xf32>
  %queries = linalg.broadcast ins(%query : tensor<4xf32>) outs(%copies : tensor<?x4xf32>) dimensions = [0]
  %ms0 = tensor.empty(%size) : tensor<?x1xf32>
  %accs0 = tensor.empty(%size) : tensor<?x1x4xf32>
  %s:6 = recur.rescan ins(%queries, %key : tensor<?x4xf32>, tensor<?x4xf32>)
      outs(%ms0, %ms0, %accs0 : tensor<?x1xf32>, tensor<?x1xf32>, tensor<?x1x4xf32>)
      init(%m0, %m0, %acc0 : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#token, #history, #token, #token, #token, #none, #none, #none]}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %t = recur.index 0 : index
    %j = recur.index 1 : index
    %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %next:3 = attn.fold ins(%q1, %k1, %k1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) at(%t, %j)
        outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
        {indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
                          affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m)>,
                          affine_map<(m, k1, k2, n) -> (m)>, affine_map<(m, k1, k2, n) -> (m, n)>],
         mask = #attn.causal} -> tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
    recur.yield %next#0, %next#1, %next#2 : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  } -> tensor<?x1xf32>, tensor<?x1xf32>, tensor<?x1x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  return %s#0 : tensor<?x1xf32>
}

// The score region looks at the key only: the position stays, without the query's.

// CHECK-LABEL: func @constant_query_with_score(
// CHECK:         recur.scan
// CHECK:           %[[J:.*]] = recur.index 0
// CHECK:           %[[ZERO:.*]] = arith.constant 0 : index
// CHECK:           attn.fold {{.*}} at(%[[ZERO]], %[[J]])
// CHECK-NOT:       mask
// CHECK:           score(
func.func @constant_query_with_score(%query: tensor<4xf32>, %key: tensor<9x4xf32>, %table: tensor<9xf32>, %m0: tensor<1xf32>,
                                     %acc0: tensor<1x4xf32>, %ms0: tensor<9x1xf32>, %accs0: tensor<9x1x4xf32>) -> tensor<9x1xf32> {
  %s:6 = recur.rescan ins(%query, %key : tensor<4xf32>, tensor<9x4xf32>)
      outs(%ms0, %ms0, %accs0 : tensor<9x1xf32>, tensor<9x1xf32>, tensor<9x1x4xf32>)
      init(%m0, %m0, %acc0 : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#none, #history, #token, #token, #token, #none, #none, #none]}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
    %t = recur.index 0 : index
    %j = recur.index 1 : index
    %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
    %next:3 = attn.fold ins(%q1, %k1, %k1 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) at(%t, %j)
        outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
        {indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
                          affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m)>,
                          affine_map<(m, k1, k2, n) -> (m)>, affine_map<(m, k1, k2, n) -> (m, n)>],
         mask = #attn.causal}
        score(%score: f32, %i: index, %at: index) {
      %bias = tensor.extract %table[%at] : tensor<9xf32>
      %biased = arith.addf %score, %bias : f32
      attn.yield %biased : f32
    } -> tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
    recur.yield %next#0, %next#1, %next#2 : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  } -> tensor<9x1xf32>, tensor<9x1xf32>, tensor<9x1x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  return %s#0 : tensor<9x1xf32>
}

// -----

#token = affine_map<(t, j) -> (t)>
#history = affine_map<(t, j) -> (j)>
#pair = affine_map<(t, j) -> (t, j)>
#none = affine_map<(t, j) -> ()>

// CHECK-LABEL: func @negative_
// CHECK-NOT:     recur.scan
func.func @negative_chain(%x: tensor<9xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  // expected-remark@+1 {{the boundary is chain: a token starts where the one before it left off}}
  %y, %last = recur.rescan ins(%x : tensor<9xf32>) outs(%x : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#history, #token, #none], boundary = #recur<boundary chain>} step(%x_j: f32, %h: f32) {
    %sum = arith.addf %x_j, %h : f32
    recur.yield %sum : f32
  } -> tensor<9xf32>, tensor<f32>
  return %y : tensor<9xf32>
}

func.func @negative_all(%x: tensor<9xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  // expected-remark@+1 {{each token rereads all of the history, not a prefix of it}}
  %y, %last = recur.rescan ins(%x : tensor<9xf32>) outs(%x : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#history, #token, #none], history = #recur<history all>} step(%x_j: f32, %h: f32) {
    %sum = arith.addf %x_j, %h : f32
    recur.yield %sum : f32
  } -> tensor<9xf32>, tensor<f32>
  return %y : tensor<9xf32>
}

func.func @negative_sizes(%x: tensor<?xf32>, %y0: tensor<?xf32>, %h0: tensor<f32>) -> tensor<?xf32> {
  // expected-remark@+1 {{there may be more or fewer tokens than history}}
  %y, %last = recur.rescan ins(%x : tensor<?xf32>) outs(%y0 : tensor<?xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#history, #token, #none]} step(%x_j: f32, %h: f32) {
    %sum = arith.addf %x_j, %h : f32
    recur.yield %sum : f32
  } -> tensor<?xf32>, tensor<f32>
  return %y : tensor<?xf32>
}

func.func @negative_token(%x: tensor<9xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  // expected-remark@+1 {{the step looks at t: input #1, used by arith.mulf", Suggestion="if it is the same for all tokens, give it a map without t}}
  %y, %last = recur.rescan ins(%x, %x : tensor<9xf32>, tensor<9xf32>) outs(%x : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#history, #token, #token, #none]} step(%x_j: f32, %x_t: f32, %h: f32) {
    %product = arith.mulf %x_j, %x_t : f32
    %sum = arith.addf %product, %h : f32
    recur.yield %sum : f32
  } -> tensor<9xf32>, tensor<f32>
  return %y : tensor<9xf32>
}

func.func @negative_pair(%x: tensor<9x9xf32>, %y0: tensor<9xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  // expected-remark@+1 {{the step looks at t: input #0, used by arith.addf}}
  %y, %last = recur.rescan ins(%x : tensor<9x9xf32>) outs(%y0 : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#pair, #token, #none]} step(%x_j: f32, %h: f32) {
    %sum = arith.addf %x_j, %h : f32
    recur.yield %sum : f32
  } -> tensor<9xf32>, tensor<f32>
  return %y : tensor<9xf32>
}

func.func @negative_index(%x: tensor<9xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  // expected-remark@+1 {{the step looks at t: recur.index 0, used by arith.index_cast}}
  %y, %last = recur.rescan ins(%x : tensor<9xf32>) outs(%x : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#history, #token, #none]} step(%x_j: f32, %h: f32) {
    %t = recur.index 0 : index
    %place = arith.index_cast %t : index to i64
    %number = arith.sitofp %place : i64 to f32
    %product = arith.mulf %x_j, %number : f32
    %sum = arith.addf %product, %h : f32
    recur.yield %sum : f32
  } -> tensor<9xf32>, tensor<f32>
  return %y : tensor<9xf32>
}
