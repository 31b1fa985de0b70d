// Attention with a linear kernel, as a rescan of sizes that are not known.
func.func @linear_attention(%q: tensor<?x8xf32>, %k: tensor<?x8xf32>, %v: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %size = tensor.dim %k, %c0 : tensor<?x8xf32>
  %y0 = tensor.empty(%size) : tensor<?x4xf32>
  %h0 = arith.constant dense<0.0> : tensor<4xf32>
  %y, %h = recur.rescan ins(%q, %k, %v : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x4xf32>)
      outs(%y0 : tensor<?x4xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(t, j) -> (t)>, affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (j)>,
                        affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
      step(%q_t: tensor<8xf32>, %k_j: tensor<8xf32>, %v_j: tensor<4xf32>, %state: tensor<4xf32>) {
    %zero = arith.constant dense<0.0> : tensor<f32>
    %dot = linalg.dot ins(%q_t, %k_j : tensor<8xf32>, tensor<8xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
    %w = tensor.extract %dot[] : tensor<f32>
    %ws = tensor.splat %w : tensor<4xf32>
    %product = arith.mulf %ws, %v_j : tensor<4xf32>
    %next = arith.addf %state, %product : tensor<4xf32>
    recur.yield %next : tensor<4xf32>
  } -> tensor<?x4xf32>, tensor<4xf32>
  return %y : tensor<?x4xf32>
}
