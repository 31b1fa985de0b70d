// Retention in one head: a decay for all tokens, a matrix as state. In chunks it is
// products of matrices.

// RUN: attn-opt %s --recur-select-schedule -o %t.mlir
// RUN: FileCheck %s -check-prefix=SELECTED < %t.mlir
// SELECTED: recur.scan {{.*}} schedule = #recur.schedule<chunked, chunk = 32>

// RUN: attn-opt %t.mlir --recur-to-scf --canonicalize --cse | FileCheck %s -check-prefix=CHUNKS
// CHUNKS: scf.for {{.*}} to %c512 step %c32 iter_args({{.*}}) -> (tensor<512x128xf32>, tensor<128x128xf32>)

// One token after the other, and in chunks.
// RUN: sed 's/affine<scalar>/&, schedule = #recur.schedule<sequential>/' %s > %t.sequential.mlir
// RUN: attn-run %t.sequential.mlir --check --atol=1e-3
// RUN: attn-run %s --check --atol=1e-3

#token = affine_map<(t) -> (t)>
#all = affine_map<(t) -> ()>
func.func @retention(%q: tensor<512x128xf32>, %k: tensor<512x128xf32>, %v: tensor<512x128xf32>, %s0: tensor<128x128xf32>) -> tensor<512x128xf32> {
  %y0 = tensor.empty() : tensor<512x128xf32>
  %log_decay = arith.constant -0.03125 : f32
  %y, %s = recur.scan ins(%q, %k, %v : tensor<512x128xf32>, tensor<512x128xf32>, tensor<512x128xf32>)
      outs(%y0 : tensor<512x128xf32>) init(%s0 : tensor<128x128xf32>)
      {indexing_maps = [#token, #token, #token, #token, #all], monoid = #recur.affine<scalar>}
      lift(%q_t: tensor<128xf32>, %k_t: tensor<128xf32>, %v_t: tensor<128xf32>) {
        recur.yield %log_decay, %k_t, %v_t : f32, tensor<128xf32>, tensor<128xf32>
      }
      read(%q_t: tensor<128xf32>, %k_t: tensor<128xf32>, %v_t: tensor<128xf32>, %s_t: tensor<128x128xf32>) {
        %zero = arith.constant dense<0.0> : tensor<128xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<128xf32>, tensor<128x128xf32>) outs(%zero : tensor<128xf32>) -> tensor<128xf32>
        recur.yield %y_t : tensor<128xf32>
      } -> tensor<512x128xf32>, tensor<128x128xf32>
  return %y : tensor<512x128xf32>
}
