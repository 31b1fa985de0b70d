// RUN: attn-opt %s -split-input-file -verify-diagnostics -attn-instrument -canonicalize -cse | FileCheck %s -enable-var-scope

#query = affine_map<(b, m, k1, k2, n) -> (b, k1, m)>
#key = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#value = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#row = affine_map<(b, m, k1, k2, n) -> (b, m)>
#acc = affine_map<(b, m, k1, k2, n) -> (b, n, m)>

// Without masks: the product of the sizes. A score region decides nothing.

// CHECK-LABEL: func @unmasked(
// CHECK:         %[[PAIRS:.*]] = arith.constant 384 : index
// CHECK:         attn.count "folds", %[[PAIRS]]
// CHECK-NEXT:    attn.fold
func.func @unmasked(%q: tensor<3x4x8xf32>, %k: tensor<3x16x4xf32>, %v: tensor<3x16x4xf32>, %m: tensor<3x8xf32>,
                    %l: tensor<3x8xf32>, %acc: tensor<3x4x8xf32>) -> tensor<3x4x8xf32> {
  %s:3 = attn.fold ins(%q, %k, %v : tensor<3x4x8xf32>, tensor<3x16x4xf32>, tensor<3x16x4xf32>)
           outs(%m, %l, %acc : tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x4x8xf32>)
           {indexing_maps = [#query, #key, #value, #row, #row, #acc]}
           score(%x : f32, %b : index, %i : index, %j : index) {
    %y = arith.addf %x, %x : f32
    attn.yield %y : f32
  } -> tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x4x8xf32>
  return %s#2 : tensor<3x4x8xf32>
}

// A mask attribute: one loop over queries for all batches. What the interval does
// not say is asked pair by pair, at absolute positions.

// CHECK-LABEL: func @causal(
//  CHECK-SAME:   %[[ROW:.*]]: index, %[[COLUMN:.*]]: index,
//       CHECK:   %[[SUM:.*]] = scf.for %[[I:[^ ]+]] = %{{.*}} to %c8 step %{{.*}} iter_args(%[[SO_FAR:.*]] = %c0)
//       CHECK:     %[[QUERY:.*]] = arith.addi %[[ROW]], %[[I]] : index
//       CHECK:     scf.for %[[KEY:[^ ]+]] =
//       CHECK:       arith.cmpi sle, %[[KEY]], %[[QUERY]] : index
//       CHECK:     scf.for
//       CHECK:     arith.addi %[[SO_FAR]],
//       CHECK:   %[[PAIRS:.*]] = arith.muli %[[SUM]], %c3 : index
//       CHECK:   attn.count "folds", %[[PAIRS]]
//  CHECK-NEXT:   attn.fold
func.func @causal(%i: index, %j: index, %q: tensor<3x4x8xf32>, %k: tensor<3x16x4xf32>, %v: tensor<3x16x4xf32>,
                  %m: tensor<3x8xf32>, %l: tensor<3x8xf32>, %acc: tensor<3x4x8xf32>) -> tensor<3x4x8xf32> {
  %c0 = arith.constant 0 : index
  %s:3 = attn.fold ins(%q, %k, %v : tensor<3x4x8xf32>, tensor<3x16x4xf32>, tensor<3x16x4xf32>) at(%c0, %i, %j)
           outs(%m, %l, %acc : tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x4x8xf32>)
           {indexing_maps = [#query, #key, #value, #row, #row, #acc], mask = #attn.causal}
           -> tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x4x8xf32>
  return %s#2 : tensor<3x4x8xf32>
}

// One number of valid keys per batch: a loop over batches, none over queries.

// CHECK-LABEL: func @valid_keys(
//       CHECK:   %[[SUM:.*]] = scf.for %[[B:[^ ]+]] = %{{.*}} to %c3
//       CHECK:     tensor.extract %{{.*}}[%[[B]]] : tensor<3xi64>
//   CHECK-NOT:     scf.for
//       CHECK:     arith.muli %{{.*}}, %c8 : index
//       CHECK:   attn.count "folds", %[[SUM]]
func.func @valid_keys(%valid: tensor<3xi64>, %q: tensor<3x4x8xf32>, %k: tensor<3x16x4xf32>, %v: tensor<3x16x4xf32>,
                      %m: tensor<3x8xf32>, %l: tensor<3x8xf32>, %acc: tensor<3x4x8xf32>) -> tensor<3x4x8xf32> {
  %s:3 = attn.fold ins(%q, %k, %v : tensor<3x4x8xf32>, tensor<3x16x4xf32>, tensor<3x16x4xf32>)
           valid_keys(%valid : tensor<3xi64>)
           outs(%m, %l, %acc : tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x4x8xf32>)
           {indexing_maps = [#query, #key, #value, #row, #row, #acc]}
           -> tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x4x8xf32>
  return %s#2 : tensor<3x4x8xf32>
}

// A mask tensor that all batches share: one look at each element, as bits.

// CHECK-LABEL: func @mask_tensor(
//       CHECK:   scf.for %[[I:[^ ]+]] = %{{.*}} to %c8
//       CHECK:     scf.for %[[J:[^ ]+]] = %{{.*}} to %c16
//       CHECK:       %[[ELEMENT:.*]] = tensor.extract %{{.*}}[%[[I]], %[[J]]] : tensor<8x16xbf16>
//       CHECK:       %[[BITS:.*]] = arith.bitcast %[[ELEMENT]] : bf16 to i16
//       CHECK:       arith.cmpi ne, %[[BITS]], %c-128_i16 : i16
//       CHECK:   arith.muli %{{.*}}, %c3 : index
func.func @mask_tensor(%mask: tensor<8x16xbf16>, %q: tensor<3x4x8xf32>, %k: tensor<3x16x4xf32>, %v: tensor<3x16x4xf32>,
                       %m: tensor<3x8xf32>, %l: tensor<3x8xf32>, %acc: tensor<3x4x8xf32>) -> tensor<3x4x8xf32> {
  %s:3 = attn.fold ins(%q, %k, %v : tensor<3x4x8xf32>, tensor<3x16x4xf32>, tensor<3x16x4xf32>)
           mask_tensor(%mask : tensor<8x16xbf16>)
           outs(%m, %l, %acc : tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x4x8xf32>)
           {indexing_maps = [#query, #key, #value, affine_map<(b, m, k1, k2, n) -> (m, k2)>, #row, #row, #acc]}
           -> tensor<3x8xf32>, tensor<3x8xf32>, tensor<3x4x8xf32>
  return %s#2 : tensor<3x4x8xf32>
}

// -----

// A count that nobody reads stays, in its loop; two that look alike both stay.

// CHECK-LABEL: func @negative_removed_or_moved(
//       CHECK:   scf.for
//  CHECK-NEXT:     attn.count "folds", %[[N:.*]]
//  CHECK-NEXT:     attn.count "folds", %[[N]]
//  CHECK-NEXT:   }
func.func @negative_removed_or_moved(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    attn.count "folds", %n
    attn.count "folds", %n
  }
  return
}

// -----

func.func @not_a_form_yet(%q: tensor<8x4xf32>) -> tensor<8x4xf32> {
  // expected-error @below {{has no folds yet that could be counted; rewrite it to a form first (attn-to-blocked, attn-to-materialized)}}
  %o = attn.attention ins(%q, %q, %q : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
         outs(%q : tensor<8x4xf32>) -> tensor<8x4xf32>
  return %o : tensor<8x4xf32>
}
