// An additive mask per batch, numbers of valid keys, with log-sum-exp.
func.func @additive_mask(%q: tensor<2x3x5x4xf16>, %k: tensor<2x3x7x4xf16>, %v: tensor<2x3x7x4xf16>, %bias: tensor<2x5x7xf16>,
                         %valid: index) -> (tensor<2x3x5x4xf16>, tensor<2x3x5xf32>) {
  %init = tensor.empty() : tensor<2x3x5x4xf16>
  %lse_init = tensor.empty() : tensor<2x3x5xf32>
  %o, %lse = attn.attention ins(%q, %k, %v : tensor<2x3x5x4xf16>, tensor<2x3x7x4xf16>, tensor<2x3x7x4xf16>)
      mask_tensor(%bias : tensor<2x5x7xf16>) valid_keys(%valid : index)
      outs(%init, %lse_init : tensor<2x3x5x4xf16>, tensor<2x3x5xf32>)
      indexing_maps = [affine_map<(b, h, m, k1, k2, n) -> (b, h, m, k1)>, affine_map<(b, h, m, k1, k2, n) -> (b, h, k2, k1)>,
                       affine_map<(b, h, m, k1, k2, n) -> (b, h, k2, n)>, affine_map<(b, h, m, k1, k2, n) -> (b, m, k2)>,
                       affine_map<(b, h, m, k1, k2, n) -> (b, h, m, n)>, affine_map<(b, h, m, k1, k2, n) -> (b, h, m)>]
      -> tensor<2x3x5x4xf16>, tensor<2x3x5xf32>
  return %o, %lse : tensor<2x3x5x4xf16>, tensor<2x3x5xf32>
}
