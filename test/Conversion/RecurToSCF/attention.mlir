// RUN: attn-opt %s -recur-to-scf=queries=16 -canonicalize -cse -split-input-file | FileCheck %s -enable-var-scope -implicit-check-not=recur. -implicit-check-not=attn.attention

// A rescan that is attention: queries do not see each other, so that the folds of one
// key for 16 of them are one fold of that key. First the keys that all of these see,
// without a mask; then those on the diagonal. What is left of 40 queries, 8 of them, has a
// loop of its own.

#query = affine_map<(t, j) -> (t)>
#key = affine_map<(t, j) -> (j)>
#state = affine_map<(t, j) -> ()>
#row = affine_map<(m, k1, k2, n) -> (m, k1)>
#column = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#of_query = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>
// CHECK-LABEL: func @prefix(
// CHECK-SAME:    %[[Q:.*]]: tensor<40x8xf32>, %[[K:.*]]: tensor<40x8xf32>, %[[V:.*]]: tensor<40x4xf32>, %[[O0:.*]]: tensor<40x4xf32>
// CHECK:         %[[TILES:.*]] = scf.for %[[I:.*]] = %c0 to %c32 step %c16 iter_args(%[[O:.*]] = %[[O0]])
// CHECK:           %[[Q_I:.*]] = tensor.extract_slice %[[Q]][%[[I]], 0] [16, 8] [1, 1]
// CHECK:           %[[PACKED:.*]] = linalg.generic {{.*}} ins(%[[Q_I]] : tensor<16x8xf32>) outs({{.*}} : tensor<8x16xf32>)
// CHECK:           %[[M:.*]] = linalg.fill {{.*}} -> tensor<16xf32>
// CHECK:           %[[L:.*]] = linalg.fill {{.*}} -> tensor<16xf32>
// CHECK:           %[[ACC:.*]] = linalg.fill {{.*}} -> tensor<4x16xf32>
// CHECK:           %[[SEEN_BY_FIRST:.*]] = arith.addi %[[I]], %c1
// CHECK:           %[[FULL:.*]]:3 = scf.for %[[J:.*]] = %c0 to %[[END:.*]] step %c1 iter_args(%[[M_J:.*]] = %[[M]], %[[L_J:.*]] = %[[L]], %[[ACC_J:.*]] = %[[ACC]])
// CHECK:             %[[K_J:.*]] = tensor.extract_slice %{{.*}}[%[[J]], 0] [1, 8] [1, 1]
// CHECK:             %[[V_J:.*]] = tensor.extract_slice %{{.*}}[%[[J]], 0] [1, 4] [1, 1]
// CHECK-NOT:         mask
// CHECK:             attn.fold ins(%[[PACKED]], %[[K_J]], %[[V_J]] : {{.*}}) at(%[[I]], %[[J]]) outs(%[[M_J]], %[[L_J]], %[[ACC_J]] : tensor<16xf32>, tensor<16xf32>, tensor<4x16xf32>)
// CHECK-NOT:         mask
// CHECK:           %[[DIAGONAL:.*]]:3 = scf.for %[[J:.*]] = %c0 to %{{.*}} step %c1 iter_args(%[[M_J:.*]] = %[[FULL]]#0, %[[L_J:.*]] = %[[FULL]]#1, %[[ACC_J:.*]] = %[[FULL]]#2)
// CHECK:             %[[AT:.*]] = arith.addi %[[END]], %[[J]]
// CHECK:             attn.fold ins(%[[PACKED]], {{.*}}) at(%[[I]], %[[AT]]) outs(%[[M_J]], %[[L_J]], %[[ACC_J]] : {{.*}}) {{.*}} mask = #attn.causal}
// CHECK:           attn.finish ins(%[[DIAGONAL]]#0, %[[DIAGONAL]]#1, %[[DIAGONAL]]#2 : {{.*}}) {{.*}} -> tensor<16x4xf32>
// CHECK:         %[[Q_REST:.*]] = tensor.extract_slice %[[Q]][32, 0] [8, 8] [1, 1]
// CHECK:         scf.for %{{.*}} = %c0 to %c33 step %c1
// CHECK-NOT:       mask
// CHECK:         scf.for %{{.*}} = %c0 to %c7 step %c1
// CHECK:           attn.fold {{.*}} mask = #attn.causal}
// CHECK:         attn.finish {{.*}} -> tensor<8x4xf32>
// CHECK:         tensor.insert_slice %{{.*}} into %[[TILES]][32, 0] [8, 4] [1, 1]
func.func @prefix(%q: tensor<40x8xf32>, %k: tensor<40x8xf32>, %v: tensor<40x4xf32>, %o0: tensor<40x4xf32>) -> tensor<40x4xf32> {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  %o, %last:3 = recur.rescan ins(%q, %k, %v : tensor<40x8xf32>, tensor<40x8xf32>, tensor<40x4xf32>) outs(%o0 : tensor<40x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#query, #key, #key, #query, #state, #state, #state]}
      step(%q_t: tensor<8xf32>, %k_j: tensor<8xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
        %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 8] : tensor<8xf32> into tensor<1x8xf32>
        %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 8] : tensor<8xf32> into tensor<1x8xf32>
        %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
        %next:3 = attn.fold ins(%q1, %k1, %v1 : tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x4xf32>)
            outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
            {indexing_maps = [#row, #column, #value, #of_query, #of_query, #acc]} -> tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
        recur.yield %next#0, %next#1, %next#2 : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
      }
      read(%q_t: tensor<8xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
        %empty = tensor.empty() : tensor<1x4xf32>
        %o1 = attn.finish ins(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>) outs(%empty : tensor<1x4xf32>)
            {indexing_maps = [affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>,
                              affine_map<(m, n) -> (m, n)>]} -> tensor<1x4xf32>
        %o_t = tensor.collapse_shape %o1 [[0, 1]] : tensor<1x4xf32> into tensor<4xf32>
        recur.yield %o_t : tensor<4xf32>
      } -> tensor<40x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  return %o : tensor<40x4xf32>
}

// -----

// The state of a rescan is the last token's, which is not computed apart: a rescan whose
// state is used is no attention, and its folds stay folds of one query and one key.

#query = affine_map<(t, j) -> (t)>
#key = affine_map<(t, j) -> (j)>
#state = affine_map<(t, j) -> ()>
#row = affine_map<(m, k1, k2, n) -> (m, k1)>
#column = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#of_query = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>
// CHECK-LABEL: func @state_is_used(
// CHECK:         scf.for %[[T:.*]] = %c0 to %c40 step %c1
// CHECK:           %[[AFTER:.*]] = arith.addi %[[T]], %c1
// CHECK:           %[[END:.*]] = arith.minui %[[AFTER]], %c40
// CHECK:           scf.for %[[J:.*]] = %c0 to %[[END]] step %c1
// CHECK:             attn.fold ins({{.*}} : tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x4xf32>)
func.func @state_is_used(%q: tensor<40x8xf32>, %k: tensor<40x8xf32>, %v: tensor<40x4xf32>, %o0: tensor<40x4xf32>) -> (tensor<40x4xf32>, tensor<1xf32>) {
  %infinity = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %zeros = arith.constant dense<0.0> : tensor<1x4xf32>
  %o, %last:3 = recur.rescan ins(%q, %k, %v : tensor<40x8xf32>, tensor<40x8xf32>, tensor<40x4xf32>) outs(%o0 : tensor<40x4xf32>)
      init(%infinity, %zero, %zeros : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
      {indexing_maps = [#query, #key, #key, #query, #state, #state, #state]}
      step(%q_t: tensor<8xf32>, %k_j: tensor<8xf32>, %v_j: tensor<4xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
        %q1 = tensor.expand_shape %q_t [[0, 1]] output_shape [1, 8] : tensor<8xf32> into tensor<1x8xf32>
        %k1 = tensor.expand_shape %k_j [[0, 1]] output_shape [1, 8] : tensor<8xf32> into tensor<1x8xf32>
        %v1 = tensor.expand_shape %v_j [[0, 1]] output_shape [1, 4] : tensor<4xf32> into tensor<1x4xf32>
        %next:3 = attn.fold ins(%q1, %k1, %v1 : tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x4xf32>)
            outs(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>)
            {indexing_maps = [#row, #column, #value, #of_query, #of_query, #acc]} -> tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
        recur.yield %next#0, %next#1, %next#2 : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
      }
      read(%q_t: tensor<8xf32>, %m: tensor<1xf32>, %l: tensor<1xf32>, %acc: tensor<1x4xf32>) {
        %empty = tensor.empty() : tensor<1x4xf32>
        %o1 = attn.finish ins(%m, %l, %acc : tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>) outs(%empty : tensor<1x4xf32>)
            {indexing_maps = [affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m)>, affine_map<(m, n) -> (m, n)>,
                              affine_map<(m, n) -> (m, n)>]} -> tensor<1x4xf32>
        %o_t = tensor.collapse_shape %o1 [[0, 1]] : tensor<1x4xf32> into tensor<4xf32>
        recur.yield %o_t : tensor<4xf32>
      } -> tensor<40x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1x4xf32>
  return %o, %last#0 : tensor<40x4xf32>, tensor<1xf32>
}
