// A cell that does not look at its token, as a rescan; a gate for each token in the
// read.
func.func @plain_cell(%x: tensor<2x9x4xf32>, %gate: tensor<2x9xf32>, %h0: tensor<2x4xf32>) -> (tensor<2x9x4xf32>, tensor<2x4xf32>) {
  %y0 = tensor.empty() : tensor<2x9x4xf32>
  %y, %last = recur.rescan ins(%x, %gate : tensor<2x9x4xf32>, tensor<2x9xf32>) outs(%y0 : tensor<2x9x4xf32>) init(%h0 : tensor<2x4xf32>)
      {indexing_maps = [affine_map<(b, t, j) -> (b, j)>, affine_map<(b, t, j) -> (b, t)>, affine_map<(b, t, j) -> (b, t)>,
                        affine_map<(b, t, j) -> (b)>]}
      step(%x_j: tensor<4xf32>, %g: f32, %h: tensor<4xf32>) {
    %j = recur.index 2 : index
    %place = arith.index_cast %j : index to i64
    %number = arith.sitofp %place : i64 to f32
    %numbers = tensor.splat %number : tensor<4xf32>
    %sum = arith.addf %x_j, %h : tensor<4xf32>
    %all = arith.addf %sum, %numbers : tensor<4xf32>
    %next = math.tanh %all : tensor<4xf32>
    recur.yield %next : tensor<4xf32>
  } read(%g: f32, %h: tensor<4xf32>) {
    %gates = tensor.splat %g : tensor<4xf32>
    %o = arith.mulf %gates, %h : tensor<4xf32>
    recur.yield %o : tensor<4xf32>
  } -> tensor<2x9x4xf32>, tensor<2x4xf32>
  return %y, %last : tensor<2x9x4xf32>, tensor<2x4xf32>
}
