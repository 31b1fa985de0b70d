// Prefix tuning: keys and values that all tokens see before their own. Under every plan
// they are folded first, all at once; results agree with the reference, with the same
// bits whatever is kept. With t = 1 for the first of 9 tokens a layer folds 3 + t keys.

// RUN: attn-run %s --size=queries=9 --check --count --output=%t.1.npy | FileCheck %s
// CHECK: counts    folds 117 (predicted: 117), blocks 18 (predicted: 18), disk_reads 45 (predicted: 45)
// CHECK: ok
// RUN: sed 's/segments = .*>\]>}/segments = [<layers = 2>]>}/' %s | attn-run - --size=queries=9 --check --count --output=%t.2.npy | FileCheck %s --check-prefix=AGAIN
// AGAIN: counts    folds 345 (predicted: 345), blocks 54 (predicted: 54), disk_reads 165 (predicted: 165)
// AGAIN: ok
// RUN: cmp %t.1.npy %t.2.npy
// RUN: sed 's/segments = .*>\]>}/segments = [<layers = 2>], block = 4>}/' %s | attn-run - --size=queries=9 --check | FileCheck %s --check-prefix=BLOCK
// BLOCK: ok

func.func @tuned(%x: tensor<?x8xf32>, %pk: tensor<3x8xf32>, %pv: tensor<3x8xf32>, %w: tensor<8x8xf32>) -> tensor<?x8xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>, <layers = 1, keep = input>]>} {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %init = tensor.empty(%n) : tensor<?x8xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<?x8xf32>) -> tensor<?x8xf32>
  %k = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x8xf32>) outs(%zeros : tensor<?x8xf32>) -> tensor<?x8xf32>
  %ka = tensor.concat dim(0) %pk, %k : (tensor<3x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %va = tensor.concat dim(0) %pv, %x : (tensor<3x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %y = attn.attention ins(%x, %ka, %va : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>) query_offset(%c3 : index)
         outs(%init : tensor<?x8xf32>) {mask = #attn.causal} -> tensor<?x8xf32>
  %r = arith.addf %y, %x : tensor<?x8xf32>
  %z = attn.attention ins(%r, %r, %r : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>)
         outs(%init : tensor<?x8xf32>) {mask = #attn.causal} -> tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}
