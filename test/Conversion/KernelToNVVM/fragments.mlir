// RUN: attn-opt %s -split-input-file -kernel-to-nvvm -canonicalize -cse | FileCheck %s -enable-var-scope

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>

// A product of 64 x 16 by 16 x 16 in four warps: each has 16 rows, 8 columns at a time.
// Keys are read as they lie, values transposed; weights are rounded in pairs.

// CHECK-LABEL: gpu.func @products(
// CHECK:         nvvm.ldmatrix %{{.*}} {eltType = #nvvm.ld_st_matrix_elt_type<b16>, layout = #nvvm.mma_layout<row>, num = 4 : i32,
// CHECK-NOT:     nvvm.mma.sync
// CHECK:         nvvm.ldmatrix %{{.*}} layout = #nvvm.mma_layout<row>, num = 4
// CHECK:         nvvm.mma.sync
// CHECK-SAME:      layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>
// CHECK-SAME:      multiplicandAPtxType = #nvvm.mma_type<bf16>, multiplicandBPtxType = #nvvm.mma_type<bf16>, shape = #nvvm.shape<m = 16, n = 8, k = 16>
// CHECK:         nvvm.mma.sync
// CHECK-COUNT-4: nvvm.convert.f32x2.to.bf16x2
// CHECK:         nvvm.ldmatrix %{{.*}} layout = #nvvm.mma_layout<col>, num = 4
// CHECK-COUNT-2: nvvm.mma.sync
// CHECK-NOT:     nvvm.mma.sync
// CHECK:         gpu.return
gpu.module @bf16 {
  gpu.func @products(%zeros: f32, %o: memref<64x16xf32>, %i: index) kernel {
    %c0 = arith.constant 0 : index
    %t = kernel.alloc : !kernel.tile<2x64x16xbf16, swizzle = 2>
    %u = kernel.alloc : !kernel.tile<2x16x16xbf16, swizzle = 2>
    %q = kernel.load %t[%i] : !kernel.tile<2x64x16xbf16, swizzle = 2> -> !kernel.fragment<64x16xbf16, #matrix>
    %z = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %zeros : f32
    } -> !kernel.fragment<64x16xf32, #matrix>
    %s = kernel.mma %q, %u[%i], %z transposed : !kernel.fragment<64x16xbf16, #matrix>, !kernel.tile<2x16x16xbf16, swizzle = 2>, !kernel.fragment<64x16xf32, #matrix>
    %acc = kernel.mma %s, %u[%i], %z : !kernel.fragment<64x16xf32, #matrix>, !kernel.tile<2x16x16xbf16, swizzle = 2>, !kernel.fragment<64x16xf32, #matrix>
    kernel.write %acc to %o[%c0, %c0] {dims = array<i64: 0, 1>} : !kernel.fragment<64x16xf32, #matrix> to memref<64x16xf32>
    gpu.return
  }
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>

// CHECK-LABEL: gpu.func @products_f16(
// CHECK:         nvvm.convert.f32x2.to.f16x2
// CHECK:         nvvm.ldmatrix
// CHECK:         nvvm.mma.sync {{.*}} shape = #nvvm.shape<m = 16, n = 8, k = 16>} : (vector<2xf16>, vector<2xf16>, f32) -> !llvm.struct<(f32, f32, f32, f32)>
gpu.module @f16 {
  gpu.func @products_f16(%one: f32, %o: memref<64x16xf32>, %i: index) kernel {
    %c0 = arith.constant 0 : index
    %u = kernel.alloc : !kernel.tile<2x16x16xf16, swizzle = 2>
    %w = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64x16xf32, #matrix>
    %acc = kernel.mma %w, %u[%i], %w : !kernel.fragment<64x16xf32, #matrix>, !kernel.tile<2x16x16xf16, swizzle = 2>, !kernel.fragment<64x16xf32, #matrix>
    kernel.write %acc to %o[%c0, %c0] {dims = array<i64: 0, 1>} : !kernel.fragment<64x16xf32, #matrix> to memref<64x16xf32>
    gpu.return
  }
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>

// All threads look for what is not finite (an exponent of ones), and only if one has
// found something does anything else happen: rows of weights without a sign add it,
// and it is cleared between two barriers.

// CHECK-LABEL: gpu.func @take_non_finite(
// CHECK-DAG:     %[[EXPONENT:.*]] = arith.constant 32640 : i32
// CHECK-DAG:     %[[KEYS:.*]] = arith.constant 16 : i32
// CHECK:         %[[FOUND:.*]] = scf.for
// CHECK:           %[[WORD:.*]] = llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK:           %[[BITS:.*]] = arith.andi %[[WORD]], %[[EXPONENT]]
// CHECK:           arith.cmpi eq, %[[BITS]], %[[EXPONENT]]
// CHECK-NOT:       llvm.store
// CHECK:           scf.yield
// CHECK:         %[[ANY:.*]] = nvvm.barrier #nvvm.reduction<or> %[[FOUND]] -> i32
// CHECK:         %[[IS_ANY:.*]] = arith.cmpi ne, %[[ANY]]
// CHECK:         %[[SUMS:.*]]:8 = scf.if %[[IS_ANY]]
// CHECK:           arith.bitcast %{{.*}} : f32 to i32
// CHECK:           arith.cmpi sge
// CHECK:           nvvm.shfl.sync bfly
// CHECK:           scf.for %{{.*}} = %{{.*}} to %[[KEYS]] step
// CHECK:             llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK:             arith.addf
// CHECK:           nvvm.barrier
// CHECK:           scf.for
// CHECK:             llvm.store %{{.*}} : i32, !llvm.ptr<3>
// CHECK:           nvvm.barrier
// CHECK:         } else {
// CHECK-NEXT:      scf.yield
// CHECK:         gpu.return
gpu.module @specials {
  gpu.func @take_non_finite(%one: f32, %o: memref<64x16xf32>, %i: index) kernel {
    %c0 = arith.constant 0 : index
    %u = kernel.alloc : !kernel.tile<2x16x16xbf16, swizzle = 2>
    %w = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64x16xf32, #matrix>
    %acc = kernel.take_non_finite %w, %u[%i], %w : !kernel.fragment<64x16xf32, #matrix>, !kernel.tile<2x16x16xbf16, swizzle = 2>, !kernel.fragment<64x16xf32, #matrix>
    kernel.write %acc to %o[%c0, %c0] {dims = array<i64: 0, 1>} : !kernel.fragment<64x16xf32, #matrix> to memref<64x16xf32>
    gpu.return
  }
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>

// Four registers of a row, then the four lanes of a row in pairs, then the initial
// element; twice, for rows 8 apart.

// CHECK-LABEL: gpu.func @reductions(
// CHECK-SAME:    %[[INIT:[a-z0-9]+]]: f32
// CHECK:         %[[A:.*]] = llvm.intr.maxnum(
// CHECK:         %[[B:.*]] = llvm.intr.maxnum(
// CHECK:         %[[C:.*]] = llvm.intr.maxnum(%[[A]],
// CHECK:         nvvm.shfl.sync bfly %{{.*}}, %{{.*}}, %c1_i32
// CHECK-NEXT:    llvm.intr.maxnum
// CHECK-NEXT:    nvvm.shfl.sync bfly %{{.*}}, %{{.*}}, %c2_i32
// CHECK-NEXT:    %[[ALL:.*]] = llvm.intr.maxnum
// CHECK-NEXT:    llvm.intr.maxnum(%[[ALL]], %[[INIT]])
// CHECK-COUNT-2: nvvm.shfl.sync
// CHECK:         arith.addf
// CHECK-COUNT-4: nvvm.shfl.sync
// CHECK-NOT:     nvvm.shfl.sync
// CHECK:         gpu.return
gpu.module @rows {
  gpu.func @reductions(%init: f32, %o: memref<64xf32>) kernel {
    %c0 = arith.constant 0 : index
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    %x = kernel.load %t[%c0] : !kernel.tile<1x64x16xbf16> -> !kernel.fragment<64x16xbf16, #matrix>
    %y = kernel.map ins(%x : !kernel.fragment<64x16xbf16, #matrix>) {
    ^bb0(%element: bf16, %row: index, %column: index):
      %wide = arith.extf %element : bf16 to f32
      kernel.yield %wide : f32
    } -> !kernel.fragment<64x16xf32, #matrix>
    %start = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %init : f32
    } -> !kernel.fragment<64xf32, #rows>
    %m = kernel.reduce max %y, %start : !kernel.fragment<64x16xf32, #matrix>, !kernel.fragment<64xf32, #rows>
    %l = kernel.reduce add %y, %m : !kernel.fragment<64x16xf32, #matrix>, !kernel.fragment<64xf32, #rows>
    kernel.write %l to %o[%c0] {dims = array<i64: 0>} : !kernel.fragment<64xf32, #rows> to memref<64xf32>
    gpu.return
  }

// A map computes one element per register; a fragment of rows gives the row's. A power
// of 2 is the chip's own.

// CHECK-LABEL: gpu.func @maps(
// CHECK-COUNT-8: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"
// CHECK-NOT:     llvm.call_intrinsic
// CHECK-NOT:     math.exp2 %{{.*}} : f32
// CHECK:         gpu.return
  gpu.func @maps(%one: f32, %o: memref<64x16xf32>) kernel {
    %c0 = arith.constant 0 : index
    %r = kernel.map {
    ^bb0(%row: index, %column: index):
      %i = arith.index_cast %row : index to i32
      %f = arith.sitofp %i : i32 to f32
      kernel.yield %f : f32
    } -> !kernel.fragment<64xf32, #rows>
    %x = kernel.map ins(%r : !kernel.fragment<64xf32, #rows>) {
    ^bb0(%element: f32, %row: index, %column: index):
      %i = arith.index_cast %column : index to i32
      %f = arith.sitofp %i : i32 to f32
      %s = arith.mulf %element, %f : f32
      %p = math.exp2 %s : f32
      kernel.yield %p : f32
    } -> !kernel.fragment<64x16xf32, #matrix>
    kernel.write %x to %o[%c0, %c0] {dims = array<i64: 0, 1>} : !kernel.fragment<64x16xf32, #matrix> to memref<64x16xf32>
    gpu.return
  }
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>

// Neighbours are stored together, after rounding; where a row may end between
// them, or begin at an odd place, one by one.

// CHECK-LABEL: gpu.func @write_in_pairs(
// CHECK:         scf.if
// CHECK-COUNT-2: llvm.store %{{.*}} {alignment = 4 : i64} : vector<2xbf16>, !llvm.ptr<1>
// CHECK:         scf.if
// CHECK-COUNT-2: llvm.store %{{.*}} {alignment = 4 : i64} : vector<2xbf16>, !llvm.ptr<1>
// CHECK-NOT:     llvm.store
// CHECK-LABEL: gpu.func @write_odd_rows(
// CHECK-COUNT-8: llvm.store %{{.*}} : bf16, !llvm.ptr<1>
// CHECK-NOT:     llvm.store
// CHECK-LABEL: gpu.func @write_rows_with_odd_ends(
// CHECK-COUNT-8: llvm.store %{{.*}} : bf16, !llvm.ptr<1>
// CHECK-NOT:     llvm.store
// CHECK-LABEL: gpu.func @write_from_an_odd_column(
// CHECK-COUNT-8: llvm.store %{{.*}} : bf16, !llvm.ptr<1>
// CHECK-NOT:     llvm.store
// CHECK:         gpu.return
gpu.module @matrices {
  gpu.func @write_in_pairs(%one: f32, %o: memref<?x20xbf16>, %i: index) kernel {
    %c0 = arith.constant 0 : index
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64x16xf32, #matrix>
    kernel.write %x to %o[%i, %c0] {dims = array<i64: 0, 1>} : !kernel.fragment<64x16xf32, #matrix> to memref<?x20xbf16>
    gpu.return
  }
  gpu.func @write_odd_rows(%one: f32, %o: memref<?x15xbf16>, %i: index) kernel {
    %c0 = arith.constant 0 : index
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64x16xf32, #matrix>
    kernel.write %x to %o[%i, %c0] {dims = array<i64: 0, 1>} : !kernel.fragment<64x16xf32, #matrix> to memref<?x15xbf16>
    gpu.return
  }
  gpu.func @write_rows_with_odd_ends(%one: f32, %o: memref<?x15xbf16, strided<[16, 1]>>, %i: index) kernel {
    %c0 = arith.constant 0 : index
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64x16xf32, #matrix>
    kernel.write %x to %o[%i, %c0] {dims = array<i64: 0, 1>} : !kernel.fragment<64x16xf32, #matrix> to memref<?x15xbf16, strided<[16, 1]>>
    gpu.return
  }
  gpu.func @write_from_an_odd_column(%one: f32, %o: memref<?x32xbf16>, %i: index) kernel {
    %c1 = arith.constant 1 : index
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64x16xf32, #matrix>
    kernel.write %x to %o[%i, %c1] {dims = array<i64: 0, 1>} : !kernel.fragment<64x16xf32, #matrix> to memref<?x32xbf16>
    gpu.return
  }
}

// -----

#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>

// Four lanes have the same rows: the first of them writes.

// CHECK-LABEL: gpu.func @write_rows(
// CHECK-DAG:     %[[C0:.*]] = arith.constant 0 : i32
// CHECK-DAG:     %[[C4:.*]] = arith.constant 4 : i32
// CHECK:         %[[LANE:.*]] = arith.remui %{{.*}}, %c32_i32
// CHECK:         %[[PLACE:.*]] = arith.remui %[[LANE]], %[[C4]]
// CHECK:         %[[FIRST:.*]] = arith.cmpi eq, %[[PLACE]], %[[C0]]
// CHECK:         %[[WRITES:.*]] = arith.andi %[[FIRST]]
// CHECK:         scf.if %[[WRITES]] {
// CHECK:           llvm.store %{{.*}} : f32, !llvm.ptr<1>
// CHECK:         scf.if
// CHECK:           llvm.store %{{.*}} : f32, !llvm.ptr<1>
// CHECK-NOT:     llvm.store
// CHECK:         gpu.return
gpu.module @one_per_row {
  gpu.func @write_rows(%one: f32, %o: memref<?xf32>, %i: index) kernel {
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64xf32, #rows>
    kernel.write %x to %o[%i] {dims = array<i64: 0>} : !kernel.fragment<64xf32, #rows> to memref<?xf32>
    gpu.return
  }
}

// -----

#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>

// Warps 4 to 5 copy, registers cannot be dealt; a product has arrived when it is there.

// CHECK-LABEL: gpu.func @roles(
// CHECK-SAME:    %[[ONE:[a-z0-9]+]]: f32
// CHECK-DAG:     %[[C2:.*]] = arith.constant 2 : i32
// CHECK-DAG:     %[[C4:.*]] = arith.constant 4 : i32
// CHECK:         %[[NUMBER:.*]] = arith.subi %{{.*}}, %[[C4]]
// CHECK:         %[[IS_ONE:.*]] = arith.cmpi ult, %[[NUMBER]], %[[C2]]
// CHECK:         scf.if %[[IS_ONE]] {
// CHECK-NEXT:      nvvm.cp.async.commit.group
// CHECK-NEXT:    }
// CHECK-NEXT:    nvvm.barrier
// CHECK:         llvm.store %[[ONE]]
gpu.module @warps {
  gpu.func @roles(%one: f32, %o: memref<64xf32>) kernel {
    %c0 = arith.constant 0 : index
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64xf32, #rows>
    kernel.role first = 4 warps = 2 {
      kernel.commit
    }
    kernel.barrier
    %ready = kernel.await %x pending = 0 : !kernel.fragment<64xf32, #rows>
    kernel.write %ready to %o[%c0] {dims = array<i64: 0>} : !kernel.fragment<64xf32, #rows> to memref<64xf32>
    gpu.return
  }
}

// -----

#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>

// A loop carries registers: two of a fragment of 64 rows.

// CHECK-LABEL: gpu.func @loop(
// CHECK:         scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}) -> (f32, f32)
gpu.module @loops {
  gpu.func @loop(%one: f32, %n: index, %o: memref<64xf32>) kernel {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64xf32, #rows>
    %y = scf.for %i = %c0 to %n step %c1 iter_args(%before = %x) -> !kernel.fragment<64xf32, #rows> {
      %next = kernel.map ins(%before : !kernel.fragment<64xf32, #rows>) {
      ^bb0(%element: f32, %row: index, %column: index):
        %twice = arith.addf %element, %element : f32
        kernel.yield %twice : f32
      } -> !kernel.fragment<64xf32, #rows>
      scf.yield %next : !kernel.fragment<64xf32, #rows>
    }
    kernel.write %y to %o[%c0] {dims = array<i64: 0>} : !kernel.fragment<64xf32, #rows> to memref<64xf32>
    gpu.return
  }
}

// -----

#few = #kernel.layout<registers = [], lanes = [8 x (0, 1), 4 x (1, 0)], warps = []>

// A thread with one element writes it alone; more groups than can be counted are
// as many as can.

// CHECK-LABEL: gpu.func @one_register(
// CHECK:         nvvm.cp.async.wait.group 2147483647
// CHECK:         llvm.store %{{.*}} : f32, !llvm.ptr<1>
// CHECK-NOT:     llvm.store
// CHECK:         gpu.return
gpu.module @one_element {
  gpu.func @one_register(%one: f32, %o: memref<4x8xf32>) kernel {
    %c0 = arith.constant 0 : index
    kernel.wait 4294967296
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<4x8xf32, #few>
    kernel.write %x to %o[%c0, %c0] {dims = array<i64: 0, 1>} : !kernel.fragment<4x8xf32, #few> to memref<4x8xf32>
    gpu.return
  }
}
