// RUN: attn-opt %s -allow-unregistered-dialect -split-input-file -verify-diagnostics -foreign-to-attn

func.func @too_few(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x4xf32>) {
  // expected-error@+1 {{'tm_tensor.attention' op has 3 operands and 1 results; it needs query, key, value, maybe a mask, and a destination, on tensors}}
  %0 = "tm_tensor.attention"(%q, %k, %v) <{operandSegmentSizes = array<i32: 3, 1>}> : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>) -> tensor<2x6x4xf32>
  return
}

// -----

func.func @unknown_attribute(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x4xf32>, %o: tensor<2x6x4xf32>) {
  // expected-error@+1 {{'tm_tensor.attention' op has the attribute "scale" = 1.000000e+00 : f32, whose meaning is not known here}}
  %0 = "tm_tensor.attention"(%q, %k, %v, %o) <{operandSegmentSizes = array<i32: 3, 1>, scale = 1.0 : f32}> : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>, tensor<2x6x4xf32>) -> tensor<2x6x4xf32>
  return
}

// -----

func.func @integers(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x4xi32>, %o: tensor<2x6x4xf32>) {
  // expected-error@+1 {{'tm_tensor.attention' op has the value of type 'tensor<2x5x4xi32>'; attention takes elements of f16, bf16, f32 and f64: convert them before it}}
  %0 = "tm_tensor.attention"(%q, %k, %v, %o) <{operandSegmentSizes = array<i32: 3, 1>}> : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x4xi32>, tensor<2x6x4xf32>) -> tensor<2x6x4xf32>
  return
}

// -----

func.func @ranks(%q: tensor<2x6x4xf32>, %k: tensor<5x4xf32>, %v: tensor<2x5x4xf32>, %o: tensor<2x6x4xf32>) {
  // expected-error@+1 {{'tm_tensor.attention' op needs tensors of one rank, (batch.., tokens, features), got 'tensor<2x6x4xf32>' and 'tensor<5x4xf32>'}}
  %0 = "tm_tensor.attention"(%q, %k, %v, %o) <{operandSegmentSizes = array<i32: 3, 1>}> : (tensor<2x6x4xf32>, tensor<5x4xf32>, tensor<2x5x4xf32>, tensor<2x6x4xf32>) -> tensor<2x6x4xf32>
  return
}

// -----

func.func @other_result(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x4xf32>, %o: tensor<2x6x4xf32>) {
  // expected-error@+1 {{'tm_tensor.attention' op returns 'tensor<?x6x4xf32>', but its destination is 'tensor<2x6x4xf32>'}}
  %0 = "tm_tensor.attention"(%q, %k, %v, %o) <{operandSegmentSizes = array<i32: 3, 1>}> : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>, tensor<2x6x4xf32>) -> tensor<?x6x4xf32>
  return
}

// -----

func.func @vector_mask(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x4xf32>, %m: tensor<5xf32>, %o: tensor<2x6x4xf32>) {
  // expected-error@+1 {{'tm_tensor.attention' op has a mask of type 'tensor<5xf32>'; it should be a tensor (batch.., queries, keys) of i1 or i8, where 0 hides a key, or of numbers to add to the scores}}
  %0 = "tm_tensor.attention"(%q, %k, %v, %m, %o) <{operandSegmentSizes = array<i32: 3, 1>}> : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>, tensor<5xf32>, tensor<2x6x4xf32>) -> tensor<2x6x4xf32>
  return
}

// -----

func.func @small_mask(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x4xf32>, %m: tensor<6x5xf8E4M3FN>, %o: tensor<2x6x4xf32>) {
  // expected-error@+1 {{'tm_tensor.attention' op has the mask of type 'tensor<6x5xf8E4M3FN>'; attention takes elements of}}
  %0 = "tm_tensor.attention"(%q, %k, %v, %m, %o) <{operandSegmentSizes = array<i32: 3, 1>}> : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x4xf32>, tensor<6x5xf8E4M3FN>, tensor<2x6x4xf32>) -> tensor<2x6x4xf32>
  return
}
