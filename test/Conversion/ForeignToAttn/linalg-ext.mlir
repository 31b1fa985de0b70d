// RUN: attn-opt %s -allow-unregistered-dialect -split-input-file -foreign-to-attn | FileCheck %s -enable-var-scope

// What iree-opt --mlir-print-op-generic prints: a constant scale in natural units.
#q = affine_map<(b, m, n, k1, k2) -> (b, m, k1)>
#k = affine_map<(b, m, n, k1, k2) -> (b, k2, k1)>
#v = affine_map<(b, m, n, k1, k2) -> (b, k2, n)>
#s = affine_map<(b, m, n, k1, k2) -> ()>
#o = affine_map<(b, m, n, k1, k2) -> (b, m, n)>
// CHECK-LABEL: @plain(
// CHECK-SAME: %[[Q:[^ ]+]]: tensor<2x6x4xf16>, %[[K:[^ ]+]]: tensor<2x5x4xf16>, %[[V:[^ ]+]]: tensor<2x5x3xf16>, %[[O:[^ ]+]]: tensor<2x6x3xf32>
func.func @plain(%q: tensor<2x6x4xf16>, %k: tensor<2x5x4xf16>, %v: tensor<2x5x3xf16>, %o: tensor<2x6x3xf32>) -> tensor<2x6x3xf32> {
  %cst = arith.constant 0.25 : f16
  // CHECK: %[[R:.+]] = attn.attention ins(%[[Q]], %[[K]], %[[V]] : {{.*}}) outs(%[[O]] : tensor<2x6x3xf32>) {scale = 2.500000e-01 : f64} -> tensor<2x6x3xf32>
  // CHECK-NEXT: return %[[R]]
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %cst, %o) <{indexing_maps = [#q, #k, #v, #s, #o], operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 1>}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) {lowering_config = #iree_codegen.lowering_config<tile_sizes = [[1]]>} : (tensor<2x6x4xf16>, tensor<2x5x4xf16>, tensor<2x5x3xf16>, f16, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return %0 : tensor<2x6x3xf32>
}

// -----

// Later versions: no scale, the query is in base 2 as it comes.
#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
// CHECK-LABEL: @scale_in_query(
// CHECK: attn.attention {{.*}} {scale = 0.69314718055994529 : f64}
func.func @scale_in_query(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %o: tensor<2x6x3xf32>) -> tensor<2x6x3xf32> {
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %o) <{indexing_maps = [#q, #k, #v, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return %0 : tensor<2x6x3xf32>
}
// CHECK-LABEL: @scale_in_query_natural(
// CHECK: attn.attention {{.*}} {scale = 1.000000e+00 : f64}
func.func @scale_in_query_natural(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %o: tensor<2x6x3xf32>) -> tensor<2x6x3xf32> {
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %o) <{decomposition_config = {qk_attrs = {a}, use_exp2 = false}, indexing_maps = [#q, #k, #v, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return %0 : tensor<2x6x3xf32>
}

// -----

// Grouped heads: of the dimensions of query and output alone the longest is that of
// the queries. Keys transposed, a mask of bytes, a scale that is an argument.
#q = affine_map<(b, h, g, m, k1, k2, n) -> (b, m, h, g, k1)>
#k = affine_map<(b, h, g, m, k1, k2, n) -> (b, h, k1, k2)>
#v = affine_map<(b, h, g, m, k1, k2, n) -> (b, h, k2, n)>
#s = affine_map<(b, h, g, m, k1, k2, n) -> ()>
#mask = affine_map<(b, h, g, m, k1, k2, n) -> (m, k2)>
#o = affine_map<(b, h, g, m, k1, k2, n) -> (b, m, h, g, n)>
// CHECK-DAG: #[[$Q:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d3, d1, d2, d4)>
// CHECK-DAG: #[[$K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d4, d5)>
// CHECK-DAG: #[[$V:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d5, d6)>
// CHECK-DAG: #[[$M:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3, d5)>
// CHECK-DAG: #[[$O:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d3, d1, d2, d6)>
// CHECK-LABEL: @grouped(
// CHECK-SAME: %[[MASK:[^ ]+]]: tensor<6x5xi8>, %[[SCALE:[^ ]+]]: f16
// CHECK: %[[BITS:.+]] = linalg.generic {{.*}} ins(%[[MASK]] : tensor<6x5xi8>) outs({{.*}} : tensor<6x5xi1>)
// CHECK:   arith.trunci {{.*}} : i8 to i1
// CHECK: attn.attention ins({{.*}}) mask_tensor(%[[BITS]] : tensor<6x5xi1>)
// CHECK-SAME: indexing_maps = [#[[$Q]], #[[$K]], #[[$V]], #[[$M]], #[[$O]]]
// CHECK-SAME: scale = 1.000000e+00 : f64
// CHECK-SAME: score(%[[S:[^ ]+]]: f32,
// CHECK-NEXT: %[[WIDE:.+]] = arith.extf %[[SCALE]] : f16 to f32
// CHECK-NEXT: %[[SCALED:.+]] = arith.mulf %[[S]], %[[WIDE]]
// CHECK-NEXT: attn.yield %[[SCALED]]
func.func @grouped(%q: tensor<1x6x2x3x4xf32>, %k: tensor<1x2x4x5xf32>, %v: tensor<1x2x5x3xf32>, %mask: tensor<6x5xi8>, %scale: f16, %o: tensor<1x6x2x3x3xf32>) -> tensor<1x6x2x3x3xf32> {
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %scale, %mask, %o) <{indexing_maps = [#q, #k, #v, #s, #mask, #o]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<1x6x2x3x4xf32>, tensor<1x2x4x5xf32>, tensor<1x2x5x3xf32>, f16, tensor<6x5xi8>, tensor<1x6x2x3x3xf32>) -> tensor<1x6x2x3x3xf32>
  return %0 : tensor<1x6x2x3x3xf32>
}

// -----

// The region sees scores in base 2, that of attn in natural units; index 0 is the
// batch, 1 the query, 2 the key.
#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
// CHECK-LABEL: @region(
// CHECK: attn.attention {{.*}} {head_dims = 0 : i64, scale = 5.000000e-01 : f64}
// CHECK-SAME: score(%[[S:[^ ]+]]: f32, %[[B:[^ ]+]]: index, %{{[^ ]+}}: index, %[[I:[^ ]+]]: index, %[[J:[^ ]+]]: index) {
// CHECK-NEXT: %[[LOG2E:.+]] = arith.constant 1.44269502 : f32
// CHECK-NEXT: %[[S2:.+]] = arith.mulf %[[S]], %[[LOG2E]]
// CHECK-NEXT: arith.subi %[[I]], %[[J]]
// CHECK-NEXT: arith.addi %{{[^ ]+}}, %[[B]]
// CHECK: %[[R2:.+]] = arith.addf %[[S2]],
// CHECK-NEXT: %[[LN2:.+]] = arith.constant 0.693147182 : f32
// CHECK-NEXT: %[[R:.+]] = arith.mulf %[[R2]], %[[LN2]]
// CHECK-NEXT: attn.yield %[[R]]
func.func @region(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %o: tensor<2x6x3xf32>) -> tensor<2x6x3xf32> {
  %cst = arith.constant 0.5 : f32
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %cst, %o) <{indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    %i = "iree_linalg_ext.index"() <{dim = 1 : i64}> : () -> index
    %j = "iree_linalg_ext.index"() <{dim = 2 : i64}> : () -> index
    %b = "iree_linalg_ext.index"() <{dim = 0 : i64}> : () -> index
    %1 = arith.subi %i, %j : index
    %2 = arith.addi %1, %b : index
    %3 = arith.index_cast %2 : index to i32
    %4 = arith.sitofp %3 : i32 to f32
    %5 = arith.addf %score, %4 : f32
    "iree_linalg_ext.yield"(%5) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return %0 : tensor<2x6x3xf32>
}
// With exp instead of exp2 there is nothing to convert.
// CHECK-LABEL: @region_natural(
// CHECK: score(%[[S:[^ ]+]]: f32,
// CHECK-NEXT: %[[R:.+]] = math.tanh %[[S]]
// CHECK-NEXT: attn.yield %[[R]]
func.func @region_natural(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %o: tensor<2x6x3xf32>) -> tensor<2x6x3xf32> {
  %cst = arith.constant 0.5 : f32
  %0 = "iree_linalg_ext.attention"(%q, %k, %v, %cst, %o) <{decomposition_config = {use_exp2 = false}, indexing_maps = [#q, #k, #v, #s, #o]}> ({
  ^bb0(%score: f32):
    %1 = math.tanh %score : f32
    "iree_linalg_ext.yield"(%1) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>) -> tensor<2x6x3xf32>
  return %0 : tensor<2x6x3xf32>
}

// -----

// A step of the online softmax: a fold, whose state comes in another order.
#q = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#k = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#v = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#s = affine_map<(b, m, k1, k2, n) -> ()>
#mask = affine_map<(b, m, k1, k2, n) -> (b, m, k2)>
#o = affine_map<(b, m, k1, k2, n) -> (b, m, n)>
#r = affine_map<(b, m, k1, k2, n) -> (b, m)>
// CHECK-DAG: #[[$O:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d4)>
// CHECK-DAG: #[[$R:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1)>
// CHECK-LABEL: @online(
// CHECK-SAME: %[[MASK:[^ ]+]]: tensor<2x6x5xf32>, %[[ACC:[^ ]+]]: tensor<2x6x3xf32>, %[[MAX:[^ ]+]]: tensor<2x6xf32>, %[[SUM:[^ ]+]]: tensor<2x6xf32>
// CHECK: %[[M:[^ ]+]], %[[L:[^ ]+]], %[[A:[^ ]+]] = attn.fold ins({{.*}}) mask_tensor(%[[MASK]] : tensor<2x6x5xf32>)
// CHECK-SAME: outs(%[[MAX]], %[[SUM]], %[[ACC]] :
// CHECK-SAME: #[[$R]], #[[$R]], #[[$O]]], scale = 2.500000e-01 : f64}
// CHECK-NEXT: return %[[A]], %[[M]], %[[L]]
func.func @online(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %mask: tensor<2x6x5xf32>, %o: tensor<2x6x3xf32>, %m: tensor<2x6xf32>, %l: tensor<2x6xf32>) -> (tensor<2x6x3xf32>, tensor<2x6xf32>, tensor<2x6xf32>) {
  %half = arith.constant 0.25 : f32
  %cst = arith.truncf %half : f32 to f16
  %0:3 = "iree_linalg_ext.online_attention"(%q, %k, %v, %cst, %mask, %o, %m, %l) <{indexing_maps = [#q, #k, #v, #s, #mask, #o, #r, #r]}> ({
  ^bb0(%score: f32):
    "iree_linalg_ext.yield"(%score) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f16, tensor<2x6x5xf32>, tensor<2x6x3xf32>, tensor<2x6xf32>, tensor<2x6xf32>) -> (tensor<2x6x3xf32>, tensor<2x6xf32>, tensor<2x6xf32>)
  return %0#0, %0#1, %0#2 : tensor<2x6x3xf32>, tensor<2x6xf32>, tensor<2x6xf32>
}
// CHECK-LABEL: @online_region(
// CHECK: attn.fold {{.*}} score(%[[S:[^ ]+]]: f32, %[[B:[^ ]+]]: index, %[[I:[^ ]+]]: index, %[[J:[^ ]+]]: index) {
// CHECK: arith.index_cast %[[J]]
func.func @online_region(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %o: tensor<2x6x3xf32>, %m: tensor<2x6xf32>, %l: tensor<2x6xf32>) -> (tensor<2x6x3xf32>, tensor<2x6xf32>, tensor<2x6xf32>) {
  %cst = arith.constant 0.25 : f32
  %0:3 = "iree_linalg_ext.online_attention"(%q, %k, %v, %cst, %o, %m, %l) <{indexing_maps = [#q, #k, #v, #s, #o, #r, #r]}> ({
  ^bb0(%score: f32):
    %j = "iree_linalg_ext.index"() <{dim = 2 : i64}> : () -> index
    %1 = arith.index_cast %j : index to i32
    %2 = arith.sitofp %1 : i32 to f32
    %3 = arith.addf %score, %2 : f32
    "iree_linalg_ext.yield"(%3) : (f32) -> ()
  }) : (tensor<2x6x4xf32>, tensor<2x5x4xf32>, tensor<2x5x3xf32>, f32, tensor<2x6x3xf32>, tensor<2x6xf32>, tensor<2x6xf32>) -> (tensor<2x6x3xf32>, tensor<2x6xf32>, tensor<2x6xf32>)
  return %0#0, %0#1, %0#2 : tensor<2x6x3xf32>, tensor<2x6xf32>, tensor<2x6xf32>
}
