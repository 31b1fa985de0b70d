// Retention, the token mixer of RetNet: linear attention with a fixed decay for
// each head.
//
//     S_t = e^(g_h) S_{t-1} + k_t v_t^T        y_t = S_t^T q_t
//
// Shapes: q, k (batch, head, token, dk); v, y (batch, head, token, dv); g (head),
// natural logarithms of decays; S (batch, head, dk, dv).
// Source: Sun et al., arXiv:2307.08621.
// Choices: the paper has e^(g_h) = 1 - 2^(-5-h). Its rotation of q and k and the
// group normalization and gate of y are token-wise and left out.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!keys = tensor<2x3x?x8x!input>
!values = tensor<2x3x?x16x!input>
!decays = tensor<3x!state>
!outputs = tensor<2x3x?x16x!state>
!states = tensor<2x3x8x16x!state>
!key = tensor<8x!input>
!value = tensor<16x!input>
!output = tensor<16x!state>
!matrix = tensor<8x16x!state>
#token = affine_map<(b, h, t) -> (b, h, t)>
#head = affine_map<(b, h, t) -> (h)>
#state = affine_map<(b, h, t) -> (b, h)>

func.func @retention(%q: !keys, %k: !keys, %v: !values, %g: !decays, %s0: !states) -> (!outputs, !states) {
  %c2 = arith.constant 2 : index
  %length = tensor.dim %q, %c2 : !keys
  %y0 = tensor.empty(%length) : !outputs
  %y, %s = recur.scan ins(%q, %k, %v, %g : !keys, !keys, !values, !decays) outs(%y0 : !outputs) init(%s0 : !states)
      {indexing_maps = [#token, #token, #token, #head, #token, #state],
       monoid = #recur.affine<scalar>}
      lift(%q_t: !key, %k_t: !key, %v_t: !value, %g_h: !state) {
        recur.yield %g_h, %k_t, %v_t : !state, !key, !value
      }
      read(%q_t: !key, %k_t: !key, %v_t: !value, %g_h: !state, %s_t: !matrix) {
        %zero = arith.constant dense<0.0> : !output
        %y_t = linalg.vecmat ins(%q_t, %s_t : !key, !matrix) outs(%zero : !output) -> !output
        recur.yield %y_t : !output
      } -> !outputs, !states
  return %y, %s : !outputs, !states
}
