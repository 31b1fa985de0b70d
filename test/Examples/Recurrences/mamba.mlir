// The selective state space of Mamba (S6): each channel has n states, each with
// its own decay.
//
//     D_t = softplus(d_t + bias)                       step size, in units of time
//     h_t = e^(D_t A) o h_{t-1} + (D_t o x_t) B_t^T    A < 0, per unit of time
//     y_t = h_t C_t + skip o x_t
//
// Shapes: x, d, y (batch, token, channel); bias, skip (channel); A (channel, n);
// B, C (batch, token, n); h (batch, channel, n).
// Source: Gu and Dao, arXiv:2312.00752.
// Choices: the input is discretized as D B, as the paper's code does, not by the
// exact hold. D A is formed in `lift`: outside it would be n times the sequence.
// Decays differ in both dimensions of the state, so there is no matrix form. The
// model stores log(-A). The convolution before and the gate after are left out.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!sequence = tensor<2x?x24x!input>
!projections = tensor<2x?x8x!input>
!channels = tensor<24x!state>
!rates = tensor<24x8x!state>
!outputs = tensor<2x?x24x!state>
!states = tensor<2x24x8x!state>
!projection = tensor<8x!input>
#token = affine_map<(b, t) -> (b, t)>
#batch = affine_map<(b, t) -> (b)>
#all = affine_map<(b, t) -> ()>
#entry = affine_map<(b, t, c) -> (b, t, c)>
#channel = affine_map<(b, t, c) -> (c)>
#row = affine_map<(c, n) -> (c)>
#element = affine_map<(c, n) -> (c, n)>

func.func @mamba(%x: !sequence, %d: !sequence, %B: !projections, %C: !projections, %A: !rates, %bias: !channels,
                 %skip: !channels, %h0: !states) -> (!outputs, !states) {
  %c1 = arith.constant 1 : index
  %length = tensor.dim %x, %c1 : !sequence
  %y0 = tensor.empty(%length) : !outputs
  %zero = arith.constant 0.0 : !state
  %wide_x = linalg.copy ins(%x : !sequence) outs(%y0 : !outputs) -> !outputs
  %wide_d = linalg.copy ins(%d : !sequence) outs(%y0 : !outputs) -> !outputs

  // softplus(s) = max(s, 0) + log(1 + e^-|s|)
  %delta, %dx = linalg.generic {indexing_maps = [#entry, #channel, #entry, #entry, #entry],
                                iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%wide_d, %bias, %wide_x : !outputs, !channels, !outputs) outs(%y0, %y0 : !outputs, !outputs) {
  ^bb0(%d_t: !state, %bias_c: !state, %x_t: !state, %out0: !state, %out1: !state):
    %s = arith.addf %d_t, %bias_c : !state
    %positive = arith.maximumf %s, %zero : !state
    %size = math.absf %s : !state
    %minus = arith.negf %size : !state
    %power = math.exp %minus : !state
    %rest = math.log1p %power : !state
    %softplus = arith.addf %positive, %rest : !state
    %product = arith.mulf %softplus, %x_t : !state
    linalg.yield %softplus, %product : !state, !state
  } -> (!outputs, !outputs)

  %read, %h = recur.scan ins(%delta, %dx, %B, %C, %A : !outputs, !outputs, !projections, !projections, !rates)
      outs(%y0 : !outputs) init(%h0 : !states)
      {indexing_maps = [#token, #token, #token, #token, #all, #token, #batch],
       monoid = #recur.affine<diagonal>}
      lift(%delta_t: !channels, %dx_t: !channels, %B_t: !projection, %C_t: !projection, %rate: !rates) {
        %g_t = linalg.generic {indexing_maps = [#row, #element], iterator_types = ["parallel", "parallel"]}
            ins(%delta_t : !channels) outs(%rate : !rates) {
        ^bb0(%delta_c: !state, %A_cn: !state):
          %decay = arith.mulf %delta_c, %A_cn : !state
          linalg.yield %decay : !state
        } -> !rates
        recur.yield %g_t, %dx_t, %B_t : !rates, !channels, !projection
      }
      read(%delta_t: !channels, %dx_t: !channels, %B_t: !projection, %C_t: !projection, %rate: !rates, %h_t: !rates) {
        %start = arith.constant dense<0.0> : !channels
        %y_t = linalg.matvec ins(%h_t, %C_t : !rates, !projection) outs(%start : !channels) -> !channels
        recur.yield %y_t : !channels
      } -> !outputs, !states

  %y = linalg.generic {indexing_maps = [#entry, #entry, #channel, #entry],
                       iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%read, %wide_x, %skip : !outputs, !outputs, !channels) outs(%y0 : !outputs) {
  ^bb0(%read_t: !state, %x_t: !state, %skip_c: !state, %out: !state):
    %sum = math.fma %skip_c, %x_t, %read_t : !state
    linalg.yield %sum : !state
  } -> !outputs
  return %y, %h : !outputs, !states
}
