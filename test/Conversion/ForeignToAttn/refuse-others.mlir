// RUN: attn-opt %s -allow-unregistered-dialect -split-input-file -verify-diagnostics -foreign-to-attn=refuse-others

func.func @matmul(%a: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // expected-error@+1 {{operation 'onnx.MatMul' belongs to a dialect that attn-mlir does not know; lower it to linalg, tensor, arith, math, scf and func first (docs/Raising/Foreign.md says how)}}
  %0 = "onnx.MatMul"(%a, %a) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// -----

// What has been converted is no longer there to be refused.
func.func @attention(%q: tensor<2x4x6x8xf32>) -> tensor<2x4x6x8xf32> {
  %none = "onnx.NoValue"() {value} : () -> none
  %y, %a, %b, %c = "onnx.Attention"(%q, %q, %q, %none) : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, none) -> (tensor<2x4x6x8xf32>, none, none, none)
  "onnx.Return"(%y) : (tensor<2x4x6x8xf32>) -> ()
}

// -----

// An absent operand is not to blame; each operation is named once.
func.func @clip(%a: tensor<4xf32>) -> tensor<4xf32> {
  %none = "onnx.NoValue"() {value} : () -> none
  // expected-error@+1 {{operation 'onnx.Clip' belongs to a dialect that attn-mlir does not know}}
  %0 = "onnx.Clip"(%a, %none, %none) : (tensor<4xf32>, none, none) -> tensor<4xf32>
  %1 = "onnx.Clip"(%0, %none, %none) : (tensor<4xf32>, none, none) -> tensor<4xf32>
  // expected-error@+1 {{operation 'onnx.Relu' belongs to a dialect that attn-mlir does not know}}
  %2 = "onnx.Relu"(%1) : (tensor<4xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}
