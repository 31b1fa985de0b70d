// No mask, fewer queries than keys, f64.
func.func @full(%q: tensor<3x5x4xf64>, %k: tensor<3x7x4xf64>, %v: tensor<3x7x4xf64>) -> tensor<3x5x4xf64> {
  %init = tensor.empty() : tensor<3x5x4xf64>
  %o = attn.attention ins(%q, %k, %v : tensor<3x5x4xf64>, tensor<3x7x4xf64>, tensor<3x7x4xf64>)
      outs(%init : tensor<3x5x4xf64>) -> tensor<3x5x4xf64>
  return %o : tensor<3x5x4xf64>
}
