// RUN: attn-opt %s -allow-unregistered-dialect -split-input-file -foreign-to-attn | FileCheck %s -enable-var-scope

// What onnx-mlir frames a graph with becomes what it means.
// CHECK-LABEL: @frame(
// CHECK-SAME: %[[Q:[^ ]+]]: tensor<2x4x6x8xf32>
// CHECK: %[[INIT:.+]] = tensor.empty() : tensor<2x4x6x8xf32>
// CHECK-NEXT: %[[Y:.+]] = attn.attention ins(%[[Q]], %[[Q]], %[[Q]] : {{.*}}) outs(%[[INIT]] : tensor<2x4x6x8xf32>) -> tensor<2x4x6x8xf32>
// CHECK-NEXT: return %[[Y]]
// CHECK-NOT: onnx
func.func @frame(%q: tensor<2x4x6x8xf32> {onnx.name = "q"}) -> (tensor<2x4x6x8xf32> {onnx.name = "y"}) {
  %none = "onnx.NoValue"() {value} : () -> none
  %y:4 = "onnx.Attention"(%q, %q, %q, %none, %none, %none) {is_causal = 0 : si64, onnx_node_name = "a", qk_matmul_output_mode = 0 : si64, softcap = 0.0 : f32, softmax_precision = 1 : si64} : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, none, none, none) -> (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x6xf32>)
  "onnx.Return"(%y#0) : (tensor<2x4x6x8xf32>) -> ()
}
"onnx.EntryPoint"() {func = @frame} : () -> ()

// -----

// Heads in the last dimension, groups, a soft cap, a mask per head that is too
// short, and causal.
// CHECK-LABEL: @packed(
// CHECK-SAME: %[[Q:[^ ]+]]: tensor<?x6x16xf32>, %[[K:[^ ]+]]: tensor<?x7x8xf32>, %[[V:[^ ]+]]: tensor<?x7x6xf32>, %[[M:[^ ]+]]: tensor<1x4x6x5xi1>
// CHECK: tensor.expand_shape %[[Q]] {{\[\[0\], \[1\], \[2, 3\]\]}} output_shape [%{{[^ ]+}}, 6, 4, 4]
// CHECK: tensor.expand_shape %[[K]] {{\[\[0\], \[1\], \[2, 3\]\]}} output_shape [%{{[^ ]+}}, 7, 2, 4]
// CHECK: tensor.expand_shape %[[V]] {{\[\[0\], \[1\], \[2, 3\]\]}} output_shape [%{{[^ ]+}}, 7, 2, 3]
// CHECK: %[[FULL:.+]] = linalg.fill {{.*}} -> tensor<4x6x7xi1>
// CHECK: tensor.insert_slice %{{[^ ]+}} into %[[FULL]][0, 0, 0] [4, 6, 5]
// CHECK: attn.attention {{.*}} mask_tensor(%{{[^ ]+}} : tensor<2x2x6x7xi1>)
// CHECK-SAME: layout(bshgd)
// CHECK-SAME: {mask = #attn.causal, scale = 3.000000e+00 : f64}
// CHECK: arith.constant 2.000000e+01 : f32
// CHECK: arith.divf
// CHECK: math.tanh
// CHECK: arith.mulf
// CHECK: tensor.collapse_shape %{{[^ ]+}} {{\[\[0\], \[1\], \[2, 3\], \[4\]\]}}
// CHECK: tensor.collapse_shape %{{[^ ]+}} {{\[\[0\], \[1\], \[2, 3\]\]}} : tensor<?x6x4x3xf32> into tensor<?x6x12xf32>
func.func @packed(%q: tensor<?x6x16xf32>, %k: tensor<?x7x8xf32>, %v: tensor<?x7x6xf32>, %m: tensor<1x4x6x5xi1>) -> tensor<?x6x12xf32> {
  %none = "onnx.NoValue"() <{value}> : () -> none
  %y, %a, %b, %c = "onnx.Attention"(%q, %k, %v, %m, %none, %none) <{is_causal = 1 : si64, kv_num_heads = 2 : si64, q_num_heads = 4 : si64, scale = 3.0 : f32, softcap = 20.0 : f32}> : (tensor<?x6x16xf32>, tensor<?x7x8xf32>, tensor<?x7x6xf32>, tensor<1x4x6x5xi1>, none, none) -> (tensor<?x6x12xf32>, none, none, none)
  return %y : tensor<?x6x12xf32>
}

// -----

// A cache before the new keys; its length aligns the causal mask.
// CHECK-LABEL: @cache(
// CHECK-SAME: %[[PK:[^ ]+]]: tensor<2x4x?x8xf32>
// CHECK: %[[LENGTH:.+]] = tensor.dim %[[PK]]
// CHECK: tensor.insert_slice %[[PK]] into
// CHECK: tensor.insert_slice %{{[^ ]+}} into %{{[^ ]+}}[0, 0, %[[LENGTH]], 0]
// CHECK: attn.attention {{.*}} query_offset(%{{[^ ]+}} : index) {{.*}} {mask = #attn.causal}
func.func @cache(%q: tensor<2x4x6x8xf32>, %pk: tensor<2x4x?x8xf32>, %pv: tensor<2x4x?x8xf32>) -> (tensor<2x4x6x8xf32>, tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  %y, %a, %b, %c = "onnx.Attention"(%q, %q, %q, %none, %pk, %pv) <{is_causal = 1 : si64}> : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, none, tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>) -> (tensor<2x4x6x8xf32>, tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>, none)
  return %y, %a, %b : tensor<2x4x6x8xf32>, tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>
}

// -----

// Numbers of valid keys align it if there is no cache.
// CHECK-LABEL: @valid(
// CHECK-SAME: %[[N:[^ ]+]]: tensor<2xi64>
// CHECK: %[[SIX:.+]] = arith.constant dense<6> : tensor<2xi64>
// CHECK: %[[OFFSET:.+]] = arith.subi %[[N]], %[[SIX]]
// CHECK: attn.attention {{.*}} query_offset(%[[OFFSET]] : tensor<2xi64>) valid_keys(%[[N]] : tensor<2xi64>)
func.func @valid(%q: tensor<2x4x6x8xf32>, %n: tensor<2xi64>) -> tensor<2x4x6x8xf32> {
  %none = "onnx.NoValue"() <{value}> : () -> none
  %y, %a, %b, %c = "onnx.Attention"(%q, %q, %q, %none, %none, %none, %n) <{is_causal = 1 : si64}> : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, none, none, none, tensor<2xi64>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return %y : tensor<2x4x6x8xf32>
}
