// RUN: attn-opt %s --attn-raise-pipeline | FileCheck %s
// RUN: %check_raised %s

// TOSA, as an exporter of PyTorch or TensorFlow Lite writes it; lowered to
// linalg by MLIR's own passes.

// CHECK-NOT: {{math.exp|linalg.softmax}}
// CHECK: attn.attention
// CHECK-NOT: {{math.exp|linalg.softmax|attn.attention}}

func.func @attention(%query: tensor<6x5x4xf32>,
                     %key: tensor<6x5x4xf32>,
                     %value: tensor<6x5x4xf32>) -> tensor<6x5x4xf32> {
  %zero_point = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %shift = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
  %scale = "tosa.const"() <{values = dense<0.5> : tensor<1x1x1xf32>}> : () -> tensor<1x1x1xf32>
  %key_transposed = tosa.transpose %key {perms = array<i32: 0, 2, 1>} : (tensor<6x5x4xf32>) -> tensor<6x4x5xf32>
  %scores = tosa.matmul %query, %key_transposed, %zero_point, %zero_point : (tensor<6x5x4xf32>, tensor<6x4x5xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<6x5x5xf32>
  %scaled = tosa.mul %scores, %scale, %shift : (tensor<6x5x5xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<6x5x5xf32>
  %max = tosa.reduce_max %scaled {axis = 2 : i32} : (tensor<6x5x5xf32>) -> tensor<6x5x1xf32>
  %difference = tosa.sub %scaled, %max : (tensor<6x5x5xf32>, tensor<6x5x1xf32>) -> tensor<6x5x5xf32>
  %power = tosa.exp %difference : (tensor<6x5x5xf32>) -> tensor<6x5x5xf32>
  %sum = tosa.reduce_sum %power {axis = 2 : i32} : (tensor<6x5x5xf32>) -> tensor<6x5x1xf32>
  %reciprocal = tosa.reciprocal %sum : (tensor<6x5x1xf32>) -> tensor<6x5x1xf32>
  %probability = tosa.mul %power, %reciprocal, %shift : (tensor<6x5x5xf32>, tensor<6x5x1xf32>, tensor<1xi8>) -> tensor<6x5x5xf32>
  %result = tosa.matmul %probability, %value, %zero_point, %zero_point : (tensor<6x5x5xf32>, tensor<6x5x4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<6x5x4xf32>
  return %result : tensor<6x5x4xf32>
}
