// The largest number so far: a monoid without a name. Products of chunks, then the state
// at the beginning of each, then the tokens of each.

// RUN: attn-opt %s --recur-to-scf --canonicalize --cse | FileCheck %s
// CHECK-LABEL: func @prefix_maximum(
// CHECK:         %[[COUNT:.*]] = arith.ceildivui %{{.*}}, %c256
// CHECK:         scf.for %{{.*}} = %c0 to %[[COUNT]]
// CHECK:           scf.for
// CHECK:             arith.maximumf
// CHECK:         scf.for %{{.*}} = %c0 to %[[COUNT]]
// CHECK:           scf.for
// CHECK:             arith.maximumf
// RUN: attn-run %s --size=tokens=1000 --check
// RUN: sed 's/chunked, chunk = 256/tree/' %s > %t.mlir
// RUN: attn-run %t.mlir --size=tokens=1000 --check

func.func @prefix_maximum(%x: tensor<?xf32>, %start: tensor<f32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %length = tensor.dim %x, %c0 : tensor<?xf32>
  %y0 = tensor.empty(%length) : tensor<?xf32>
  %y, %last = recur.scan ins(%x : tensor<?xf32>) outs(%y0 : tensor<?xf32>) init(%start : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       schedule = #recur.schedule<chunked, chunk = 256>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      }
      combine(%a: f32, %b: f32) {
        %max = arith.maximumf %a, %b : f32
        recur.yield %max : f32
      } -> tensor<?xf32>, tensor<f32>
  return %y : tensor<?xf32>
}
