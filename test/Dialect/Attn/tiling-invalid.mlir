// RUN: attn-opt %s -transform-interpreter -split-input-file -verify-diagnostics=only-expected

// What may not be tiled is refused, with the reason. (What the drivers add to it is
// not checked.)

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>

func.func @tile_k1(%query: tensor<32x8xf32>, %key: tensor<256x8xf32>, %row: tensor<32xf32>)
    -> (tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>) {
  // expected-error @+1 {{'attn.fold' op cannot be tiled along k1: a score is not linear in partial sums; give it tile size 0}}
  %state:3 = attn.fold ins(%query, %key, %key : tensor<32x8xf32>, tensor<256x8xf32>, tensor<256x8xf32>)
      outs(%row, %row, %query : tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>
  return %state#0, %state#1, %state#2 : tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %fold = transform.structured.match ops{["attn.fold"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %fold tile_sizes [0, 4]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>

func.func @tile_n(%query: tensor<32x8xf32>, %key: tensor<256x8xf32>, %row: tensor<32xf32>)
    -> (tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>) {
  // expected-error @+1 {{'attn.fold' op cannot be tiled along n: m and l do not depend on n, so keys would be counted again; give it tile size 0}}
  %state:3 = attn.fold ins(%query, %key, %key : tensor<32x8xf32>, tensor<256x8xf32>, tensor<256x8xf32>)
      outs(%row, %row, %query : tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>
  return %state#0, %state#1, %state#2 : tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %fold = transform.structured.match ops{["attn.fold"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %fold tile_sizes [0, 0, 0, 4]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>

func.func @split_k1(%query: tensor<32x8xf32>, %key: tensor<256x8xf32>, %row: tensor<32xf32>)
    -> (tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>) {
  // expected-error @+1 {{'attn.fold' op can only be split along k2, dimension 2 of its iteration space}}
  %state:3 = attn.fold ins(%query, %key, %key : tensor<32x8xf32>, tensor<256x8xf32>, tensor<256x8xf32>)
      outs(%row, %row, %query : tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>
  return %state#0, %state#1, %state#2 : tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %fold = transform.structured.match ops{["attn.fold"]} in %root : (!transform.any_op) -> !transform.any_op
    %fill:3, %partial, %combine, %loop = transform.structured.tile_reduction_using_forall %fold by num_threads = [0, 2, 0, 0] tile_sizes = []
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op,
                                  !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#query = affine_map<(m, k1, k2, n) -> (m, k1)>
#key = affine_map<(m, k1, k2, n) -> (k2, k1)>
#value = affine_map<(m, k1, k2, n) -> (k2, n)>
#row = affine_map<(m, k1, k2, n) -> (m)>
#acc = affine_map<(m, k1, k2, n) -> (m, n)>

func.func @split_in_order(%query: tensor<32x8xf32>, %key: tensor<256x8xf32>, %row: tensor<32xf32>)
    -> (tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>) {
  // expected-error @+1 {{'attn.fold' op splits its keys into parallel runs only; use the outer-parallel strategy}}
  %state:3 = attn.fold ins(%query, %key, %key : tensor<32x8xf32>, tensor<256x8xf32>, tensor<256x8xf32>)
      outs(%row, %row, %query : tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]} -> tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>
  return %state#0, %state#1, %state#2 : tensor<32xf32>, tensor<32xf32>, tensor<32x8xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %fold = transform.structured.match ops{["attn.fold"]} in %root : (!transform.any_op) -> !transform.any_op
    %fill:3, %partial, %combine, %loop = transform.structured.tile_reduction_using_for %fold by tile_sizes = [0, 0, 64, 0]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op,
                                  !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#partial_row = affine_map<(m, s, n) -> (s, m)>
#partial_acc = affine_map<(m, s, n) -> (s, m, n)>
#row = affine_map<(m, s, n) -> (m)>
#acc = affine_map<(m, s, n) -> (m, n)>

func.func @combine_tile_n(%partial: tensor<8x32xf32>, %partial_acc: tensor<8x32x4xf32>, %row: tensor<32xf32>,
                          %acc: tensor<32x4xf32>) -> tensor<32x4xf32> {
  // expected-error @+1 {{'attn.combine' op cannot be tiled along n: m and l do not depend on n, so states would be counted again; give it tile size 0}}
  %state:3 = attn.combine ins(%partial, %partial, %partial_acc : tensor<8x32xf32>, tensor<8x32xf32>, tensor<8x32x4xf32>)
      outs(%row, %row, %acc : tensor<32xf32>, tensor<32xf32>, tensor<32x4xf32>)
      {indexing_maps = [#partial_row, #partial_row, #partial_acc, #row, #row, #acc]}
      -> tensor<32xf32>, tensor<32xf32>, tensor<32x4xf32>
  return %state#2 : tensor<32x4xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %combine = transform.structured.match ops{["attn.combine"]} in %root : (!transform.any_op) -> !transform.any_op
    %tiled, %loop = transform.structured.tile_using_for %combine tile_sizes [0, 0, 2]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
