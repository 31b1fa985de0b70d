// RUN: attn-opt %s -split-input-file -linalg-to-kernel -canonicalize -cse | FileCheck %s -enable-var-scope

#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>
#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 4 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>

// Fills and element-wise operations are maps, of rows and of rows and columns; indices
// are those of the tile, dimensions of size 1 are left out. A greater one of two, or a
// sum, over columns is a reduction of what is computed of each.

// CHECK-DAG: #[[$MATRIX:.*]] = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 4 x (0, 8)],
// CHECK-DAG: #[[$ROWS:.*]] = #kernel.layout<registers = [2 x (8, 0)],

// CHECK-LABEL: func @elements(
// CHECK-SAME:    %[[ONE:[a-z0-9]+]]: f32, %[[BIAS:[a-z0-9]+]]: tensor<?x?xf32>, %[[I:[a-z0-9]+]]: index
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[C1:.*]] = arith.constant 1 : index
// CHECK:         scf.forall
// CHECK-NOT:     linalg
// CHECK:         %[[X:.*]] = kernel.map {
// CHECK:           kernel.yield %[[ONE]] : f32
// CHECK:         } -> !kernel.fragment<64x32xf32, #[[$MATRIX]]>
// CHECK:         %[[R:.*]] = kernel.map {
// CHECK:           kernel.yield %[[ONE]] : f32
// CHECK:         } -> !kernel.fragment<64xf32, #[[$ROWS]]>
// CHECK:         %[[PAIR:.*]]:2 = kernel.map ins(%[[X]], %[[R]] : {{.*}}) {
// CHECK:         ^bb0(%[[E:.*]]: f32, %[[OF_ROW:.*]]: f32, %[[ROW:.*]]: index, %[[COLUMN:.*]]: index):
// CHECK-DAG:       %[[J:.*]] = arith.addi %[[I]], %[[COLUMN]]
// CHECK-DAG:       %[[COLUMNS:.*]] = tensor.dim %[[BIAS]], %[[C1]]
// CHECK:           %[[LAST:.*]] = arith.subi %[[COLUMNS]], %[[C1]]
// CHECK:           %[[THERE:.*]] = arith.minsi %[[J]], %[[LAST]]
// CHECK:           %[[B:.*]] = tensor.extract %[[BIAS]][%{{.*}}, %[[THERE]]]
// CHECK:           %[[SUM:.*]] = arith.addf %[[E]], %[[B]]
// CHECK:           %[[VISIBLE:.*]] = arith.cmpi sle, %[[COLUMN]], %[[ROW]]
// CHECK:           %[[S:.*]] = arith.select %[[VISIBLE]], %[[SUM]], %[[OF_ROW]]
// CHECK-NOT:       arith.cmpf
// CHECK:           kernel.yield %[[S]], %[[S]] : f32, f32
// CHECK:         } -> !kernel.fragment<64x32xf32, #[[$MATRIX]]>, !kernel.fragment<64x32xf32, #[[$MATRIX]]>
// CHECK:         %[[M:.*]] = kernel.reduce max %[[PAIR]]#1, %[[R]]
// CHECK:         %[[TERMS:.*]] = kernel.map ins(%[[PAIR]]#0 :
// CHECK:           arith.negf
// CHECK:         } -> !kernel.fragment<64x32xf32, #[[$MATRIX]]>
// CHECK:         %[[L:.*]] = kernel.reduce add %[[TERMS]], %[[M]]
// CHECK:         kernel.write %[[L]]
func.func @elements(%one: f32, %bias: tensor<?x?xf32>, %i: index, %init: tensor<64xf32>) -> tensor<64xf32> {
  %c0 = arith.constant 0 : index
  %all = scf.forall (%b) in (1) shared_outs(%o = %init) -> tensor<64xf32> {
    %empty = tensor.empty() : tensor<1x64x32xf32>
    %x = linalg.fill ins(%one : f32) outs(%empty : tensor<1x64x32xf32>) -> tensor<1x64x32xf32>
    %none = tensor.empty() : tensor<64xf32>
    %r = linalg.fill ins(%one : f32) outs(%none : tensor<64xf32>) -> tensor<64xf32>
    %w = kernel.window %bias[%i, %i] : tensor<?x?xf32> -> tensor<64x32xf32>
    %s, %m = linalg.generic {indexing_maps = [affine_map<(b, m, k) -> (b, m, k)>, affine_map<(b, m, k) -> (m, k)>, affine_map<(b, m, k) -> (m)>,
                                              affine_map<(b, m, k) -> (b, m, k)>, affine_map<(b, m, k) -> (m)>],
                             iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %w, %r : tensor<1x64x32xf32>, tensor<64x32xf32>, tensor<64xf32>) outs(%empty, %r : tensor<1x64x32xf32>, tensor<64xf32>) {
    ^bb0(%e: f32, %bias_e: f32, %of_row: f32, %out: f32, %max: f32):
      %row = linalg.index 1 : index
      %column = linalg.index 2 : index
      %sum = arith.addf %e, %bias_e : f32
      %visible = arith.cmpi sle, %column, %row : index
      %score = arith.select %visible, %sum, %of_row : f32
      %greater = arith.cmpf ogt, %score, %max : f32
      %next = arith.select %greater, %score, %max : f32
      linalg.yield %score, %next : f32, f32
    } -> (tensor<1x64x32xf32>, tensor<64xf32>)
    %l = linalg.generic {indexing_maps = [affine_map<(b, m, k) -> (b, m, k)>, affine_map<(b, m, k) -> (m)>],
                         iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%s : tensor<1x64x32xf32>) outs(%m : tensor<64xf32>) {
    ^bb0(%e: f32, %sofar: f32):
      %n = arith.negf %e : f32
      %sum = arith.addf %n, %sofar : f32
      linalg.yield %sum : f32
    } -> tensor<64xf32>
    %f = builtin.unrealized_conversion_cast %l : tensor<64xf32> to !kernel.fragment<64xf32, #rows>
    %written = kernel.write %f to %o[%c0] {dims = array<i64: 0>} : !kernel.fragment<64xf32, #rows> to tensor<64xf32> -> tensor<64xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %written into %o[0] [64] [1] : tensor<64xf32> into tensor<64xf32>
    }
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return %all : tensor<64xf32>
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 4 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>

// A loop carries fragments; what it carries besides stays. Queries are loaded where they
// are shown. Keys are columns x depth, values depth x columns; values whose weight has
// a sign are skipped, so what is not finite is taken first. A block of another kind is
// left alone.

// CHECK-LABEL: func @products(
// CHECK:         %[[TQ:.*]] = kernel.alloc : !kernel.tile<1x64x32xbf16>
// CHECK:         %[[TK:.*]] = kernel.alloc : !kernel.tile<2x32x32xbf16>
// CHECK:         %[[ACC:.*]] = kernel.map {
// CHECK:         %[[Q:.*]] = kernel.load %[[TQ]]{{.*}} -> !kernel.fragment<64x32xbf16,
// CHECK:         %{{.*}}:2 = scf.for %[[J:.*]] = %{{.*}} iter_args(%[[BEFORE:.*]] = %[[ACC]], %{{.*}} = %{{.*}}) -> (!kernel.fragment<64x32xf32, {{.*}}>, index)
// CHECK:           %[[S:.*]] = kernel.mma %[[Q]], %[[TK]][%[[J]]], %[[BEFORE]] transposed :
// CHECK:           %[[TAKEN:.*]] = kernel.take_non_finite %[[S]], %[[TK]][%[[J]]], %[[BEFORE]] :
// CHECK:           %[[NEXT:.*]] = kernel.mma %[[S]], %[[TK]][%[[J]]], %[[TAKEN]] :
// CHECK:           scf.yield %[[NEXT]], %{{.*}}
// CHECK-NOT:     linalg
// CHECK-LABEL: func @not_shared_by_threads(
// CHECK:         linalg.fill
func.func @products(%zero: f32, %n: index, %init: tensor<64x32xf32>) -> tensor<64x32xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %all = scf.forall (%b) in (1) shared_outs(%o = %init) -> tensor<64x32xf32> {
    %tq = kernel.alloc : !kernel.tile<1x64x32xbf16>
    %tk = kernel.alloc : !kernel.tile<2x32x32xbf16>
    %empty = tensor.empty() : tensor<64x32xf32>
    %acc = linalg.fill ins(%zero : f32) outs(%empty : tensor<64x32xf32>) -> tensor<64x32xf32>
    %q = kernel.view %tq[%c0] : !kernel.tile<1x64x32xbf16> -> tensor<64x32xbf16>
    %sums:2 = scf.for %j = %c0 to %n step %c1 iter_args(%before = %acc, %number = %c0) -> (tensor<64x32xf32>, index) {
      %k = kernel.view %tk[%j] : !kernel.tile<2x32x32xbf16> -> tensor<32x32xbf16>
      %s = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                           iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%q, %k : tensor<64x32xbf16>, tensor<32x32xbf16>) outs(%before : tensor<64x32xf32>) {
      ^bb0(%x: bf16, %y: bf16, %sum: f32):
        %wide_x = arith.extf %x : bf16 to f32
        %wide_y = arith.extf %y : bf16 to f32
        %next = math.fma %wide_x, %wide_y, %sum : f32
        linalg.yield %next : f32
      } -> tensor<64x32xf32>
      %p = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                           iterator_types = ["parallel", "parallel", "reduction"]}
          ins(%s, %k : tensor<64x32xf32>, tensor<32x32xbf16>) outs(%before : tensor<64x32xf32>) {
      ^bb0(%x: f32, %y: bf16, %sum: f32):
        %bits = arith.bitcast %x : f32 to i32
        %c0_i32 = arith.constant 0 : i32
        %hidden = arith.cmpi slt, %bits, %c0_i32 : i32
        %wide = arith.extf %y : bf16 to f32
        %zero_value = arith.constant 0.0 : f32
        %chosen = arith.select %hidden, %zero_value, %wide : f32
        %next = math.fma %x, %chosen, %sum : f32
        linalg.yield %next : f32
      } -> tensor<64x32xf32>
      %count = arith.addi %number, %j : index
      scf.yield %p, %count : tensor<64x32xf32>, index
    }
    %f = builtin.unrealized_conversion_cast %sums#0 : tensor<64x32xf32> to !kernel.fragment<64x32xf32, #matrix>
    %written = kernel.write %f to %o[%sums#1, %c0] {dims = array<i64: 0, 1>} : !kernel.fragment<64x32xf32, #matrix> to tensor<64x32xf32> -> tensor<64x32xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %written into %o[0, 0] [64, 32] [1, 1] : tensor<64x32xf32> into tensor<64x32xf32>
    }
  } {kernel.threads = 128 : i64, mapping = [#gpu.block<linear_dim_0>]}
  return %all : tensor<64x32xf32>
}
func.func @not_shared_by_threads(%zero: f32) -> tensor<3xf32> {
  %empty = tensor.empty() : tensor<3xf32>
  %x = linalg.fill ins(%zero : f32) outs(%empty : tensor<3xf32>) -> tensor<3xf32>
  return %x : tensor<3xf32>
}
