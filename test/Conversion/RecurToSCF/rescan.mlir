// RUN: attn-opt %s -recur-to-scf -canonicalize -cse -split-input-file | FileCheck %s -enable-var-scope -implicit-check-not=recur.

// Each token starts anew and goes through its prefix; a history shorter than the tokens
// is reread as far as it goes.
// CHECK-LABEL: func @reset(
// CHECK-SAME:    %[[Q:.*]]: tensor<2x?x8xf32>, %[[X:.*]]: tensor<2x?x8xf32>, %[[Y0:.*]]: tensor<2x?x8xf32>, %[[H0:.*]]: tensor<2x8xf32>
// CHECK:           %[[LENGTH:.*]] = tensor.dim %[[Q]], %c1
// CHECK:           %[[HISTORY:.*]] = tensor.dim %[[X]], %c1
// CHECK:           %[[BATCH:.*]]:2 = scf.for %[[B:.*]] = %c0 to %c2 step %c1 iter_args(%[[Y:.*]] = %[[Y0]], %[[ALL:.*]] = %[[H0]])
// CHECK:             %[[START:.*]] = tensor.extract_slice %[[H0]][%[[B]], 0] [1, 8] [1, 1]
// CHECK:             %[[TOKENS:.*]]:2 = scf.for %[[T:.*]] = %c0 to %[[LENGTH]] step %c1 iter_args(%[[Y_B:.*]] = %[[Y]], %[[LAST:.*]] = %[[START]])
// CHECK:               %[[SECOND:.*]] = arith.addi %[[T]], %c1
// CHECK:               %[[END:.*]] = arith.minui %[[SECOND]], %[[HISTORY]]
// CHECK:               %[[STATE:.*]] = scf.for %[[J:.*]] = %c0 to %[[END]] step %c1 iter_args(%[[H:.*]] = %[[START]])
// CHECK:                 %[[Q_T:.*]] = tensor.extract_slice %[[Q]][%[[B]], %[[T]], 0] [1, 1, 8] [1, 1, 1]
// CHECK:                 %[[X_J:.*]] = tensor.extract_slice %[[X]][%[[B]], %[[J]], 0] [1, 1, 8] [1, 1, 1]
// CHECK:                 %[[PRODUCT:.*]] = arith.mulf %[[Q_T]], %[[X_J]]
// CHECK:                 %[[NEXT:.*]] = arith.addf %[[H]], %[[PRODUCT]]
// CHECK:                 scf.yield %[[NEXT]]
// CHECK:               %[[Q_T:.*]] = tensor.extract_slice %[[Q]][%[[B]], %[[T]], 0] [1, 1, 8] [1, 1, 1]
// CHECK:               %[[Y_T:.*]] = arith.subf %[[STATE]], %[[Q_T]]
// CHECK:               %[[WRITTEN:.*]] = tensor.insert_slice %[[Y_T]] into %[[Y_B]][%[[B]], %[[T]], 0] [1, 1, 8] [1, 1, 1]
// CHECK:               scf.yield %[[WRITTEN]], %[[STATE]]
// CHECK:             %[[FINAL:.*]] = tensor.insert_slice %[[TOKENS]]#1 into %[[ALL]][%[[B]], 0] [1, 8] [1, 1]
// CHECK:             scf.yield %[[TOKENS]]#0, %[[FINAL]]
func.func @reset(%q: tensor<2x?x8xf32>, %x: tensor<2x?x8xf32>, %y0: tensor<2x?x8xf32>, %h0: tensor<2x8xf32>) -> (tensor<2x?x8xf32>, tensor<2x8xf32>) {
  %y, %h = recur.rescan ins(%q, %x : tensor<2x?x8xf32>, tensor<2x?x8xf32>) outs(%y0 : tensor<2x?x8xf32>) init(%h0 : tensor<2x8xf32>)
      {indexing_maps = [affine_map<(b, t, j) -> (b, t)>, affine_map<(b, t, j) -> (b, j)>, affine_map<(b, t, j) -> (b, t)>,
                        affine_map<(b, t, j) -> (b)>]}
      step(%q_t: tensor<8xf32>, %x_j: tensor<8xf32>, %h: tensor<8xf32>) {
        %product = arith.mulf %q_t, %x_j : tensor<8xf32>
        %next = arith.addf %h, %product : tensor<8xf32>
        recur.yield %next : tensor<8xf32>
      }
      read(%q_t: tensor<8xf32>, %h: tensor<8xf32>) {
        %y_t = arith.subf %h, %q_t : tensor<8xf32>
        recur.yield %y_t : tensor<8xf32>
      } -> tensor<2x?x8xf32>, tensor<2x8xf32>
  return %y, %h : tensor<2x?x8xf32>, tensor<2x8xf32>
}

// -----

// Each token goes on from where the one before it ended.
// CHECK-LABEL: func @chain(
// CHECK-SAME:    %[[X:.*]]: tensor<?xf32>, %[[Y0:.*]]: tensor<?xf32>, %[[H0:.*]]: tensor<f32>
// CHECK:           %[[HISTORY:.*]] = tensor.dim %[[X]], %c0
// CHECK:           %[[LENGTH:.*]] = tensor.dim %[[Y0]], %c0
// CHECK:           %[[START:.*]] = tensor.extract %[[H0]][]
// CHECK:           %[[TOKENS:.*]]:2 = scf.for %[[T:.*]] = %c0 to %[[LENGTH]] step %c1 iter_args(%[[Y:.*]] = %[[Y0]], %[[LAST:.*]] = %[[START]])
// CHECK:             %[[AFTER:.*]] = arith.addi %[[T]], %c1
// CHECK:             %[[END:.*]] = arith.minui %[[AFTER]], %[[HISTORY]]
// CHECK:             %[[STATE:.*]] = scf.for %[[J:.*]] = %c0 to %[[END]] step %c1 iter_args(%[[H:.*]] = %[[LAST]])
// CHECK:               %[[X_J:.*]] = tensor.extract %[[X]][%[[J]]]
// CHECK:               %[[NEXT:.*]] = arith.subf %[[X_J]], %[[H]]
// CHECK:               scf.yield %[[NEXT]]
// CHECK:             %[[WRITTEN:.*]] = tensor.insert %[[STATE]] into %[[Y]][%[[T]]]
// CHECK:             scf.yield %[[WRITTEN]], %[[STATE]]
// CHECK:           %[[FINAL:.*]] = tensor.insert %[[TOKENS]]#1 into %[[H0]][]
func.func @chain(%x: tensor<?xf32>, %y0: tensor<?xf32>, %h0: tensor<f32>) -> (tensor<?xf32>, tensor<f32>) {
  %y, %h = recur.rescan ins(%x : tensor<?xf32>) outs(%y0 : tensor<?xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>],
       boundary = #recur<boundary chain>}
      step(%x_j: f32, %h: f32) {
        %next = arith.subf %x_j, %h : f32
        recur.yield %next : f32
      } -> tensor<?xf32>, tensor<f32>
  return %y, %h : tensor<?xf32>, tensor<f32>
}

// -----

// All of the history, whatever the token; pairs have inputs of their own, and know where
// they are.
// CHECK-LABEL: func @all(
// CHECK-SAME:    %[[BIAS:.*]]: tensor<5x7xindex>, %[[Y0:.*]]: tensor<5xindex>, %[[H0:.*]]: tensor<index>
// CHECK:           %[[START:.*]] = tensor.extract %[[H0]][]
// CHECK:           %[[TOKENS:.*]] = scf.for %[[T:.*]] = %c0 to %c5 step %c1 iter_args(%[[Y:.*]] = %[[Y0]])
// CHECK:             %[[STATE:.*]] = scf.for %[[J:.*]] = %c0 to %c7 step %c1 iter_args(%[[H:.*]] = %[[START]])
// CHECK:               %[[BIAS_TJ:.*]] = tensor.extract %[[BIAS]][%[[T]], %[[J]]]
// CHECK:               %[[DISTANCE:.*]] = arith.subi %[[T]], %[[J]]
// CHECK:               %[[PRODUCT:.*]] = arith.muli %[[DISTANCE]], %[[BIAS_TJ]]
// CHECK:               %[[NEXT:.*]] = arith.addi %[[H]], %[[PRODUCT]]
// CHECK:               scf.yield %[[NEXT]]
// CHECK:             %[[Y_T:.*]] = arith.addi %[[STATE]], %[[T]]
// CHECK:             %[[WRITTEN:.*]] = tensor.insert %[[Y_T]] into %[[Y]][%[[T]]]
// CHECK:             scf.yield %[[WRITTEN]]
func.func @all(%bias: tensor<5x7xindex>, %y0: tensor<5xindex>, %h0: tensor<index>) -> tensor<5xindex> {
  %y, %h = recur.rescan ins(%bias : tensor<5x7xindex>) outs(%y0 : tensor<5xindex>) init(%h0 : tensor<index>)
      {indexing_maps = [affine_map<(t, j) -> (t, j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>],
       history = #recur<history all>}
      step(%bias_tj: index, %h: index) {
        %t = recur.index 0 : index
        %j = recur.index 1 : index
        %distance = arith.subi %t, %j : index
        %product = arith.muli %distance, %bias_tj : index
        %next = arith.addi %h, %product : index
        recur.yield %next : index
      }
      read(%h: index) {
        %t = recur.index 0 : index
        %y_t = arith.addi %h, %t : index
        recur.yield %y_t : index
      } -> tensor<5xindex>, tensor<index>
  return %y : tensor<5xindex>
}
