// RUN: attn-compile %s --form=blocked --queries=1 --keys=1 --cpu=x86-64-v3 --emit=s | FileCheck %s --implicit-check-not=__truncsfbf2
// CHECK: attention_packed:

// Optimizations moved vectors of bf16 between blocks, where code generation
// converts them to f32 and back with a function of libgcc that is not everywhere.

func.func @attention(%query: tensor<3x3x1x65x40xbf16>, %key: tensor<3x3x1x40xbf16>, %value: tensor<3x3x1x40xbf16>, %mask: tensor<65x1xbf16>, %query_offset: index, %valid_keys: tensor<3xi64>) -> (tensor<3x3x1x65x40xbf16>, tensor<3x3x1x65xf32>) {
  %init = tensor.empty() : tensor<3x3x1x65x40xbf16>
  %init_lse = tensor.empty() : tensor<3x3x1x65xf32>
  %r0, %r1 = attn.attention ins(%query, %key, %value : tensor<3x3x1x65x40xbf16>, tensor<3x3x1x40xbf16>, tensor<3x3x1x40xbf16>) mask_tensor(%mask : tensor<65x1xbf16>) query_offset(%query_offset : index) valid_keys(%valid_keys : tensor<3xi64>) outs(%init, %init_lse : tensor<3x3x1x65x40xbf16>, tensor<3x3x1x65xf32>) indexing_maps = [affine_map<(b, h, g, m, d, k, n) -> (b, h, g, m, d)>, affine_map<(b, h, g, m, d, k, n) -> (b, h, k, d)>, affine_map<(b, h, g, m, d, k, n) -> (b, h, k, n)>, affine_map<(b, h, g, m, d, k, n) -> (m, k)>, affine_map<(b, h, g, m, d, k, n) -> (b, h, g, m, n)>, affine_map<(b, h, g, m, d, k, n) -> (b, h, g, m)>] {scale = 0.75 : f64} -> tensor<3x3x1x65x40xbf16>, tensor<3x3x1x65xf32>
  return %r0, %r1 : tensor<3x3x1x65x40xbf16>, tensor<3x3x1x65xf32>
}
