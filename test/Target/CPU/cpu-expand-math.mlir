// RUN: attn-opt %s -cpu-expand-math | FileCheck %s -enable-var-scope -implicit-check-not=fastmath

// CHECK-LABEL: func @exp2_f32(
//   CHECK-NOT:   math.exp2
// CHECK-COUNT-6: math.fma {{.*}} : vector<8xf32>
//   CHECK-NOT:   math.fma
// CHECK-COUNT-2: arith.mulf
//   CHECK-NOT:   arith.mulf
func.func @exp2_f32(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.exp2 %x : vector<8xf32>
  return %y : vector<8xf32>
}

// A weight is at most 1: one scaling less, and no upper clamp.
// CHECK-LABEL: func @exp2_of_a_weight(
// CHECK-COUNT-1: arith.select
//   CHECK-NOT:   arith.select
// CHECK-COUNT-5: math.fma
//   CHECK-NOT:   math.fma
// CHECK-COUNT-1: arith.mulf
//   CHECK-NOT:   arith.mulf
func.func @exp2_of_a_weight(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.exp2 %x {attn.nonpositive} : vector<8xf32>
  return %y : vector<8xf32>
}

// CHECK-LABEL: func @exp2_f64(
// CHECK-COUNT-11: math.fma {{.*}} : f64
//   CHECK-NOT:   math.fma
func.func @exp2_f64(%x: f64) -> f64 {
  %y = math.exp2 %x : f64
  return %y : f64
}

// What score regions use vectorizes too.
// CHECK-LABEL: func @tanh(
//   CHECK-NOT:   math.tanh
func.func @tanh(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.tanh %x : vector<8xf32>
  return %y : vector<8xf32>
}

// CHECK-LABEL: func @negative_exp2_f16(
//       CHECK:   math.exp2
func.func @negative_exp2_f16(%x: f16) -> f16 {
  %y = math.exp2 %x : f16
  return %y : f16
}

// CHECK-LABEL: func @exp(
//   CHECK-NOT:   math.exp
func.func @exp(%x: vector<4xf64>) -> vector<4xf64> {
  %y = math.exp %x : vector<4xf64>
  return %y : vector<4xf64>
}

// Four parts of pi/2 are taken off one after the other.
// CHECK-LABEL: func @sine(
//   CHECK-NOT:   math.sin
//   CHECK-NOT:   math.cos
// CHECK-COUNT-5: math.fma {{.*}} : vector<8xf32>
func.func @sine(%x: vector<8xf32>, %z: f64) -> (vector<8xf32>, f64) {
  %y = math.sin %x : vector<8xf32>
  %w = math.cos %z : f64
  return %y, %w : vector<8xf32>, f64
}

// Upstream's approximation takes vectors only.
// CHECK-LABEL: func @negative_rsqrt(
// CHECK-COUNT-2: math.rsqrt
func.func @negative_rsqrt(%x: f32, %z: vector<8xf32>) -> (f32, vector<8xf32>) {
  %y = math.rsqrt %x : f32
  %w = math.rsqrt %z : vector<8xf32>
  return %y, %w : f32, vector<8xf32>
}
