// Scores of some hundreds: with a running maximum nothing happens; without one, e^88.8 is
// too large for f32, and infinity / infinity is not a number.

// RUN: attn-run %s --form=recurrent --check | FileCheck %s -check-prefix=MAXIMUM
// MAXIMUM: : ok

// RUN: attn-opt %s --attn-to-recur=stabilize=false -o %t.mlir
// RUN: not attn-run %t.mlir --check 2>&1 | FileCheck %s -check-prefix=TEXTBOOK
// TEXTBOOK: is {{-?}}nan, the reference says

// A tenth of that, and it is right.
// RUN: sed 's/scale = 50.0/scale = 5.0/' %s | attn-opt --attn-to-recur=stabilize=false -o %t.small.mlir
// RUN: attn-run %t.small.mlir --check

func.func @attention(%query: tensor<32x4xf32>, %key: tensor<32x4xf32>, %value: tensor<32x4xf32>) -> tensor<32x4xf32> {
  %init = tensor.empty() : tensor<32x4xf32>
  %output = attn.attention ins(%query, %key, %value : tensor<32x4xf32>, tensor<32x4xf32>, tensor<32x4xf32>)
      outs(%init : tensor<32x4xf32>) {mask = #attn.causal, scale = 50.0 : f64} -> tensor<32x4xf32>
  return %output : tensor<32x4xf32>
}
