// RUN: attn-opt %s -split-input-file -attn-to-recompute=counters=true -canonicalize -cse | FileCheck %s

// Linear attention below softmax attention. The monoid becomes a step; what `read`
// alone looks at, the query, is not asked of earlier tokens.

// CHECK-LABEL: func.func private @linear_attention.layer_1(
// CHECK-SAME:    %[[T:[^:]+]]: index, %[[DEST:[^:]+]]: tensor<1x4xf32>, %[[X:[^:]+]]: tensor<?x4xf32>
// CHECK-DAG:     %[[DECAY:.+]] = arith.constant dense<-5.000000e-01> : tensor<f32>
// CHECK-DAG:     %[[START:.+]] = arith.constant dense<0.000000e+00> : tensor<4x4xf32>
// CHECK:         %[[STATE:.+]] = bufferization.materialize_in_destination %[[START]]
// CHECK:         %[[HISTORY:.+]] = scf.for %[[J:[^ ]+]] = %c0 to %[[T]] step %c1 iter_args(%[[S:.+]] = %[[STATE]])
// CHECK:           attn.count "folds", %c1
// CHECK:           %[[X_J:.+]] = tensor.extract_slice %[[X]][%[[J]], 0] [1, 4]
// CHECK-NOT:       math.tanh
// CHECK:           recur.scan ins(%[[X_J]], %[[DECAY]] : tensor<1x4xf32>, tensor<f32>) init(%[[S]] :
// CHECK-NOT:         monoid
// CHECK-SAME:        step(%{{.+}}: tensor<4xf32>, %{{.+}}: f32, %{{.+}}: tensor<4x4xf32>)
// CHECK-NOT:         read
// CHECK:           scf.yield
// CHECK:         attn.count "folds", %c1
// CHECK:         %[[X_T:.+]] = tensor.extract_slice %[[X]][%[[T]], 0] [1, 4]
// CHECK:         %[[Q_T:.+]] = math.tanh %[[X_T]]
// CHECK:         %[[Y:.+]]:2 = recur.scan ins(%[[Q_T]], %[[X_T]], %[[DECAY]] : {{.*}}) outs(%{{.+}} : tensor<1x4xf32>) init(%[[HISTORY]] :
// CHECK:         read(
// CHECK:         linalg.copy ins(%[[Y]]#0 : {{.*}}) outs(%[[DEST]] :

// CHECK-LABEL: func.func @linear_attention(
// CHECK:         scf.for %[[T:[^ ]+]] =
// CHECK:           scf.for
// CHECK:             recur.scan
// CHECK:           recur.scan
// CHECK:           scf.for %[[J:[^ ]+]] =
// CHECK:             call @linear_attention.layer_1(%[[J]],
// CHECK:             attn.fold
func.func @linear_attention(%x: tensor<?x4xf32>) -> tensor<?x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 2>]>} {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %init = tensor.empty(%n) : tensor<?x4xf32>
  %start = arith.constant dense<0.0> : tensor<4x4xf32>
  %g = arith.constant dense<-0.5> : tensor<f32>
  %q = math.tanh %x : tensor<?x4xf32>
  %y, %last = recur.scan ins(%q, %x, %g : tensor<?x4xf32>, tensor<?x4xf32>, tensor<f32>) outs(%init : tensor<?x4xf32>) init(%start : tensor<4x4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<scalar>, schedule = #recur.schedule<chunked, chunk = 4>}
      lift(%q_t: tensor<4xf32>, %k_t: tensor<4xf32>, %g_t: f32) {
        recur.yield %g_t, %k_t, %k_t : f32, tensor<4xf32>, tensor<4xf32>
      }
      read(%q_t: tensor<4xf32>, %k_t: tensor<4xf32>, %g_t: f32, %s: tensor<4x4xf32>) {
        %zero = arith.constant dense<0.0> : tensor<4xf32>
        %o = linalg.vecmat ins(%q_t, %s : tensor<4xf32>, tensor<4x4xf32>) outs(%zero : tensor<4xf32>) -> tensor<4xf32>
        recur.yield %o : tensor<4xf32>
      } -> tensor<?x4xf32>, tensor<4x4xf32>
  %z = attn.attention ins(%y, %y, %y : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
         outs(%init : tensor<?x4xf32>) {mask = #attn.causal} -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}

// -----

// Cells without a monoid, in blocks of two tokens: they step one after the other.
// The first reads before it steps; its positions count from the block's first token.

// CHECK-LABEL: func.func private @gated_cell.layer_1(
// CHECK-SAME:    %[[T:[^:]+]]: index
// CHECK:         scf.for %[[J:[^ ]+]] = %c0 to %[[T]] step %c2
// CHECK:           attn.count "folds", %c4
// CHECK:           recur.scan ins(%{{.+}} : tensor<2x4xf32>) init(%{{.+}} : tensor<4xf32>)
// CHECK-NOT:         exclusive
// CHECK:             %[[I:.+]] = recur.index 0
// CHECK:             arith.addi %[[I]], %[[J]]
// CHECK:         attn.count "folds", %c3
// CHECK:         recur.scan ins(%{{.+}} : tensor<2x4xf32>) outs(%{{.+}} : tensor<2x4xf32>) {{.*}}exclusive
// CHECK:           %[[I:.+]] = recur.index 0
// CHECK:           arith.addi %[[I]], %[[T]]

// CHECK-LABEL: func.func @gated_cell(
// CHECK:         scf.for %[[T:[^ ]+]] = %c0 to %c8 step %c2
// CHECK:           scf.for %[[J:[^ ]+]] = %c0 to %[[T]] step %c2
// CHECK-NOT:         call
// CHECK:           scf.for %[[J:[^ ]+]] = %c0 to %[[T]] step %c2
// CHECK:             %[[Y_J:.+]] = func.call @gated_cell.layer_1(%[[J]],
// CHECK:             recur.scan ins(%[[Y_J]] :
func.func @gated_cell(%x: tensor<8x4xf32>, %w: tensor<4x4xf32>, %h0: tensor<4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 2>], block = 2>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y, %y_last = recur.scan ins(%x : tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>], exclusive}
      step(%x_t: tensor<4xf32>, %h: tensor<4xf32>) {
        %t = recur.index 0 : index
        %i = arith.index_cast %t : index to i32
        %f = arith.sitofp %i : i32 to f32
        %place = tensor.splat %f : tensor<4xf32>
        %u = linalg.matvec ins(%w, %h : tensor<4x4xf32>, tensor<4xf32>) outs(%place : tensor<4xf32>) -> tensor<4xf32>
        %gate = math.tanh %u : tensor<4xf32>
        %p = arith.mulf %gate, %h : tensor<4xf32>
        %next = arith.addf %p, %x_t : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      } -> tensor<8x4xf32>, tensor<4xf32>
  %z, %z_last = recur.scan ins(%y : tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%y_t: tensor<4xf32>, %h: tensor<4xf32>) {
        %next = arith.mulf %y_t, %h : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      } -> tensor<8x4xf32>, tensor<4xf32>
  return %z : tensor<8x4xf32>
}

// -----

// Rescans: each of two tokens has its own state, as if it were one of a batch. Within
// their block a token rereads what is given to it. The second keeps what it rereads.

// CHECK-DAG:   #[[T_MAP:.+]] = affine_map<(d0, d1, d2) -> (d1, d0)>
// CHECK-DAG:   #[[J_MAP:.+]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK-DAG:   #[[S_MAP:.+]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @rereads(
// CHECK-SAME:    %[[X:[^:]+]]: tensor<8x2x4xf32>, %[[START:[^:]+]]: tensor<2x4xf32>
// CHECK:         scf.for %[[T:[^ ]+]] = %c0 to %c8 step %c2 iter_args(%{{.+}} = %{{.+}}, %[[KEPT:.+]] = %{{.+}}) ->
// CHECK:           %[[X_T:.+]] = tensor.extract_slice %[[X]][%[[T]], 0, 0] [2, 2, 4]
// CHECK:           %[[Q_T:.+]] = math.tanh %[[X_T]]
// CHECK:           %[[STATE:.+]] = linalg.broadcast ins(%[[START]] : {{.*}}) dimensions = [1]
// CHECK:           %[[HISTORY:.+]] = scf.for %[[J:[^ ]+]] = %c0 to %[[T]] step %c2 iter_args(%[[S:.+]] = %[[STATE]])
// CHECK:             attn.count "folds", %c8
// CHECK:             %[[X_J:.+]] = tensor.extract_slice %[[X]][%[[J]], 0, 0] [2, 2, 4]
// CHECK:             recur.scan ins(%[[Q_T]], %[[X_J]] : {{.*}}) init(%[[S]] : tensor<2x2x4xf32>) {indexing_maps = [#[[T_MAP]], #[[J_MAP]], #[[S_MAP]]]}
// CHECK:               %[[I:.+]] = recur.index 1
// CHECK:               arith.addi %[[I]], %[[T]]
// CHECK:               %[[I:.+]] = recur.index 2
// CHECK:               arith.addi %[[I]], %[[J]]
// CHECK:           attn.count "folds", %c6
// CHECK:           %[[Y:.+]] = scf.for %[[I:[^ ]+]] = %c0 to %c2 step %c1
// CHECK:             %[[COUNT:.+]] = arith.addi %[[I]], %c1
// CHECK:             %[[Q_I:.+]] = tensor.extract_slice %[[Q_T]][%[[I]], 0, 0] [1, 2, 4]
// CHECK:             %[[X_I:.+]] = tensor.extract_slice %[[X_T]][0, 0, 0] [%[[COUNT]], 2, 4]
// CHECK:             %[[S_I:.+]] = tensor.extract_slice %[[HISTORY]][0, %[[I]], 0] [2, 1, 4]
// CHECK:             recur.rescan ins(%[[Q_I]], %[[X_I]] : {{.*}}) outs(%{{.+}} : tensor<1x2x4xf32>) init(%[[S_I]] : tensor<2x4xf32>) {history = #recur<history all>
// CHECK:             read(
// CHECK:           scf.for %[[J:[^ ]+]] = %c0 to %[[T]] step %c2
// CHECK:             %[[Y_J:.+]] = tensor.extract_slice %[[KEPT]][%[[J]], 0, 0] [2, 2, 4]
// CHECK:             recur.scan ins(%[[Y_J]] : tensor<2x2x4xf32>)
// CHECK:           tensor.insert_slice %[[Y]] into %[[KEPT]][%[[T]], 0, 0]
func.func @rereads(%x: tensor<8x2x4xf32>, %h0: tensor<2x4xf32>) -> tensor<8x2x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>, <layers = 1, keep = kv>], block = 2>} {
  %init = tensor.empty() : tensor<8x2x4xf32>
  %q = math.tanh %x : tensor<8x2x4xf32>
  %y, %y_last = recur.rescan ins(%q, %x : tensor<8x2x4xf32>, tensor<8x2x4xf32>) outs(%init : tensor<8x2x4xf32>) init(%h0 : tensor<2x4xf32>)
      {indexing_maps = [affine_map<(b, t, j) -> (t, b)>, affine_map<(b, t, j) -> (j, b)>, affine_map<(b, t, j) -> (t, b)>, affine_map<(b, t, j) -> (b)>]}
      step(%q_t: tensor<4xf32>, %x_j: tensor<4xf32>, %h: tensor<4xf32>) {
        %t = recur.index 1 : index
        %j = recur.index 2 : index
        %far = arith.subi %t, %j : index
        %i = arith.index_cast %far : index to i32
        %f = arith.sitofp %i : i32 to f32
        %place = tensor.splat %f : tensor<4xf32>
        %p = arith.mulf %q_t, %x_j : tensor<4xf32>
        %s = arith.addf %p, %place : tensor<4xf32>
        %next = arith.addf %s, %h : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      }
      read(%q_t: tensor<4xf32>, %h: tensor<4xf32>) {
        %o = arith.subf %h, %q_t : tensor<4xf32>
        recur.yield %o : tensor<4xf32>
      } -> tensor<8x2x4xf32>, tensor<2x4xf32>
  %z, %z_last = recur.rescan ins(%y, %y : tensor<8x2x4xf32>, tensor<8x2x4xf32>) outs(%init : tensor<8x2x4xf32>) init(%h0 : tensor<2x4xf32>)
      {indexing_maps = [affine_map<(b, t, j) -> (t, b)>, affine_map<(b, t, j) -> (j, b)>, affine_map<(b, t, j) -> (t, b)>, affine_map<(b, t, j) -> (b)>]}
      step(%y_t: tensor<4xf32>, %y_j: tensor<4xf32>, %h: tensor<4xf32>) {
        %next = arith.addf %y_j, %h : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      }
      read(%y_t: tensor<4xf32>, %h: tensor<4xf32>) {
        %o = arith.subf %h, %y_t : tensor<4xf32>
        recur.yield %o : tensor<4xf32>
      } -> tensor<8x2x4xf32>, tensor<2x4xf32>
  return %z : tensor<8x2x4xf32>
}
