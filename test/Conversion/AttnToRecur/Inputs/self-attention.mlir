// Query, key and value are one tensor, of one token or more.
func.func @self_attention(%x: tensor<1x1x?x8xf32>) -> tensor<1x1x?x8xf32> {
  %o = attn.attention ins(%x, %x, %x : tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>)
      outs(%x : tensor<1x1x?x8xf32>) {mask = #attn.causal} -> tensor<1x1x?x8xf32>
  return %o : tensor<1x1x?x8xf32>
}
