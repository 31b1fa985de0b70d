// RUN: attn-opt %s -cpu-block-reductions="block=16 columns=16 cached-bytes=32768" | FileCheck %s -enable-var-scope
// RUN: not attn-opt %s -cpu-block-reductions="block=0" 2>&1 | FileCheck %s -check-prefix=ERROR
// ERROR: error: block and columns must be positive, got 0, 16

#w = affine_map<(m, n, k) -> (m, k)>
#v = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: func @few_rows(
//       CHECK:   scf.for %[[K:.+]] = %c0 to %c256 step %c16
//       CHECK:     tensor.extract_slice %{{.+}}[%[[K]], 0] [16, 64] [1, 1]
//       CHECK:     linalg.generic
func.func @few_rows(%w: tensor<4x256xf32>, %v: tensor<256x64xf32>, %init: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %o = linalg.generic {indexing_maps = [#w, #v, #o], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<4x256xf32>, tensor<256x64xf32>) outs(%init : tensor<4x64xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<4x64xf32>
  return %o : tensor<4x64xf32>
}

// A single row takes blocks of 1024 bytes, if a row of the matrix is no longer.

// CHECK-LABEL: func @row(
//       CHECK:   scf.for %[[K:.+]] = %c0 to %c256 step %c4
//       CHECK:     tensor.extract_slice %{{.+}}[%[[K]], 0] [4, 64] [1, 1]
func.func @row(%w: tensor<1x256xf32>, %v: tensor<256x64xf32>, %init: tensor<1x64xf32>) -> tensor<1x64xf32> {
  %o = linalg.generic {indexing_maps = [#w, #v, #o], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<1x256xf32>, tensor<256x64xf32>) outs(%init : tensor<1x64xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x64xf32>
  return %o : tensor<1x64xf32>
}

// CHECK-LABEL: func @row_of_long_rows(
//       CHECK:   scf.for %[[K:.+]] = %c0 to %c256 step %c16
func.func @row_of_long_rows(%w: tensor<1x256xf32>, %v: tensor<256x320xf32>, %init: tensor<1x320xf32>) -> tensor<1x320xf32> {
  %o = linalg.generic {indexing_maps = [#w, #v, #o], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<1x256xf32>, tensor<256x320xf32>) outs(%init : tensor<1x320xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x320xf32>
  return %o : tensor<1x320xf32>
}

// Many rows read the matrix many times in any order; few columns read it once.

// CHECK-LABEL: func @negative_many_rows(
//   CHECK-NOT:   scf.for
func.func @negative_many_rows(%w: tensor<17x256xf32>, %v: tensor<256x64xf32>, %init: tensor<17x64xf32>) -> tensor<17x64xf32> {
  %o = linalg.generic {indexing_maps = [#w, #v, #o], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<17x256xf32>, tensor<256x64xf32>) outs(%init : tensor<17x64xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<17x64xf32>
  return %o : tensor<17x64xf32>
}
// CHECK-LABEL: func @negative_few_columns(
//   CHECK-NOT:   scf.for
func.func @negative_few_columns(%w: tensor<4x256xf32>, %v: tensor<256x16xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %o = linalg.generic {indexing_maps = [#w, #v, #o], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<4x256xf32>, tensor<256x16xf32>) outs(%init : tensor<4x16xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<4x16xf32>
  return %o : tensor<4x16xf32>
}

// Weights that fit in a cache are there; a part of a larger matrix comes from memory.

// CHECK-LABEL: func @negative_cached(
//   CHECK-NOT:   scf.for
func.func @negative_cached(%w: tensor<1x128xf32>, %v: tensor<128x64xf32>, %init: tensor<1x64xf32>) -> tensor<1x64xf32> {
  %o = linalg.generic {indexing_maps = [#w, #v, #o], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<1x128xf32>, tensor<128x64xf32>) outs(%init : tensor<1x64xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x64xf32>
  return %o : tensor<1x64xf32>
}
// CHECK-LABEL: func @part(
//       CHECK:   scf.for
func.func @part(%w: tensor<1x128xf32>, %all: tensor<?x64xf32>, %at: index, %init: tensor<1x64xf32>) -> tensor<1x64xf32> {
  %v = tensor.extract_slice %all[%at, 0] [128, 64] [1, 1] : tensor<?x64xf32> to tensor<128x64xf32>
  %o = linalg.generic {indexing_maps = [#w, #v, #o], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<1x128xf32>, tensor<128x64xf32>) outs(%init : tensor<1x64xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x64xf32>
  return %o : tensor<1x64xf32>
}
