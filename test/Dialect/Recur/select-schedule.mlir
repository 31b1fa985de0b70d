// RUN: attn-opt %s -recur-select-schedule --remark-format=emitRemark --remarks-filter=recur -verify-diagnostics | FileCheck %s

#token = affine_map<(t) -> (t)>
#state = affine_map<(t) -> ()>

// 32 tokens at once; where the decay is that of a row, 16.
// CHECK-LABEL: func @matrix_products(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<chunked, chunk = 32>
func.func @matrix_products(%q: tensor<?x96xf32>, %k: tensor<?x96xf32>, %v: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  // expected-remark@below {{Reason="a chunk is matrix products", Schedule=chunked}}
  %y, %s = recur.scan ins(%q, %k, %v : tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<unit>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>) {
        recur.yield %k_t, %v_t : tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: func @diagonal(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<chunked, chunk = 16>
func.func @diagonal(%q: tensor<?x96xf32>, %k: tensor<?x96xf32>, %v: tensor<?x96xf32>, %g: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  // expected-remark@below {{Reason="a chunk is matrix products", Schedule=chunked}}
  %y, %s = recur.scan ins(%q, %k, %v, %g : tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #token, #state],
       monoid = #recur.affine<diagonal>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %g_t: tensor<96xf32>) {
        recur.yield %g_t, %k_t, %v_t : tensor<96xf32>, tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %g_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// What somebody chose is kept, without a remark.
// CHECK-LABEL: func @kept(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @kept(%q: tensor<?x96xf32>, %k: tensor<?x96xf32>, %v: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  %y, %s = recur.scan ins(%q, %k, %v : tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<unit>, schedule = #recur.schedule<sequential>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>) {
        recur.yield %k_t, %v_t : tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: func @kept_tree(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<tree>
func.func @kept_tree(%q: tensor<?x96xf32>, %k: tensor<?x96xf32>, %v: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  %y, %s = recur.scan ins(%q, %k, %v : tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<unit>, schedule = #recur.schedule<tree>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>) {
        recur.yield %k_t, %v_t : tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: func @small_state(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @small_state(%q: tensor<?x4xf32>, %k: tensor<?x4xf32>, %v: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<4x96xf32>) -> tensor<?x96xf32> {
  // expected-remark@below {{Reason="the state is too small for matrix products to pay", Schedule=sequential}}
  %y, %s = recur.scan ins(%q, %k, %v : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<4x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<unit>}
      lift(%q_t: tensor<4xf32>, %k_t: tensor<4xf32>, %v_t: tensor<96xf32>) {
        recur.yield %k_t, %v_t : tensor<4xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<4xf32>, %k_t: tensor<4xf32>, %v_t: tensor<96xf32>, %s_t: tensor<4x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<4xf32>, tensor<4x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<4x96xf32>
  return %y : tensor<?x96xf32>
}

// 24 tokens are more than a chunk of a diagonal decay, and less than one of any other.
// CHECK-LABEL: func @short_sequence(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @short_sequence(%q: tensor<24x96xf32>, %k: tensor<24x96xf32>, %v: tensor<24x96xf32>, %y0: tensor<24x96xf32>, %s0: tensor<96x96xf32>) -> tensor<24x96xf32> {
  // expected-remark@below {{Reason="the sequence is shorter than a chunk", Schedule=sequential}}
  %y, %s = recur.scan ins(%q, %k, %v : tensor<24x96xf32>, tensor<24x96xf32>, tensor<24x96xf32>) outs(%y0 : tensor<24x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<unit>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>) {
        recur.yield %k_t, %v_t : tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<24x96xf32>, tensor<96x96xf32>
  return %y : tensor<24x96xf32>
}

// CHECK-LABEL: func @short_but_diagonal(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<chunked, chunk = 16>
func.func @short_but_diagonal(%q: tensor<24x96xf32>, %k: tensor<24x96xf32>, %v: tensor<24x96xf32>, %g: tensor<24x96xf32>, %y0: tensor<24x96xf32>, %s0: tensor<96x96xf32>) -> tensor<24x96xf32> {
  // expected-remark@below {{Reason="a chunk is matrix products", Schedule=chunked}}
  %y, %s = recur.scan ins(%q, %k, %v, %g : tensor<24x96xf32>, tensor<24x96xf32>, tensor<24x96xf32>, tensor<24x96xf32>) outs(%y0 : tensor<24x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #token, #state],
       monoid = #recur.affine<diagonal>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %g_t: tensor<96xf32>) {
        recur.yield %g_t, %k_t, %v_t : tensor<96xf32>, tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %g_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<24x96xf32>, tensor<96x96xf32>
  return %y : tensor<24x96xf32>
}

// Why there are no matrix products.

// CHECK-LABEL: func @step(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @step(%x: tensor<?xf32>, %h0: tensor<f32>) -> tensor<f32> {
  // expected-remark@below {{Reason="only unit, scalar, diagonal and dplr transitions have a form with matrix products", Schedule=sequential}}
  %h = recur.scan ins(%x : tensor<?xf32>) init(%h0 : tensor<f32>) {indexing_maps = [#token, #state]}
      step(%x_t: f32, %h: f32) {
        %next = arith.addf %h, %x_t : f32
        recur.yield %next : f32
      } -> tensor<f32>
  return %h : tensor<f32>
}

// CHECK-LABEL: func @complex(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @complex(%x: tensor<?x96xf32>, %h0: tensor<96xf32>) -> tensor<96xf32> {
  // expected-remark@below {{Reason="only unit, scalar, diagonal and dplr transitions have a form with matrix products", Schedule=sequential}}
  %re, %im = recur.scan ins(%x : tensor<?x96xf32>) init(%h0, %h0 : tensor<96xf32>, tensor<96xf32>)
      {indexing_maps = [#token, #state, #state], monoid = #recur.affine<complex_diagonal>}
      lift(%x_t: tensor<96xf32>) {
        recur.yield %x_t, %x_t, %x_t, %x_t : tensor<96xf32>, tensor<96xf32>, tensor<96xf32>, tensor<96xf32>
      } -> tensor<96xf32>, tensor<96xf32>
  return %re : tensor<96xf32>
}

// CHECK-LABEL: func @reverse(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @reverse(%q: tensor<?x96xf32>, %k: tensor<?x96xf32>, %v: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  // expected-remark@below {{Reason="it runs in reverse; reverse the sequences instead", Schedule=sequential}}
  %y, %s = recur.scan ins(%q, %k, %v : tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<unit>, reverse}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>) {
        recur.yield %k_t, %v_t : tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: func @vector_state(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @vector_state(%x: tensor<?x96xf32>, %h0: tensor<96xf32>) -> tensor<96xf32> {
  // expected-remark@below {{Reason="the state is not a matrix", Schedule=sequential}}
  %h = recur.scan ins(%x : tensor<?x96xf32>) init(%h0 : tensor<96xf32>)
      {indexing_maps = [#token, #state], monoid = #recur.affine<unit>}
      lift(%x_t: tensor<96xf32>) {
        recur.yield %x_t : tensor<96xf32>
      } -> tensor<96xf32>
  return %h : tensor<96xf32>
}

// CHECK-LABEL: func @exclusive_delta(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @exclusive_delta(%q: tensor<?x96xf32>, %k: tensor<?x96xf32>, %v: tensor<?x96xf32>, %g: tensor<?xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  // expected-remark@below {{Reason="an exclusive delta rule has no such form here", Schedule=sequential}}
  %y, %s = recur.scan ins(%q, %k, %v, %g : tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>, tensor<?xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #token, #state],
       monoid = #recur.affine<dplr>, exclusive}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %g_t: f32) {
        recur.yield %g_t, %g_t, %k_t, %v_t : f32, f32, tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %g_t: f32, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: func @lift_computes(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @lift_computes(%q: tensor<?x96xf32>, %k: tensor<?x96xf32>, %v: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  // expected-remark@below {{Reason="`lift` computes; apply what it does to whole sequences, before the scan", Schedule=sequential}}
  %y, %s = recur.scan ins(%q, %k, %v : tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<unit>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>) {
        %sum = arith.addf %k_t, %k_t : tensor<96xf32>
        recur.yield %sum, %v_t : tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: func @no_outer_product(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @no_outer_product(%q: tensor<?x96xf32>, %k: tensor<?x96x96xf32>, %v: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  // expected-remark@below {{Reason="its input is not an outer product of k and v", Schedule=sequential}}
  %y, %s = recur.scan ins(%q, %k, %v : tensor<?x96xf32>, tensor<?x96x96xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<unit>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96x96xf32>, %v_t: tensor<96xf32>) {
        recur.yield %k_t : tensor<96x96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96x96xf32>, %v_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: func @constant_key(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @constant_key(%q: tensor<?x96xf32>, %k: tensor<96xf32>, %v: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  // expected-remark@below {{Reason="k and v must be vectors that change with the token", Schedule=sequential}}
  %y, %s = recur.scan ins(%q, %k, %v : tensor<?x96xf32>, tensor<96xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #state, #token, #token, #state],
       monoid = #recur.affine<unit>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>) {
        recur.yield %k_t, %v_t : tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: func @matrix_decay(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @matrix_decay(%q: tensor<?x96xf32>, %k: tensor<?x96xf32>, %v: tensor<?x96xf32>, %g: tensor<?x96x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  // expected-remark@below {{Reason="the decay must be a vector over the first dimension of the state", Schedule=sequential}}
  %y, %s = recur.scan ins(%q, %k, %v, %g : tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #token, #state],
       monoid = #recur.affine<diagonal>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %g_t: tensor<96x96xf32>) {
        recur.yield %g_t, %k_t, %v_t : tensor<96x96xf32>, tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %g_t: tensor<96x96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: func @captured_decay(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @captured_decay(%q: tensor<?x96xf32>, %k: tensor<?x96xf32>, %v: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  %g = arith.constant dense<-0.5> : tensor<96xf32>
  // expected-remark@below {{Reason="a diagonal decay must be an input", Schedule=sequential}}
  %y, %s = recur.scan ins(%q, %k, %v : tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<diagonal>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>) {
        recur.yield %g, %k_t, %v_t : tensor<96xf32>, tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// q^T S + 1, S q, and k^T S + q^T S.
// CHECK-LABEL: func @read_starts_elsewhere(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @read_starts_elsewhere(%q: tensor<?x96xf32>, %k: tensor<?x96xf32>, %v: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  // expected-remark@below {{Reason="`read` must be the product of one input with the state, q^T S", Schedule=sequential}}
  %y, %s = recur.scan ins(%q, %k, %v : tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<unit>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>) {
        recur.yield %k_t, %v_t : tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %ones = arith.constant dense<1.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%ones : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: func @read_of_rows(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @read_of_rows(%q: tensor<?x96xf32>, %k: tensor<?x96xf32>, %v: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  // expected-remark@below {{Reason="`read` must be the product of one input with the state, q^T S", Schedule=sequential}}
  %y, %s = recur.scan ins(%q, %k, %v : tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<unit>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>) {
        recur.yield %k_t, %v_t : tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.matvec ins(%s_t, %q_t : tensor<96x96xf32>, tensor<96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: func @read_of_two(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @read_of_two(%q: tensor<?x96xf32>, %k: tensor<?x96xf32>, %v: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  // expected-remark@below {{Reason="`read` must be the product of one input with the state, q^T S", Schedule=sequential}}
  %y, %s = recur.scan ins(%q, %k, %v : tensor<?x96xf32>, tensor<?x96xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<unit>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>) {
        recur.yield %k_t, %v_t : tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %a = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        %y_t = linalg.vecmat ins(%k_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%a : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}

// CHECK-LABEL: func @constant_query(
// CHECK:         recur.scan {{.*}} schedule = #recur.schedule<sequential>
func.func @constant_query(%q: tensor<96xf32>, %k: tensor<?x96xf32>, %v: tensor<?x96xf32>, %y0: tensor<?x96xf32>, %s0: tensor<96x96xf32>) -> tensor<?x96xf32> {
  // expected-remark@below {{Reason="the query must be a vector, or one for each of a group, that changes with the token", Schedule=sequential}}
  %y, %s = recur.scan ins(%q, %k, %v : tensor<96xf32>, tensor<?x96xf32>, tensor<?x96xf32>) outs(%y0 : tensor<?x96xf32>) init(%s0 : tensor<96x96xf32>)
      {indexing_maps = [#state, #token, #token, #token, #state],
       monoid = #recur.affine<unit>}
      lift(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>) {
        recur.yield %k_t, %v_t : tensor<96xf32>, tensor<96xf32>
      }
      read(%q_t: tensor<96xf32>, %k_t: tensor<96xf32>, %v_t: tensor<96xf32>, %s_t: tensor<96x96xf32>) {
        %zero = arith.constant dense<0.0> : tensor<96xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<96xf32>, tensor<96x96xf32>) outs(%zero : tensor<96xf32>) -> tensor<96xf32>
        recur.yield %y_t : tensor<96xf32>
      } -> tensor<?x96xf32>, tensor<96x96xf32>
  return %y : tensor<?x96xf32>
}
