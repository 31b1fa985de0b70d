// The gated recurrent unit.
//
//     r = sigmoid(x^r_t + W_r h)        z = sigmoid(x^z_t + W_z h)
//     h_t = z o h + (1 - z) o tanh(x^n_t + W_n (r o h))        h = h_{t-1}
//
// Shapes: x^r, x^z, x^n (batch, token, n), the inputs already projected, with
// their biases; W_r, W_z, W_n (n, n); h (batch, token, n), at the start (batch, n).
// Source: Cho et al., arXiv:1406.1078.
// Choices: as in the paper the reset gate acts before the matrix, W_n (r o h), and
// z keeps the old state; libraries differ in both. The projections are token-wise
// and left out. The cell is no monoid: it can only be run in order.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!sequence = tensor<2x?x12x!input>
!square = tensor<12x12x!state>
!units = tensor<12x!state>
!outputs = tensor<2x?x12x!state>
!states = tensor<2x12x!state>
#token = affine_map<(b, t) -> (b, t)>
#batch = affine_map<(b, t) -> (b)>
#unit = affine_map<(n) -> (n)>

func.func @gru(%x_r: !sequence, %x_z: !sequence, %x_n: !sequence, %W_r: !square, %W_z: !square, %W_n: !square,
               %h0: !states) -> (!outputs, !states) {
  %c1 = arith.constant 1 : index
  %length = tensor.dim %x_r, %c1 : !sequence
  %y0 = tensor.empty(%length) : !outputs
  %one = arith.constant 1.0 : !state
  %wide_r = linalg.copy ins(%x_r : !sequence) outs(%y0 : !outputs) -> !outputs
  %wide_z = linalg.copy ins(%x_z : !sequence) outs(%y0 : !outputs) -> !outputs
  %wide_n = linalg.copy ins(%x_n : !sequence) outs(%y0 : !outputs) -> !outputs
  %y, %h = recur.scan ins(%wide_r, %wide_z, %wide_n : !outputs, !outputs, !outputs) outs(%y0 : !outputs) init(%h0 : !states)
      {indexing_maps = [#token, #token, #token, #token, #batch]}
      step(%r_t: !units, %z_t: !units, %n_t: !units, %h_t: !units) {
        %r_sum = linalg.matvec ins(%W_r, %h_t : !square, !units) outs(%r_t : !units) -> !units
        %z_sum = linalg.matvec ins(%W_z, %h_t : !square, !units) outs(%z_t : !units) -> !units
        %kept = linalg.generic {indexing_maps = [#unit, #unit, #unit], iterator_types = ["parallel"]}
            ins(%r_sum, %h_t : !units, !units) outs(%r_t : !units) {
        ^bb0(%s: !state, %old: !state, %out: !state):
          %minus = arith.negf %s : !state
          %power = math.exp %minus : !state
          %sum = arith.addf %power, %one : !state
          %gated = arith.divf %old, %sum : !state
          linalg.yield %gated : !state
        } -> !units
        %n_sum = linalg.matvec ins(%W_n, %kept : !square, !units) outs(%n_t : !units) -> !units
        %next = linalg.generic {indexing_maps = [#unit, #unit, #unit], iterator_types = ["parallel"]}
            ins(%z_sum, %n_sum : !units, !units) outs(%h_t : !units) {
        ^bb0(%s: !state, %n: !state, %old: !state):
          %minus = arith.negf %s : !state
          %power = math.exp %minus : !state
          %sum = arith.addf %power, %one : !state
          %z = arith.divf %one, %sum : !state
          %new = math.tanh %n : !state
          %change = arith.subf %old, %new : !state
          %mixed = math.fma %z, %change, %new : !state
          linalg.yield %mixed : !state
        } -> !units
        recur.yield %next : !units
      } -> !outputs, !states
  return %y, %h : !outputs, !states
}
