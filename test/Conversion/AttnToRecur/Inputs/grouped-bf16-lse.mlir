// Grouped heads, sequence before heads, 16-bit, with log-sum-exp.
func.func @grouped(%q: tensor<2x?x3x2x8xbf16>, %k: tensor<2x?x3x8xbf16>, %v: tensor<2x?x3x8xbf16>,
                   %init: tensor<2x?x3x2x8xbf16>, %lse_init: tensor<2x?x3x2xf32>)
    -> (tensor<2x?x3x2x8xbf16>, tensor<2x?x3x2xf32>) {
  %o, %lse = attn.attention ins(%q, %k, %v : tensor<2x?x3x2x8xbf16>, tensor<2x?x3x8xbf16>, tensor<2x?x3x8xbf16>)
      outs(%init, %lse_init : tensor<2x?x3x2x8xbf16>, tensor<2x?x3x2xf32>) layout(bshgd) {mask = #attn.causal, scale = 0.5 : f64}
      -> tensor<2x?x3x2x8xbf16>, tensor<2x?x3x2xf32>
  return %o, %lse : tensor<2x?x3x2x8xbf16>, tensor<2x?x3x2xf32>
}
