func.func @attention(%query: tensor<?x64xf32>, %key: tensor<?x64xf32>,
                     %value: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %queries = tensor.dim %query, %c0 : tensor<?x64xf32>
  %init = tensor.empty(%queries) : tensor<?x64xf32>
  %output = attn.attention
      ins(%query, %key, %value : tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>)
      outs(%init : tensor<?x64xf32>) {mask = #attn.causal} -> tensor<?x64xf32>
  return %output : tensor<?x64xf32>
}
