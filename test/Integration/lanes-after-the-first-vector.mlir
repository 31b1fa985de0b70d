// RUN: attn-run %s --form=blocked --queries=7 --keys=5 --check | FileCheck %s
// CHECK: check {{.*}}: ok

// A write of one row at the origin of tensor<1x1x7xf64> was taken for a write of the
// whole tensor, and lanes 4 to 6 of the state were lost.

func.func @attention(%query: tensor<1x1x15x1xf64>, %key: tensor<1x1x63x1xf64>, %value: tensor<1x1x63x1xf64>) -> (tensor<1x1x15x1xf64>) {
  %init = tensor.empty() : tensor<1x1x15x1xf64>
  %r0 = attn.attention ins(%query, %key, %value : tensor<1x1x15x1xf64>, tensor<1x1x63x1xf64>, tensor<1x1x63x1xf64>) outs(%init : tensor<1x1x15x1xf64>) layout(bhsd) -> tensor<1x1x15x1xf64>
  return %r0 : tensor<1x1x15x1xf64>
}
