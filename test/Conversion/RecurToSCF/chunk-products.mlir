// RUN: attn-opt %s -recur-to-scf -canonicalize -cse -split-input-file | FileCheck %s -enable-var-scope -implicit-check-not=recur.

// Products of chunks, each by itself; then the state at the beginning of each chunk, and
// all its tokens from there. Numbers are tensors over all of the batch, so that a decay
// for each channel is diagonal. The last chunk is short if it must be.
//
//     P_c = e_(cC) .. e_(cC+C-1)        H_(c+1) = P_c . H_c        h_t = e_t . h_(t-1)
// CHECK-DAG:   #[[$I_I:.*]] = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func @numbers(
// CHECK-SAME:    %[[G:.*]]: tensor<4x?xf32>, %[[X:.*]]: tensor<4x?xf32>, %[[Y0:.*]]: tensor<4x?xf32>, %[[H0:.*]]: tensor<4xf32>
// CHECK:           %[[LENGTH:.*]] = tensor.dim %[[G]], %c1
// CHECK:           %[[COUNT:.*]] = arith.ceildivui %[[LENGTH]], %c32
// CHECK:           %[[PRODUCTS:.*]]:2 = scf.for %[[C:.*]] = %c0 to %[[COUNT]] step %c1 iter_args(%[[GS:.*]] = %{{.*}}, %[[BS:.*]] = %{{.*}})
// CHECK:             %[[BEGIN:.*]] = arith.muli %[[C]], %c32
// CHECK:             %[[G_C:.*]] = tensor.extract_slice %[[G]][0, %[[BEGIN]]] [4, 1] [1, 1]
// CHECK:             %[[X_C:.*]] = tensor.extract_slice %[[X]][0, %[[BEGIN]]] [4, 1] [1, 1]
// CHECK:             %[[SECOND:.*]] = arith.addi %[[BEGIN]], %c1
// CHECK:             %[[FULL:.*]] = arith.addi %[[BEGIN]], %c32
// CHECK:             %[[END:.*]] = arith.minui %[[FULL]], %[[LENGTH]]
// CHECK:             %[[PRODUCT:.*]]:2 = scf.for %[[T:.*]] = %[[SECOND]] to %[[END]] step %c1 iter_args(%[[P_G:.*]] = %[[G_C]], %[[P_B:.*]] = %[[X_C]])
// CHECK:               %[[G_T:.*]] = tensor.extract_slice %[[G]][0, %[[T]]] [4, 1] [1, 1]
// CHECK:               %[[X_T:.*]] = tensor.extract_slice %[[X]][0, %[[T]]] [4, 1] [1, 1]
// CHECK:               %[[NEXT_G:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[G_T]] : {{.*}}) outs(%[[P_G]]
// CHECK:                 arith.addf
// CHECK:               %[[A:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[G_T]] : {{.*}}) outs(%{{.*}}
// CHECK:                 math.exp
// CHECK:               %[[NEXT_B:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[A]], %[[X_T]] : {{.*}}) outs(%[[P_B]]
// CHECK:                 math.fma
// CHECK:               scf.yield %[[NEXT_G]], %[[NEXT_B]]
// CHECK:             %[[WRITTEN_G:.*]] = tensor.insert_slice %[[PRODUCT]]#0 into %[[GS]][%[[C]], 0] [1, 4] [1, 1]
// CHECK:             %[[WRITTEN_B:.*]] = tensor.insert_slice %[[PRODUCT]]#1 into %[[BS]][%[[C]], 0] [1, 4] [1, 1]
// CHECK:             scf.yield %[[WRITTEN_G]], %[[WRITTEN_B]]
// CHECK:           %[[CARRIES:.*]]:2 = scf.for %[[C:.*]] = %c0 to %[[COUNT]] step %c1 iter_args(%[[HS:.*]] = %{{.*}}, %[[CARRY:.*]] = %[[H0]])
// CHECK:             %[[G_C:.*]] = tensor.extract_slice %[[PRODUCTS]]#0[%[[C]], 0] [1, 4] [1, 1]
// CHECK:             %[[B_C:.*]] = tensor.extract_slice %[[PRODUCTS]]#1[%[[C]], 0] [1, 4] [1, 1]
// CHECK:             %[[A_C:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[G_C]] : {{.*}}) outs(%{{.*}}
// CHECK:               math.exp
// CHECK:             %[[NEXT_CARRY:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[A_C]], %[[B_C]] : {{.*}}) outs(%[[CARRY]]
// CHECK:               math.fma
// CHECK:             %[[WRITTEN:.*]] = tensor.insert_slice %[[CARRY]] into %[[HS]][%[[C]], 0] [1, 4] [1, 1]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT_CARRY]]
// CHECK:           %[[RESULT:.*]] = scf.for %[[C:.*]] = %c0 to %[[COUNT]] step %c1 iter_args(%[[Y:.*]] = %[[Y0]])
// CHECK:             %[[BEGIN:.*]] = arith.muli %[[C]], %c32
// CHECK:             %[[FULL:.*]] = arith.addi %[[BEGIN]], %c32
// CHECK:             %[[END:.*]] = arith.minui %[[FULL]], %[[LENGTH]]
// CHECK:             %[[SIZE:.*]] = arith.subi %[[END]], %[[BEGIN]]
// CHECK:             %[[Y_C:.*]] = tensor.extract_slice %[[Y]][0, %[[BEGIN]]] [4, %[[SIZE]]] [1, 1]
// CHECK:             %[[H_C:.*]] = tensor.extract_slice %[[CARRIES]]#0[%[[C]], 0] [1, 4] [1, 1]
// CHECK:             %[[TOKENS:.*]]:2 = scf.for %[[T:.*]] = %[[BEGIN]] to %[[END]] step %c1 iter_args(%[[SO_FAR:.*]] = %[[Y_C]], %[[H:.*]] = %[[H_C]])
// CHECK:               %[[G_T:.*]] = tensor.extract_slice %[[G]][0, %[[T]]] [4, 1] [1, 1]
// CHECK:               %[[X_T:.*]] = tensor.extract_slice %[[X]][0, %[[T]]] [4, 1] [1, 1]
// CHECK:               %[[NEXT:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]], #[[$I_I]]], {{.*}}} ins(%[[G_T]], %[[X_T]] : {{.*}}) outs(%[[H]]
// CHECK:                 math.exp
// CHECK:                 arith.mulf
// CHECK:                 arith.addf
// CHECK:               %[[PLACE:.*]] = arith.subi %[[T]], %[[BEGIN]]
// CHECK:               %[[WRITTEN:.*]] = tensor.insert_slice %[[NEXT]] into %[[SO_FAR]][0, %[[PLACE]]] [4, 1] [1, 1]
// CHECK:               scf.yield %[[WRITTEN]], %[[NEXT]]
// CHECK:             %[[WHOLE:.*]] = tensor.insert_slice %[[TOKENS]]#0 into %[[Y]][0, %[[BEGIN]]] [4, %[[SIZE]]] [1, 1]
// CHECK:             scf.yield %[[WHOLE]]
// CHECK:           return %[[RESULT]], %[[CARRIES]]#1
func.func @numbers(%g: tensor<4x?xf32>, %x: tensor<4x?xf32>, %y0: tensor<4x?xf32>, %h0: tensor<4xf32>) -> (tensor<4x?xf32>, tensor<4xf32>) {
  %y, %h = recur.scan ins(%g, %x : tensor<4x?xf32>, tensor<4x?xf32>) outs(%y0 : tensor<4x?xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c, t)>,
                        affine_map<(c, t) -> (c)>],
       monoid = #recur.affine<scalar>, schedule = #recur.schedule<chunked, chunk = 32>}
      lift(%g_t: f32, %x_t: f32) {
        recur.yield %g_t, %x_t : f32, f32
      } -> tensor<4x?xf32>, tensor<4xf32>
  return %y, %h : tensor<4x?xf32>, tensor<4xf32>
}

// -----

// A monoid without a name, over 64 tokens at once where nobody says. No identity is
// needed, because no chunk is empty.
// CHECK-LABEL: func @combine(
// CHECK-SAME:    %[[X:.*]]: tensor<?xf32>, %[[Y0:.*]]: tensor<?xf32>, %[[H0:.*]]: tensor<f32>
// CHECK:           %[[LENGTH:.*]] = tensor.dim %[[X]], %c0
// CHECK:           %[[START:.*]] = tensor.extract %[[H0]][]
// CHECK:           %[[COUNT:.*]] = arith.ceildivui %[[LENGTH]], %c64
// CHECK:           %[[PRODUCTS:.*]] = scf.for %[[C:.*]] = %c0 to %[[COUNT]] step %c1 iter_args(%[[P:.*]] = %{{.*}})
// CHECK:             %[[BEGIN:.*]] = arith.muli %[[C]], %c64
// CHECK:             %[[FIRST:.*]] = tensor.extract %[[X]][%[[BEGIN]]]
// CHECK:             %[[SECOND:.*]] = arith.addi %[[BEGIN]], %c1
// CHECK:             %[[FULL:.*]] = arith.addi %[[BEGIN]], %c64
// CHECK:             %[[END:.*]] = arith.minui %[[FULL]], %[[LENGTH]]
// CHECK:             %[[PRODUCT:.*]] = scf.for %[[T:.*]] = %[[SECOND]] to %[[END]] step %c1 iter_args(%[[SO_FAR:.*]] = %[[FIRST]])
// CHECK:               %[[X_T:.*]] = tensor.extract %[[X]][%[[T]]]
// CHECK:               %[[NEXT:.*]] = arith.maximumf %[[SO_FAR]], %[[X_T]]
// CHECK:               scf.yield %[[NEXT]]
// CHECK:             %[[WRITTEN:.*]] = tensor.insert %[[PRODUCT]] into %[[P]][%[[C]]]
// CHECK:             scf.yield %[[WRITTEN]]
// CHECK:           %[[CARRIES:.*]]:2 = scf.for %[[C:.*]] = %c0 to %[[COUNT]] step %c1 iter_args(%[[HS:.*]] = %{{.*}}, %[[CARRY:.*]] = %[[START]])
// CHECK:             %[[P_C:.*]] = tensor.extract %[[PRODUCTS]][%[[C]]]
// CHECK:             %[[NEXT_CARRY:.*]] = arith.maximumf %[[CARRY]], %[[P_C]]
// CHECK:             %[[WRITTEN:.*]] = tensor.insert %[[CARRY]] into %[[HS]][%[[C]]]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT_CARRY]]
// CHECK:           %[[RESULT:.*]] = scf.for %[[C:.*]] = %c0 to %[[COUNT]] step %c1 iter_args(%[[Y:.*]] = %[[Y0]])
// CHECK:             %[[BEGIN:.*]] = arith.muli %[[C]], %c64
// CHECK:             %[[FULL:.*]] = arith.addi %[[BEGIN]], %c64
// CHECK:             %[[END:.*]] = arith.minui %[[FULL]], %[[LENGTH]]
// CHECK:             %[[SIZE:.*]] = arith.subi %[[END]], %[[BEGIN]]
// CHECK:             %[[Y_C:.*]] = tensor.extract_slice %[[Y]][%[[BEGIN]]] [%[[SIZE]]] [1]
// CHECK:             %[[H_C:.*]] = tensor.extract %[[CARRIES]]#0[%[[C]]]
// CHECK:             %[[TOKENS:.*]]:2 = scf.for %[[T:.*]] = %[[BEGIN]] to %[[END]] step %c1 iter_args(%[[SO_FAR:.*]] = %[[Y_C]], %[[H:.*]] = %[[H_C]])
// CHECK:               %[[X_T:.*]] = tensor.extract %[[X]][%[[T]]]
// CHECK:               %[[NEXT:.*]] = arith.maximumf %[[H]], %[[X_T]]
// CHECK:               %[[PLACE:.*]] = arith.subi %[[T]], %[[BEGIN]]
// CHECK:               %[[WRITTEN:.*]] = tensor.insert %[[NEXT]] into %[[SO_FAR]][%[[PLACE]]]
// CHECK:               scf.yield %[[WRITTEN]], %[[NEXT]]
// CHECK:             %[[WHOLE:.*]] = tensor.insert_slice %[[TOKENS]]#0 into %[[Y]][%[[BEGIN]]] [%[[SIZE]]] [1]
// CHECK:             scf.yield %[[WHOLE]]
func.func @combine(%x: tensor<?xf32>, %y0: tensor<?xf32>, %h0: tensor<f32>) -> tensor<?xf32> {
  %y, %h = recur.scan ins(%x : tensor<?xf32>) outs(%y0 : tensor<?xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       schedule = #recur.schedule<chunked>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      }
      combine(%a: f32, %b: f32) {
        %max = arith.maximumf %a, %b : f32
        recur.yield %max : f32
      } -> tensor<?xf32>, tensor<f32>
  return %y : tensor<?xf32>
}
