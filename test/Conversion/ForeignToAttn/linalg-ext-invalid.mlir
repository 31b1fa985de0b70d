// RUN: attn-opt %s -allow-unregistered-dialect -split-input-file -verify-diagnostics -foreign-to-attn

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @unknown_attribute(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has the attribute "alpha" = 1 : i64, whose meaning is not known here; remove it if the result does not depend on it}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o], alpha = 1 : i64}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @unknown_config(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has "split" = 4 : i64 in its decomposition_config, whose meaning is not known here}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o], decomposition_config = {split = 4 : i64}}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @config_no_dictionary(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has the decomposition_config 3 : i64, which should be a dictionary}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o], decomposition_config = 3 : i64}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @too_few_maps(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op needs indexing_maps, one for each of its 5 operands}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
#p = affine_map<(b, m, k1, k2, n) -> (b, m + k2, k1)>
func.func @no_permutation(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has the indexing map affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 + d3, d2)>; all must be projected permutations of the same dimensions}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#p, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @map_of_other_rank(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has the indexing map affine_map<(d0, d1, d2, d3, d4) -> (d0, d1)> for an operand of type 'tensor<2x6x4xf32>'}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#r, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @prob_output_scale(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has a prob_output_scale, which attn.attention has no place for; scale its output instead}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #s, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @two_masks(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %x: tensor<2x6x5xf32>, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has 1 operands that are not known here}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %x, %x, %o) <{indexing_maps = [#q, #k, #v, #s, #x, #x, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x5xf32>, tensor<2x6x5xf32>, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @too_few_operands(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has 3 operands and 1 results; it needs query, key, value}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %o) <{indexing_maps = [#q, #k, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @buffers(%q: memref<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has the query of type 'memref<2x6x4xf32>', which should be a tensor of known rank: convert it before bufferization, after shape inference}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (memref<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @small_floats(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf8E4M3FN>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has the key of type 'tensor<2x5x4xf8E4M3FN>'; attention takes elements of f16, bf16, f32 and f64: convert them before it}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf8E4M3FN>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @other_result(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op returns the output as 'tensor<2x6x?xf32>', but its destination is 'tensor<2x6x3xf32>'}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x?xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @wide_mask(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %x: tensor<2x6x5xi32>, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has a mask of type 'tensor<2x6x5xi32>'; it should be a tensor of i1 or i8, where 0 hides a key, or of numbers to add to the scores}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %x, %o) <{indexing_maps = [#q, #k, #v, #s, #x, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x5xi32>, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @infinite_scale(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  %inf = arith.constant 0x7F800000 : f32
  // expected-error@+1 {{'iree_linalg_ext.attention' op has a scale that is not finite}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %inf, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n, x) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n, x) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n, x) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n, x) -> ()>
#o = affine_map<(b, m, k1, k2, n, x) -> (b, m, n)>
func.func @unused_dimension(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has the dimension d5 in its indexing maps, which is neither a batch dimension nor one of queries, keys or features}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n, l) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n, l) -> (b, k2, l, k1)>
#v = affine_map<(b, m, k1, k2, n, l) -> (b, k2, l, n)>
#s = affine_map<(b, m, k1, k2, n, l) -> ()>
#o = affine_map<(b, m, k1, k2, n, l) -> (b, m, n)>
func.func @keys_in_two_dimensions(%q: tensor<2x6x4xf32>, %k: tensor<2x5x7x4xf32>, %v: tensor<2x5x7x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has 2 dimensions of keys, but attn.attention has one: collapse or expand shapes before it}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x7x4xf32>, tensor<2x5x7x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, k1, k2, n) -> (b, k1)>
#k = affine_map<(b, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, k1, k2, n) -> ()>
#o = affine_map<(b, k1, k2, n) -> (b, n)>
func.func @no_queries(%q: tensor<2x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has 0 dimensions of queries, but attn.attention has one: expand the shapes of query and output}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @two_scores(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has a region that should take one score of type 'f32' and yield another; positions are iree_linalg_ext.index}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32, %b: index):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @no_yield(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op has a region that does not end by yielding one score with iree_linalg_ext.yield}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"() : () -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @two_blocks(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.attention' op should have one region of one block}}
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    cf.br ^bb1
  ^bb1:
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @index_of_features(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    // expected-error@+1 {{'iree_linalg_ext.index' op should give one of the 3 positions of a score (batch.., queries, keys), as index}}
    %i = "iree_linalg_ext.index"() <{dim = 3 : i64}> : () -> index
    %1 = arith.index_cast %i : index to i32
    %2 = arith.sitofp %1 : i32 to f32
    "iree_linalg_ext.yield"(%2) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @index_of_nothing(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    // expected-error@+1 {{'iree_linalg_ext.index' op has the attribute dim = "m", which should be a 64-bit integer}}
    %i = "iree_linalg_ext.index"() <{dim = "m"}> : () -> index
    %1 = arith.index_cast %i : index to i32
    %2 = arith.sitofp %1 : i32 to f32
    "iree_linalg_ext.yield"(%2) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(k2, b, m, k1, n) -> (b, m, k1)>
#k = affine_map<(k2, b, m, k1, n) -> (b, k2, k1)>
#v = affine_map<(k2, b, m, k1, n) -> (b, k2, n)>
#s = affine_map<(k2, b, m, k1, n) -> ()>
#o = affine_map<(k2, b, m, k1, n) -> (b, m, n)>
func.func @index_in_unknown_order(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>) {
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %s, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    // expected-error@+1 {{'iree_linalg_ext.index' op is in attention whose dimensions are not in the order batch, queries, keys: it is not clear which one it means; permute those of the indexing maps}}
    %i = "iree_linalg_ext.index"() <{dim = 1 : i64}> : () -> index
    %1 = arith.index_cast %i : index to i32
    %2 = arith.sitofp %1 : i32 to f32
    "iree_linalg_ext.yield"(%2) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @natural_maximum(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf32>, %m: tensor<2x6xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.online_attention' op has use_exp2 = false: its maximum is in natural units, that of attn.fold in base 2; remove use_exp2 from its decomposition_config}}
  %0:3 = "iree_linalg_ext.online_attention"(%q, %k, %v, %s, %o, %m, %m) <{indexing_maps = [#q, #k, #v, #s, #o, #r, #r], decomposition_config = {use_exp2 = false}}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>, tensor<2x6xf32>, tensor<2x6xf32>) -> (tensor<2x6x3xf32>, tensor<2x6xf32>, tensor<2x6xf32>)
  return
}

// -----

#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
#x = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
func.func @half_state(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %s: f32, %o: tensor<2x6x3xf16>, %m: tensor<2x6xf32>) {
  // expected-error@+1 {{'iree_linalg_ext.online_attention' op keeps its state as 'tensor<2x6x3xf16>', attn.fold as 'f32': accumulate in this type}}
  %0:3 = "iree_linalg_ext.online_attention"(%q, %k, %v, %s, %o, %m, %m) <{indexing_maps = [#q, #k, #v, #s, #o, #r, #r]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf16>, tensor<2x6xf32>, tensor<2x6xf32>) -> (tensor<2x6x3xf16>, tensor<2x6xf32>, tensor<2x6xf32>)
  return
}
