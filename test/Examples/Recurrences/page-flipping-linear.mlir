// A linear recurrence that rereads everything from the first page for each token.
//
//     h <- e^g o h + x_j   for j = 0 .. t        y_t = h
//
// With `boundary = chain` h goes on from where token t - 1 left it. With `reset`
// the pages before are read again to no effect: it is the scan of the same step.
// Shapes: x, y (batch, token, n); g (n), natural logarithms of decays; initial
// state (batch, n). L (L + 1) / 2 steps, one state.
// Source: the page-flipping network of https://kexue.fm/archives/10017.
// Choices: decays are constant and below 1, so that the chained state stays bounded.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!sequence = tensor<2x?x12x!input>
!units = tensor<12x!state>
!outputs = tensor<2x?x12x!state>
!states = tensor<2x12x!state>
#reader = affine_map<(b, t, j) -> (b, t)>
#history = affine_map<(b, t, j) -> (b, j)>
#batch = affine_map<(b, t, j) -> (b)>
#unit = affine_map<(n) -> (n)>

func.func @page_flipping_linear(%x: !sequence, %g: !units, %h0: !states) -> (!outputs, !states) {
  %c1 = arith.constant 1 : index
  %length = tensor.dim %x, %c1 : !sequence
  %y0 = tensor.empty(%length) : !outputs
  %wide_x = linalg.copy ins(%x : !sequence) outs(%y0 : !outputs) -> !outputs
  %decay = math.exp %g : !units
  %y, %h = recur.rescan ins(%wide_x : !outputs) outs(%y0 : !outputs) init(%h0 : !states)
      {indexing_maps = [#history, #reader, #batch],
       boundary = #recur<boundary chain>}
      step(%x_j: !units, %h_j: !units) {
        %next = linalg.generic {indexing_maps = [#unit, #unit, #unit], iterator_types = ["parallel"]}
            ins(%decay, %x_j : !units, !units) outs(%h_j : !units) {
        ^bb0(%kept: !state, %new: !state, %old: !state):
          %sum = math.fma %kept, %old, %new : !state
          linalg.yield %sum : !state
        } -> !units
        recur.yield %next : !units
      } -> !outputs, !states
  return %y, %h : !outputs, !states
}
