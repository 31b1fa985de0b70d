// RUN: attn-opt %s -loop-invariant-code-motion | FileCheck %s -enable-var-scope

// What does not change leaves a region; where the recurrence is does not.

// CHECK-LABEL: func @scan(
// CHECK:         math.exp
// CHECK:         recur.scan
// CHECK:           recur.index 0
func.func @scan(%x: tensor<9xf32>, %g: f32, %h0: tensor<f32>) -> tensor<9xf32> {
  %y, %h = recur.scan ins(%x : tensor<9xf32>) outs(%x : tensor<9xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %state: f32) {
    %decay = math.exp %g : f32
    %t = recur.index 0 : index
    %place = arith.index_cast %t : index to i64
    %number = arith.sitofp %place : i64 to f32
    %kept = arith.mulf %decay, %state : f32
    %weighted = arith.mulf %number, %x_t : f32
    %next = arith.addf %kept, %weighted : f32
    recur.yield %next : f32
  } -> tensor<9xf32>, tensor<f32>
  return %y : tensor<9xf32>
}
