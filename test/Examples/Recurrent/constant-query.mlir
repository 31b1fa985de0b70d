// One query for all tokens, as in Feng et al., arXiv:2405.13956: the outputs are those of
// a recurrent network, L folds instead of L (L + 1) / 2.

// RUN: attn-opt %s --attn-to-recur --recur-rescan-to-scan -o %t.mlir
// RUN: FileCheck %s < %t.mlir -implicit-check-not=recur.rescan
// CHECK: recur.scan
// CHECK:   attn.fold
// CHECK: read(
// CHECK:   attn.finish

// RUN: attn-run %s --form=recurrent --count | FileCheck %s -check-prefix=BEFORE
// BEFORE: folds 131328 (
// RUN: attn-run %t.mlir --count --check | FileCheck %s -check-prefix=AFTER
// AFTER: folds 512 (
// AFTER: : ok

func.func @attention(%query: tensor<64xf32>, %key: tensor<512x64xf32>, %value: tensor<512x64xf32>) -> tensor<512x64xf32> {
  %init = tensor.empty() : tensor<512x64xf32>
  %queries = linalg.broadcast ins(%query : tensor<64xf32>) outs(%init : tensor<512x64xf32>) dimensions = [0]
  %output = attn.attention
      ins(%queries, %key, %value : tensor<512x64xf32>, tensor<512x64xf32>, tensor<512x64xf32>)
      outs(%init : tensor<512x64xf32>) {mask = #attn.causal} -> tensor<512x64xf32>
  return %output : tensor<512x64xf32>
}
