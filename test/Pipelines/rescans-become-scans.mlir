// RUN: attn-opt %s --attn-form-pipeline | FileCheck %s -enable-var-scope

// A reread that gives the same state each time is read once: one loop.
// CHECK-LABEL: func @reset(
//       CHECK:   scf.for
//   CHECK-NOT:   scf.for
//       CHECK:   return
func.func @reset(%u: tensor<50x8xf32>, %h0: tensor<8xf32>, %y0: tensor<50x8xf32>) -> tensor<50x8xf32> {
  %y, %last = recur.rescan ins(%u : tensor<50x8xf32>) outs(%y0 : tensor<50x8xf32>) init(%h0 : tensor<8xf32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
      step(%u_j: tensor<8xf32>, %h: tensor<8xf32>) {
        %sum = arith.addf %h, %u_j : tensor<8xf32>
        %next = math.tanh %sum : tensor<8xf32>
        recur.yield %next : tensor<8xf32>
      } -> tensor<50x8xf32>, tensor<8xf32>
  return %y : tensor<50x8xf32>
}

// A chain does not: two loops.
// CHECK-LABEL: func @chain(
//       CHECK:   scf.for
//       CHECK:     scf.for
//       CHECK:   return
func.func @chain(%u: tensor<50x8xf32>, %h0: tensor<8xf32>, %y0: tensor<50x8xf32>) -> tensor<50x8xf32> {
  %y, %last = recur.rescan ins(%u : tensor<50x8xf32>) outs(%y0 : tensor<50x8xf32>) init(%h0 : tensor<8xf32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>],
       boundary = #recur<boundary chain>}
      step(%u_j: tensor<8xf32>, %h: tensor<8xf32>) {
        %sum = arith.addf %h, %u_j : tensor<8xf32>
        %next = math.tanh %sum : tensor<8xf32>
        recur.yield %next : tensor<8xf32>
      } -> tensor<50x8xf32>, tensor<8xf32>
  return %y : tensor<50x8xf32>
}
