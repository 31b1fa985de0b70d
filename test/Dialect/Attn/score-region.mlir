// Which score regions are masks of their own: a fold with one has weights of -0.0.
// RUN: attn-opt %s -attn-decompose | FileCheck %s -enable-var-scope

#query = affine_map<(m, k1, k2, n) -> (k1, m)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (n, m)>

// Arithmetic on the score hides nothing.

// CHECK-LABEL: func @softcap(
// CHECK-NOT:     arith.constant -0.000000e+00 : f32
// CHECK:         return
func.func @softcap(%query: tensor<8x16xf32>, %key: tensor<32x8xf32>, %max: tensor<16xf32>,
    %acc: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<8x16xf32>, tensor<32x8xf32>, tensor<32x8xf32>)
      outs(%max, %max, %acc : tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} score(%s : f32, %i : index, %j : index) {
    %cap = arith.constant 50.0 : f32
    %small = arith.divf %s, %cap : f32
    %tanh = math.tanh %small : f32
    %capped = arith.mulf %tanh, %cap : f32
    attn.yield %capped : f32
  } -> tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>
  return %state#2 : tensor<8x16xf32>
}

// A number from memory that is the same for all keys hides none before others.

// CHECK-LABEL: func @alibi(
// CHECK-NOT:     arith.constant -0.000000e+00 : f32
// CHECK:         return
func.func @alibi(%query: tensor<8x16xf32>, %key: tensor<32x8xf32>, %max: tensor<16xf32>,
    %acc: tensor<8x16xf32>, %slopes: tensor<8xf32>) -> tensor<8x16xf32> {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<8x16xf32>, tensor<32x8xf32>, tensor<32x8xf32>)
      outs(%max, %max, %acc : tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} score(%s : f32, %i : index, %j : index) {
    %head = arith.constant 3 : index
    %slope = tensor.extract %slopes[%head] : tensor<8xf32>
    %steps = arith.subi %j, %i : index
    %integer = arith.index_cast %steps : index to i64
    %distance = arith.sitofp %integer : i64 to f32
    %bias = arith.mulf %slope, %distance : f32
    %score = arith.addf %s, %bias : f32
    attn.yield %score : f32
  } -> tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>
  return %state#2 : tensor<8x16xf32>
}

// CHECK-LABEL: func @chosen_by_the_row(
// CHECK-NOT:     arith.constant -0.000000e+00 : f32
// CHECK:         return
func.func @chosen_by_the_row(%query: tensor<8x16xf32>, %key: tensor<32x8xf32>, %max: tensor<16xf32>,
    %acc: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<8x16xf32>, tensor<32x8xf32>, tensor<32x8xf32>)
      outs(%max, %max, %acc : tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} score(%s : f32, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %four = arith.constant 4 : index
    %late = arith.cmpi sge, %i, %four : index
    %score = arith.select %late, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>
  return %state#2 : tensor<8x16xf32>
}

// A number from memory for each key may be -inf for some.

// CHECK-LABEL: func @bias_of_keys(
// CHECK:         arith.constant -0.000000e+00 : f32
func.func @bias_of_keys(%query: tensor<8x16xf32>, %key: tensor<32x8xf32>, %max: tensor<16xf32>,
    %acc: tensor<8x16xf32>, %biases: tensor<32xf32>) -> tensor<8x16xf32> {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<8x16xf32>, tensor<32x8xf32>, tensor<32x8xf32>)
      outs(%max, %max, %acc : tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} score(%s : f32, %i : index, %j : index) {
    %bias = tensor.extract %biases[%j] : tensor<32xf32>
    %score = arith.addf %s, %bias : f32
    attn.yield %score : f32
  } -> tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>
  return %state#2 : tensor<8x16xf32>
}

// CHECK-LABEL: func @chosen_by_the_key(
// CHECK:         arith.constant -0.000000e+00 : f32
func.func @chosen_by_the_key(%query: tensor<8x16xf32>, %key: tensor<32x8xf32>, %max: tensor<16xf32>,
    %acc: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<8x16xf32>, tensor<32x8xf32>, tensor<32x8xf32>)
      outs(%max, %max, %acc : tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} score(%s : f32, %i : index, %j : index) {
    %never = arith.constant 0xFF800000 : f32
    %one = arith.constant 1 : index
    %bit = arith.andi %j, %one : index
    %odd = arith.cmpi eq, %bit, %one : index
    %score = arith.select %odd, %s, %never : f32
    attn.yield %score : f32
  } -> tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>
  return %state#2 : tensor<8x16xf32>
}

// CHECK-LABEL: func @captured_and_chosen_by_the_score(
// CHECK:         arith.constant -0.000000e+00 : f32
func.func @captured_and_chosen_by_the_score(%query: tensor<8x16xf32>, %key: tensor<32x8xf32>, %max: tensor<16xf32>,
    %acc: tensor<8x16xf32>, %other: f32) -> tensor<8x16xf32> {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<8x16xf32>, tensor<32x8xf32>, tensor<32x8xf32>)
      outs(%max, %max, %acc : tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} score(%s : f32, %i : index, %j : index) {
    %zero = arith.constant 0.0 : f32
    %positive = arith.cmpf ogt, %s, %zero : f32
    %score = arith.select %positive, %s, %other : f32
    attn.yield %score : f32
  } -> tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>
  return %state#2 : tensor<8x16xf32>
}

// ln(0) = -inf.

// CHECK-LABEL: func @logarithm_of_a_distance(
// CHECK:         arith.constant -0.000000e+00 : f32
func.func @logarithm_of_a_distance(%query: tensor<8x16xf32>, %key: tensor<32x8xf32>, %max: tensor<16xf32>,
    %acc: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<8x16xf32>, tensor<32x8xf32>, tensor<32x8xf32>)
      outs(%max, %max, %acc : tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} score(%s : f32, %i : index, %j : index) {
    %steps = arith.subi %i, %j : index
    %integer = arith.index_cast %steps : index to i64
    %distance = arith.sitofp %integer : i64 to f32
    %bias = math.log %distance : f32
    %score = arith.addf %s, %bias : f32
    attn.yield %score : f32
  } -> tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>
  return %state#2 : tensor<8x16xf32>
}

// CHECK-LABEL: func @quotient_by_a_distance(
// CHECK:         arith.constant -0.000000e+00 : f32
func.func @quotient_by_a_distance(%query: tensor<8x16xf32>, %key: tensor<32x8xf32>, %max: tensor<16xf32>,
    %acc: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %state:3 = attn.fold ins(%query, %key, %key : tensor<8x16xf32>, tensor<32x8xf32>, tensor<32x8xf32>)
      outs(%max, %max, %acc : tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} score(%s : f32, %i : index, %j : index) {
    %minus = arith.constant -1.0 : f32
    %steps = arith.subi %i, %j : index
    %integer = arith.index_cast %steps : index to i64
    %distance = arith.sitofp %integer : i64 to f32
    %bias = arith.divf %minus, %distance : f32
    %score = arith.addf %s, %bias : f32
    attn.yield %score : f32
  } -> tensor<16xf32>, tensor<16xf32>, tensor<8x16xf32>
  return %state#2 : tensor<8x16xf32>
}
