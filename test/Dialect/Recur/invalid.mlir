// RUN: attn-opt %s -split-input-file -verify-diagnostics

// Parsing.

func.func @unknown_region(%x: tensor<?xf32>, %h: tensor<f32>) {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      // expected-error @+1 {{unknown region 'cell'; there are lift, combine, step, read}}
      cell(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @unknown_region_of_rescan(%x: tensor<?xf32>, %y: tensor<?xf32>, %h: tensor<f32>) {
  %r:2 = recur.rescan ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
      // expected-error @+1 {{unknown region 'lift'; there are step, read}}
      lift(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<?xf32>, tensor<f32>
  return
}

// -----

func.func @second_step(%x: tensor<?xf32>, %h: tensor<f32>) {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      // expected-error @+1 {{a second region 'step'}}
      } step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @unknown_transition(%x: tensor<?xf32>, %h: tensor<f32>) {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       // expected-error @+2 {{expected ::mlir::recur::Transition to be one of: unit, scalar, diagonal, complex_diagonal, dplr, dense}}
       // expected-error @+1 {{failed to parse Recur_AffineAttr parameter 'transition'}}
       monoid = #recur.affine<orthogonal>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @unknown_boundary(%x: tensor<?xf32>, %h: tensor<f32>) {
  %r = recur.rescan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> ()>],
       // expected-error @+2 {{expected ::mlir::recur::Boundary to be one of: reset, chain}}
       // expected-error @+1 {{failed to parse Recur_BoundaryAttr parameter 'value'}}
       boundary = #recur<boundary keep>}
      step(%x_j: f32, %s: f32) {
        recur.yield %x_j : f32
      } -> tensor<f32>
  return
}

// -----

func.func @unknown_history(%x: tensor<?xf32>, %h: tensor<f32>) {
  %r = recur.rescan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> ()>],
       // expected-error @+2 {{expected ::mlir::recur::History to be one of: prefix, all}}
       // expected-error @+1 {{failed to parse Recur_HistoryAttr parameter 'value'}}
       history = #recur<history none>}
      step(%x_j: f32, %s: f32) {
        recur.yield %x_j : f32
      } -> tensor<f32>
  return
}

// -----

// expected-error @+1 {{a chunk is a number of tokens, at least 1 (or 0 to leave it open), got -1}}
#negative = #recur.schedule<chunked, chunk = -1>

// -----

// expected-error @+1 {{only the chunked schedule has chunks, got chunk = 4 with tree}}
#tree = #recur.schedule<tree, chunk = 4>

// -----

// expected-error @+2 {{expected ::mlir::recur::ScheduleKind to be one of: sequential, chunked, tree}}
// expected-error @+1 {{failed to parse Recur_ScheduleAttr parameter 'kind'}}
#kind = #recur.schedule<parallel>

// -----

func.func @not_a_monoid(%x: tensor<?xf32>, %h: tensor<f32>) {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      // expected-error @+1 {{attribute 'monoid' failed to satisfy constraint: MonoidAttrInterface instance}}
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.schedule<tree>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

// Operands.

func.func @no_maps(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{requires attribute 'indexing_maps'}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @too_few_maps(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{needs one indexing map for each of its 2 operands, has 1}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @empty_maps(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{needs one indexing map for each of its 2 operands, has 0}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = []}
      step(%x_t: f32, %s: f32) {
        %t = recur.index 0 : index
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @no_state(%x: tensor<?xf32>) {
  // expected-error @+1 {{needs a state: init is empty}}
  %r = "recur.scan"(%x, %x) <{indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>], operandSegmentSizes = array<i32: 1, 1, 0>}> ({}, {}, {
  ^bb0(%x_t: f32):
    "recur.yield"() : () -> ()
  }, {
  ^bb0(%x_t: f32):
    "recur.yield"(%x_t) : (f32) -> ()
  }) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @nothing_at_all() {
  // expected-error @+1 {{needs a state: init is empty}}
  "recur.scan"() <{indexing_maps = [], operandSegmentSizes = array<i32: 0, 0, 0>}> ({}, {}, {
  ^bb0:
    "recur.yield"() : () -> ()
  }, {}) : () -> ()
  return
}

// -----

func.func @scan_over_nothing(%x: tensor<f32>, %h: tensor<f32>) {
  // expected-error @+1 {{its maps are over (batch.., t), got affine_map<() -> ()>}}
  %r = recur.scan ins(%x : tensor<f32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @rescan_over_t(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{its maps are over (batch.., t, j), got affine_map<(d0) -> (d0)>}}
  %r = recur.rescan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @maps_of_different_spaces(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{indexing map #1 must be a projected permutation of the 1 dimensions of the first, got affine_map<(d0, d1) -> ()>}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(b, t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @map_with_symbol(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{indexing map #0 must be a projected permutation of the 1 dimensions of the first, got affine_map<(d0)[s0] -> (d0)>}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t)[s] -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @diagonal_map(%x: tensor<?x?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{indexing map #0 must be a projected permutation of the 1 dimensions of the first, got affine_map<(d0) -> (d0, d0)>}}
  %r = recur.scan ins(%x : tensor<?x?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t, t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @map_of_higher_rank(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{indexing map #0 has 2 results for 'tensor<?xf32>', whose rank is 1}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> (b)>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @output_without_t(%x: tensor<?xf32>, %y: tensor<f32>, %h: tensor<f32>) {
  // expected-error @+1 {{the map of output #0 must have each batch dimension and t, got affine_map<(d0) -> ()>}}
  %r:2 = recur.scan ins(%x : tensor<?xf32>) outs(%y : tensor<f32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>, tensor<f32>
  return
}

// -----

func.func @output_with_j(%x: tensor<?xf32>, %y: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{the map of output #0 must have each batch dimension and t, got affine_map<(d0, d1) -> (d1)>}}
  %r:2 = recur.rescan ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (j)>, affine_map<(t, j) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<?xf32>, tensor<f32>
  return
}

// -----

func.func @init_with_t(%x: tensor<?xf32>, %h: tensor<?xf32>) {
  // expected-error @+1 {{the map of init #0 must have each batch dimension and no other, got affine_map<(d0) -> (d0)>}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<?xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<?xf32>
  return
}

// -----

func.func @init_without_batch(%x: tensor<2x?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{the map of init #0 must have each batch dimension and no other, got affine_map<(d0, d1) -> ()>}}
  %r = recur.scan ins(%x : tensor<2x?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @sizes_clash(%x: tensor<5xf32>, %y: tensor<6xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{operands disagree on the size of dimension 0: 5 and 6}}
  %r:2 = recur.scan ins(%x : tensor<5xf32>) outs(%y : tensor<6xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<6xf32>, tensor<f32>
  return
}

// -----

func.func @no_sequence(%x: tensor<f32>, %h: tensor<f32>) {
  // expected-error @+1 {{nothing says how far t goes: no operand's map has it}}
  %r = recur.scan ins(%x : tensor<f32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> ()>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @result_of_another_type(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{expected type of operand #1 ('tensor<f32>') to match type of corresponding result ('tensor<f64>')}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f64>
  return
}

// -----

// Cells.

func.func @no_cell(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{needs a cell: `step`, or a `monoid` with `lift`, or `lift` with `combine`}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]} -> tensor<f32>
  return
}

// -----

func.func @monoid_without_lift(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{needs a cell: `step`, or a `monoid` with `lift`, or `lift` with `combine`}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>} -> tensor<f32>
  return
}

// -----

func.func @monoid_and_step(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{needs a cell: `step`, or a `monoid` with `lift`, or `lift` with `combine`}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      } step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @lift_without_combine(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{needs a cell: `step`, or a `monoid` with `lift`, or `lift` with `combine`}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @monoid_and_combine(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{needs a cell: `step`, or a `monoid` with `lift`, or `lift` with `combine`}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      } combine(%a: f32, %b: f32) {
        recur.yield %a : f32
      } -> tensor<f32>
  return
}

// -----

func.func @rescan_without_step(%x: tensor<?xf32>, %y: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{needs a region `step`}}
  %r:2 = recur.rescan ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
      -> tensor<?xf32>, tensor<f32>
  return
}

// -----

func.func @no_history(%x: tensor<?xf32>, %y: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{nothing says how far j goes: no operand's map has it}}
  %r:2 = recur.rescan ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t, j) -> (t)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<?xf32>, tensor<f32>
  return
}

// -----

func.func @no_tokens(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{nothing says how far t goes: no operand's map has it}}
  %r = recur.rescan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

// Regions.

func.func @step_takes_other_types(%x: tensor<?x4xbf16>, %h: tensor<f32>) {
  // expected-error @+1 {{region 'step' must take ('tensor<4xbf16>', 'f32'), takes ('f32', 'f32')}}
  %r = recur.scan ins(%x : tensor<?x4xbf16>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @step_yields_another_type(%x: tensor<?xf64>, %h: tensor<f32>) {
  %r = recur.scan ins(%x : tensor<?xf64>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f64, %s: f32) {
        // expected-error @+1 {{region 'step' must yield ('f32'), yields ('f64')}}
        recur.yield %x_t : f64
      } -> tensor<f32>
  return
}

// -----

func.func @lift_takes_no_state(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{region 'lift' must take ('f32'), takes ('f32', 'f32')}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>}
      lift(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @lift_of_combine_yields_states(%x: tensor<?xf64>, %h: tensor<f32>) {
  %r = recur.scan ins(%x : tensor<?xf64>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      lift(%x_t: f64) {
        // expected-error @+1 {{region 'lift' must yield ('f32'), yields ('f64')}}
        recur.yield %x_t : f64
      }
      combine(%a: f32, %b: f32) {
        recur.yield %a : f32
      } -> tensor<f32>
  return
}

// -----

func.func @combine_takes_two_states(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{region 'combine' must take ('f32', 'f32'), takes ('f32')}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      }
      combine(%a: f32) {
        recur.yield %a : f32
      } -> tensor<f32>
  return
}

// -----

func.func @read_yields_another_type(%x: tensor<?xf32>, %y: tensor<?xf16>, %h: tensor<f32>) {
  %r:2 = recur.scan ins(%x : tensor<?xf32>) outs(%y : tensor<?xf16>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      }
      read(%x_t: f32, %s: f32) {
        // expected-error @+1 {{region 'read' must yield ('f16'), yields ('f32')}}
        recur.yield %x_t : f32
      } -> tensor<?xf16>, tensor<f32>
  return
}

// -----

func.func @read_of_rescan_sees_no_history(%x: tensor<?xf32>, %y: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{region 'read' must take ('f32'), takes ('f32', 'f32')}}
  %r:2 = recur.rescan ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
      step(%x_j: f32, %s: f32) {
        recur.yield %x_j : f32
      }
      read(%x_j: f32, %s: f32) {
        recur.yield %s : f32
      } -> tensor<?xf32>, tensor<f32>
  return
}

// -----

func.func @output_is_not_the_state(%x: tensor<?xf32>, %y: tensor<?x4xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{without `read` the outputs are the states ('f32'), but their slices are ('tensor<4xf32>')}}
  %r:2 = recur.scan ins(%x : tensor<?xf32>) outs(%y : tensor<?x4xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<?x4xf32>, tensor<f32>
  return
}

// -----

func.func @output_of_rescan_is_not_the_state(%x: tensor<?xf32>, %y: tensor<?xf16>, %h: tensor<f32>) {
  // expected-error @+1 {{without `read` the outputs are the states ('f32'), but their slices are ('f16')}}
  %r:2 = recur.rescan ins(%x : tensor<?xf32>) outs(%y : tensor<?xf16>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
      step(%x_t: f32, %s: f32) {
        recur.yield %x_t : f32
      } -> tensor<?xf16>, tensor<f32>
  return
}

// -----

func.func @empty_lift(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{empty block: expect at least a terminator}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>}
      lift(%x_t: f32) {
      } -> tensor<f32>
  return
}

// -----

func.func @lift_without_yield(%x: tensor<?xf32>, %h: tensor<f32>) {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>}
      lift(%x_t: f32) {
        // expected-error @+1 {{block with no terminator}}
        %y_t = arith.negf %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @another_terminator(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{region 'step' must end in recur.yield}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        llvm.unreachable
      } -> tensor<f32>
  return
}

// -----

func.func @two_blocks(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{region #2 ('step') failed to verify constraint: region with at most 1 blocks}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        cf.br ^bb1
      ^bb1:
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @side_effects(%x: tensor<?xf32>, %h: tensor<f32>, %m: memref<f32>) {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        // expected-error @+1 {{has side effects; region 'step' of recur.scan must have none}}
        memref.store %x_t, %m[] : memref<f32>
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func private @g() -> f32

func.func @calls(%x: tensor<?xf32>, %y: tensor<?xf32>, %h: tensor<f32>) {
  %r:2 = recur.rescan ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
      step(%x_j: f32, %s: f32) {
        recur.yield %x_j : f32
      }
      read(%s: f32) {
        // expected-error @+1 {{has side effects; region 'read' of recur.rescan must have none}}
        %y_t = func.call @g() : () -> f32
        recur.yield %y_t : f32
      } -> tensor<?xf32>, tensor<f32>
  return
}

// -----

// Named monoids.

func.func @state_of_integers(%x: tensor<?xf32>, %h: tensor<i32>) {
  // expected-error @+1 {{the state of #recur.affine<unit> is one value, of f32 or f64, got ('i32')}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<i32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      } -> tensor<i32>
  return
}

// -----

func.func @narrow_state(%x: tensor<?xbf16>, %h: tensor<bf16>) {
  // expected-error @+1 {{the state of #recur.affine<scalar> is one value, of f32 or f64, got ('bf16')}}
  %r = recur.scan ins(%x : tensor<?xbf16>) init(%h : tensor<bf16>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<scalar>}
      lift(%x_t: bf16) {
        recur.yield %x_t, %x_t : bf16, bf16
      } -> tensor<bf16>
  return
}

// -----

func.func @real_state_of_complex(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{the state of #recur.affine<complex_diagonal> is a real and an imaginary part, both of f32 or f64, got ('f32')}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<complex_diagonal>}
      lift(%x_t: f32) {
        recur.yield %x_t, %x_t, %x_t, %x_t : f32, f32, f32, f32
      } -> tensor<f32>
  return
}

// -----

func.func @parts_of_different_types(%x: tensor<?xf32>, %h: tensor<f32>, %i: tensor<f64>) {
  // expected-error @+1 {{the state of #recur.affine<complex_diagonal> is a real and an imaginary part, both of f32 or f64, got ('f32', 'f64')}}
  %r:2 = recur.scan ins(%x : tensor<?xf32>) init(%h, %i : tensor<f32>, tensor<f64>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>, affine_map<(t) -> ()>],
       monoid = #recur.affine<complex_diagonal>}
      lift(%x_t: f32) {
        recur.yield %x_t, %x_t, %x_t, %x_t : f32, f32, f32, f32
      } -> tensor<f32>, tensor<f64>
  return
}

// -----

func.func @element_of_integers(%x: tensor<?xi32>, %h: tensor<f32>) {
  // expected-error @+1 {{elements of #recur.affine<unit> consist of floats and tensors of floats (not of rank 0: extract the number), got ('i32')}}
  %r = recur.scan ins(%x : tensor<?xi32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>}
      lift(%x_t: i32) {
        recur.yield %x_t : i32
      } -> tensor<f32>
  return
}

// -----

func.func @element_of_vectors(%x: tensor<?xf32>, %v: vector<4xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{elements of #recur.affine<unit> consist of floats and tensors of floats (not of rank 0: extract the number), got ('vector<4xf32>')}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>}
      lift(%x_t: f32) {
        recur.yield %v : vector<4xf32>
      } -> tensor<f32>
  return
}

// -----

func.func @element_of_rank_0(%x: tensor<?xf32>, %g: tensor<f32>, %h: tensor<f32>) {
  // expected-error @+1 {{elements of #recur.affine<scalar> consist of floats and tensors of floats (not of rank 0: extract the number), got ('tensor<f32>', 'f32')}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<scalar>}
      lift(%x_t: f32) {
        recur.yield %g, %x_t : tensor<f32>, f32
      } -> tensor<f32>
  return
}

// -----

func.func @unit_of_nothing(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{an element of #recur.affine<unit> is (b) with the state's shape or (k, v) whose outer product has it for the state 'f32', got ()}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>}
      lift(%x_t: f32) {
        recur.yield
      } -> tensor<f32>
  return
}

// -----

func.func @unit_of_another_shape(%x: tensor<?x4xf32>, %h: tensor<4x4xf32>) {
  // expected-error @+1 {{an element of #recur.affine<unit> is (b) with the state's shape or (k, v) whose outer product has it for the state 'tensor<4x4xf32>', got ('tensor<4xf32>')}}
  %r = recur.scan ins(%x : tensor<?x4xf32>) init(%h : tensor<4x4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<unit>}
      lift(%x_t: tensor<4xf32>) {
        recur.yield %x_t : tensor<4xf32>
      } -> tensor<4x4xf32>
  return
}

// -----

func.func @scalar_of_a_vector(%x: tensor<?x4xf32>, %h: tensor<4xf32>) {
  // expected-error @+1 {{an element of #recur.affine<scalar> is (g, b) or (g, k, v), g a number, b or the outer product of k and v of the state's shape for the state 'tensor<4xf32>', got ('tensor<4xf32>', 'tensor<4xf32>')}}
  %r = recur.scan ins(%x : tensor<?x4xf32>) init(%h : tensor<4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<scalar>}
      lift(%x_t: tensor<4xf32>) {
        recur.yield %x_t, %x_t : tensor<4xf32>, tensor<4xf32>
      } -> tensor<4xf32>
  return
}

// -----

// The dimensions of a decay are the first of the state, not the last.

func.func @diagonal_of_the_last_dimension(%g: tensor<?x4xf32>, %b: tensor<?x8x4xf32>, %h: tensor<8x4xf32>) {
  // expected-error @+1 {{an element of #recur.affine<diagonal> is (g, b) or (g, k, v), g with the first dimensions of the state, b or the outer product of k and v of its shape for the state 'tensor<8x4xf32>', got ('tensor<4xf32>', 'tensor<8x4xf32>')}}
  %r = recur.scan ins(%g, %b : tensor<?x4xf32>, tensor<?x8x4xf32>) init(%h : tensor<8x4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<diagonal>}
      lift(%g_t: tensor<4xf32>, %b_t: tensor<8x4xf32>) {
        recur.yield %g_t, %b_t : tensor<4xf32>, tensor<8x4xf32>
      } -> tensor<8x4xf32>
  return
}

// -----

func.func @complex_of_two(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{an element of #recur.affine<complex_diagonal> is (re g, im g, re b, im b), g with the first dimensions of the state, b of its shape for the state 'f32', got ('f32', 'f32')}}
  %r:2 = recur.scan ins(%x : tensor<?xf32>) init(%h, %h : tensor<f32>, tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>, affine_map<(t) -> ()>],
       monoid = #recur.affine<complex_diagonal>}
      lift(%x_t: f32) {
        recur.yield %x_t, %x_t : f32, f32
      } -> tensor<f32>, tensor<f32>
  return
}

// -----

func.func @dplr_on_a_vector(%x: tensor<?x4xf32>, %h: tensor<4xf32>) {
  // expected-error @+1 {{an element of #recur.affine<dplr> is (g, beta, k, v), g and beta numbers, k and v vectors whose outer product has the state's shape for the state 'tensor<4xf32>', got ('f32', 'f32', 'tensor<4xf32>', 'f32')}}
  %r = recur.scan ins(%x : tensor<?x4xf32>) init(%h : tensor<4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<dplr>}
      lift(%x_t: tensor<4xf32>) {
        %one = arith.constant 1.0 : f32
        recur.yield %one, %one, %x_t, %one : f32, f32, tensor<4xf32>, f32
      } -> tensor<4xf32>
  return
}

// -----

func.func @dense_on_a_number(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{an element of #recur.affine<dense> is (A, b), A a square matrix over the first dimension of the state, a vector or a matrix, b of the state's shape for the state 'f32', got ('f32', 'f32')}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.affine<dense>}
      lift(%x_t: f32) {
        recur.yield %x_t, %x_t : f32, f32
      } -> tensor<f32>
  return
}

// -----

func.func @dense_not_square(%a: tensor<4x8xf32>, %x: tensor<?x4xf32>, %h: tensor<4xf32>) {
  // expected-error @+1 {{an element of #recur.affine<dense> is (A, b), A a square matrix over the first dimension of the state, a vector or a matrix, b of the state's shape for the state 'tensor<4xf32>', got ('tensor<4x8xf32>', 'tensor<4xf32>')}}
  %r = recur.scan ins(%a, %x : tensor<4x8xf32>, tensor<?x4xf32>) init(%h : tensor<4xf32>)
      {indexing_maps = [affine_map<(t) -> ()>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>],
       monoid = #recur.affine<dense>}
      lift(%a_t: tensor<4x8xf32>, %x_t: tensor<4xf32>) {
        recur.yield %a_t, %x_t : tensor<4x8xf32>, tensor<4xf32>
      } -> tensor<4xf32>
  return
}

// -----

func.func @decayed_softmax_of_one_state(%x: tensor<?xf32>, %h: tensor<f32>) {
  // expected-error @+1 {{the state of #recur.decayed_softmax is (m, l, a) of one shape, f32 or f64, got ('f32')}}
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>], monoid = #recur.decayed_softmax}
      lift(%x_t: f32) {
        recur.yield %x_t, %x_t, %x_t : f32, f32, f32
      } -> tensor<f32>
  return
}

// -----

func.func @decayed_softmax_of_another_shape(%x: tensor<?xf32>, %h: tensor<4xf32>) {
  // expected-error @+1 {{an element of #recur.decayed_softmax is (g, s, v), each of the state's shape, for the state 'tensor<4xf32>', got ('f32', 'f32', 'f32')}}
  %r:3 = recur.scan ins(%x : tensor<?xf32>) init(%h, %h, %h : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>, affine_map<(t) -> ()>, affine_map<(t) -> ()>],
       monoid = #recur.decayed_softmax}
      lift(%x_t: f32) {
        recur.yield %x_t, %x_t, %x_t : f32, f32, f32
      } -> tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  return
}

// -----

// recur.index and recur.yield.

func.func @index_outside() {
  // expected-error @+1 {{must be inside a region of a recurrence}}
  %t = recur.index 0 : index
  return
}

// -----

func.func @index_in_combine(%x: tensor<?xf32>, %h: tensor<f32>) {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      lift(%x_t: f32) {
        recur.yield %x_t : f32
      }
      combine(%a: f32, %b: f32) {
        // expected-error @+1 {{the region `combine` belongs to no token}}
        %t = recur.index 0 : index
        recur.yield %a : f32
      } -> tensor<f32>
  return
}

// -----

func.func @index_too_large(%x: tensor<?xf32>, %h: tensor<f32>) {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        // expected-error @+1 {{the iteration space here has 1 dimensions, got dimension 1}}
        %t = recur.index 1 : index
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @history_index_in_read(%x: tensor<?xf32>, %y: tensor<?xf32>, %h: tensor<f32>) {
  %r:2 = recur.rescan ins(%x : tensor<?xf32>) outs(%y : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
      step(%x_j: f32, %s: f32) {
        %j = recur.index 1 : index
        recur.yield %x_j : f32
      }
      read(%s: f32) {
        // expected-error @+1 {{the iteration space here has 1 dimensions, got dimension 1}}
        %j = recur.index 1 : index
        recur.yield %s : f32
      } -> tensor<?xf32>, tensor<f32>
  return
}

// -----

func.func @negative_index(%x: tensor<?xf32>, %h: tensor<f32>) {
  %r = recur.scan ins(%x : tensor<?xf32>) init(%h : tensor<f32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: f32, %s: f32) {
        // expected-error @+1 {{attribute 'dim' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
        %t = recur.index -1 : index
        recur.yield %x_t : f32
      } -> tensor<f32>
  return
}

// -----

func.func @yield_outside() {
  // expected-error @+1 {{expects parent op to be one of 'recur.scan, recur.rescan'}}
  recur.yield
}
