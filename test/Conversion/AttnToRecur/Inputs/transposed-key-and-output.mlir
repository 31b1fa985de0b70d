// Features are not the last dimension of key, value and output.
func.func @transposed(%q: tensor<2x4x6xf32>, %k: tensor<2x4x7xf32>, %v: tensor<5x2x7xf32>, %init: tensor<5x2x6xf32>) -> tensor<5x2x6xf32> {
  %o = attn.attention ins(%q, %k, %v : tensor<2x4x6xf32>, tensor<2x4x7xf32>, tensor<5x2x7xf32>)
      outs(%init : tensor<5x2x6xf32>)
      indexing_maps = [affine_map<(h, m, k1, k2, n) -> (h, k1, m)>, affine_map<(h, m, k1, k2, n) -> (h, k1, k2)>,
                       affine_map<(h, m, k1, k2, n) -> (n, h, k2)>, affine_map<(h, m, k1, k2, n) -> (n, h, m)>]
      {mask = #attn.window<3, 1>} -> tensor<5x2x6xf32>
  return %o : tensor<5x2x6xf32>
}
