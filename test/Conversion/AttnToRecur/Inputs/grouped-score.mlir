// A score region over the flattened head of grouped queries, and a boolean mask tensor.
func.func @grouped_score(%q: tensor<2x3x2x6x4xf32>, %k: tensor<2x3x6x4xf32>, %v: tensor<2x3x6x4xf32>, %mask: tensor<6x6xi1>,
                         %slopes: tensor<6xf32>) -> tensor<2x3x2x6x4xf32> {
  %init = tensor.empty() : tensor<2x3x2x6x4xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<2x3x2x6x4xf32>, tensor<2x3x6x4xf32>, tensor<2x3x6x4xf32>)
      mask_tensor(%mask : tensor<6x6xi1>) outs(%init : tensor<2x3x2x6x4xf32>)
      score(%s : f32, %b : index, %h : index, %i : index, %j : index) {
    %slope = tensor.extract %slopes[%h] : tensor<6xf32>
    %biased = arith.addf %s, %slope : f32
    attn.yield %biased : f32
  } -> tensor<2x3x2x6x4xf32>
  return %o : tensor<2x3x2x6x4xf32>
}
