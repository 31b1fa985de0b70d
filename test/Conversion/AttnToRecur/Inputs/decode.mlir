// Decoding against ragged caches, with ALiBi over the heads.
func.func @decode(%q: tensor<2x3x2x4xf32>, %k: tensor<2x3x9x4xf32>, %v: tensor<2x3x9x4xf32>, %past: tensor<2xi64>,
                  %total: tensor<2xi64>, %slopes: tensor<3xf32>) -> tensor<2x3x2x4xf32> {
  %init = tensor.empty() : tensor<2x3x2x4xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<2x3x2x4xf32>, tensor<2x3x9x4xf32>, tensor<2x3x9x4xf32>)
      query_offset(%past : tensor<2xi64>) valid_keys(%total : tensor<2xi64>)
      outs(%init : tensor<2x3x2x4xf32>) {mask = #attn.causal}
      score(%s : f32, %b : index, %h : index, %i : index, %j : index) {
    %slope = tensor.extract %slopes[%h] : tensor<3xf32>
    %position = arith.index_cast %j : index to i64
    %distance = arith.sitofp %position : i64 to f32
    %bias = arith.mulf %slope, %distance : f32
    %biased = arith.addf %s, %bias : f32
    attn.yield %biased : f32
  } -> tensor<2x3x2x4xf32>
  return %o : tensor<2x3x2x4xf32>
}
