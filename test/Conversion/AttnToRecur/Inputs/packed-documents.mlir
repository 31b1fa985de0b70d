// Segment ids, of queries and of keys; those of queries per batch.
func.func @packed_documents(%q: tensor<2x3x?x4xf32>, %k: tensor<2x3x?x4xf32>, %query_ids: tensor<2x?xi32>, %key_ids: tensor<?xi32>, %init: tensor<2x3x?x4xf32>) -> tensor<2x3x?x4xf32> {
  %o = attn.attention ins(%q, %k, %k : tensor<2x3x?x4xf32>, tensor<2x3x?x4xf32>, tensor<2x3x?x4xf32>)
      segments(%query_ids, %key_ids : tensor<2x?xi32>, tensor<?xi32>)
      outs(%init : tensor<2x3x?x4xf32>) {mask = #attn.and<#attn.causal, #attn.segments>} -> tensor<2x3x?x4xf32>
  return %o : tensor<2x3x?x4xf32>
}
