// Causal attention, step by step to the loop of the recurrent form. docs/Recurrent.md
// shows what these runs print.

// A rescan whose step folds one key.
// RUN: attn-opt %s --attn-to-recur | FileCheck %s -check-prefix=RESCAN
// RESCAN:      recur.rescan ins({{.*}}) init({{.*}} : tensor<1xf32>, tensor<1xf32>, tensor<1x64xf32>)
// RESCAN:        attn.fold ins({{.*}} : tensor<1x64xf32>, tensor<1x64xf32>, tensor<1x64xf32>) {{.*}} mask = #attn.causal}
// RESCAN:      read(
// RESCAN:        attn.finish

// Without a running maximum.
// RUN: attn-opt %s --attn-to-recur=stabilize=false | FileCheck %s -check-prefix=TEXTBOOK
// TEXTBOOK:    recur.rescan ins({{.*}}) init({{.*}} : tensor<f32>, tensor<64xf32>)
// TEXTBOOK:      math.exp
// TEXTBOOK-NOT:  max

// Queries side by side; the loop carries their states.
// RUN: attn-opt %s --attn-to-recur --recur-to-scf=queries=16 | FileCheck %s -check-prefix=LOOP
// LOOP:        scf.for {{.*}} step %c16
// LOOP:          scf.for {{.*}} step %c1 iter_args({{.*}}) -> (tensor<16xf32>, tensor<16xf32>, tensor<64x16xf32>)
// LOOP:            attn.fold ins({{.*}} : tensor<64x16xf32>, tensor<1x64xf32>, tensor<1x64xf32>)
// LOOP:          scf.for {{.*}} step %c1 iter_args({{.*}}) -> (tensor<16xf32>, tensor<16xf32>, tensor<64x16xf32>)
// LOOP:            attn.fold {{.*}} mask = #attn.causal}
// LOOP:          attn.finish

// A query per lane: no operation reduces a vector.
// RUN: attn-opt %s --attn-form-pipeline='form=recurrent queries=16' --cpu-vectorize-lanes='vector-bits=256 lanes=2 rows=1' --canonicalize --cse | FileCheck %s -check-prefix=VECTOR -implicit-check-not=vector.reduction -implicit-check-not=vector.multi_reduction
// VECTOR:      math.fma {{.*}} : vector<16xf32>
// VECTOR:      math.exp2 {{.*}} : vector<16xf32>

// RUN: attn-compile %s --form=recurrent --emit=s --cpu=x86-64-v3 | FileCheck %s -check-prefix=ASM
// ASM:         vfmadd231ps {{.*}}({{.*}}), [[FEATURE_OF_KEY:%ymm[0-9]+]], %ymm
// ASM-NEXT:    vfmadd231ps {{.*}}({{.*}}), [[FEATURE_OF_KEY]], %ymm

// RUN: attn-run %s --form=recurrent --check --count --memory | FileCheck %s -check-prefix=RESULT
// RESULT: {{[1-9][0-9]*}} bytes of stack, 0 bytes of heap
// RESULT: folds 131328 (predicted: 131328)
// RESULT: : ok

func.func @attention(%query: tensor<512x64xf32>, %key: tensor<512x64xf32>,
                     %value: tensor<512x64xf32>) -> tensor<512x64xf32> {
  %init = tensor.empty() : tensor<512x64xf32>
  %output = attn.attention
      ins(%query, %key, %value : tensor<512x64xf32>, tensor<512x64xf32>, tensor<512x64xf32>)
      outs(%init : tensor<512x64xf32>) {mask = #attn.causal} -> tensor<512x64xf32>
  return %output : tensor<512x64xf32>
}
