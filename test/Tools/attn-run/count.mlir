// What --count prints: measured beside predicted, for one run.

// Eleven queries at positions 15 .. 25 see the first 3 keys and, of the 20 valid ones,
// those from 10 before them on: 11 * 3 + 5 * 11 + 10 + 9 + 8 + 7 + 6 + 5.
// RUN: attn-run %s --entry=constants --count | FileCheck %s -check-prefix=CONSTANTS
// CONSTANTS: counts folds 133 (predicted: 133){{$}}

// Two batches of three heads; 7 queries at positions 3 .. 9, and -2 .. 4; 12 and 5 valid
// keys: 3 (4 + 5 + ... + 10) = 147 and 3 (0 + 0 + 1 + 2 + ... + 5) = 45.
// RUN: attn-run %s --entry=per_batch --count --form=materialized | FileCheck %s -check-prefix=BATCH
// BATCH: counts folds 192 (predicted: 192){{$}}

// Three trips of a loop, and a called function: 3 * 21 + 16.
// RUN: attn-run %s --entry=control_flow --count | FileCheck %s -check-prefix=FLOW
// FLOW: counts folds 79 (predicted: 79){{$}}

// RUN: attn-run %s --entry=condition --count | FileCheck %s -check-prefix=CONDITION
// CONDITION: counts folds {{0|36}} (predicted: unknown){{$}}

// The result of one attention is not used, and it is not computed.
// RUN: attn-run %s --entry=unused --count | FileCheck %s -check-prefix=UNUSED
// UNUSED: counts folds 36 (predicted: 36){{$}}

// RUN: attn-run %s --entry=none --count | FileCheck %s -check-prefix=NONE
// NONE: counts folds 0 (predicted: 0){{$}}

// A counter of the user's. Timed runs are not counted.
// RUN: attn-run %s --entry=own_counter --count --time=2 --check | FileCheck %s -check-prefix=OWN
// OWN: counts folds 36 (predicted: 36), calls 3 (predicted: unknown){{$}}
// RUN: attn-run %s --entry=own_counter --count --json | %python -c "import json, sys; print(json.load(sys.stdin)['counts'])" | FileCheck %s -check-prefix=JSON
// JSON: {'calls': {'measured': 3, 'predicted': None}, 'folds': {'measured': 36, 'predicted': 36}}
// RUN: attn-compile %s --entry=own_counter --emit=h | FileCheck %s -check-prefix=HEADER
// HEADER: thread-safe: no global state but counters;
// HEADER: int64_t own_counter_count_calls(void);

// Without --count nothing is counted.
// RUN: attn-run %s --entry=none | FileCheck %s -check-prefix=OFF
// OFF-NOT: counts

func.func @constants(%q: tensor<11x4xf32>, %k: tensor<30x4xf32>, %v: tensor<30x4xf32>) -> tensor<11x4xf32> {
  %init = tensor.empty() : tensor<11x4xf32>
  %offset = arith.constant 15 : index
  %valid = arith.constant 20 : index
  %o = attn.attention ins(%q, %k, %v : tensor<11x4xf32>, tensor<30x4xf32>, tensor<30x4xf32>)
         query_offset(%offset : index) valid_keys(%valid : index) outs(%init : tensor<11x4xf32>)
         {mask = #attn.or<#attn.prefix<3>, #attn.window<10, 0>>} -> tensor<11x4xf32>
  return %o : tensor<11x4xf32>
}

func.func @per_batch(%q: tensor<2x3x7x4xf32>, %k: tensor<2x3x12x4xf32>, %v: tensor<2x3x12x4xf32>) -> tensor<2x3x7x4xf32> {
  %init = tensor.empty() : tensor<2x3x7x4xf32>
  %offset = arith.constant dense<[3, -2]> : tensor<2xi64>
  %valid = arith.constant dense<[12, 5]> : tensor<2xi32>
  %o = attn.attention ins(%q, %k, %v : tensor<2x3x7x4xf32>, tensor<2x3x12x4xf32>, tensor<2x3x12x4xf32>)
         query_offset(%offset : tensor<2xi64>) valid_keys(%valid : tensor<2xi32>) outs(%init : tensor<2x3x7x4xf32>)
         {mask = #attn.causal} -> tensor<2x3x7x4xf32>
  return %o : tensor<2x3x7x4xf32>
}

func.func private @callee(%q: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %init = tensor.empty() : tensor<4x4xf32>
  %o = attn.attention ins(%q, %q, %q : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>)
         outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %o : tensor<4x4xf32>
}
func.func @control_flow(%q: tensor<6x4xf32>, %r: tensor<4x4xf32>) -> (tensor<6x4xf32>, tensor<4x4xf32>) {
  %init = tensor.empty() : tensor<6x4xf32>
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c6 = arith.constant 6 : index
  %x = scf.for %i = %c0 to %c6 step %c2 iter_args(%y = %q) -> (tensor<6x4xf32>) {
    %o = attn.attention ins(%y, %y, %y : tensor<6x4xf32>, tensor<6x4xf32>, tensor<6x4xf32>)
           outs(%init : tensor<6x4xf32>) {mask = #attn.causal} -> tensor<6x4xf32>
    scf.yield %o : tensor<6x4xf32>
  }
  %z = call @callee(%r) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return %x, %z : tensor<6x4xf32>, tensor<4x4xf32>
}

func.func @condition(%q: tensor<6x4xf32>, %condition: i1) -> tensor<6x4xf32> {
  %x = scf.if %condition -> (tensor<6x4xf32>) {
    %init = tensor.empty() : tensor<6x4xf32>
    %o = attn.attention ins(%q, %q, %q : tensor<6x4xf32>, tensor<6x4xf32>, tensor<6x4xf32>)
           outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
    scf.yield %o : tensor<6x4xf32>
  } else {
    scf.yield %q : tensor<6x4xf32>
  }
  return %x : tensor<6x4xf32>
}

func.func @unused(%q: tensor<6x4xf32>) -> tensor<6x4xf32> {
  %init = tensor.empty() : tensor<6x4xf32>
  %causal = attn.attention ins(%q, %q, %q : tensor<6x4xf32>, tensor<6x4xf32>, tensor<6x4xf32>)
         outs(%init : tensor<6x4xf32>) {mask = #attn.causal} -> tensor<6x4xf32>
  %o = attn.attention ins(%q, %q, %q : tensor<6x4xf32>, tensor<6x4xf32>, tensor<6x4xf32>)
         outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  return %o : tensor<6x4xf32>
}

func.func @none(%q: tensor<6x4xf32>) -> tensor<6x4xf32> {
  %x = arith.addf %q, %q : tensor<6x4xf32>
  return %x : tensor<6x4xf32>
}

func.func @own_counter(%q: tensor<6x4xf32>) -> tensor<6x4xf32> {
  %c3 = arith.constant 3 : index
  attn.count "calls", %c3
  %init = tensor.empty() : tensor<6x4xf32>
  %o = attn.attention ins(%q, %q, %q : tensor<6x4xf32>, tensor<6x4xf32>, tensor<6x4xf32>)
         outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  return %o : tensor<6x4xf32>
}
