// RUN: attn-opt %s | FileCheck %s -enable-var-scope
// RUN: attn-opt %s | attn-opt | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -mlir-print-op-generic | attn-opt | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -emit-bytecode | attn-opt | FileCheck %s -enable-var-scope
// RUN: attn-opt %s | FileCheck %s -check-prefix=SPACES -strict-whitespace

// CHECK-DAG: #[[$QUERY:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[$KEY:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d4)>
// CHECK-DAG: #[[$VALUE:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d5)>
// CHECK-DAG: #[[$OUTPUT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d5)>

// Layouts: the maps of a known layout are not printed.

// CHECK-LABEL: func @layout_sd(
// CHECK:         %[[OUTPUT:.*]] = attn.attention ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<16x8xf32>, tensor<16x2xf32>) outs(%{{.*}} : tensor<4x2xf32>) -> tensor<4x2xf32>
// CHECK:         return %[[OUTPUT]]
func.func @layout_sd(%query: tensor<4x8xf32>, %key: tensor<16x8xf32>, %value: tensor<16x2xf32>,
                     %init: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %output = attn.attention
      ins(%query, %key, %value : tensor<4x8xf32>, tensor<16x8xf32>, tensor<16x2xf32>)
      outs(%init : tensor<4x2xf32>) layout(sd) -> tensor<4x2xf32>
  return %output : tensor<4x2xf32>
}

// Segments: the first batch dimensions, then the sequence.

// CHECK-LABEL: func @segments(
// CHECK:         attn.attention {{.*}} segments(%{{.*}}, %{{.*}} : tensor<2x4xi64>, tensor<16xi64>) outs(%{{.*}} : tensor<2x3x4x8xf32>) {mask = #attn.and<#attn.causal, #attn.segments>} -> tensor<2x3x4x8xf32>
func.func @segments(%query: tensor<2x3x4x8xf32>, %key: tensor<2x3x16x8xf32>, %init: tensor<2x3x4x8xf32>,
                    %query_ids: tensor<2x4xi64>, %key_ids: tensor<16xi64>) -> tensor<2x3x4x8xf32> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<2x3x4x8xf32>, tensor<2x3x16x8xf32>, tensor<2x3x16x8xf32>)
      segments(%query_ids, %key_ids : tensor<2x4xi64>, tensor<16xi64>)
      outs(%init : tensor<2x3x4x8xf32>) {mask = #attn.and<#attn.causal, #attn.segments>} -> tensor<2x3x4x8xf32>
  return %output : tensor<2x3x4x8xf32>
}

// CHECK-LABEL: func @layout_ds(
// CHECK:         attn.attention {{.*}} outs(%{{.*}} : tensor<2x4xf32>) layout(ds) -> tensor<2x4xf32>
func.func @layout_ds(%query: tensor<8x4xf32>, %key: tensor<8x16xf32>, %value: tensor<2x16xf32>,
                     %init: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %output = attn.attention
      ins(%query, %key, %value : tensor<8x4xf32>, tensor<8x16xf32>, tensor<2x16xf32>)
      outs(%init : tensor<2x4xf32>) layout(ds) -> tensor<2x4xf32>
  return %output : tensor<2x4xf32>
}

// CHECK-LABEL: func @layout_hsd(
// CHECK:         attn.attention {{.*}} outs(%{{.*}} : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
func.func @layout_hsd(%query: tensor<3x4x8xf32>, %key: tensor<3x16x8xf32>,
                      %init: tensor<3x4x8xf32>) -> tensor<3x4x8xf32> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<3x4x8xf32>, tensor<3x16x8xf32>, tensor<3x16x8xf32>)
      outs(%init : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %output : tensor<3x4x8xf32>
}

// CHECK-LABEL: func @layout_shd(
// CHECK:         attn.attention {{.*}} layout(shd) -> tensor<4x3x8xf32>
func.func @layout_shd(%query: tensor<4x3x8xf32>, %key: tensor<16x3x8xf32>,
                      %init: tensor<4x3x8xf32>) -> tensor<4x3x8xf32> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<4x3x8xf32>, tensor<16x3x8xf32>, tensor<16x3x8xf32>)
      outs(%init : tensor<4x3x8xf32>) layout(shd) -> tensor<4x3x8xf32>
  return %output : tensor<4x3x8xf32>
}

// CHECK-LABEL: func @layout_bhsd(
// CHECK:         attn.attention {{.*}} outs(%{{.*}} : tensor<2x3x4x8xf16>) -> tensor<2x3x4x8xf16>
func.func @layout_bhsd(%query: tensor<2x3x4x8xf16>, %key: tensor<2x3x16x8xf16>,
                       %init: tensor<2x3x4x8xf16>) -> tensor<2x3x4x8xf16> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<2x3x4x8xf16>, tensor<2x3x16x8xf16>, tensor<2x3x16x8xf16>)
      outs(%init : tensor<2x3x4x8xf16>) layout(bhsd) -> tensor<2x3x4x8xf16>
  return %output : tensor<2x3x4x8xf16>
}

// CHECK-LABEL: func @layout_bshd(
// CHECK:         attn.attention {{.*}} layout(bshd) -> tensor<2x4x3x8xf64>
func.func @layout_bshd(%query: tensor<2x4x3x8xf64>, %key: tensor<2x16x3x8xf64>,
                       %init: tensor<2x4x3x8xf64>) -> tensor<2x4x3x8xf64> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<2x4x3x8xf64>, tensor<2x16x3x8xf64>, tensor<2x16x3x8xf64>)
      outs(%init : tensor<2x4x3x8xf64>) layout(bshd) -> tensor<2x4x3x8xf64>
  return %output : tensor<2x4x3x8xf64>
}

// CHECK-LABEL: func @layout_bhgsd(
// CHECK:         attn.attention {{.*}} outs(%{{.*}} : tensor<2x3x5x4x8xbf16>) -> tensor<2x3x5x4x8xbf16>
func.func @layout_bhgsd(%query: tensor<2x3x5x4x8xbf16>, %key: tensor<2x3x16x8xbf16>,
                        %init: tensor<2x3x5x4x8xbf16>) -> tensor<2x3x5x4x8xbf16> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<2x3x5x4x8xbf16>, tensor<2x3x16x8xbf16>, tensor<2x3x16x8xbf16>)
      outs(%init : tensor<2x3x5x4x8xbf16>) -> tensor<2x3x5x4x8xbf16>
  return %output : tensor<2x3x5x4x8xbf16>
}

// CHECK-LABEL: func @layout_bshgd_with_log_sum_exp(
// CHECK:         %[[OUTPUT:.*]], %[[LSE:.*]] = attn.attention {{.*}} outs(%{{.*}}, %{{.*}} : tensor<2x?x3x5x8xbf16>, tensor<2x?x3x5xf32>) layout(bshgd) -> tensor<2x?x3x5x8xbf16>, tensor<2x?x3x5xf32>
// CHECK:         return %[[OUTPUT]], %[[LSE]]
func.func @layout_bshgd_with_log_sum_exp(
    %query: tensor<2x?x3x5x8xbf16>, %key: tensor<2x?x3x8xbf16>, %init: tensor<2x?x3x5x8xbf16>,
    %lse_init: tensor<2x?x3x5xf32>) -> (tensor<2x?x3x5x8xbf16>, tensor<2x?x3x5xf32>) {
  %output, %lse = attn.attention
      ins(%query, %key, %key : tensor<2x?x3x5x8xbf16>, tensor<2x?x3x8xbf16>, tensor<2x?x3x8xbf16>)
      outs(%init, %lse_init : tensor<2x?x3x5x8xbf16>, tensor<2x?x3x5xf32>) layout(bshgd)
      -> tensor<2x?x3x5x8xbf16>, tensor<2x?x3x5xf32>
  return %output, %lse : tensor<2x?x3x5x8xbf16>, tensor<2x?x3x5xf32>
}

// Maps of a layout, written out, print as the layout.

// CHECK-LABEL: func @maps_of_a_layout(
// CHECK:         attn.attention {{.*}} outs(%{{.*}} : tensor<2x4xf32>) layout(ds) -> tensor<2x4xf32>
func.func @maps_of_a_layout(%query: tensor<8x4xf32>, %key: tensor<8x16xf32>, %value: tensor<2x16xf32>,
                            %init: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %output = attn.attention
      ins(%query, %key, %value : tensor<8x4xf32>, tensor<8x16xf32>, tensor<2x16xf32>)
      outs(%init : tensor<2x4xf32>)
      indexing_maps = [affine_map<(m, k1, k2, n) -> (k1, m)>, affine_map<(m, k1, k2, n) -> (k1, k2)>,
                       affine_map<(m, k1, k2, n) -> (n, k2)>, affine_map<(m, k1, k2, n) -> (n, m)>]
      -> tensor<2x4xf32>
  return %output : tensor<2x4xf32>
}

// Keys transposed, one key head for all query heads: no layout has a name for it.

// CHECK-LABEL: func @explicit_maps(
// CHECK:         attn.attention {{.*}} outs(%{{.*}} : tensor<2x3x4x8xf32>) indexing_maps = [#[[$QUERY]], #[[$KEY]], #[[$VALUE]], #[[$OUTPUT]]] -> tensor<2x3x4x8xf32>
func.func @explicit_maps(%query: tensor<2x3x4x8xf32>, %key: tensor<2x8x16xf32>, %value: tensor<2x16x8xf32>,
                         %init: tensor<2x3x4x8xf32>) -> tensor<2x3x4x8xf32> {
  %output = attn.attention
      ins(%query, %key, %value : tensor<2x3x4x8xf32>, tensor<2x8x16xf32>, tensor<2x16x8xf32>)
      outs(%init : tensor<2x3x4x8xf32>)
      indexing_maps = [affine_map<(b, h, m, k1, k2, n) -> (b, h, m, k1)>,
                       affine_map<(b, h, m, k1, k2, n) -> (b, k1, k2)>,
                       affine_map<(b, h, m, k1, k2, n) -> (b, k2, n)>,
                       affine_map<(b, h, m, k1, k2, n) -> (b, h, m, n)>]
      -> tensor<2x3x4x8xf32>
  return %output : tensor<2x3x4x8xf32>
}

// Mask tensors, of every rank up to (b, h, m, k2).

// CHECK-LABEL: func @mask_tensors(
// CHECK-SAME:    %[[PER_KEY:[a-z0-9_]+]]: tensor<16xi1>
// CHECK:         attn.attention ins({{.*}}) mask_tensor(%[[PER_KEY]] : tensor<16xi1>) outs(
// CHECK:         attn.attention ins({{.*}}) mask_tensor(%{{.*}} : tensor<4x16xf32>) outs(
// CHECK:         attn.attention ins({{.*}}) mask_tensor(%{{.*}} : tensor<3x4x16xf16>) outs(
// CHECK:         attn.attention ins({{.*}}) mask_tensor(%{{.*}} : tensor<2x3x4x16xi1>) outs(
// CHECK-SAME:      tensor<2x3x4x8xf32>) -> tensor<2x3x4x8xf32>
func.func @mask_tensors(%per_key: tensor<16xi1>, %shared: tensor<4x16xf32>, %per_head: tensor<3x4x16xf16>,
                        %whole: tensor<2x3x4x16xi1>, %query: tensor<2x3x4x8xf32>,
                        %key: tensor<2x3x16x8xf32>) -> tensor<2x3x4x8xf32> {
  %0 = attn.attention
      ins(%query, %key, %key : tensor<2x3x4x8xf32>, tensor<2x3x16x8xf32>, tensor<2x3x16x8xf32>)
      mask_tensor(%per_key : tensor<16xi1>) outs(%query : tensor<2x3x4x8xf32>) -> tensor<2x3x4x8xf32>
  %1 = attn.attention
      ins(%0, %key, %key : tensor<2x3x4x8xf32>, tensor<2x3x16x8xf32>, tensor<2x3x16x8xf32>)
      mask_tensor(%shared : tensor<4x16xf32>) outs(%query : tensor<2x3x4x8xf32>) -> tensor<2x3x4x8xf32>
  %2 = attn.attention
      ins(%1, %key, %key : tensor<2x3x4x8xf32>, tensor<2x3x16x8xf32>, tensor<2x3x16x8xf32>)
      mask_tensor(%per_head : tensor<3x4x16xf16>) outs(%query : tensor<2x3x4x8xf32>) -> tensor<2x3x4x8xf32>
  %3 = attn.attention
      ins(%2, %key, %key : tensor<2x3x4x8xf32>, tensor<2x3x16x8xf32>, tensor<2x3x16x8xf32>)
      mask_tensor(%whole : tensor<2x3x4x16xi1>) outs(%query : tensor<2x3x4x8xf32>) -> tensor<2x3x4x8xf32>
  return %3 : tensor<2x3x4x8xf32>
}

// A mask per batch and key: dimensions in the middle are left out by a map.

// CHECK-LABEL: func @mask_tensor_with_maps(
// CHECK:         attn.attention {{.*}} mask_tensor(%{{.*}} : tensor<2x16xi1>) outs({{.*}}) indexing_maps = [
func.func @mask_tensor_with_maps(%query: tensor<2x4x8xf32>, %key: tensor<2x16x8xf32>,
                                 %padding: tensor<2x16xi1>) -> tensor<2x4x8xf32> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<2x4x8xf32>, tensor<2x16x8xf32>, tensor<2x16x8xf32>)
      mask_tensor(%padding : tensor<2x16xi1>) outs(%query : tensor<2x4x8xf32>)
      indexing_maps = [affine_map<(b, m, k1, k2, n) -> (b, m, k1)>, affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>,
                       affine_map<(b, m, k1, k2, n) -> (b, k2, n)>, affine_map<(b, m, k1, k2, n) -> (b, k2)>,
                       affine_map<(b, m, k1, k2, n) -> (b, m, n)>]
      -> tensor<2x4x8xf32>
  return %output : tensor<2x4x8xf32>
}

// CHECK-LABEL: func @offset_scalar(
// CHECK-SAME:    %[[PAST:[a-z0-9_]+]]: index, %[[TOTAL:[a-z0-9_]+]]: index
// CHECK:         attn.attention {{.*}} query_offset(%[[PAST]] : index) valid_keys(%[[TOTAL]] : index) outs({{.*}}) {mask = #attn.causal} ->
func.func @offset_scalar(%past: index, %total: index, %query: tensor<4x8xf32>,
                         %key: tensor<?x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<4x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>)
      query_offset(%past : index) valid_keys(%total : index)
      outs(%query : tensor<4x8xf32>) {mask = #attn.causal} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// CHECK-LABEL: func @offset_per_batch(
// CHECK:         attn.attention {{.*}} query_offset(%{{.*}} : tensor<2xi64>) valid_keys(%{{.*}} : tensor<?xi32>) outs({{.*}}) {mask = #attn.causal} ->
func.func @offset_per_batch(%past: tensor<2xi64>, %total: tensor<?xi32>, %query: tensor<2x3x1x8xf32>,
                            %key: tensor<2x3x?x8xf32>) -> tensor<2x3x1x8xf32> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<2x3x1x8xf32>, tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>)
      query_offset(%past : tensor<2xi64>) valid_keys(%total : tensor<?xi32>)
      outs(%query : tensor<2x3x1x8xf32>) {mask = #attn.causal} -> tensor<2x3x1x8xf32>
  return %output : tensor<2x3x1x8xf32>
}

// Two batch dimensions, one head dimension.

// CHECK-LABEL: func @head_dims(
// CHECK:         attn.attention {{.*}} query_offset(%{{.*}} : tensor<2x3xindex>) outs({{.*}}) {head_dims = 1 : i64, mask = #attn.causal} ->
func.func @head_dims(%past: tensor<2x3xindex>, %query: tensor<2x3x5x4x8xf32>,
                     %key: tensor<2x3x16x8xf32>) -> tensor<2x3x5x4x8xf32> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<2x3x5x4x8xf32>, tensor<2x3x16x8xf32>, tensor<2x3x16x8xf32>)
      query_offset(%past : tensor<2x3xindex>)
      outs(%query : tensor<2x3x5x4x8xf32>) {head_dims = 1 : i64, mask = #attn.causal} -> tensor<2x3x5x4x8xf32>
  return %output : tensor<2x3x5x4x8xf32>
}

// CHECK-LABEL: func @score_region(
// CHECK-SAME:    %[[SLOPES:[a-z0-9_]+]]: tensor<3xf32>
// CHECK:         %[[OUTPUT:.*]] = attn.attention {{.*}} {mask = #attn.causal} score(%[[SCORE:score.*]]: f32, %b{{.*}}: index, %[[H:h.*]]: index, %i{{.*}}: index, %[[J:j.*]]: index) {
// CHECK:           %[[SLOPE:.*]] = tensor.extract %[[SLOPES]][%[[H]]]
// CHECK:           %[[POSITION:.*]] = arith.index_cast %[[J]] : index to i64
// CHECK:           %[[BIASED:.*]] = arith.addf %[[SCORE]], %{{.*}} : f32
// CHECK:           attn.yield %[[BIASED]] : f32
// CHECK:         } -> tensor<2x3x4x8xf32>
func.func @score_region(%slopes: tensor<3xf32>, %query: tensor<2x3x4x8xf32>,
                        %key: tensor<2x3x16x8xf32>) -> tensor<2x3x4x8xf32> {
  %output = attn.attention
      ins(%query, %key, %key : tensor<2x3x4x8xf32>, tensor<2x3x16x8xf32>, tensor<2x3x16x8xf32>)
      outs(%query : tensor<2x3x4x8xf32>) {mask = #attn.causal}
      score(%score : f32, %b : index, %h : index, %i : index, %j : index) {
    %slope = tensor.extract %slopes[%h] : tensor<3xf32>
    %position = arith.index_cast %j : index to i64
    %distance = arith.sitofp %position : i64 to f32
    %bias = arith.mulf %slope, %distance : f32
    %biased = arith.addf %score, %bias : f32
    attn.yield %biased : f32
  } -> tensor<2x3x4x8xf32>
  return %output : tensor<2x3x4x8xf32>
}

// Without batch dimensions the region takes (score, h, i, j); in f64 if the data is.

// CHECK-LABEL: func @score_region_f64(
// CHECK:         score(%{{.*}}: f64, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index) {
// CHECK:           attn.yield %{{.*}} : f64
func.func @score_region_f64(%query: tensor<4x8xf64>) -> tensor<4x8xf64> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf64>, tensor<4x8xf64>, tensor<4x8xf64>)
      outs(%query : tensor<4x8xf64>) score(%score : f64, %h : index, %i : index, %j : index) {
    %capped = math.tanh %score : f64
    attn.yield %capped : f64
  } -> tensor<4x8xf64>
  return %output : tensor<4x8xf64>
}

// CHECK-LABEL: func private @masks()
// CHECK-SAME:    attn.0 = #attn.causal
// CHECK-SAME:    attn.1 = #attn.window<255, 0>
// CHECK-SAME:    attn.2 = #attn.prefix<16>
// CHECK-SAME:    attn.3 = #attn.and<#attn.causal, #attn.window<64, 64>>
// CHECK-SAME:    attn.4 = #attn.or<#attn.prefix<0>, #attn.and<#attn.causal>, #attn.causal>
func.func private @masks() attributes {
  attn.0 = #attn.causal,
  attn.1 = #attn.window<255, 0>,
  attn.2 = #attn.prefix<16>,
  attn.3 = #attn.and<#attn.causal, #attn.window<64, 64>>,
  attn.4 = #attn.or<#attn.prefix<0>, #attn.and<#attn.causal>, #attn.causal>
}

// CHECK-LABEL: func private @forms()
// CHECK-SAME:    attn.0 = #attn.form<materialized>
// CHECK-SAME:    attn.1 = #attn.form<recurrent>
// CHECK-SAME:    attn.2 = #attn.form<recompute>
// CHECK-SAME:    attn.3 = #attn.form<blocked, queries = 64, keys = 256>
// CHECK-SAME:    attn.4 = #attn.form<blocked, keys = 256>
func.func private @forms() attributes {
  attn.0 = #attn.form<materialized>,
  attn.1 = #attn.form<recurrent>,
  attn.2 = #attn.form<recompute>,
  attn.3 = #attn.form<blocked, keys = 256, queries = 64>,
  attn.4 = #attn.form<blocked, keys = 256>
}

// CHECK-LABEL: func @attributes(
// CHECK:         attn.attention {{.*}} {form = #attn.form<blocked, queries = 16>, mask = #attn.or<#attn.prefix<2>, #attn.causal>, scale = 5.000000e-01 : f64} ->
func.func @attributes(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>)
      {form = #attn.form<blocked, queries = 16>, mask = #attn.or<#attn.prefix<2>, #attn.causal>, scale = 0.5 : f64}
      -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

#query = affine_map<(b, m, k1, k2, n) -> (b, m, k1)>
#key = affine_map<(b, m, k1, k2, n) -> (b, k2, k1)>
#value = affine_map<(b, m, k1, k2, n) -> (b, k2, n)>
#mask = affine_map<(b, m, k1, k2, n) -> (m, k2)>
#row = affine_map<(b, m, k1, k2, n) -> (b, m)>
#acc = affine_map<(b, m, k1, k2, n) -> (b, n, m)>

// CHECK-LABEL: func @fold(
// CHECK:         %new_max, %new_sum, %new_acc = attn.fold ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x4x8xf16>, tensor<2x?x8xf16>, tensor<2x?x5xf16>) outs(%{{.*}}, %{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x5x4xf32>) {indexing_maps = [#{{.*}}]} -> tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x5x4xf32>
func.func @fold(%query: tensor<2x4x8xf16>, %key: tensor<2x?x8xf16>, %value: tensor<2x?x5xf16>,
                %max: tensor<2x4xf32>, %sum: tensor<2x4xf32>, %acc: tensor<2x5x4xf32>)
    -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x5x4xf32>) {
  %state:3 = attn.fold
      ins(%query, %key, %value : tensor<2x4x8xf16>, tensor<2x?x8xf16>, tensor<2x?x5xf16>)
      outs(%max, %sum, %acc : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x5x4xf32>)
      {indexing_maps = [#query, #key, #value, #row, #row, #acc]}
      -> tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x5x4xf32>
  return %state#0, %state#1, %state#2 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x5x4xf32>
}

// CHECK-LABEL: func @fold_with_everything(
// CHECK:         attn.fold ins({{.*}}) mask_tensor(%{{.*}} : tensor<4x?xi1>) query_offset(%{{.*}} : index) valid_keys(%{{.*}} : tensor<6xindex>) at(%{{.*}}, %{{.*}}, %{{.*}}) outs({{.*}}) {indexing_maps = [{{.*}}], mask = #attn.causal, scale = 1.000000e+00 : f64} score(%{{.*}}: f32, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index) {
// CHECK:           attn.yield
// CHECK:         } -> tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x5x4xf32>
func.func @fold_with_everything(
    %query: tensor<2x4x8xf32>, %key: tensor<2x?x8xf32>, %value: tensor<2x?x5xf32>, %mask: tensor<4x?xi1>,
    %past: index, %total: tensor<6xindex>, %batch: index, %first_query: index, %first_key: index,
    %max: tensor<2x4xf32>, %sum: tensor<2x4xf32>, %acc: tensor<2x5x4xf32>)
    -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x5x4xf32>) {
  %state:3 = attn.fold
      ins(%query, %key, %value : tensor<2x4x8xf32>, tensor<2x?x8xf32>, tensor<2x?x5xf32>)
      mask_tensor(%mask : tensor<4x?xi1>) query_offset(%past : index) valid_keys(%total : tensor<6xindex>)
      at(%batch, %first_query, %first_key)
      outs(%max, %sum, %acc : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x5x4xf32>)
      {indexing_maps = [#query, #key, #value, #mask, #row, #row, #acc], mask = #attn.causal, scale = 1.0 : f64}
      score(%score : f32, %b : index, %i : index, %j : index) {
    %capped = math.tanh %score : f32
    attn.yield %capped : f32
  } -> tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x5x4xf32>
  return %state#0, %state#1, %state#2 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x5x4xf32>
}

#partial_row = affine_map<(m, s, n) -> (s, m)>
#partial_acc = affine_map<(m, s, n) -> (s, m, n)>
#combine_row = affine_map<(m, s, n) -> (m)>
#combine_acc = affine_map<(m, s, n) -> (m, n)>

// CHECK-LABEL: func @combine(
// CHECK:         attn.combine ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x4xf64>, tensor<?x4xf64>, tensor<?x4x8xf64>) outs(%{{.*}}, %{{.*}}, %{{.*}} : tensor<4xf64>, tensor<4xf64>, tensor<4x8xf64>) {indexing_maps = [{{.*}}]} -> tensor<4xf64>, tensor<4xf64>, tensor<4x8xf64>
func.func @combine(%partial_max: tensor<?x4xf64>, %partial_sum: tensor<?x4xf64>, %partial_acc: tensor<?x4x8xf64>,
                   %max: tensor<4xf64>, %sum: tensor<4xf64>, %acc: tensor<4x8xf64>)
    -> (tensor<4xf64>, tensor<4xf64>, tensor<4x8xf64>) {
  %state:3 = attn.combine
      ins(%partial_max, %partial_sum, %partial_acc : tensor<?x4xf64>, tensor<?x4xf64>, tensor<?x4x8xf64>)
      outs(%max, %sum, %acc : tensor<4xf64>, tensor<4xf64>, tensor<4x8xf64>)
      {indexing_maps = [#partial_row, #partial_row, #partial_acc, #combine_row, #combine_row, #combine_acc]}
      -> tensor<4xf64>, tensor<4xf64>, tensor<4x8xf64>
  return %state#0, %state#1, %state#2 : tensor<4xf64>, tensor<4xf64>, tensor<4x8xf64>
}

#finish_row = affine_map<(m, n) -> (m)>
#finish_acc = affine_map<(m, n) -> (n, m)>
#finish_output = affine_map<(m, n) -> (m, n)>

// CHECK-LABEL: func @finish(
// CHECK:         %[[OUTPUT:.*]] = attn.finish ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<4xf32>, tensor<4xf32>, tensor<8x4xf32>) outs(%{{.*}} : tensor<4x8xbf16>) {indexing_maps = [{{.*}}]} -> tensor<4x8xbf16>
// CHECK:         %{{.*}}, %[[LSE:.*]] = attn.finish {{.*}} outs(%{{.*}}, %{{.*}} : tensor<4x8xbf16>, tensor<4xf32>) {indexing_maps = [{{.*}}]} -> tensor<4x8xbf16>, tensor<4xf32>
// CHECK:         return %[[OUTPUT]], %[[LSE]]
func.func @finish(%max: tensor<4xf32>, %sum: tensor<4xf32>, %acc: tensor<8x4xf32>, %init: tensor<4x8xbf16>,
                  %lse_init: tensor<4xf32>) -> (tensor<4x8xbf16>, tensor<4xf32>) {
  %output = attn.finish ins(%max, %sum, %acc : tensor<4xf32>, tensor<4xf32>, tensor<8x4xf32>)
      outs(%init : tensor<4x8xbf16>)
      {indexing_maps = [#finish_row, #finish_row, #finish_acc, #finish_output]} -> tensor<4x8xbf16>
  %second, %lse = attn.finish ins(%max, %sum, %acc : tensor<4xf32>, tensor<4xf32>, tensor<8x4xf32>)
      outs(%init, %lse_init : tensor<4x8xbf16>, tensor<4xf32>)
      {indexing_maps = [#finish_row, #finish_row, #finish_acc, #finish_output, #finish_row]}
      -> tensor<4x8xbf16>, tensor<4xf32>
  return %output, %lse : tensor<4x8xbf16>, tensor<4xf32>
}

// Sizes of 0 and 1 are sizes.

// CHECK-LABEL: func @empty(
// CHECK:         attn.attention {{.*}} : tensor<0x3x0x1xf32>, tensor<0x3x0x1xf32>, tensor<0x3x0x0xf32>)
func.func @empty(%query: tensor<0x3x0x1xf32>, %value: tensor<0x3x0x0xf32>) -> tensor<0x3x0x0xf32> {
  %output = attn.attention ins(%query, %query, %value : tensor<0x3x0x1xf32>, tensor<0x3x0x1xf32>, tensor<0x3x0x0xf32>)
      outs(%value : tensor<0x3x0x0xf32>) -> tensor<0x3x0x0xf32>
  return %output : tensor<0x3x0x0xf32>
}

// CHECK-LABEL: func @count(
// CHECK-SAME:    %[[PAIRS:.*]]: index)
// CHECK:         attn.count "folds", %[[PAIRS]]{{$}}
func.func @count(%pairs: index) {
  attn.count "folds", %pairs
  return
}

// SPACES-NOT: {{[^ ]  [^ ]}}
