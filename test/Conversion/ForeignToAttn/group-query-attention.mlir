// RUN: attn-opt %s -allow-unregistered-dialect -split-input-file -foreign-to-attn | FileCheck %s -enable-var-scope

// A prompt: causal, with as many valid keys as seqlens_k says, plus one; the
// other defaults of the operator.
// CHECK-LABEL: @prompt(
// CHECK-SAME: %[[Q:[^ ]+]]: tensor<2x6x16xf32>, %[[K:[^ ]+]]: tensor<2x6x8xf32>, %[[V:[^ ]+]]: tensor<2x6x8xf32>, %[[N:[^ ]+]]: tensor<2xi32>
// CHECK: %[[ONE:.+]] = arith.constant dense<1> : tensor<2xi32>
// CHECK: %[[VALID:.+]] = arith.addi %[[N]], %[[ONE]]
// CHECK: attn.attention {{.*}} valid_keys(%[[VALID]] : tensor<2xi32>) {{.*}} {mask = #attn.causal} ->
func.func @prompt(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %v: tensor<2x6x8xf32>, %n: tensor<2xi32>, %t: tensor<1xi32>) -> tensor<2x6x16xf32> {
  %none = "onnx.NoValue"() <{value}> : () -> none
  %y, %a, %b = "onnx.Custom"(%q, %k, %v, %none, %none, %n, %t, %none, %none) <{function_name = "GroupQueryAttention"}> {do_rotary = 0 : si64, domain_name = "com.microsoft", kv_num_heads = 2 : si64, local_window_size = -1 : si64, num_heads = 4 : si64, onnx_node_name = "/attn", rotary_interleaved = 0 : si64, scale = 0.0 : f32, softcap = 0.0 : f32} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<1xi32>, none, none) -> (tensor<2x6x16xf32>, none, none)
  return %y : tensor<2x6x16xf32>
}

// -----

// Query, key and value in one tensor; a window; a cache that is longer than the
// past is a buffer, where the new tokens are written, each at its place.
// CHECK-LABEL: @window(
// CHECK-SAME: %[[QKV:[^ ]+]]: tensor<2x1x32xf32>, %[[PK:[^ ]+]]: tensor<2x2x9x4xf32>
// CHECK: tensor.extract_slice %[[QKV]][0, 0, 0] [2, 1, 16] [1, 1, 1]
// CHECK: tensor.extract_slice %[[QKV]][0, 0, 16] [2, 1, 8] [1, 1, 1]
// CHECK: tensor.extract_slice %[[QKV]][0, 0, 24] [2, 1, 8] [1, 1, 1]
// CHECK: %[[OFFSET:.+]] = arith.maxsi
// CHECK: %[[KEYS:.+]] = scf.for {{.*}} iter_args(%{{[^ ]+}} = %[[PK]])
// CHECK:   tensor.extract %[[OFFSET]]
// CHECK:   arith.maxsi
// CHECK:   arith.minsi
// CHECK:   tensor.insert_slice
// CHECK: attn.attention ins(%{{[^ ]+}}, %[[KEYS]], {{.*}} query_offset(%[[OFFSET]] : tensor<2xi32>) valid_keys(
// CHECK-SAME: {mask = #attn.window<3, 0>, scale = 5.000000e-01 : f64}
func.func @window(%qkv: tensor<2x1x32xf32>, %pk: tensor<2x2x9x4xf32>, %pv: tensor<2x2x9x4xf32>, %n: tensor<2x1xi32>, %t: tensor<i32>) -> (tensor<2x1x16xf32>, tensor<2x2x9x4xf32>, tensor<2x2x9x4xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  %y, %a, %b = "onnx.Custom"(%qkv, %none, %none, %pk, %pv, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, local_window_size = 4 : si64, num_heads = 4 : si64, scale = 0.5 : f32} : (tensor<2x1x32xf32>, none, none, tensor<2x2x9x4xf32>, tensor<2x2x9x4xf32>, tensor<2x1xi32>, tensor<i32>) -> (tensor<2x1x16xf32>, tensor<2x2x9x4xf32>, tensor<2x2x9x4xf32>)
  return %y, %a, %b : tensor<2x1x16xf32>, tensor<2x2x9x4xf32>, tensor<2x2x9x4xf32>
}

// -----

// A present cache longer than the past one: the past at its start, then zeros. The
// bias is added to the scores.
// CHECK-LABEL: @grows(
// CHECK-SAME: %[[PK:[^ ]+]]: tensor<2x4x5x4xf32>
// CHECK: %[[BUFFER:.+]] = tensor.insert_slice %[[PK]] into %{{[^ ]+}}[0, 0, 0, 0] [2, 4, 5, 4] {{.*}} into tensor<2x4x7x4xf32>
// CHECK: %[[ZEROS:.+]] = linalg.fill {{.*}} -> tensor<2x4x2x4xf32>
// CHECK: tensor.insert_slice %[[ZEROS]] into %[[BUFFER]][0, 0, 5, 0] [2, 4, 2, 4]
// CHECK: scf.for
// CHECK: attn.attention {{.*}} mask_tensor(%{{[^ ]+}} : tensor<4x2x7xf32>)
func.func @grows(%q: tensor<2x2x16xf32>, %pk: tensor<2x4x5x4xf32>, %pv: tensor<2x4x5x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>, %bias: tensor<1x4x2x7xf32>) -> (tensor<2x2x16xf32>, tensor<2x4x7x4xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  %y, %a, %b = "onnx.Custom"(%q, %q, %q, %pk, %pv, %n, %t, %none, %none, %none, %bias) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 4 : si64, num_heads = 4 : si64} : (tensor<2x2x16xf32>, tensor<2x2x16xf32>, tensor<2x2x16xf32>, tensor<2x4x5x4xf32>, tensor<2x4x5x4xf32>, tensor<2xi32>, tensor<i32>, none, none, none, tensor<1x4x2x7xf32>) -> (tensor<2x2x16xf32>, tensor<2x4x7x4xf32>, none)
  return %y, %a : tensor<2x2x16xf32>, tensor<2x4x7x4xf32>
}
