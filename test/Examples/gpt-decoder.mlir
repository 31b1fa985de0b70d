// Written by gpt-decoder.py: a decoder with 2 blocks of 64 features.
// Ids outside of the vocabulary are the caller's error.

#all = affine_map<(t) -> (t)>
#token = affine_map<(t, d) -> (t)>
#feature = affine_map<(t, d) -> (d)>
#token_feature = affine_map<(t, d) -> (t, d)>
#all4 = affine_map<(t, r, c, i) -> (t, r, c, i)>
#rotation = affine_map<(t, h, r, i, c) -> (t, r, c, i)>
#unrotated = affine_map<(t, h, r, i, c) -> (t, h, c, i)>
#rotated = affine_map<(t, h, r, i, c) -> (t, h, r, i)>

func.func @decoder(%ids: tensor<?xi64>,
                   %embedding: tensor<64x64xf32>,
                   %layer0_attention_norm_scale: tensor<64xf32>,
                   %layer0_query: tensor<64x64xf32>,
                   %layer0_key: tensor<64x64xf32>,
                   %layer0_value: tensor<64x64xf32>,
                   %layer0_output: tensor<64x64xf32>,
                   %layer0_mlp_norm_scale: tensor<64xf32>,
                   %layer0_gate: tensor<64x128xf32>,
                   %layer0_up: tensor<64x128xf32>,
                   %layer0_down: tensor<128x64xf32>,
                   %layer1_attention_norm_scale: tensor<64xf32>,
                   %layer1_query: tensor<64x64xf32>,
                   %layer1_key: tensor<64x64xf32>,
                   %layer1_value: tensor<64x64xf32>,
                   %layer1_output: tensor<64x64xf32>,
                   %layer1_mlp_norm_scale: tensor<64xf32>,
                   %layer1_gate: tensor<64x128xf32>,
                   %layer1_up: tensor<64x128xf32>,
                   %layer1_down: tensor<128x64xf32>,
                   %final_norm_scale: tensor<64xf32>,
                   %logits: tensor<64x64xf32>) -> tensor<?x64xf32> {
  %zero = arith.constant 0.0 : f32
  %features = arith.constant 64.0 : f32
  %epsilon = arith.constant 1.0e-05 : f32
  %one = arith.constant 1.0 : f32
  %c0 = arith.constant 0 : index
  %length = tensor.dim %ids, %c0 : tensor<?xi64>
  %empty = tensor.empty(%length) : tensor<?x64xf32>
  %x = linalg.generic {indexing_maps = [#token, #token_feature], iterator_types = ["parallel", "parallel"]}
      ins(%ids : tensor<?xi64>) outs(%empty : tensor<?x64xf32>) {
  ^bb0(%id: i64, %out: f32):
    %row = arith.index_cast %id : i64 to index
    %feature = linalg.index 1 : index
    %entry = tensor.extract %embedding[%row, %feature] : tensor<64x64xf32>
    linalg.yield %entry : f32
  } -> tensor<?x64xf32>
  %step = arith.constant -1.660964047443681 : f64
  %empty_2 = tensor.empty(%length) : tensor<?x2x2x8xf32>
  %rotations = linalg.generic {indexing_maps = [#all4], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      outs(%empty_2 : tensor<?x2x2x8xf32>) {
  ^bb0(%out: f32):
    %token = linalg.index 0 : index
    %row = linalg.index 1 : index
    %column = linalg.index 2 : index
    %pair = linalg.index 3 : index
    %token_i64 = arith.index_cast %token : index to i64
    %position = arith.sitofp %token_i64 : i64 to f64
    %pair_i64 = arith.index_cast %pair : index to i64
    %number = arith.sitofp %pair_i64 : i64 to f64
    %exponent = arith.mulf %number, %step : f64
    %frequency = math.exp2 %exponent : f64
    %angle = arith.mulf %position, %frequency : f64
    %cos = math.cos %angle : f64
    %sin = math.sin %angle : f64
    %minus_sin = arith.negf %sin : f64
    %is_diagonal = arith.cmpi eq, %row, %column : index
    %is_above = arith.cmpi ult, %row, %column : index
    %off_diagonal = arith.select %is_above, %minus_sin, %sin : f64
    %entry = arith.select %is_diagonal, %cos, %off_diagonal : f64
    %narrow = arith.truncf %entry : f64 to f32
    linalg.yield %narrow : f32
  } -> tensor<?x2x2x8xf32>

  // Block 0
  %empty_3 = tensor.empty(%length) : tensor<?xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty_3 : tensor<?xf32>) -> tensor<?xf32>
  %total = linalg.generic {indexing_maps = [#token_feature, #token], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x64xf32>) outs(%zeros : tensor<?xf32>) {
  ^bb0(%entry: f32, %sum: f32):
    %next = math.fma %entry, %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<?xf32>
  %mean_square = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel"]}
      ins(%total : tensor<?xf32>) outs(%empty_3 : tensor<?xf32>) {
  ^bb0(%sum: f32, %out: f32):
    %quotient = arith.divf %sum, %features : f32
    linalg.yield %quotient : f32
  } -> tensor<?xf32>
  %normed = linalg.generic {indexing_maps = [#token_feature, #token, #feature, #token_feature], iterator_types = ["parallel", "parallel"]}
      ins(%x, %mean_square, %layer0_attention_norm_scale : tensor<?x64xf32>, tensor<?xf32>, tensor<64xf32>) outs(%empty : tensor<?x64xf32>) {
  ^bb0(%entry: f32, %square: f32, %scale: f32, %out: f32):
    %safe = arith.addf %square, %epsilon : f32
    %factor = math.rsqrt %safe : f32
    %unit = arith.mulf %entry, %factor : f32
    %y = arith.mulf %unit, %scale : f32
    linalg.yield %y : f32
  } -> tensor<?x64xf32>
  %zeros_2 = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x64xf32>) -> tensor<?x64xf32>
  %query_features = linalg.matmul ins(%normed, %layer0_query : tensor<?x64xf32>, tensor<64x64xf32>) outs(%zeros_2 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %key_features = linalg.matmul ins(%normed, %layer0_key : tensor<?x64xf32>, tensor<64x64xf32>) outs(%zeros_2 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %value_features = linalg.matmul ins(%normed, %layer0_value : tensor<?x64xf32>, tensor<64x64xf32>) outs(%zeros_2 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %pairs = tensor.expand_shape %query_features [[0], [1, 2, 3]] output_shape [%length, 4, 2, 8] : tensor<?x64xf32> into tensor<?x4x2x8xf32>
  %empty_4 = tensor.empty(%length) : tensor<?x4x2x8xf32>
  %zeros_3 = linalg.fill ins(%zero : f32) outs(%empty_4 : tensor<?x4x2x8xf32>) -> tensor<?x4x2x8xf32>
  %rotated = linalg.generic {indexing_maps = [#rotation, #unrotated, #rotated], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%rotations, %pairs : tensor<?x2x2x8xf32>, tensor<?x4x2x8xf32>) outs(%zeros_3 : tensor<?x4x2x8xf32>) {
  ^bb0(%factor: f32, %entry: f32, %sum: f32):
    %next = math.fma %factor, %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<?x4x2x8xf32>
  %query = tensor.collapse_shape %rotated [[0], [1], [2, 3]] : tensor<?x4x2x8xf32> into tensor<?x4x16xf32>
  %pairs_2 = tensor.expand_shape %key_features [[0], [1, 2, 3]] output_shape [%length, 4, 2, 8] : tensor<?x64xf32> into tensor<?x4x2x8xf32>
  %rotated_2 = linalg.generic {indexing_maps = [#rotation, #unrotated, #rotated], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%rotations, %pairs_2 : tensor<?x2x2x8xf32>, tensor<?x4x2x8xf32>) outs(%zeros_3 : tensor<?x4x2x8xf32>) {
  ^bb0(%factor: f32, %entry: f32, %sum: f32):
    %next = math.fma %factor, %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<?x4x2x8xf32>
  %key = tensor.collapse_shape %rotated_2 [[0], [1], [2, 3]] : tensor<?x4x2x8xf32> into tensor<?x4x16xf32>
  %value = tensor.expand_shape %value_features [[0], [1, 2]] output_shape [%length, 4, 16] : tensor<?x64xf32> into tensor<?x4x16xf32>
  %empty_5 = tensor.empty(%length) : tensor<?x4x16xf32>
  %attention = attn.attention ins(%query, %key, %value : tensor<?x4x16xf32>, tensor<?x4x16xf32>, tensor<?x4x16xf32>)
      outs(%empty_5 : tensor<?x4x16xf32>) layout(shd) {mask = #attn.causal} -> tensor<?x4x16xf32>
  %joined = tensor.collapse_shape %attention [[0], [1, 2]] : tensor<?x4x16xf32> into tensor<?x64xf32>
  %attended = linalg.matmul ins(%joined, %layer0_output : tensor<?x64xf32>, tensor<64x64xf32>) outs(%zeros_2 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %x_2 = arith.addf %x, %attended : tensor<?x64xf32>
  %total_2 = linalg.generic {indexing_maps = [#token_feature, #token], iterator_types = ["parallel", "reduction"]}
      ins(%x_2 : tensor<?x64xf32>) outs(%zeros : tensor<?xf32>) {
  ^bb0(%entry: f32, %sum: f32):
    %next = math.fma %entry, %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<?xf32>
  %mean_square_2 = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel"]}
      ins(%total_2 : tensor<?xf32>) outs(%empty_3 : tensor<?xf32>) {
  ^bb0(%sum: f32, %out: f32):
    %quotient = arith.divf %sum, %features : f32
    linalg.yield %quotient : f32
  } -> tensor<?xf32>
  %normed_2 = linalg.generic {indexing_maps = [#token_feature, #token, #feature, #token_feature], iterator_types = ["parallel", "parallel"]}
      ins(%x_2, %mean_square_2, %layer0_mlp_norm_scale : tensor<?x64xf32>, tensor<?xf32>, tensor<64xf32>) outs(%empty : tensor<?x64xf32>) {
  ^bb0(%entry: f32, %square: f32, %scale: f32, %out: f32):
    %safe = arith.addf %square, %epsilon : f32
    %factor = math.rsqrt %safe : f32
    %unit = arith.mulf %entry, %factor : f32
    %y = arith.mulf %unit, %scale : f32
    linalg.yield %y : f32
  } -> tensor<?x64xf32>
  %empty_6 = tensor.empty(%length) : tensor<?x128xf32>
  %zeros_4 = linalg.fill ins(%zero : f32) outs(%empty_6 : tensor<?x128xf32>) -> tensor<?x128xf32>
  %up = linalg.matmul ins(%normed_2, %layer0_up : tensor<?x64xf32>, tensor<64x128xf32>) outs(%zeros_4 : tensor<?x128xf32>) -> tensor<?x128xf32>
  %gate = linalg.matmul ins(%normed_2, %layer0_gate : tensor<?x64xf32>, tensor<64x128xf32>) outs(%zeros_4 : tensor<?x128xf32>) -> tensor<?x128xf32>
  %hidden = linalg.generic {indexing_maps = [#token_feature, #token_feature, #token_feature], iterator_types = ["parallel", "parallel"]}
      ins(%up, %gate : tensor<?x128xf32>, tensor<?x128xf32>) outs(%empty_6 : tensor<?x128xf32>) {
  ^bb0(%u: f32, %g: f32, %out: f32):
    %minus = arith.negf %g : f32
    %power = math.exp %minus : f32
    %denominator = arith.addf %power, %one : f32
    %swish = arith.divf %g, %denominator : f32
    %y = arith.mulf %swish, %u : f32
    linalg.yield %y : f32
  } -> tensor<?x128xf32>
  %mixed = linalg.matmul ins(%hidden, %layer0_down : tensor<?x128xf32>, tensor<128x64xf32>) outs(%zeros_2 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %x_3 = arith.addf %x_2, %mixed : tensor<?x64xf32>

  // Block 1
  %total_3 = linalg.generic {indexing_maps = [#token_feature, #token], iterator_types = ["parallel", "reduction"]}
      ins(%x_3 : tensor<?x64xf32>) outs(%zeros : tensor<?xf32>) {
  ^bb0(%entry: f32, %sum: f32):
    %next = math.fma %entry, %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<?xf32>
  %mean_square_3 = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel"]}
      ins(%total_3 : tensor<?xf32>) outs(%empty_3 : tensor<?xf32>) {
  ^bb0(%sum: f32, %out: f32):
    %quotient = arith.divf %sum, %features : f32
    linalg.yield %quotient : f32
  } -> tensor<?xf32>
  %normed_3 = linalg.generic {indexing_maps = [#token_feature, #token, #feature, #token_feature], iterator_types = ["parallel", "parallel"]}
      ins(%x_3, %mean_square_3, %layer1_attention_norm_scale : tensor<?x64xf32>, tensor<?xf32>, tensor<64xf32>) outs(%empty : tensor<?x64xf32>) {
  ^bb0(%entry: f32, %square: f32, %scale: f32, %out: f32):
    %safe = arith.addf %square, %epsilon : f32
    %factor = math.rsqrt %safe : f32
    %unit = arith.mulf %entry, %factor : f32
    %y = arith.mulf %unit, %scale : f32
    linalg.yield %y : f32
  } -> tensor<?x64xf32>
  %query_features_2 = linalg.matmul ins(%normed_3, %layer1_query : tensor<?x64xf32>, tensor<64x64xf32>) outs(%zeros_2 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %key_features_2 = linalg.matmul ins(%normed_3, %layer1_key : tensor<?x64xf32>, tensor<64x64xf32>) outs(%zeros_2 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %value_features_2 = linalg.matmul ins(%normed_3, %layer1_value : tensor<?x64xf32>, tensor<64x64xf32>) outs(%zeros_2 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %pairs_3 = tensor.expand_shape %query_features_2 [[0], [1, 2, 3]] output_shape [%length, 4, 2, 8] : tensor<?x64xf32> into tensor<?x4x2x8xf32>
  %rotated_3 = linalg.generic {indexing_maps = [#rotation, #unrotated, #rotated], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%rotations, %pairs_3 : tensor<?x2x2x8xf32>, tensor<?x4x2x8xf32>) outs(%zeros_3 : tensor<?x4x2x8xf32>) {
  ^bb0(%factor: f32, %entry: f32, %sum: f32):
    %next = math.fma %factor, %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<?x4x2x8xf32>
  %query_2 = tensor.collapse_shape %rotated_3 [[0], [1], [2, 3]] : tensor<?x4x2x8xf32> into tensor<?x4x16xf32>
  %pairs_4 = tensor.expand_shape %key_features_2 [[0], [1, 2, 3]] output_shape [%length, 4, 2, 8] : tensor<?x64xf32> into tensor<?x4x2x8xf32>
  %rotated_4 = linalg.generic {indexing_maps = [#rotation, #unrotated, #rotated], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%rotations, %pairs_4 : tensor<?x2x2x8xf32>, tensor<?x4x2x8xf32>) outs(%zeros_3 : tensor<?x4x2x8xf32>) {
  ^bb0(%factor: f32, %entry: f32, %sum: f32):
    %next = math.fma %factor, %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<?x4x2x8xf32>
  %key_2 = tensor.collapse_shape %rotated_4 [[0], [1], [2, 3]] : tensor<?x4x2x8xf32> into tensor<?x4x16xf32>
  %value_2 = tensor.expand_shape %value_features_2 [[0], [1, 2]] output_shape [%length, 4, 16] : tensor<?x64xf32> into tensor<?x4x16xf32>
  %attention_2 = attn.attention ins(%query_2, %key_2, %value_2 : tensor<?x4x16xf32>, tensor<?x4x16xf32>, tensor<?x4x16xf32>)
      outs(%empty_5 : tensor<?x4x16xf32>) layout(shd) {mask = #attn.causal} -> tensor<?x4x16xf32>
  %joined_2 = tensor.collapse_shape %attention_2 [[0], [1, 2]] : tensor<?x4x16xf32> into tensor<?x64xf32>
  %attended_2 = linalg.matmul ins(%joined_2, %layer1_output : tensor<?x64xf32>, tensor<64x64xf32>) outs(%zeros_2 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %x_4 = arith.addf %x_3, %attended_2 : tensor<?x64xf32>
  %total_4 = linalg.generic {indexing_maps = [#token_feature, #token], iterator_types = ["parallel", "reduction"]}
      ins(%x_4 : tensor<?x64xf32>) outs(%zeros : tensor<?xf32>) {
  ^bb0(%entry: f32, %sum: f32):
    %next = math.fma %entry, %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<?xf32>
  %mean_square_4 = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel"]}
      ins(%total_4 : tensor<?xf32>) outs(%empty_3 : tensor<?xf32>) {
  ^bb0(%sum: f32, %out: f32):
    %quotient = arith.divf %sum, %features : f32
    linalg.yield %quotient : f32
  } -> tensor<?xf32>
  %normed_4 = linalg.generic {indexing_maps = [#token_feature, #token, #feature, #token_feature], iterator_types = ["parallel", "parallel"]}
      ins(%x_4, %mean_square_4, %layer1_mlp_norm_scale : tensor<?x64xf32>, tensor<?xf32>, tensor<64xf32>) outs(%empty : tensor<?x64xf32>) {
  ^bb0(%entry: f32, %square: f32, %scale: f32, %out: f32):
    %safe = arith.addf %square, %epsilon : f32
    %factor = math.rsqrt %safe : f32
    %unit = arith.mulf %entry, %factor : f32
    %y = arith.mulf %unit, %scale : f32
    linalg.yield %y : f32
  } -> tensor<?x64xf32>
  %up_2 = linalg.matmul ins(%normed_4, %layer1_up : tensor<?x64xf32>, tensor<64x128xf32>) outs(%zeros_4 : tensor<?x128xf32>) -> tensor<?x128xf32>
  %gate_2 = linalg.matmul ins(%normed_4, %layer1_gate : tensor<?x64xf32>, tensor<64x128xf32>) outs(%zeros_4 : tensor<?x128xf32>) -> tensor<?x128xf32>
  %hidden_2 = linalg.generic {indexing_maps = [#token_feature, #token_feature, #token_feature], iterator_types = ["parallel", "parallel"]}
      ins(%up_2, %gate_2 : tensor<?x128xf32>, tensor<?x128xf32>) outs(%empty_6 : tensor<?x128xf32>) {
  ^bb0(%u: f32, %g: f32, %out: f32):
    %minus = arith.negf %g : f32
    %power = math.exp %minus : f32
    %denominator = arith.addf %power, %one : f32
    %swish = arith.divf %g, %denominator : f32
    %y = arith.mulf %swish, %u : f32
    linalg.yield %y : f32
  } -> tensor<?x128xf32>
  %mixed_2 = linalg.matmul ins(%hidden_2, %layer1_down : tensor<?x128xf32>, tensor<128x64xf32>) outs(%zeros_2 : tensor<?x64xf32>) -> tensor<?x64xf32>
  %x_5 = arith.addf %x_4, %mixed_2 : tensor<?x64xf32>

  %total_5 = linalg.generic {indexing_maps = [#token_feature, #token], iterator_types = ["parallel", "reduction"]}
      ins(%x_5 : tensor<?x64xf32>) outs(%zeros : tensor<?xf32>) {
  ^bb0(%entry: f32, %sum: f32):
    %next = math.fma %entry, %entry, %sum : f32
    linalg.yield %next : f32
  } -> tensor<?xf32>
  %mean_square_5 = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel"]}
      ins(%total_5 : tensor<?xf32>) outs(%empty_3 : tensor<?xf32>) {
  ^bb0(%sum: f32, %out: f32):
    %quotient = arith.divf %sum, %features : f32
    linalg.yield %quotient : f32
  } -> tensor<?xf32>
  %normed_5 = linalg.generic {indexing_maps = [#token_feature, #token, #feature, #token_feature], iterator_types = ["parallel", "parallel"]}
      ins(%x_5, %mean_square_5, %final_norm_scale : tensor<?x64xf32>, tensor<?xf32>, tensor<64xf32>) outs(%empty : tensor<?x64xf32>) {
  ^bb0(%entry: f32, %square: f32, %scale: f32, %out: f32):
    %safe = arith.addf %square, %epsilon : f32
    %factor = math.rsqrt %safe : f32
    %unit = arith.mulf %entry, %factor : f32
    %y = arith.mulf %unit, %scale : f32
    linalg.yield %y : f32
  } -> tensor<?x64xf32>
  %result = linalg.matmul ins(%normed_5, %logits : tensor<?x64xf32>, tensor<64x64xf32>) outs(%zeros_2 : tensor<?x64xf32>) -> tensor<?x64xf32>
  return %result : tensor<?x64xf32>
}
