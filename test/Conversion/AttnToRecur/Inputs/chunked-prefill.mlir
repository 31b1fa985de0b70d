// A query offset: the mask does not end at the query's row.
func.func @chunked_prefill(%q: tensor<2x4x4xf32>, %k: tensor<2x?x4xf32>, %v: tensor<2x?x4xf32>, %past: index) -> tensor<2x4x4xf32> {
  %init = tensor.empty() : tensor<2x4x4xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<2x4x4xf32>, tensor<2x?x4xf32>, tensor<2x?x4xf32>)
      query_offset(%past : index) outs(%init : tensor<2x4x4xf32>) {mask = #attn.causal} -> tensor<2x4x4xf32>
  return %o : tensor<2x4x4xf32>
}
