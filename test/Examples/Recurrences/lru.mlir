// The linear recurrent unit: a complex diagonal state.
//
//     lambda = e^(-e^nu + i e^theta)      gamma = sqrt(1 - |lambda|^2)
//     h_t = lambda o h_{t-1} + gamma o (B u_t)
//     y_t = Re(C h_t) + skip o u_t
//
// Shapes: u, y (batch, token, m); nu, theta (n), natural logarithms of the decay
// and of the angle in radians per token; B (n, m) and C (m, n), real and imaginary
// parts; skip (m); h (batch, n), real and imaginary parts.
// Source: Orvieto et al., arXiv:2303.06349.
// Choices: gamma is computed here, as sqrt(-expm1(-2 e^nu)), where the model
// learns it; B u is token-wise and outside.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!sequence = tensor<2x?x6x!input>
!into = tensor<12x6x!state>
!from = tensor<6x12x!state>
!units = tensor<12x!state>
!skips = tensor<6x!state>
!terms = tensor<2x?x12x!state>
!outputs = tensor<2x?x6x!state>
!states = tensor<2x12x!state>
#token = affine_map<(b, t) -> (b, t)>
#batch = affine_map<(b, t) -> (b)>
#all = affine_map<(b, t) -> ()>
#unit = affine_map<(n) -> (n)>
#entry = affine_map<(b, t, m) -> (b, t, m)>
#feature = affine_map<(b, t, m) -> (m)>
#in = affine_map<(b, t, n, m) -> (b, t, m)>
#weight = affine_map<(b, t, n, m) -> (n, m)>
#scale = affine_map<(b, t, n, m) -> (n)>
#term = affine_map<(b, t, n, m) -> (b, t, n)>

func.func @lru(%u: !sequence, %nu: !units, %theta: !units, %B_re: !into, %B_im: !into, %C_re: !from, %C_im: !from,
               %skip: !skips, %h0_re: !states, %h0_im: !states) -> (!outputs, !states, !states) {
  %c1 = arith.constant 1 : index
  %length = tensor.dim %u, %c1 : !sequence
  %y0 = tensor.empty(%length) : !outputs
  %terms0 = tensor.empty(%length) : !terms
  %units0 = tensor.empty() : !units
  %zero = arith.constant 0.0 : !state
  %wide_u = linalg.copy ins(%u : !sequence) outs(%y0 : !outputs) -> !outputs

  %g_re, %g_im, %gamma = linalg.generic {indexing_maps = [#unit, #unit, #unit, #unit, #unit], iterator_types = ["parallel"]}
      ins(%nu, %theta : !units, !units) outs(%units0, %units0, %units0 : !units, !units, !units) {
  ^bb0(%nu_n: !state, %theta_n: !state, %out0: !state, %out1: !state, %out2: !state):
    %rate = math.exp %nu_n : !state
    %decay = arith.negf %rate : !state
    %angle = math.exp %theta_n : !state
    %twice = arith.addf %decay, %decay : !state
    %lost = math.expm1 %twice : !state
    %kept = arith.negf %lost : !state
    %norm = math.sqrt %kept : !state
    linalg.yield %decay, %angle, %norm : !state, !state, !state
  } -> (!units, !units, !units)
  %nothing = linalg.fill ins(%zero : !state) outs(%terms0 : !terms) -> !terms
  %b_re, %b_im = linalg.generic {indexing_maps = [#in, #weight, #weight, #scale, #term, #term],
                                 iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%wide_u, %B_re, %B_im, %gamma : !outputs, !into, !into, !units) outs(%nothing, %nothing : !terms, !terms) {
  ^bb0(%u_m: !state, %re: !state, %im: !state, %norm: !state, %sum_re: !state, %sum_im: !state):
    %scaled = arith.mulf %norm, %u_m : !state
    %next_re = math.fma %re, %scaled, %sum_re : !state
    %next_im = math.fma %im, %scaled, %sum_im : !state
    linalg.yield %next_re, %next_im : !state, !state
  } -> (!terms, !terms)
  %minus_C_im = arith.negf %C_im : !from

  %read, %h_re, %h_im = recur.scan ins(%g_re, %g_im, %b_re, %b_im : !units, !units, !terms, !terms) outs(%y0 : !outputs)
      init(%h0_re, %h0_im : !states, !states)
      {indexing_maps = [#all, #all, #token, #token, #token, #batch, #batch],
       monoid = #recur.affine<complex_diagonal>}
      lift(%decay: !units, %angle: !units, %re: !units, %im: !units) {
        recur.yield %decay, %angle, %re, %im : !units, !units, !units, !units
      }
      read(%decay: !units, %angle: !units, %re: !units, %im: !units, %h_t_re: !units, %h_t_im: !units) {
        %start = arith.constant dense<0.0> : !skips
        %half = linalg.matvec ins(%C_re, %h_t_re : !from, !units) outs(%start : !skips) -> !skips
        %y_t = linalg.matvec ins(%minus_C_im, %h_t_im : !from, !units) outs(%half : !skips) -> !skips
        recur.yield %y_t : !skips
      } -> !outputs, !states, !states

  %y = linalg.generic {indexing_maps = [#entry, #entry, #feature, #entry], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%read, %wide_u, %skip : !outputs, !outputs, !skips) outs(%y0 : !outputs) {
  ^bb0(%read_t: !state, %u_t: !state, %skip_m: !state, %out: !state):
    %sum = math.fma %skip_m, %u_t, %read_t : !state
    linalg.yield %sum : !state
  } -> !outputs
  return %y, %h_re, %h_im : !outputs, !states, !states
}
