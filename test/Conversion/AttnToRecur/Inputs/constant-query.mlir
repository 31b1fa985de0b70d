// One query for all tokens (arXiv:2405.13956): a scan.
func.func @constant_query(%q: tensor<3x4xf32>, %k: tensor<3x?x4xf32>, %v: tensor<3x?x5xf32>) -> tensor<3x?x5xf32> {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %k, %c1 : tensor<3x?x4xf32>
  %copies = tensor.empty(%n) : tensor<3x?x4xf32>
  %qs = linalg.broadcast ins(%q : tensor<3x4xf32>) outs(%copies : tensor<3x?x4xf32>) dimensions = [1]
  %init = tensor.empty(%n) : tensor<3x?x5xf32>
  %o = attn.attention ins(%qs, %k, %v : tensor<3x?x4xf32>, tensor<3x?x4xf32>, tensor<3x?x5xf32>)
      outs(%init : tensor<3x?x5xf32>) {mask = #attn.causal} -> tensor<3x?x5xf32>
  return %o : tensor<3x?x5xf32>
}
