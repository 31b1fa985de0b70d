// Gated linear attention: a decay for each key feature and token.
//
//     g_t = log(sigmoid(a_t)) / 16
//     S_t = diag(e^(g_t)) S_{t-1} + k_t v_t^T        y_t = S_t^T q_t
//
// Shapes: q, k, a (batch, head, token, dk), a the logits of the gate; v, y
// (batch, head, token, dv); S (batch, head, dk, dv).
// Source: Yang et al., arXiv:2312.06635; 16 is its temperature.
// Choices: log(sigmoid(a)) = min(a, 0) - log(1 + e^-|a|) neither overflows nor
// cancels. The normalization and output gate are token-wise and left out.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!keys = tensor<2x3x?x8x!input>
!values = tensor<2x3x?x16x!input>
!decays = tensor<2x3x?x8x!state>
!outputs = tensor<2x3x?x16x!state>
!states = tensor<2x3x8x16x!state>
!key = tensor<8x!input>
!value = tensor<16x!input>
!decay = tensor<8x!state>
!output = tensor<16x!state>
!matrix = tensor<8x16x!state>
#token = affine_map<(b, h, t) -> (b, h, t)>
#head = affine_map<(b, h, t) -> (b, h)>

func.func @gated_linear_attention(%q: !keys, %k: !keys, %v: !values, %a: !keys, %s0: !states) -> (!outputs, !states) {
  %c2 = arith.constant 2 : index
  %length = tensor.dim %q, %c2 : !keys
  %y0 = tensor.empty(%length) : !outputs
  %decays0 = tensor.empty(%length) : !decays
  %zero = arith.constant 0.0 : !state
  %rate = arith.constant 0.0625 : !state
  %wide_a = linalg.copy ins(%a : !keys) outs(%decays0 : !decays) -> !decays
  %g = linalg.map ins(%wide_a : !decays) outs(%decays0 : !decays) (%x: !state, %out: !state) {
    %negative = arith.minimumf %x, %zero : !state
    %size = math.absf %x : !state
    %minus = arith.negf %size : !state
    %power = math.exp %minus : !state
    %rest = math.log1p %power : !state
    %log = arith.subf %negative, %rest : !state
    %decay = arith.mulf %log, %rate : !state
    linalg.yield %decay : !state
  }
  %y, %s = recur.scan ins(%q, %k, %v, %g : !keys, !keys, !values, !decays) outs(%y0 : !outputs) init(%s0 : !states)
      {indexing_maps = [#token, #token, #token, #token, #token, #head],
       monoid = #recur.affine<diagonal>}
      lift(%q_t: !key, %k_t: !key, %v_t: !value, %g_t: !decay) {
        recur.yield %g_t, %k_t, %v_t : !decay, !key, !value
      }
      read(%q_t: !key, %k_t: !key, %v_t: !value, %g_t: !decay, %s_t: !matrix) {
        %start = arith.constant dense<0.0> : !output
        %y_t = linalg.vecmat ins(%q_t, %s_t : !key, !matrix) outs(%start : !output) -> !output
        recur.yield %y_t : !output
      } -> !outputs, !states
  return %y, %s : !outputs, !states
}
