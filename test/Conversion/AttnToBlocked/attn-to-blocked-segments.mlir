// RUN: attn-opt %s -attn-to-blocked="queries=16 keys=64" | FileCheck %s -enable-var-scope

// Once, whether the ids of keys do not decrease. For each tile of queries its least
// and greatest id, and by binary search the keys between them: others are not
// visited, and those that all queries see are folded without mask or ids.

// CHECK-LABEL: func @documents(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<3x128x8xf32>, %[[IDS:[a-z0-9]+]]: tensor<128xi32>
// CHECK-DAG:     %[[TRUE:.*]] = arith.constant true
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:     %[[C64:.*]] = arith.constant 64 : index
// CHECK-DAG:     %[[C128:.*]] = arith.constant 128 : index
// CHECK:         %[[SORTED:.*]] = scf.for %[[J:[a-z0-9]+]] = %[[C1]] to %[[C128]] {{.*}} iter_args(%[[SO_FAR:.*]] = %[[TRUE]]) -> (i1)
// CHECK:           %[[BEFORE:.*]] = tensor.extract %[[IDS]]
// CHECK:           %[[ID:.*]] = tensor.extract %[[IDS]][%[[J]]]
// CHECK:           arith.cmpi sle, %[[BEFORE]], %[[ID]]
// CHECK:         scf.for %[[H:[a-z0-9]+]] =
// CHECK:           scf.for %[[I:[a-z0-9]+]] =
// CHECK:             tensor.extract_slice %[[IDS]][%[[I]]] [16]
// CHECK:             %[[RANGE:.*]]:2 = scf.for
// CHECK:               arith.minsi
// CHECK:               arith.maxsi
// CHECK:             %[[BEGIN:.*]]:2 = scf.while
// CHECK:               arith.cmpi slt, %{{.*}}, %[[RANGE]]#0 : i32
// CHECK:             %[[END:.*]]:2 = scf.while
// CHECK:               arith.cmpi sle, %{{.*}}, %[[RANGE]]#1 : i32
// CHECK:             %[[FIRST:.*]] = arith.select %[[SORTED]], %[[BEGIN]]#0, %[[C0]]
// CHECK:             %[[LAST:.*]] = arith.select %[[SORTED]], %[[END]]#0, %[[C128]]
// CHECK:             %[[ALIKE:.*]] = arith.cmpi eq, %[[RANGE]]#0, %[[RANGE]]#1
// CHECK:             %[[ONE:.*]] = arith.andi %[[SORTED]], %[[ALIKE]]
// CHECK:             arith.select %[[ONE]], %[[LAST]], %[[FIRST]]
// CHECK:             attn.fold {{.*}} segments(
// CHECK:             scf.for {{.*}} step %[[C64]]
// CHECK:               attn.fold
// CHECK-NOT:           segments
// CHECK-NOT:           mask =
// CHECK-SAME:          -> tensor<1x16xf32>
// CHECK:             attn.fold {{.*}} segments({{.*}}mask = #attn.and<#attn.causal, #attn.segments>
// CHECK:             attn.finish
func.func @documents(%query: tensor<3x128x8xf32>, %ids: tensor<128xi32>) -> tensor<3x128x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<3x128x8xf32>, tensor<3x128x8xf32>, tensor<3x128x8xf32>)
      segments(%ids, %ids : tensor<128xi32>, tensor<128xi32>)
      outs(%query : tensor<3x128x8xf32>) {mask = #attn.and<#attn.causal, #attn.segments>} -> tensor<3x128x8xf32>
  return %output : tensor<3x128x8xf32>
}

// Ids per batch: all are looked at, where they are made.

// CHECK-LABEL: func @documents_per_batch(
// CHECK-SAME:    %[[IDS:[a-z0-9]+]]: tensor<2x?xi64>, %[[QUERY_IDS:[a-z0-9]+]]: tensor<2x16xi64>
// CHECK:         scf.for %[[B:[a-z0-9]+]] = %{{.*}} -> (i1)
// CHECK:           scf.for {{.*}} -> (i1)
// CHECK:             tensor.extract %[[IDS]][%[[B]], %{{.*}}]
// CHECK:         scf.for
// CHECK:           tensor.extract_slice %[[IDS]][%{{.*}}, 0] [1, %{{.*}}]
// CHECK:           scf.while
func.func @documents_per_batch(%ids: tensor<2x?xi64>, %query_ids: tensor<2x16xi64>,
                               %query: tensor<2x3x16x8xf32>, %key: tensor<2x3x?x8xf32>) -> tensor<2x3x16x8xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<2x3x16x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>)
      segments(%query_ids, %ids : tensor<2x16xi64>, tensor<2x?xi64>)
      outs(%query : tensor<2x3x16x8xf32>) {mask = #attn.segments} -> tensor<2x3x16x8xf32>
  return %output : tensor<2x3x16x8xf32>
}

// A score region that hides no key leaves tiles without mask.

// CHECK-LABEL: func @softcap(
// CHECK:         scf.for
// CHECK:           attn.fold
// CHECK-NOT:       mask =
// CHECK-SAME:      score(
// CHECK:           attn.fold {{.*}}mask = #attn.causal} score(
// CHECK:           attn.finish
func.func @softcap(%query: tensor<128x8xf32>) -> tensor<128x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>)
      outs(%query : tensor<128x8xf32>) {mask = #attn.causal} score(%s : f32, %h : index, %i : index, %j : index) {
    %capped = math.tanh %s : f32
    attn.yield %capped : f32
  } -> tensor<128x8xf32>
  return %output : tensor<128x8xf32>
}

// One that may hide keys is masked everywhere.

// CHECK-LABEL: func @negative_bias_of_keys(
// CHECK:         attn.fold {{.*}} tensor<?x8xf32>{{.*}}mask = #attn.causal} score(
// CHECK-NOT:     attn.fold {{.*}}) at(
// CHECK:         attn.finish
func.func @negative_bias_of_keys(%query: tensor<128x8xf32>, %biases: tensor<128xf32>) -> tensor<128x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<128x8xf32>, tensor<128x8xf32>, tensor<128x8xf32>)
      outs(%query : tensor<128x8xf32>) {mask = #attn.causal} score(%s : f32, %h : index, %i : index, %j : index) {
    %bias = tensor.extract %biases[%j] : tensor<128xf32>
    %score = arith.addf %s, %bias : f32
    attn.yield %score : f32
  } -> tensor<128x8xf32>
  return %output : tensor<128x8xf32>
}
