// RUN: attn-opt %s -attn-to-kernel -canonicalize -cse | FileCheck %s -enable-var-scope

// Tiles that all queries see, copied one ahead, then those at the mask's edge; the
// last queries, which have the most keys, are the first block's.

// CHECK-DAG: #[[$LAST_FIRST:.*]] = affine_map<(d0) -> (d0 * -128 + 128)>
// CHECK-DAG: #[[$HALF_ROWS:.*]] = affine_map<(d0) -> (d0 * -64 + 192)>
// CHECK-DAG: #[[$STAGE:.*]] = affine_map<(d0) -> ((d0 floordiv 64) mod 2)>
// CHECK-DAG: #[[$OTHER:.*]] = affine_map<(d0) -> (d0 floordiv 64 - ((d0 floordiv 64 + 1) floordiv 2) * 2 + 1)>
// CHECK-DAG: #[[$MATRIX:.*]] = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 8 x (0, 8), 2 x (64, 0)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
// CHECK-DAG: #[[$ROWS:.*]] = #kernel.layout<registers = [2 x (8, 0), 2 x (64, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>

// CHECK-LABEL: func @causal(
// CHECK-SAME:    %[[Q:[a-z0-9]+]]: tensor<2x256x64xbf16>, %[[K:[a-z0-9]+]]: tensor<2x256x64xbf16>, %[[V:[a-z0-9]+]]: tensor<2x256x64xbf16>
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK-DAG:     %[[C64:.*]] = arith.constant 64 : index
// CHECK:         scf.forall (%[[HEAD:.*]], %[[BLOCK:.*]]) in (2, 2)
// CHECK:           %[[ROW:.*]] = affine.apply #[[$LAST_FIRST]](%[[BLOCK]])
// CHECK-DAG:       %[[QUERIES:.*]] = kernel.alloc : !kernel.tile<1x128x64xbf16, swizzle = 8>
// CHECK-DAG:       %[[KEYS:.*]] = kernel.alloc : !kernel.tile<2x64x64xbf16, swizzle = 8>
// CHECK:           %[[VALUES:.*]] = kernel.alloc : !kernel.tile<2x64x64xbf16, swizzle = 8>
// CHECK:           kernel.copy %[[Q]][%[[HEAD]], %[[ROW]], %[[C0]]] to %[[QUERIES]][%[[C0]]] {dims = array<i64: 1, 2>}
// CHECK:           kernel.commit
// CHECK:           kernel.copy %[[K]][%[[HEAD]], %[[C0]], %[[C0]]] to %[[KEYS]][%[[C0]]] {dims = array<i64: 1, 2>}
// CHECK:           kernel.copy %[[V]][%[[HEAD]], %[[C0]], %[[C0]]] to %[[VALUES]][%[[C0]]] {dims = array<i64: 1, 2>}
// CHECK:           kernel.commit
// CHECK:           kernel.wait 1
// CHECK:           kernel.barrier
// CHECK:           %[[VIEW:.*]] = kernel.view %[[QUERIES]][%[[C0]]] : {{.*}} -> tensor<1x128x64xbf16>
// CHECK:           %[[WHOLE:.*]]:3 = scf.for %[[J:.*]] = %[[C0]] to %[[EDGE:[^ ]+]] step %[[C64]]
// CHECK:             kernel.wait 0
// CHECK:             kernel.barrier
// CHECK:             %[[THIS:.*]] = affine.apply #[[$STAGE]](%[[J]])
// CHECK:             %[[NEXT_STAGE:.*]] = affine.apply #[[$OTHER]](%[[J]])
// CHECK:             %[[NEXT:.*]] = arith.addi %[[J]], %[[C64]]
// CHECK:             %[[IS_THERE:.*]] = arith.cmpi slt, %[[NEXT]], %[[END:[^ ]+]]
// CHECK:             scf.if %[[IS_THERE]] {
// CHECK:               kernel.copy %[[K]][%[[HEAD]], %[[NEXT]], %[[C0]]] to %[[KEYS]][%[[NEXT_STAGE]]]
// CHECK:               kernel.copy %[[V]][%[[HEAD]], %[[NEXT]], %[[C0]]] to %[[VALUES]][%[[NEXT_STAGE]]]
// CHECK:               kernel.commit
// CHECK:             %[[KEY:.*]] = kernel.view %[[KEYS]][%[[THIS]]] : {{.*}} -> tensor<64x64xbf16>
// CHECK:             %[[VALUE:.*]] = kernel.view %[[VALUES]][%[[THIS]]] : {{.*}} -> tensor<64x64xbf16>
// CHECK:             attn.fold ins(%[[VIEW]], %[[KEY]], %[[VALUE]] : {{.*}} at(%[[HEAD]], %[[ROW]], %[[J]])
// CHECK-NOT:         mask
// CHECK-SAME:        scale = 1.250000e-01
// CHECK:           %[[ALL:.*]]:3 = scf.for %{{.*}} = %[[EDGE]] to %[[END]] step %[[C64]] iter_args(%{{.*}} = %[[WHOLE]]#0,
// CHECK:             attn.fold
// CHECK-NOT:         valid_keys
// CHECK-SAME:        mask = #attn.causal
// CHECK-NOT:       scf.for
// CHECK:           kernel.wait 0
// CHECK:           %[[OUT:.*]] = attn.finish ins(%[[ALL]]#0, %[[ALL]]#1, %[[ALL]]#2
// CHECK:           %[[FRAGMENT:.*]] = builtin.unrealized_conversion_cast %[[OUT]] : tensor<1x128x64xbf16> to !kernel.fragment<128x64xbf16, #[[$MATRIX]]>
// CHECK:           kernel.write %[[FRAGMENT]] to %{{.*}}[%[[C0]], %[[C0]], %[[C0]]] {dims = array<i64: 1, 2>}
// CHECK:         } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_1>, #gpu.block<linear_dim_0>]}
func.func @causal(%q: tensor<2x256x64xbf16>, %k: tensor<2x256x64xbf16>, %v: tensor<2x256x64xbf16>) -> tensor<2x256x64xbf16> {
  %init = tensor.empty() : tensor<2x256x64xbf16>
  %o = attn.attention ins(%q, %k, %v : tensor<2x256x64xbf16>, tensor<2x256x64xbf16>, tensor<2x256x64xbf16>)
         outs(%init : tensor<2x256x64xbf16>) {mask = #attn.causal} -> tensor<2x256x64xbf16>
  return %o : tensor<2x256x64xbf16>
}

// CHECK-LABEL: func @causal_f16(
// CHECK:         kernel.alloc : !kernel.tile<1x128x64xf16, swizzle = 8>
// CHECK:         scf.for
// CHECK:           attn.fold
// CHECK-NOT:       mask
// CHECK:         scf.for
// CHECK:           attn.fold {{.*}} mask = #attn.causal
// CHECK-NOT:     scf.for
// CHECK:         attn.finish
func.func @causal_f16(%x: tensor<256x64xf16>) -> tensor<256x64xf16> {
  %o = attn.attention ins(%x, %x, %x : tensor<256x64xf16>, tensor<256x64xf16>, tensor<256x64xf16>)
         outs(%x : tensor<256x64xf16>) {mask = #attn.causal} -> tensor<256x64xf16>
  return %o : tensor<256x64xf16>
}

// No mask, and whole tiles: nothing says which keys there are.

// CHECK-LABEL: func @whole_tiles(
// CHECK:         scf.for
// CHECK:           attn.fold
// CHECK-NOT:       valid_keys
// CHECK-NOT:       mask
// CHECK-NOT:     scf.for
// CHECK:         attn.finish
func.func @whole_tiles(%x: tensor<256x64xbf16>) -> tensor<256x64xbf16> {
  %o = attn.attention ins(%x, %x, %x : tensor<256x64xbf16>, tensor<256x64xbf16>, tensor<256x64xbf16>)
         outs(%x : tensor<256x64xbf16>) -> tensor<256x64xbf16>
  return %o : tensor<256x64xbf16>
}

// A last tile that is not whole: what fills it up is hidden.

// CHECK-LABEL: func @last_tile_is_not_whole(
// CHECK-DAG:     %[[C192:.*]] = arith.constant 192 : index
// CHECK-DAG:     %[[C200:.*]] = arith.constant 200 : index
// CHECK:         scf.for %{{.*}} = %{{.*}} to %[[C192]] step
// CHECK:           attn.fold
// CHECK-NOT:       valid_keys
// CHECK:         attn.fold {{.*}} valid_keys(%[[C200]] : index)
// CHECK:         attn.finish
func.func @last_tile_is_not_whole(%x: tensor<200x64xbf16>) -> tensor<200x64xbf16> {
  %o = attn.attention ins(%x, %x, %x : tensor<200x64xbf16>, tensor<200x64xbf16>, tensor<200x64xbf16>)
         outs(%x : tensor<200x64xbf16>) -> tensor<200x64xbf16>
  return %o : tensor<200x64xbf16>
}

// CHECK-LABEL: func @unknown_length(
// CHECK-SAME:    %[[Q:[a-z0-9]+]]: tensor<4x?x64xbf16>, %[[K:[a-z0-9]+]]: tensor<4x?x64xbf16>
// CHECK-DAG:     %[[LENGTH:.*]] = tensor.dim %[[K]], %
// CHECK:         scf.for
// CHECK:           attn.fold
// CHECK-NOT:       valid_keys
// CHECK:         scf.for
// CHECK:           attn.fold {{.*}} valid_keys(%[[LENGTH]] : index)
// CHECK:         attn.finish
func.func @unknown_length(%q: tensor<4x?x64xbf16>, %k: tensor<4x?x64xbf16>) -> tensor<4x?x64xbf16> {
  %o = attn.attention ins(%q, %k, %k : tensor<4x?x64xbf16>, tensor<4x?x64xbf16>, tensor<4x?x64xbf16>)
         outs(%q : tensor<4x?x64xbf16>) -> tensor<4x?x64xbf16>
  return %o : tensor<4x?x64xbf16>
}

// A window has two edges.

// CHECK-LABEL: func @window(
// CHECK:         scf.for
// CHECK:           attn.fold {{.*}} mask = #attn.and<#attn.causal, #attn.window<300, 0>>
// CHECK:         scf.for
// CHECK:           attn.fold
// CHECK-NOT:       mask
// CHECK:         scf.for
// CHECK:           attn.fold {{.*}} mask = #attn.and<#attn.causal, #attn.window<300, 0>>
// CHECK-NOT:     scf.for
// CHECK:         attn.finish
func.func @window(%x: tensor<1024x64xbf16>) -> tensor<1024x64xbf16> {
  %o = attn.attention ins(%x, %x, %x : tensor<1024x64xbf16>, tensor<1024x64xbf16>, tensor<1024x64xbf16>)
         outs(%x : tensor<1024x64xbf16>) {mask = #attn.and<#attn.causal, #attn.window<300, 0>>} -> tensor<1024x64xbf16>
  return %o : tensor<1024x64xbf16>
}

// The registers decide how many rows and warps a block has: queries of 256 features
// are read again for each tile.

// CHECK-LABEL: func @features_128(
// CHECK-DAG:     kernel.alloc : !kernel.tile<1x128x128xbf16, swizzle = 8>
// CHECK-DAG:     kernel.alloc : !kernel.tile<2x64x128xbf16, swizzle = 8>
// CHECK:         kernel.view {{.*}} -> tensor<128x128xbf16>
// CHECK:         scf.for
// CHECK-NOT:       kernel.view {{.*}} -> tensor<128x128xbf16>
// CHECK:           scale = 0.088388347648318433
// CHECK:         kernel.threads = 256
func.func @features_128(%x: tensor<256x128xbf16>) -> tensor<256x128xbf16> {
  %o = attn.attention ins(%x, %x, %x : tensor<256x128xbf16>, tensor<256x128xbf16>, tensor<256x128xbf16>)
         outs(%x : tensor<256x128xbf16>) -> tensor<256x128xbf16>
  return %o : tensor<256x128xbf16>
}

// CHECK-LABEL: func @features_256(
// CHECK-DAG:     kernel.alloc : !kernel.tile<1x64x256xbf16, swizzle = 8>
// CHECK-DAG:     kernel.alloc : !kernel.tile<2x32x256xbf16, swizzle = 8>
// CHECK:         scf.for
// CHECK:           kernel.view {{.*}} -> tensor<64x256xbf16>
// CHECK:         kernel.threads = 128
func.func @features_256(%x: tensor<256x256xbf16>) -> tensor<256x256xbf16> {
  %o = attn.attention ins(%x, %x, %x : tensor<256x256xbf16>, tensor<256x256xbf16>, tensor<256x256xbf16>)
         outs(%x : tensor<256x256xbf16>) -> tensor<256x256xbf16>
  return %o : tensor<256x256xbf16>
}

// 20 features are 32 in a tile, but the scale is that of 20; values have their own.

// CHECK-LABEL: func @features_rounded_up(
// CHECK-DAG:     kernel.alloc : !kernel.tile<1x128x32xbf16, swizzle = 8>
// CHECK-DAG:     kernel.alloc : !kernel.tile<2x64x32xbf16, swizzle = 8>
// CHECK-DAG:     kernel.alloc : !kernel.tile<2x64x48xbf16, swizzle = 8>
// CHECK:         scale = 0.22360679774997896
// CHECK:         kernel.write {{.*}} : !kernel.fragment<128x48xbf16, {{.*}}> to tensor<?x40xbf16>
func.func @features_rounded_up(%x: tensor<256x20xbf16>, %v: tensor<256x40xbf16>) -> tensor<256x40xbf16> {
  %o = attn.attention ins(%x, %x, %v : tensor<256x20xbf16>, tensor<256x20xbf16>, tensor<256x40xbf16>)
         outs(%v : tensor<256x40xbf16>) -> tensor<256x40xbf16>
  return %o : tensor<256x40xbf16>
}

// CHECK-LABEL: func @log_sum_exp(
// CHECK:         %[[OUT:[a-z0-9]+]], %[[LSE:[a-z0-9_]+]] = attn.finish
// CHECK-DAG:     %[[O:.*]] = builtin.unrealized_conversion_cast %[[OUT]] : tensor<128x64xbf16> to !kernel.fragment<128x64xbf16, #[[$MATRIX]]>
// CHECK-DAG:     %[[L:.*]] = builtin.unrealized_conversion_cast %[[LSE]] : tensor<128xf32> to !kernel.fragment<128xf32, #[[$ROWS]]>
// CHECK-DAG:     kernel.write %[[O]] to {{.*}} {dims = array<i64: 0, 1>}
// CHECK-DAG:     kernel.write %[[L]] to {{.*}} {dims = array<i64: 0>} : !kernel.fragment<128xf32, #[[$ROWS]]> to tensor<?xf32>
// CHECK:         scf.forall.in_parallel {
// CHECK:           tensor.parallel_insert_slice
// CHECK:           tensor.parallel_insert_slice
func.func @log_sum_exp(%x: tensor<256x64xbf16>, %l: tensor<256xf32>) -> (tensor<256x64xbf16>, tensor<256xf32>) {
  %o, %lse = attn.attention ins(%x, %x, %x : tensor<256x64xbf16>, tensor<256x64xbf16>, tensor<256x64xbf16>)
         outs(%x, %l : tensor<256x64xbf16>, tensor<256xf32>) -> tensor<256x64xbf16>, tensor<256xf32>
  return %o, %lse : tensor<256x64xbf16>, tensor<256xf32>
}

// Masks and ids stay where they are and are read element by element. With a mask
// tensor a block has half the rows.

// CHECK-LABEL: func @mask_tensor(
// CHECK-SAME:    %[[M:[a-z0-9]+]]: tensor<256x256xi1>
// CHECK:         scf.forall (%[[BLOCK:.*]]) in (4)
// CHECK:           %[[ROW:.*]] = affine.apply #[[$HALF_ROWS]](%[[BLOCK]])
// CHECK:           scf.for %[[J:[a-z0-9]+]] =
// CHECK:             %[[W:.*]] = kernel.window %[[M]][%[[ROW]], %[[J]]] : tensor<256x256xi1> -> tensor<64x64xi1>
// CHECK:             attn.fold {{.*}} mask_tensor(%[[W]] : tensor<64x64xi1>)
func.func @mask_tensor(%m: tensor<256x256xi1>, %x: tensor<256x64xbf16>) -> tensor<256x64xbf16> {
  %o = attn.attention ins(%x, %x, %x : tensor<256x64xbf16>, tensor<256x64xbf16>, tensor<256x64xbf16>)
         mask_tensor(%m : tensor<256x256xi1>) outs(%x : tensor<256x64xbf16>) -> tensor<256x64xbf16>
  return %o : tensor<256x64xbf16>
}

// CHECK-LABEL: func @segments(
// CHECK-SAME:    %[[IDS:[a-z0-9]+]]: tensor<256xi32>
// CHECK:         scf.forall (%[[BLOCK:.*]]) in (2)
// CHECK:           %[[ROW:.*]] = affine.apply #[[$LAST_FIRST]](%[[BLOCK]])
// CHECK:           kernel.barrier
// CHECK:           scf.for %{{[a-z0-9]+}} =
// CHECK:             attn.fold {{.*}} segments(
// CHECK:           scf.for %{{[a-z0-9]+}} =
// CHECK:             attn.fold
// CHECK-NOT:         segments
// CHECK:           scf.for %[[J:[a-z0-9]+]] =
// CHECK-DAG:         %[[QUERY_IDS:.*]] = kernel.window %[[IDS]][%[[ROW]]] : tensor<256xi32> -> tensor<128xi32>
// CHECK-DAG:         %[[KEY_IDS:.*]] = kernel.window %[[IDS]][%[[J]]] : tensor<256xi32> -> tensor<64xi32>
// CHECK:             attn.fold {{.*}} segments(%[[QUERY_IDS]], %[[KEY_IDS]] : tensor<128xi32>, tensor<64xi32>)
func.func @segments(%ids: tensor<256xi32>, %x: tensor<256x64xbf16>) -> tensor<256x64xbf16> {
  %o = attn.attention ins(%x, %x, %x : tensor<256x64xbf16>, tensor<256x64xbf16>, tensor<256x64xbf16>)
         segments(%ids, %ids : tensor<256xi32>, tensor<256xi32>)
         outs(%x : tensor<256x64xbf16>) {mask = #attn.and<#attn.causal, #attn.segments>} -> tensor<256x64xbf16>
  return %o : tensor<256x64xbf16>
}

// Few queries: heads that share keys are the rows, a warp a block, and each block has
// the keys of one split. Their states are combined.

// CHECK-LABEL: func @decode(
// CHECK:         %[[STATES:.*]]:3 = scf.forall (%[[SPLIT:.*]], %[[HEAD:.*]], %{{.*}}, %{{.*}}) in (8, 2, 1, 1) shared_outs({{.*}}) -> (tensor<8x2x4x1xf32>, tensor<8x2x4x1xf32>, tensor<8x2x4x1x64xf32>)
// CHECK:           kernel.alloc : !kernel.tile<1x16x64xbf16, swizzle = 8>
// CHECK:           kernel.view {{.*}} -> tensor<1x16x1x64xbf16>
// CHECK:           attn.fold
// CHECK-NOT:       attn.finish
// CHECK-COUNT-3:   kernel.write
// CHECK:         kernel.threads = 32 : i64
// CHECK:         %new_max, %new_sum, %new_acc = attn.combine ins(%[[STATES]]#0, %[[STATES]]#1, %[[STATES]]#2
// CHECK:         attn.finish ins(%new_max, %new_sum, %new_acc
func.func @decode(%q: tensor<2x4x1x64xbf16>, %k: tensor<2x4096x64xbf16>) -> tensor<2x4x1x64xbf16> {
  %o = attn.attention ins(%q, %k, %k : tensor<2x4x1x64xbf16>, tensor<2x4096x64xbf16>, tensor<2x4096x64xbf16>)
         outs(%q : tensor<2x4x1x64xbf16>)
         indexing_maps = [affine_map<(h, g, m, k1, k2, n) -> (h, g, m, k1)>, affine_map<(h, g, m, k1, k2, n) -> (h, k2, k1)>,
                          affine_map<(h, g, m, k1, k2, n) -> (h, k2, n)>, affine_map<(h, g, m, k1, k2, n) -> (h, g, m, n)>] -> tensor<2x4x1x64xbf16>
  return %o : tensor<2x4x1x64xbf16>
}

// Another form was chosen.

// CHECK-LABEL: func @recurrent(
// CHECK-NOT:     kernel
// CHECK:         attn.attention
func.func @recurrent(%x: tensor<256x64xbf16>) -> tensor<256x64xbf16> {
  %o = attn.attention ins(%x, %x, %x : tensor<256x64xbf16>, tensor<256x64xbf16>, tensor<256x64xbf16>)
         outs(%x : tensor<256x64xbf16>) {form = #attn.form<recurrent>} -> tensor<256x64xbf16>
  return %o : tensor<256x64xbf16>
}
