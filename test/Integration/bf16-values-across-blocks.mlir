// RUN: attn-run %s --form=blocked --queries=1 --keys=1 --check | FileCheck %s
// CHECK: check {{.*}}: ok

// Registers of bf16 that live from one loop to the next were converted with a
// function of libgcc that is not everywhere.

func.func @attention(%query: tensor<3x3x65x40xbf16>, %key: tensor<3x3x1x40xbf16>, %value: tensor<3x3x1x40xbf16>) -> tensor<3x3x65x40xbf16> {
  %init = tensor.empty() : tensor<3x3x65x40xbf16>
  %output = attn.attention ins(%query, %key, %value : tensor<3x3x65x40xbf16>, tensor<3x3x1x40xbf16>, tensor<3x3x1x40xbf16>)
      outs(%init : tensor<3x3x65x40xbf16>) -> tensor<3x3x65x40xbf16>
  return %output : tensor<3x3x65x40xbf16>
}
