func.func @attention(%q: tensor<64x64xf32>, %k: tensor<64x64xf32>, %v: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %init = tensor.empty() : tensor<64x64xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>)
         outs(%init : tensor<64x64xf32>) {mask = #attn.causal} -> tensor<64x64xf32>
  return %o : tensor<64x64xf32>
}
