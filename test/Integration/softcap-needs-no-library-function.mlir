// Soft-capping calls nothing, in f32 and f64.
// RUN: attn-compile %s --entry=softcap --emit=s | FileCheck %s
// RUN: attn-compile %s --entry=softcap_f64 --emit=s | FileCheck %s
// CHECK: softcap
// CHECK-NOT: tanh

func.func @softcap(%query: tensor<64x8xf32>, %init: tensor<64x8xf32>) -> tensor<64x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<64x8xf32>, tensor<64x8xf32>, tensor<64x8xf32>)
      outs(%init : tensor<64x8xf32>) {mask = #attn.causal} score(%s : f32, %h : index, %i : index, %j : index) {
    %capped = math.tanh %s : f32
    attn.yield %capped : f32
  } -> tensor<64x8xf32>
  return %output : tensor<64x8xf32>
}

func.func @softcap_f64(%query: tensor<64x8xf64>, %init: tensor<64x8xf64>) -> tensor<64x8xf64> {
  %output = attn.attention ins(%query, %query, %query : tensor<64x8xf64>, tensor<64x8xf64>, tensor<64x8xf64>)
      outs(%init : tensor<64x8xf64>) {mask = #attn.causal} score(%s : f64, %h : index, %i : index, %j : index) {
    %capped = math.tanh %s : f64
    attn.yield %capped : f64
  } -> tensor<64x8xf64>
  return %output : tensor<64x8xf64>
}
