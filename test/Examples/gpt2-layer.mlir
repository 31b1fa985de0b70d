// Written by decoder-layer.py: layer of gpt2, 12 tokens of 32 features.

#bid = affine_map<(b, i, d) -> (b, i, d)>
#bid_to_bi0 = affine_map<(b, i, d) -> (b, i, 0)>
#bin_to_0in = affine_map<(b, i, n) -> (0, i, n)>
#bin = affine_map<(b, i, n) -> (b, i, n)>
#bid_to_0id = affine_map<(b, i, d) -> (0, i, d)>
#bid_to_0i0 = affine_map<(b, i, d) -> (0, i, 0)>
#bid_to_d = affine_map<(b, i, d) -> (d)>
#mn = affine_map<(m, n) -> (m, n)>
#mn_to_n = affine_map<(m, n) -> (n)>
#bhij_to_0hij = affine_map<(b, h, i, j) -> (0, h, i, j)>
#bhij = affine_map<(b, h, i, j) -> (b, h, i, j)>
#i = affine_map<(i) -> (i)>
#ij_to_0j = affine_map<(i, j) -> (0, j)>
#ij_to_i0 = affine_map<(i, j) -> (i, 0)>
#ij = affine_map<(i, j) -> (i, j)>
#bhij_to_ij = affine_map<(b, h, i, j) -> (i, j)>
#bhij_to_bhi0 = affine_map<(b, h, i, j) -> (b, h, i, 0)>
#bhij_to_0hi0 = affine_map<(b, h, i, j) -> (0, h, i, 0)>

func.func @layer(%x: tensor<1x12x32xf32>,
                 %attention_norm_scale: tensor<32xf32>,
                 %attention_norm_shift: tensor<32xf32>,
                 %mlp_norm_scale: tensor<32xf32>,
                 %mlp_norm_shift: tensor<32xf32>,
                 %packed_weight: tensor<32x96xf32>,
                 %packed_bias: tensor<96xf32>,
                 %output_weight: tensor<32x32xf32>,
                 %output_bias: tensor<32xf32>,
                 %up_weight: tensor<32x128xf32>,
                 %up_bias: tensor<128xf32>,
                 %down_weight: tensor<128x32xf32>,
                 %down_bias: tensor<32xf32>) -> tensor<1x12x32xf32> {
  // x + attention(norm(x))
  %features = arith.constant 32.0 : f32
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x12x1xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x12x1xf32>) -> tensor<1x12x1xf32>
  %total = linalg.generic {indexing_maps = [#bid, #bid_to_bi0], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : tensor<1x12x32xf32>) outs(%zeros : tensor<1x12x1xf32>) {
  ^bb0(%entry: f32, %sum: f32):
    %next = arith.addf %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x12x1xf32>
  %mean = linalg.generic {indexing_maps = [#bin_to_0in, #bin], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%total : tensor<1x12x1xf32>) outs(%empty : tensor<1x12x1xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = arith.divf %entry, %features : f32
    linalg.yield %y : f32
  } -> tensor<1x12x1xf32>
  %empty_2 = tensor.empty() : tensor<1x12x32xf32>
  %centered = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_0i0, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %mean : tensor<1x12x32xf32>, tensor<1x12x1xf32>) outs(%empty_2 : tensor<1x12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.subf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x32xf32>
  %square = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_0id, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%centered, %centered : tensor<1x12x32xf32>, tensor<1x12x32xf32>) outs(%empty_2 : tensor<1x12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.mulf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x32xf32>
  %epsilon = arith.constant 1.0e-05 : f32
  %total_2 = linalg.generic {indexing_maps = [#bid, #bid_to_bi0], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%square : tensor<1x12x32xf32>) outs(%zeros : tensor<1x12x1xf32>) {
  ^bb0(%entry: f32, %sum: f32):
    %next = arith.addf %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x12x1xf32>
  %mean_square = linalg.generic {indexing_maps = [#bin_to_0in, #bin], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%total_2 : tensor<1x12x1xf32>) outs(%empty : tensor<1x12x1xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = arith.divf %entry, %features : f32
    linalg.yield %y : f32
  } -> tensor<1x12x1xf32>
  %safe = linalg.generic {indexing_maps = [#bin_to_0in, #bin], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%mean_square : tensor<1x12x1xf32>) outs(%empty : tensor<1x12x1xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = arith.addf %entry, %epsilon : f32
    linalg.yield %y : f32
  } -> tensor<1x12x1xf32>
  %factor = linalg.generic {indexing_maps = [#bin_to_0in, #bin], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%safe : tensor<1x12x1xf32>) outs(%empty : tensor<1x12x1xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = math.rsqrt %entry : f32
    linalg.yield %y : f32
  } -> tensor<1x12x1xf32>
  %unit = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_0i0, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%centered, %factor : tensor<1x12x32xf32>, tensor<1x12x1xf32>) outs(%empty_2 : tensor<1x12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.mulf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x32xf32>
  %normed = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_d, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%unit, %attention_norm_scale : tensor<1x12x32xf32>, tensor<32xf32>) outs(%empty_2 : tensor<1x12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.mulf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x32xf32>
  %normed_2 = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_d, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%normed, %attention_norm_shift : tensor<1x12x32xf32>, tensor<32xf32>) outs(%empty_2 : tensor<1x12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.addf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x32xf32>
  %rows = tensor.collapse_shape %normed_2 [[0, 1], [2]] : tensor<1x12x32xf32> into tensor<12x32xf32>
  %empty_3 = tensor.empty() : tensor<12x96xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<12x96xf32>) -> tensor<12x96xf32>
  %packed_rows = linalg.matmul ins(%rows, %packed_weight : tensor<12x32xf32>, tensor<32x96xf32>) outs(%zeros_2 : tensor<12x96xf32>) -> tensor<12x96xf32>
  %shifted = linalg.generic {indexing_maps = [#mn, #mn_to_n, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%packed_rows, %packed_bias : tensor<12x96xf32>, tensor<96xf32>) outs(%empty_3 : tensor<12x96xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.addf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<12x96xf32>
  %packed = tensor.expand_shape %shifted [[0, 1], [2]] output_shape [1, 12, 96] : tensor<12x96xf32> into tensor<1x12x96xf32>
  %query = tensor.extract_slice %packed[0, 0, 0] [1, 12, 32] [1, 1, 1] : tensor<1x12x96xf32> to tensor<1x12x32xf32>
  %query_split = tensor.expand_shape %query [[0], [1], [2, 3]] output_shape [1, 12, 4, 8] : tensor<1x12x32xf32> into tensor<1x12x4x8xf32>
  %empty_4 = tensor.empty() : tensor<1x4x12x8xf32>
  %query_heads = linalg.transpose ins(%query_split : tensor<1x12x4x8xf32>) outs(%empty_4 : tensor<1x4x12x8xf32>) permutation = [0, 2, 1, 3]
  %key = tensor.extract_slice %packed[0, 0, 32] [1, 12, 32] [1, 1, 1] : tensor<1x12x96xf32> to tensor<1x12x32xf32>
  %key_split = tensor.expand_shape %key [[0], [1], [2, 3]] output_shape [1, 12, 4, 8] : tensor<1x12x32xf32> into tensor<1x12x4x8xf32>
  %key_heads = linalg.transpose ins(%key_split : tensor<1x12x4x8xf32>) outs(%empty_4 : tensor<1x4x12x8xf32>) permutation = [0, 2, 1, 3]
  %value = tensor.extract_slice %packed[0, 0, 64] [1, 12, 32] [1, 1, 1] : tensor<1x12x96xf32> to tensor<1x12x32xf32>
  %value_split = tensor.expand_shape %value [[0], [1], [2, 3]] output_shape [1, 12, 4, 8] : tensor<1x12x32xf32> into tensor<1x12x4x8xf32>
  %value_heads = linalg.transpose ins(%value_split : tensor<1x12x4x8xf32>) outs(%empty_4 : tensor<1x4x12x8xf32>) permutation = [0, 2, 1, 3]
  %empty_5 = tensor.empty() : tensor<1x4x8x12xf32>
  %key_columns = linalg.transpose ins(%key_heads : tensor<1x4x12x8xf32>) outs(%empty_5 : tensor<1x4x8x12xf32>) permutation = [0, 1, 3, 2]
  %flat = tensor.collapse_shape %query_heads [[0, 1], [2], [3]] : tensor<1x4x12x8xf32> into tensor<4x12x8xf32>
  %flat_2 = tensor.collapse_shape %key_columns [[0, 1], [2], [3]] : tensor<1x4x8x12xf32> into tensor<4x8x12xf32>
  %empty_6 = tensor.empty() : tensor<4x12x12xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_6 : tensor<4x12x12xf32>) -> tensor<4x12x12xf32>
  %scores_flat = linalg.batch_matmul ins(%flat, %flat_2 : tensor<4x12x8xf32>, tensor<4x8x12xf32>) outs(%zeros_3 : tensor<4x12x12xf32>) -> tensor<4x12x12xf32>
  %scores = tensor.expand_shape %scores_flat [[0, 1], [2], [3]] output_shape [1, 4, 12, 12] : tensor<4x12x12xf32> into tensor<1x4x12x12xf32>
  %root = arith.constant 2.8284270763397217 : f32
  %empty_7 = tensor.empty() : tensor<1x4x12x12xf32>
  %scaled = linalg.generic {indexing_maps = [#bhij_to_0hij, #bhij], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<1x4x12x12xf32>) outs(%empty_7 : tensor<1x4x12x12xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = arith.divf %entry, %root : f32
    linalg.yield %y : f32
  } -> tensor<1x4x12x12xf32>
  %fill = arith.constant -3.40282347E+38 : f32
  %empty_8 = tensor.empty() : tensor<12xi64>
  %positions = linalg.generic {indexing_maps = [#i], iterator_types = ["parallel"]}
      outs(%empty_8 : tensor<12xi64>) {
  ^bb0(%out: i64):
    %token = linalg.index 0 : index
    %position = arith.index_cast %token : index to i64
    linalg.yield %position : i64
  } -> tensor<12xi64>
  %rows_2 = tensor.expand_shape %positions [[0, 1]] output_shape [12, 1] : tensor<12xi64> into tensor<12x1xi64>
  %columns = tensor.expand_shape %positions [[0, 1]] output_shape [1, 12] : tensor<12xi64> into tensor<1x12xi64>
  %empty_9 = tensor.empty() : tensor<12x12xi1>
  %visible = linalg.generic {indexing_maps = [#ij_to_0j, #ij_to_i0, #ij], iterator_types = ["parallel", "parallel"]}
      ins(%columns, %rows_2 : tensor<1x12xi64>, tensor<12x1xi64>) outs(%empty_9 : tensor<12x12xi1>) {
  ^bb0(%column: i64, %row: i64, %out: i1):
    %is_seen = arith.cmpi sle, %column, %row : i64
    linalg.yield %is_seen : i1
  } -> tensor<12x12xi1>
  %masked = linalg.generic {indexing_maps = [#bhij_to_ij, #bhij_to_0hij, #bhij], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%visible, %scaled : tensor<12x12xi1>, tensor<1x4x12x12xf32>) outs(%empty_7 : tensor<1x4x12x12xf32>) {
  ^bb0(%seen: i1, %score: f32, %out: f32):
    %y = arith.select %seen, %score, %fill : f32
    linalg.yield %y : f32
  } -> tensor<1x4x12x12xf32>
  %minus_infinity = arith.constant 0xFF800000 : f32
  %empty_10 = tensor.empty() : tensor<1x4x12x1xf32>
  %start = linalg.fill ins(%minus_infinity : f32) outs(%empty_10 : tensor<1x4x12x1xf32>) -> tensor<1x4x12x1xf32>
  %zero_i64 = arith.constant 0 : i64
  %empty_11 = tensor.empty() : tensor<1x4x12x1xi64>
  %first = linalg.fill ins(%zero_i64 : i64) outs(%empty_11 : tensor<1x4x12x1xi64>) -> tensor<1x4x12x1xi64>
  %max, %at = linalg.generic {indexing_maps = [#bhij, #bhij_to_bhi0, #bhij_to_bhi0], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%masked : tensor<1x4x12x12xf32>) outs(%start, %first : tensor<1x4x12x1xf32>, tensor<1x4x12x1xi64>) {
  ^bb0(%score: f32, %most: f32, %most_at: i64):
    %token = linalg.index 3 : index
    %position = arith.index_cast %token : index to i64
    %y = arith.maximumf %score, %most : f32
    %is_more = arith.cmpf ogt, %score, %most : f32
    %y_at = arith.select %is_more, %position, %most_at : i64
    linalg.yield %y, %y_at : f32, i64
  } -> (tensor<1x4x12x1xf32>, tensor<1x4x12x1xi64>)
  %shifted_scores = linalg.generic {indexing_maps = [#bhij_to_0hij, #bhij_to_0hi0, #bhij], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%masked, %max : tensor<1x4x12x12xf32>, tensor<1x4x12x1xf32>) outs(%empty_7 : tensor<1x4x12x12xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.subf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x4x12x12xf32>
  %power = linalg.generic {indexing_maps = [#bhij_to_0hij, #bhij], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%shifted_scores : tensor<1x4x12x12xf32>) outs(%empty_7 : tensor<1x4x12x12xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = math.exp %entry : f32
    linalg.yield %y : f32
  } -> tensor<1x4x12x12xf32>
  %zeros_4 = linalg.fill ins(%zero : f32) outs(%empty_10 : tensor<1x4x12x1xf32>) -> tensor<1x4x12x1xf32>
  %power_sum = linalg.generic {indexing_maps = [#bhij, #bhij_to_bhi0], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%power : tensor<1x4x12x12xf32>) outs(%zeros_4 : tensor<1x4x12x1xf32>) {
  ^bb0(%entry: f32, %sum: f32):
    %next = arith.addf %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x4x12x1xf32>
  %probability = linalg.generic {indexing_maps = [#bhij_to_0hij, #bhij_to_0hi0, #bhij], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%power, %power_sum : tensor<1x4x12x12xf32>, tensor<1x4x12x1xf32>) outs(%empty_7 : tensor<1x4x12x12xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.divf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x4x12x12xf32>
  %flat_3 = tensor.collapse_shape %probability [[0, 1], [2], [3]] : tensor<1x4x12x12xf32> into tensor<4x12x12xf32>
  %flat_4 = tensor.collapse_shape %value_heads [[0, 1], [2], [3]] : tensor<1x4x12x8xf32> into tensor<4x12x8xf32>
  %empty_12 = tensor.empty() : tensor<4x12x8xf32>
  %zeros_5 = linalg.fill ins(%zero : f32) outs(%empty_12 : tensor<4x12x8xf32>) -> tensor<4x12x8xf32>
  %attended_flat = linalg.batch_matmul ins(%flat_3, %flat_4 : tensor<4x12x12xf32>, tensor<4x12x8xf32>) outs(%zeros_5 : tensor<4x12x8xf32>) -> tensor<4x12x8xf32>
  %attended = tensor.expand_shape %attended_flat [[0, 1], [2], [3]] output_shape [1, 4, 12, 8] : tensor<4x12x8xf32> into tensor<1x4x12x8xf32>
  %empty_13 = tensor.empty() : tensor<1x12x4x8xf32>
  %attended_tokens = linalg.transpose ins(%attended : tensor<1x4x12x8xf32>) outs(%empty_13 : tensor<1x12x4x8xf32>) permutation = [0, 2, 1, 3]
  %joined = tensor.collapse_shape %attended_tokens [[0], [1], [2, 3]] : tensor<1x12x4x8xf32> into tensor<1x12x32xf32>
  %rows_3 = tensor.collapse_shape %joined [[0, 1], [2]] : tensor<1x12x32xf32> into tensor<12x32xf32>
  %empty_14 = tensor.empty() : tensor<12x32xf32>
  %zeros_6 = linalg.fill ins(%zero : f32) outs(%empty_14 : tensor<12x32xf32>) -> tensor<12x32xf32>
  %attention_output_rows = linalg.matmul ins(%rows_3, %output_weight : tensor<12x32xf32>, tensor<32x32xf32>) outs(%zeros_6 : tensor<12x32xf32>) -> tensor<12x32xf32>
  %shifted_2 = linalg.generic {indexing_maps = [#mn, #mn_to_n, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%attention_output_rows, %output_bias : tensor<12x32xf32>, tensor<32xf32>) outs(%empty_14 : tensor<12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.addf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<12x32xf32>
  %attention_output = tensor.expand_shape %shifted_2 [[0, 1], [2]] output_shape [1, 12, 32] : tensor<12x32xf32> into tensor<1x12x32xf32>
  %x_plus_attention = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_0id, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %attention_output : tensor<1x12x32xf32>, tensor<1x12x32xf32>) outs(%empty_2 : tensor<1x12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.addf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x32xf32>
  // x + mlp(norm(x))
  %total_3 = linalg.generic {indexing_maps = [#bid, #bid_to_bi0], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x_plus_attention : tensor<1x12x32xf32>) outs(%zeros : tensor<1x12x1xf32>) {
  ^bb0(%entry: f32, %sum: f32):
    %next = arith.addf %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x12x1xf32>
  %mean_2 = linalg.generic {indexing_maps = [#bin_to_0in, #bin], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%total_3 : tensor<1x12x1xf32>) outs(%empty : tensor<1x12x1xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = arith.divf %entry, %features : f32
    linalg.yield %y : f32
  } -> tensor<1x12x1xf32>
  %centered_2 = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_0i0, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x_plus_attention, %mean_2 : tensor<1x12x32xf32>, tensor<1x12x1xf32>) outs(%empty_2 : tensor<1x12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.subf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x32xf32>
  %square_2 = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_0id, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%centered_2, %centered_2 : tensor<1x12x32xf32>, tensor<1x12x32xf32>) outs(%empty_2 : tensor<1x12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.mulf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x32xf32>
  %total_4 = linalg.generic {indexing_maps = [#bid, #bid_to_bi0], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%square_2 : tensor<1x12x32xf32>) outs(%zeros : tensor<1x12x1xf32>) {
  ^bb0(%entry: f32, %sum: f32):
    %next = arith.addf %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<1x12x1xf32>
  %mean_square_2 = linalg.generic {indexing_maps = [#bin_to_0in, #bin], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%total_4 : tensor<1x12x1xf32>) outs(%empty : tensor<1x12x1xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = arith.divf %entry, %features : f32
    linalg.yield %y : f32
  } -> tensor<1x12x1xf32>
  %safe_2 = linalg.generic {indexing_maps = [#bin_to_0in, #bin], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%mean_square_2 : tensor<1x12x1xf32>) outs(%empty : tensor<1x12x1xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = arith.addf %entry, %epsilon : f32
    linalg.yield %y : f32
  } -> tensor<1x12x1xf32>
  %factor_2 = linalg.generic {indexing_maps = [#bin_to_0in, #bin], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%safe_2 : tensor<1x12x1xf32>) outs(%empty : tensor<1x12x1xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = math.rsqrt %entry : f32
    linalg.yield %y : f32
  } -> tensor<1x12x1xf32>
  %unit_2 = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_0i0, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%centered_2, %factor_2 : tensor<1x12x32xf32>, tensor<1x12x1xf32>) outs(%empty_2 : tensor<1x12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.mulf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x32xf32>
  %normed_3 = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_d, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%unit_2, %mlp_norm_scale : tensor<1x12x32xf32>, tensor<32xf32>) outs(%empty_2 : tensor<1x12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.mulf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x32xf32>
  %normed_4 = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_d, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%normed_3, %mlp_norm_shift : tensor<1x12x32xf32>, tensor<32xf32>) outs(%empty_2 : tensor<1x12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.addf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x32xf32>
  %rows_4 = tensor.collapse_shape %normed_4 [[0, 1], [2]] : tensor<1x12x32xf32> into tensor<12x32xf32>
  %empty_15 = tensor.empty() : tensor<12x128xf32>
  %zeros_7 = linalg.fill ins(%zero : f32) outs(%empty_15 : tensor<12x128xf32>) -> tensor<12x128xf32>
  %up_rows = linalg.matmul ins(%rows_4, %up_weight : tensor<12x32xf32>, tensor<32x128xf32>) outs(%zeros_7 : tensor<12x128xf32>) -> tensor<12x128xf32>
  %shifted_3 = linalg.generic {indexing_maps = [#mn, #mn_to_n, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%up_rows, %up_bias : tensor<12x128xf32>, tensor<128xf32>) outs(%empty_15 : tensor<12x128xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.addf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<12x128xf32>
  %up = tensor.expand_shape %shifted_3 [[0, 1], [2]] output_shape [1, 12, 128] : tensor<12x128xf32> into tensor<1x12x128xf32>
  %cubic = arith.constant 0.044715 : f32
  %bend = arith.constant 0.7978845608028654 : f32
  %one = arith.constant 1.0 : f32
  %half = arith.constant 0.5 : f32
  %empty_16 = tensor.empty() : tensor<1x12x128xf32>
  %square_3 = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_0id, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%up, %up : tensor<1x12x128xf32>, tensor<1x12x128xf32>) outs(%empty_16 : tensor<1x12x128xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.mulf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x128xf32>
  %cube = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_0id, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%square_3, %up : tensor<1x12x128xf32>, tensor<1x12x128xf32>) outs(%empty_16 : tensor<1x12x128xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.mulf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x128xf32>
  %term = linalg.generic {indexing_maps = [#bid_to_0id, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%cube : tensor<1x12x128xf32>) outs(%empty_16 : tensor<1x12x128xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = arith.mulf %entry, %cubic : f32
    linalg.yield %y : f32
  } -> tensor<1x12x128xf32>
  %bent = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_0id, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%up, %term : tensor<1x12x128xf32>, tensor<1x12x128xf32>) outs(%empty_16 : tensor<1x12x128xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.addf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x128xf32>
  %inner = linalg.generic {indexing_maps = [#bid_to_0id, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%bent : tensor<1x12x128xf32>) outs(%empty_16 : tensor<1x12x128xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = arith.mulf %entry, %bend : f32
    linalg.yield %y : f32
  } -> tensor<1x12x128xf32>
  %tanh = linalg.generic {indexing_maps = [#bid_to_0id, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%inner : tensor<1x12x128xf32>) outs(%empty_16 : tensor<1x12x128xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = math.tanh %entry : f32
    linalg.yield %y : f32
  } -> tensor<1x12x128xf32>
  %gate = linalg.generic {indexing_maps = [#bid_to_0id, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%tanh : tensor<1x12x128xf32>) outs(%empty_16 : tensor<1x12x128xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = arith.addf %entry, %one : f32
    linalg.yield %y : f32
  } -> tensor<1x12x128xf32>
  %halved = linalg.generic {indexing_maps = [#bid_to_0id, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%up : tensor<1x12x128xf32>) outs(%empty_16 : tensor<1x12x128xf32>) {
  ^bb0(%entry: f32, %out: f32):
    %y = arith.mulf %entry, %half : f32
    linalg.yield %y : f32
  } -> tensor<1x12x128xf32>
  %hidden = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_0id, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%halved, %gate : tensor<1x12x128xf32>, tensor<1x12x128xf32>) outs(%empty_16 : tensor<1x12x128xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.mulf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x128xf32>
  %rows_5 = tensor.collapse_shape %hidden [[0, 1], [2]] : tensor<1x12x128xf32> into tensor<12x128xf32>
  %mlp_output_rows = linalg.matmul ins(%rows_5, %down_weight : tensor<12x128xf32>, tensor<128x32xf32>) outs(%zeros_6 : tensor<12x32xf32>) -> tensor<12x32xf32>
  %shifted_4 = linalg.generic {indexing_maps = [#mn, #mn_to_n, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%mlp_output_rows, %down_bias : tensor<12x32xf32>, tensor<32xf32>) outs(%empty_14 : tensor<12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.addf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<12x32xf32>
  %mlp_output = tensor.expand_shape %shifted_4 [[0, 1], [2]] output_shape [1, 12, 32] : tensor<12x32xf32> into tensor<1x12x32xf32>
  %x_plus_mlp = linalg.generic {indexing_maps = [#bid_to_0id, #bid_to_0id, #bid], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x_plus_attention, %mlp_output : tensor<1x12x32xf32>, tensor<1x12x32xf32>) outs(%empty_2 : tensor<1x12x32xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %y = arith.addf %left, %right : f32
    linalg.yield %y : f32
  } -> tensor<1x12x32xf32>
  return %x_plus_mlp : tensor<1x12x32xf32>
}
