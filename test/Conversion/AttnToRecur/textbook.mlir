// RUN: attn-opt %s -attn-to-recur=stabilize=false -canonicalize | FileCheck %s -enable-var-scope

// d' = d + e^s, n' = n + e^s v, o = n / d: two components of the state. The prefix
// is the mask.

// CHECK-LABEL: func @causal(
// CHECK:         recur.rescan {{.*}} init(%{{.*}}, %{{.*}} : tensor<f32>, tensor<5xf32>)
// CHECK-SAME:      step(%[[Q:.*]]: tensor<4xf32>, %[[K:.*]]: tensor<4xf32>, %[[V:.*]]: tensor<5xf32>, %[[D:.*]]: f32, %[[N:.*]]: tensor<5xf32>) {
// CHECK:           %[[DOT:.*]] = linalg.generic {{.*}} ins(%[[Q]], %[[K]] : tensor<4xf32>, tensor<4xf32>)
// CHECK:             math.fma
// CHECK:           %[[NUMBER:.*]] = tensor.extract %[[DOT]][]
// CHECK:           %[[SCORE:.*]] = arith.mulf %[[NUMBER]], %{{.*}} : f32
// CHECK:           %[[WEIGHT:.*]] = math.exp %[[SCORE]]
// CHECK:           %[[D2:.*]] = arith.addf %[[D]], %[[WEIGHT]]
// CHECK-NOT:       arith.select
// CHECK:           %[[N2:.*]] = linalg.generic {{.*}} ins(%[[V]] : tensor<5xf32>) outs(%[[N]] : tensor<5xf32>)
// CHECK:           ^bb0(%[[V_N:.*]]: f32, %[[N_N:.*]]: f32):
// CHECK:             math.fma %[[WEIGHT]], %[[V_N]], %[[N_N]]
// CHECK:           recur.yield %[[D2]], %[[N2]]
// CHECK:         read(%{{.*}}: tensor<4xf32>, %[[D:.*]]: f32, %[[N:.*]]: tensor<5xf32>) {
// CHECK:           %[[NONE:.*]] = arith.cmpf oeq, %[[D]]
// CHECK:             %[[QUOTIENT:.*]] = arith.divf %{{.*}}, %[[D]]
// CHECK:             arith.select %[[NONE]], %{{.*}}, %[[QUOTIENT]]
// CHECK:           %[[LSE:.*]] = math.log %[[D]]
// CHECK:           recur.yield %{{.*}}, %[[LSE]]
func.func @causal(%query: tensor<9x4xf32>, %key: tensor<9x4xf32>, %value: tensor<9x5xf32>, %init: tensor<9x5xf32>, %lse_init: tensor<9xf32>)
    -> (tensor<9x5xf32>, tensor<9xf32>) {
  %output, %lse = attn.attention ins(%query, %key, %value : tensor<9x4xf32>, tensor<9x4xf32>, tensor<9x5xf32>)
      outs(%init, %lse_init : tensor<9x5xf32>, tensor<9xf32>) {mask = #attn.causal} -> tensor<9x5xf32>, tensor<9xf32>
  return %output, %lse : tensor<9x5xf32>, tensor<9xf32>
}

// A hidden key leaves the state as it is, whatever its value.

// CHECK-LABEL: func @hidden_keys(
// CHECK-SAME:    %[[VALID:[a-z0-9]+]]: index
// CHECK:         recur.rescan
// CHECK-SAME:      step(%{{.*}}, %[[BIAS:[a-z0-9]+]]: f16, %[[D:[a-z0-9]+]]: f32, %{{.*}}: tensor<4xf32>) {
// CHECK:           %[[WIDE:.*]] = arith.extf %[[BIAS]] : f16 to f32
// CHECK:           arith.addf %{{.*}}, %[[WIDE]]
// CHECK:           %[[SEEN:.*]] = arith.cmpf une, %[[BIAS]], %{{.*}} : f16
// CHECK:           %[[IN:.*]] = arith.cmpi slt, %{{.*}}, %[[VALID]]
// CHECK:           %[[VISIBLE:.*]] = arith.andi %[[SEEN]], %[[IN]]
// CHECK:           %[[D2:.*]] = arith.addf %[[D]]
// CHECK:           arith.select %[[VISIBLE]], %[[D2]], %[[D]] : f32
// CHECK:             %[[N2:.*]] = math.fma
// CHECK:             arith.select %[[VISIBLE]], %[[N2]]
func.func @hidden_keys(%valid: index, %bias: tensor<7xf16>, %query: tensor<5x4xf16>, %key: tensor<7x4xf16>) -> tensor<5x4xf16> {
  %output = attn.attention ins(%query, %key, %key : tensor<5x4xf16>, tensor<7x4xf16>, tensor<7x4xf16>)
      mask_tensor(%bias : tensor<7xf16>) valid_keys(%valid : index) outs(%query : tensor<5x4xf16>) -> tensor<5x4xf16>
  return %output : tensor<5x4xf16>
}

// CHECK-LABEL: func @documents(
// CHECK:         recur.rescan
// CHECK-SAME:      step(%{{.*}}: tensor<8xf32>, %[[ID_T:[a-z0-9]+]]: i32, %[[ID_J:[a-z0-9]+]]: i32, %[[D:[a-z0-9]+]]: f32, %{{.*}}: tensor<8xf32>) {
// CHECK:           %[[SAME:.*]] = arith.cmpi eq, %[[ID_T]], %[[ID_J]]
// CHECK:           arith.select %[[SAME]], %{{.*}}, %[[D]]
func.func @documents(%query: tensor<12x8xf32>, %ids: tensor<12xi32>) -> tensor<12x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<12x8xf32>, tensor<12x8xf32>, tensor<12x8xf32>)
      segments(%ids, %ids : tensor<12xi32>, tensor<12xi32>)
      outs(%query : tensor<12x8xf32>) {mask = #attn.segments} -> tensor<12x8xf32>
  return %output : tensor<12x8xf32>
}
