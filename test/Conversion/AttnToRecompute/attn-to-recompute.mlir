// RUN: attn-opt %s -split-input-file -attn-to-recompute -canonicalize -cse | FileCheck %s
// RUN: attn-opt %s -split-input-file -attn-to-recompute=counters=true -canonicalize | FileCheck %s -check-prefix=COUNT

// Two layers that keep nothing. The function of the first evaluates it for one
// token, with a loop over the tokens before; the loop of the second calls it.

// CHECK-LABEL: func.func private @stack.layer_1(
// CHECK-SAME:    %[[T:[^:]+]]: index, %[[DEST:[^:]+]]: tensor<1x4xf32>
// CHECK-SAME:    %[[X:[^:]+]]: tensor<?x4xf32> {bufferization.writable = false}
// CHECK-SAME:    %[[W:[^:]+]]: tensor<4x4xf32> {bufferization.writable = false}) -> tensor<1x4xf32>
// CHECK-SAME:    attn.frame, llvm.linkage = #llvm.linkage<internal>, passthrough = ["noinline"]
// CHECK:         %[[X_T:.+]] = tensor.extract_slice %[[X]][%[[T]], 0] [1, 4]
// CHECK:         scf.for %[[J:[^ ]+]] = %c0 to %[[T]] step %c1
// CHECK:           %[[X_J:.+]] = tensor.extract_slice %[[X]][%[[J]], 0] [1, 4]
// CHECK:           attn.fold ins(%{{.+}}, %[[X_J]], %[[X_J]] : {{.*}}) at(%[[T]], %[[J]])
// CHECK:         attn.fold ins(%{{.+}}, %[[X_T]], %[[X_T]] : {{.*}}) at(%[[T]], %[[T]])
// CHECK:         %[[O:.+]] = attn.finish
// CHECK:         %[[P:.+]] = linalg.matmul ins(%[[O]], %[[W]]
// CHECK:         %[[R:.+]] = arith.addf %[[P]], %[[X_T]]
// CHECK:         linalg.copy ins(%[[R]] : tensor<1x4xf32>) outs(%[[DEST]] : tensor<1x4xf32>)

// CHECK-LABEL: func.func @stack(
// CHECK-SAME:    %[[X:.+]]: tensor<?x4xf32>, %[[W:.+]]: tensor<4x4xf32>) -> tensor<?x4xf32> attributes {attn.frame_root} {
// CHECK:         %[[OUT:.+]] = scf.for %[[T:[^ ]+]] = %c0 to %[[LENGTH:.+]] step %c1 iter_args(%[[OUTS:.+]] =
// CHECK:           scf.for %[[J:[^ ]+]] = %c0 to %[[T]] step %c1
// CHECK-NOT:         call
// CHECK:             attn.fold
// CHECK:           %[[R:.+]] = arith.addf
// CHECK:           scf.for %[[J:[^ ]+]] = %c0 to %[[T]] step %c1
// CHECK:             %[[R_J:.+]] = func.call @stack.layer_1(%[[J]], %{{.+}}, %[[X]], %[[W]])
// CHECK:             attn.fold ins(%{{.+}}, %[[R_J]], %[[R_J]] : {{.*}}) at(%[[T]], %[[J]])
// CHECK:           attn.fold ins(%{{.+}}, %[[R]], %[[R]] : {{.*}}) at(%[[T]], %[[T]])
// CHECK:           %[[Z:.+]] = attn.finish
// CHECK:           tensor.insert_slice %[[Z]] into %[[OUTS]][%[[T]], 0] [1, 4]
// CHECK:         return %[[OUT]]

// COUNT-LABEL: func.func private @stack.layer_1(
// COUNT-DAG:     attn.count "blocks"
// COUNT-DAG:     attn.count "disk_reads"
// COUNT:         scf.for
// COUNT:           attn.count "disk_reads"
// COUNT-LABEL: func.func @stack(
// COUNT:         scf.for
// COUNT-DAG:       attn.count "blocks"
// COUNT-DAG:       attn.count "disk_reads"
// COUNT:           scf.for
// COUNT:             attn.count "disk_reads"
// COUNT:           attn.count "blocks"
// COUNT:           scf.for
// COUNT-NOT:         attn.count
// COUNT:             call @stack.layer_1
func.func @stack(%x: tensor<?x4xf32>, %w: tensor<4x4xf32>) -> tensor<?x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 2>]>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %init = tensor.empty(%n) : tensor<?x4xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
         outs(%init : tensor<?x4xf32>) {mask = #attn.causal} -> tensor<?x4xf32>
  %p = linalg.matmul ins(%y, %w : tensor<?x4xf32>, tensor<4x4xf32>) outs(%zeros : tensor<?x4xf32>) -> tensor<?x4xf32>
  %r = arith.addf %p, %x : tensor<?x4xf32>
  %z = attn.attention ins(%r, %r, %r : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
         outs(%init : tensor<?x4xf32>) {mask = #attn.causal} -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}

// -----

// Keys and values of each layer kept: no functions, no calls. Positions are those
// of the token, in a score region and in linalg.index.

// CHECK-NOT:   func.func private
// CHECK-LABEL: func.func @cached(
// CHECK:         scf.for %[[T:[^ ]+]] = {{.*}} iter_args(%{{.+}} = %{{.+}}, %[[K1:.+]] = %{{.+}}, %[[K2:.+]] = %{{.+}}) -> (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
// CHECK:           linalg.generic
// CHECK:             arith.index_cast %[[T]] : index to i32
// CHECK:           scf.for %[[J:[^ ]+]] =
// CHECK:             %[[K_J:.+]] = tensor.extract_slice %[[K1]][%[[J]], 0] [1, 4]
// CHECK:             attn.fold ins(%{{.+}}, %[[K_J]], %[[K_J]] : {{.*}}) at(%[[T]], %[[J]])
// CHECK:           tensor.insert_slice %{{.+}} into %[[K1]][%[[T]], 0] [1, 4]
// CHECK:           scf.for %[[J:[^ ]+]] =
// CHECK:             %[[K_J:.+]] = tensor.extract_slice %[[K2]][%[[J]], 0] [1, 4]
// CHECK:             attn.fold ins(%{{.+}}, %[[K_J]], %[[K_J]] : {{.*}}) at(%[[T]], %[[J]])
// CHECK:           tensor.insert_slice %{{.+}} into %[[K2]][%[[T]], 0] [1, 4]
func.func @cached(%x: tensor<8x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1, keep = kv>, <layers = 1, keep = kv>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %h = linalg.generic {indexing_maps = [affine_map<(t, d) -> (t, d)>, affine_map<(t, d) -> (t, d)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %t = linalg.index 0 : index
      %i = arith.index_cast %t : index to i32
      %f = arith.sitofp %i : i32 to f32
      %s = arith.addf %a, %f : f32
      linalg.yield %s : f32
  } -> tensor<8x4xf32>
  %y = attn.attention ins(%h, %h, %h : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
         outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  %z = attn.attention ins(%y, %y, %y : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
         outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  return %z : tensor<8x4xf32>
}

// -----

// Three layers, blocks of two tokens of seven: the last is filled up. The second
// and third keep a window of four tokens and the first two; what is between is
// evaluated again. Only the first tokens are known within.

// CHECK-LABEL: func.func private @window.layer_1(
// CHECK:       func.func private @window.layer_2(
// CHECK-SAME:    %[[T:[^:]+]]: index
// CHECK:         call @window.layer_1(%[[T]],
// CHECK:         %[[END:.+]] = arith.minsi %[[T]], %c2
// CHECK:         %[[BEGIN:.+]] = arith.maxsi
// CHECK:         scf.for %[[J:[^ ]+]] = %c0 to %[[END]] step %c2
// CHECK:           tensor.extract_slice %[[PREFIX:.+]][%[[J]], 0] [2, 4] [1, 1] : tensor<2x4xf32>
// CHECK:         scf.for %[[J:[^ ]+]] = %[[BEGIN]] to %[[T]] step %c2
// CHECK:           call @window.layer_1(%[[J]],

// The place in a prefix is in range for tokens that are not kept too.

// CHECK-LABEL: func.func @window(
// CHECK:         scf.for %[[T:[^ ]+]] = %c0 to %c7 step %c2
// CHECK:           %[[PLACE:.+]] = arith.minsi %[[T]], %c0
// CHECK:           scf.if
// CHECK:             tensor.insert_slice %{{.+}} into %{{.+}}[%[[PLACE]], 0] [2, 4] [1, 1] : tensor<2x4xf32> into tensor<2x4xf32>
// CHECK:           scf.for
// CHECK:             tensor.extract_slice %{{.+}}[%{{.+}}, 0] [2, 4] [1, 1] : tensor<2x4xf32>
// CHECK:           scf.for
// CHECK:             call @window.layer_1
// CHECK:           scf.for %[[J:[^ ]+]] = %{{.+}} to %[[T]] step %c2
// CHECK:             %[[PLACE:.+]] = arith.remui %[[J]], %c4
// CHECK:             tensor.extract_slice %{{.+}}[%[[PLACE]], 0] [2, 4] [1, 1] : tensor<4x4xf32>
// CHECK:           scf.for
// CHECK:           scf.for
// CHECK:             call @window.layer_2
// CHECK:           tensor.extract_slice %{{.+}}[0, 0] [%[[SIZE:.+]], 4] [1, 1] : tensor<2x4xf32> to tensor<?x4xf32>
// CHECK:           tensor.insert_slice %{{.+}} into %{{.+}}[%[[T]], 0] [%[[SIZE]], 4]
func.func @window(%x: tensor<7x4xf32>) -> tensor<7x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 3, window = 4, prefix = 2>], block = 2>} {
  %init = tensor.empty() : tensor<7x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<7x4xf32>, tensor<7x4xf32>, tensor<7x4xf32>)
         outs(%init : tensor<7x4xf32>) {mask = #attn.causal} -> tensor<7x4xf32>
  %z = attn.attention ins(%y, %y, %y : tensor<7x4xf32>, tensor<7x4xf32>, tensor<7x4xf32>)
         outs(%init : tensor<7x4xf32>) {mask = #attn.causal} -> tensor<7x4xf32>
  %u = attn.attention ins(%z, %z, %z : tensor<7x4xf32>, tensor<7x4xf32>, tensor<7x4xf32>)
         outs(%init : tensor<7x4xf32>) {mask = #attn.causal} -> tensor<7x4xf32>
  return %u : tensor<7x4xf32>
}

// -----

// An attention whose form is recompute plans its function: nothing is kept. A
// sliding window begins with the first token that it shows.

// CHECK-LABEL: func.func @sliding(
// CHECK:         scf.for %[[T:[^ ]+]] = %c0 to %c8 step %c1
// CHECK:           %[[LEFT:.+]] = arith.subi %[[T]], %c3
// CHECK:           %[[BEGIN:.+]] = arith.maxsi %[[LEFT]], %c0
// CHECK:           scf.for %{{.+}} = %[[BEGIN]] to %[[T]] step %c1
// CHECK:             attn.fold {{.*}} mask = #attn.window<3, 0>
func.func @sliding(%q: tensor<8x4xf32>, %u: tensor<8x4xf32>, %v: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %init = tensor.empty() : tensor<8x4xf32>
  %k = math.tanh %u : tensor<8x4xf32>
  %y = attn.attention ins(%q, %k, %v : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
         outs(%init : tensor<8x4xf32>) {mask = #attn.window<3, 0>, form = #attn.form<recompute>} -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

// Keys and values that are inputs, moved or not, are there: nothing is computed
// again, it is the recurrent form.

// CHECK-LABEL: func.func @lone(
// CHECK:         attn.attention {{.*}}form = #attn.form<recurrent>
func.func @lone(%q: tensor<?x4xf32>, %k: tensor<?x4xf32>, %v: tensor<?x4xf32>, %init: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = attn.attention ins(%q, %k, %v : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>)
         outs(%init : tensor<?x4xf32>) {form = #attn.form<recompute>} -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @past(
// CHECK:         attn.attention {{.*}}form = #attn.form<recurrent>
func.func @past(%q: tensor<3x4xf32>, %past: tensor<5x4xf32>, %k: tensor<3x4xf32>, %init: tensor<3x4xf32>, %offset: index) -> tensor<3x4xf32> {
  %all = tensor.concat dim(0) %past, %k : (tensor<5x4xf32>, tensor<3x4xf32>) -> tensor<8x4xf32>
  %y = attn.attention ins(%q, %all, %all : tensor<3x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) query_offset(%offset : index)
         outs(%init : tensor<3x4xf32>) {mask = #attn.causal, form = #attn.form<recompute>} -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// -----

// A prefix of keys is folded first; those of tokens come after it.

// CHECK-LABEL: func.func @tuned(
// CHECK-SAME:    %{{.+}}: tensor<8x4xf32>, %[[PREFIX:.+]]: tensor<3x4xf32>)
// CHECK:         scf.for %[[T:[^ ]+]] = %c0 to %c8 step %c1
// CHECK:           %[[STATE:.+]], %{{.+}}, %{{.+}} = attn.fold ins(%{{.+}}, %[[PREFIX]], %[[PREFIX]] : {{.*}}) at(%[[T]], %c0)
// CHECK:           scf.for %[[J:[^ ]+]] = %c0 to %[[T]] step %c1 iter_args(%{{.+}} = %[[STATE]],
// CHECK:             %[[PLACE:.+]] = arith.addi %[[J]], %c3
// CHECK:             attn.fold {{.*}} at(%[[T]], %[[PLACE]])
func.func @tuned(%x: tensor<8x4xf32>, %prefix: tensor<3x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %c3 = arith.constant 3 : index
  %init = tensor.empty() : tensor<8x4xf32>
  %k = math.tanh %x : tensor<8x4xf32>
  %all = tensor.concat dim(0) %prefix, %k : (tensor<3x4xf32>, tensor<8x4xf32>) -> tensor<11x4xf32>
  %y = attn.attention ins(%x, %all, %all : tensor<8x4xf32>, tensor<11x4xf32>, tensor<11x4xf32>) query_offset(%c3 : index)
         outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

// Other functions stay as they are.

// CHECK-LABEL: func.func @untouched(
// CHECK-NEXT:    tensor.empty
// CHECK-NEXT:    attn.attention
// CHECK-NEXT:    return
func.func @untouched(%x: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
         outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}
