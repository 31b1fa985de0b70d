// A separable kernel with a normalizer, gates of the history and states that do not
// start at 0, as a rescan.
#token = affine_map<(b, t, j) -> (b, t)>
#history = affine_map<(b, t, j) -> (b, j)>
#batch = affine_map<(b, t, j) -> (b)>
#each = affine_map<(n) -> (n)>
func.func @normalized(%q: tensor<2x9x3xf32>, %k: tensor<2x9x3xf32>, %v: tensor<2x9x4xbf16>, %g: tensor<2x9xf32>,
                      %n0: tensor<2x4xf32>) -> tensor<2x9x4xf32> {
  %d0 = arith.constant dense<1.0> : tensor<2xf32>
  %y0 = tensor.empty() : tensor<2x9x4xf32>
  %y, %d_last, %n_last = recur.rescan ins(%q, %k, %v, %g : tensor<2x9x3xf32>, tensor<2x9x3xf32>, tensor<2x9x4xbf16>, tensor<2x9xf32>)
      outs(%y0 : tensor<2x9x4xf32>) init(%d0, %n0 : tensor<2xf32>, tensor<2x4xf32>)
      {indexing_maps = [#token, #history, #history, #history, #token, #batch, #batch]}
      step(%q_t: tensor<3xf32>, %k_j: tensor<3xf32>, %v_j: tensor<4xbf16>, %g_j: f32, %d: f32, %n: tensor<4xf32>) {
    %phi_q = math.absf %q_t : tensor<3xf32>
    %phi_k = math.absf %k_j : tensor<3xf32>
    %gate = math.absf %g_j : f32
    %zero = arith.constant dense<0.0> : tensor<f32>
    %scale = arith.constant 0.25 : f32
    %dot = linalg.dot ins(%phi_q, %phi_k : tensor<3xf32>, tensor<3xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
    %raw = tensor.extract %dot[] : tensor<f32>
    %scaled = arith.mulf %raw, %scale : f32
    %w = arith.mulf %scaled, %gate : f32
    %d_next = arith.addf %d, %w : f32
    %n_next = linalg.generic {indexing_maps = [#each, #each], iterator_types = ["parallel"]}
        ins(%v_j : tensor<4xbf16>) outs(%n : tensor<4xf32>) {
    ^bb0(%v_n: bf16, %n_n: f32):
      %wide = arith.extf %v_n : bf16 to f32
      %sum = math.fma %w, %wide, %n_n : f32
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
