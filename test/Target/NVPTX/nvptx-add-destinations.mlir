// RUN: attn-opt %s --nvptx-add-destinations --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @two
// CHECK-SAME: (%[[X:[^ ]+]]: tensor<?xf32> {bufferization.writable = false}, %[[N:[^ ]+]]: index,
// CHECK-SAME: %[[A:[^ ]+]]: memref<?xf32>, %[[B:[^ ]+]]: memref<4xf32>)
func.func @two(%x: tensor<?xf32>, %n: index) -> (tensor<?xf32>, tensor<4xf32>) {
  %y = math.absf %x : tensor<?xf32>
  %z = tensor.empty() : tensor<4xf32>
  // CHECK: bufferization.materialize_in_destination %{{[^ ]+}} in restrict writable %[[A]]
  // CHECK: bufferization.materialize_in_destination %{{[^ ]+}} in restrict writable %[[B]]
  // CHECK: return
  return %y, %z : tensor<?xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func private @helper(%{{[^ ]+}}: tensor<4xf32>) -> tensor<4xf32>
func.func private @helper(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{has a result that is no ranked tensor, or several blocks; a GPU writes arrays}}
func.func @scalar(%x: f32) -> f32 {
  return %x : f32
}
