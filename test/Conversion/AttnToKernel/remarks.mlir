// RUN: attn-opt %s -attn-to-kernel -split-input-file -verify-diagnostics | FileCheck %s

// What tensor cores do not compute stays attention, and a remark says why.

// CHECK-NOT: kernel.

// CHECK-LABEL: func @f32(
// CHECK:         attn.attention
func.func @f32(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  // expected-remark @+1 {{is not computed by tensor cores: tensor cores take f16 and bf16}}
  %o = attn.attention ins(%x, %x, %x : tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>)
         outs(%x : tensor<64x64xf32>) -> tensor<64x64xf32>
  return %o : tensor<64x64xf32>
}

// -----

// CHECK-LABEL: func @mixed_element_types(
// CHECK:         attn.attention
func.func @mixed_element_types(%q: tensor<64x64xbf16>, %k: tensor<64x64xf16>) -> tensor<64x64xbf16> {
  // expected-remark @+1 {{is not computed by tensor cores: query, key and value have different element types}}
  %o = attn.attention ins(%q, %q, %k : tensor<64x64xbf16>, tensor<64x64xbf16>, tensor<64x64xf16>)
         outs(%q : tensor<64x64xbf16>) -> tensor<64x64xbf16>
  return %o : tensor<64x64xbf16>
}

// -----

// CHECK-LABEL: func @features_300(
// CHECK:         attn.attention
func.func @features_300(%x: tensor<64x300xbf16>) -> tensor<64x300xbf16> {
  // expected-remark @+1 {{is not computed by tensor cores: head dimensions must be known and at most 256}}
  %o = attn.attention ins(%x, %x, %x : tensor<64x300xbf16>, tensor<64x300xbf16>, tensor<64x300xbf16>)
         outs(%x : tensor<64x300xbf16>) -> tensor<64x300xbf16>
  return %o : tensor<64x300xbf16>
}

// -----

// CHECK-LABEL: func @values_300(
// CHECK:         attn.attention
func.func @values_300(%x: tensor<64x64xbf16>, %v: tensor<64x300xbf16>) -> tensor<64x300xbf16> {
  // expected-remark @+1 {{is not computed by tensor cores: head dimensions must be known and at most 256}}
  %o = attn.attention ins(%x, %x, %v : tensor<64x64xbf16>, tensor<64x64xbf16>, tensor<64x300xbf16>)
         outs(%v : tensor<64x300xbf16>) -> tensor<64x300xbf16>
  return %o : tensor<64x300xbf16>
}

// -----

// CHECK-LABEL: func @unknown_features(
// CHECK:         attn.attention
func.func @unknown_features(%x: tensor<64x?xbf16>) -> tensor<64x?xbf16> {
  // expected-remark @+1 {{is not computed by tensor cores: head dimensions must be known and at most 256}}
  %o = attn.attention ins(%x, %x, %x : tensor<64x?xbf16>, tensor<64x?xbf16>, tensor<64x?xbf16>)
         outs(%x : tensor<64x?xbf16>) -> tensor<64x?xbf16>
  return %o : tensor<64x?xbf16>
}

// -----

// CHECK-LABEL: func @ten_batch_dimensions(
// CHECK:         attn.attention
func.func @ten_batch_dimensions(%x: tensor<2x1x1x1x1x1x1x1x1x1x64x64xbf16>) -> tensor<2x1x1x1x1x1x1x1x1x1x64x64xbf16> {
  // expected-remark @+1 {{is not computed by tensor cores: there are more than 8 batch dimensions: join some}}
  %o = attn.attention ins(%x, %x, %x : tensor<2x1x1x1x1x1x1x1x1x1x64x64xbf16>, tensor<2x1x1x1x1x1x1x1x1x1x64x64xbf16>, tensor<2x1x1x1x1x1x1x1x1x1x64x64xbf16>)
         outs(%x : tensor<2x1x1x1x1x1x1x1x1x1x64x64xbf16>)
         indexing_maps = [affine_map<(a, b, c, d, e, f, g, h, i, j, m, k1, k2, n) -> (a, b, c, d, e, f, g, h, i, j, m, k1)>,
                           affine_map<(a, b, c, d, e, f, g, h, i, j, m, k1, k2, n) -> (a, b, c, d, e, f, g, h, i, j, k2, k1)>,
                           affine_map<(a, b, c, d, e, f, g, h, i, j, m, k1, k2, n) -> (a, b, c, d, e, f, g, h, i, j, k2, n)>,
                           affine_map<(a, b, c, d, e, f, g, h, i, j, m, k1, k2, n) -> (a, b, c, d, e, f, g, h, i, j, m, n)>]
         -> tensor<2x1x1x1x1x1x1x1x1x1x64x64xbf16>
  return %o : tensor<2x1x1x1x1x1x1x1x1x1x64x64xbf16>
}

// -----

// CHECK-LABEL: func @no_elements(
// CHECK:         attn.attention
func.func @no_elements(%q: tensor<64x64xbf16>, %k: tensor<0x64xbf16>) -> tensor<64x64xbf16> {
  // expected-remark @+1 {{is not computed by tensor cores: there are no elements}}
  %o = attn.attention ins(%q, %k, %k : tensor<64x64xbf16>, tensor<0x64xbf16>, tensor<0x64xbf16>)
         outs(%q : tensor<64x64xbf16>) -> tensor<64x64xbf16>
  return %o : tensor<64x64xbf16>
}

// -----

// CHECK-LABEL: func @transposed_key(
// CHECK:         attn.attention
func.func @transposed_key(%q: tensor<64x64xbf16>, %k: tensor<64x128xbf16>, %v: tensor<128x64xbf16>) -> tensor<64x64xbf16> {
  // expected-remark @+1 {{is not computed by tensor cores: features are not side by side in memory}}
  %o = attn.attention ins(%q, %k, %v : tensor<64x64xbf16>, tensor<64x128xbf16>, tensor<128x64xbf16>)
         outs(%q : tensor<64x64xbf16>)
         indexing_maps = [affine_map<(m, k1, k2, n) -> (m, k1)>, affine_map<(m, k1, k2, n) -> (k1, k2)>,
                           affine_map<(m, k1, k2, n) -> (k2, n)>, affine_map<(m, k1, k2, n) -> (m, n)>]
         -> tensor<64x64xbf16>
  return %o : tensor<64x64xbf16>
}

// -----

// Only the host launches blocks.

// CHECK-LABEL: func @in_a_loop(
// CHECK:         scf.for
// CHECK:           attn.attention
func.func @in_a_loop(%x: tensor<64x64xbf16>, %n: index) -> tensor<64x64xbf16> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%y = %x) -> tensor<64x64xbf16> {
    // expected-remark @+1 {{is not computed by tensor cores: blocks of threads are launched from the body of a public function: move it there, out of loops and branches}}
    %o = attn.attention ins(%y, %x, %x : tensor<64x64xbf16>, tensor<64x64xbf16>, tensor<64x64xbf16>)
           outs(%x : tensor<64x64xbf16>) -> tensor<64x64xbf16>
    scf.yield %o : tensor<64x64xbf16>
  }
  return %r : tensor<64x64xbf16>
}

// -----

// CHECK-LABEL: func private @called(
// CHECK:         attn.attention
func.func private @called(%x: tensor<64x64xbf16>) -> tensor<64x64xbf16> {
  // expected-remark @+1 {{is not computed by tensor cores: blocks of threads are launched from the body of a public function}}
  %o = attn.attention ins(%x, %x, %x : tensor<64x64xbf16>, tensor<64x64xbf16>, tensor<64x64xbf16>)
         outs(%x : tensor<64x64xbf16>) -> tensor<64x64xbf16>
  return %o : tensor<64x64xbf16>
}
