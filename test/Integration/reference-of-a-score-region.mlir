// RUN: attn-run %s --form=materialized --check | FileCheck %s
// CHECK: check {{.*}}: ok

// The reference evaluation compiled score regions into members that did not exist
// yet.

func.func @attention(%query: tensor<5x8xf32>, %key: tensor<9x8xf32>, %value: tensor<9x8xf32>) -> (tensor<5x8xf32>) {
  %init = tensor.empty() : tensor<5x8xf32>
  %r0 = attn.attention ins(%query, %key, %value : tensor<5x8xf32>, tensor<9x8xf32>, tensor<9x8xf32>) outs(%init : tensor<5x8xf32>) layout(sd) score(%s : f32, %h : index, %i : index, %j : index) {
    %cap = arith.constant 2.0 : f32
    %ratio = arith.divf %s, %cap : f32
    %bounded = math.tanh %ratio : f32
    %capped = arith.mulf %bounded, %cap : f32
    attn.yield %capped : f32
  } -> tensor<5x8xf32>
  return %r0 : tensor<5x8xf32>
}
