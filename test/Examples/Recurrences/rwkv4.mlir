// The WKV of RWKV-4: a mean of values by e^key that fade, the token itself apart.
//
//     y_t = (sum_{j<t} e^(g (t-1-j) + k_j) v_j + e^(u + k_t) v_t)
//           / (the same without v)
//
// The state (m, l, a) before token t is the maximum m of the exponents, and
// both sums over j < t times e^-m. With n = max(m, u + k_t):
//
//     y_t = (e^(m-n) a + e^(u+k_t-n) v_t) / (e^(m-n) l + e^(u+k_t-n))
//
// Shapes: k, v, y (batch, token, channel); g <= 0 and u (channel), natural
// logarithms; m, l, a (batch, channel), at the start (-inf, 0, 0).
// Source: Peng et al., arXiv:2305.13048 (its w is -g).
// Choices: exclusive, so that `read` sees the state before the token; the
// receptance gate is token-wise and left out.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!sequence = tensor<2x?x24x!input>
!outputs = tensor<2x?x24x!state>
!states = tensor<2x24x!state>
!channels = tensor<24x!state>
#token = affine_map<(b, t) -> (b, t)>
#batch = affine_map<(b, t) -> (b)>
#all = affine_map<(b, t) -> ()>
#entry = affine_map<(c) -> (c)>

func.func @rwkv4(%k: !sequence, %v: !sequence, %g: !channels, %u: !channels, %m0: !states, %l0: !states, %a0: !states)
    -> (!outputs, !states, !states, !states) {
  %c1 = arith.constant 1 : index
  %length = tensor.dim %k, %c1 : !sequence
  %y0 = tensor.empty(%length) : !outputs
  %wide_k = linalg.copy ins(%k : !sequence) outs(%y0 : !outputs) -> !outputs
  %wide_v = linalg.copy ins(%v : !sequence) outs(%y0 : !outputs) -> !outputs
  %y, %m, %l, %a = recur.scan ins(%wide_k, %wide_v, %g, %u : !outputs, !outputs, !channels, !channels) outs(%y0 : !outputs)
      init(%m0, %l0, %a0 : !states, !states, !states)
      {indexing_maps = [#token, #token, #all, #all, #token, #batch, #batch, #batch],
       monoid = #recur.decayed_softmax, exclusive}
      lift(%k_t: !channels, %v_t: !channels, %decay: !channels, %bonus: !channels) {
        recur.yield %decay, %k_t, %v_t : !channels, !channels, !channels
      }
      read(%k_t: !channels, %v_t: !channels, %decay: !channels, %bonus: !channels,
           %m_t: !channels, %l_t: !channels, %a_t: !channels) {
        %y_t = linalg.generic {indexing_maps = [#entry, #entry, #entry, #entry, #entry, #entry], iterator_types = ["parallel"]}
            ins(%k_t, %v_t, %bonus, %m_t, %l_t : !channels, !channels, !channels, !channels, !channels) outs(%a_t : !channels) {
        ^bb0(%key: !state, %value: !state, %extra: !state, %max: !state, %sum: !state, %acc: !state):
          %score = arith.addf %key, %extra : !state
          %n = arith.maximumf %max, %score : !state
          %past = arith.subf %max, %n : !state
          %now = arith.subf %score, %n : !state
          %past_weight = math.exp %past : !state
          %now_weight = math.exp %now : !state
          %past_value = arith.mulf %past_weight, %acc : !state
          %numerator = math.fma %now_weight, %value, %past_value : !state
          %denominator = math.fma %past_weight, %sum, %now_weight : !state
          %mean = arith.divf %numerator, %denominator : !state
          linalg.yield %mean : !state
        } -> !channels
        recur.yield %y_t : !channels
      } -> !outputs, !states, !states, !states
  return %y, %m, %l, %a : !outputs, !states, !states, !states
}
