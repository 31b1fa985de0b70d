// RUN: attn-opt %s -recur-to-scf -canonicalize -cse -split-input-file | FileCheck %s -enable-var-scope -implicit-check-not=recur.

// All elements; then pairs, pairs of pairs, ..; then what lies between them; then the
// states and outputs. Level l has stride 2^(l+1), and there are as many as 2^l < length.
// CHECK-LABEL: func @combine(
// CHECK-SAME:    %[[X:.*]]: tensor<?xf32>, %[[Y0:.*]]: tensor<?xf32>, %[[H0:.*]]: tensor<f32>
// CHECK:           %[[LENGTH:.*]] = tensor.dim %[[X]], %c0
// CHECK:           %[[START:.*]] = tensor.extract %[[H0]][]
// CHECK:           %[[ELEMENTS:.*]] = scf.for %[[T:.*]] = %c0 to %[[LENGTH]] step %c1 iter_args(%[[P:.*]] = %{{.*}})
// CHECK:             %[[X_T:.*]] = tensor.extract %[[X]][%[[T]]]
// CHECK:             %[[WRITTEN:.*]] = tensor.insert %[[X_T]] into %[[P]][%[[T]]]
// CHECK:             scf.yield %[[WRITTEN]]
// CHECK:           %[[AT_LEAST_1:.*]] = arith.maxui %[[LENGTH]], %c1
// CHECK:           %[[LAST:.*]] = arith.subi %[[AT_LEAST_1]], %c1
// CHECK:           %[[WIDE:.*]] = arith.index_castui %[[LAST]]
// CHECK:           %[[ZEROS:.*]] = math.ctlz %[[WIDE]]
// CHECK:           %[[UNUSED:.*]] = arith.index_castui %[[ZEROS]]
// CHECK:           %[[LEVELS:.*]] = arith.subi %c64, %[[UNUSED]]
// CHECK:           %[[UP:.*]] = scf.for %[[LEVEL:.*]] = %c0 to %[[LEVELS]] step %c1 iter_args(%[[P:.*]] = %[[ELEMENTS]])
// CHECK:             %[[S:.*]] = arith.shli %c1, %[[LEVEL]]
// CHECK:             %[[STRIDE:.*]] = arith.shli %[[S]], %c1
// CHECK:             %[[END:.*]] = arith.muli %[[S]], %c2
// CHECK:             %[[FIRST:.*]] = arith.subi %[[END]], %c1
// CHECK:             %[[DONE:.*]] = scf.for %[[I:.*]] = %[[FIRST]] to %[[LENGTH]] step %[[STRIDE]] iter_args(%[[P_L:.*]] = %[[P]])
// CHECK:               %[[BEFORE:.*]] = arith.subi %[[I]], %[[S]]
// CHECK:               %[[A:.*]] = tensor.extract %[[P_L]][%[[BEFORE]]]
// CHECK:               %[[B:.*]] = tensor.extract %[[P_L]][%[[I]]]
// CHECK:               %[[AB:.*]] = arith.maximumf %[[A]], %[[B]]
// CHECK:               %[[WRITTEN:.*]] = tensor.insert %[[AB]] into %[[P_L]][%[[I]]]
// CHECK:               scf.yield %[[WRITTEN]]
// CHECK:             scf.yield %[[DONE]]
// CHECK:           %[[DOWN:.*]] = scf.for %[[DOWN_LEVEL:.*]] = %c0 to %[[LEVELS]] step %c1 iter_args(%[[P:.*]] = %[[UP]])
// CHECK:             %[[TOP:.*]] = arith.subi %c63, %[[UNUSED]]
// CHECK:             %[[LEVEL:.*]] = arith.subi %[[TOP]], %[[DOWN_LEVEL]]
// CHECK:             %[[S:.*]] = arith.shli %c1, %[[LEVEL]]
// CHECK:             %[[STRIDE:.*]] = arith.shli %[[S]], %c1
// CHECK:             %[[END:.*]] = arith.muli %[[S]], %c3
// CHECK:             %[[FIRST:.*]] = arith.subi %[[END]], %c1
// CHECK:             %[[DONE:.*]] = scf.for %[[I:.*]] = %[[FIRST]] to %[[LENGTH]] step %[[STRIDE]] iter_args(%[[P_L:.*]] = %[[P]])
// CHECK:               %[[BEFORE:.*]] = arith.subi %[[I]], %[[S]]
// CHECK:               %[[A:.*]] = tensor.extract %[[P_L]][%[[BEFORE]]]
// CHECK:               %[[B:.*]] = tensor.extract %[[P_L]][%[[I]]]
// CHECK:               %[[AB:.*]] = arith.maximumf %[[A]], %[[B]]
// CHECK:               %[[WRITTEN:.*]] = tensor.insert %[[AB]] into %[[P_L]][%[[I]]]
// CHECK:               scf.yield %[[WRITTEN]]
// CHECK:             scf.yield %[[DONE]]
// CHECK:           %[[RESULT:.*]]:2 = scf.for %[[T:.*]] = %c0 to %[[LENGTH]] step %c1 iter_args(%[[Y:.*]] = %[[Y0]], %[[H:.*]] = %[[START]])
// CHECK:             %[[P_T:.*]] = tensor.extract %[[DOWN]][%[[T]]]
// CHECK:             %[[NEXT:.*]] = arith.maximumf %[[START]], %[[P_T]]
// CHECK:             %[[WRITTEN:.*]] = tensor.insert %[[NEXT]] into %[[Y]][%[[T]]]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT]]
// CHECK:           %[[FINAL:.*]] = tensor.insert %[[RESULT]]#1 into %[[H0]][]
func.func @combine(%x: tensor<?xf32>, %y0: tensor<?xf32>, %h0: tensor<f32>) -> (tensor<?xf32>, tensor<f32>) {
  %y, %h = recur.scan ins(%x : tensor<?xf32>) outs(%y0 : tensor<?xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       schedule = #recur.schedule<tree>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      }
      combine(%a: f32, %b: f32) {
        %max = arith.maximumf %a, %b : f32
        recur.yield %max : f32
      } -> tensor<?xf32>, tensor<f32>
  return %y, %h : tensor<?xf32>, tensor<f32>
}

// -----

// A product of diagonal decays is a vector, that of all of them too: products are
// tensors with a token in front. Exclusive: the output is read from the state before.
// CHECK-DAG:   #[[$I_I:.*]] = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func @exclusive(
// CHECK-SAME:    %[[G:.*]]: tensor<40x16xf32>, %[[X:.*]]: tensor<40x16xf32>, %[[Y0:.*]]: tensor<40x16xf32>, %[[H0:.*]]: tensor<16xf32>
// CHECK:           %[[ELEMENTS:.*]]:2 = scf.for %[[T:.*]] = %c0 to %c40 step %c1 iter_args(%[[GS:.*]] = %{{.*}}, %[[BS:.*]] = %{{.*}})
// CHECK:             %[[G_T:.*]] = tensor.extract_slice %[[G]][%[[T]], 0] [1, 16] [1, 1]
// CHECK:             %[[X_T:.*]] = tensor.extract_slice %[[X]][%[[T]], 0] [1, 16] [1, 1]
// CHECK:             %[[WRITTEN_G:.*]] = tensor.insert_slice %[[G_T]] into %[[GS]][%[[T]], 0] [1, 16] [1, 1]
// CHECK:             %[[WRITTEN_B:.*]] = tensor.insert_slice %[[X_T]] into %[[BS]][%[[T]], 0] [1, 16] [1, 1]
// CHECK:             scf.yield %[[WRITTEN_G]], %[[WRITTEN_B]]
// CHECK:           %[[UP:.*]]:2 = scf.for %[[LEVEL:.*]] = %c0 to %c6 step %c1 iter_args(%[[GS:.*]] = %[[ELEMENTS]]#0, %[[BS:.*]] = %[[ELEMENTS]]#1)
// CHECK:             %[[S:.*]] = arith.shli %c1, %[[LEVEL]]
// CHECK:             %[[STRIDE:.*]] = arith.shli %[[S]], %c1
// CHECK:             %[[END:.*]] = arith.muli %[[S]], %c2
// CHECK:             %[[FIRST:.*]] = arith.subi %[[END]], %c1
// CHECK:             %[[DONE:.*]]:2 = scf.for %[[I:.*]] = %[[FIRST]] to %c40 step %[[STRIDE]] iter_args(%[[GS_L:.*]] = %[[GS]], %[[BS_L:.*]] = %[[BS]])
// CHECK:               %[[BEFORE:.*]] = arith.subi %[[I]], %[[S]]
// CHECK:               %[[G_A:.*]] = tensor.extract_slice %[[GS_L]][%[[BEFORE]], 0] [1, 16] [1, 1]
// CHECK:               %[[B_A:.*]] = tensor.extract_slice %[[BS_L]][%[[BEFORE]], 0] [1, 16] [1, 1]
// CHECK:               %[[G_B:.*]] = tensor.extract_slice %[[GS_L]][%[[I]], 0] [1, 16] [1, 1]
// CHECK:               %[[B_B:.*]] = tensor.extract_slice %[[BS_L]][%[[I]], 0] [1, 16] [1, 1]
// CHECK:               %[[G:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[G_B]] : {{.*}}) outs(%[[G_A]]
// CHECK:                 arith.addf
// CHECK:               %[[DECAY:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[G_B]] : {{.*}}) outs(%{{.*}}
// CHECK:                 math.exp
// CHECK:               %[[B:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[DECAY]], %[[B_B]] : {{.*}}) outs(%[[B_A]]
// CHECK:                 math.fma
// CHECK:               %[[WRITTEN_G:.*]] = tensor.insert_slice %[[G]] into %[[GS_L]][%[[I]], 0] [1, 16] [1, 1]
// CHECK:               %[[WRITTEN_B:.*]] = tensor.insert_slice %[[B]] into %[[BS_L]][%[[I]], 0] [1, 16] [1, 1]
// CHECK:               scf.yield %[[WRITTEN_G]], %[[WRITTEN_B]]
// CHECK:             scf.yield %[[DONE]]#0, %[[DONE]]#1
// CHECK:           %[[DOWN:.*]]:2 = scf.for %[[LEVEL:.*]] = %c0 to %c6 step %c1 iter_args(%[[GS:.*]] = %[[UP]]#0, %[[BS:.*]] = %[[UP]]#1)
// CHECK:             %[[FROM_TOP:.*]] = arith.subi %c5, %[[LEVEL]]
// CHECK:             %[[S:.*]] = arith.shli %c1, %[[FROM_TOP]]
// CHECK:             %[[STRIDE:.*]] = arith.shli %[[S]], %c1
// CHECK:             %[[END:.*]] = arith.muli %[[S]], %c3
// CHECK:             %[[FIRST:.*]] = arith.subi %[[END]], %c1
// CHECK:             %[[DONE:.*]]:2 = scf.for %[[I:.*]] = %[[FIRST]] to %c40 step %[[STRIDE]] iter_args(%[[GS_L:.*]] = %[[GS]], %[[BS_L:.*]] = %[[BS]])
// CHECK:               %[[BEFORE:.*]] = arith.subi %[[I]], %[[S]]
// CHECK:               %[[G_A:.*]] = tensor.extract_slice %[[GS_L]][%[[BEFORE]], 0] [1, 16] [1, 1]
// CHECK:               %[[B_A:.*]] = tensor.extract_slice %[[BS_L]][%[[BEFORE]], 0] [1, 16] [1, 1]
// CHECK:               %[[G_B:.*]] = tensor.extract_slice %[[GS_L]][%[[I]], 0] [1, 16] [1, 1]
// CHECK:               %[[B_B:.*]] = tensor.extract_slice %[[BS_L]][%[[I]], 0] [1, 16] [1, 1]
// CHECK:               %[[G:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[G_B]] : {{.*}}) outs(%[[G_A]]
// CHECK:                 arith.addf
// CHECK:               %[[DECAY:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[G_B]] : {{.*}}) outs(%{{.*}}
// CHECK:                 math.exp
// CHECK:               %[[B:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[DECAY]], %[[B_B]] : {{.*}}) outs(%[[B_A]]
// CHECK:                 math.fma
// CHECK:               %[[WRITTEN_G:.*]] = tensor.insert_slice %[[G]] into %[[GS_L]][%[[I]], 0] [1, 16] [1, 1]
// CHECK:               %[[WRITTEN_B:.*]] = tensor.insert_slice %[[B]] into %[[BS_L]][%[[I]], 0] [1, 16] [1, 1]
// CHECK:               scf.yield %[[WRITTEN_G]], %[[WRITTEN_B]]
// CHECK:             scf.yield %[[DONE]]#0, %[[DONE]]#1
// CHECK:           %[[RESULT:.*]]:2 = scf.for %[[T:.*]] = %c0 to %c40 step %c1 iter_args(%[[Y:.*]] = %[[Y0]], %[[H_BEFORE:.*]] = %[[H0]])
// CHECK:             %[[G_T:.*]] = tensor.extract_slice %[[DOWN]]#0[%[[T]], 0] [1, 16] [1, 1]
// CHECK:             %[[B_T:.*]] = tensor.extract_slice %[[DOWN]]#1[%[[T]], 0] [1, 16] [1, 1]
// CHECK:             %[[DECAY:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[G_T]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.exp
// CHECK:             %[[H_AFTER:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[DECAY]], %[[B_T]] : {{.*}}) outs(%[[H0]]
// CHECK:               math.fma
// CHECK:             %[[WRITTEN:.*]] = tensor.insert_slice %[[H_BEFORE]] into %[[Y]][%[[T]], 0] [1, 16] [1, 1]
// CHECK:             scf.yield %[[WRITTEN]], %[[H_AFTER]]
func.func @exclusive(%g: tensor<40x16xf32>, %x: tensor<40x16xf32>, %y0: tensor<40x16xf32>, %h0: tensor<16xf32>) -> tensor<40x16xf32> {
  %y, %h = recur.scan ins(%g, %x : tensor<40x16xf32>, tensor<40x16xf32>) outs(%y0 : tensor<40x16xf32>) init(%h0 : tensor<16xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<diagonal>, schedule = #recur.schedule<tree>, exclusive}
      lift(%g_t: tensor<16xf32>, %x_t: tensor<16xf32>) {
        recur.yield %g_t, %x_t : tensor<16xf32>, tensor<16xf32>
      } -> tensor<40x16xf32>, tensor<16xf32>
  return %y : tensor<40x16xf32>
}
