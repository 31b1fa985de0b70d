// RUN: attn-opt %s -transform-interpreter -canonicalize -cse -split-input-file | FileCheck %s -enable-var-scope

#query = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#key = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#value = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#mask = affine_map<(b, m, k1, k2, n) -> (k2, m)>
#row = affine_map<(b, m, k1, k2, n) -> (b, m)>
#acc = affine_map<(b, m, k1, k2, n) -> (b, n, m)>

// Batch and m in parallel, k2 carrying the state. Positions are absolute, and
// add to those of the fold; per-batch operands stay whole.

// CHECK-LABEL: func @batch_queries_keys(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<2x32x8xf32>, %[[KEY:[a-z0-9]+]]: tensor<2x100x8xf32>, %[[MASK:[a-z0-9]+]]: tensor<100x32xi1>, %[[VALID:[a-z0-9]+]]: tensor<6xi64>
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:     %[[C7:.*]] = arith.constant 7 : index
// CHECK-DAG:     %[[C16:.*]] = arith.constant 16 : index
// CHECK-DAG:     %[[C50:.*]] = arith.constant 50 : index
// CHECK:         scf.for %[[B:[a-z0-9]+]] = %{{.*}} to %{{.*}} step %[[C1]] iter_args
// CHECK:           scf.for %[[I:[a-z0-9]+]] = %{{.*}} to %{{.*}} step %[[C16]] iter_args
// CHECK:             scf.for %[[J:[a-z0-9]+]] = %{{.*}} to %{{.*}} step %[[C50]] iter_args(%[[MAX:[a-z0-9]+]] = %{{.*}}, %[[SUM:[a-z0-9]+]] = %{{.*}}, %[[ACC:[a-z0-9]+]] = %{{.*}})
// CHECK-DAG:           %[[FIRST_BATCH:.*]] = arith.addi %[[B]], %[[C1]]
// CHECK-DAG:           %[[FIRST_KEY:.*]] = arith.addi %[[J]], %[[C7]]
// CHECK-DAG:           %[[QUERIES:.*]] = tensor.extract_slice %[[QUERY]][%[[B]], %[[I]], 0] [1, 16, 8]
// CHECK-DAG:           %[[KEYS:.*]] = tensor.extract_slice %[[KEY]][%[[B]], %[[J]], 0] [1, 50, 8]
// CHECK-DAG:           %[[MASKS:.*]] = tensor.extract_slice %[[MASK]][%[[J]], %[[I]]] [50, 16]
// CHECK-DAG:           %[[ROW_MAX:.*]] = tensor.extract_slice %[[MAX]][%[[B]], %[[I]]] [1, 16]
// CHECK-DAG:           %[[ROW_SUM:.*]] = tensor.extract_slice %[[SUM]][%[[B]], %[[I]]] [1, 16]
// CHECK-DAG:           %[[ROW_ACC:.*]] = tensor.extract_slice %[[ACC]][%[[B]], 0, %[[I]]] [1, 8, 16]
// CHECK:               %[[NEW_MAX:.*]], %[[NEW_SUM:.*]], %[[NEW_ACC:.*]] = attn.fold ins(%[[QUERIES]], %[[KEYS]], %[[KEYS]] :
// CHECK-SAME:            mask_tensor(%[[MASKS]] : tensor<50x16xi1>) valid_keys(%[[VALID]] : tensor<6xi64>)
// CHECK-SAME:            at(%[[FIRST_BATCH]], %[[I]], %[[FIRST_KEY]]) outs(%[[ROW_MAX]], %[[ROW_SUM]], %[[ROW_ACC]] :
// CHECK-SAME:            mask = #attn.causal
// CHECK:               tensor.insert_slice %[[NEW_MAX]] into %[[MAX]][%[[B]], %[[I]]]
// CHECK:               tensor.insert_slice %[[NEW_SUM]] into %[[SUM]][%[[B]], %[[I]]]
// CHECK:               tensor.insert_slice %[[NEW_ACC]] into %[[ACC]][%[[B]], 0, %[[I]]]
func.func @batch_queries_keys(
    %query: tensor<2x32x8xf32>, %key: tensor<2x100x8xf32>, %mask: tensor<100x32xi1>, %valid: tensor<6xi64>,
    %max: tensor<2x32xf32>, %sum: tensor<2x32xf32>, %acc: tensor<2x8x32xf32>)
    -> (tensor<2x32xf32>, tensor<2x32xf32>, tensor<2x8x32xf32>) {
  %first_batch = arith.constant 1 : index
  %first_query = arith.constant 0 : index
  %first_key = arith.constant 7 : index
  %state:3 = attn.fold ins(%query, %key, %key : tensor<2x32x8xf32>, tensor<2x100x8xf32>, tensor<2x100x8xf32>)
      mask_tensor(%mask : tensor<100x32xi1>) valid_keys(%valid : tensor<6xi64>)
      at(%first_batch, %first_query, %first_key)
      outs(%max, %sum, %acc : tensor<2x32xf32>, tensor<2x32xf32>, tensor<2x8x32xf32>)
      {indexing_maps = [#query, #key, #value, #mask, #row, #row, #acc], mask = #attn.causal}
      -> tensor<2x32xf32>, tensor<2x32xf32>, tensor<2x8x32xf32>
  return %state#0, %state#1, %state#2 : tensor<2x32xf32>, tensor<2x32xf32>, tensor<2x8x32xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %fold = transform.structured.match ops{["attn.fold"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loops:3 = transform.structured.tile_using_for %fold tile_sizes [1, 16, 0, 50, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>

// A tile that covers k1 and n may say so. The last tile of keys is smaller.

// CHECK-DAG:   #[[$REST:.*]] = affine_map<(d0)[s0] -> (-d0 + s0, 64)>
// CHECK-LABEL: func @dynamic_keys(
// CHECK-SAME:    %{{.*}}: tensor<32x8xf32>, %[[KEY:[a-z0-9]+]]: tensor<?x8xf32>
// CHECK:         %[[KEYS:.*]] = tensor.dim %[[KEY]]
// CHECK:         scf.for %[[J:[a-z0-9]+]] = %{{.*}} to %[[KEYS]]
// CHECK:           %[[SIZE:.*]] = affine.min #[[$REST]](%[[J]])[%[[KEYS]]]
// CHECK:           tensor.extract_slice %[[KEY]][%[[J]], 0] [%[[SIZE]], 8]
// CHECK:           attn.fold {{.*}} at(%{{.*}}, %[[J]]) {{.*}} score(%{{.*}}: f32, %{{.*}}: index, %{{.*}}: index) {
// CHECK:             math.tanh
func.func @dynamic_keys(%query: tensor<32x8xf32>, %key: tensor<?x8xf32>, %row: tensor<32xf32>, %acc: tensor<32x8xf32>)
    -> (tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>) {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<32x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>)
      outs(%row, %row, %acc : tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} score(%score : f32, %i : index, %j : index) {
    %capped = math.tanh %score : f32
    attn.yield %capped : f32
  } -> tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>
  return %state#0, %state#1, %state#2 : tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %fold = transform.structured.match ops{["attn.fold"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loops = transform.structured.tile_using_for %fold tile_sizes [0, 0, 64]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (n, m)>

// fold(s, K) = combine(s, fold(identity, K_1), fold(identity, K_2), ...)

// CHECK-DAG:   #[[$SPLIT:.*]] = affine_map<()[s0] -> (s0 floordiv 100)>
// CHECK-DAG:   #[[$PARTIAL_ROW:.*]] = affine_map<(d0, d1, d2) -> (d1, d0)>
// CHECK-DAG:   #[[$PARTIAL_ACC:.*]] = affine_map<(d0, d1, d2) -> (d1, d2, d0)>
// CHECK-DAG:   #[[$ROW:.*]] = affine_map<(d0, d1, d2) -> (d0)>
// CHECK-DAG:   #[[$ACC:.*]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK-LABEL: func @split_keys(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<32x8xf32>, %[[KEY:[a-z0-9]+]]: tensor<256x8xf32>, %[[MAX:[a-z0-9]+]]: tensor<32xf32>, %[[SUM:[a-z0-9]+]]: tensor<32xf32>, %[[ACC:[a-z0-9]+]]: tensor<8x32xf32>
// CHECK-DAG:     %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG:     %[[MINUS_INFINITY:.*]] = arith.constant 0xFF800000 : f32
// CHECK:         %[[MAX_INIT:.*]] = linalg.fill ins(%[[MINUS_INFINITY]] : f32) outs(%{{.*}} : tensor<3x32xf32>)
// CHECK:         %[[SUM_INIT:.*]] = linalg.fill ins(%[[ZERO]] : f32) outs(%{{.*}} : tensor<3x32xf32>)
// CHECK:         %[[ACC_INIT:.*]] = linalg.fill ins(%[[ZERO]] : f32) outs(%{{.*}} : tensor<3x8x32xf32>)
// CHECK:         %[[PARTIAL:.*]]:3 = scf.forall (%[[J:[a-z0-9]+]]) = (0) to (256) step (100) shared_outs(%[[MAXES:[a-z0-9]+]] = %[[MAX_INIT]], %[[SUMS:[a-z0-9]+]] = %[[SUM_INIT]], %[[ACCS:[a-z0-9]+]] = %[[ACC_INIT]])
// CHECK:           %[[S:[a-z0-9]+]] = affine.apply #[[$SPLIT]]()[%[[J]]]
// CHECK-DAG:       %[[MAX_S:.*]] = tensor.extract_slice %[[MAXES]][%[[S]], 0] [1, 32] [1, 1] : tensor<3x32xf32> to tensor<32xf32>
// CHECK-DAG:       %[[SUM_S:.*]] = tensor.extract_slice %[[SUMS]][%[[S]], 0] [1, 32] [1, 1] : tensor<3x32xf32> to tensor<32xf32>
// CHECK-DAG:       %[[ACC_S:.*]] = tensor.extract_slice %[[ACCS]][%[[S]], 0, 0] [1, 8, 32] [1, 1, 1] : tensor<3x8x32xf32> to tensor<8x32xf32>
// CHECK:           attn.fold ins(%[[QUERY]], {{.*}} at(%{{.*}}, %[[J]]) outs(%[[MAX_S]], %[[SUM_S]], %[[ACC_S]] :
// CHECK:         attn.combine ins(%[[PARTIAL]]#0, %[[PARTIAL]]#1, %[[PARTIAL]]#2 : tensor<3x32xf32>, tensor<3x32xf32>, tensor<3x8x32xf32>)
// CHECK-SAME:      outs(%[[MAX]], %[[SUM]], %[[ACC]] :
// CHECK-SAME:      indexing_maps = [#[[$PARTIAL_ROW]], #[[$PARTIAL_ROW]], #[[$PARTIAL_ACC]], #[[$ROW]], #[[$ROW]], #[[$ACC]]]
func.func @split_keys(%query: tensor<32x8xf32>, %key: tensor<256x8xf32>, %max: tensor<32xf32>, %sum: tensor<32xf32>,
                      %acc: tensor<8x32xf32>) -> (tensor<32xf32>, tensor<32xf32>, tensor<8x32xf32>) {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<32x8xf32>, tensor<256x8xf32>, tensor<256x8xf32>)
      outs(%max, %sum, %acc : tensor<32xf32>, tensor<32xf32>, tensor<8x32xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc], mask = #attn.causal}
      -> tensor<32xf32>, tensor<32xf32>, tensor<8x32xf32>
  return %state#0, %state#1, %state#2 : tensor<32xf32>, tensor<32xf32>, tensor<8x32xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %fold = transform.structured.match ops{["attn.fold"]} in %root : (!transform.any_op) -> !transform.any_op
    %fill:3, %partial, %combine, %loop = transform.structured.tile_reduction_using_forall %fold
        by tile_sizes = [0, 0, 100, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op,
                                  !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>

// As many runs of keys as threads; the number of queries is not known.

// CHECK-LABEL: func @split_keys_by_threads(
// CHECK:         scf.forall (%[[S:[a-z0-9]+]]) in (4) shared_outs(%[[MAXES:[a-z0-9]+]] = %{{.*}}, %{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}) -> (tensor<4x?xf32>, tensor<4x?xf32>, tensor<4x?x8xf32>)
// CHECK:           tensor.extract_slice %[[MAXES]][%[[S]], 0] [1, %{{.*}}] [1, 1] : tensor<4x?xf32> to tensor<?xf32>
// CHECK:           attn.fold {{.*}} tensor<64x8xf32>, tensor<64x8xf32>) at(
// CHECK:         attn.combine {{.*}} : tensor<4x?xf32>, tensor<4x?xf32>, tensor<4x?x8xf32>)
func.func @split_keys_by_threads(%query: tensor<?x8xf32>, %key: tensor<256x8xf32>, %row: tensor<?xf32>,
                                 %acc: tensor<?x8xf32>) -> (tensor<?xf32>, tensor<?xf32>, tensor<?x8xf32>) {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<?x8xf32>, tensor<256x8xf32>, tensor<256x8xf32>)
      outs(%row, %row, %acc : tensor<?xf32>, tensor<?xf32>, tensor<?x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<?xf32>, tensor<?xf32>, tensor<?x8xf32>
  return %state#0, %state#1, %state#2 : tensor<?xf32>, tensor<?xf32>, tensor<?x8xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %fold = transform.structured.match ops{["attn.fold"]} in %root : (!transform.any_op) -> !transform.any_op
    %fill:3, %partial, %combine, %loop = transform.structured.tile_reduction_using_forall %fold
        by num_threads = [0, 0, 4, 0] tile_sizes = []
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op,
                                  !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>
#finish_row = affine_map<(m, n) -> (m)>
#finish_acc = affine_map<(m, n) -> (m, n)>

// The fold is fused into the tiles of what reads it: no state of full length.

// CHECK-LABEL: func @fuse_fold_into_finish(
// CHECK:         scf.for %[[I:[a-z0-9]+]] =
// CHECK:           attn.fold {{.*}} at(%[[I]], %{{.*}}) outs({{.*}} : tensor<16xf32>, tensor<16xf32>, tensor<16x8xf32>)
// CHECK:           attn.finish
// CHECK-SAME:        outs(%{{.*}}, %{{.*}} : tensor<16x8xf32>, tensor<16xf32>)
func.func @fuse_fold_into_finish(%query: tensor<64x8xf32>, %key: tensor<256x8xf32>, %row: tensor<64xf32>,
                                 %acc: tensor<64x8xf32>) -> (tensor<64x8xf32>, tensor<64xf32>) {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<64x8xf32>, tensor<256x8xf32>, tensor<256x8xf32>)
      outs(%row, %row, %acc : tensor<64xf32>, tensor<64xf32>, tensor<64x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<64xf32>, tensor<64xf32>, tensor<64x8xf32>
  %output, %lse = attn.finish ins(%state#0, %state#1, %state#2 : tensor<64xf32>, tensor<64xf32>, tensor<64x8xf32>)
      outs(%acc, %row : tensor<64x8xf32>, tensor<64xf32>)
      {indexing_maps = [#finish_row, #finish_row, #finish_acc, #finish_acc, #finish_row]}
      -> tensor<64x8xf32>, tensor<64xf32>
  return %output, %lse : tensor<64x8xf32>, tensor<64xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %finish = transform.structured.match ops{["attn.finish"]} in %root : (!transform.any_op) -> !transform.any_op
    %fused, %loop = transform.structured.fuse %finish tile_sizes [16]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#partial_row = affine_map<(m, s, n) -> (s, m)>
#partial_acc = affine_map<(m, s, n) -> (s, m, n)>
#row = affine_map<(m, s, n) -> (m)>
#acc = affine_map<(m, s, n) -> (m, n)>

// combine(s, S1 ++ S2) = combine(combine(s, S1), S2)

// CHECK-LABEL: func @combine(
// CHECK-SAME:    %[[PARTIAL:[a-z0-9]+]]: tensor<8x32xf32>
// CHECK:         scf.for %[[I:[a-z0-9]+]] =
// CHECK:           scf.for %[[S:[a-z0-9]+]] = {{.*}} iter_args(%[[MAX:[a-z0-9]+]] = %{{.*}}, %{{.*}} = %{{.*}}, %{{.*}} = %{{.*}})
// CHECK-DAG:         %[[PARTIAL_MAX:.*]] = tensor.extract_slice %[[PARTIAL]][%[[S]], %[[I]]] [2, 16]
// CHECK-DAG:         %[[ROW_MAX:.*]] = tensor.extract_slice %[[MAX]][%[[I]]] [16]
// CHECK:             attn.combine ins(%[[PARTIAL_MAX]], {{.*}} outs(%[[ROW_MAX]],
func.func @combine(%partial: tensor<8x32xf32>, %partial_acc: tensor<8x32x4xf32>, %row: tensor<32xf32>,
                   %acc: tensor<32x4xf32>) -> (tensor<32xf32>, tensor<32xf32>, tensor<32x4xf32>) {
  %state:3 = attn.combine ins(%partial, %partial, %partial_acc : tensor<8x32xf32>, tensor<8x32xf32>, tensor<8x32x4xf32>)
      outs(%row, %row, %acc : tensor<32xf32>, tensor<32xf32>, tensor<32x4xf32>)
      {indexing_maps = [#partial_row, #partial_row, #partial_acc, #row, #row, #acc]}
      -> tensor<32xf32>, tensor<32xf32>, tensor<32x4xf32>
  return %state#0, %state#1, %state#2 : tensor<32xf32>, tensor<32xf32>, tensor<32x4xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %combine = transform.structured.match ops{["attn.combine"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loops:2 = transform.structured.tile_using_for %combine tile_sizes [16, 2]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
