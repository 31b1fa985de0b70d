// The attention of GPT-2 small: batch 1, 12 heads, 1024 tokens, head dimension
// 64, causal, f32.

func.func @attention(%query: tensor<1x12x1024x64xf32>, %key: tensor<1x12x1024x64xf32>,
                     %value: tensor<1x12x1024x64xf32>) -> tensor<1x12x1024x64xf32> {
  %init = tensor.empty() : tensor<1x12x1024x64xf32>
  %output = attn.attention
      ins(%query, %key, %value : tensor<1x12x1024x64xf32>, tensor<1x12x1024x64xf32>, tensor<1x12x1024x64xf32>)
      outs(%init : tensor<1x12x1024x64xf32>) {mask = #attn.causal} -> tensor<1x12x1024x64xf32>
  return %output : tensor<1x12x1024x64xf32>
}
