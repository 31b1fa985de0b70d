// RUN: attn-opt %s -split-input-file -verify-diagnostics -cpu-c-interface

// expected-error @below {{result 0 has type 'f32'; a kernel takes ranked tensors and scalars of floats and integers, and returns tensors}}
func.func @scalar_result(%x: f32) -> f32 {
  return %x : f32
}

// -----

// expected-error @below {{argument 0 has type 'tensor<*xf32>'}}
func.func @unranked(%x: tensor<*xf32>) {
  return
}

// -----

// expected-error @below {{argument 0 has type 'vector<4xf32>'}}
func.func @vector(%x: vector<4xf32>) {
  return
}

// -----

// expected-error @below {{dimension 0 of result 0 is not known to be the size of an argument; make its destination from an argument's size (tensor.dim)}}
func.func @unknown_size(%n: index) -> tensor<?xf32> {
  %t = tensor.empty(%n) : tensor<?xf32>
  return %t : tensor<?xf32>
}

// -----

// expected-error @below {{has several blocks; write its control flow with scf operations}}
func.func @blocks(%x: tensor<4xf32>) -> tensor<4xf32> {
  cf.br ^next
^next:
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{is called inside the module, but a public function gets a C interface; call a private one}}
func.func @called(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
func.func private @caller(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = call @called(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// expected-error @below {{the name 'taken_packed' is taken; rename it}}
func.func @taken(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
func.func private @taken_packed()
