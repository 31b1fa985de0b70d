// A window and causal: the prefix is enough.
func.func @window_and_causal(%q: tensor<2x?x4xf32>, %k: tensor<2x?x4xf32>, %v: tensor<2x?x4xf32>, %init: tensor<2x?x4xf32>) -> tensor<2x?x4xf32> {
  %o = attn.attention ins(%q, %k, %v : tensor<2x?x4xf32>, tensor<2x?x4xf32>, tensor<2x?x4xf32>)
      outs(%init : tensor<2x?x4xf32>) {mask = #attn.and<#attn.causal, #attn.window<3, 3>>} -> tensor<2x?x4xf32>
  return %o : tensor<2x?x4xf32>
}
