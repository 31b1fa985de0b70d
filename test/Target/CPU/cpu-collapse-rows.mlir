// RUN: attn-opt %s -cpu-collapse-rows | FileCheck %s -enable-var-scope

#w = affine_map<(g, m, n, k) -> (g, m, k)>
#v = affine_map<(g, m, n, k) -> (k, n)>
#o = affine_map<(g, m, n, k) -> (g, m, n)>

// CHECK-LABEL: func @rows(
//       CHECK:   %[[W:.+]] = tensor.collapse_shape %{{.+}} : tensor<4x2x64xf32> into tensor<8x64xf32>
//       CHECK:   %[[O:.+]] = linalg.fill {{.*}} -> tensor<8x32xf32>
//       CHECK:   linalg.generic {{.*}} ins(%[[W]], %{{.+}} : tensor<8x64xf32>, tensor<64x32xf32>) outs(%[[O]]
//       CHECK:   tensor.expand_shape
func.func @rows(%w: tensor<4x2x64xf32>, %v: tensor<64x32xf32>, %zero: f32) -> tensor<4x2x32xf32> {
  %empty = tensor.empty() : tensor<4x2x32xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x2x32xf32>) -> tensor<4x2x32xf32>
  %o = linalg.generic {indexing_maps = [#w, #v, #o], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<4x2x64xf32>, tensor<64x32xf32>) outs(%init : tensor<4x2x32xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<4x2x32xf32>
  return %o : tensor<4x2x32xf32>
}

// Nothing is shared by the rows, their number is unknown, they are not neighbours,
// or there is one.

// CHECK-LABEL: func @negative_own
//   CHECK-NOT:   collapse_shape
func.func @negative_own(%w: tensor<4x2x64xf32>, %v: tensor<4x2x64x32xf32>, %init: tensor<4x2x32xf32>) -> tensor<4x2x32xf32> {
  %o = linalg.generic {indexing_maps = [#w, affine_map<(g, m, n, k) -> (g, m, k, n)>, #o], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<4x2x64xf32>, tensor<4x2x64x32xf32>) outs(%init : tensor<4x2x32xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<4x2x32xf32>
  return %o : tensor<4x2x32xf32>
}
// CHECK-LABEL: func @negative_dynamic
//   CHECK-NOT:   collapse_shape
func.func @negative_dynamic(%w: tensor<4x?x64xf32>, %v: tensor<64x32xf32>, %init: tensor<4x?x32xf32>) -> tensor<4x?x32xf32> {
  %o = linalg.generic {indexing_maps = [#w, #v, #o], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<4x?x64xf32>, tensor<64x32xf32>) outs(%init : tensor<4x?x32xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<4x?x32xf32>
  return %o : tensor<4x?x32xf32>
}
// CHECK-LABEL: func @negative_apart
//   CHECK-NOT:   collapse_shape
func.func @negative_apart(%w: tensor<4x64x2xf32>, %v: tensor<64x32xf32>, %init: tensor<4x2x32xf32>) -> tensor<4x2x32xf32> {
  %o = linalg.generic {indexing_maps = [affine_map<(g, m, n, k) -> (g, k, m)>, #v, #o], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<4x64x2xf32>, tensor<64x32xf32>) outs(%init : tensor<4x2x32xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<4x2x32xf32>
  return %o : tensor<4x2x32xf32>
}
// CHECK-LABEL: func @negative_one
//   CHECK-NOT:   collapse_shape
func.func @negative_one(%w: tensor<1x1x64xf32>, %v: tensor<64x32xf32>, %init: tensor<1x1x32xf32>) -> tensor<1x1x32xf32> {
  %o = linalg.generic {indexing_maps = [#w, #v, #o], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<1x1x64xf32>, tensor<64x32xf32>) outs(%init : tensor<1x1x32xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x1x32xf32>
  return %o : tensor<1x1x32xf32>
}
