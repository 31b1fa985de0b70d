// The state-space duality layer of Mamba-2: one decay per head and token.
//
//     D_t = softplus(d_t + bias)                  step size, in units of time
//     S_t = e^(D_t A) S_{t-1} + B_t (D_t x_t)^T   A < 0, per unit of time
//     y_t = S_t^T C_t + skip x_t
//
// Shapes: x, y (batch, token, head, p); d (batch, token, head); bias, A, skip
// (head); B, C (batch, token, n), shared by all heads; S (batch, head, n, p).
// Source: Dao and Gu, arXiv:2405.21060.
// Choices: tokens before heads, as projections leave them: the maps of the scan
// say so and nothing is transposed. One group of B and C. The model stores
// log(-A). The convolution before and the gate after are left out.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!sequence = tensor<2x?x3x16x!input>
!steps = tensor<2x?x3x!input>
!projections = tensor<2x?x8x!input>
!heads = tensor<3x!state>
!decays = tensor<2x?x3x!state>
!outputs = tensor<2x?x3x16x!state>
!states = tensor<2x3x8x16x!state>
!projection = tensor<8x!input>
!output = tensor<16x!state>
!matrix = tensor<8x16x!state>
#token = affine_map<(b, h, t) -> (b, t)>
#head = affine_map<(b, h, t) -> (b, t, h)>
#state = affine_map<(b, h, t) -> (b, h)>
#entry = affine_map<(b, t, h, p) -> (b, t, h, p)>
#step = affine_map<(b, t, h, p) -> (b, t, h)>
#perHead = affine_map<(b, t, h, p) -> (h)>
#pair = affine_map<(b, t, h) -> (b, t, h)>
#ofHead = affine_map<(b, t, h) -> (h)>

func.func @mamba2(%x: !sequence, %d: !steps, %B: !projections, %C: !projections, %A: !heads, %bias: !heads,
                  %skip: !heads, %s0: !states) -> (!outputs, !states) {
  %c1 = arith.constant 1 : index
  %length = tensor.dim %x, %c1 : !sequence
  %y0 = tensor.empty(%length) : !outputs
  %decays0 = tensor.empty(%length) : !decays
  %zero = arith.constant 0.0 : !state
  %wide_x = linalg.copy ins(%x : !sequence) outs(%y0 : !outputs) -> !outputs
  %wide_d = linalg.copy ins(%d : !steps) outs(%decays0 : !decays) -> !decays

  // softplus(s) = max(s, 0) + log(1 + e^-|s|); the decay is its product with A.
  %delta, %g = linalg.generic {indexing_maps = [#pair, #ofHead, #ofHead, #pair, #pair],
                               iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%wide_d, %bias, %A : !decays, !heads, !heads) outs(%decays0, %decays0 : !decays, !decays) {
  ^bb0(%d_t: !state, %bias_h: !state, %A_h: !state, %out0: !state, %out1: !state):
    %s = arith.addf %d_t, %bias_h : !state
    %positive = arith.maximumf %s, %zero : !state
    %size = math.absf %s : !state
    %minus = arith.negf %size : !state
    %power = math.exp %minus : !state
    %rest = math.log1p %power : !state
    %softplus = arith.addf %positive, %rest : !state
    %decay = arith.mulf %softplus, %A_h : !state
    linalg.yield %softplus, %decay : !state, !state
  } -> (!decays, !decays)
  %dx = linalg.generic {indexing_maps = [#entry, #step, #entry],
                        iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%wide_x, %delta : !outputs, !decays) outs(%y0 : !outputs) {
  ^bb0(%x_t: !state, %delta_t: !state, %out: !state):
    %product = arith.mulf %x_t, %delta_t : !state
    linalg.yield %product : !state
  } -> !outputs

  %read, %s = recur.scan ins(%C, %B, %dx, %g : !projections, !projections, !outputs, !decays) outs(%y0 : !outputs) init(%s0 : !states)
      {indexing_maps = [#token, #token, #head, #head, #head, #state],
       monoid = #recur.affine<scalar>}
      lift(%C_t: !projection, %B_t: !projection, %x_t: !output, %g_t: !state) {
        recur.yield %g_t, %B_t, %x_t : !state, !projection, !output
      }
      read(%C_t: !projection, %B_t: !projection, %x_t: !output, %g_t: !state, %s_t: !matrix) {
        %start = arith.constant dense<0.0> : !output
        %y_t = linalg.vecmat ins(%C_t, %s_t : !projection, !matrix) outs(%start : !output) -> !output
        recur.yield %y_t : !output
      } -> !outputs, !states

  %y = linalg.generic {indexing_maps = [#entry, #entry, #perHead, #entry],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%read, %wide_x, %skip : !outputs, !outputs, !heads) outs(%y0 : !outputs) {
  ^bb0(%read_t: !state, %x_t: !state, %skip_h: !state, %out: !state):
    %sum = math.fma %skip_h, %x_t, %read_t : !state
    linalg.yield %sum : !state
  } -> !outputs
  return %y, %s : !outputs, !states
}
