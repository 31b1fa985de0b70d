// RUN: attn-run %s --check | FileCheck %s
// CHECK: ok

// The result of a call may be its argument: bufferization clones it, and the
// clone must be lowered. What is not called is not compiled.

func.func private @same(%a: tensor<5x8xf32>) -> tensor<5x8xf32> {
  return %a : tensor<5x8xf32>
}

func.func private @unused(%a: tensor<*xf32>) -> tensor<*xf32> {
  return %a : tensor<*xf32>
}

func.func @attention(%query: tensor<5x8xf32>, %key: tensor<5x8xf32>,
                     %value: tensor<5x8xf32>) -> tensor<5x8xf32> {
  %init = tensor.empty() : tensor<5x8xf32>
  %q = call @same(%query) : (tensor<5x8xf32>) -> tensor<5x8xf32>
  %output = attn.attention ins(%q, %key, %value : tensor<5x8xf32>, tensor<5x8xf32>, tensor<5x8xf32>)
      outs(%init : tensor<5x8xf32>) -> tensor<5x8xf32>
  return %output : tensor<5x8xf32>
}
