// The classical Runge-Kutta method for the driven Van der Pol oscillator.
//
//     s' = f(s, u):  x' = v, v' = (1 - x^2) v - x + u        s = (x, v)
//     a = f(s)   b = f(s + h/2 a)   c = f(s + h/2 b)   d = f(s + h c)
//     s_t = s + h/6 (a + 2 b + 2 c + d)        s = s_{t-1}
//
// Shapes: u (batch, token); h a number, the step in units of time; x, v
// (batch, token), at the start (batch).
// Source: Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I.
// Choices: u is constant during a step; the stages are a loop over their weights.
// The error is of fourth order in h.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!sequence = tensor<2x?x!input>
!number = tensor<!state>
!outputs = tensor<2x?x!state>
!states = tensor<2x!state>
!weights = tensor<4x!state>
#token = affine_map<(b, t) -> (b, t)>
#batch = affine_map<(b, t) -> (b)>
#all = affine_map<(b, t) -> ()>

func.func @runge_kutta(%u: !sequence, %h: !number, %x0: !states, %v0: !states) -> (!outputs, !outputs, !states, !states) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %length = tensor.dim %u, %c1 : !sequence
  %y0 = tensor.empty(%length) : !outputs
  %wide_u = linalg.copy ins(%u : !sequence) outs(%y0 : !outputs) -> !outputs
  %xs, %vs, %x_last, %v_last = recur.scan ins(%wide_u, %h : !outputs, !number) outs(%y0, %y0 : !outputs, !outputs)
      init(%x0, %v0 : !states, !states)
      {indexing_maps = [#token, #all, #token, #token, #batch, #batch]}
      step(%u_t: !state, %dt: !state, %x: !state, %v: !state) {
        %zero = arith.constant 0.0 : !state
        %one = arith.constant 1.0 : !state
        %six = arith.constant 6.0 : !state
        // How far the slope of the stage before is followed, and its share, in 6ths.
        %places = arith.constant dense<[0.0, 0.5, 0.5, 1.0]> : !weights
        %shares = arith.constant dense<[1.0, 2.0, 2.0, 1.0]> : !weights
        %stages:4 = scf.for %i = %c0 to %c4 step %c1
            iter_args(%slope_x = %zero, %slope_v = %zero, %sum_x = %zero, %sum_v = %zero) -> (!state, !state, !state, !state) {
          %place = tensor.extract %places[%i] : !weights
          %share = tensor.extract %shares[%i] : !weights
          %ahead = arith.mulf %place, %dt : !state
          %x_i = math.fma %ahead, %slope_x, %x : !state
          %v_i = math.fma %ahead, %slope_v, %v : !state
          %square = arith.mulf %x_i, %x_i : !state
          %damping = arith.subf %one, %square : !state
          %force = arith.subf %u_t, %x_i : !state
          %slope = math.fma %damping, %v_i, %force : !state
          %next_x = math.fma %share, %v_i, %sum_x : !state
          %next_v = math.fma %share, %slope, %sum_v : !state
          scf.yield %v_i, %slope, %next_x, %next_v : !state, !state, !state, !state
        }
        %sixth = arith.divf %dt, %six : !state
        %x_next = math.fma %sixth, %stages#2, %x : !state
        %v_next = math.fma %sixth, %stages#3, %v : !state
        recur.yield %x_next, %v_next : !state, !state
      } -> !outputs, !outputs, !states, !states
  return %xs, %vs, %x_last, %v_last : !outputs, !outputs, !states, !states
}
