func.func @main_graph(%q: tensor<2x6x16xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> tensor<2x6x16xf32> {
  %none = "onnx.NoValue"() {value} : () -> none
  %0, %1, %2 = "onnx.Custom"(%q, %q, %q, %none, %none, %n, %t) {do_rotary = 1 : si64, domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 4 : si64, num_heads = 4 : si64} : (tensor<2x6x16xf32>, tensor<2x6x16xf32>, tensor<2x6x16xf32>, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %0 : tensor<2x6x16xf32>
}
