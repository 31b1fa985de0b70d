// RUN: attn-opt %s -split-input-file -attn-select-form="memory-budget=600" -verify-diagnostics | FileCheck %s

// What fits, and the plans beside it.

// CHECK-LABEL: func.func @stack(
// CHECK-SAME:    attn.plan = #attn.plan<segments = [<layers = 2, window = 8>], block = 2>
// expected-remark @+3 {{planned for 64 tokens: 576 B and 319904 operations: (2 layers, window = 8), block = 2}}
// expected-note @+2 {{less work: 608 B and 318560 operations: (2 layers, window = 8, prefix = 2), block = 2}}
// expected-note @+1 {{less memory: 544 B and 375120 operations: (2 layers, window = 4, prefix = 2), block = 2}}
func.func @stack(%x: tensor<64x4xf32>) -> tensor<64x4xf32> {
  %init = tensor.empty() : tensor<64x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<64x4xf32>, tensor<64x4xf32>, tensor<64x4xf32>)
         outs(%init : tensor<64x4xf32>) {mask = #attn.causal} -> tensor<64x4xf32>
  %z = attn.attention ins(%y, %y, %y : tensor<64x4xf32>, tensor<64x4xf32>, tensor<64x4xf32>)
         outs(%init : tensor<64x4xf32>) {mask = #attn.causal} -> tensor<64x4xf32>
  return %z : tensor<64x4xf32>
}

// -----

// A plan that is there stays.

// CHECK-LABEL: func.func @planned(
// CHECK-SAME:    attn.plan = #attn.plan<segments = [<layers = 2>], block = 2>
func.func @planned(%x: tensor<64x4xf32>) -> tensor<64x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 2>], block = 2>} {
  %init = tensor.empty() : tensor<64x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<64x4xf32>, tensor<64x4xf32>, tensor<64x4xf32>)
         outs(%init : tensor<64x4xf32>) {mask = #attn.causal} -> tensor<64x4xf32>
  %z = attn.attention ins(%y, %y, %y : tensor<64x4xf32>, tensor<64x4xf32>, tensor<64x4xf32>)
         outs(%init : tensor<64x4xf32>) {mask = #attn.causal} -> tensor<64x4xf32>
  return %z : tensor<64x4xf32>
}

// -----

// Keys that are there need no plan.

// CHECK-LABEL: func.func @lone(
// CHECK-NOT:     attn.plan
func.func @lone(%q: tensor<64x4xf32>, %k: tensor<64x4xf32>, %init: tensor<64x4xf32>) -> tensor<64x4xf32> {
  %y = attn.attention ins(%q, %k, %k : tensor<64x4xf32>, tensor<64x4xf32>, tensor<64x4xf32>)
         outs(%init : tensor<64x4xf32>) {mask = #attn.causal} -> tensor<64x4xf32>
  return %y : tensor<64x4xf32>
}

// -----

// expected-error @+1 {{a plan depends on the number of tokens, which is free here; say how many to plan for (length)}}
func.func @free(%x: tensor<?x4xf32>, %init: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = math.tanh %x : tensor<?x4xf32>
  %z = attn.attention ins(%y, %y, %y : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
         outs(%init : tensor<?x4xf32>) {mask = #attn.causal} -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}

// -----

// expected-error @+1 {{no plan for 64 tokens fits in 600 bytes: the smallest takes}}
func.func @large(%x: tensor<64x400xf32>) -> tensor<64x400xf32> {
  %init = tensor.empty() : tensor<64x400xf32>
  %y = math.tanh %x : tensor<64x400xf32>
  %z = attn.attention ins(%y, %y, %y : tensor<64x400xf32>, tensor<64x400xf32>, tensor<64x400xf32>)
         outs(%init : tensor<64x400xf32>) {mask = #attn.causal} -> tensor<64x400xf32>
  return %z : tensor<64x400xf32>
}
