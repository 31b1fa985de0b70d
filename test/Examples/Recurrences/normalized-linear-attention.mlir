// Linear attention with the feature map phi(x) = elu(x) + 1 and its normalizer.
//
//     S_t = S_{t-1} + phi(k_t) v_t^T      z_t = z_{t-1} + phi(k_t)
//     y_t = S_t^T phi(q_t) / (z_t . phi(q_t))
//
// Shapes: q, k (batch, head, token, dk); v, y (batch, head, token, dv);
// S (batch, head, dk, dv); z (batch, head, dk, 1), not negative.
// Source: Katharopoulos et al., arXiv:2006.16236.
// Choices: the normalizer is the same scan over values that are 1, so its state
// is a dk x 1 matrix and it has the same schedules. Nothing is added to the
// denominator: phi is positive.
//
// `!input = bf16` makes the sequences 16-bit; states and outputs stay `!state`.

!input = f32
!state = f32
!keys = tensor<2x3x?x8x!input>
!values = tensor<2x3x?x16x!input>
!features = tensor<2x3x?x8x!state>
!outputs = tensor<2x3x?x16x!state>
!sums = tensor<2x3x?x1x!state>
!states = tensor<2x3x8x16x!state>
!normalizers = tensor<2x3x8x1x!state>
!feature = tensor<8x!state>
!value = tensor<16x!input>
!output = tensor<16x!state>
!sum = tensor<1x!state>
!matrix = tensor<8x16x!state>
!column = tensor<8x1x!state>
#token = affine_map<(b, h, t) -> (b, h, t)>
#head = affine_map<(b, h, t) -> (b, h)>
#entry = affine_map<(b, h, t, n) -> (b, h, t, n)>
#first = affine_map<(b, h, t, n) -> (b, h, t, 0)>

func.func @normalized_linear_attention(%q: !keys, %k: !keys, %v: !values, %s0: !states, %z0: !normalizers)
    -> (!outputs, !states, !normalizers) {
  %c2 = arith.constant 2 : index
  %length = tensor.dim %q, %c2 : !keys
  %y0 = tensor.empty(%length) : !outputs
  %sums0 = tensor.empty(%length) : !sums
  %features0 = tensor.empty(%length) : !features
  %one = arith.constant 1.0 : !state
  %zero = arith.constant 0.0 : !state

  // elu(x) + 1 is x + 1 above zero and e^x below.
  %wide_q = linalg.copy ins(%q : !keys) outs(%features0 : !features) -> !features
  %wide_k = linalg.copy ins(%k : !keys) outs(%features0 : !features) -> !features
  %phi_q = linalg.map ins(%wide_q : !features) outs(%features0 : !features) (%x: !state, %out: !state) {
    %above = arith.cmpf ogt, %x, %zero : !state
    %line = arith.addf %x, %one : !state
    %power = math.exp %x : !state
    %phi = arith.select %above, %line, %power : !state
    linalg.yield %phi : !state
  }
  %phi_k = linalg.map ins(%wide_k : !features) outs(%features0 : !features) (%x: !state, %out: !state) {
    %above = arith.cmpf ogt, %x, %zero : !state
    %line = arith.addf %x, %one : !state
    %power = math.exp %x : !state
    %phi = arith.select %above, %line, %power : !state
    linalg.yield %phi : !state
  }

  %sum_of_values, %s = recur.scan ins(%phi_q, %phi_k, %v : !features, !features, !values) outs(%y0 : !outputs) init(%s0 : !states)
      {indexing_maps = [#token, #token, #token, #token, #head],
       monoid = #recur.affine<unit>}
      lift(%q_t: !feature, %k_t: !feature, %v_t: !value) {
        recur.yield %k_t, %v_t : !feature, !value
      }
      read(%q_t: !feature, %k_t: !feature, %v_t: !value, %s_t: !matrix) {
        %start = arith.constant dense<0.0> : !output
        %y_t = linalg.vecmat ins(%q_t, %s_t : !feature, !matrix) outs(%start : !output) -> !output
        recur.yield %y_t : !output
      } -> !outputs, !states

  %ones = linalg.fill ins(%one : !state) outs(%sums0 : !sums) -> !sums
  %sum_of_weights, %z = recur.scan ins(%phi_q, %phi_k, %ones : !features, !features, !sums) outs(%sums0 : !sums) init(%z0 : !normalizers)
      {indexing_maps = [#token, #token, #token, #token, #head],
       monoid = #recur.affine<unit>}
      lift(%q_t: !feature, %k_t: !feature, %v_t: !sum) {
        recur.yield %k_t, %v_t : !feature, !sum
      }
      read(%q_t: !feature, %k_t: !feature, %v_t: !sum, %z_t: !column) {
        %start = arith.constant dense<0.0> : !sum
        %l_t = linalg.vecmat ins(%q_t, %z_t : !feature, !column) outs(%start : !sum) -> !sum
        recur.yield %l_t : !sum
      } -> !sums, !normalizers

  %y = linalg.generic {indexing_maps = [#entry, #first, #entry],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%sum_of_values, %sum_of_weights : !outputs, !sums) outs(%y0 : !outputs) {
  ^bb0(%a: !state, %l: !state, %out: !state):
    %mean = arith.divf %a, %l : !state
    linalg.yield %mean : !state
  } -> !outputs
  return %y, %s, %z : !outputs, !states, !normalizers
}
