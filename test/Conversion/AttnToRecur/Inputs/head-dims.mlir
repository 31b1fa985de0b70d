// Batches are two dimensions, heads one.
func.func @head_dims(%q: tensor<2x2x3x5x4xf32>, %k: tensor<2x2x5x4xf32>, %valid: tensor<2x2xi32>, %init: tensor<2x2x3x5x4xf32>)
    -> tensor<2x2x3x5x4xf32> {
  %o = attn.attention ins(%q, %k, %k : tensor<2x2x3x5x4xf32>, tensor<2x2x5x4xf32>, tensor<2x2x5x4xf32>)
      valid_keys(%valid : tensor<2x2xi32>) outs(%init : tensor<2x2x3x5x4xf32>) {head_dims = 1 : i64}
      score(%s : f32, %b : index, %c : index, %h : index, %i : index, %j : index) {
    %sum = arith.addi %b, %c : index
    %integer = arith.index_cast %sum : index to i64
    %bias = arith.sitofp %integer : i64 to f32
    %biased = arith.addf %s, %bias : f32
    attn.yield %biased : f32
  } -> tensor<2x2x3x5x4xf32>
  return %o : tensor<2x2x3x5x4xf32>
}
