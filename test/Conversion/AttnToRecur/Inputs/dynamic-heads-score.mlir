// The flattened head of heads and groups whose number is not known.
func.func @dynamic_heads_score(%q: tensor<?x?x?x?x4xf32>, %k: tensor<?x?x?x4xf32>, %slopes: tensor<?xf32>, %init: tensor<?x?x?x?x4xf32>)
    -> tensor<?x?x?x?x4xf32> {
  %o = attn.attention ins(%q, %k, %k : tensor<?x?x?x?x4xf32>, tensor<?x?x?x4xf32>, tensor<?x?x?x4xf32>)
      outs(%init : tensor<?x?x?x?x4xf32>) {mask = #attn.causal}
      score(%s : f32, %b : index, %h : index, %i : index, %j : index) {
    %slope = tensor.extract %slopes[%h] : tensor<?xf32>
    %biased = arith.addf %s, %slope : f32
    attn.yield %biased : f32
  } -> tensor<?x?x?x?x4xf32>
  return %o : tensor<?x?x?x?x4xf32>
}
