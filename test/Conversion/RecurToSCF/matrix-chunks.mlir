// RUN: attn-opt %s -recur-to-scf -canonicalize -cse -split-input-file | FileCheck %s -enable-var-scope -implicit-check-not=recur.

// Whole chunks, then the tokens that are left, one after the other.
//
//     Y = Q S + mask(Q K^T) V        S' = S + K^T V

#token = affine_map<(t) -> (t)>
#state = affine_map<(t) -> ()>
// CHECK-DAG:   #[[$IJ_JI:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG:   #[[$IJ_IJ:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG:   #[[$IJK_IK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG:   #[[$IJK_KJ:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG:   #[[$IJK_IJ:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG:   #[[$IJ_I:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG:   #[[$IJ_J:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func @unit(
// CHECK-SAME:    %[[Q:.*]]: tensor<?x8xf32>, %[[K:.*]]: tensor<?x8xf32>, %[[V:.*]]: tensor<?x16xf32>, %[[Y0:.*]]: tensor<?x16xf32>, %[[S0:.*]]: tensor<8x16xf32>
// CHECK:           %[[LENGTH:.*]] = tensor.dim %[[Q]], %c0
// CHECK:           %[[REST:.*]] = arith.remui %[[LENGTH]], %c32
// CHECK:           %[[END:.*]] = arith.subi %[[LENGTH]], %[[REST]]
// CHECK:           %[[CHUNKS:.*]]:2 = scf.for %[[BEGIN:.*]] = %c0 to %[[END]] step %c32 iter_args(%[[Y:.*]] = %[[Y0]], %[[S:.*]] = %[[S0]])
// CHECK:             %[[Q_C:.*]] = tensor.extract_slice %[[Q]][%[[BEGIN]], 0] [32, 8] [1, 1]
// CHECK:             %[[V_C:.*]] = tensor.extract_slice %[[V]][%[[BEGIN]], 0] [32, 16] [1, 1]
// CHECK:             %[[K_C:.*]] = tensor.extract_slice %[[K]][%[[BEGIN]], 0] [32, 8] [1, 1]
// CHECK:             %[[K_T:.*]] = linalg.generic {indexing_maps = [#[[$IJ_JI]], #[[$IJ_IJ]]], {{.*}}} ins(%[[K_C]] : {{.*}}) outs(%{{.*}}
// CHECK:             %[[PRODUCTS:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[Q_C]], %[[K_T]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.fma
// CHECK:             %[[SCORES:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]]], {{.*}}} outs(%[[PRODUCTS]]
// CHECK:               arith.cmpi sle,
// CHECK:               arith.select
// CHECK:             %[[Y_C:.*]] = tensor.extract_slice %[[Y]][%[[BEGIN]], 0] [32, 16] [1, 1]
// CHECK:             %[[OLD:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[Q_C]], %[[S]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.fma
// CHECK:             %[[BOTH:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[SCORES]], %[[V_C]] : {{.*}}) outs(%[[OLD]]
// CHECK:               math.fma
// CHECK:             %[[NEXT:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[K_T]], %[[V_C]] : {{.*}}) outs(%[[S]]
// CHECK:               math.fma
// CHECK:             %[[WRITTEN:.*]] = tensor.insert_slice %[[BOTH]] into %[[Y]][%[[BEGIN]], 0] [32, 16] [1, 1]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT]]
// CHECK:           %[[RESULT:.*]]:2 = scf.for %[[T:.*]] = %[[END]] to %[[LENGTH]] step %c1 iter_args(%[[Y:.*]] = %[[CHUNKS]]#0, %[[S:.*]] = %[[CHUNKS]]#1)
// CHECK:             %[[Q_T:.*]] = tensor.extract_slice %[[Q]][%[[T]], 0] [1, 8] [1, 1]
// CHECK:             %[[K_T:.*]] = tensor.extract_slice %[[K]][%[[T]], 0] [1, 8] [1, 1]
// CHECK:             %[[V_T:.*]] = tensor.extract_slice %[[V]][%[[T]], 0] [1, 16] [1, 1]
// CHECK:             %[[NEXT:.*]] = linalg.generic {indexing_maps = [#[[$IJ_I]], #[[$IJ_J]], #[[$IJ_IJ]]], {{.*}}} ins(%[[K_T]], %[[V_T]] : {{.*}}) outs(%[[S]]
// CHECK:               math.fma
// CHECK:             %[[Y_T:.*]] = linalg.vecmat ins(%[[Q_T]], %[[NEXT]] : {{.*}}) outs(%{{.*}}
// CHECK:             %[[WRITTEN:.*]] = tensor.insert_slice %[[Y_T]] into %[[Y]][%[[T]], 0] [1, 16] [1, 1]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT]]
func.func @unit(%q: tensor<?x8xf32>, %k: tensor<?x8xf32>, %v: tensor<?x16xf32>, %y0: tensor<?x16xf32>, %s0: tensor<8x16xf32>) -> (tensor<?x16xf32>, tensor<8x16xf32>) {
  %y, %s = recur.scan ins(%q, %k, %v : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x16xf32>) outs(%y0 : tensor<?x16xf32>) init(%s0 : tensor<8x16xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<unit>, schedule = #recur.schedule<chunked, chunk = 32>}
      lift(%q_t: tensor<8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<16xf32>) {
        recur.yield %k_t, %v_t : tensor<8xf32>, tensor<16xf32>
      }
      read(%q_t: tensor<8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<16xf32>, %s_t: tensor<8x16xf32>) {
        %zero = arith.constant dense<0.0> : tensor<16xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<8xf32>, tensor<8x16xf32>) outs(%zero : tensor<16xf32>) -> tensor<16xf32>
        recur.yield %y_t : tensor<16xf32>
      } -> tensor<?x16xf32>, tensor<8x16xf32>
  return %y, %s : tensor<?x16xf32>, tensor<8x16xf32>
}

// -----

// Each token multiplies the row of its predecessor, and writes 1 at its own place:
// nothing is divided, and no sum of logarithms is exponentiated. 128 tokens leave none for
// the loop over single tokens.
//
//     D_i = a_i D_(i-1) + 1_i        W_i = a_i W_(i-1)        E = D_C
//     Y = (W o Q) S + (D o mask(Q K^T)) V        S' = W_C S + (E o K)^T V

#token = affine_map<(b, t) -> (b, t)>
#decay = affine_map<(b, t) -> (t)>
#state = affine_map<(b, t) -> (b)>
// CHECK-DAG:   #[[$IJ_JI:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG:   #[[$IJ_IJ:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG:   #[[$I_I:.*]] = affine_map<(d0) -> (d0)>
// CHECK-DAG:   #[[$I_NONE:.*]] = affine_map<(d0) -> ()>
// CHECK-DAG:   #[[$IJK_IK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG:   #[[$IJK_KJ:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG:   #[[$IJK_IJ:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG:   #[[$IJ_I:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG:   #[[$IJ_J:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG:   #[[$IJ_NONE:.*]] = affine_map<(d0, d1) -> ()>
// CHECK-LABEL: func @scalar(
// CHECK-SAME:    %[[Q:.*]]: tensor<2x128x8xf32>, %[[K:.*]]: tensor<2x128x8xf32>, %[[V:.*]]: tensor<2x128x16xf32>, %[[G:.*]]: tensor<128xf32>, %[[Y0:.*]]: tensor<2x128x16xf32>, %[[S0:.*]]: tensor<2x8x16xf32>
// CHECK:           %[[BATCH:.*]]:2 = scf.for %[[B:.*]] = %c0 to %c2 step %c1 iter_args(%[[Y:.*]] = %[[Y0]], %[[ALL:.*]] = %[[S0]])
// CHECK:             %[[S_B:.*]] = tensor.extract_slice %[[ALL]][%[[B]], 0, 0] [1, 8, 16] [1, 1, 1]
// CHECK:             %[[CHUNKS:.*]]:2 = scf.for %[[BEGIN:.*]] = %c0 to %c128 step %c64 iter_args(%[[Y_B:.*]] = %[[Y]], %[[S:.*]] = %[[S_B]])
// CHECK:               %[[Q_C:.*]] = tensor.extract_slice %[[Q]][%[[B]], %[[BEGIN]], 0] [1, 64, 8] [1, 1, 1]
// CHECK:               %[[V_C:.*]] = tensor.extract_slice %[[V]][%[[B]], %[[BEGIN]], 0] [1, 64, 16] [1, 1, 1]
// CHECK:               %[[K_C:.*]] = tensor.extract_slice %[[K]][%[[B]], %[[BEGIN]], 0] [1, 64, 8] [1, 1, 1]
// CHECK:               %[[K_T:.*]] = linalg.generic {indexing_maps = [#[[$IJ_JI]], #[[$IJ_IJ]]], {{.*}}} ins(%[[K_C]] : {{.*}}) outs(%{{.*}}
// CHECK:               %[[G_C:.*]] = tensor.extract_slice %[[G]][%[[BEGIN]]] [64] [1]
// CHECK:               %[[A:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[G_C]], %{{.*}} : {{.*}}) outs(%{{.*}}
// CHECK:                 math.exp
// CHECK:               %[[UNIT:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]]], {{.*}}} outs(%{{.*}}
// CHECK:                 arith.cmpi eq,
// CHECK:                 arith.select
// CHECK:               %[[DECAYS:.*]]:4 = scf.for %[[I:.*]] = %c0 to %c64 step %c1 iter_args(%[[ROW:.*]] = %{{.*}}, %[[D:.*]] = %{{.*}}, %[[W:.*]] = %{{.*}}, %[[WHOLE:.*]] = %{{.*}})
// CHECK:                 %[[A_I:.*]] = tensor.extract %[[A]][%[[I]]]
// CHECK:                 %[[ONE:.*]] = tensor.extract_slice %[[UNIT]][%[[I]], 0] [1, 64] [1, 1]
// CHECK:                 %[[NEXT_ROW:.*]] = linalg.generic {indexing_maps = [#[[$I_NONE]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[A_I]], %[[ONE]] : {{.*}}) outs(%[[ROW]]
// CHECK:                   math.fma
// CHECK:                 %[[NEXT_WHOLE:.*]] = arith.mulf %[[WHOLE]], %[[A_I]]
// CHECK:                 %[[NEXT_D:.*]] = tensor.insert_slice %[[NEXT_ROW]] into %[[D]][%[[I]], 0] [1, 64] [1, 1]
// CHECK:                 %[[NEXT_W:.*]] = tensor.insert %[[NEXT_WHOLE]] into %[[W]][%[[I]]]
// CHECK:                 scf.yield %[[NEXT_ROW]], %[[NEXT_D]], %[[NEXT_W]], %[[NEXT_WHOLE]]
// CHECK:               %[[PRODUCTS:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[Q_C]], %[[K_T]] : {{.*}}) outs(%{{.*}}
// CHECK:                 math.fma
// CHECK:               %[[SCORES:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]], #[[$IJ_IJ]]], {{.*}}} ins(%[[DECAYS]]#1 : {{.*}}) outs(%[[PRODUCTS]]
// CHECK:                 arith.cmpi sle,
// CHECK:                 arith.mulf
// CHECK:                 arith.select
// CHECK:               %[[QUERIES:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]], #[[$IJ_I]], #[[$IJ_IJ]]], {{.*}}} ins(%[[Q_C]], %[[DECAYS]]#2 : {{.*}}) outs(%{{.*}}
// CHECK:                 arith.mulf
// CHECK:               %[[KEYS:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]], #[[$IJ_J]], #[[$IJ_IJ]]], {{.*}}} ins(%[[K_T]], %[[DECAYS]]#0 : {{.*}}) outs(%{{.*}}
// CHECK:                 arith.mulf
// CHECK:               %[[Y_C:.*]] = tensor.extract_slice %[[Y_B]][%[[B]], %[[BEGIN]], 0] [1, 64, 16] [1, 1, 1]
// CHECK:               %[[OLD:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[QUERIES]], %[[S]] : {{.*}}) outs(%{{.*}}
// CHECK:                 math.fma
// CHECK:               %[[BOTH:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[SCORES]], %[[V_C]] : {{.*}}) outs(%[[OLD]]
// CHECK:                 math.fma
// CHECK:               %[[KEPT:.*]] = linalg.generic {indexing_maps = [#[[$IJ_NONE]], #[[$IJ_IJ]]], {{.*}}} ins(%[[DECAYS]]#3 : {{.*}}) outs(%[[S]]
// CHECK:                 arith.mulf
// CHECK:               %[[NEXT:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[KEYS]], %[[V_C]] : {{.*}}) outs(%[[KEPT]]
// CHECK:                 math.fma
// CHECK:               %[[WRITTEN:.*]] = tensor.insert_slice %[[BOTH]] into %[[Y_B]][%[[B]], %[[BEGIN]], 0] [1, 64, 16] [1, 1, 1]
// CHECK:               scf.yield %[[WRITTEN]], %[[NEXT]]
// CHECK:             %[[LAST:.*]] = tensor.insert_slice %[[CHUNKS]]#1 into %[[ALL]][%[[B]], 0, 0] [1, 8, 16] [1, 1, 1]
// CHECK:             scf.yield %[[CHUNKS]]#0, %[[LAST]]
func.func @scalar(%q: tensor<2x128x8xf32>, %k: tensor<2x128x8xf32>, %v: tensor<2x128x16xf32>, %g: tensor<128xf32>, %y0: tensor<2x128x16xf32>, %s0: tensor<2x8x16xf32>) -> tensor<2x128x16xf32> {
  %y, %s = recur.scan ins(%q, %k, %v, %g : tensor<2x128x8xf32>, tensor<2x128x8xf32>, tensor<2x128x16xf32>, tensor<128xf32>) outs(%y0 : tensor<2x128x16xf32>) init(%s0 : tensor<2x8x16xf32>)
      {indexing_maps = [#token, #token, #token, #decay, #token, #state],
       monoid = #recur.affine<scalar>, schedule = #recur.schedule<chunked, chunk = 64>}
      lift(%q_t: tensor<8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<16xf32>, %g_t: f32) {
        recur.yield %g_t, %k_t, %v_t : f32, tensor<8xf32>, tensor<16xf32>
      }
      read(%q_t: tensor<8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<16xf32>, %g_t: f32, %s_t: tensor<8x16xf32>) {
        %zero = arith.constant dense<0.0> : tensor<16xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<8xf32>, tensor<8x16xf32>) outs(%zero : tensor<16xf32>) -> tensor<16xf32>
        recur.yield %y_t : tensor<16xf32>
      } -> tensor<2x128x16xf32>, tensor<2x8x16xf32>
  return %y : tensor<2x128x16xf32>
}

// -----

// Exclusive: a token does not see itself.

#token = affine_map<(t) -> (t)>
#state = affine_map<(t) -> ()>
// CHECK-DAG:   #[[$IJ_JI:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG:   #[[$IJ_IJ:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG:   #[[$I_NONE:.*]] = affine_map<(d0) -> ()>
// CHECK-DAG:   #[[$I_I:.*]] = affine_map<(d0) -> (d0)>
// CHECK-DAG:   #[[$IJK_IK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG:   #[[$IJK_KJ:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG:   #[[$IJK_IJ:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG:   #[[$IJ_I:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG:   #[[$IJ_J:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG:   #[[$IJ_NONE:.*]] = affine_map<(d0, d1) -> ()>
// CHECK-LABEL: func @exclusive(
// CHECK-SAME:    %[[Q:.*]]: tensor<128x8xf32>, %[[K:.*]]: tensor<128x8xf32>, %[[V:.*]]: tensor<128x16xf32>, %[[G:.*]]: tensor<f32>, %[[Y0:.*]]: tensor<128x16xf32>, %[[S0:.*]]: tensor<8x16xf32>
// CHECK:           %[[CHUNKS:.*]]:2 = scf.for %[[BEGIN:.*]] = %c0 to %c128 step %c32 iter_args(%[[Y:.*]] = %[[Y0]], %[[S:.*]] = %[[S0]])
// CHECK:             %[[Q_C:.*]] = tensor.extract_slice %[[Q]][%[[BEGIN]], 0] [32, 8] [1, 1]
// CHECK:             %[[V_C:.*]] = tensor.extract_slice %[[V]][%[[BEGIN]], 0] [32, 16] [1, 1]
// CHECK:             %[[K_C:.*]] = tensor.extract_slice %[[K]][%[[BEGIN]], 0] [32, 8] [1, 1]
// CHECK:             %[[K_T:.*]] = linalg.generic {indexing_maps = [#[[$IJ_JI]], #[[$IJ_IJ]]], {{.*}}} ins(%[[K_C]] : {{.*}}) outs(%{{.*}}
// CHECK:             %[[G_0:.*]] = tensor.extract %[[G]][]
// CHECK:             %[[A:.*]] = linalg.generic {indexing_maps = [#[[$I_NONE]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[G_0]], %{{.*}} : {{.*}}) outs(%{{.*}}
// CHECK:               math.exp
// CHECK:             %[[UNIT:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]]], {{.*}}} outs(%{{.*}}
// CHECK:               arith.cmpi eq,
// CHECK:               arith.select
// CHECK:             %[[DECAYS:.*]]:4 = scf.for %[[I:.*]] = %c0 to %c32 step %c1 iter_args(%[[ROW:.*]] = %{{.*}}, %[[D:.*]] = %{{.*}}, %[[W:.*]] = %{{.*}}, %[[WHOLE:.*]] = %{{.*}})
// CHECK:               %[[NEXT_D:.*]] = tensor.insert_slice %[[ROW]] into %[[D]][%[[I]], 0] [1, 32] [1, 1]
// CHECK:               %[[NEXT_W:.*]] = tensor.insert %[[WHOLE]] into %[[W]][%[[I]]]
// CHECK:               %[[A_I:.*]] = tensor.extract %[[A]][%[[I]]]
// CHECK:               %[[ONE:.*]] = tensor.extract_slice %[[UNIT]][%[[I]], 0] [1, 32] [1, 1]
// CHECK:               %[[NEXT_ROW:.*]] = linalg.generic {indexing_maps = [#[[$I_NONE]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[A_I]], %[[ONE]] : {{.*}}) outs(%[[ROW]]
// CHECK:                 math.fma
// CHECK:               %[[NEXT_WHOLE:.*]] = arith.mulf %[[WHOLE]], %[[A_I]]
// CHECK:               scf.yield %[[NEXT_ROW]], %[[NEXT_D]], %[[NEXT_W]], %[[NEXT_WHOLE]]
// CHECK:             %[[PRODUCTS:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[Q_C]], %[[K_T]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.fma
// CHECK:             %[[SCORES:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]], #[[$IJ_IJ]]], {{.*}}} ins(%[[DECAYS]]#1 : {{.*}}) outs(%[[PRODUCTS]]
// CHECK:               arith.cmpi slt,
// CHECK:               arith.mulf
// CHECK:               arith.select
// CHECK:             %[[QUERIES:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]], #[[$IJ_I]], #[[$IJ_IJ]]], {{.*}}} ins(%[[Q_C]], %[[DECAYS]]#2 : {{.*}}) outs(%{{.*}}
// CHECK:               arith.mulf
// CHECK:             %[[KEYS:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]], #[[$IJ_J]], #[[$IJ_IJ]]], {{.*}}} ins(%[[K_T]], %[[DECAYS]]#0 : {{.*}}) outs(%{{.*}}
// CHECK:               arith.mulf
// CHECK:             %[[Y_C:.*]] = tensor.extract_slice %[[Y]][%[[BEGIN]], 0] [32, 16] [1, 1]
// CHECK:             %[[OLD:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[QUERIES]], %[[S]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.fma
// CHECK:             %[[BOTH:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[SCORES]], %[[V_C]] : {{.*}}) outs(%[[OLD]]
// CHECK:               math.fma
// CHECK:             %[[KEPT:.*]] = linalg.generic {indexing_maps = [#[[$IJ_NONE]], #[[$IJ_IJ]]], {{.*}}} ins(%[[DECAYS]]#3 : {{.*}}) outs(%[[S]]
// CHECK:               arith.mulf
// CHECK:             %[[NEXT:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[KEYS]], %[[V_C]] : {{.*}}) outs(%[[KEPT]]
// CHECK:               math.fma
// CHECK:             %[[WRITTEN:.*]] = tensor.insert_slice %[[BOTH]] into %[[Y]][%[[BEGIN]], 0] [32, 16] [1, 1]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT]]
func.func @exclusive(%q: tensor<128x8xf32>, %k: tensor<128x8xf32>, %v: tensor<128x16xf32>, %g: tensor<f32>, %y0: tensor<128x16xf32>, %s0: tensor<8x16xf32>) -> tensor<128x16xf32> {
  %y, %s = recur.scan ins(%q, %k, %v, %g : tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x16xf32>, tensor<f32>) outs(%y0 : tensor<128x16xf32>) init(%s0 : tensor<8x16xf32>)
      {indexing_maps = [#token, #token, #token, #state, #token, #state],
       monoid = #recur.affine<scalar>, schedule = #recur.schedule<chunked, chunk = 32>, exclusive}
      lift(%q_t: tensor<8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<16xf32>, %g_t: f32) {
        recur.yield %g_t, %k_t, %v_t : f32, tensor<8xf32>, tensor<16xf32>
      }
      read(%q_t: tensor<8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<16xf32>, %g_t: f32, %s_t: tensor<8x16xf32>) {
        %zero = arith.constant dense<0.0> : tensor<16xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<8xf32>, tensor<8x16xf32>) outs(%zero : tensor<16xf32>) -> tensor<16xf32>
        recur.yield %y_t : tensor<16xf32>
      } -> tensor<128x16xf32>, tensor<8x16xf32>
  return %y : tensor<128x16xf32>
}

// -----

// A group of heads reads one state; the sequences are bf16, what is computed f32.

#token = affine_map<(t) -> (t)>
#state = affine_map<(t) -> ()>
// CHECK-DAG:   #[[$IJ_JI:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG:   #[[$IJ_IJ:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG:   #[[$GHIJ_GHJ:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG:   #[[$GHIJ_JI:.*]] = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
// CHECK-DAG:   #[[$GHIJ_GHI:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-DAG:   #[[$IJK_IJK:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG:   #[[$IJK_IK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG:   #[[$IJK_KJ:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG:   #[[$IJK_IJ:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func @groups_bf16(
// CHECK-SAME:    %[[Q:.*]]: tensor<128x3x8xbf16>, %[[K:.*]]: tensor<128x8xbf16>, %[[V:.*]]: tensor<128x16xbf16>, %[[Y0:.*]]: tensor<128x3x16xbf16>, %[[S0:.*]]: tensor<8x16xf32>
// CHECK:           %[[CHUNKS:.*]]:2 = scf.for %[[BEGIN:.*]] = %c0 to %c128 step %c64 iter_args(%[[Y:.*]] = %[[Y0]], %[[S:.*]] = %[[S0]])
// CHECK:             %[[Q_C:.*]] = tensor.extract_slice %[[Q]][%[[BEGIN]], 0, 0] [64, 3, 8] [1, 1, 1]
// CHECK:             %[[V_C:.*]] = tensor.extract_slice %[[V]][%[[BEGIN]], 0] [64, 16] [1, 1]
// CHECK:             %[[K_C:.*]] = tensor.extract_slice %[[K]][%[[BEGIN]], 0] [64, 8] [1, 1]
// CHECK:             %[[K_T:.*]] = linalg.generic {indexing_maps = [#[[$IJ_JI]], #[[$IJ_IJ]]], {{.*}}} ins(%[[K_C]] : {{.*}}) outs(%{{.*}}
// CHECK:             %[[PRODUCTS:.*]] = linalg.generic {indexing_maps = [#[[$GHIJ_GHJ]], #[[$GHIJ_JI]], #[[$GHIJ_GHI]]], {{.*}}} ins(%[[Q_C]], %[[K_T]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.fma
// CHECK:             %[[SCORES:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IJK]]], {{.*}}} outs(%[[PRODUCTS]]
// CHECK:               arith.cmpi sle,
// CHECK:               arith.select
// CHECK:             %[[Y_C:.*]] = tensor.extract_slice %[[Y]][%[[BEGIN]], 0, 0] [64, 3, 16] [1, 1, 1]
// CHECK:             %[[OLD:.*]] = linalg.generic {indexing_maps = [#[[$GHIJ_GHJ]], #[[$GHIJ_JI]], #[[$GHIJ_GHI]]], {{.*}}} ins(%[[Q_C]], %[[S]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.fma
// CHECK:             %[[BOTH:.*]] = linalg.generic {indexing_maps = [#[[$GHIJ_GHJ]], #[[$GHIJ_JI]], #[[$GHIJ_GHI]]], {{.*}}} ins(%[[SCORES]], %[[V_C]] : {{.*}}) outs(%[[OLD]]
// CHECK:               math.fma
// CHECK:             %[[ROUNDED:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IJK]], #[[$IJK_IJK]]], {{.*}}} ins(%[[BOTH]] : {{.*}}) outs(%[[Y_C]]
// CHECK:               arith.truncf
// CHECK:             %[[NEXT:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[K_T]], %[[V_C]] : {{.*}}) outs(%[[S]]
// CHECK:               math.fma
// CHECK:             %[[WRITTEN:.*]] = tensor.insert_slice %[[ROUNDED]] into %[[Y]][%[[BEGIN]], 0, 0] [64, 3, 16] [1, 1, 1]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT]]
func.func @groups_bf16(%q: tensor<128x3x8xbf16>, %k: tensor<128x8xbf16>, %v: tensor<128x16xbf16>, %y0: tensor<128x3x16xbf16>, %s0: tensor<8x16xf32>) -> tensor<128x3x16xbf16> {
  %y, %s = recur.scan ins(%q, %k, %v : tensor<128x3x8xbf16>, tensor<128x8xbf16>, tensor<128x16xbf16>) outs(%y0 : tensor<128x3x16xbf16>) init(%s0 : tensor<8x16xf32>)
      {indexing_maps = [#token, #token, #token, #token, #state],
       monoid = #recur.affine<unit>, schedule = #recur.schedule<chunked, chunk = 64>}
      lift(%q_t: tensor<3x8xbf16>, %k_t: tensor<8xbf16>, %v_t: tensor<16xbf16>) {
        recur.yield %k_t, %v_t : tensor<8xbf16>, tensor<16xbf16>
      }
      read(%q_t: tensor<3x8xbf16>, %k_t: tensor<8xbf16>, %v_t: tensor<16xbf16>, %s_t: tensor<8x16xf32>) {
        %zero = arith.constant dense<0.0> : tensor<3x16xf32>
        %wide = linalg.matmul ins(%q_t, %s_t : tensor<3x8xbf16>, tensor<8x16xf32>) outs(%zero : tensor<3x16xf32>) -> tensor<3x16xf32>
        %y_t = arith.truncf %wide : tensor<3x16xf32> to tensor<3x16xbf16>
        recur.yield %y_t : tensor<3x16xbf16>
      } -> tensor<128x3x16xbf16>, tensor<8x16xf32>
  return %y : tensor<128x3x16xbf16>
}

// -----

// The keys decay as the tokens pass; token i reads them as they are then.
//
//     K_i = a_i o K_(i-1) + k_i 1_i^T        scores_i = q_i^T K_i

#token = affine_map<(t) -> (t)>
#state = affine_map<(t) -> ()>
// CHECK-DAG:   #[[$IJ_IJ:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG:   #[[$I_I:.*]] = affine_map<(d0) -> (d0)>
// CHECK-DAG:   #[[$IJ_I:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG:   #[[$IJ_J:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG:   #[[$IJK_IK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG:   #[[$IJK_KJ:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG:   #[[$IJK_IJ:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func @diagonal(
// CHECK-SAME:    %[[Q:.*]]: tensor<128x8xf32>, %[[K:.*]]: tensor<128x8xf32>, %[[V:.*]]: tensor<128x24xf32>, %[[G:.*]]: tensor<128x8xf32>, %[[Y0:.*]]: tensor<128x24xf32>, %[[S0:.*]]: tensor<8x24xf32>
// CHECK:           %[[CHUNKS:.*]]:2 = scf.for %[[BEGIN:.*]] = %c0 to %c128 step %c16 iter_args(%[[Y:.*]] = %[[Y0]], %[[S:.*]] = %[[S0]])
// CHECK:             %[[Q_C:.*]] = tensor.extract_slice %[[Q]][%[[BEGIN]], 0] [16, 8] [1, 1]
// CHECK:             %[[V_C:.*]] = tensor.extract_slice %[[V]][%[[BEGIN]], 0] [16, 24] [1, 1]
// CHECK:             %[[K_C:.*]] = tensor.extract_slice %[[K]][%[[BEGIN]], 0] [16, 8] [1, 1]
// CHECK:             %[[G_C:.*]] = tensor.extract_slice %[[G]][%[[BEGIN]], 0] [16, 8] [1, 1]
// CHECK:             %[[A:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]], #[[$IJ_IJ]]], {{.*}}} ins(%[[G_C]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.exp
// CHECK:             %[[UNIT:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]]], {{.*}}} outs(%{{.*}}
// CHECK:               arith.cmpi eq,
// CHECK:               arith.select
// CHECK:             %[[TOKENS:.*]]:4 = scf.for %[[I:.*]] = %c0 to %c16 step %c1 iter_args(%[[KEYS:.*]] = %{{.*}}, %[[WHOLE:.*]] = %{{.*}}, %[[QUERIES:.*]] = %{{.*}}, %[[SCORES:.*]] = %{{.*}})
// CHECK:               %[[A_I:.*]] = tensor.extract_slice %[[A]][%[[I]], 0] [1, 8] [1, 1]
// CHECK:               %[[K_I:.*]] = tensor.extract_slice %[[K_C]][%[[I]], 0] [1, 8] [1, 1]
// CHECK:               %[[ONE:.*]] = tensor.extract_slice %[[UNIT]][%[[I]], 0] [1, 16] [1, 1]
// CHECK:               %[[Q_I:.*]] = tensor.extract_slice %[[Q_C]][%[[I]], 0] [1, 8] [1, 1]
// CHECK:               %[[NEXT_WHOLE:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[A_I]] : {{.*}}) outs(%[[WHOLE]]
// CHECK:                 arith.mulf
// CHECK:               %[[SEEN:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[Q_I]], %[[NEXT_WHOLE]] : {{.*}}) outs(%{{.*}}
// CHECK:                 arith.mulf
// CHECK:               %[[BOTH:.*]]:2 = linalg.generic {indexing_maps = [#[[$IJ_I]], #[[$IJ_I]], #[[$IJ_J]], #[[$IJ_I]], #[[$IJ_IJ]], #[[$IJ_J]]], {{.*}}} ins(%[[A_I]], %[[K_I]], %[[ONE]], %[[Q_I]] : {{.*}}) outs(%[[KEYS]], %{{.*}}
// CHECK:                 arith.mulf
// CHECK:                 math.fma
// CHECK:                 math.fma
// CHECK:               %[[NEXT_QUERIES:.*]] = tensor.insert_slice %[[SEEN]] into %[[QUERIES]][%[[I]], 0] [1, 8] [1, 1]
// CHECK:               %[[NEXT_SCORES:.*]] = tensor.insert_slice %[[BOTH]]#1 into %[[SCORES]][%[[I]], 0] [1, 16] [1, 1]
// CHECK:               scf.yield %[[BOTH]]#0, %[[NEXT_WHOLE]], %[[NEXT_QUERIES]], %[[NEXT_SCORES]]
// CHECK:             %[[Y_C:.*]] = tensor.extract_slice %[[Y]][%[[BEGIN]], 0] [16, 24] [1, 1]
// CHECK:             %[[OLD:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[TOKENS]]#2, %[[S]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.fma
// CHECK:             %[[NEW:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[TOKENS]]#3, %[[V_C]] : {{.*}}) outs(%[[OLD]]
// CHECK:               math.fma
// CHECK:             %[[KEPT:.*]] = linalg.generic {indexing_maps = [#[[$IJ_I]], #[[$IJ_IJ]]], {{.*}}} ins(%[[TOKENS]]#1 : {{.*}}) outs(%[[S]]
// CHECK:               arith.mulf
// CHECK:             %[[NEXT:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[TOKENS]]#0, %[[V_C]] : {{.*}}) outs(%[[KEPT]]
// CHECK:               math.fma
// CHECK:             %[[WRITTEN:.*]] = tensor.insert_slice %[[NEW]] into %[[Y]][%[[BEGIN]], 0] [16, 24] [1, 1]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT]]
func.func @diagonal(%q: tensor<128x8xf32>, %k: tensor<128x8xf32>, %v: tensor<128x24xf32>, %g: tensor<128x8xf32>, %y0: tensor<128x24xf32>, %s0: tensor<8x24xf32>) -> tensor<128x24xf32> {
  %y, %s = recur.scan ins(%q, %k, %v, %g : tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x24xf32>, tensor<128x8xf32>) outs(%y0 : tensor<128x24xf32>) init(%s0 : tensor<8x24xf32>)
      {indexing_maps = [#token, #token, #token, #token, #token, #state],
       monoid = #recur.affine<diagonal>, schedule = #recur.schedule<chunked>}
      lift(%q_t: tensor<8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<24xf32>, %g_t: tensor<8xf32>) {
        recur.yield %g_t, %k_t, %v_t : tensor<8xf32>, tensor<8xf32>, tensor<24xf32>
      }
      read(%q_t: tensor<8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<24xf32>, %g_t: tensor<8xf32>, %s_t: tensor<8x24xf32>) {
        %zero = arith.constant dense<0.0> : tensor<24xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<8xf32>, tensor<8x24xf32>) outs(%zero : tensor<24xf32>) -> tensor<24xf32>
        recur.yield %y_t : tensor<24xf32>
      } -> tensor<128x24xf32>, tensor<8x24xf32>
  return %y : tensor<128x24xf32>
}

// -----

// Several heads read the keys that decay once; exclusive, before they do.

#token = affine_map<(t) -> (t)>
#state = affine_map<(t) -> ()>
// CHECK-DAG:   #[[$I_I:.*]] = affine_map<(d0) -> (d0)>
// CHECK-DAG:   #[[$IJ_IJ:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG:   #[[$IJ_J:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG:   #[[$IJK_IK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG:   #[[$IJK_KJ:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG:   #[[$IJK_IJ:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG:   #[[$IJ_I:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG:   #[[$GHIJ_GHJ:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG:   #[[$GHIJ_JI:.*]] = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
// CHECK-DAG:   #[[$GHIJ_GHI:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: func @diagonal_groups_exclusive(
// CHECK-SAME:    %[[Q:.*]]: tensor<128x3x8xf32>, %[[K:.*]]: tensor<128x8xf32>, %[[V:.*]]: tensor<128x16xf32>, %[[G:.*]]: tensor<8xf32>, %[[Y0:.*]]: tensor<128x3x16xf32>, %[[S0:.*]]: tensor<8x16xf32>
// CHECK:           %[[CHUNKS:.*]]:2 = scf.for %[[BEGIN:.*]] = %c0 to %c128 step %c4 iter_args(%[[Y:.*]] = %[[Y0]], %[[S:.*]] = %[[S0]])
// CHECK:             %[[Q_C:.*]] = tensor.extract_slice %[[Q]][%[[BEGIN]], 0, 0] [4, 3, 8] [1, 1, 1]
// CHECK:             %[[V_C:.*]] = tensor.extract_slice %[[V]][%[[BEGIN]], 0] [4, 16] [1, 1]
// CHECK:             %[[K_C:.*]] = tensor.extract_slice %[[K]][%[[BEGIN]], 0] [4, 8] [1, 1]
// CHECK:             %[[A:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[G]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.exp
// CHECK:             %[[UNIT:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]]], {{.*}}} outs(%{{.*}}
// CHECK:               arith.cmpi eq,
// CHECK:               arith.select
// CHECK:             %[[TOKENS:.*]]:4 = scf.for %[[I:.*]] = %c0 to %c4 step %c1 iter_args(%[[KEYS:.*]] = %{{.*}}, %[[WHOLE:.*]] = %{{.*}}, %[[QUERIES:.*]] = %{{.*}}, %[[SCORES:.*]] = %{{.*}})
// CHECK:               %[[K_I:.*]] = tensor.extract_slice %[[K_C]][%[[I]], 0] [1, 8] [1, 1]
// CHECK:               %[[ONE:.*]] = tensor.extract_slice %[[UNIT]][%[[I]], 0] [1, 4] [1, 1]
// CHECK:               %[[Q_I:.*]] = tensor.extract_slice %[[Q_C]][%[[I]], 0, 0] [1, 3, 8] [1, 1, 1]
// CHECK:               %[[SEEN:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]], #[[$IJ_J]], #[[$IJ_IJ]]], {{.*}}} ins(%[[Q_I]], %[[WHOLE]] : {{.*}}) outs(%{{.*}}
// CHECK:                 arith.mulf
// CHECK:               %[[NEXT_WHOLE:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[A]] : {{.*}}) outs(%[[WHOLE]]
// CHECK:                 arith.mulf
// CHECK:               %[[ROW:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[Q_I]], %[[KEYS]] : {{.*}}) outs(%{{.*}}
// CHECK:                 math.fma
// CHECK:               %[[NEXT_KEYS:.*]] = linalg.generic {indexing_maps = [#[[$IJ_I]], #[[$IJ_I]], #[[$IJ_J]], #[[$IJ_IJ]]], {{.*}}} ins(%[[A]], %[[K_I]], %[[ONE]] : {{.*}}) outs(%[[KEYS]]
// CHECK:                 arith.mulf
// CHECK:                 math.fma
// CHECK:               %[[NEXT_QUERIES:.*]] = tensor.insert_slice %[[SEEN]] into %[[QUERIES]][%[[I]], 0, 0] [1, 3, 8] [1, 1, 1]
// CHECK:               %[[NEXT_SCORES:.*]] = tensor.insert_slice %[[ROW]] into %[[SCORES]][%[[I]], 0, 0] [1, 3, 4] [1, 1, 1]
// CHECK:               scf.yield %[[NEXT_KEYS]], %[[NEXT_WHOLE]], %[[NEXT_QUERIES]], %[[NEXT_SCORES]]
// CHECK:             %[[Y_C:.*]] = tensor.extract_slice %[[Y]][%[[BEGIN]], 0, 0] [4, 3, 16] [1, 1, 1]
// CHECK:             %[[OLD:.*]] = linalg.generic {indexing_maps = [#[[$GHIJ_GHJ]], #[[$GHIJ_JI]], #[[$GHIJ_GHI]]], {{.*}}} ins(%[[TOKENS]]#2, %[[S]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.fma
// CHECK:             %[[NEW:.*]] = linalg.generic {indexing_maps = [#[[$GHIJ_GHJ]], #[[$GHIJ_JI]], #[[$GHIJ_GHI]]], {{.*}}} ins(%[[TOKENS]]#3, %[[V_C]] : {{.*}}) outs(%[[OLD]]
// CHECK:               math.fma
// CHECK:             %[[KEPT:.*]] = linalg.generic {indexing_maps = [#[[$IJ_I]], #[[$IJ_IJ]]], {{.*}}} ins(%[[TOKENS]]#1 : {{.*}}) outs(%[[S]]
// CHECK:               arith.mulf
// CHECK:             %[[NEXT:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[TOKENS]]#0, %[[V_C]] : {{.*}}) outs(%[[KEPT]]
// CHECK:               math.fma
// CHECK:             %[[WRITTEN:.*]] = tensor.insert_slice %[[NEW]] into %[[Y]][%[[BEGIN]], 0, 0] [4, 3, 16] [1, 1, 1]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT]]
func.func @diagonal_groups_exclusive(%q: tensor<128x3x8xf32>, %k: tensor<128x8xf32>, %v: tensor<128x16xf32>, %g: tensor<8xf32>, %y0: tensor<128x3x16xf32>, %s0: tensor<8x16xf32>) -> tensor<128x3x16xf32> {
  %y, %s = recur.scan ins(%q, %k, %v, %g : tensor<128x3x8xf32>, tensor<128x8xf32>, tensor<128x16xf32>, tensor<8xf32>) outs(%y0 : tensor<128x3x16xf32>) init(%s0 : tensor<8x16xf32>)
      {indexing_maps = [#token, #token, #token, #state, #token, #state],
       monoid = #recur.affine<diagonal>, schedule = #recur.schedule<chunked, chunk = 4>, exclusive}
      lift(%q_t: tensor<3x8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<16xf32>, %g_t: tensor<8xf32>) {
        recur.yield %g_t, %k_t, %v_t : tensor<8xf32>, tensor<8xf32>, tensor<16xf32>
      }
      read(%q_t: tensor<3x8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<16xf32>, %g_t: tensor<8xf32>, %s_t: tensor<8x16xf32>) {
        %zero = arith.constant dense<0.0> : tensor<3x16xf32>
        %y_t = linalg.matmul ins(%q_t, %s_t : tensor<3x8xf32>, tensor<8x16xf32>) outs(%zero : tensor<3x16xf32>) -> tensor<3x16xf32>
        recur.yield %y_t : tensor<3x16xf32>
      } -> tensor<128x3x16xf32>, tensor<8x16xf32>
  return %y : tensor<128x3x16xf32>
}

// -----

// What tokens add, u, takes the place of v. L is below the diagonal.
//
//     L_ij = beta_i D_ij (k_i . k_j)
//     u_i = beta_i (v_i - W_i k_i^T S) - sum_j L_ij u_j

#token = affine_map<(t) -> (t)>
#state = affine_map<(t) -> ()>
// CHECK-DAG:   #[[$IJ_JI:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG:   #[[$IJ_IJ:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG:   #[[$I_NONE:.*]] = affine_map<(d0) -> ()>
// CHECK-DAG:   #[[$I_I:.*]] = affine_map<(d0) -> (d0)>
// CHECK-DAG:   #[[$IJK_IK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG:   #[[$IJK_KJ:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG:   #[[$IJK_IJ:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG:   #[[$IJ_I:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG:   #[[$IJ_J:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG:   #[[$IJ_NONE:.*]] = affine_map<(d0, d1) -> ()>
// CHECK-LABEL: func @dplr(
// CHECK-SAME:    %[[Q:.*]]: tensor<128x8xf32>, %[[K:.*]]: tensor<128x8xf32>, %[[V:.*]]: tensor<128x24xf32>, %[[BETA:.*]]: tensor<128xf32>, %[[Y0:.*]]: tensor<128x24xf32>, %[[S0:.*]]: tensor<8x24xf32>
// CHECK:           %[[CHUNKS:.*]]:2 = scf.for %[[BEGIN:.*]] = %c0 to %c128 step %c16 iter_args(%[[Y:.*]] = %[[Y0]], %[[S:.*]] = %[[S0]])
// CHECK:             %[[Q_C:.*]] = tensor.extract_slice %[[Q]][%[[BEGIN]], 0] [16, 8] [1, 1]
// CHECK:             %[[V_C:.*]] = tensor.extract_slice %[[V]][%[[BEGIN]], 0] [16, 24] [1, 1]
// CHECK:             %[[K_C:.*]] = tensor.extract_slice %[[K]][%[[BEGIN]], 0] [16, 8] [1, 1]
// CHECK:             %[[K_T:.*]] = linalg.generic {indexing_maps = [#[[$IJ_JI]], #[[$IJ_IJ]]], {{.*}}} ins(%[[K_C]] : {{.*}}) outs(%{{.*}}
// CHECK:             %[[A:.*]] = linalg.generic {indexing_maps = [#[[$I_NONE]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%{{.*}}, %{{.*}} : {{.*}}) outs(%{{.*}}
// CHECK:               math.exp
// CHECK:             %[[UNIT:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]]], {{.*}}} outs(%{{.*}}
// CHECK:               arith.cmpi eq,
// CHECK:               arith.select
// CHECK:             %[[DECAYS:.*]]:4 = scf.for %[[I:.*]] = %c0 to %c16 step %c1 iter_args(%[[ROW:.*]] = %{{.*}}, %[[D:.*]] = %{{.*}}, %[[W:.*]] = %{{.*}}, %[[WHOLE:.*]] = %{{.*}})
// CHECK:               %[[A_I:.*]] = tensor.extract %[[A]][%[[I]]]
// CHECK:               %[[ONE:.*]] = tensor.extract_slice %[[UNIT]][%[[I]], 0] [1, 16] [1, 1]
// CHECK:               %[[NEXT_ROW:.*]] = linalg.generic {indexing_maps = [#[[$I_NONE]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[A_I]], %[[ONE]] : {{.*}}) outs(%[[ROW]]
// CHECK:                 math.fma
// CHECK:               %[[NEXT_WHOLE:.*]] = arith.mulf %[[WHOLE]], %[[A_I]]
// CHECK:               %[[NEXT_D:.*]] = tensor.insert_slice %[[NEXT_ROW]] into %[[D]][%[[I]], 0] [1, 16] [1, 1]
// CHECK:               %[[NEXT_W:.*]] = tensor.insert %[[NEXT_WHOLE]] into %[[W]][%[[I]]]
// CHECK:               scf.yield %[[NEXT_ROW]], %[[NEXT_D]], %[[NEXT_W]], %[[NEXT_WHOLE]]
// CHECK:             %[[BETA_C:.*]] = tensor.extract_slice %[[BETA]][%[[BEGIN]]] [16] [1]
// CHECK:             %[[PRODUCTS:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[K_C]], %[[K_T]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.fma
// CHECK:             %[[L:.*]] = linalg.generic {indexing_maps = [#[[$IJ_I]], #[[$IJ_IJ]], #[[$IJ_IJ]]], {{.*}}} ins(%[[BETA_C]], %[[DECAYS]]#1 : {{.*}}) outs(%[[PRODUCTS]]
// CHECK:               arith.cmpi slt,
// CHECK:               arith.mulf
// CHECK:               arith.mulf
// CHECK:               arith.select
// CHECK:             %[[SEEN:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[K_C]], %[[S]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.fma
// CHECK:             %[[ADDED:.*]] = linalg.generic {indexing_maps = [#[[$IJ_I]], #[[$IJ_I]], #[[$IJ_IJ]], #[[$IJ_IJ]]], {{.*}}} ins(%[[BETA_C]], %[[DECAYS]]#2, %[[V_C]] : {{.*}}) outs(%[[SEEN]]
// CHECK:               arith.negf
// CHECK:               math.fma
// CHECK:               arith.mulf
// CHECK:             %[[U:.*]] = scf.for %[[I:.*]] = %c0 to %c16 step %c1 iter_args(%[[ROWS:.*]] = %[[ADDED]])
// CHECK:               %[[L_I:.*]] = tensor.extract_slice %[[L]][%[[I]], 0] [1, 16] [1, 1]
// CHECK:               %[[OWN:.*]] = tensor.extract_slice %[[ROWS]][%[[I]], 0] [1, 24] [1, 1]
// CHECK:               %[[OTHERS:.*]] = linalg.generic {indexing_maps = [#[[$IJ_J]], #[[$IJ_JI]], #[[$IJ_I]]], {{.*}}} ins(%[[L_I]], %[[ROWS]] : {{.*}}) outs(%{{.*}}
// CHECK:                 math.fma
// CHECK:               %[[OWN_U:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[OWN]], %[[OTHERS]] : {{.*}}) outs(%{{.*}}
// CHECK:                 arith.subf
// CHECK:               %[[NEXT_U:.*]] = tensor.insert_slice %[[OWN_U]] into %[[ROWS]][%[[I]], 0] [1, 24] [1, 1]
// CHECK:               scf.yield %[[NEXT_U]]
// CHECK:             %[[QK:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[Q_C]], %[[K_T]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.fma
// CHECK:             %[[SCORES:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]], #[[$IJ_IJ]]], {{.*}}} ins(%[[DECAYS]]#1 : {{.*}}) outs(%[[QK]]
// CHECK:               arith.cmpi sle,
// CHECK:               arith.mulf
// CHECK:               arith.select
// CHECK:             %[[QUERIES:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]], #[[$IJ_I]], #[[$IJ_IJ]]], {{.*}}} ins(%[[Q_C]], %[[DECAYS]]#2 : {{.*}}) outs(%{{.*}}
// CHECK:               arith.mulf
// CHECK:             %[[KEYS:.*]] = linalg.generic {indexing_maps = [#[[$IJ_IJ]], #[[$IJ_J]], #[[$IJ_IJ]]], {{.*}}} ins(%[[K_T]], %[[DECAYS]]#0 : {{.*}}) outs(%{{.*}}
// CHECK:               arith.mulf
// CHECK:             %[[Y_C:.*]] = tensor.extract_slice %[[Y]][%[[BEGIN]], 0] [16, 24] [1, 1]
// CHECK:             %[[OLD:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[QUERIES]], %[[S]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.fma
// CHECK:             %[[BOTH:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[SCORES]], %[[U]] : {{.*}}) outs(%[[OLD]]
// CHECK:               math.fma
// CHECK:             %[[KEPT:.*]] = linalg.generic {indexing_maps = [#[[$IJ_NONE]], #[[$IJ_IJ]]], {{.*}}} ins(%[[DECAYS]]#3 : {{.*}}) outs(%[[S]]
// CHECK:               arith.mulf
// CHECK:             %[[NEXT:.*]] = linalg.generic {indexing_maps = [#[[$IJK_IK]], #[[$IJK_KJ]], #[[$IJK_IJ]]], {{.*}}} ins(%[[KEYS]], %[[U]] : {{.*}}) outs(%[[KEPT]]
// CHECK:               math.fma
// CHECK:             %[[WRITTEN:.*]] = tensor.insert_slice %[[BOTH]] into %[[Y]][%[[BEGIN]], 0] [16, 24] [1, 1]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT]]
func.func @dplr(%q: tensor<128x8xf32>, %k: tensor<128x8xf32>, %v: tensor<128x24xf32>, %beta: tensor<128xf32>, %y0: tensor<128x24xf32>, %s0: tensor<8x24xf32>) -> tensor<128x24xf32> {
  %y, %s = recur.scan ins(%q, %k, %v, %beta : tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x24xf32>, tensor<128xf32>) outs(%y0 : tensor<128x24xf32>) init(%s0 : tensor<8x24xf32>)
      {indexing_maps = [#token, #token, #token, #token, #token, #state],
       monoid = #recur.affine<dplr>, schedule = #recur.schedule<chunked, chunk = 16>}
      lift(%q_t: tensor<8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<24xf32>, %beta_t: f32) {
        %kept = arith.constant 0.0 : f32
        recur.yield %kept, %beta_t, %k_t, %v_t : f32, f32, tensor<8xf32>, tensor<24xf32>
      }
      read(%q_t: tensor<8xf32>, %k_t: tensor<8xf32>, %v_t: tensor<24xf32>, %beta_t: f32, %s_t: tensor<8x24xf32>) {
        %zero = arith.constant dense<0.0> : tensor<24xf32>
        %y_t = linalg.vecmat ins(%q_t, %s_t : tensor<8xf32>, tensor<8x24xf32>) outs(%zero : tensor<24xf32>) -> tensor<24xf32>
        recur.yield %y_t : tensor<24xf32>
      } -> tensor<128x24xf32>, tensor<8x24xf32>
  return %y : tensor<128x24xf32>
}
