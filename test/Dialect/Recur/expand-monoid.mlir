// RUN: attn-opt %s -recur-expand-monoid -cse -split-input-file | FileCheck %s -enable-var-scope -implicit-check-not=lift -implicit-check-not=monoid

// h + b

// CHECK-LABEL: func @unit(
// CHECK:         step(%[[X:.*]]: f32, %[[H:.*]]: f32) {
// CHECK-NEXT:      %[[NEXT:.*]] = arith.addf %[[H]], %[[X]] : f32
// CHECK-NEXT:      recur.yield %[[NEXT]] : f32
func.func @unit(%x: tensor<?xf32>, %h: tensor<f32>) -> tensor<f32> {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return %r : tensor<f32>
}

// -----

// h + k v^T, without ever making the outer product; the element is widened.

// CHECK-DAG:   #[[$KEY:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG:   #[[$VALUE:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG:   #[[$STATE:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func @unit_of_an_outer_product(
// CHECK:         step(%[[K:.*]]: tensor<4xbf16>, %[[V:.*]]: tensor<?xf32>, %[[H:.*]]: tensor<4x?xf32>) {
// CHECK-NEXT:      %[[NEXT:.*]] = linalg.generic {indexing_maps = [#[[$KEY]], #[[$VALUE]], #[[$STATE]]], iterator_types = ["parallel", "parallel"]} ins(%[[K]], %[[V]] : tensor<4xbf16>, tensor<?xf32>) outs(%[[H]] : tensor<4x?xf32>) {
// CHECK-NEXT:      ^bb0(%[[K_I:.*]]: bf16, %[[V_J:.*]]: f32, %[[H_IJ:.*]]: f32):
// CHECK-NEXT:        %[[WIDE:.*]] = arith.extf %[[K_I]] : bf16 to f32
// CHECK-NEXT:        %[[SUM:.*]] = math.fma %[[WIDE]], %[[V_J]], %[[H_IJ]] : f32
// CHECK-NEXT:        linalg.yield %[[SUM]] : f32
// CHECK-NEXT:      } -> tensor<4x?xf32>
// CHECK-NEXT:      recur.yield %[[NEXT]] : tensor<4x?xf32>
func.func @unit_of_an_outer_product(%k: tensor<?x4xbf16>, %v: tensor<?x?xf32>, %h: tensor<4x?xf32>) -> tensor<4x?xf32> {
  %r = recur.scan ins(%k, %v : tensor<?x4xbf16>, tensor<?x?xf32>) init(%h : tensor<4x?xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<unit>}
      lift(%k_t: tensor<4xbf16>, %v_t: tensor<?xf32>) {
        recur.yield %k_t, %v_t : tensor<4xbf16>, tensor<?xf32>
      } -> tensor<4x?xf32>
  return %r : tensor<4x?xf32>
}

// -----

// e^g h + b; what lift computes comes first.

// CHECK-LABEL: func @scalar(
// CHECK:         step(%[[G:.*]]: f32, %[[X:.*]]: f32, %[[H:.*]]: f32) {
// CHECK-NEXT:      %[[MINUS:.*]] = arith.negf %[[G]] : f32
// CHECK-NEXT:      %[[DECAY:.*]] = math.exp %[[MINUS]] : f32
// CHECK-NEXT:      %[[KEPT:.*]] = arith.mulf %[[DECAY]], %[[H]] : f32
// CHECK-NEXT:      %[[NEXT:.*]] = arith.addf %[[KEPT]], %[[X]] : f32
// CHECK-NEXT:      recur.yield %[[NEXT]] : f32
// CHECK-NEXT:    } read(
func.func @scalar(%g: tensor<?xf32>, %x: tensor<?xf32>, %y: tensor<?xf32>, %h: tensor<f32>) -> tensor<?xf32> {
  %r:2 = recur.scan ins(%g, %x : tensor<?xf32>, tensor<?xf32>) outs(%y : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<scalar>}
      lift(%g_t: f32, %x_t: f32) {
        %minus = arith.negf %g_t : f32
        recur.yield %minus, %x_t : f32, f32
      }
      read(%g_t: f32, %x_t: f32, %s: f32) {
        recur.yield %s : f32
      } -> tensor<?xf32>, tensor<f32>
  return %r#0 : tensor<?xf32>
}

// -----

// e^g is computed once for each row of the state.

// CHECK-DAG:   #[[$ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG:   #[[$STATE:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func @diagonal(
// CHECK:         step(%[[G:.*]]: tensor<4xf32>, %[[B:.*]]: tensor<4x8xf32>, %[[H:.*]]: tensor<4x8xf32>) {
// CHECK:           %[[DECAY:.*]] = linalg.generic {{.*}} iterator_types = ["parallel"]} ins(%[[G]] : tensor<4xf32>)
// CHECK:             math.exp
// CHECK:           %[[NEXT:.*]] = linalg.generic {indexing_maps = [#[[$ROW]], #[[$STATE]], #[[$STATE]]], {{.*}}} ins(%[[DECAY]], %[[B]] : {{.*}}) outs(%[[H]] :
// CHECK-NEXT:      ^bb0(%[[D_I:.*]]: f32, %[[B_IJ:.*]]: f32, %[[H_IJ:.*]]: f32):
// CHECK-NEXT:        %[[KEPT:.*]] = arith.mulf %[[D_I]], %[[H_IJ]]
// CHECK-NEXT:        arith.addf %[[KEPT]], %[[B_IJ]]
// CHECK:           recur.yield %[[NEXT]] : tensor<4x8xf32>
func.func @diagonal(%g: tensor<?x4xf32>, %b: tensor<?x4x8xf32>, %h: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %r = recur.scan ins(%g, %b : tensor<?x4xf32>, tensor<?x4x8xf32>) init(%h : tensor<4x8xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<diagonal>}
      lift(%g_t: tensor<4xf32>, %b_t: tensor<4x8xf32>) {
        recur.yield %g_t, %b_t : tensor<4xf32>, tensor<4x8xf32>
      } -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// -----

// (e^re g cos im g + i e^re g sin im g)(re h + i im h) + b

// CHECK-LABEL: func @complex_diagonal(
// CHECK:         step(%[[G:.*]]: f32, %[[W:.*]]: f32, %[[X:.*]]: f32, %[[RE:.*]]: f32, %[[IM:.*]]: f32) {
// CHECK-DAG:       %[[RADIUS:.*]] = math.exp %[[G]] : f32
// CHECK-DAG:       %[[COS:.*]] = math.cos %[[W]] : f32
// CHECK-DAG:       %[[SIN:.*]] = math.sin %[[W]] : f32
// CHECK-DAG:       %[[A_RE:.*]] = arith.mulf %[[RADIUS]], %[[COS]] : f32
// CHECK-DAG:       %[[A_IM:.*]] = arith.mulf %[[RADIUS]], %[[SIN]] : f32
// CHECK-DAG:       %[[MINUS:.*]] = arith.negf %[[A_IM]] : f32
// CHECK-DAG:       %[[RE_0:.*]] = math.fma %[[MINUS]], %[[IM]], %[[X]] : f32
// CHECK-DAG:       %[[RE_1:.*]] = math.fma %[[A_RE]], %[[RE]], %[[RE_0]] : f32
// CHECK-DAG:       %[[IM_0:.*]] = math.fma %[[A_IM]], %[[RE]], %[[X]] : f32
// CHECK-DAG:       %[[IM_1:.*]] = math.fma %[[A_RE]], %[[IM]], %[[IM_0]] : f32
// CHECK:           recur.yield %[[RE_1]], %[[IM_1]] : f32, f32
func.func @complex_diagonal(%g: tensor<f32>, %w: tensor<f32>, %x: tensor<?xf32>, %h: tensor<f32>) -> tensor<f32> {
  %r:2 = recur.scan ins(%g, %w, %x : tensor<f32>, tensor<f32>, tensor<?xf32>) init(%h, %h : tensor<f32>, tensor<f32>)
      {indexing_maps = [affine_map<(t) -> ()>, affine_map<(t) -> ()>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>,
                        affine_map<(t) -> ()>], monoid = #recur.affine<complex_diagonal>}
      lift(%g_t: f32, %w_t: f32, %x_t: f32) {
        recur.yield %g_t, %w_t, %x_t, %x_t : f32, f32, f32, f32
      } -> tensor<f32>, tensor<f32>
  return %r#0 : tensor<f32>
}

// -----

// r = v - e^g k^T S, then e^g S + beta k r^T: S is read once and updated once.

// CHECK-LABEL: func @dplr(
// CHECK:         step(%[[G:.*]]: f32, %[[BETA:.*]]: f32, %[[K:.*]]: tensor<4xf32>, %[[V:.*]]: tensor<8xf32>, %[[S:.*]]: tensor<4x8xf32>) {
// CHECK:           %[[DECAY:.*]] = math.exp %[[G]] : f32
// CHECK:           %[[ZERO:.*]] = linalg.fill {{.*}} -> tensor<8xf32>
// CHECK:           %[[SEEN:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[K]], %[[S]] : tensor<4xf32>, tensor<4x8xf32>) outs(%[[ZERO]] :
// CHECK:           %[[REST:.*]] = linalg.generic {{.*}} ins(%[[V]], %[[DECAY]] : tensor<8xf32>, f32) outs(%[[SEEN]] :
// CHECK:             arith.negf
// CHECK:             math.fma
// CHECK:           %[[NEXT:.*]] = linalg.generic {{.*}} ins(%[[DECAY]], %[[BETA]], %[[K]], %[[REST]] : f32, f32, tensor<4xf32>, tensor<8xf32>) outs(%[[S]] :
// CHECK:           recur.yield %[[NEXT]] : tensor<4x8xf32>
func.func @dplr(%g: tensor<?xf32>, %k: tensor<?x4xf32>, %v: tensor<?x8xf32>, %h: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %r = recur.scan ins(%g, %g, %k, %v : tensor<?xf32>, tensor<?xf32>, tensor<?x4xf32>, tensor<?x8xf32>)
      init(%h : tensor<4x8xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>,
                        affine_map<(t) -> ()>], monoid = #recur.affine<dplr>}
      lift(%g_t: f32, %b_t: f32, %k_t: tensor<4xf32>, %v_t: tensor<8xf32>) {
        recur.yield %g_t, %b_t, %k_t, %v_t : f32, f32, tensor<4xf32>, tensor<8xf32>
      } -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// -----

// A h + b; the state's type, where the element's says less.

// CHECK-LABEL: func @dense(
// CHECK:         step(%[[A:.*]]: tensor<?x?xf32>, %[[B:.*]]: tensor<?xbf16>, %[[H:.*]]: tensor<4xf32>) {
// CHECK:           %[[START:.*]] = linalg.generic {{.*}} ins(%[[B]] : tensor<?xbf16>) outs(%{{.*}} : tensor<4xf32>) {
// CHECK:           %[[NEXT:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[A]], %[[H]] : tensor<?x?xf32>, tensor<4xf32>) outs(%[[START]] : tensor<4xf32>) {
// CHECK:           recur.yield %[[NEXT]] : tensor<4xf32>
func.func @dense(%a: tensor<?x?xf32>, %b: tensor<?x?xbf16>, %h: tensor<4xf32>) -> tensor<4xf32> {
  %r = recur.scan ins(%a, %b : tensor<?x?xf32>, tensor<?x?xbf16>) init(%h : tensor<4xf32>)
      {indexing_maps = [affine_map<(t) -> ()>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<dense>}
      lift(%a_t: tensor<?x?xf32>, %b_t: tensor<?xbf16>) {
        recur.yield %a_t, %b_t : tensor<?x?xf32>, tensor<?xbf16>
      } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// A maximum of -inf counts as 0 in the differences.

// CHECK-LABEL: func @decayed_softmax(
// CHECK:         step(%[[G:.*]]: f32, %[[S:.*]]: f32, %[[V:.*]]: f32, %[[M:.*]]: f32, %[[L:.*]]: f32, %[[A:.*]]: f32) {
// CHECK-DAG:       %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-DAG:       %[[MINUS_INFINITY:.*]] = arith.constant 0xFF800000 : f32
// CHECK-DAG:       %[[FADED:.*]] = arith.addf %[[M]], %[[G]] : f32
// CHECK-DAG:       %[[MAX:.*]] = arith.maximumf %[[FADED]], %[[S]] : f32
// CHECK-DAG:       %[[NONE:.*]] = arith.cmpf oeq, %[[MAX]], %[[MINUS_INFINITY]] : f32
// CHECK-DAG:       %[[BASE:.*]] = arith.select %[[NONE]], %{{.*}}, %[[MAX]] : f32
// CHECK-DAG:       %[[D_1:.*]] = arith.subf %[[FADED]], %[[BASE]] : f32
// CHECK-DAG:       %[[W_1:.*]] = math.exp %[[D_1]] : f32
// CHECK-DAG:       %[[D_2:.*]] = arith.subf %[[S]], %[[BASE]] : f32
// CHECK-DAG:       %[[W_2:.*]] = math.exp %[[D_2]] : f32
// CHECK-DAG:       %[[L_2:.*]] = arith.mulf %[[W_2]], %[[ONE]] : f32
// CHECK-DAG:       %[[SUM:.*]] = math.fma %[[W_1]], %[[L]], %[[L_2]] : f32
// CHECK-DAG:       %[[A_2:.*]] = arith.mulf %[[W_2]], %[[V]] : f32
// CHECK-DAG:       %[[ACC:.*]] = math.fma %[[W_1]], %[[A]], %[[A_2]] : f32
// CHECK:           recur.yield %[[MAX]], %[[SUM]], %[[ACC]] : f32, f32, f32
func.func @decayed_softmax(%g: tensor<f32>, %s: tensor<?xf32>, %v: tensor<?xf32>, %h: tensor<f32>) -> tensor<f32> {
  %r:3 = recur.scan ins(%g, %s, %v : tensor<f32>, tensor<?xf32>, tensor<?xf32>)
      init(%h, %h, %h : tensor<f32>, tensor<f32>, tensor<f32>)
      {indexing_maps = [affine_map<(t) -> ()>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>,
                        affine_map<(t) -> ()>, affine_map<(t) -> ()>], monoid = #recur.decayed_softmax}
      lift(%g_t: f32, %s_t: f32, %v_t: f32) {
        recur.yield %g_t, %s_t, %v_t : f32, f32, f32
      } -> tensor<f32>, tensor<f32>, tensor<f32>
  return %r#2 : tensor<f32>
}

// -----

// combine(h, lift(x)): the state before the token is first; the modes stay.

// CHECK-LABEL: func @combine(
// CHECK:         recur.scan {{.*}} {exclusive, indexing_maps = [{{[^]]*}}], reverse} step(%[[X:.*]]: f32, %[[H:.*]]: f32) {
// CHECK-NEXT:      %[[LIFTED:.*]] = math.absf %[[X]] : f32
// CHECK-NEXT:      %[[NEXT:.*]] = arith.subf %[[H]], %[[LIFTED]] : f32
// CHECK-NEXT:      recur.yield %[[NEXT]] : f32
// CHECK-NOT:     combine
func.func @combine(%x: tensor<?xf32>, %y: tensor<?xf32>, %h: tensor<f32>) -> tensor<?xf32> {
  %r:2 = recur.scan ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>], exclusive, reverse}
      lift(%x_t: f32) {
        %size = math.absf %x_t : f32
        recur.yield %size : f32
      }
      combine(%a: f32, %b: f32) {
        %difference = arith.subf %a, %b : f32
        recur.yield %difference : f32
      } -> tensor<?xf32>, tensor<f32>
  return %r#0 : tensor<?xf32>
}

// -----

// A step stays as it is.

// CHECK-LABEL: func @step(
// CHECK:         step(%[[X:.*]]: f32, %[[H:.*]]: f32) {
// CHECK-NEXT:      recur.yield %[[X]] : f32
func.func @step(%x: tensor<?xf32>, %h: tensor<f32>) -> tensor<f32> {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return %r : tensor<f32>
}
