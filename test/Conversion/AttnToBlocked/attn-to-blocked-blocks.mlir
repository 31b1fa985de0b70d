// Blocks of queries: each tile of keys serves all tiles of queries of the block, of
// which each takes what it sees along the mask's edge.
// RUN: attn-opt %s -attn-to-blocked="queries=16 keys=256 block=128" | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -attn-to-blocked="queries=16 keys=256 block-bytes=65536" | FileCheck %s -check-prefix=BYTES
// RUN: not attn-opt %s -attn-to-blocked="block=-1" 2>&1 | FileCheck %s -check-prefix=ERROR

// ERROR: error: tile sizes are in rows and must be positive, as parts must, got queries = 32, keys = 256, block = -1

// CHECK-LABEL: func @causal(
// CHECK-DAG:     %[[C16:.*]] = arith.constant 16 : index
// CHECK-DAG:     %[[C128:.*]] = arith.constant 128 : index
// CHECK-DAG:     %[[C256:.*]] = arith.constant 256 : index
// CHECK:         scf.for %[[I:[a-z0-9]+]] = %{{.*}} step %[[C128]]
// CHECK:           linalg.fill {{.*}} outs(%{{.*}} : tensor<64x128xf32>)
// CHECK:           scf.for %[[J:[a-z0-9]+]] = %{{.*}} step %[[C256]]
// CHECK:             scf.for %[[M:[a-z0-9]+]] = %{{.*}} to %[[C128]] step %[[C16]]
// CHECK:               %[[ROW:.*]] = arith.addi %[[I]], %[[M]]
// CHECK:               attn.fold {{.*}} at(%[[ROW]], %[[J]])
// CHECK-NOT:             mask =
// CHECK-SAME:            -> tensor<16xf32>, tensor<16xf32>, tensor<64x16xf32>
// CHECK:           scf.for {{.*}} step %[[C256]]
// CHECK-NOT:         linalg.generic
// CHECK:             scf.for %[[M2:[a-z0-9]+]] = %{{.*}} to %[[C128]] step %[[C16]]
// CHECK:             scf.for {{.*}} step %[[C256]]
// CHECK:               attn.fold
// CHECK-NOT:             mask =
// CHECK-SAME:            -> tensor<16xf32>
// CHECK:             scf.for {{.*}} step %[[C16]]
// CHECK:               attn.fold ins({{.*}} : tensor<64x16xf32>, tensor<?x64xf32>, tensor<?x64xf32>) {{.*}} mask = #attn.causal}
// CHECK:           attn.finish {{.*}} : tensor<128xf32>, tensor<128xf32>, tensor<64x128xf32>)

// 64 features and as many values in f32: 512 bytes a row.
// BYTES-LABEL: func @causal(
// BYTES:         attn.finish {{.*}} : tensor<128xf32>
func.func @causal(%x: tensor<1024x64xf32>, %init: tensor<1024x64xf32>) -> tensor<1024x64xf32> {
  %output = attn.attention ins(%x, %x, %x : tensor<1024x64xf32>, tensor<1024x64xf32>, tensor<1024x64xf32>)
      outs(%init : tensor<1024x64xf32>) {mask = #attn.causal} -> tensor<1024x64xf32>
  return %output : tensor<1024x64xf32>
}

// 2048 bytes a row: a quarter as many.
// BYTES-LABEL: func @wide(
// BYTES:         attn.finish {{.*}} : tensor<32xf32>
func.func @wide(%x: tensor<1024x256xf32>, %init: tensor<1024x256xf32>) -> tensor<1024x256xf32> {
  %output = attn.attention ins(%x, %x, %x : tensor<1024x256xf32>, tensor<1024x256xf32>, tensor<1024x256xf32>)
      outs(%init : tensor<1024x256xf32>) -> tensor<1024x256xf32>
  return %output : tensor<1024x256xf32>
}

// 320 bytes a row: 204 fit, of them whole tiles of 16.
// BYTES-LABEL: func @whole_tiles(
// BYTES:         scf.for {{.*}} step %c192
func.func @whole_tiles(%x: tensor<1024x40xf32>, %init: tensor<1024x40xf32>) -> tensor<1024x40xf32> {
  %output = attn.attention ins(%x, %x, %x : tensor<1024x40xf32>, tensor<1024x40xf32>, tensor<1024x40xf32>)
      outs(%init : tensor<1024x40xf32>) -> tensor<1024x40xf32>
  return %output : tensor<1024x40xf32>
}

// The form says what the block is; a block of one tile is none.

// CHECK-LABEL: func @block_of_the_form(
// CHECK:         attn.finish {{.*}} : tensor<32xf32>
// BYTES-LABEL: func @block_of_the_form(
// BYTES:         attn.finish {{.*}} : tensor<32xf32>
func.func @block_of_the_form(%x: tensor<1024x64xf32>, %init: tensor<1024x64xf32>) -> tensor<1024x64xf32> {
  %output = attn.attention ins(%x, %x, %x : tensor<1024x64xf32>, tensor<1024x64xf32>, tensor<1024x64xf32>)
      outs(%init : tensor<1024x64xf32>) {form = #attn.form<blocked, queries = 16, block = 32>} -> tensor<1024x64xf32>
  return %output : tensor<1024x64xf32>
}
