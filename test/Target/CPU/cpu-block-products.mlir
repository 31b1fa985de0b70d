// RUN: attn-opt %s -cpu-block-products="cached-bytes=16000 rows=32 reduction=64 panel-bytes=16384" -split-input-file | FileCheck %s -enable-var-scope
// RUN: not attn-opt %s -cpu-block-products="rows=0" -split-input-file 2>&1 | FileCheck %s -check-prefix=ERROR
// ERROR: error: rows, reduction, columns and panel-bytes must be positive, got 0, 256, 16, 245760

// Blocks divide the sizes where there are such. The zeros are filled in at the first
// step of the reduction.

// CHECK-DAG: #[[$A:.+]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[$B:.+]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[$C:.+]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func @matmul(
//  CHECK-SAME:     %[[A:[^ ]+]]: tensor<96x128xf32>, %[[B:[^ ]+]]: tensor<128x192xf32>
//       CHECK:   scf.for %[[N:[^ ]+]] = %{{.+}} to %c192{{.*}} step %c64
//       CHECK:     scf.for %[[K:[^ ]+]] = %[[FIRST:[^ ]+]] to %c128{{.*}} step %c64
//       CHECK:       %[[PART:.+]] = tensor.extract_slice %[[B]][%[[K]], %[[N]]] [64, 64] [1, 1]
//       CHECK:       %[[PANEL:.+]] = linalg.generic {{.+}} ins(%[[PART]]
//       CHECK:       scf.for %[[M:[^ ]+]] = %{{.+}} to %c96{{.*}} step %c32{{.*}} iter_args(%[[OLD:[^ ]+]]
//       CHECK:         %[[BLOCK:.+]] = tensor.extract_slice %[[OLD]][%[[M]], %[[N]]] [32, 64] [1, 1]
//       CHECK:         %[[IS_FIRST:.+]] = arith.cmpi eq, %[[K]], %[[FIRST]]
//       CHECK:         %[[INIT:.+]] = scf.if %[[IS_FIRST]]
//       CHECK:           linalg.fill {{.+}} outs(%[[BLOCK]]
//       CHECK:         %[[ROWS:.+]] = tensor.extract_slice %[[A]][%[[M]], %[[K]]] [32, 64] [1, 1]
//       CHECK:         linalg.generic {indexing_maps = [#[[$A]], #[[$B]], #[[$C]]]
//  CHECK-SAME:           ins(%[[ROWS]], %[[PANEL]] : {{.+}}) outs(%[[INIT]]
func.func @matmul(%a: tensor<96x128xf32>, %b: tensor<128x192xf32>) -> tensor<96x192xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<96x192xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<96x192xf32>) -> tensor<96x192xf32>
  %c = linalg.matmul ins(%a, %b : tensor<96x128xf32>, tensor<128x192xf32>) outs(%zeros : tensor<96x192xf32>) -> tensor<96x192xf32>
  return %c : tensor<96x192xf32>
}

// -----

// Stored transposed: it is transposed in the panel, and
// widened. Blocks that do not divide end early.

#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (n, k)>
#c = affine_map<(m, n, k) -> (m, n)>
// CHECK-DAG: #[[$TRANSPOSED:.+]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG: #[[$SAME:.+]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func @transposed(
//       CHECK:   scf.for {{.+}} step %c64
//       CHECK:     scf.for {{.+}} step %c64
//       CHECK:       %[[K:.+]] = affine.min
//       CHECK:       %[[EMPTY:.+]] = tensor.empty(%[[K]]) : tensor<?x64xf32>
//       CHECK:       linalg.generic {indexing_maps = [#[[$TRANSPOSED]], #[[$SAME]]]
//  CHECK-SAME:         : tensor<64x?xbf16>) outs(%[[EMPTY]]
//       CHECK:         arith.extf
//       CHECK:       scf.if
//       CHECK:       linalg.generic {{.+}} ins({{.+}} : tensor<32x?xf32>, tensor<?x64xf32>)
//   CHECK-NOT:         arith.extf
//       CHECK:         arith.mulf
func.func @transposed(%a: tensor<32x131xbf16>, %b: tensor<128x131xbf16>, %init: tensor<32x128xf32>) -> tensor<32x128xf32> {
  %zero = arith.constant 0.0 : f32
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<32x128xf32>) -> tensor<32x128xf32>
  %c = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %b : tensor<32x131xbf16>, tensor<128x131xbf16>) outs(%zeros : tensor<32x128xf32>) {
  ^bb0(%x: bf16, %y: bf16, %sum: f32):
    %wide_x = arith.extf %x : bf16 to f32
    %wide_y = arith.extf %y : bf16 to f32
    %xy = arith.mulf %wide_x, %wide_y : f32
    %next = arith.addf %sum, %xy : f32
    linalg.yield %next : f32
  } -> tensor<32x128xf32>
  return %c : tensor<32x128xf32>
}

// -----

// What makes the initial values and what follows on them runs on blocks, with the
// indices of the whole result.

#row = affine_map<(m, n) -> (n)>
#entry = affine_map<(m, n) -> (m, n)>
// CHECK-LABEL: func @fused(
//  CHECK-SAME:     %{{.+}}: tensor<?x128xf32>, %{{.+}}: tensor<128x64xf32>, %[[BIAS:[^ ]+]]: tensor<64xf32>
//   CHECK-NOT:   linalg.generic
//       CHECK:   scf.for %[[K:[^ ]+]] = {{.+}} step %c64
//       CHECK:     scf.for %[[M:[^ ]+]] = {{.+}} step %c32
//       CHECK:       scf.if
//       CHECK:         tensor.extract_slice %[[BIAS]][0] [64] [1]
//       CHECK:         linalg.generic
//       CHECK:       %[[SUM:.+]] = linalg.generic {{.+}} "reduction"
//       CHECK:       scf.if
//       CHECK:         linalg.generic {{.+}} outs(%[[SUM]] : tensor<?x64xf32>)
//       CHECK:           %[[ROW:.+]] = linalg.index 0
//       CHECK:           arith.addi %[[ROW]], %[[M]]
//       CHECK:           math.tanh
//   CHECK-NOT:   linalg.generic
//       CHECK:   return
func.func @fused(%a: tensor<?x128xf32>, %b: tensor<128x64xf32>, %bias: tensor<64xf32>) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %a, %c0 : tensor<?x128xf32>
  %empty = tensor.empty(%rows) : tensor<?x64xf32>
  %init = linalg.generic {indexing_maps = [#row, #entry], iterator_types = ["parallel", "parallel"]}
      ins(%bias : tensor<64xf32>) outs(%empty : tensor<?x64xf32>) {
  ^bb0(%x: f32, %out: f32):
    linalg.yield %x : f32
  } -> tensor<?x64xf32>
  %c = linalg.matmul ins(%a, %b : tensor<?x128xf32>, tensor<128x64xf32>) outs(%init : tensor<?x64xf32>) -> tensor<?x64xf32>
  %y = linalg.generic {indexing_maps = [#entry, #entry], iterator_types = ["parallel", "parallel"]}
      ins(%c : tensor<?x64xf32>) outs(%empty : tensor<?x64xf32>) {
  ^bb0(%x: f32, %out: f32):
    %row = linalg.index 0 : index
    %number = arith.index_cast %row : index to i32
    %float = arith.sitofp %number : i32 to f32
    %sum = arith.addf %x, %float : f32
    %bent = math.tanh %sum : f32
    linalg.yield %bent : f32
  } -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// Two dimensions are summed over, two are in the result beside the rows.

#a = affine_map<(h, s, n, c, d) -> (s, h, c, d)>
#b = affine_map<(h, s, n, c, d) -> (h, c, d, n)>
#c = affine_map<(h, s, n, c, d) -> (h, s, n)>
// CHECK-LABEL: func @heads(
//       CHECK:   scf.for %[[H:[^ ]+]] = {{.+}} to %c4{{.*}} step %c1
//       CHECK:     scf.for %[[C:[^ ]+]] = {{.+}} to %c2{{.*}} step %c1
//       CHECK:       tensor.extract_slice {{.+}}[%[[H]], %[[C]], 0, 0] [1, 1, 64, 64] [1, 1, 1, 1] : tensor<4x2x64x64xf32> to tensor<64x64xf32>
//       CHECK:       scf.for %[[S:[^ ]+]] = {{.+}} to %c64{{.*}} step %c32
//       CHECK:         tensor.extract_slice {{.+}}[%[[S]], %[[H]], %[[C]], 0] [32, 1, 1, 64] [1, 1, 1, 1] : tensor<64x4x2x64xf32> to tensor<32x64xf32>
//       CHECK:         linalg.generic {{.+}} ins({{.+}} : tensor<32x64xf32>, tensor<64x64xf32>)
func.func @heads(%a: tensor<64x4x2x64xf32>, %b: tensor<4x2x64x64xf32>, %init: tensor<4x64x64xf32>) -> tensor<4x64x64xf32> {
  %c = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%a, %b : tensor<64x4x2x64xf32>, tensor<4x2x64x64xf32>) outs(%init : tensor<4x64x64xf32>) {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %next = math.fma %x, %y, %sum : f32
    linalg.yield %next : f32
  } -> tensor<4x64x64xf32>
  return %c : tensor<4x64x64xf32>
}

// -----

// A batch of unknown size is left alone: its loops would take too long to compile.

// CHECK-LABEL: func @negative_batch(
//   CHECK-NOT:   scf.for
func.func @negative_batch(%a: tensor<?x64x64xf32>, %b: tensor<?x64x128xf32>, %init: tensor<?x64x128xf32>) -> tensor<?x64x128xf32> {
  %c = linalg.batch_matmul ins(%a, %b : tensor<?x64x64xf32>, tensor<?x64x128xf32>) outs(%init : tensor<?x64x128xf32>) -> tensor<?x64x128xf32>
  return %c : tensor<?x64x128xf32>
}

// -----

// With no step of the reduction, the result is what it starts from.

// CHECK-LABEL: func @length_unknown(
//       CHECK:   %[[ZEROS:.+]] = linalg.fill
//       CHECK:   scf.for {{.+}} iter_args(%{{.+}} = %[[ZEROS]])
func.func @length_unknown(%a: tensor<64x?xf32>, %b: tensor<?x64xf32>) -> tensor<64x64xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<64x64xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<64x64xf32>) -> tensor<64x64xf32>
  %c = linalg.matmul ins(%a, %b : tensor<64x?xf32>, tensor<?x64xf32>) outs(%zeros : tensor<64x64xf32>) -> tensor<64x64xf32>
  return %c : tensor<64x64xf32>
}

// -----

// Matrices that fit, few rows of one that is not transposed, and tiles of a loop.

// CHECK-LABEL: func @negative_small(
//   CHECK-NOT:   scf.for
func.func @negative_small(%a: tensor<96x64xf32>, %b: tensor<64x48xf32>, %init: tensor<96x48xf32>) -> tensor<96x48xf32> {
  %c = linalg.matmul ins(%a, %b : tensor<96x64xf32>, tensor<64x48xf32>) outs(%init : tensor<96x48xf32>) -> tensor<96x48xf32>
  return %c : tensor<96x48xf32>
}
// CHECK-LABEL: func @negative_few_rows(
//   CHECK-NOT:   scf.for
func.func @negative_few_rows(%a: tensor<16x128xf32>, %b: tensor<128x192xf32>, %init: tensor<16x192xf32>) -> tensor<16x192xf32> {
  %c = linalg.matmul ins(%a, %b : tensor<16x128xf32>, tensor<128x192xf32>) outs(%init : tensor<16x192xf32>) -> tensor<16x192xf32>
  return %c : tensor<16x192xf32>
}
// CHECK-LABEL: func @negative_tile(
//       CHECK:   scf.for
//   CHECK-NOT:   scf.for
func.func @negative_tile(%a: tensor<96x128xf32>, %all: tensor<512x192xf32>, %init: tensor<96x192xf32>) -> tensor<96x192xf32> {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %c512 = arith.constant 512 : index
  %sum = scf.for %k = %c0 to %c512 step %c128 iter_args(%old = %init) -> tensor<96x192xf32> {
    %b = tensor.extract_slice %all[%k, 0] [128, 192] [1, 1] : tensor<512x192xf32> to tensor<128x192xf32>
    %c = linalg.matmul ins(%a, %b : tensor<96x128xf32>, tensor<128x192xf32>) outs(%old : tensor<96x192xf32>) -> tensor<96x192xf32>
    scf.yield %c : tensor<96x192xf32>
  }
  return %sum : tensor<96x192xf32>
}
