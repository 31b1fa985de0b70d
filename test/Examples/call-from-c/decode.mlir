// One query against a cache of 128 keys, of which `valid_keys` are filled. All
// sizes are constants.

func.func @decode(%query: tensor<1x64xf32>, %key: tensor<128x64xf32>,
                  %value: tensor<128x64xf32>, %valid: index) -> tensor<1x64xf32> {
  %init = tensor.empty() : tensor<1x64xf32>
  %output = attn.attention
      ins(%query, %key, %value : tensor<1x64xf32>, tensor<128x64xf32>, tensor<128x64xf32>)
      valid_keys(%valid : index)
      outs(%init : tensor<1x64xf32>) -> tensor<1x64xf32>
  return %output : tensor<1x64xf32>
}
