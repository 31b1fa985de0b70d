// Causal with more queries than keys: the last queries see all keys.
func.func @causal_more_queries(%q: tensor<9x4xf32>, %k: tensor<5x4xf32>) -> tensor<9x4xf32> {
  %init = tensor.empty() : tensor<9x4xf32>
  %o = attn.attention ins(%q, %k, %k : tensor<9x4xf32>, tensor<5x4xf32>, tensor<5x4xf32>)
      outs(%init : tensor<9x4xf32>) {mask = #attn.causal} -> tensor<9x4xf32>
  return %o : tensor<9x4xf32>
}
