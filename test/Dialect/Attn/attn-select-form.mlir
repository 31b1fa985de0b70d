// RUN: attn-opt %s -attn-select-form | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -attn-select-form="form=materialized" | FileCheck %s -check-prefix=MATERIALIZED
// RUN: attn-opt %s -attn-select-form="form=blocked queries=32 keys=256" | FileCheck %s -check-prefix=TILES
// RUN: not attn-opt %s -attn-select-form="keys=-1" 2>&1 | FileCheck %s -check-prefix=ERROR

// ERROR: error: tile sizes are in rows and must be in [0, 2^62), got queries = 0, keys = -1

// CHECK-LABEL: func @chosen(
// CHECK:         attn.attention {{.*}} {form = #attn.form<blocked>, mask = #attn.causal} ->
// MATERIALIZED:  attn.attention {{.*}} {form = #attn.form<materialized>, mask = #attn.causal} ->
// TILES:         attn.attention {{.*}} {form = #attn.form<blocked, queries = 32, keys = 256>, mask = #attn.causal} ->
func.func @chosen(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) {mask = #attn.causal} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}

// A form that is there already stays.

// CHECK-LABEL: func @negative_chosen_before(
// CHECK:         {form = #attn.form<recurrent>}
// MATERIALIZED:  {form = #attn.form<recurrent>}
func.func @negative_chosen_before(%query: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %output = attn.attention ins(%query, %query, %query : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
      outs(%query : tensor<4x8xf32>) {form = #attn.form<recurrent>} -> tensor<4x8xf32>
  return %output : tensor<4x8xf32>
}
