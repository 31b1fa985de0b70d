// RUN: attn-opt %s -recur-to-scf -split-input-file -verify-diagnostics

// A cell without a monoid has products of nothing.

func.func @chunked_step(%x: tensor<?xf32>, %h0: tensor<f32>) -> tensor<f32> {
  // expected-error@below {{'recur.scan' op cannot be evaluated with the schedule 'chunked': its cell has no monoid; use the schedule 'sequential'}}
  %h = recur.scan ins(%x : tensor<?xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], schedule = #recur.schedule<chunked, chunk = 8>}
      step(%x_t: f32, %h: f32) {
        %next = arith.addf %h, %x_t : f32
        recur.yield %next : f32
      } -> tensor<f32>
  return %h : tensor<f32>
}

// -----

func.func @tree_step(%x: tensor<?xf32>, %h0: tensor<f32>) -> tensor<f32> {
  // expected-error@below {{'recur.scan' op cannot be evaluated with the schedule 'tree': its cell has no monoid; use the schedule 'sequential'}}
  %h = recur.scan ins(%x : tensor<?xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], schedule = #recur.schedule<tree>}
      step(%x_t: f32, %h: f32) {
        %next = arith.addf %h, %x_t : f32
        recur.yield %next : f32
      } -> tensor<f32>
  return %h : tensor<f32>
}

// -----

// Products of dense matrices cost more than states; there is no other form of chunks.

func.func @chunked_dense(%a: tensor<?x4x4xf32>, %b: tensor<?x4xf32>, %h0: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@below {{cannot be evaluated with the schedule 'chunked': products of elements of #recur.affine<dense> are larger than its states, and there is no form with matrix products: only unit, scalar, diagonal and dplr transitions have a form with matrix products; use the schedule 'sequential'}}
  %h = recur.scan ins(%a, %b : tensor<?x4x4xf32>, tensor<?x4xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<dense>, schedule = #recur.schedule<chunked>}
      lift(%a_t: tensor<4x4xf32>, %b_t: tensor<4xf32>) {
        recur.yield %a_t, %b_t : tensor<4x4xf32>, tensor<4xf32>
      } -> tensor<4xf32>
  return %h : tensor<4xf32>
}

// -----

func.func @tree_delta(%k: tensor<?x4xf32>, %v: tensor<?x8xf32>, %beta: tensor<?xf32>, %s0: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error@below {{cannot be evaluated with the schedule 'tree': products of elements of #recur.affine<dplr> are larger than its states; use the schedule 'sequential'}}
  %s = recur.scan ins(%k, %v, %beta : tensor<?x4xf32>, tensor<?x8xf32>, tensor<?xf32>) init(%s0 : tensor<4x8xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<dplr>, schedule = #recur.schedule<tree>}
      lift(%k_t: tensor<4xf32>, %v_t: tensor<8xf32>, %beta_t: f32) {
        %g = arith.constant 0.0 : f32
        recur.yield %g, %beta_t, %k_t, %v_t : f32, f32, tensor<4xf32>, tensor<8xf32>
      } -> tensor<4x8xf32>
  return %s : tensor<4x8xf32>
}

// -----

// The delta rule has chunks, but not of any scan: the reason is given.

func.func @chunked_delta(%k: tensor<?x4xf32>, %v: tensor<?x8xf32>, %beta: tensor<?xf32>, %s0: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error@below {{larger than its states, and there is no form with matrix products: `read` must be the product of one input with the state, q^T S; use the schedule 'sequential'}}
  %s = recur.scan ins(%k, %v, %beta : tensor<?x4xf32>, tensor<?x8xf32>, tensor<?xf32>) init(%s0 : tensor<4x8xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<dplr>, schedule = #recur.schedule<chunked>}
      lift(%k_t: tensor<4xf32>, %v_t: tensor<8xf32>, %beta_t: f32) {
        %g = arith.constant 0.0 : f32
        recur.yield %g, %beta_t, %k_t, %v_t : f32, f32, tensor<4xf32>, tensor<8xf32>
      } -> tensor<4x8xf32>
  return %s : tensor<4x8xf32>
}
