//--- free.mlir
func.func @attention(%query: tensor<?x2xf32>, %key: tensor<?x2xf32>,
                     %value: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %queries = tensor.dim %query, %c0 : tensor<?x2xf32>
  %init = tensor.empty(%queries) : tensor<?x2xf32>
  %output = attn.attention ins(%query, %key, %value : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>)
      outs(%init : tensor<?x2xf32>) {mask = #attn.causal} -> tensor<?x2xf32>
  return %output : tensor<?x2xf32>
}
//--- static.mlir
func.func @attention(%query: tensor<16x2xf32>, %key: tensor<16x2xf32>,
                     %value: tensor<16x2xf32>) -> tensor<16x2xf32> {
  %init = tensor.empty() : tensor<16x2xf32>
  %output = attn.attention ins(%query, %key, %value : tensor<16x2xf32>, tensor<16x2xf32>, tensor<16x2xf32>)
      outs(%init : tensor<16x2xf32>) {mask = #attn.causal} -> tensor<16x2xf32>
  return %output : tensor<16x2xf32>
}
