// RUN: attn-opt %s -attn-decompose -canonicalize -cse -split-input-file \
// RUN:   | FileCheck %s -enable-var-scope -implicit-check-not=fastmath -implicit-check-not=e+30 -implicit-check-not=" attn."

#query = affine_map<(m, k1, k2, n) -> (k1, m)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (n, m)>

// Queries innermost in acc: scores are (k2, m), products (k2, m, k1) and (n, m, k2).

// CHECK-DAG:   #[[$KEY:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG:   #[[$QUERY:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG:   #[[$SCORE:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func @fold(
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<8x16xf32>, %[[KEY:[a-z0-9]+]]: tensor<32x8xf32>, %[[VALUE:[a-z0-9]+]]: tensor<32x4xf32>
// CHECK-SAME:    %[[MAX:[a-z0-9]+]]: tensor<16xf32>, %[[SUM:[a-z0-9]+]]: tensor<16xf32>, %[[ACC:[a-z0-9]+]]: tensor<4x16xf32>
// 1/sqrt(8) * log2(e), rounded once.
// CHECK-DAG:     %[[SCALE:.*]] = arith.constant 0.510069728 : f32
// CHECK-DAG:     %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG:     %[[MINUS_INFINITY:.*]] = arith.constant 0xFF800000 : f32
// CHECK:         %[[RAW:.*]] = linalg.generic {indexing_maps = [#[[$KEY]], #[[$QUERY]], #[[$SCORE]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[KEY]], %[[QUERY]] :
// CHECK:           math.fma
// CHECK:         %[[SCORES:.*]]:2 = linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]} outs(%[[RAW]], %{{.*}} :
// CHECK:         ^bb0(%[[S:.*]]: f32, %[[M:.*]]: f32):
// CHECK:           %[[SCALED:.*]] = arith.mulf %[[S]], %[[SCALE]]
// CHECK:           %[[GREATER:.*]] = arith.cmpf ogt, %[[SCALED]], %[[M]]
// CHECK:           %[[NEW_M:.*]] = arith.select %[[GREATER]], %[[SCALED]], %[[M]]
// CHECK:           linalg.yield %[[SCALED]], %[[NEW_M]]
// CHECK:         %[[RAISED:.*]]:2 = linalg.generic {{.*}} ins(%[[SCORES]]#1 : tensor<16xf32>) outs(%{{.*}}, %[[MAX]] :
// CHECK:         ^bb0(%[[TILE:.*]]: f32, %{{.*}}: f32, %[[OLD:.*]]: f32):
// CHECK:           %[[RISES:.*]] = arith.cmpf ogt, %[[TILE]], %[[OLD]]
// CHECK:           %[[NEW:.*]] = arith.select %[[RISES]], %[[TILE]], %[[OLD]]
// CHECK:           %[[EMPTY:.*]] = arith.cmpf oeq, %[[NEW]], %[[MINUS_INFINITY]]
// CHECK:           %[[GUARDED:.*]] = arith.select %[[EMPTY]], %[[ZERO]], %[[NEW]]
// CHECK:           %[[DIFFERENCE:.*]] = arith.subf %[[OLD]], %[[GUARDED]]
// CHECK:           %[[DECAY:.*]] = math.exp2 %[[DIFFERENCE]] {attn.nonpositive}
// CHECK:           linalg.yield %[[DECAY]], %[[NEW]]
// CHECK:         %[[DECAYED_SUM:.*]] = linalg.generic {{.*}} ins(%[[RAISED]]#0 : tensor<16xf32>) outs(%[[SUM]] :
// CHECK:         %[[WEIGHTS:.*]]:2 = linalg.generic {{.*}} ins(%[[RAISED]]#1 : tensor<16xf32>) outs(%[[SCORES]]#0, %[[DECAYED_SUM]] :
// CHECK:           %[[WEIGHT:.*]] = math.exp2
// CHECK-NEXT:      %[[NEW_L:.*]] = arith.addf %{{.*}}, %[[WEIGHT]]
// CHECK-NEXT:      linalg.yield %[[WEIGHT]], %[[NEW_L]]
// CHECK:         %[[DECAYED_ACC:.*]] = linalg.generic {{.*}} ins(%[[RAISED]]#0 : tensor<16xf32>) outs(%[[ACC]] :
// CHECK:         %[[NEW_ACC:.*]] = linalg.generic {{.*}} ins(%[[VALUE]], %[[WEIGHTS]]#0 : {{.*}} outs(%[[DECAYED_ACC]] :
// CHECK:           %[[PRODUCT:.*]] = math.fma
// CHECK-NEXT:      linalg.yield %[[PRODUCT]]
// CHECK:         return %[[RAISED]]#1, %[[WEIGHTS]]#1, %[[NEW_ACC]]
func.func @fold(%query: tensor<8x16xf32>, %key: tensor<32x8xf32>, %value: tensor<32x4xf32>, %max: tensor<16xf32>,
                %sum: tensor<16xf32>, %acc: tensor<4x16xf32>) -> (tensor<16xf32>, tensor<16xf32>, tensor<4x16xf32>) {
  %state:3 = attn.fold ins(%query, %key, %value : tensor<8x16xf32>, tensor<32x8xf32>, tensor<32x4xf32>)
      outs(%max, %sum, %acc : tensor<16xf32>, tensor<16xf32>, tensor<4x16xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<16xf32>, tensor<16xf32>, tensor<4x16xf32>
  return %state#0, %state#1, %state#2 : tensor<16xf32>, tensor<16xf32>, tensor<4x16xf32>
}

// A hidden key has score -inf and weight -0.0, whose sign skips the product:
// 0 * NaN would not be 0. Positions are absolute, the offset is the query's.

// CHECK-LABEL: func @masked_fold(
// CHECK-SAME:    %[[OFFSET:[a-z0-9]+]]: index, %[[FIRST_QUERY:[a-z0-9]+]]: index, %[[FIRST_KEY:[a-z0-9]+]]: index
// CHECK-DAG:     %[[MINUS_ZERO:.*]] = arith.constant -0.000000e+00 : f32
// CHECK-DAG:     %[[MINUS_INFINITY:.*]] = arith.constant 0xFF800000 : f32
// CHECK:         %[[SCALED:.*]] = arith.mulf
// CHECK:         %[[I:.*]] = linalg.index 1
// CHECK:         %[[ROW:.*]] = arith.addi %[[I]], %[[FIRST_QUERY]]
// CHECK:         %[[QUERY:.*]] = arith.addi %[[ROW]], %[[OFFSET]]
// CHECK:         %[[J:.*]] = linalg.index 0
// CHECK:         %[[KEY:.*]] = arith.addi %[[J]], %[[FIRST_KEY]]
// CHECK:         %[[VISIBLE:.*]] = arith.cmpi sle, %[[KEY]], %[[QUERY]]
// CHECK:         arith.select %[[VISIBLE]], %[[SCALED]], %[[MINUS_INFINITY]]
// CHECK:         iterator_types = ["reduction", "parallel"]} ins(
// CHECK-NEXT:    ^bb0(%{{.*}}: f32, %[[SCORE:.*]]: f32, %{{.*}}: f32):
// CHECK:         %[[POWER:.*]] = math.exp2
// CHECK:         %[[HIDDEN:.*]] = arith.cmpf oeq, %[[SCORE]], %[[MINUS_INFINITY]]
// CHECK:         arith.select %[[HIDDEN]], %[[MINUS_ZERO]], %[[POWER]]
// CHECK:         iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK-NEXT:    ^bb0(%[[VALUE:.*]]: f32, %[[WEIGHT:.*]]: f32, %[[SUM:.*]]: f32):
// CHECK:         %[[BITS:.*]] = arith.bitcast %[[WEIGHT]]
// CHECK:         %[[NEGATIVE:.*]] = arith.cmpi slt, %[[BITS]]
// CHECK:         %[[SHOWN:.*]] = arith.select %[[NEGATIVE]], %{{.*}}, %[[VALUE]]
// CHECK:         math.fma %[[SHOWN]], %[[WEIGHT]], %[[SUM]]
func.func @masked_fold(%offset: index, %first_query: index, %first_key: index,
                       %query: tensor<8x16xf32>, %key: tensor<32x8xf32>, %max: tensor<16xf32>, %acc: tensor<8x16xf32>)
    -> (tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>) {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<8x16xf32>, tensor<32x8xf32>, tensor<32x8xf32>)
      query_offset(%offset : index) at(%first_query, %first_key)
      outs(%max, %max, %acc : tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc], mask = #attn.causal}
      -> tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>
  return %state#0, %state#1, %state#2 : tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>
}

// -----

#query = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#key = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#value = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#mask = affine_map<(b, m, k1, k2, n) -> (m, k2)>
#row = affine_map<(b, m, k1, k2, n) -> (b, m)>
#acc = affine_map<(b, m, k1, k2, n) -> (b, m, n)>

// Scale, then the region in natural units, then log2(e), then what hides.

// CHECK-LABEL: func @order(
// CHECK-SAME:    %[[VALID:[a-z0-9]+]]: tensor<2xi64>
// CHECK-DAG:     %[[SCALE:.*]] = arith.constant 5.000000e-01 : f32
// CHECK-DAG:     %[[LOG2E:.*]] = arith.constant 1.44269502 : f32
// CHECK:         arith.extf %{{.*}} : f16 to f32
// CHECK:         math.fma
// CHECK:         ^bb0(%[[VISIBLE_HERE:.*]]: i1, %[[RAW:.*]]: f32, %{{.*}}: f32):
// CHECK:         %[[SCALED:.*]] = arith.mulf %[[RAW]], %[[SCALE]]
// CHECK:         %[[CAPPED:.*]] = math.tanh %[[SCALED]]
// CHECK:         %[[SCORE:.*]] = arith.mulf %[[CAPPED]], %[[LOG2E]]
// CHECK:         %[[B:.*]] = linalg.index 0
// CHECK:         %[[COUNT:.*]] = tensor.extract %[[VALID]][%[[B]]]
// CHECK:         %[[COUNT_INDEX:.*]] = arith.index_cast %[[COUNT]] : i64 to index
// CHECK:         %[[IS_VALID:.*]] = arith.cmpi slt, %{{.*}}, %[[COUNT_INDEX]]
// CHECK:         %[[VISIBLE:.*]] = arith.andi %[[VISIBLE_HERE]], %[[IS_VALID]]
// CHECK:         arith.select %[[VISIBLE]], %[[SCORE]],
func.func @order(%valid: tensor<2xi64>, %mask: tensor<16x32xi1>, %query: tensor<2x16x8xf16>,
                 %key: tensor<2x32x8xf16>, %max: tensor<2x16xf32>, %acc: tensor<2x16x8xf32>)
    -> (tensor<2x16xf32>, tensor<2x16xf32>, tensor<2x16x8xf32>) {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<2x16x8xf16>, tensor<2x32x8xf16>, tensor<2x32x8xf16>)
      mask_tensor(%mask : tensor<16x32xi1>) valid_keys(%valid : tensor<2xi64>)
      outs(%max, %max, %acc : tensor<2x16xf32>, tensor<2x16xf32>, tensor<2x16x8xf32>)
      {indexing_maps = [#query, #key, #value, #mask, #row, #row, #acc], scale = 0.5 : f64}
      score(%score : f32, %b : index, %i : index, %j : index) {
    %capped = math.tanh %score : f32
    attn.yield %capped : f32
  } -> tensor<2x16xf32>, tensor<2x16xf32>, tensor<2x16x8xf32>
  return %state#0, %state#1, %state#2 : tensor<2x16xf32>, tensor<2x16xf32>, tensor<2x16x8xf32>
}

// A bias of -inf hides, whatever the score; a finite one is added, and stays
// finite in base 2.

// CHECK-LABEL: func @additive_mask(
// CHECK-DAG:     %[[LOG2E:.*]] = arith.constant 1.44269502 : f32
// CHECK-DAG:     %[[MINUS_INFINITY:.*]] = arith.constant 0xFF800000 : f32
// CHECK:         ^bb0(%[[ELEMENT:.*]]: bf16, %[[RAW:.*]]: f32, %{{.*}}: f32):
// CHECK:         %[[SCALED:.*]] = arith.mulf %[[RAW]]
// CHECK:         %[[BIAS:.*]] = arith.extf %[[ELEMENT]] : bf16 to f32
// CHECK:         %[[VISIBLE:.*]] = arith.cmpf une, %[[BIAS]], %[[MINUS_INFINITY]]
// CHECK:         %[[LESS:[^ ]+]] = arith.cmpf olt, %[[BIAS]], %[[LEAST:[^ ]+]] : f32
// CHECK:         %[[KEPT:[^ ]+]] = arith.select %[[LESS]], %[[LEAST]], %[[BIAS]] : f32
// CHECK:         %[[SCORE:.*]] = math.fma %[[KEPT]], %[[LOG2E]], %[[SCALED]]
// CHECK:         arith.select %[[VISIBLE]], %[[SCORE]], %[[MINUS_INFINITY]]
func.func @additive_mask(%mask: tensor<16x32xbf16>, %query: tensor<2x16x8xf32>, %key: tensor<2x32x8xf32>,
                         %max: tensor<2x16xf32>, %acc: tensor<2x16x8xf32>)
    -> (tensor<2x16xf32>, tensor<2x16xf32>, tensor<2x16x8xf32>) {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<2x16x8xf32>, tensor<2x32x8xf32>, tensor<2x32x8xf32>)
      mask_tensor(%mask : tensor<16x32xbf16>)
      outs(%max, %max, %acc : tensor<2x16xf32>, tensor<2x16xf32>, tensor<2x16x8xf32>)
      {indexing_maps = [#query, #key, #value, #mask, #row, #row, #acc]}
      -> tensor<2x16xf32>, tensor<2x16xf32>, tensor<2x16x8xf32>
  return %state#0, %state#1, %state#2 : tensor<2x16xf32>, tensor<2x16xf32>, tensor<2x16x8xf32>
}

// The number of features is only known when it runs; in double, rounded once.

// CHECK-LABEL: func @dynamic_scale(
// CHECK-DAG:     %[[LOG2E:.*]] = arith.constant 1.4426950408889634 : f64
// CHECK:         %[[FEATURES:.*]] = arith.sitofp %{{.*}} : i64 to f64
// CHECK:         %[[ROOT:.*]] = math.sqrt %[[FEATURES]]
// CHECK:         %[[SCALE:.*]] = arith.divf %[[LOG2E]], %[[ROOT]] : f64
// CHECK:         %[[ROUNDED:.*]] = arith.truncf %[[SCALE]] : f64 to f32
// CHECK:         arith.mulf %{{.*}}, %[[ROUNDED]]
func.func @dynamic_scale(%query: tensor<2x16x?xf32>, %key: tensor<2x32x?xf32>, %value: tensor<2x32x8xf32>,
                         %max: tensor<2x16xf32>, %acc: tensor<2x16x8xf32>)
    -> (tensor<2x16xf32>, tensor<2x16xf32>, tensor<2x16x8xf32>) {
  %state:3 = attn.fold ins(%query, %key, %value : tensor<2x16x?xf32>, tensor<2x32x?xf32>, tensor<2x32x8xf32>)
      outs(%max, %max, %acc : tensor<2x16xf32>, tensor<2x16xf32>, tensor<2x16x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]}
      -> tensor<2x16xf32>, tensor<2x16xf32>, tensor<2x16x8xf32>
  return %state#0, %state#1, %state#2 : tensor<2x16xf32>, tensor<2x16xf32>, tensor<2x16x8xf32>
}

// -----

#partial_row = affine_map<(m, s, n) -> (s, m)>
#partial_acc = affine_map<(m, s, n) -> (s, m, n)>
#row = affine_map<(m, s, n) -> (m)>
#acc = affine_map<(m, s, n) -> (m, n)>

// What an empty partial state adds is -0, which changes nothing.

// CHECK-LABEL: func @combine(
// CHECK-SAME:    %[[PARTIAL_MAX:[a-z0-9]+]]: tensor<4x16xf32>, %[[PARTIAL_SUM:[a-z0-9]+]]: tensor<4x16xf32>, %[[PARTIAL_ACC:[a-z0-9]+]]: tensor<4x16x8xf32>
// CHECK-SAME:    %[[MAX:[a-z0-9]+]]: tensor<16xf32>, %[[SUM:[a-z0-9]+]]: tensor<16xf32>, %[[ACC:[a-z0-9]+]]: tensor<16x8xf32>
// CHECK-DAG:     %[[MINUS_INFINITY:.*]] = arith.constant 0xFF800000 : f32
// CHECK-DAG:     %[[MINUS_ZERO:.*]] = arith.constant -0.000000e+00 : f32
// CHECK:         %[[LARGEST:.*]] = linalg.generic {{.*}} ins(%[[PARTIAL_MAX]] : tensor<4x16xf32>)
// CHECK:           arith.cmpf ogt
// CHECK:         %[[RAISED:.*]]:2 = linalg.generic {{.*}} ins(%[[LARGEST]] : tensor<16xf32>) outs(%{{.*}}, %[[MAX]] :
// CHECK:           math.exp2
// CHECK:         %[[DECAYS:.*]] = linalg.generic {{.*}} ins(%[[PARTIAL_MAX]], %[[RAISED]]#1 :
// CHECK:         ^bb0(%[[M_S:.*]]: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK:           %[[DECAY:.*]] = math.exp2
// CHECK:           %[[EMPTY:.*]] = arith.cmpf oeq, %[[M_S]], %[[MINUS_INFINITY]]
// CHECK:           arith.select %[[EMPTY]], %[[MINUS_ZERO]], %[[DECAY]]
// CHECK:         %[[DECAYED_SUM:.*]] = linalg.generic {{.*}} ins(%[[RAISED]]#0 : {{.*}} outs(%[[SUM]] :
// CHECK:         %[[NEW_SUM:.*]] = linalg.generic {{.*}} ins(%[[PARTIAL_SUM]], %[[DECAYS]] : {{.*}} outs(%[[DECAYED_SUM]] :
// CHECK:           math.fma
// CHECK:         %[[DECAYED_ACC:.*]] = linalg.generic {{.*}} ins(%[[RAISED]]#0 : {{.*}} outs(%[[ACC]] :
// CHECK:         %[[NEW_ACC:.*]] = linalg.generic {{.*}} ins(%[[PARTIAL_ACC]], %[[DECAYS]] : {{.*}} outs(%[[DECAYED_ACC]] :
// CHECK:           math.fma
// CHECK:         return %[[RAISED]]#1, %[[NEW_SUM]], %[[NEW_ACC]]
func.func @combine(%partial_max: tensor<4x16xf32>, %partial_sum: tensor<4x16xf32>, %partial_acc: tensor<4x16x8xf32>,
                   %max: tensor<16xf32>, %sum: tensor<16xf32>, %acc: tensor<16x8xf32>)
    -> (tensor<16xf32>, tensor<16xf32>, tensor<16x8xf32>) {
  %state:3 = attn.combine ins(%partial_max, %partial_sum, %partial_acc : tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16x8xf32>)
      outs(%max, %sum, %acc : tensor<16xf32>, tensor<16xf32>, tensor<16x8xf32>)
      {indexing_maps = [#partial_row, #partial_row, #partial_acc, #row, #row, #acc]}
      -> tensor<16xf32>, tensor<16xf32>, tensor<16x8xf32>
  return %state#0, %state#1, %state#2 : tensor<16xf32>, tensor<16xf32>, tensor<16x8xf32>
}

// -----

#row = affine_map<(m, n) -> (m)>
#acc = affine_map<(m, n) -> (n, m)>
#output = affine_map<(m, n) -> (m, n)>

// An empty row is 0 and -inf: selected, not multiplied. Elements go to their places
// as they are divided.

// CHECK-LABEL: func @finish(
// CHECK-SAME:    %[[MAX:[a-z0-9]+]]: tensor<16xf32>, %[[SUM:[a-z0-9]+]]: tensor<16xf32>, %[[ACC:[a-z0-9]+]]: tensor<8x16xf32>
// CHECK-SAME:    %[[INIT:[a-z0-9]+]]: tensor<16x8xbf16>, %[[LSE_INIT:[a-z0-9]+]]: tensor<16xf32>
// CHECK-DAG:     %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG:     %[[LN2:.*]] = arith.constant 0.693147182 : f32
// CHECK-DAG:     %[[MINUS_INFINITY:.*]] = arith.constant 0xFF800000 : f32
// CHECK:         %[[OUTPUT:.*]] = linalg.generic {{.*}} ins(%[[ACC]], %[[SUM]] : {{.*}} outs(%[[INIT]] : tensor<16x8xbf16>)
// CHECK:         ^bb0(%[[A:.*]]: f32, %[[L:.*]]: f32, %{{.*}}: bf16):
// CHECK:           %[[EMPTY:.*]] = arith.cmpf oeq, %[[L]], %[[ZERO]]
// CHECK:           %[[QUOTIENT:.*]] = arith.divf %[[A]], %[[L]]
// CHECK:           %[[O:.*]] = arith.select %[[EMPTY]], %[[ZERO]], %[[QUOTIENT]]
// CHECK:           arith.truncf %[[O]] : f32 to bf16
// CHECK:         %[[LSE:.*]] = linalg.generic {{.*}} ins(%[[MAX]], %[[SUM]] : {{.*}} outs(%[[LSE_INIT]] :
// CHECK:         ^bb0(%[[M:.*]]: f32, %[[L_AGAIN:.*]]: f32, %{{.*}}: f32):
// CHECK:           %[[LOG:.*]] = math.log %[[L_AGAIN]]
// CHECK:           %[[NATURAL:.*]] = math.fma %[[M]], %[[LN2]], %[[LOG]]
// CHECK:           %[[NONE:.*]] = arith.cmpf oeq, %[[L_AGAIN]], %[[ZERO]]
// CHECK:           arith.select %[[NONE]], %[[MINUS_INFINITY]], %[[NATURAL]]
// CHECK:         return %[[OUTPUT]], %[[LSE]]
func.func @finish(%max: tensor<16xf32>, %sum: tensor<16xf32>, %acc: tensor<8x16xf32>, %init: tensor<16x8xbf16>,
                  %lse_init: tensor<16xf32>) -> (tensor<16x8xbf16>, tensor<16xf32>) {
  %output, %lse = attn.finish ins(%max, %sum, %acc : tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>)
      outs(%init, %lse_init : tensor<16x8xbf16>, tensor<16xf32>)
      {indexing_maps = [#row, #row, #acc, #output, #row]} -> tensor<16x8xbf16>, tensor<16xf32>
  return %output, %lse : tensor<16x8xbf16>, tensor<16xf32>
}

// f64 stays f64.

// CHECK-LABEL: func @finish_f64(
// CHECK-NOT:     f32
// CHECK:         arith.divf {{.*}} : f64
// CHECK-NOT:     f32
// CHECK:         return
func.func @finish_f64(%row: tensor<16xf64>, %acc: tensor<16x8xf64>) -> tensor<16x8xf64> {
  %output = attn.finish ins(%row, %row, %acc : tensor<16xf64>, tensor<16xf64>, tensor<16x8xf64>)
      outs(%acc : tensor<16x8xf64>) {indexing_maps = [#row, #row, #output, #output]} -> tensor<16x8xf64>
  return %output : tensor<16x8xf64>
}
