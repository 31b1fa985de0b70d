// RUN: attn-run %s --form=blocked --queries=32 --keys=16 --check | FileCheck %s
// CHECK: check {{.*}}: ok

// A tile of more queries than vector lanes: the new maximum overwrote the old one
// before the decay had read it, and bufferization refused the loop over keys.

func.func @attention(%query: tensor<33x8xf32>, %key: tensor<65x8xf32>, %value: tensor<65x8xf32>) -> (tensor<33x8xf32>) {
  %init = tensor.empty() : tensor<33x8xf32>
  %r0 = attn.attention ins(%query, %key, %value : tensor<33x8xf32>, tensor<65x8xf32>, tensor<65x8xf32>) outs(%init : tensor<33x8xf32>) layout(sd) {mask = #attn.causal} -> tensor<33x8xf32>
  return %r0 : tensor<33x8xf32>
}
