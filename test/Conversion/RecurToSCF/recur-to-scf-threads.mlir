// RUN: attn-opt %s -recur-to-scf="num-threads=2" -canonicalize -cse | FileCheck %s -enable-var-scope
// RUN: attn-opt %s -recur-to-scf | FileCheck %s -check-prefix=ONE

// ONE-NOT: scf.forall

#token = affine_map<(b, h, t) -> (b, h, t)>
#state = affine_map<(b, h, t) -> (b, h)>

// A cell of tensors: each place of the batch by itself, tokens in order. The index
// in the batch is that of the whole.

// CHECK-LABEL: func @batch(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<2x?x5x8xf32>, %[[BIAS:[a-z0-9]+]]: tensor<2x8xf32>
// CHECK:         scf.forall (%[[B:.*]], %[[H:.*]]) in (2, %{{.*}}) shared_outs(%[[Y:.*]] = %{{.*}}, %[[LAST:.*]] = %{{.*}})
// CHECK:           tensor.extract_slice %[[X]][%[[B]], %[[H]], 0, 0] [1, 1, 5, 8]
// CHECK:           scf.for
// CHECK:             tensor.extract_slice %[[BIAS]][%[[B]], 0] [1, 8]
// CHECK:           tensor.parallel_insert_slice %{{.*}} into %[[Y]][%[[B]], %[[H]], 0, 0] [1, 1, 5, 8]
// CHECK:           tensor.parallel_insert_slice %{{.*}} into %[[LAST]][%[[B]], %[[H]], 0] [1, 1, 8]
func.func @batch(%x: tensor<2x?x5x8xf32>, %bias: tensor<2x8xf32>, %y0: tensor<2x?x5x8xf32>, %h0: tensor<2x?x8xf32>)
    -> (tensor<2x?x5x8xf32>, tensor<2x?x8xf32>) {
  %y, %last = recur.scan ins(%x : tensor<2x?x5x8xf32>) outs(%y0 : tensor<2x?x5x8xf32>) init(%h0 : tensor<2x?x8xf32>)
      {indexing_maps = [#token, #token, #state]}
      step(%x_t: tensor<8xf32>, %h: tensor<8xf32>) {
        %b = recur.index 0 : index
        %own = tensor.extract_slice %bias[%b, 0] [1, 8] [1, 1] : tensor<2x8xf32> to tensor<8xf32>
        %sum = arith.addf %h, %own : tensor<8xf32>
        %next = arith.addf %sum, %x_t : tensor<8xf32>
        recur.yield %next : tensor<8xf32>
      } -> tensor<2x?x5x8xf32>, tensor<2x?x8xf32>
  return %y, %last : tensor<2x?x5x8xf32>, tensor<2x?x8xf32>
}

// A cell of numbers: 64 lanes of the innermost batch dimension at a time.

// CHECK-LABEL: func @lanes(
// CHECK:         scf.forall (%[[B:.*]], %[[H:.*]]) = (0, 0) to (3, 130) step (1, 64)
// CHECK:           %[[LANES:.*]] = affine.min #{{.*}}(%[[H]])
// CHECK:           scf.for
// CHECK:             linalg.generic
// CHECK:           tensor.parallel_insert_slice %{{.*}}[%[[B]], %[[H]], 0] [1, %[[LANES]], 7]
func.func @lanes(%x: tensor<3x130x7xf32>, %y0: tensor<3x130x7xf32>, %h0: tensor<3x130xf32>) -> tensor<3x130x7xf32> {
  %y, %last = recur.scan ins(%x : tensor<3x130x7xf32>) outs(%y0 : tensor<3x130x7xf32>) init(%h0 : tensor<3x130xf32>)
      {indexing_maps = [#token, #token, #state]}
      step(%x_t: f32, %h: f32) {
        %next = math.tanh %h : f32
        %sum = arith.addf %next, %x_t : f32
        recur.yield %sum : f32
      } -> tensor<3x130x7xf32>, tensor<3x130xf32>
  return %y : tensor<3x130x7xf32>
}

// Little batch, but products of chunks: the products each by itself, the states at
// their beginnings one after the other, the tokens of each chunk by itself.

#row = affine_map<(t) -> (t)>
#once = affine_map<(t) -> ()>

// CHECK-LABEL: func @chunks(
// CHECK-SAME:    %{{.*}}: tensor<?x8xf32>, %{{.*}}: tensor<?x8xf32>, %[[Y0:[a-z0-9]+]]: tensor<?x8xf32>
// CHECK:         %[[PRODUCTS:.*]]:2 = scf.forall (%[[C:.*]]) in (%[[COUNT:.*]]) shared_outs(
// CHECK:           scf.for
// CHECK:           tensor.parallel_insert_slice %{{.*}} into %{{.*}}[%[[C]], 0] [1, 8]
// CHECK:         %[[STATES:.*]]:2 = scf.for {{.*}} to %[[COUNT]]
// CHECK:           tensor.extract_slice %[[PRODUCTS]]#0
// CHECK:         scf.forall (%[[C2:.*]]) in (%[[COUNT]]) shared_outs(%[[Y:.*]] = %[[Y0]])
// CHECK:           %[[BEGIN:.*]] = arith.muli %[[C2]]
// CHECK:           %[[END:.*]] = arith.minui
// CHECK:           %[[SIZE:.*]] = arith.subi %[[END]], %[[BEGIN]]
// CHECK:           tensor.extract_slice %[[STATES]]#0[%[[C2]], 0] [1, 8]
// CHECK:           scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
// CHECK:           tensor.parallel_insert_slice %{{.*}} into %[[Y]][%[[BEGIN]], 0] [%[[SIZE]], 8]
func.func @chunks(%g: tensor<?x8xf32>, %x: tensor<?x8xf32>, %y0: tensor<?x8xf32>, %h0: tensor<8xf32>)
    -> (tensor<?x8xf32>, tensor<8xf32>) {
  %y, %last = recur.scan ins(%g, %x : tensor<?x8xf32>, tensor<?x8xf32>) outs(%y0 : tensor<?x8xf32>) init(%h0 : tensor<8xf32>)
      {indexing_maps = [#row, #row, #row, #once], monoid = #recur.affine<diagonal>,
       schedule = #recur.schedule<chunked, chunk = 16>}
      lift(%g_t: tensor<8xf32>, %x_t: tensor<8xf32>) {
        recur.yield %g_t, %x_t : tensor<8xf32>, tensor<8xf32>
      } -> tensor<?x8xf32>, tensor<8xf32>
  return %y, %last : tensor<?x8xf32>, tensor<8xf32>
}

// A rescan divides its batch.

// CHECK-LABEL: func @rescan(
// CHECK:         scf.forall (%{{.*}}) in (4)
// CHECK:           scf.for
// CHECK:             scf.for
func.func @rescan(%x: tensor<4x?x8xf32>, %y0: tensor<4x?x8xf32>, %h0: tensor<4x8xf32>) -> tensor<4x?x8xf32> {
  %y, %last = recur.rescan ins(%x : tensor<4x?x8xf32>) outs(%y0 : tensor<4x?x8xf32>) init(%h0 : tensor<4x8xf32>)
      {indexing_maps = [affine_map<(b, t, j) -> (b, j)>, affine_map<(b, t, j) -> (b, t)>, affine_map<(b, t, j) -> (b)>]}
      step(%x_j: tensor<8xf32>, %h: tensor<8xf32>) {
        %sum = arith.addf %h, %x_j : tensor<8xf32>
        %next = math.tanh %sum : tensor<8xf32>
        recur.yield %next : tensor<8xf32>
      } -> tensor<4x?x8xf32>, tensor<4x8xf32>
  return %y : tensor<4x?x8xf32>
}

// A scan within a cell is run for each token of one thread.

// CHECK-LABEL: func @negative_nested(
// CHECK:         scf.forall
// CHECK-NOT:     scf.forall (
// CHECK:         return
func.func @negative_nested(%x: tensor<2x?x3x4xf32>, %y0: tensor<2x?x3x4xf32>, %h0: tensor<2x3x4xf32>)
    -> tensor<2x?x3x4xf32> {
  %y, %last = recur.scan ins(%x : tensor<2x?x3x4xf32>) outs(%y0 : tensor<2x?x3x4xf32>) init(%h0 : tensor<2x3x4xf32>)
      {indexing_maps = [affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> (b)>]}
      step(%x_t: tensor<3x4xf32>, %h: tensor<3x4xf32>) {
        %empty = tensor.empty() : tensor<3x4xf32>
        %zeros = arith.constant dense<0.0> : tensor<3xf32>
        %inner, %sums = recur.scan ins(%x_t : tensor<3x4xf32>) outs(%empty : tensor<3x4xf32>) init(%zeros : tensor<3xf32>)
            {indexing_maps = [affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c, t)>, affine_map<(c, t) -> (c)>]}
            step(%x_c: f32, %s: f32) {
              %sum = arith.addf %s, %x_c : f32
              recur.yield %sum : f32
            } -> tensor<3x4xf32>, tensor<3xf32>
        %next = arith.addf %h, %inner : tensor<3x4xf32>
        recur.yield %next : tensor<3x4xf32>
      } -> tensor<2x?x3x4xf32>, tensor<2x3x4xf32>
  return %y : tensor<2x?x3x4xf32>
}

// Temporaries in a frame are there once: iterations that run at the same time would
// share them.

// CHECK-LABEL: func private @negative_frame(
// CHECK-NOT:     scf.forall
// CHECK:         return
func.func private @negative_frame(%x: tensor<2x3x5x8xf32>, %y0: tensor<2x3x5x8xf32>, %h0: tensor<2x3x8xf32>) -> tensor<2x3x5x8xf32> attributes {attn.frame} {
  %y, %last = recur.scan ins(%x : tensor<2x3x5x8xf32>) outs(%y0 : tensor<2x3x5x8xf32>) init(%h0 : tensor<2x3x8xf32>)
      {indexing_maps = [#token, #token, #state]}
      step(%x_t: tensor<8xf32>, %h: tensor<8xf32>) {
        %next = arith.addf %h, %x_t : tensor<8xf32>
        recur.yield %next : tensor<8xf32>
      } -> tensor<2x3x5x8xf32>, tensor<2x3x8xf32>
  return %y : tensor<2x3x5x8xf32>
}
