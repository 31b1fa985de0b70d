// RUN: attn-opt %s -transform-interpreter -canonicalize -cse -split-input-file -verify-diagnostics=only-expected | FileCheck %s -enable-var-scope

// A part of the batch: recur.index counts from where the part begins; one of a
// recurrence within is not touched.

// CHECK-LABEL: func @batch(
// CHECK:         scf.for %[[B:[a-z0-9]+]] =
// CHECK:           recur.scan ins(%{{.*}} : tensor<2x?xf32>) outs(%{{.*}} : tensor<2x?xf32>) init(%{{.*}} : tensor<2xf32>)
// CHECK:             %[[OWN:.*]] = recur.index 0
// CHECK:             %[[PLACE:.*]] = arith.addi %[[OWN]], %[[B]]
// CHECK:             arith.index_cast %[[PLACE]]
// CHECK:             %[[T:.*]] = recur.index 1
// CHECK:             arith.index_cast %[[T]]
func.func @batch(%x: tensor<4x?xf32>, %y0: tensor<4x?xf32>, %h0: tensor<4xf32>) -> tensor<4x?xf32> {
  %y, %last = recur.scan ins(%x : tensor<4x?xf32>) outs(%y0 : tensor<4x?xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> (b)>]}
      step(%x_t: f32, %h: f32) {
        %b = recur.index 0 : index
        %b_int = arith.index_cast %b : index to i32
        %t = recur.index 1 : index
        %t_int = arith.index_cast %t : index to i32
        %both = arith.addi %b_int, %t_int : i32
        %number = arith.sitofp %both : i32 to f32
        %sum = arith.addf %h, %x_t : f32
        %next = arith.addf %sum, %number : f32
        recur.yield %next : f32
      } -> tensor<4x?xf32>, tensor<4xf32>
  return %y : tensor<4x?xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %scan = transform.structured.match ops{["recur.scan"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %scan tile_sizes [2, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @tokens(%x: tensor<8xf32>, %y0: tensor<8xf32>, %h0: tensor<f32>) -> tensor<8xf32> {
  // expected-error @+1 {{'recur.scan' op can only be tiled along its batch dimensions: tokens depend on those before them; give the others tile size 0}}
  %y, %last = recur.scan ins(%x : tensor<8xf32>) outs(%y0 : tensor<8xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %h: f32) {
        %next = arith.addf %h, %x_t : f32
        recur.yield %next : f32
      } -> tensor<8xf32>, tensor<f32>
  return %y : tensor<8xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %scan = transform.structured.match ops{["recur.scan"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %scan tile_sizes [2]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
