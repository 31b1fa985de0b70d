// Gated DeltaNet: the delta rule on a state that decays.
//
//     k_t = key_t / |key_t|   beta_t = sigmoid(b_t)   g_t = A_h softplus(a_t + bias_h)
//     S_t = e^(g_t) S_{t-1} + beta_t k_t (v_t - e^(g_t) S_{t-1}^T k_t)^T
//     y_t = S_t^T q_t
//
// Shapes: q, key (batch, head, token, dk); v, y (batch, head, token, dv);
// b, a (batch, head, token), logits; A < 0 and bias (head); S (batch, head, dk, dv).
// Source: Yang, Kautz and Hatamizadeh, arXiv:2412.06464.
// Choices: the model stores log(-A). A key must not be zero. The convolutions,
// normalization and output gate are left out.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!keys = tensor<2x3x?x8x!input>
!values = tensor<2x3x?x16x!input>
!logits = tensor<2x3x?x!input>
!units = tensor<2x3x?x8x!state>
!numbers = tensor<2x3x?x!state>
!heads = tensor<3x!state>
!outputs = tensor<2x3x?x16x!state>
!states = tensor<2x3x8x16x!state>
!query = tensor<8x!input>
!key = tensor<8x!state>
!value = tensor<16x!input>
!output = tensor<16x!state>
!matrix = tensor<8x16x!state>
#token = affine_map<(b, h, t) -> (b, h, t)>
#head = affine_map<(b, h, t) -> (h)>
#state = affine_map<(b, h, t) -> (b, h)>
#entry = affine_map<(b, h, t, n) -> (b, h, t, n)>
#perToken = affine_map<(b, h, t, n) -> (b, h, t)>

func.func @gated_delta_net(%q: !keys, %k: !keys, %v: !values, %b: !logits, %a: !logits, %A: !heads, %bias: !heads,
                           %s0: !states) -> (!outputs, !states) {
  %c2 = arith.constant 2 : index
  %length = tensor.dim %q, %c2 : !keys
  %y0 = tensor.empty(%length) : !outputs
  %units0 = tensor.empty(%length) : !units
  %numbers0 = tensor.empty(%length) : !numbers
  %zero = arith.constant 0.0 : !state
  %one = arith.constant 1.0 : !state

  // Unit keys.
  %wide_k = linalg.copy ins(%k : !keys) outs(%units0 : !units) -> !units
  %nothing = linalg.fill ins(%zero : !state) outs(%numbers0 : !numbers) -> !numbers
  %square = linalg.generic {indexing_maps = [#entry, #perToken],
                            iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%wide_k : !units) outs(%nothing : !numbers) {
  ^bb0(%k_n: !state, %sum: !state):
    %next = math.fma %k_n, %k_n, %sum : !state
    linalg.yield %next : !state
  } -> !numbers
  %unit_k = linalg.generic {indexing_maps = [#entry, #perToken, #entry],
                            iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%wide_k, %square : !units, !numbers) outs(%units0 : !units) {
  ^bb0(%k_n: !state, %sum: !state, %out: !state):
    %norm = math.sqrt %sum : !state
    %unit = arith.divf %k_n, %norm : !state
    linalg.yield %unit : !state
  } -> !units

  // sigmoid(x) = 1 / (1 + e^-x)
  %wide_b = linalg.copy ins(%b : !logits) outs(%numbers0 : !numbers) -> !numbers
  %beta = linalg.map ins(%wide_b : !numbers) outs(%numbers0 : !numbers) (%x: !state, %out: !state) {
    %minus = arith.negf %x : !state
    %power = math.exp %minus : !state
    %sum = arith.addf %power, %one : !state
    %sigmoid = arith.divf %one, %sum : !state
    linalg.yield %sigmoid : !state
  }

  // softplus(s) = max(s, 0) + log(1 + e^-|s|)
  %wide_a = linalg.copy ins(%a : !logits) outs(%numbers0 : !numbers) -> !numbers
  %g = linalg.generic {indexing_maps = [#token, #head, #head, #token], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%wide_a, %bias, %A : !numbers, !heads, !heads) outs(%numbers0 : !numbers) {
  ^bb0(%a_t: !state, %bias_h: !state, %A_h: !state, %out: !state):
    %s = arith.addf %a_t, %bias_h : !state
    %positive = arith.maximumf %s, %zero : !state
    %size = math.absf %s : !state
    %minus = arith.negf %size : !state
    %power = math.exp %minus : !state
    %rest = math.log1p %power : !state
    %softplus = arith.addf %positive, %rest : !state
    %decay = arith.mulf %softplus, %A_h : !state
    linalg.yield %decay : !state
  } -> !numbers
  %y, %s_last = recur.scan ins(%q, %unit_k, %v, %g, %beta : !keys, !units, !values, !numbers, !numbers)
      outs(%y0 : !outputs) init(%s0 : !states)
      {indexing_maps = [#token, #token, #token, #token, #token, #token, #state],
       monoid = #recur.affine<dplr>}
      lift(%q_t: !query, %k_t: !key, %v_t: !value, %g_t: !state, %beta_t: !state) {
        recur.yield %g_t, %beta_t, %k_t, %v_t : !state, !state, !key, !value
      }
      read(%q_t: !query, %k_t: !key, %v_t: !value, %g_t: !state, %beta_t: !state, %s_t: !matrix) {
        %start = arith.constant dense<0.0> : !output
        %y_t = linalg.vecmat ins(%q_t, %s_t : !query, !matrix) outs(%start : !output) -> !output
        recur.yield %y_t : !output
      } -> !outputs, !states
  return %y, %s_last : !outputs, !states
}
