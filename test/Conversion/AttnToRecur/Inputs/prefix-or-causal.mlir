// A prefix language model: keys after the query are visible.
func.func @prefix_or_causal(%q: tensor<8x4xf32>, %k: tensor<8x4xf32>, %v: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %init = tensor.empty() : tensor<8x4xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
      outs(%init : tensor<8x4xf32>) {mask = #attn.or<#attn.prefix<3>, #attn.causal>} -> tensor<8x4xf32>
  return %o : tensor<8x4xf32>
}
