// A recurrent network that rereads everything from the first page for each token.
//
//     h <- tanh(W h + x_t + x_j)   for j = 0 .. t        y_t = h
//
// With `boundary = chain` h goes on from where token t - 1 left it; with `reset`
// it starts anew from the initial state.
// Shapes: x, y (batch, token, n); W (n, n); initial state (batch, n). L (L + 1) / 2
// steps, one state.
// Source: the page-flipping network of https://kexue.fm/archives/10017.
// Choices: a cell that sees both tokens, so that even with `reset` it is no scan.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!sequence = tensor<2x?x12x!input>
!square = tensor<12x12x!state>
!units = tensor<12x!state>
!outputs = tensor<2x?x12x!state>
!states = tensor<2x12x!state>
#reader = affine_map<(b, t, j) -> (b, t)>
#history = affine_map<(b, t, j) -> (b, j)>
#batch = affine_map<(b, t, j) -> (b)>

func.func @page_flipping_tanh(%x: !sequence, %W: !square, %h0: !states) -> (!outputs, !states) {
  %c1 = arith.constant 1 : index
  %length = tensor.dim %x, %c1 : !sequence
  %y0 = tensor.empty(%length) : !outputs
  %wide_x = linalg.copy ins(%x : !sequence) outs(%y0 : !outputs) -> !outputs
  %y, %h = recur.rescan ins(%wide_x, %wide_x : !outputs, !outputs) outs(%y0 : !outputs) init(%h0 : !states)
      {indexing_maps = [#reader, #history, #reader, #batch],
       boundary = #recur<boundary chain>}
      step(%x_t: !units, %x_j: !units, %h_j: !units) {
        %input = arith.addf %x_t, %x_j : !units
        %sum = linalg.matvec ins(%W, %h_j : !square, !units) outs(%input : !units) -> !units
        %next = math.tanh %sum : !units
        recur.yield %next : !units
      } -> !outputs, !states
  return %y, %h : !outputs, !states
}
