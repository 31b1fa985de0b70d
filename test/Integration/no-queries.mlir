// RUN: attn-run %s --form=materialized --check | FileCheck %s
// RUN: attn-run %s --form=blocked --check | FileCheck %s
// CHECK: check {{.*}}: ok

// A lane dimension of size 0 divided by zero at compile time.

func.func @attention(%query: tensor<0x8xf32>, %key: tensor<9x8xf32>, %value: tensor<9x8xf32>) -> (tensor<0x8xf32>) {
  %init = tensor.empty() : tensor<0x8xf32>
  %r0 = attn.attention ins(%query, %key, %value : tensor<0x8xf32>, tensor<9x8xf32>, tensor<9x8xf32>) outs(%init : tensor<0x8xf32>) layout(sd) -> tensor<0x8xf32>
  return %r0 : tensor<0x8xf32>
}
