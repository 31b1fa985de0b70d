// RUN: attn-opt %s -allow-unregistered-dialect -split-input-file -verify-diagnostics -foreign-to-attn

func.func @rotary(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has do_rotary = 1, which has no counterpart here; apply RotaryEmbedding to query and key before it}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %none, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64, do_rotary = 1 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @smooth(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has smooth_softmax = 1, which has no counterpart here; the weights of attn.attention sum to one}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %none, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64, smooth_softmax = 1 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @scores(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has qk_output = 1, which has no counterpart here; scores are in no form of attention whole; compute them apart, from query and key}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %none, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64, qk_output = 1 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @cache_bits(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has kv_cache_bit_width = 8, which has no counterpart here; dequantize the cache before it}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %none, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64, kv_cache_bit_width = 8 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @cache_layout(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has is_past_bsnh = 1, which has no counterpart here; transpose the cache to (batch, heads, tokens, features)}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %none, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64, is_past_bsnh = 1 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @quantized(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has k_quant_type = "PER_TENSOR": attention takes elements of f16, bf16, f32 and f64; dequantize the cache before it}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %none, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64, k_quant_type = "PER_TENSOR"} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @quantized_how(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has the attribute v_quant_type = 1 : si64, which should be a string}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %none, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64, v_quant_type = 1 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @unknown_attribute(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has the attribute "temperature" = 1.000000e+00 : f32, whose meaning is not known here}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %none, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64, temperature = 1.0 : f32} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @no_heads(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has num_heads = 0 and kv_num_heads = 0; the first should be a multiple of the second}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %none, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention"} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @empty_window(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has local_window_size = 0; it should be -1, no window, or the number of keys that a query sees}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %none, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64, local_window_size = 0 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @bidirectional(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has unidirectional = 0; use onnx.Attention for attention that is not causal}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %none, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64, unidirectional = 0 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @packed_size(%q: tensor<2x6x15xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has no key and no value, and 'tensor<2x6x15xf32>' as query, which should then be (batch, tokens, (num_heads + 2 * kv_num_heads) * features)}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %none, %none, %none, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64} : (tensor<2x6x15xf32>, none, none, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @no_lengths(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has no seqlens_k, one number per element of the batch}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @lengths(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has the seqlens_k of type 'tensor<i32>'; it should be one i32 or i64 per element of the batch}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %none, %none, %t, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<i32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @half_a_cache(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has one of past_key and past_value; it needs both, or neither}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %p, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, tensor<2x2x9x4xf32>, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @small_buffer(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>, tensor<2x2x8x4xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has the past key of type 'tensor<2x2x9x4xf32>', which should have a known number of tokens that the present one of 8 has room for: state the shapes}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %p, %p, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, tensor<2x2x9x4xf32>, tensor<2x2x9x4xf32>, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, tensor<2x2x8x4xf32>, tensor<2x2x8x4xf32>)
  return %r0, %r1 : tensor<2x6x16xf32>, tensor<2x2x8x4xf32>
}

// -----

func.func @unknown_tokens(%q: tensor<2x?x16xf32>, %k: tensor<2x?x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x?x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has a cache and an unknown number of new tokens; state it}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %p, %p, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64} : (tensor<2x?x16xf32>, tensor<2x?x8xf32>, tensor<2x?x8xf32>, tensor<2x2x9x4xf32>, tensor<2x2x9x4xf32>, tensor<2xi32>, tensor<i32>) -> (tensor<2x?x16xf32>, none, none)
  return %r0 : tensor<2x?x16xf32>
}

// -----

func.func @sink(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op has the operand 11, which is not known here: sinks and scales of a cache have no counterpart; leave them out}}
  %r0, %r1, %r2 = "onnx.Custom"(%q, %k, %k, %none, %none, %n, %t, %none, %none, %none, %none, %n) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<i32>, none, none, none, none, tensor<2xi32>) -> (tensor<2x6x16xf32>, none, none)
  return %r0 : tensor<2x6x16xf32>
}

// -----

func.func @returned_scores(%q: tensor<2x6x16xf32>, %k: tensor<2x6x8xf32>, %p: tensor<2x2x9x4xf32>, %n: tensor<2xi32>, %t: tensor<i32>) -> (tensor<2x6x16xf32>, tensor<2x4x6x6xf32>) {
  %none = "onnx.NoValue"() <{value}> : () -> none
  // expected-error@+1 {{'onnx.Custom' op returns its scores, which are in no form of attention whole; compute them apart, from query and key}}
  %r0, %r1, %r2, %r3 = "onnx.Custom"(%q, %k, %k, %none, %none, %n, %t) {domain_name = "com.microsoft", function_name = "GroupQueryAttention", kv_num_heads = 2 : si64, num_heads = 4 : si64} : (tensor<2x6x16xf32>, tensor<2x6x8xf32>, tensor<2x6x8xf32>, none, none, tensor<2xi32>, tensor<i32>) -> (tensor<2x6x16xf32>, none, none, tensor<2x4x6x6xf32>)
  return %r0, %r3 : tensor<2x6x16xf32>, tensor<2x4x6x6xf32>
}

// -----

// Other custom operations stay what they are.
func.func @other_custom(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = "onnx.Custom"(%x) {domain_name = "com.microsoft", function_name = "Gelu"} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
