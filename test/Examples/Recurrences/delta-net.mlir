// DeltaNet: a key overwrites what its direction held.
//
//     k_t = key_t / |key_t|        beta_t = sigmoid(b_t)
//     S_t = S_{t-1} + beta_t k_t (v_t - S_{t-1}^T k_t)^T        y_t = S_t^T q_t
//
// Shapes: q, key (batch, head, token, dk); v, y (batch, head, token, dv);
// b (batch, head, token), logits; S (batch, head, dk, dv).
// Source: Schlag et al., arXiv:2102.11174; unit keys: Yang et al., arXiv:2406.06484.
// Choices: the decay of the monoid is a constant 0. A key must not be zero.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!keys = tensor<2x3x?x8x!input>
!values = tensor<2x3x?x16x!input>
!logits = tensor<2x3x?x!input>
!units = tensor<2x3x?x8x!state>
!numbers = tensor<2x3x?x!state>
!outputs = tensor<2x3x?x16x!state>
!states = tensor<2x3x8x16x!state>
!query = tensor<8x!input>
!key = tensor<8x!state>
!value = tensor<16x!input>
!output = tensor<16x!state>
!matrix = tensor<8x16x!state>
#token = affine_map<(b, h, t) -> (b, h, t)>
#state = affine_map<(b, h, t) -> (b, h)>
#entry = affine_map<(b, h, t, n) -> (b, h, t, n)>
#perToken = affine_map<(b, h, t, n) -> (b, h, t)>

func.func @delta_net(%q: !keys, %k: !keys, %v: !values, %b: !logits, %s0: !states) -> (!outputs, !states) {
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

  %y, %s = recur.scan ins(%q, %unit_k, %v, %beta : !keys, !units, !values, !numbers)
      outs(%y0 : !outputs) init(%s0 : !states)
      {indexing_maps = [#token, #token, #token, #token, #token, #state],
       monoid = #recur.affine<dplr>}
      lift(%q_t: !query, %k_t: !key, %v_t: !value, %beta_t: !state) {
        recur.yield %zero, %beta_t, %k_t, %v_t : !state, !state, !key, !value
      }
      read(%q_t: !query, %k_t: !key, %v_t: !value, %beta_t: !state, %s_t: !matrix) {
        %start = arith.constant dense<0.0> : !output
        %y_t = linalg.vecmat ins(%q_t, %s_t : !query, !matrix) outs(%start : !output) -> !output
        recur.yield %y_t : !output
      } -> !outputs, !states
  return %y, %s : !outputs, !states
}
