// RUN: attn-opt %s -attn-to-blocked="num-threads=2" | FileCheck %s -enable-var-scope
// One more thread changes nothing: no number comes from how many there are.
// RUN: attn-opt %s -attn-to-blocked="num-threads=2" > %t.2
// RUN: attn-opt %s -attn-to-blocked="num-threads=3" | diff %t.2 -
// RUN: attn-opt %s -attn-to-blocked | FileCheck %s -check-prefix=ONE

// ONE-NOT: scf.forall

// Whole tiles of 32 queries in the order 0, 30, 1, 29, ..., then the rest of 8;
// each iteration has its own state and writes its own rows.

// CHECK-LABEL: func @heads(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<3x1000x64xf32>, %{{.*}}, %[[INIT:[a-z0-9]+]]: tensor<3x1000x64xf32>
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:     %[[C30:.*]] = arith.constant 30 : index
// CHECK:         %[[WHOLE:.*]] = scf.forall (%[[H:.*]], %[[PLACE:.*]]) in (3, 31) shared_outs(%[[ALL:.*]] = %[[INIT]])
// CHECK-DAG:       %[[HALF:.*]] = arith.shrui %[[PLACE]], %[[C1]]
// CHECK-DAG:       %[[ODD:.*]] = arith.andi %[[PLACE]], %[[C1]]
// CHECK-DAG:       %[[IS_ODD:.*]] = arith.cmpi eq, %[[ODD]], %[[C1]]
// CHECK-DAG:       %[[MIRRORED:.*]] = arith.subi %[[C30]], %[[HALF]]
// CHECK:           %[[TILE:.*]] = arith.select %[[IS_ODD]], %[[MIRRORED]], %[[HALF]]
// CHECK:           %[[I:.*]] = affine.apply #{{.*}}(%[[TILE]])
// CHECK:           tensor.extract_slice %[[QUERY]][%[[H]], %[[I]], 0] [1, 32, 64]
// CHECK:           linalg.fill {{.*}} -> tensor<1x32xf32>
// CHECK:           scf.for
// CHECK:             attn.fold {{.*}} at(%[[H]], %[[I]], %{{.*}})
// CHECK:           %[[OUTPUT:.*]] = attn.finish
// CHECK:           scf.forall.in_parallel
// CHECK-NEXT:        tensor.parallel_insert_slice %[[OUTPUT]] into %[[ALL]][%[[H]], %[[I]], 0] [1, 32, 64]
// CHECK:         scf.forall (%[[H2:.*]]) in (3) shared_outs(%[[ALL2:.*]] = %[[WHOLE]])
// CHECK:           tensor.extract_slice %[[QUERY]][%[[H2]], 992, 0] [1, 8, 64]
// CHECK:           tensor.parallel_insert_slice %{{.*}} into %[[ALL2]][%[[H2]], 992, 0] [1, 8, 64]
// CHECK-NOT:     attn.attention
func.func @heads(%query: tensor<3x1000x64xf32>, %key: tensor<3x1000x64xf32>, %init: tensor<3x1000x64xf32>)
    -> tensor<3x1000x64xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<3x1000x64xf32>, tensor<3x1000x64xf32>, tensor<3x1000x64xf32>)
      outs(%init : tensor<3x1000x64xf32>) {mask = #attn.causal} -> tensor<3x1000x64xf32>
  return %output : tensor<3x1000x64xf32>
}

// One query for each of many heads: fewer rows than a tile has.

// CHECK-LABEL: func @decode(
// CHECK:         scf.forall (%{{.*}}) in (12) shared_outs
// CHECK-NOT:     scf.forall (
func.func @decode(%query: tensor<12x1x64xf32>, %key: tensor<12x?x64xf32>, %init: tensor<12x1x64xf32>)
    -> tensor<12x1x64xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<12x1x64xf32>, tensor<12x?x64xf32>, tensor<12x?x64xf32>)
      outs(%init : tensor<12x1x64xf32>) -> tensor<12x1x64xf32>
  return %output : tensor<12x1x64xf32>
}

// Of a size known at run time only: so many whole tiles, and a rest if there is one.

// CHECK-LABEL: func @dynamic(
// CHECK:         %[[COUNT:.*]] = affine.apply #{{.*}}()[%[[LENGTH:.*]]]
// CHECK:         %[[FIRST:.*]] = affine.apply #{{.*}}()[%[[LENGTH]]]
// CHECK:         %[[ROWS:.*]] = affine.apply #{{.*}}()[%[[LENGTH]]]
// CHECK:         %[[ANY:.*]] = affine.apply #{{.*}}()[%[[LENGTH]]]
// CHECK:         scf.forall (%{{.*}}) in (%[[COUNT]])
// CHECK:           tensor.extract_slice %{{.*}}[%{{.*}}, 0] [32, 64]
// CHECK:         scf.forall (%{{.*}}) in (%[[ANY]])
// CHECK:           tensor.extract_slice %{{.*}}[%[[FIRST]], 0] [%[[ROWS]], 64]
func.func @dynamic(%query: tensor<?x64xf32>, %key: tensor<?x64xf32>, %init: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %output = attn.attention ins(%query, %key, %key : tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>)
      outs(%init : tensor<?x64xf32>) {mask = #attn.causal} -> tensor<?x64xf32>
  return %output : tensor<?x64xf32>
}
