// Causal with more keys than queries: the last keys are never seen.
func.func @causal_more_keys(%q: tensor<5x4xf32>, %k: tensor<9x4xf32>) -> tensor<5x4xf32> {
  %init = tensor.empty() : tensor<5x4xf32>
  %o = attn.attention ins(%q, %k, %k : tensor<5x4xf32>, tensor<9x4xf32>, tensor<9x4xf32>)
      outs(%init : tensor<5x4xf32>) {mask = #attn.causal} -> tensor<5x4xf32>
  return %o : tensor<5x4xf32>
}
