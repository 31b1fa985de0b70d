// RUN: attn-opt %s -split-input-file -attn-to-recompute -canonicalize -cse | FileCheck %s

// Only the last token is asked for and nothing is kept: no loop over all of them.
// What is computed of that token alone follows.

// CHECK-LABEL: func.func @last(
// CHECK-SAME:    %[[X:.+]]: tensor<?x4xf32>)
// CHECK:         %[[P:.+]] = arith.subi %{{.+}}, %c1
// CHECK-NOT:     scf.for %{{.+}} = %c0 to %dim
// CHECK:         tensor.extract_slice %[[X]][%[[P]], 0] [1, 4]
// CHECK:         scf.for %{{.+}} = %c0 to %[[P]] step %c1
// CHECK:         %[[Z:.+]] = attn.finish
// CHECK-NOT:     scf
// CHECK:         %[[S:.+]] = arith.addf %[[Z]], %[[Z]]
// CHECK:         return %[[S]]
func.func @last(%x: tensor<?x4xf32>) -> tensor<1x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %init = tensor.empty(%n) : tensor<?x4xf32>
  %y = math.tanh %x : tensor<?x4xf32>
  %z = attn.attention ins(%y, %y, %y : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
         outs(%init : tensor<?x4xf32>) {mask = #attn.causal} -> tensor<?x4xf32>
  %p = arith.subi %n, %c1 : index
  %last = tensor.extract_slice %z[%p, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<1x4xf32>
  %s = arith.addf %last, %last : tensor<1x4xf32>
  return %s : tensor<1x4xf32>
}

// -----

// Of a block of four, the one that has the token.

// CHECK-LABEL: func.func @block(
// CHECK:         %[[REST:.+]] = arith.remsi %[[P:.+]], %c4
// CHECK:         %[[FIRST:.+]] = arith.subi %[[P]], %[[REST]]
// CHECK:         scf.for %{{.+}} = %c0 to %[[FIRST]] step %c4
// CHECK:         %[[Z:.+]] = attn.finish
// CHECK:         %[[PLACE:.+]] = arith.subi %[[P]], %[[FIRST]]
// CHECK:         tensor.extract_slice %[[Z]][%[[PLACE]], 0] [1, 4]
func.func @block(%x: tensor<32x4xf32>, %p: index) -> tensor<1x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>], block = 4>} {
  %init = tensor.empty() : tensor<32x4xf32>
  %y = math.tanh %x : tensor<32x4xf32>
  %z = attn.attention ins(%y, %y, %y : tensor<32x4xf32>, tensor<32x4xf32>, tensor<32x4xf32>)
         outs(%init : tensor<32x4xf32>) {mask = #attn.causal} -> tensor<32x4xf32>
  %last = tensor.extract_slice %z[%p, 0] [1, 4] [1, 1] : tensor<32x4xf32> to tensor<1x4xf32>
  return %last : tensor<1x4xf32>
}

// -----

// A cache is filled by all tokens; the one is taken on the way.

// CHECK-LABEL: func.func @cached(
// CHECK:         %[[R:.+]]:2 = scf.for %[[T:[^ ]+]] = %c0 to %c32 step %c1 iter_args(%[[BEFORE:[^ ]+]] =
// CHECK:           %[[IS_HERE:.+]] = arith.andi
// CHECK:           %[[NOW:.+]] = scf.if %[[IS_HERE]]
// CHECK:             scf.yield
// CHECK:           else
// CHECK:             scf.yield %[[BEFORE]]
// CHECK:           scf.yield %[[NOW]],
// CHECK:         return %[[R]]#0
func.func @cached(%x: tensor<32x4xf32>, %p: index) -> tensor<1x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1, keep = kv>]>} {
  %init = tensor.empty() : tensor<32x4xf32>
  %y = math.tanh %x : tensor<32x4xf32>
  %z = attn.attention ins(%y, %y, %y : tensor<32x4xf32>, tensor<32x4xf32>, tensor<32x4xf32>)
         outs(%init : tensor<32x4xf32>) {mask = #attn.causal} -> tensor<32x4xf32>
  %last = tensor.extract_slice %z[%p, 0] [1, 4] [1, 1] : tensor<32x4xf32> to tensor<1x4xf32>
  return %last : tensor<1x4xf32>
}
