// RUN: attn-opt %s -attn-print-cost -o /dev/null | FileCheck %s
// RUN: attn-opt %s -attn-print-cost="json=true" -o /dev/null | FileCheck %s -check-prefix=JSON

// TWICE: pass-pipeline

// C(64 + 3, 3) - 1 - 64 = 47840 folds, C(66, 2) - 1 = 2144 evaluations of a layer,
// C(66, 3) = 45760 reads: see science of recomputation in docs/SpaceTime.md.

// CHECK-LABEL: @stack, 64 tokens
// CHECK:       plan peak flops folds
// CHECK:       * (2 layers) {{.*}} 47840 2144 45760
// CHECK:       folds C(L+3, 3) - 1 - L = 47840
// CHECK:       block_evaluations C(L+2, 2) - 1 = 2144
// CHECK:       disk_reads C(L+2, 3) = 45760

// JSON:      "lone": {
// JSON-NEXT:   "flops": "16640",
// JSON-NEXT:   "folds": "2080"
// JSON:      "stack": {
// JSON:        "chosen": {{[0-9]+}}
// JSON:        "block_evaluations": "C(L+2, 2) - 1"
// JSON:        "folds": "47840"
func.func @stack(%x: tensor<64x2xf32>) -> tensor<64x2xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 2>]>} {
  %init = tensor.empty() : tensor<64x2xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<64x2xf32>, tensor<64x2xf32>, tensor<64x2xf32>)
         outs(%init : tensor<64x2xf32>) {mask = #attn.causal} -> tensor<64x2xf32>
  %z = attn.attention ins(%y, %y, %y : tensor<64x2xf32>, tensor<64x2xf32>, tensor<64x2xf32>)
         outs(%init : tensor<64x2xf32>) {mask = #attn.causal} -> tensor<64x2xf32>
  return %z : tensor<64x2xf32>
}

// CHECK-LABEL: @lone
// CHECK-NEXT:    folds 2080, flops 16640
func.func @lone(%q: tensor<64x2xf32>, %k: tensor<64x2xf32>, %init: tensor<64x2xf32>) -> tensor<64x2xf32> {
  %y = attn.attention ins(%q, %k, %k : tensor<64x2xf32>, tensor<64x2xf32>, tensor<64x2xf32>)
         outs(%init : tensor<64x2xf32>) {mask = #attn.causal} -> tensor<64x2xf32>
  return %y : tensor<64x2xf32>
}
