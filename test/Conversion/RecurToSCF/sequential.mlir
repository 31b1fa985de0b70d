// RUN: attn-opt %s -recur-to-scf -canonicalize -cse -split-input-file | FileCheck %s -enable-var-scope -implicit-check-not=recur.

// A cell of numbers: the state of all of the batch is one tensor, and a step is
// one operation on it.
// CHECK-DAG:   #[[$I_I:.*]] = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func @numbers(
// CHECK-SAME:    %[[G:.*]]: tensor<4x?xf32>, %[[X:.*]]: tensor<4x?xf32>, %[[Y0:.*]]: tensor<4x?xf32>, %[[H0:.*]]: tensor<4xf32>
// CHECK:           %[[LENGTH:.*]] = tensor.dim %[[G]], %c1
// CHECK:           %[[RESULT:.*]]:2 = scf.for %[[T:.*]] = %c0 to %[[LENGTH]] step %c1 iter_args(%[[Y:.*]] = %[[Y0]], %[[H:.*]] = %[[H0]])
// CHECK:             %[[G_T:.*]] = tensor.extract_slice %[[G]][0, %[[T]]] [4, 1] [1, 1]
// CHECK:             %[[X_T:.*]] = tensor.extract_slice %[[X]][0, %[[T]]] [4, 1] [1, 1]
// CHECK:             %[[NEXT:.*]] = linalg.generic {indexing_maps = [#[[$I_I]], #[[$I_I]], #[[$I_I]]], iterator_types = ["parallel"]} ins(%[[G_T]], %[[X_T]] : {{.*}}) outs(%[[H]]
// CHECK:             ^bb0(%[[IN:.*]]: f32, %[[IN1:.*]]: f32, %[[OUT:.*]]: f32
// CHECK:               %[[EXP:.*]] = math.exp %[[IN]]
// CHECK:               %[[MULF:.*]] = arith.mulf %[[EXP]], %[[OUT]]
// CHECK:               %[[ADDF:.*]] = arith.addf %[[MULF]], %[[IN1]]
// CHECK:               linalg.yield %[[ADDF]] : f32
// CHECK:             %[[WRITTEN:.*]] = tensor.insert_slice %[[NEXT]] into %[[Y]][0, %[[T]]] [4, 1] [1, 1]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT]]
func.func @numbers(%g: tensor<4x?xf32>, %x: tensor<4x?xf32>, %y0: tensor<4x?xf32>, %h0: tensor<4xf32>) -> (tensor<4x?xf32>, tensor<4xf32>) {
  %y, %h = recur.scan ins(%g, %x : tensor<4x?xf32>, tensor<4x?xf32>) outs(%y0 : tensor<4x?xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c, t)>,
                        affine_map<(c, t) -> (c)>],
       monoid = #recur.affine<scalar>}
      lift(%g_t: f32, %x_t: f32) {
        recur.yield %g_t, %x_t : f32, f32
      } -> tensor<4x?xf32>, tensor<4xf32>
  return %y, %h : tensor<4x?xf32>, tensor<4xf32>
}

// -----

// What a cell reads of its position: the batch index is the loop of the
// operation, t is that of the scan. Inputs without t or without the batch.
// CHECK-DAG:   #[[$I_NONE:.*]] = affine_map<(d0) -> ()>
// CHECK-DAG:   #[[$I_I:.*]] = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func @index(
// CHECK-SAME:    %[[X:.*]]: tensor<?xf32>, %[[LIMIT:.*]]: tensor<4xf32>, %[[Y0:.*]]: tensor<?x4xindex>, %[[H0:.*]]: tensor<4xindex>
// CHECK:           %[[LENGTH:.*]] = tensor.dim %[[X]], %c0
// CHECK:           %[[RESULT:.*]]:2 = scf.for %[[T:.*]] = %c0 to %[[LENGTH]] step %c1 iter_args(%[[Y:.*]] = %[[Y0]], %[[H:.*]] = %[[H0]])
// CHECK:             %[[X_T:.*]] = tensor.extract %[[X]][%[[T]]]
// CHECK:             %[[NEXT:.*]] = linalg.generic {indexing_maps = [#[[$I_NONE]], #[[$I_I]], #[[$I_I]]], iterator_types = ["parallel"]} ins(%[[X_T]], %[[LIMIT]] : {{.*}}) outs(%[[H]]
// CHECK:             ^bb0(%[[IN:.*]]: f32, %[[IN0:.*]]: f32, %[[OUT:.*]]: index
// CHECK:               %[[C:.*]] = linalg.index 0 : index
// CHECK:               %[[CMPF:.*]] = arith.cmpf ogt, %[[IN]], %[[IN0]]
// CHECK:               %[[PLACE:.*]] = arith.select %[[CMPF]], %[[T]], %[[C]]
// CHECK:               %[[ADDI:.*]] = arith.addi %[[OUT]], %[[PLACE]]
// CHECK:               linalg.yield %[[ADDI]] : index
// CHECK:             %[[WRITTEN:.*]] = tensor.insert_slice %[[NEXT]] into %[[Y]][%[[T]], 0] [1, 4] [1, 1]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT]]
func.func @index(%x: tensor<?xf32>, %limit: tensor<4xf32>, %y0: tensor<?x4xindex>, %h0: tensor<4xindex>) -> tensor<?x4xindex> {
  %y, %h = recur.scan ins(%x, %limit : tensor<?xf32>, tensor<4xf32>) outs(%y0 : tensor<?x4xindex>) init(%h0 : tensor<4xindex>)
      {indexing_maps = [affine_map<(c, t) -> (t)>, affine_map<(c, t) -> (c)>, affine_map<(c, t) -> (t, c)>,
                        affine_map<(c, t) -> (c)>]}
      step(%x_t: f32, %limit_c: f32, %h: index) {
        %c = recur.index 0 : index
        %t = recur.index 1 : index
        %larger = arith.cmpf ogt, %x_t, %limit_c : f32
        %place = arith.select %larger, %t, %c : index
        %next = arith.addi %h, %place : index
        recur.yield %next : index
      } -> tensor<?x4xindex>, tensor<4xindex>
  return %y : tensor<?x4xindex>
}

// -----

// A cell of tensors: a loop over the batch, and in it one over the tokens.
// CHECK-LABEL: func @tensors(
// CHECK-SAME:    %[[X:.*]]: tensor<2x?x12xf32>, %[[WEIGHTS:.*]]: tensor<12x12xf32>, %[[Y0:.*]]: tensor<2x?x12xf32>, %[[H0:.*]]: tensor<2x12xf32>
// CHECK:           %[[LENGTH:.*]] = tensor.dim %[[X]], %c1
// CHECK:           %[[BATCH:.*]]:2 = scf.for %[[B:.*]] = %c0 to %c2 step %c1 iter_args(%[[Y:.*]] = %[[Y0]], %[[ALL:.*]] = %[[H0]])
// CHECK:             %[[START:.*]] = tensor.extract_slice %[[ALL]][%[[B]], 0] [1, 12] [1, 1]
// CHECK:             %[[TOKENS:.*]]:2 = scf.for %[[T:.*]] = %c0 to %[[LENGTH]] step %c1 iter_args(%[[Y_B:.*]] = %[[Y]], %[[H:.*]] = %[[START]])
// CHECK:               %[[X_T:.*]] = tensor.extract_slice %[[X]][%[[B]], %[[T]], 0] [1, 1, 12] [1, 1, 1]
// CHECK:               %[[SUM:.*]] = linalg.matvec ins(%[[WEIGHTS]], %[[H]] : {{.*}}) outs(%[[X_T]]
// CHECK:               %[[NEXT:.*]] = math.tanh %[[SUM]]
// CHECK:               %[[WRITTEN:.*]] = tensor.insert_slice %[[NEXT]] into %[[Y_B]][%[[B]], %[[T]], 0] [1, 1, 12] [1, 1, 1]
// CHECK:               scf.yield %[[WRITTEN]], %[[NEXT]]
// CHECK:             %[[LAST:.*]] = tensor.insert_slice %[[TOKENS]]#1 into %[[ALL]][%[[B]], 0] [1, 12] [1, 1]
// CHECK:             scf.yield %[[TOKENS]]#0, %[[LAST]]
func.func @tensors(%x: tensor<2x?x12xf32>, %weights: tensor<12x12xf32>, %y0: tensor<2x?x12xf32>, %h0: tensor<2x12xf32>) -> (tensor<2x?x12xf32>, tensor<2x12xf32>) {
  %y, %h = recur.scan ins(%x : tensor<2x?x12xf32>) outs(%y0 : tensor<2x?x12xf32>) init(%h0 : tensor<2x12xf32>)
      {indexing_maps = [affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> (b)>]}
      step(%x_t: tensor<12xf32>, %h: tensor<12xf32>) {
        %sum = linalg.matvec ins(%weights, %h : tensor<12x12xf32>, tensor<12xf32>) outs(%x_t : tensor<12xf32>) -> tensor<12xf32>
        %next = math.tanh %sum : tensor<12xf32>
        recur.yield %next : tensor<12xf32>
      } -> tensor<2x?x12xf32>, tensor<2x12xf32>
  return %y, %h : tensor<2x?x12xf32>, tensor<2x12xf32>
}

// -----

// From the end.
// CHECK-LABEL: func @reverse(
// CHECK-SAME:    %[[X:.*]]: tensor<?x16xf32>, %[[Y0:.*]]: tensor<?x16xf32>, %[[H0:.*]]: tensor<16xf32>
// CHECK:           %[[LENGTH:.*]] = tensor.dim %[[X]], %c0
// CHECK:           %[[RESULT:.*]]:2 = scf.for %[[I:.*]] = %c0 to %[[LENGTH]] step %c1 iter_args(%[[Y:.*]] = %[[Y0]], %[[H:.*]] = %[[H0]])
// CHECK:             %[[END:.*]] = arith.subi %[[LENGTH]], %c1
// CHECK:             %[[T:.*]] = arith.subi %[[END]], %[[I]]
// CHECK:             %[[X_T:.*]] = tensor.extract_slice %[[X]][%[[T]], 0] [1, 16] [1, 1]
// CHECK:             %[[NEXT:.*]] = arith.addf %[[H]], %[[X_T]]
// CHECK:             %[[WRITTEN:.*]] = tensor.insert_slice %[[NEXT]] into %[[Y]][%[[T]], 0] [1, 16] [1, 1]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT]]
func.func @reverse(%x: tensor<?x16xf32>, %y0: tensor<?x16xf32>, %h0: tensor<16xf32>) -> tensor<?x16xf32> {
  %y, %h = recur.scan ins(%x : tensor<?x16xf32>) outs(%y0 : tensor<?x16xf32>) init(%h0 : tensor<16xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>], reverse}
      step(%x_t: tensor<16xf32>, %h: tensor<16xf32>) {
        %next = arith.addf %h, %x_t : tensor<16xf32>
        recur.yield %next : tensor<16xf32>
      } -> tensor<?x16xf32>, tensor<16xf32>
  return %y : tensor<?x16xf32>
}

// -----

// The output of a token is that of the state before it.
// CHECK-LABEL: func @exclusive(
// CHECK-SAME:    %[[X:.*]]: tensor<?x16xf32>, %[[Y0:.*]]: tensor<?x16xf32>, %[[H0:.*]]: tensor<16xf32>
// CHECK:           %[[LENGTH:.*]] = tensor.dim %[[X]], %c0
// CHECK:           %[[RESULT:.*]]:2 = scf.for %[[T:.*]] = %c0 to %[[LENGTH]] step %c1 iter_args(%[[Y:.*]] = %[[Y0]], %[[H:.*]] = %[[H0]])
// CHECK:             %[[X_T:.*]] = tensor.extract_slice %[[X]][%[[T]], 0] [1, 16] [1, 1]
// CHECK:             %[[Y_T:.*]] = arith.mulf %[[H]], %[[X_T]]
// CHECK:             %[[WRITTEN:.*]] = tensor.insert_slice %[[Y_T]] into %[[Y]][%[[T]], 0] [1, 16] [1, 1]
// CHECK:             %[[NEXT:.*]] = arith.addf %[[H]], %[[X_T]]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT]]
func.func @exclusive(%x: tensor<?x16xf32>, %y0: tensor<?x16xf32>, %h0: tensor<16xf32>) -> tensor<?x16xf32> {
  %y, %h = recur.scan ins(%x : tensor<?x16xf32>) outs(%y0 : tensor<?x16xf32>) init(%h0 : tensor<16xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>], exclusive}
      step(%x_t: tensor<16xf32>, %h: tensor<16xf32>) {
        %next = arith.addf %h, %x_t : tensor<16xf32>
        recur.yield %next : tensor<16xf32>
      }
      read(%x_t: tensor<16xf32>, %h: tensor<16xf32>) {
        %y_t = arith.mulf %h, %x_t : tensor<16xf32>
        recur.yield %y_t : tensor<16xf32>
      } -> tensor<?x16xf32>, tensor<16xf32>
  return %y : tensor<?x16xf32>
}

// -----

// A recurrence in a cell of another becomes a loop in its loop.
// CHECK-LABEL: func @nested(
// CHECK-SAME:    %[[X:.*]]: tensor<?x5xf32>, %[[Y0:.*]]: tensor<?xf32>, %[[H0:.*]]: tensor<f32>
// CHECK:           %[[LENGTH:.*]] = tensor.dim %[[X]], %c0
// CHECK:           %[[START:.*]] = tensor.extract %[[H0]][]
// CHECK:           %[[RESULT:.*]]:2 = scf.for %[[T:.*]] = %c0 to %[[LENGTH]] step %c1 iter_args(%[[Y:.*]] = %[[Y0]], %[[H:.*]] = %[[START]])
// CHECK:             %[[X_T:.*]] = tensor.extract_slice %[[X]][%[[T]], 0] [1, 5] [1, 1]
// CHECK:             %[[NEXT:.*]] = scf.for %[[I:.*]] = %c0 to %c5 step %c1 iter_args(%[[S:.*]] = %[[H]])
// CHECK:               %[[X_I:.*]] = tensor.extract %[[X_T]][%[[I]]]
// CHECK:               %[[MAX:.*]] = arith.maximumf %[[S]], %[[X_I]]
// CHECK:               scf.yield %[[MAX]]
// CHECK:             %[[WRITTEN:.*]] = tensor.insert %[[NEXT]] into %[[Y]][%[[T]]]
// CHECK:             scf.yield %[[WRITTEN]], %[[NEXT]]
func.func @nested(%x: tensor<?x5xf32>, %y0: tensor<?xf32>, %h0: tensor<f32>) -> tensor<?xf32> {
  %y, %h = recur.scan ins(%x : tensor<?x5xf32>) outs(%y0 : tensor<?xf32>) init(%h0 : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: tensor<5xf32>, %h: f32) {
        %start = tensor.from_elements %h : tensor<f32>
        %last = recur.scan ins(%x_t : tensor<5xf32>) init(%start : tensor<f32>)
            {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>]}
            step(%x_i: f32, %s: f32) {
              %next = arith.maximumf %s, %x_i : f32
              recur.yield %next : f32
            } -> tensor<f32>
        %next = tensor.extract %last[] : tensor<f32>
        recur.yield %next : f32
      } -> tensor<?xf32>, tensor<f32>
  return %y : tensor<?xf32>
}
