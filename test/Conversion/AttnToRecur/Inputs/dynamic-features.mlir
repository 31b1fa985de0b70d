// Nothing is known about sizes.
func.func @dynamic_features(%q: tensor<?x?xf32>, %k: tensor<?x?xf32>, %v: tensor<?x?xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %o = attn.attention ins(%q, %k, %v : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>)
      outs(%init : tensor<?x?xf32>) {mask = #attn.causal} -> tensor<?x?xf32>
  return %o : tensor<?x?xf32>
}
