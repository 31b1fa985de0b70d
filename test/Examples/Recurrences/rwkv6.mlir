// The token mixer of RWKV-6 (Finch): a decay for each key feature and token, the
// token itself weighted apart.
//
//     g_t = -e^(w_t)
//     y_t = (S_{t-1} + diag(u) k_t v_t^T)^T r_t
//     S_t = diag(e^(g_t)) S_{t-1} + k_t v_t^T
//
// Shapes: r, k, w (batch, head, token, dk); v, y (batch, head, token, dv);
// u (head, dk); S (batch, head, dk, dv).
// Source: Peng et al., arXiv:2404.05892. RWKV-5 is the case of one w for all
// tokens.
// Choices: the scan is exclusive and the bonus (r_t . (u o k_t)) v_t is added
// outside; both group normalization and gate are left out.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!keys = tensor<2x3x?x8x!input>
!values = tensor<2x3x?x16x!input>
!bonuses = tensor<3x8x!state>
!decays = tensor<2x3x?x8x!state>
!weights = tensor<2x3x?x!state>
!outputs = tensor<2x3x?x16x!state>
!states = tensor<2x3x8x16x!state>
!key = tensor<8x!input>
!value = tensor<16x!input>
!decay = tensor<8x!state>
!output = tensor<16x!state>
!matrix = tensor<8x16x!state>
#token = affine_map<(b, h, t) -> (b, h, t)>
#head = affine_map<(b, h, t) -> (b, h)>
#entry = affine_map<(b, h, t, n) -> (b, h, t, n)>
#perToken = affine_map<(b, h, t, n) -> (b, h, t)>
#perHead = affine_map<(b, h, t, n) -> (h, n)>

func.func @rwkv6(%r: !keys, %k: !keys, %v: !values, %w: !keys, %u: !bonuses, %s0: !states) -> (!outputs, !states) {
  %c2 = arith.constant 2 : index
  %length = tensor.dim %r, %c2 : !keys
  %y0 = tensor.empty(%length) : !outputs
  %decays0 = tensor.empty(%length) : !decays
  %weights0 = tensor.empty(%length) : !weights
  %wide_w = linalg.copy ins(%w : !keys) outs(%decays0 : !decays) -> !decays
  %wide_r = linalg.copy ins(%r : !keys) outs(%decays0 : !decays) -> !decays
  %wide_k = linalg.copy ins(%k : !keys) outs(%decays0 : !decays) -> !decays
  %wide_v = linalg.copy ins(%v : !values) outs(%y0 : !outputs) -> !outputs
  %g = linalg.map ins(%wide_w : !decays) outs(%decays0 : !decays) (%x: !state, %out: !state) {
    %power = math.exp %x : !state
    %decay = arith.negf %power : !state
    linalg.yield %decay : !state
  }
  %read, %s = recur.scan ins(%r, %k, %v, %g : !keys, !keys, !values, !decays) outs(%y0 : !outputs) init(%s0 : !states)
      {indexing_maps = [#token, #token, #token, #token, #token, #head],
       monoid = #recur.affine<diagonal>, exclusive}
      lift(%r_t: !key, %k_t: !key, %v_t: !value, %g_t: !decay) {
        recur.yield %g_t, %k_t, %v_t : !decay, !key, !value
      }
      read(%r_t: !key, %k_t: !key, %v_t: !value, %g_t: !decay, %s_t: !matrix) {
        %start = arith.constant dense<0.0> : !output
        %y_t = linalg.vecmat ins(%r_t, %s_t : !key, !matrix) outs(%start : !output) -> !output
        recur.yield %y_t : !output
      } -> !outputs, !states

  %zero = arith.constant 0.0 : !state
  %no_weight = linalg.fill ins(%zero : !state) outs(%weights0 : !weights) -> !weights
  %weight = linalg.generic {indexing_maps = [#entry, #entry, #perHead, #perToken],
                            iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%wide_r, %wide_k, %u : !decays, !decays, !bonuses) outs(%no_weight : !weights) {
  ^bb0(%r_n: !state, %k_n: !state, %u_n: !state, %sum: !state):
    %bonus = arith.mulf %k_n, %u_n : !state
    %next = math.fma %r_n, %bonus, %sum : !state
    linalg.yield %next : !state
  } -> !weights
  %y = linalg.generic {indexing_maps = [#entry, #perToken, #entry, #entry],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%read, %weight, %wide_v : !outputs, !weights, !outputs) outs(%y0 : !outputs) {
  ^bb0(%read_t: !state, %weight_t: !state, %v_n: !state, %out: !state):
    %sum = math.fma %weight_t, %v_n, %read_t : !state
    linalg.yield %sum : !state
  } -> !outputs
  return %y, %s : !outputs, !states
}
