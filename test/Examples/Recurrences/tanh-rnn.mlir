// The simple recurrent network.
//
//     h_t = tanh(W h_{t-1} + U x_t + bias)
//
// Shapes: x (batch, token, m); W (n, n); U (n, m); bias (n); h (batch, token, n),
// at the start (batch, n).
// Source: Elman, Finding Structure in Time, Cognitive Science 14 (1990).
// Choices: U x + bias is token-wise and outside. The cell is no monoid: it can
// only be run in order.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!sequence = tensor<2x?x6x!input>
!wide = tensor<2x?x6x!state>
!square = tensor<12x12x!state>
!into = tensor<12x6x!state>
!units = tensor<12x!state>
!outputs = tensor<2x?x12x!state>
!states = tensor<2x12x!state>
#token = affine_map<(b, t) -> (b, t)>
#batch = affine_map<(b, t) -> (b)>
#in = affine_map<(b, t, n, m) -> (b, t, m)>
#weight = affine_map<(b, t, n, m) -> (n, m)>
#out = affine_map<(b, t, n, m) -> (b, t, n)>

func.func @tanh_rnn(%x: !sequence, %W: !square, %U: !into, %bias: !units, %h0: !states) -> (!outputs, !states) {
  %c1 = arith.constant 1 : index
  %length = tensor.dim %x, %c1 : !sequence
  %y0 = tensor.empty(%length) : !outputs
  %wide0 = tensor.empty(%length) : !wide
  %wide_x = linalg.copy ins(%x : !sequence) outs(%wide0 : !wide) -> !wide
  %start = linalg.broadcast ins(%bias : !units) outs(%y0 : !outputs) dimensions = [0, 1]
  %u = linalg.generic {indexing_maps = [#in, #weight, #out],
                       iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%wide_x, %U : !wide, !into) outs(%start : !outputs) {
  ^bb0(%x_m: !state, %U_nm: !state, %sum: !state):
    %next = math.fma %U_nm, %x_m, %sum : !state
    linalg.yield %next : !state
  } -> !outputs
  %y, %h = recur.scan ins(%u : !outputs) outs(%y0 : !outputs) init(%h0 : !states)
      {indexing_maps = [#token, #token, #batch]}
      step(%u_t: !units, %h_t: !units) {
        %sum = linalg.matvec ins(%W, %h_t : !square, !units) outs(%u_t : !units) -> !units
        %next = math.tanh %sum : !units
        recur.yield %next : !units
      } -> !outputs, !states
  return %y, %h : !outputs, !states
}
