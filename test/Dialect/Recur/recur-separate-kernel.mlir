// RUN: attn-opt %s -recur-separate-kernel -canonicalize -split-input-file --remarks-filter=recur -verify-diagnostics | FileCheck %s -enable-var-scope

#token = affine_map<(b, t, j) -> (b, t)>
#history = affine_map<(b, t, j) -> (b, j)>
#batch = affine_map<(b, t, j) -> (b)>
#each = affine_map<(n) -> (n)>
#none = affine_map<(n) -> ()>

// h + <phi(q_t), phi(k_j)> v_j: features computed in the step, of the history in the
// lift and of the token in the read.

// CHECK-DAG:   #[[$SEQUENCE:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG:   #[[$BATCH:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func @features(
// CHECK-SAME:    %[[Q:[a-z0-9]+]]: tensor<2x9x3xf32>, %[[K:[a-z0-9]+]]: tensor<2x9x3xf32>, %[[V:[a-z0-9]+]]: tensor<2x9x4xbf16>, %[[Y0:[a-z0-9]+]]: tensor<2x9x4xf32>)
// CHECK:         %[[S0:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<2x3x4xf32>)
// CHECK:         %[[Y:.*]]:2 = recur.scan ins(%[[Q]], %[[K]], %[[V]] : {{.*}}) outs(%[[Y0]] : tensor<2x9x4xf32>) init(%[[S0]] : tensor<2x3x4xf32>)
// CHECK-SAME:      {indexing_maps = [#[[$SEQUENCE]], #[[$SEQUENCE]], #[[$SEQUENCE]], #[[$SEQUENCE]], #[[$BATCH]]], monoid = #recur.affine<unit>}
// CHECK-SAME:      lift(%{{.*}}: tensor<3xf32>, %[[K_T:.*]]: tensor<3xf32>, %[[V_T:.*]]: tensor<4xbf16>) {
// CHECK-NEXT:      %[[PHI_K:.*]] = math.absf %[[K_T]]
// CHECK-NEXT:      recur.yield %[[PHI_K]], %[[V_T]] : tensor<3xf32>, tensor<4xbf16>
// CHECK:         read(%[[Q_T:.*]]: tensor<3xf32>, %{{.*}}: tensor<3xf32>, %{{.*}}: tensor<4xbf16>, %[[S:.*]]: tensor<3x4xf32>) {
// CHECK-NEXT:      %[[PHI_Q:.*]] = math.exp %[[Q_T]]
// CHECK:           %[[H:.*]] = linalg.vecmat ins(%[[PHI_Q]], %[[S]] : tensor<3xf32>, tensor<3x4xf32>)
// CHECK:           recur.yield %[[H]] : tensor<4xf32>
// CHECK:         return %[[Y]]#0
func.func @features(%q: tensor<2x9x3xf32>, %k: tensor<2x9x3xf32>, %v: tensor<2x9x4xbf16>, %y0: tensor<2x9x4xf32>) -> tensor<2x9x4xf32> {
  %h0 = arith.constant dense<0.0> : tensor<2x4xf32>
  %y, %h_last = recur.rescan ins(%q, %k, %v : tensor<2x9x3xf32>, tensor<2x9x3xf32>, tensor<2x9x4xbf16>)
      outs(%y0 : tensor<2x9x4xf32>) init(%h0 : tensor<2x4xf32>)
      {indexing_maps = [#token, #history, #history, #token, #batch]}
      step(%q_t: tensor<3xf32>, %k_j: tensor<3xf32>, %v_j: tensor<4xbf16>, %h: tensor<4xf32>) {
    %phi_q = math.exp %q_t : tensor<3xf32>
    %phi_k = math.absf %k_j : tensor<3xf32>
    %zero = arith.constant dense<0.0> : tensor<f32>
    %dot = linalg.dot ins(%phi_k, %phi_q : tensor<3xf32>, tensor<3xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
    %next = linalg.generic {indexing_maps = [#none, #each, #each], iterator_types = ["parallel"]}
        ins(%dot, %v_j : tensor<f32>, tensor<4xbf16>) outs(%h : tensor<4xf32>) {
    ^bb0(%w: f32, %v_n: bf16, %h_n: f32):
      %wide = arith.extf %v_n : bf16 to f32
      %product = arith.mulf %w, %wide : f32
      %sum = arith.addf %h_n, %product : f32
      linalg.yield %sum : f32
    } -> tensor<4xf32>
    recur.yield %next : tensor<4xf32>
  } -> tensor<2x9x4xf32>, tensor<2x4xf32>
  return %y : tensor<2x9x4xf32>
}

// A normalizer is one more column; numbers of the token multiply in the read,
// numbers of the history in the lift; a state that does not start at 0 is an input.

// CHECK-LABEL: func @normalized(
// CHECK-SAME:    %[[N0:[a-z0-9]+]]: tensor<2x4xf32>
// CHECK:         recur.scan ins(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[N0]] : {{.*}}) outs({{.*}}) init(%{{.*}} : tensor<2x3x5xf32>)
// CHECK-SAME:      lift(%{{.*}}: tensor<3xf32>, %[[K_T:.*]]: tensor<3xf32>, %[[V_T:.*]]: tensor<4xf32>, %[[G_T:.*]]: f32, %{{.*}}: tensor<4xf32>) {
// CHECK:           %[[SCALED:.*]] = linalg.generic {{.*}} ins(%[[V_T]] : tensor<4xf32>)
// CHECK:             arith.mulf %{{.*}}, %[[G_T]]
// CHECK:           %[[ONE:.*]] = tensor.insert %[[G_T]] into %{{.*}}[%{{.*}}] : tensor<5xf32>
// CHECK:           %[[ROW:.*]] = tensor.insert_slice %[[SCALED]] into %[[ONE]][1] [4] [1]
// CHECK:           recur.yield %[[K_T]], %[[ROW]] : tensor<3xf32>, tensor<5xf32>
// CHECK:         read(%[[Q_T:.*]]: tensor<3xf32>, %{{.*}}: tensor<3xf32>, %{{.*}}: tensor<4xf32>, %{{.*}}: f32, %[[N_0:.*]]: tensor<4xf32>, %[[S:.*]]: tensor<3x5xf32>) {
// CHECK:           %[[H:.*]] = linalg.vecmat ins(%[[Q_T]], %[[S]] :
// CHECK:           %[[D:.*]] = tensor.extract %[[H]]
// CHECK:           arith.mulf %[[D]], %[[SCALE:.*]] : f32
// CHECK:           tensor.extract_slice %[[H]][1] [4] [1]
// CHECK:             arith.mulf %{{.*}}, %[[SCALE]] : f32
// CHECK:           arith.addf %[[N_0]]
// CHECK:           arith.divf
func.func @normalized(%n0: tensor<2x4xf32>, %q: tensor<2x9x3xf32>, %k: tensor<2x9x3xf32>, %v: tensor<2x9x4xf32>, %g: tensor<2x9xf32>,
                      %y0: tensor<2x9x4xf32>) -> tensor<2x9x4xf32> {
  %d0 = arith.constant dense<0.0> : tensor<2xf32>
  %y, %d_last, %n_last = recur.rescan ins(%q, %k, %v, %g : tensor<2x9x3xf32>, tensor<2x9x3xf32>, tensor<2x9x4xf32>, tensor<2x9xf32>)
      outs(%y0 : tensor<2x9x4xf32>) init(%d0, %n0 : tensor<2xf32>, tensor<2x4xf32>)
      {indexing_maps = [#token, #history, #history, #history, #token, #batch, #batch]}
      step(%q_t: tensor<3xf32>, %k_j: tensor<3xf32>, %v_j: tensor<4xf32>, %g_j: f32, %d: f32, %n: tensor<4xf32>) {
    %zero = arith.constant dense<0.0> : tensor<f32>
    %scale = arith.constant 0.25 : f32
    %dot = linalg.generic {indexing_maps = [#each, #each, #none], iterator_types = ["reduction"]}
        ins(%q_t, %k_j : tensor<3xf32>, tensor<3xf32>) outs(%zero : tensor<f32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %sum = math.fma %a, %b, %c : f32
      linalg.yield %sum : f32
    } -> tensor<f32>
    %raw = tensor.extract %dot[] : tensor<f32>
    %scaled = arith.mulf %raw, %scale : f32
    %w = arith.mulf %scaled, %g_j : f32
    %d_next = arith.addf %d, %w : f32
    %n_next = linalg.generic {indexing_maps = [#each, #each], iterator_types = ["parallel"]}
        ins(%v_j : tensor<4xf32>) outs(%n : tensor<4xf32>) {
    ^bb0(%v_n: f32, %n_n: f32):
      %sum = math.fma %w, %v_n, %n_n : f32
      linalg.yield %sum : f32
    } -> tensor<4xf32>
    recur.yield %d_next, %n_next : f32, tensor<4xf32>
  } read(%q_t: tensor<3xf32>, %d: f32, %n: tensor<4xf32>) {
    %all = tensor.splat %d : tensor<4xf32>
    %o = arith.divf %n, %all : tensor<4xf32>
    recur.yield %o : tensor<4xf32>
  } -> tensor<2x9x4xf32>, tensor<2xf32>, tensor<2x4xf32>
  return %y : tensor<2x9x4xf32>
}

// On tensors, without linalg, of sizes that are not known.

// CHECK-LABEL: func @dynamic_sizes(
// CHECK-SAME:    %[[Q:[a-z0-9]+]]: tensor<9x?xf32>, %[[V:[a-z0-9]+]]: tensor<9x?xf32>
// CHECK-DAG:     %[[FEATURES:.*]] = tensor.dim %[[Q]], %{{.*}} : tensor<9x?xf32>
// CHECK-DAG:     %[[WIDTH:.*]] = tensor.dim %{{.*}}, %{{.*}} : tensor<?xf32>
// CHECK:         tensor.empty(%[[FEATURES]], %[[WIDTH]]) : tensor<?x?xf32>
// CHECK:         recur.scan ins(%[[Q]], %[[V]],
// CHECK:           linalg.vecmat
func.func @dynamic_sizes(%q: tensor<9x?xf32>, %v: tensor<9x?xf32>, %h0: tensor<?xf32>, %y0: tensor<9x?xf32>) -> tensor<9x?xf32> {
  %y, %h_last = recur.rescan ins(%q, %q, %v : tensor<9x?xf32>, tensor<9x?xf32>, tensor<9x?xf32>)
      outs(%y0 : tensor<9x?xf32>) init(%h0 : tensor<?xf32>)
      {indexing_maps = [affine_map<(t, j) -> (t)>, affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>,
                        affine_map<(t, j) -> ()>]}
      step(%q_t: tensor<?xf32>, %q_j: tensor<?xf32>, %v_j: tensor<?xf32>, %h: tensor<?xf32>) {
    %zero = arith.constant dense<0.0> : tensor<f32>
    %c0 = arith.constant 0 : index
    %dot = linalg.dot ins(%q_t, %q_j : tensor<?xf32>, tensor<?xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
    %w = tensor.extract %dot[] : tensor<f32>
    %size = tensor.dim %v_j, %c0 : tensor<?xf32>
    %empty = tensor.empty(%size) : tensor<?xf32>
    %ws = linalg.fill ins(%w : f32) outs(%empty : tensor<?xf32>) -> tensor<?xf32>
    %product = arith.mulf %ws, %v_j : tensor<?xf32>
    %next = arith.addf %product, %h : tensor<?xf32>
    recur.yield %next : tensor<?xf32>
  } -> tensor<9x?xf32>, tensor<?xf32>
  return %y : tensor<9x?xf32>
}

// -----

#token = affine_map<(t, j) -> (t)>
#history = affine_map<(t, j) -> (j)>
#pair = affine_map<(t, j) -> (t, j)>
#none = affine_map<(t, j) -> ()>

// CHECK-LABEL: func @negative_
// CHECK-NOT:     recur.scan
func.func @negative_exponential(%q: tensor<9x3xf32>, %y0: tensor<9xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  // expected-remark@+1 {{math.exp is not linear in what it makes of token and history: exp(<q, k>) is no inner product of finitely many features}}
  %y, %last = recur.rescan ins(%q, %q : tensor<9x3xf32>, tensor<9x3xf32>) outs(%y0 : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#token, #history, #token, #none]} step(%q_t: tensor<3xf32>, %k_j: tensor<3xf32>, %h: f32) {
    %zero = arith.constant dense<0.0> : tensor<f32>
    %dot = linalg.dot ins(%q_t, %k_j : tensor<3xf32>, tensor<3xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
    %score = tensor.extract %dot[] : tensor<f32>
    %w = math.exp %score : f32
    %next = arith.addf %h, %w : f32
    recur.yield %next : f32
  } -> tensor<9xf32>, tensor<f32>
  return %y : tensor<9xf32>
}

func.func @negative_decay(%q: tensor<9x3xf32>, %y0: tensor<9xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  // expected-remark@+1 {{arith.addf is not linear}}
  %y, %last = recur.rescan ins(%q, %q : tensor<9x3xf32>, tensor<9x3xf32>) outs(%y0 : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#token, #history, #token, #none]} step(%q_t: tensor<3xf32>, %k_j: tensor<3xf32>, %h: f32) {
    %zero = arith.constant dense<0.0> : tensor<f32>
    %decay = arith.constant 0.5 : f32
    %dot = linalg.dot ins(%q_t, %k_j : tensor<3xf32>, tensor<3xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
    %w = tensor.extract %dot[] : tensor<f32>
    %kept = arith.mulf %h, %decay : f32
    %next = arith.addf %kept, %w : f32
    recur.yield %next : f32
  } -> tensor<9xf32>, tensor<f32>
  return %y : tensor<9xf32>
}

func.func @negative_bias_of_pairs(%q: tensor<9x3xf32>, %bias: tensor<9x9xf32>, %y0: tensor<9xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  // expected-remark@+1 {{input #2 is of pairs of token and history}}
  %y, %last = recur.rescan ins(%q, %q, %bias : tensor<9x3xf32>, tensor<9x3xf32>, tensor<9x9xf32>) outs(%y0 : tensor<9xf32>)
      init(%h0 : tensor<f32>)
      {indexing_maps = [#token, #history, #pair, #token, #none]} step(%q_t: tensor<3xf32>, %k_j: tensor<3xf32>, %b: f32, %h: f32) {
    %zero = arith.constant dense<0.0> : tensor<f32>
    %dot = linalg.dot ins(%q_t, %k_j : tensor<3xf32>, tensor<3xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
    %score = tensor.extract %dot[] : tensor<f32>
    %w = arith.mulf %score, %b : f32
    %next = arith.addf %h, %w : f32
    recur.yield %next : f32
  } -> tensor<9xf32>, tensor<f32>
  return %y : tensor<9xf32>
}

func.func @negative_final_state(%q: tensor<9x3xf32>, %y0: tensor<9xf32>, %h0: tensor<f32>) -> tensor<f32> {
  // expected-remark@+1 {{the final state is used, and the scan has another}}
  %y, %last = recur.rescan ins(%q, %q : tensor<9x3xf32>, tensor<9x3xf32>) outs(%y0 : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#token, #history, #token, #none]} step(%q_t: tensor<3xf32>, %k_j: tensor<3xf32>, %h: f32) {
    %zero = arith.constant dense<0.0> : tensor<f32>
    %dot = linalg.dot ins(%q_t, %k_j : tensor<3xf32>, tensor<3xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
    %w = tensor.extract %dot[] : tensor<f32>
    %next = arith.addf %h, %w : f32
    recur.yield %next : f32
  } -> tensor<9xf32>, tensor<f32>
  return %last : tensor<f32>
}

func.func @negative_no_token(%k: tensor<9xf32>, %y0: tensor<9xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  // expected-remark@+1 {{nothing of the token is multiplied with anything of the history", Suggestion="use recur-rescan-to-scan}}
  %y, %last = recur.rescan ins(%k : tensor<9xf32>) outs(%y0 : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#history, #token, #none]} step(%k_j: f32, %h: f32) {
    %next = arith.addf %h, %k_j : f32
    recur.yield %next : f32
  } -> tensor<9xf32>, tensor<f32>
  return %y : tensor<9xf32>
}

func.func @negative_two_kernels(%q: tensor<9x3xf32>, %y0: tensor<9xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  // expected-remark@+1 {{components of the state have different kernels", Suggestion="separate them into a rescan each}}
  %y:4 = recur.rescan ins(%q, %q : tensor<9x3xf32>, tensor<9x3xf32>) outs(%y0, %y0 : tensor<9xf32>, tensor<9xf32>)
      init(%h0, %h0 : tensor<f32>, tensor<f32>)
      {indexing_maps = [#token, #history, #token, #token, #none, #none]} step(%q_t: tensor<3xf32>, %k_j: tensor<3xf32>, %g: f32, %h: f32) {
    %zero = arith.constant dense<0.0> : tensor<f32>
    %minus = arith.negf %q_t : tensor<3xf32>
    %dot = linalg.dot ins(%q_t, %k_j : tensor<3xf32>, tensor<3xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
    %other = linalg.dot ins(%minus, %k_j : tensor<3xf32>, tensor<3xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
    %v = tensor.extract %dot[] : tensor<f32>
    %w = tensor.extract %other[] : tensor<f32>
    %g_next = arith.addf %g, %v : f32
    %h_next = arith.addf %h, %w : f32
    recur.yield %g_next, %h_next : f32, f32
  } -> tensor<9xf32>, tensor<9xf32>, tensor<f32>, tensor<f32>
  return %y#1 : tensor<9xf32>
}
