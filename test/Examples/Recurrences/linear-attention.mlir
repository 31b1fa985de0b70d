// Linear attention, not normalized: each head writes its keys and values into a
// matrix.
//
//     S_t = S_{t-1} + k_t v_t^T        y_t = S_t^T q_t
//
// Shapes: q, k (batch, head, token, dk); v, y (batch, head, token, dv);
// S (batch, head, dk, dv).
// Source: Katharopoulos et al., arXiv:2006.16236.
// Choices: no feature map and no normalizer (normalized-linear-attention.mlir
// has both), no scale: multiply q by 1/sqrt(dk) if you want one.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!keys = tensor<2x3x?x8x!input>
!values = tensor<2x3x?x16x!input>
!outputs = tensor<2x3x?x16x!state>
!states = tensor<2x3x8x16x!state>
!key = tensor<8x!input>
!value = tensor<16x!input>
!output = tensor<16x!state>
!matrix = tensor<8x16x!state>
#token = affine_map<(b, h, t) -> (b, h, t)>
#head = affine_map<(b, h, t) -> (b, h)>

func.func @linear_attention(%q: !keys, %k: !keys, %v: !values, %s0: !states) -> (!outputs, !states) {
  %c2 = arith.constant 2 : index
  %length = tensor.dim %q, %c2 : !keys
  %y0 = tensor.empty(%length) : !outputs
  %y, %s = recur.scan ins(%q, %k, %v : !keys, !keys, !values) outs(%y0 : !outputs) init(%s0 : !states)
      {indexing_maps = [#token, #token, #token, #token, #head],
       monoid = #recur.affine<unit>}
      lift(%q_t: !key, %k_t: !key, %v_t: !value) {
        recur.yield %k_t, %v_t : !key, !value
      }
      read(%q_t: !key, %k_t: !key, %v_t: !value, %s_t: !matrix) {
        %zero = arith.constant dense<0.0> : !output
        %y_t = linalg.vecmat ins(%q_t, %s_t : !key, !matrix) outs(%zero : !output) -> !output
        recur.yield %y_t : !output
      } -> !outputs, !states
  return %y, %s : !outputs, !states
}
