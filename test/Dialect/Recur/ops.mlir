// RUN: attn-opt %s | FileCheck %s -enable-var-scope
// RUN: attn-opt %s | attn-opt | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -mlir-print-op-generic | attn-opt | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -emit-bytecode | attn-opt | FileCheck %s -enable-var-scope

// CHECK-DAG: #[[$T:.*]] = affine_map<(d0) -> (d0)>
// CHECK-DAG: #[[$NONE:.*]] = affine_map<(d0) -> ()>
// CHECK-DAG: #[[$BT:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$TB:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG: #[[$B:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[$BTH:.*]] = affine_map<(d0, d1, d2) -> (d0, d2, d1)>
// CHECK-DAG: #[[$HB:.*]] = affine_map<(d0, d1, d2) -> (d1, d0)>

// Cells by a step; a state that is a number, a tensor, several of both.

// CHECK-LABEL: func @step_of_numbers(
// CHECK-SAME:    %[[X:.*]]: tensor<?xf32>, %[[Y:.*]]: tensor<?xf32>, %[[H:.*]]: tensor<f32>
// CHECK:         %[[R:.*]]:2 = recur.scan ins(%[[X]] : tensor<?xf32>) outs(%[[Y]] : tensor<?xf32>) init(%[[H]] : tensor<f32>) {indexing_maps = [#[[$T]], #[[$T]], #[[$NONE]]]} step(%[[X_T:.*]]: f32, %[[STATE:.*]]: f32) {
// CHECK-NEXT:      %[[SUM:.*]] = arith.addf %[[STATE]], %[[X_T]] : f32
// CHECK-NEXT:      recur.yield %[[SUM]] : f32
// CHECK-NEXT:    } -> tensor<?xf32>, tensor<f32>
// CHECK-NEXT:    return %[[R]]#0, %[[R]]#1
func.func @step_of_numbers(%x: tensor<?xf32>, %y: tensor<?xf32>, %h: tensor<f32>) -> (tensor<?xf32>, tensor<f32>) {
  %r:2 = recur.scan ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %state: f32) {
        %sum = arith.addf %state, %x_t : f32
        recur.yield %sum : f32
      } -> tensor<?xf32>, tensor<f32>
  return %r#0, %r#1 : tensor<?xf32>, tensor<f32>
}

// A batch whose sequence is laid out (t, b); the step captures weights; inputs
// narrower than the state.

// CHECK-LABEL: func @step_of_tensors(
// CHECK-SAME:    %{{.*}}: tensor<?x2x8xbf16>, %[[W:.*]]: tensor<8x8xf32>
// CHECK:         recur.scan ins(%{{.*}} : tensor<?x2x8xbf16>) outs(%{{.*}} : tensor<2x?x8xf32>) init(%{{.*}} : tensor<2x8xf32>) {indexing_maps = [#[[$TB]], #[[$BT]], #[[$B]]]} step(%{{.*}}: tensor<8xbf16>, %[[H:.*]]: tensor<8xf32>) {
// CHECK:           linalg.matvec ins(%[[W]], %[[H]] :
// CHECK:           recur.yield %{{.*}} : tensor<8xf32>
// CHECK-NEXT:    } -> tensor<2x?x8xf32>, tensor<2x8xf32>
func.func @step_of_tensors(%u: tensor<?x2x8xbf16>, %w: tensor<8x8xf32>, %y: tensor<2x?x8xf32>, %h0: tensor<2x8xf32>)
    -> (tensor<2x?x8xf32>, tensor<2x8xf32>) {
  %r:2 = recur.scan ins(%u : tensor<?x2x8xbf16>) outs(%y : tensor<2x?x8xf32>) init(%h0 : tensor<2x8xf32>)
      {indexing_maps = [affine_map<(b, t) -> (t, b)>, affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> (b)>]}
      step(%u_t: tensor<8xbf16>, %h: tensor<8xf32>) {
        %wide = arith.extf %u_t : tensor<8xbf16> to tensor<8xf32>
        %sum = linalg.matvec ins(%w, %h : tensor<8x8xf32>, tensor<8xf32>) outs(%wide : tensor<8xf32>) -> tensor<8xf32>
        %next = math.tanh %sum : tensor<8xf32>
        recur.yield %next : tensor<8xf32>
      } -> tensor<2x?x8xf32>, tensor<2x8xf32>
  return %r#0, %r#1 : tensor<2x?x8xf32>, tensor<2x8xf32>
}

// Two states of different types, an output that is neither.

// CHECK-LABEL: func @two_states_and_read(
// CHECK:         %[[R:.*]]:3 = recur.scan ins(%{{.*}} : tensor<5xf64>) outs(%{{.*}} : tensor<5x3xf16>) init(%{{.*}}, %{{.*}} : tensor<f64>, tensor<2xi32>)
// CHECK-SAME:      step(%{{.*}}: f64, %{{.*}}: f64, %{{.*}}: tensor<2xi32>) {
// CHECK:           recur.yield %{{.*}}, %{{.*}} : f64, tensor<2xi32>
// CHECK-NEXT:    } read(%{{.*}}: f64, %{{.*}}: f64, %{{.*}}: tensor<2xi32>) {
// CHECK:           recur.yield %{{.*}} : tensor<3xf16>
// CHECK-NEXT:    } -> tensor<5x3xf16>, tensor<f64>, tensor<2xi32>
func.func @two_states_and_read(%x: tensor<5xf64>, %y: tensor<5x3xf16>, %h: tensor<f64>, %n: tensor<2xi32>)
    -> tensor<5x3xf16> {
  %r:3 = recur.scan ins(%x : tensor<5xf64>) outs(%y : tensor<5x3xf16>) init(%h, %n : tensor<f64>, tensor<2xi32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>, affine_map<(t) -> ()>]}
      step(%x_t: f64, %s: f64, %c: tensor<2xi32>) {
        %twice = arith.addi %c, %c : tensor<2xi32>
        recur.yield %x_t, %twice : f64, tensor<2xi32>
      }
      read(%x_t: f64, %s: f64, %c: tensor<2xi32>) {
        %narrow = arith.truncf %s : f64 to f16
        %y_t = tensor.splat %narrow : tensor<3xf16>
        recur.yield %y_t : tensor<3xf16>
      } -> tensor<5x3xf16>, tensor<f64>, tensor<2xi32>
  return %r#0 : tensor<5x3xf16>
}

// Neither a sequence read nor one written: only what is left in the end.

// CHECK-LABEL: func @final_state_only(
// CHECK:         %[[R:.*]] = recur.scan ins(%{{.*}} : tensor<?xf32>) init(%{{.*}} : tensor<f32>)
// CHECK:         return %[[R]]
func.func @final_state_only(%x: tensor<?xf32>, %h: tensor<f32>) -> tensor<f32> {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return %r : tensor<f32>
}

// CHECK-LABEL: func @no_inputs(
// CHECK:         recur.scan outs(%{{.*}} : tensor<7xf32>) init(%{{.*}} : tensor<f32>) {indexing_maps = [#[[$T]], #[[$NONE]]]} step(%{{.*}}: f32) {
func.func @no_inputs(%y: tensor<7xf32>, %h: tensor<f32>) -> tensor<7xf32> {
  %r:2 = recur.scan outs(%y : tensor<7xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%s: f32) {
        %next = math.cos %s : f32
        recur.yield %next : f32
      } -> tensor<7xf32>, tensor<f32>
  return %r#0 : tensor<7xf32>
}

// Layouts: (batch, token, head, feature), shared operands without t or batch.

// CHECK-LABEL: func @bshd(
// CHECK:         recur.scan {{.*}} {indexing_maps = [#[[$BTH]], #[[$BTH]], #{{.*}}, #[[$BTH]], #[[$HB]]], monoid = #recur.affine<scalar>} lift(%{{.*}}: tensor<8xf32>, %{{.*}}: tensor<4xf32>, %{{.*}}: f32) {
// CHECK:         } read(%{{.*}}: tensor<8xf32>, %{{.*}}: tensor<4xf32>, %{{.*}}: f32, %{{.*}}: tensor<8x4xf32>) {
func.func @bshd(%k: tensor<?x?x3x8xf32>, %v: tensor<?x?x3x4xf32>, %decay: tensor<3xf32>, %y: tensor<?x?x3x4xf32>,
                %s0: tensor<3x?x8x4xf32>) -> tensor<?x?x3x4xf32> {
  %r:2 = recur.scan ins(%k, %v, %decay : tensor<?x?x3x8xf32>, tensor<?x?x3x4xf32>, tensor<3xf32>)
      outs(%y : tensor<?x?x3x4xf32>) init(%s0 : tensor<3x?x8x4xf32>)
      {indexing_maps = [affine_map<(b, h, t) -> (b, t, h)>, affine_map<(b, h, t) -> (b, t, h)>,
                        affine_map<(b, h, t) -> (h)>, affine_map<(b, h, t) -> (b, t, h)>,
                        affine_map<(b, h, t) -> (h, b)>], monoid = #recur.affine<scalar>}
      lift(%k_t: tensor<8xf32>, %v_t: tensor<4xf32>, %g: f32) {
        recur.yield %g, %k_t, %v_t : f32, tensor<8xf32>, tensor<4xf32>
      }
      read(%k_t: tensor<8xf32>, %v_t: tensor<4xf32>, %g: f32, %s: tensor<8x4xf32>) {
        %y_t = linalg.vecmat ins(%k_t, %s : tensor<8xf32>, tensor<8x4xf32>) outs(%v_t : tensor<4xf32>) -> tensor<4xf32>
        recur.yield %y_t : tensor<4xf32>
      } -> tensor<?x?x3x4xf32>, tensor<3x?x8x4xf32>
  return %r#0 : tensor<?x?x3x4xf32>
}

// Monoids: each class.

// CHECK-LABEL: func @unit(
// CHECK:         monoid = #recur.affine<unit>} lift
func.func @unit(%x: tensor<?xf32>, %h: tensor<f32>) -> tensor<f32> {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return %r : tensor<f32>
}

// Sizes of a slice may be unknown on one side.

// CHECK-LABEL: func @diagonal(
// CHECK:         monoid = #recur.affine<diagonal>} lift(%{{.*}}: tensor<?xf32>, %{{.*}}: tensor<8x?xf32>) {
func.func @diagonal(%g: tensor<2x?xf32>, %b: tensor<2x8x?xf32>, %h: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %r = recur.scan ins(%g, %b : tensor<2x?xf32>, tensor<2x8x?xf32>) init(%h : tensor<?x4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<diagonal>}
      lift(%g_t: tensor<?xf32>, %b_t: tensor<8x?xf32>) {
        recur.yield %g_t, %b_t : tensor<?xf32>, tensor<8x?xf32>
      } -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// CHECK-LABEL: func @complex_diagonal(
// CHECK:         monoid = #recur.affine<complex_diagonal>} lift
func.func @complex_diagonal(%g: tensor<8xf32>, %b: tensor<?x8xf32>, %h: tensor<8xf32>) -> tensor<8xf32> {
  %r:2 = recur.scan ins(%g, %b : tensor<8xf32>, tensor<?x8xf32>) init(%h, %h : tensor<8xf32>, tensor<8xf32>)
      {indexing_maps = [affine_map<(t) -> ()>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>, affine_map<(t) -> ()>],
       monoid = #recur.affine<complex_diagonal>}
      lift(%g_t: tensor<8xf32>, %b_t: tensor<8xf32>) {
        recur.yield %g_t, %g_t, %b_t, %b_t : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
      } -> tensor<8xf32>, tensor<8xf32>
  return %r#1 : tensor<8xf32>
}

// CHECK-LABEL: func @dplr(
// CHECK:         monoid = #recur.affine<dplr>} lift
func.func @dplr(%g: tensor<?xf32>, %k: tensor<?x?xf16>, %v: tensor<?x?xf16>, %h: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %r = recur.scan ins(%g, %k, %v : tensor<?xf32>, tensor<?x?xf16>, tensor<?x?xf16>) init(%h : tensor<?x?xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<dplr>}
      lift(%g_t: f32, %k_t: tensor<?xf16>, %v_t: tensor<?xf16>) {
        recur.yield %g_t, %g_t, %k_t, %v_t : f32, f32, tensor<?xf16>, tensor<?xf16>
      } -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

// CHECK-LABEL: func @dense(
// CHECK:         monoid = #recur.affine<dense>} lift
func.func @dense(%a: tensor<4x4xf64>, %b: tensor<?x4xf64>, %h: tensor<4xf64>) -> tensor<4xf64> {
  %r = recur.scan ins(%a, %b : tensor<4x4xf64>, tensor<?x4xf64>) init(%h : tensor<4xf64>)
      {indexing_maps = [affine_map<(t) -> ()>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<dense>}
      lift(%a_t: tensor<4x4xf64>, %b_t: tensor<4xf64>) {
        recur.yield %a_t, %b_t : tensor<4x4xf64>, tensor<4xf64>
      } -> tensor<4xf64>
  return %r : tensor<4xf64>
}

// CHECK-LABEL: func @decayed_softmax(
// CHECK:         monoid = #recur.decayed_softmax} lift
func.func @decayed_softmax(%x: tensor<?x8xf32>, %h: tensor<8xf32>) -> tensor<8xf32> {
  %r:3 = recur.scan ins(%x : tensor<?x8xf32>) init(%h, %h, %h : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>, affine_map<(t) -> ()>, affine_map<(t) -> ()>],
       monoid = #recur.decayed_softmax}
      lift(%x_t: tensor<8xf32>) {
        recur.yield %x_t, %x_t, %x_t : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
      } -> tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
  return %r#2 : tensor<8xf32>
}

// A monoid by its product, exclusive and in reverse; regions in any order are
// printed in one.

// CHECK-LABEL: func @combine_exclusive_reverse(
// CHECK:         recur.scan ins(%{{.*}} : tensor<4x?xf32>) outs(%{{.*}}, %{{.*}} : tensor<4x?xf32>, tensor<4x?xi64>)
// CHECK-SAME:      {exclusive, indexing_maps = [{{.*}}], reverse} lift(%{{.*}}: f32) {
// CHECK-NEXT:      %{{.*}} = recur.index 1 : index
// CHECK:           recur.yield %{{.*}}, %{{.*}} : f32, i64
// CHECK-NEXT:    } combine(%{{.*}}: f32, %{{.*}}: i64, %{{.*}}: f32, %{{.*}}: i64) {
// CHECK:           recur.yield %{{.*}}, %{{.*}} : f32, i64
// CHECK-NEXT:    } -> tensor<4x?xf32>, tensor<4x?xi64>, tensor<4xf32>, tensor<4xi64>
func.func @combine_exclusive_reverse(%x: tensor<4x?xf32>, %m: tensor<4x?xf32>, %at: tensor<4x?xi64>,
                                     %first: tensor<4xf32>, %none: tensor<4xi64>) -> tensor<4x?xi64> {
  %r:4 = recur.scan ins(%x : tensor<4x?xf32>) outs(%m, %at : tensor<4x?xf32>, tensor<4x?xi64>)
      init(%first, %none : tensor<4xf32>, tensor<4xi64>)
      {indexing_maps = [affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c, t)>,
                        affine_map<(c, t) -> (c)>, affine_map<(c, t) -> (c)>], exclusive, reverse}
      combine(%a: f32, %i: i64, %b: f32, %j: i64) {
        %later = arith.cmpf ogt, %b, %a : f32
        %max = arith.select %later, %b, %a : f32
        %where = arith.select %later, %j, %i : i64
        recur.yield %max, %where : f32, i64
      }
      lift(%x_t: f32) {
        %t = recur.index 1 : index
        %place = arith.index_cast %t : index to i64
        recur.yield %x_t, %place : f32, i64
      } -> tensor<4x?xf32>, tensor<4x?xi64>, tensor<4xf32>, tensor<4xi64>
  return %r#1 : tensor<4x?xi64>
}

// CHECK-LABEL: func @schedules(
// CHECK:         schedule = #recur.schedule<sequential>} lift
// CHECK:         schedule = #recur.schedule<chunked>} lift
// CHECK:         schedule = #recur.schedule<chunked, chunk = 64>} lift
// CHECK:         schedule = #recur.schedule<tree>} lift
func.func @schedules(%x: tensor<?xf32>, %h: tensor<f32>) -> tensor<f32> {
  %a = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>,
       schedule = #recur.schedule<sequential>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  %b = recur.scan ins(%x : tensor<?xf32>) init(%a : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>,
       schedule = #recur.schedule<chunked>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  %c = recur.scan ins(%x : tensor<?xf32>) init(%b : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>,
       schedule = #recur.schedule<chunked, chunk = 64>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  %d = recur.scan ins(%x : tensor<?xf32>) init(%c : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>,
       schedule = #recur.schedule<tree>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return %d : tensor<f32>
}

// Rescans.

// CHECK-LABEL: func @reset_prefix(
// CHECK:         recur.rescan ins(%{{.*}} : tensor<?xf32>) outs(%{{.*}} : tensor<?xf32>) init(%{{.*}} : tensor<f32>) {indexing_maps = [{{[^]]*}}]} step(%{{.*}}: f32, %{{.*}}: f32) {
// CHECK:         } -> tensor<?xf32>, tensor<f32>
func.func @reset_prefix(%u: tensor<?xf32>, %y: tensor<?xf32>, %h0: tensor<f32>) -> tensor<?xf32> {
  %r:2 = recur.rescan ins(%u : tensor<?xf32>) outs(%y : tensor<?xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
      step(%u_j: f32, %h: f32) {
        %next = arith.addf %u_j, %h : f32
        recur.yield %next : f32
      } -> tensor<?xf32>, tensor<f32>
  return %r#0 : tensor<?xf32>
}

// Inputs of the token, of the history, of pairs and of none; read lacks those
// with j. The indices of both.

// CHECK-LABEL: func @chain_all(
// CHECK:         recur.rescan {{.*}} {boundary = #recur<boundary chain>, history = #recur<history all>, indexing_maps = [{{[^]]*}}]} step(%[[Q:.*]]: tensor<4xf32>, %{{.*}}: tensor<4xf32>, %{{.*}}: f32, %{{.*}}: f32, %{{.*}}: tensor<4xf32>) {
// CHECK-NEXT:      %{{.*}} = recur.index 1 : index
// CHECK-NEXT:      %{{.*}} = recur.index 2 : index
// CHECK:         } read(%[[Q]]: tensor<4xf32>, %{{.*}}: f32, %{{.*}}: tensor<4xf32>) {
func.func @chain_all(%q: tensor<2x5x4xf32>, %k: tensor<2x3x4xf32>, %bias: tensor<5x3xf32>, %scale: tensor<f32>,
                     %y: tensor<2x5xf32>, %h0: tensor<2x4xf32>) -> tensor<2x5xf32> {
  %r:2 = recur.rescan ins(%q, %k, %bias, %scale : tensor<2x5x4xf32>, tensor<2x3x4xf32>, tensor<5x3xf32>, tensor<f32>)
      outs(%y : tensor<2x5xf32>) init(%h0 : tensor<2x4xf32>)
      {indexing_maps = [affine_map<(b, t, j) -> (b, t)>, affine_map<(b, t, j) -> (b, j)>,
                        affine_map<(b, t, j) -> (t, j)>, affine_map<(b, t, j) -> ()>,
                        affine_map<(b, t, j) -> (b, t)>, affine_map<(b, t, j) -> (b)>],
       boundary = #recur<boundary chain>, history = #recur<history all>}
      step(%q_t: tensor<4xf32>, %k_j: tensor<4xf32>, %b: f32, %s: f32, %h: tensor<4xf32>) {
        %t = recur.index 1 : index
        %j = recur.index 2 : index
        recur.yield %k_j : tensor<4xf32>
      }
      read(%q_t: tensor<4xf32>, %s: f32, %h: tensor<4xf32>) {
        %t = recur.index 1 : index
        recur.yield %s : f32
      } -> tensor<2x5xf32>, tensor<2x4xf32>
  return %r#0 : tensor<2x5xf32>
}

// Attention: a fold of one key.

// CHECK-LABEL: func @fold(
// CHECK:         recur.rescan
// CHECK:           attn.fold
func.func @fold(%q: tensor<?x1x8xf32>, %k: tensor<?x1x8xf32>, %v: tensor<?x1x4xf32>, %m: tensor<1xf32>,
                %l: tensor<1xf32>, %a: tensor<1x4xf32>, %y: tensor<?x1x4xf32>) -> tensor<?x1x4xf32> {
  %r:4 = recur.rescan ins(%q, %k, %v : tensor<?x1x8xf32>, tensor<?x1x8xf32>, tensor<?x1x4xf32>)
      outs(%y : tensor<?x1x4xf32>) init(%m, %l, %a : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [affine_map<(t, j) -> (t)>, affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (j)>,
                        affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>, affine_map<(t, j) -> ()>,
                        affine_map<(t, j) -> ()>]}
      step(%q_t: tensor<1x8xf32>, %k_j: tensor<1x8xf32>, %v_j: tensor<1x4xf32>, %m_j: tensor<1xf32>,
           %l_j: tensor<1xf32>, %a_j: tensor<1x4xf32>) {
        %s:3 = attn.fold ins(%q_t, %k_j, %v_j : tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x4xf32>)
            outs(%m_j, %l_j, %a_j : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
            {indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k2, k1)>,
                              affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m)>,
                              affine_map<(m, k1, k2, n) -> (m)>, affine_map<(m, k1, k2, n) -> (m, n)>]}
            -> tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
        recur.yield %s#0, %s#1, %s#2 : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
      }
      read(%q_t: tensor<1x8xf32>, %m_t: tensor<1xf32>, %l_t: tensor<1xf32>, %a_t: tensor<1x4xf32>) {
        recur.yield %a_t : tensor<1x4xf32>
      } -> tensor<?x1x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  return %r#0 : tensor<?x1x4xf32>
}

// Indices are those of the innermost recurrence.

// CHECK-LABEL: func @nested(
// CHECK:         recur.scan
// CHECK:           recur.rescan
// CHECK:             recur.index 1 : index
func.func @nested(%x: tensor<?xf32>, %h: tensor<f32>) -> tensor<f32> {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        %inner = recur.rescan ins(%x, %x : tensor<?xf32>, tensor<?xf32>) init(%h : tensor<f32>)
            {indexing_maps = [affine_map<(t, j) -> (t)>, affine_map<(t, j) -> (j)>, affine_map<(t, j) -> ()>]}
            step(%x_i: f32, %x_j: f32, %z: f32) {
              %j = recur.index 1 : index
              recur.yield %x_j : f32
            } -> tensor<f32>
        %e = tensor.extract %inner[] : tensor<f32>
        recur.yield %e : f32
      } -> tensor<f32>
  return %r : tensor<f32>
}
