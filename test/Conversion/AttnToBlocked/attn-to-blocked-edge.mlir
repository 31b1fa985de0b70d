// RUN: attn-opt %s -attn-to-blocked="queries=16 keys=64 edge=8" | FileCheck %s
// RUN: attn-opt %s -attn-to-blocked="queries=16 keys=64 edge=6" | FileCheck %s --check-prefix=WHOLE
// RUN: not attn-opt %s -attn-to-blocked="edge=-1" 2>&1 | FileCheck %s --check-prefix=ERROR

// ERROR: error: tile sizes are in rows and must be positive, got queries = 32, keys = 256, block = 0, edge = -1

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

// The same at both edges of a window. Each half has keys at one edge of it only: no
// keys are left on the other side.

// CHECK-LABEL: func @window(
// CHECK:         scf.for %[[I:.+]] = %c0 to %c128 step %c16
// CHECK:           scf.for {{.*}} = %c0 to %c16 step %c8
// CHECK:             attn.fold {{.*}} tensor<64x8xf32>) {{.*}}mask = #attn.window<47, 0>
// CHECK:             attn.fold {{.*}} tensor<64x8xf32>) {indexing_maps = [{{[^=]*}}]} ->
// CHECK:           attn.fold {{.*}} tensor<64x16xf32>) {indexing_maps = [{{[^=]*}}]} ->
// CHECK:           scf.for {{.*}} = %c0 to %c16 step %c8
// CHECK:             attn.fold {{.*}} tensor<64x8xf32>) {indexing_maps = [{{[^=]*}}]} ->
// CHECK:             attn.fold {{.*}} tensor<64x8xf32>) {{.*}}mask = #attn.window<47, 0>
// CHECK-NOT:     attn.fold
// WHOLE-LABEL: func @window(
// WHOLE-COUNT-3: attn.fold
// WHOLE-NOT:     attn.fold
func.func @window(%q: tensor<128x64xf32>, %k: tensor<128x64xf32>, %v: tensor<128x64xf32>) -> tensor<128x64xf32> {
  %init = tensor.empty() : tensor<128x64xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<128x64xf32>, tensor<128x64xf32>, tensor<128x64xf32>)
         outs(%init : tensor<128x64xf32>) {mask = #attn.window<47, 0>} -> tensor<128x64xf32>
  return %o : tensor<128x64xf32>
}

// A key may be at both edges of a window as narrow as a tile: tiles stay whole.

// CHECK-LABEL: func @narrow_window(
// CHECK-COUNT-3: attn.fold {{.*}} tensor<64x16xf32>) {
// CHECK-NOT:     attn.fold
// WHOLE-LABEL: func @narrow_window(
func.func @narrow_window(%q: tensor<128x64xf32>, %k: tensor<128x64xf32>, %v: tensor<128x64xf32>) -> tensor<128x64xf32> {
  %init = tensor.empty() : tensor<128x64xf32>
  %o = attn.attention ins(%q, %k, %v : tensor<128x64xf32>, tensor<128x64xf32>, tensor<128x64xf32>)
         outs(%init : tensor<128x64xf32>) {mask = #attn.window<15, 0>} -> tensor<128x64xf32>
  return %o : tensor<128x64xf32>
}
