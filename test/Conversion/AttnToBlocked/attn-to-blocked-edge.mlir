// RUN: attn-opt %s -attn-to-blocked="queries=16 keys=64 parts=2" | FileCheck %s
// RUN: attn-opt %s -attn-to-blocked="queries=16 keys=64 parts=3" | FileCheck %s --check-prefix=WHOLE
// RUN: not attn-opt %s -attn-to-blocked="parts=0" 2>&1 | FileCheck %s --check-prefix=ERROR

// ERROR: error: tile sizes are in rows and must be positive, as parts must, got queries = 32, keys = 256, block = 0, parts = 0

// At the diagonal each half of a tile goes on alone: keys before it that all of it
// sees without mask, then as many as it has queries.

// CHECK-LABEL: func @halves(
// CHECK:         scf.for %[[I:.+]] = %c0 to %c64 step %c16
// CHECK:           scf.for {{.*}} step %c64
// CHECK:             attn.fold {{.*}} tensor<64x16xf32>) {indexing_maps = [{{[^=]*}}]} ->
// CHECK:           scf.for {{.*}} = %c0 to %c16 step %c8
// CHECK:             scf.for {{.*}} step %c16
// CHECK:               attn.fold {{.*}} tensor<64x8xf32>) {indexing_maps = [{{[^=]*}}]} ->
// CHECK:             scf.for {{.*}} step %c8
// CHECK:               attn.fold {{.*}} tensor<64x8xf32>) {{.*}}mask = #attn.causal
// CHECK-NOT:     attn.fold

// Parts that do not divide a tile are no parts.

// WHOLE-LABEL: func @halves(
// WHOLE-COUNT-2: attn.fold
// WHOLE-NOT:     attn.fold
func.func @halves(%q: tensor<64x64xf32>, %k: tensor<64x64xf32>, %v: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %init = tensor.empty() : tensor<64x64xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>)
         outs(%init : tensor<64x64xf32>) {mask = #attn.causal} -> tensor<64x64xf32>
  return %o : tensor<64x64xf32>
}

// A window wider than two tiles: no key is at both of its edges. At the first, the
// halves of a tile have hidden keys before those that they see, at the second
// after them. Neighbouring tiles see almost the same keys: they form no block.

// WHOLE-LABEL: func @window(
// CHECK-LABEL: func @window(
// CHECK:         scf.for {{.*}} = %c0 to %c1024 step %c16
// CHECK:           scf.for {{.*}} = %c0 to %c16 step %c8
// CHECK:             scf.for {{.*}} step %c8
// CHECK:               attn.fold {{.*}} tensor<64x8xf32>) {{.*}}mask = #attn.window
// CHECK:             scf.for {{.*}} step %c16
// CHECK:               attn.fold {{.*}} tensor<64x8xf32>) {indexing_maps = [{{[^=]*}}]} ->
// CHECK-NOT:     attn.fold
// CHECK:           scf.for {{.*}} step %c64
// CHECK:             attn.fold {{.*}} tensor<64x16xf32>) {indexing_maps = [{{[^=]*}}]} ->
// CHECK-NOT:     attn.fold
// CHECK:           scf.for {{.*}} = %c0 to %c16 step %c8
// CHECK-NOT:     attn.fold
// CHECK:             scf.for {{.*}} step %c16
// CHECK:               attn.fold {{.*}} tensor<64x8xf32>) {indexing_maps = [{{[^=]*}}]} ->
// CHECK:             scf.for {{.*}} step %c8
// CHECK:               attn.fold {{.*}} tensor<64x8xf32>) {{.*}}mask = #attn.window
// CHECK-NOT:     attn.fold
func.func @window(%q: tensor<1024x64xf32>, %k: tensor<1024x64xf32>, %v: tensor<1024x64xf32>) -> tensor<1024x64xf32> {
  %init = tensor.empty() : tensor<1024x64xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<1024x64xf32>, tensor<1024x64xf32>, tensor<1024x64xf32>)
         outs(%init : tensor<1024x64xf32>) {mask = #attn.window<255, 0>} -> tensor<1024x64xf32>
  return %o : tensor<1024x64xf32>
}

// A block of queries and a window wider than it: its tiles see one edge each too.

// CHECK-LABEL: func @window_and_block(
// CHECK:         scf.for {{.*}} = %c0 to %c1024 step %c32
// CHECK-COUNT-3:   attn.fold {{.*}} tensor<64x8xf32>)
// CHECK:         attn.finish
func.func @window_and_block(%q: tensor<1024x64xf32>, %k: tensor<1024x64xf32>, %v: tensor<1024x64xf32>) -> tensor<1024x64xf32> {
  %init = tensor.empty() : tensor<1024x64xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<1024x64xf32>, tensor<1024x64xf32>, tensor<1024x64xf32>)
         outs(%init : tensor<1024x64xf32>) {form = #attn.form<blocked, block = 32>, mask = #attn.window<255, 0>} -> tensor<1024x64xf32>
  return %o : tensor<1024x64xf32>
}

// 29 keys: 14 queries and more may have keys at both edges, and have no parts.

// CHECK-LABEL: func @narrow(
// CHECK-NOT:     tensor<64x8xf32>
// CHECK:         return
func.func @narrow(%q: tensor<1024x64xf32>, %k: tensor<1024x64xf32>, %v: tensor<1024x64xf32>) -> tensor<1024x64xf32> {
  %init = tensor.empty() : tensor<1024x64xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<1024x64xf32>, tensor<1024x64xf32>, tensor<1024x64xf32>)
         outs(%init : tensor<1024x64xf32>) {mask = #attn.window<28, 0>} -> tensor<1024x64xf32>
  return %o : tensor<1024x64xf32>
}

// One key more.

// CHECK-LABEL: func @wide_enough(
// CHECK:         tensor<64x8xf32>
func.func @wide_enough(%q: tensor<1024x64xf32>, %k: tensor<1024x64xf32>, %v: tensor<1024x64xf32>) -> tensor<1024x64xf32> {
  %init = tensor.empty() : tensor<1024x64xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<1024x64xf32>, tensor<1024x64xf32>, tensor<1024x64xf32>)
         outs(%init : tensor<1024x64xf32>) {mask = #attn.window<14, 15>} -> tensor<1024x64xf32>
  return %o : tensor<1024x64xf32>
}

// Of a length that is free, halves of whole tiles are whole.

// CHECK-LABEL: func @length(
// CHECK-COUNT-2: attn.fold {{.*}} tensor<64x8xf32>)
// CHECK:         attn.fold {{.*}} tensor<64x?xf32>)
func.func @length(%q: tensor<?x64xf32>, %k: tensor<?x64xf32>, %v: tensor<?x64xf32>, %init: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %o = attn.attention ins(%q, %k, %v : tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>)
         outs(%init : tensor<?x64xf32>) {mask = #attn.causal} -> tensor<?x64xf32>
  return %o : tensor<?x64xf32>
}
