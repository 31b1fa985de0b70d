// RUN: %python -c "import numpy as n; n.save('%t0.npy', n.random.default_rng(0).standard_normal((12, 4)).astype('f')); \
// RUN:   n.save('%t1.npy', n.array(2))"
// RUN: attn-run %s --form=recompute --input=%t0.npy --input=%t1.npy --check --output=%t2.npy | FileCheck %s
// RUN: attn-run %s --form=blocked --input=%t0.npy --input=%t1.npy --check
// RUN: %python -c "import numpy as n; assert n.isnan(n.load('%t2.npy')[:, 0]).tolist() == [True] * 2 + [False] * 10"
// RUN: attn-run %s --form=recompute --empty-rows=zero --input=%t0.npy --input=%t1.npy --output=%t2.npy
// RUN: %python -c "import numpy as n; assert n.isfinite(n.load('%t2.npy')).all()"

// A layer whose first queries see padding alone: they give NaN, as they are
// written, also where the layer is evaluated token by token.

// CHECK: plan {{.*}}layer

func.func @layer(%x: tensor<12x4xf32>, %first: index) -> tensor<12x4xf32> {
  %y = arith.addf %x, %x : tensor<12x4xf32>
  %zero = arith.constant 0.0 : f32
  %minus_infinity = arith.constant 0xFF800000 : f32
  %pairs = tensor.empty() : tensor<12x12xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%pairs : tensor<12x12xf32>) -> tensor<12x12xf32>
  %scores = linalg.generic {indexing_maps = [affine_map<(i, j, d) -> (i, d)>, affine_map<(i, j, d) -> (j, d)>, affine_map<(i, j, d) -> (i, j)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%y, %y : tensor<12x4xf32>, tensor<12x4xf32>) outs(%zeros : tensor<12x12xf32>) {
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %p = arith.mulf %a, %b : f32
    %t = arith.addf %sum, %p : f32
    linalg.yield %t : f32
  } -> tensor<12x12xf32>
  %masked = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%scores : tensor<12x12xf32>) outs(%pairs : tensor<12x12xf32>) {
  ^bb0(%score: f32, %out: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %is_past = arith.cmpi sle, %j, %i : index
    %is_token = arith.cmpi sge, %j, %first : index
    %visible = arith.andi %is_token, %is_past : i1
    %s = arith.select %visible, %score, %minus_infinity : f32
    linalg.yield %s : f32
  } -> tensor<12x12xf32>
  %weights = linalg.softmax dimension(1) ins(%masked : tensor<12x12xf32>) outs(%pairs : tensor<12x12xf32>) -> tensor<12x12xf32>
  %rows = tensor.empty() : tensor<12x4xf32>
  %zero_rows = linalg.fill ins(%zero : f32) outs(%rows : tensor<12x4xf32>) -> tensor<12x4xf32>
  %output = linalg.matmul ins(%weights, %y : tensor<12x12xf32>, tensor<12x4xf32>) outs(%zero_rows : tensor<12x4xf32>) -> tensor<12x4xf32>
  %next = arith.addf %x, %output : tensor<12x4xf32>
  return %next : tensor<12x4xf32>
}
