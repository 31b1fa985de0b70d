// Linear attention, not normalized, the way attention is written: the score is <q_t, k_j>
// itself. The query comes out of the sum, and what is left is a scan of matrices.

// RUN: attn-opt %s --recur-separate-kernel -o %t.mlir
// RUN: FileCheck %s < %t.mlir -implicit-check-not=recur.rescan
// CHECK: recur.scan {{.*}} init({{.*}} : tensor<64x64xf32>) {{.*}} monoid = #recur.affine<unit>}
// CHECK: read(
// CHECK:   linalg.vecmat

// RUN: attn-run %s --check --atol=1e-3
// RUN: attn-run %t.mlir --check --atol=1e-3

// exp(<q, k>) does not come apart.
// RUN: attn-opt %S/attention.mlir --attn-to-recur=stabilize=false --recur-separate-kernel --remark-format=emitRemark --remarks-filter=recur 2>&1 | FileCheck %s -check-prefix=SOFTMAX
// SOFTMAX: Reason="math.exp is not linear in what it makes of token and history
// SOFTMAX: recur.rescan

#query = affine_map<(t, j) -> (t)>
#key = affine_map<(t, j) -> (j)>
#state = affine_map<(t, j) -> ()>
func.func @linear_attention(%q: tensor<512x64xf32>, %k: tensor<512x64xf32>, %v: tensor<512x64xf32>) -> tensor<512x64xf32> {
  %init = tensor.empty() : tensor<512x64xf32>
  %zeros = arith.constant dense<0.0> : tensor<64xf32>
  %y, %last = recur.rescan ins(%q, %k, %v : tensor<512x64xf32>, tensor<512x64xf32>, tensor<512x64xf32>)
      outs(%init : tensor<512x64xf32>) init(%zeros : tensor<64xf32>)
      {indexing_maps = [#query, #key, #key, #query, #state]}
      step(%q_t: tensor<64xf32>, %k_j: tensor<64xf32>, %v_j: tensor<64xf32>, %h: tensor<64xf32>) {
        %zero = arith.constant dense<0.0> : tensor<f32>
        %dot = linalg.dot ins(%q_t, %k_j : tensor<64xf32>, tensor<64xf32>) outs(%zero : tensor<f32>) -> tensor<f32>
        %next = linalg.generic {indexing_maps = [affine_map<(n) -> ()>, affine_map<(n) -> (n)>, affine_map<(n) -> (n)>],
                                iterator_types = ["parallel"]}
            ins(%dot, %v_j : tensor<f32>, tensor<64xf32>) outs(%h : tensor<64xf32>) {
        ^bb0(%score: f32, %v_n: f32, %h_n: f32):
          %sum = math.fma %score, %v_n, %h_n : f32
          linalg.yield %sum : f32
        } -> tensor<64xf32>
        recur.yield %next : tensor<64xf32>
      } -> tensor<512x64xf32>, tensor<64xf32>
  return %y : tensor<512x64xf32>
}
