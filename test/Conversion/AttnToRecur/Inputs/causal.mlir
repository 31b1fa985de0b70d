// Causal attention of one head.
func.func @causal(%q: tensor<9x4xf32>, %k: tensor<9x4xf32>, %v: tensor<9x5xf32>) -> tensor<9x5xf32> {
  %init = tensor.empty() : tensor<9x5xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<9x4xf32>, tensor<9x4xf32>, tensor<9x5xf32>)
      outs(%init : tensor<9x5xf32>) {mask = #attn.causal} -> tensor<9x5xf32>
  return %o : tensor<9x5xf32>
}
