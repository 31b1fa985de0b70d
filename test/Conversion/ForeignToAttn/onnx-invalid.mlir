// RUN: attn-opt %s -allow-unregistered-dialect -split-input-file -verify-diagnostics -foreign-to-attn

func.func @unknown_attribute(%q: tensor<2x4x6x8xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has the attribute "dropout" = 1.000000e-01 : f32, whose meaning is not known here; remove it if the result does not depend on it}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q) <{dropout = 0.1 : f32}> : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @causal_text(%q: tensor<2x4x6x8xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has the attribute is_causal = "yes", which should be a 64-bit integer}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q) <{is_causal = "yes"}> : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @scale_text(%q: tensor<2x4x6x8xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has the attribute scale = "1", which should be a finite number}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q) <{scale = "1"}> : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @scale_infinite(%q: tensor<2x4x6x8xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has the attribute scale = 0x7F800000 : f32, which should be a finite number}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q) <{scale = 0x7F800000 : f32}> : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @scores(%q: tensor<2x4x6x8xf32>) -> (tensor<2x4x6x8xf32>, tensor<2x4x6x6xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op returns its scores (qk_matmul_output_mode = 2), which are in no form of attention whole; compute them apart, from query and key}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q) <{qk_matmul_output_mode = 2 : si64}> : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>) -> (tensor<2x4x6x8xf32>, none, none, tensor<2x4x6x6xf32>)
  return %r0, %r3 : tensor<2x4x6x8xf32>, tensor<2x4x6x6xf32>
}

// -----

func.func @eighth_operand(%q: tensor<2x4x6x8xf32>, %n: tensor<2xi64>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has the operand 7, which is not known here}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q, %none, %none, %none, %none, %n) : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, none, none, none, none, tensor<2xi64>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @no_query(%q: tensor<2x4x6x8xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has no query}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%none, %q, %q) : (none, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @unranked(%q: tensor<*xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has the query of type 'tensor<*xf32>', which should be a tensor of known rank}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q) : (tensor<*xf32>, tensor<*xf32>, tensor<*xf32>) -> (tensor<*xf32>, none, none, none)
  return
}

// -----

func.func @rank_two(%q: tensor<6x8xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has the query of type 'tensor<6x8xf32>'; it should be (batch, heads, tokens, features) or (batch, tokens, heads * features)}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q) : (tensor<6x8xf32>, tensor<6x8xf32>, tensor<6x8xf32>) -> (tensor<6x8xf32>, none, none, none)
  return
}

// -----

func.func @no_heads(%q: tensor<2x6x32xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has the query of type 'tensor<2x6x32xf32>' and q_num_heads = 0, which should divide its last size, and that be known}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q) : (tensor<2x6x32xf32>, tensor<2x6x32xf32>, tensor<2x6x32xf32>) -> (tensor<2x6x32xf32>, none, none, none)
  return
}

// -----

func.func @odd_heads(%q: tensor<2x6x32xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has the key of type 'tensor<2x6x32xf32>' and kv_num_heads = 3, which should divide its last size, and that be known}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q) <{kv_num_heads = 3 : si64, q_num_heads = 4 : si64}> : (tensor<2x6x32xf32>, tensor<2x6x32xf32>, tensor<2x6x32xf32>) -> (tensor<2x6x32xf32>, none, none, none)
  return
}

// -----

func.func @double_precision(%q: tensor<2x4x6x8xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has softmax_precision = 11, but softmax of 'f32' is computed in f32; use 1 (float), or f64 data}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q) <{softmax_precision = 11 : si64}> : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @half_a_cache(%q: tensor<2x4x6x8xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has one of past_key and past_value; it needs both, or neither}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q, %none, %q) : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, none, tensor<2x4x6x8xf32>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @other_cache(%q: tensor<2x4x6x8xf32>, %p: tensor<2x3x5x8xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has the past key of type 'tensor<2x3x5x8xf32>', which does not continue as 'tensor<2x4x6x8xf32>' (batch, heads, tokens, features)}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q, %none, %p, %p) : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, none, tensor<2x3x5x8xf32>, tensor<2x3x5x8xf32>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @groups(%q: tensor<2x4x6x8xf32>, %k: tensor<2x3x6x8xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has 'tensor<2x4x6x8xf32>', 'tensor<2x3x6x8xf32>' and 'tensor<2x3x6x8xf32>' as query, key and value by heads; their numbers of heads should be known, those of key and value equal, and that of the query a multiple}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %k, %k) : (tensor<2x4x6x8xf32>, tensor<2x3x6x8xf32>, tensor<2x3x6x8xf32>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @integer_mask(%q: tensor<2x4x6x8xf32>, %m: tensor<6x6xi64>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has a mask of type 'tensor<6x6xi64>'; it should be the last dimensions of (batch, heads, queries, keys), of i1 or as the query, 'f32'}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q, %m) : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<6x6xi64>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @mask_of_unknown_length(%q: tensor<2x4x6x8xf32>, %m: tensor<6x?xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has a mask of type 'tensor<6x?xf32>' and keys of type 'tensor<2x4x6x8xf32>': it cannot be told whether all keys are covered; state both sizes}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q, %m) : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<6x?xf32>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @mask_of_other_heads(%q: tensor<2x4x6x8xf32>, %k: tensor<2x2x6x8xf32>, %m: tensor<2x6x6xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has a mask of type 'tensor<2x6x6xf32>' for 4 heads}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %k, %k, %m) : (tensor<2x4x6x8xf32>, tensor<2x2x6x8xf32>, tensor<2x2x6x8xf32>, tensor<2x6x6xf32>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @valid_keys(%q: tensor<2x4x6x8xf32>, %n: tensor<2xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has the nonpad_kv_seqlen of type 'tensor<2xf32>'; it should be one i32 or i64 per element of the batch}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q, %none, %none, %none, %n) : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, none, none, none, tensor<2xf32>) -> (tensor<2x4x6x8xf32>, none, none, none)
  return
}

// -----

func.func @unknown_queries(%q: tensor<2x4x?x8xf32>, %n: tensor<2xi64>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op has nonpad_kv_seqlen and an unknown number of queries, which align its causal mask; state it}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q, %none, %none, %none, %n) <{is_causal = 1 : si64}> : (tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>, none, none, none, tensor<2xi64>) -> (tensor<2x4x?x8xf32>, none, none, none)
  return
}

// -----

func.func @unranked_result(%q: tensor<2x4x6x8xf32>) -> (tensor<*xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Attention' op returns the output as 'tensor<*xf32>', but it is 'tensor<2x4x6x8xf32>': run the shape inference of onnx-mlir first}}
  %r0, %r1, %r2, %r3 = "onnx.Attention"(%q, %q, %q) : (tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>, tensor<2x4x6x8xf32>) -> (tensor<*xf32>, none, none, none)
  return %r0 : tensor<*xf32>
}
