// RUN: attn-opt %s -canonicalize | FileCheck %s -enable-var-scope

#sequence = affine_map<(t) -> (t)>
#once = affine_map<(t) -> ()>
#token = affine_map<(t, j) -> (t)>
#history = affine_map<(t, j) -> (j)>
#none = affine_map<(t, j) -> ()>

// CHECK-LABEL: func @unused_input(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<9xf32>, %{{.*}}: tensor<9x7xf32>
// CHECK:         recur.scan ins(%[[X]] : tensor<9xf32>)
// CHECK-SAME:      step(%{{.*}}: f32, %{{.*}}: f32) {
func.func @unused_input(%x: tensor<9xf32>, %unused: tensor<9x7xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  %y, %h = recur.scan ins(%unused, %x : tensor<9x7xf32>, tensor<9xf32>) outs(%x : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#sequence, #sequence, #sequence, #once]} step(%u: tensor<7xf32>, %x_t: f32, %state: f32) {
    %next = arith.addf %x_t, %state : f32
    recur.yield %next : f32
  } -> tensor<9xf32>, tensor<f32>
  return %y : tensor<9xf32>
}

// An input that only says how much history there is stays.

// CHECK-LABEL: func @unused_history(
// CHECK:         recur.rescan ins(%{{.*}} : tensor<9xf32>)
// CHECK-SAME:      step(%{{.*}}: f32, %{{.*}}: f32) {
// CHECK:         read(%{{.*}}: f32) {
func.func @unused_history(%x: tensor<9xf32>, %z: tensor<9xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  %y, %h = recur.rescan ins(%z, %x : tensor<9xf32>, tensor<9xf32>) outs(%x : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#token, #history, #token, #none]} step(%z_t: f32, %x_j: f32, %state: f32) {
    %next = arith.addf %state, %state : f32
    recur.yield %next : f32
  } read(%z_t: f32, %state: f32) {
    %o = arith.negf %state : f32
    recur.yield %o : f32
  } -> tensor<9xf32>, tensor<f32>
  return %y : tensor<9xf32>
}

// One sequence as reader and read is two inputs; read twice, it is one.

// CHECK-LABEL: func @same_inputs(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<9xf32>
// CHECK:         recur.rescan ins(%[[X]], %[[X]] : tensor<9xf32>, tensor<9xf32>)
// CHECK-SAME:      step(%[[X_T:.*]]: f32, %[[X_J:.*]]: f32, %[[H:.*]]: f32) {
// CHECK:           %[[SQUARE:.*]] = arith.mulf %[[X_J]], %[[X_J]]
// CHECK:           arith.mulf %[[X_T]], %[[SQUARE]]
func.func @same_inputs(%x: tensor<9xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  %y, %h = recur.rescan ins(%x, %x, %x : tensor<9xf32>, tensor<9xf32>, tensor<9xf32>) outs(%x : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#token, #history, #history, #token, #none]} step(%x_t: f32, %x_j: f32, %again: f32, %state: f32) {
    %square = arith.mulf %x_j, %again : f32
    %product = arith.mulf %x_t, %square : f32
    %next = arith.addf %product, %state : f32
    recur.yield %next : f32
  } -> tensor<9xf32>, tensor<f32>
  return %y : tensor<9xf32>
}

// CHECK-LABEL: func @unused_output(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<9xf32>, %{{.*}}: tensor<9xf32>, %[[Z0:[a-z0-9]+]]: tensor<9xf32>
// CHECK:         %[[Z:.*]]:2 = recur.scan ins(%[[X]] : tensor<9xf32>) outs(%[[Z0]] : tensor<9xf32>)
// CHECK:         read(%{{.*}}: f32, %[[H:.*]]: f32) {
// CHECK:           %[[O:.*]] = arith.negf %[[H]]
// CHECK:           recur.yield %[[O]] : f32
// CHECK:         return %[[Z]]#0
func.func @unused_output(%x: tensor<9xf32>, %y0: tensor<9xf32>, %z0: tensor<9xf32>, %h0: tensor<f32>) -> tensor<9xf32> {
  %y, %z, %h = recur.scan ins(%x : tensor<9xf32>) outs(%y0, %z0 : tensor<9xf32>, tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#sequence, #sequence, #sequence, #once]} step(%x_t: f32, %state: f32) {
    %next = arith.addf %x_t, %state : f32
    recur.yield %next : f32
  } read(%x_t: f32, %state: f32) {
    %o = arith.negf %state : f32
    recur.yield %state, %o : f32, f32
  } -> tensor<9xf32>, tensor<9xf32>, tensor<f32>
  return %z : tensor<9xf32>
}

// CHECK-LABEL: func @only_the_final_state(
// CHECK:         %[[H:.*]] = recur.scan ins(%{{.*}} : tensor<9xf32>) init(%{{.*}} : tensor<f32>)
// CHECK-NOT:     read
// CHECK:         return %[[H]]
func.func @only_the_final_state(%x: tensor<9xf32>, %h0: tensor<f32>) -> tensor<f32> {
  %y, %h = recur.scan ins(%x : tensor<9xf32>) outs(%x : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#sequence, #sequence, #once]} step(%x_t: f32, %state: f32) {
    %next = arith.addf %x_t, %state : f32
    recur.yield %next : f32
  } read(%x_t: f32, %state: f32) {
    %o = arith.negf %state : f32
    recur.yield %o : f32
  } -> tensor<9xf32>, tensor<f32>
  return %h : tensor<f32>
}

// The number of tokens is known to the output alone if the output goes.

// CHECK-LABEL: func @negative_output_that_bounds(
// CHECK:         recur.scan outs(%{{.*}} : tensor<9xf32>)
func.func @negative_output_that_bounds(%y0: tensor<9xf32>, %h0: tensor<f32>) -> tensor<f32> {
  %y, %h = recur.scan outs(%y0 : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#sequence, #once]} step(%state: f32) {
    %next = arith.addf %state, %state : f32
    recur.yield %next : f32
  } read(%state: f32) {
    %o = arith.negf %state : f32
    recur.yield %o : f32
  } -> tensor<9xf32>, tensor<f32>
  return %h : tensor<f32>
}

// A size that one operand knows, all know.

// CHECK-LABEL: func @static_sizes(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<9xf32>, %[[Y0:[a-z0-9]+]]: tensor<?xf32>
// CHECK:         %[[INIT:.*]] = tensor.cast %[[Y0]] : tensor<?xf32> to tensor<9xf32>
// CHECK:         %[[Y:.*]]:2 = recur.scan ins(%[[X]] : tensor<9xf32>) outs(%[[INIT]] : tensor<9xf32>)
// CHECK:         %[[CAST:.*]] = tensor.cast %[[Y]]#0 : tensor<9xf32> to tensor<?xf32>
// CHECK:         return %[[CAST]]
func.func @static_sizes(%x: tensor<9xf32>, %y0: tensor<?xf32>, %h0: tensor<f32>) -> tensor<?xf32> {
  %cast = tensor.cast %x : tensor<9xf32> to tensor<?xf32>
  %y, %h = recur.scan ins(%cast : tensor<?xf32>) outs(%y0 : tensor<?xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#sequence, #sequence, #once]} step(%x_t: f32, %state: f32) {
    %next = arith.addf %x_t, %state : f32
    recur.yield %next : f32
  } -> tensor<?xf32>, tensor<f32>
  return %y : tensor<?xf32>
}

// A cast that hides a size of slices stays: regions see what it hides.

// CHECK-LABEL: func @size_of_slices(
// CHECK:         tensor.cast %{{.*}} : tensor<9x4xf32> to tensor<9x?xf32>
// CHECK:         recur.scan ins(%{{.*}} : tensor<9x?xf32>)
func.func @size_of_slices(%x: tensor<9x4xf32>, %h0: tensor<f32>) -> tensor<f32> {
  %cast = tensor.cast %x : tensor<9x4xf32> to tensor<9x?xf32>
  %h = recur.scan ins(%cast : tensor<9x?xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [#sequence, #once]} step(%x_t: tensor<?xf32>, %state: f32) {
    %c0 = arith.constant 0 : index
    %first = tensor.extract %x_t[%c0] : tensor<?xf32>
    %next = arith.addf %first, %state : f32
    recur.yield %next : f32
  } -> tensor<f32>
  return %h : tensor<f32>
}
