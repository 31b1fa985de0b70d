// RUN: attn-run %s --form=blocked --check | FileCheck %s
// CHECK: check {{.*}}: ok

// Tiling a tensor without elements crashed; all scores are 0 here.

func.func @attention(%query: tensor<5x0xf32>, %key: tensor<9x0xf32>, %value: tensor<9x8xf32>) -> (tensor<5x8xf32>) {
  %init = tensor.empty() : tensor<5x8xf32>
  %r0 = attn.attention ins(%query, %key, %value : tensor<5x0xf32>, tensor<9x0xf32>, tensor<9x8xf32>) outs(%init : tensor<5x8xf32>) layout(sd) {scale = 0.5 : f64} -> tensor<5x8xf32>
  return %r0 : tensor<5x8xf32>
}
