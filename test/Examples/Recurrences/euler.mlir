// Euler's method for the driven Van der Pol oscillator.
//
//     x' = v        v' = (1 - x^2) v - x + u
//     x_t = x_{t-1} + h v_{t-1}
//     v_t = v_{t-1} + h ((1 - x_{t-1}^2) v_{t-1} - x_{t-1} + u_t)
//
// Shapes: u (batch, token); h a number, the step in units of time; x, v
// (batch, token), at the start (batch).
// Source: Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I.
// Choices: u is constant during a step. Two states, each a number. The error is
// of first order in h.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!sequence = tensor<2x?x!input>
!number = tensor<!state>
!outputs = tensor<2x?x!state>
!states = tensor<2x!state>
#token = affine_map<(b, t) -> (b, t)>
#batch = affine_map<(b, t) -> (b)>
#all = affine_map<(b, t) -> ()>

func.func @euler(%u: !sequence, %h: !number, %x0: !states, %v0: !states) -> (!outputs, !outputs, !states, !states) {
  %c1 = arith.constant 1 : index
  %length = tensor.dim %u, %c1 : !sequence
  %y0 = tensor.empty(%length) : !outputs
  %wide_u = linalg.copy ins(%u : !sequence) outs(%y0 : !outputs) -> !outputs
  %xs, %vs, %x_last, %v_last = recur.scan ins(%wide_u, %h : !outputs, !number) outs(%y0, %y0 : !outputs, !outputs)
      init(%x0, %v0 : !states, !states)
      {indexing_maps = [#token, #all, #token, #token, #batch, #batch]}
      step(%u_t: !state, %dt: !state, %x: !state, %v: !state) {
        %one = arith.constant 1.0 : !state
        %square = arith.mulf %x, %x : !state
        %damping = arith.subf %one, %square : !state
        %force = arith.subf %u_t, %x : !state
        %slope = math.fma %damping, %v, %force : !state
        %x_next = math.fma %dt, %v, %x : !state
        %v_next = math.fma %dt, %slope, %v : !state
        recur.yield %x_next, %v_next : !state, !state
      } -> !outputs, !outputs, !states, !states
  return %xs, %vs, %x_last, %v_last : !outputs, !outputs, !states, !states
}
