//--- sm_80
// Kernels in the NVVM dialect, for the emulator to run as LLVM emits them.

llvm.mlir.global external @smem() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>

// D[16, 8] = A[16, 16] B[16, 8] by one warp: cp.async, ldmatrix, mma.sync.
// B is given as 8 rows of 16.
llvm.func @mma(%a: !llvm.ptr<1>, %b: !llvm.ptr<1>, %out: !llvm.ptr<1>) attributes {nvvm.kernel} {
  %c1 = llvm.mlir.constant(1 : i32) : i32
  %c2 = llvm.mlir.constant(2 : i32) : i32
  %c3 = llvm.mlir.constant(3 : i32) : i32
  %c4 = llvm.mlir.constant(4 : i32) : i32
  %c7 = llvm.mlir.constant(7 : i32) : i32
  %c8 = llvm.mlir.constant(8 : i32) : i32
  %c15 = llvm.mlir.constant(15 : i32) : i32
  %c16 = llvm.mlir.constant(16 : i32) : i32
  %c32 = llvm.mlir.constant(32 : i32) : i32
  %zero = llvm.mlir.constant(0.0 : f32) : f32
  %tid = nvvm.read.ptx.sreg.tid.x : i32
  %smem = llvm.mlir.addressof @smem : !llvm.ptr<3>
  %tile.b = llvm.getelementptr %smem[512] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
  // 32 lanes of 16 bytes are A, half as many B.
  %at = llvm.mul %tid, %c16 : i32
  %from.a = llvm.getelementptr %a[%at] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i8
  %to.a = llvm.getelementptr %smem[%at] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
  nvvm.cp.async.shared.global %to.a, %from.a, 16, cache = cg : !llvm.ptr<3>, !llvm.ptr<1>
  %lower = llvm.icmp "ult" %tid, %c16 : i32
  llvm.cond_br %lower, ^b, ^copied
^b:
  %from.b = llvm.getelementptr %b[%at] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i8
  %to.b = llvm.getelementptr %tile.b[%at] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
  nvvm.cp.async.shared.global %to.b, %from.b, 16, cache = ca : !llvm.ptr<3>, !llvm.ptr<1>
  llvm.br ^copied
^copied:
  nvvm.cp.async.commit.group
  nvvm.cp.async.wait.group 0
  nvvm.barrier0
  // Lane l has the address of row l % 16 and half l / 16 of A, of row l % 8
  // and half l / 8 % 2 of B.
  %row.a = llvm.and %tid, %c15 : i32
  %half.a = llvm.lshr %tid, %c4 : i32
  %r.a = llvm.mul %row.a, %c32 : i32
  %h.a = llvm.mul %half.a, %c16 : i32
  %o.a = llvm.add %r.a, %h.a : i32
  %p.a = llvm.getelementptr %smem[%o.a] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
  %m.a = nvvm.ldmatrix %p.a {num = 4 : i32, layout = #nvvm.mma_layout<row>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : (!llvm.ptr<3>) -> !llvm.struct<(i32, i32, i32, i32)>
  %row.b = llvm.and %tid, %c7 : i32
  %s.b = llvm.lshr %tid, %c3 : i32
  %half.b = llvm.and %s.b, %c1 : i32
  %r.b = llvm.mul %row.b, %c32 : i32
  %h.b = llvm.mul %half.b, %c16 : i32
  %o.b = llvm.add %r.b, %h.b : i32
  %p.b = llvm.getelementptr %tile.b[%o.b] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
  %m.b = nvvm.ldmatrix %p.b {num = 2 : i32, layout = #nvvm.mma_layout<row>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : (!llvm.ptr<3>) -> !llvm.struct<(i32, i32)>
  %a0 = llvm.extractvalue %m.a[0] : !llvm.struct<(i32, i32, i32, i32)>
  %a1 = llvm.extractvalue %m.a[1] : !llvm.struct<(i32, i32, i32, i32)>
  %a2 = llvm.extractvalue %m.a[2] : !llvm.struct<(i32, i32, i32, i32)>
  %a3 = llvm.extractvalue %m.a[3] : !llvm.struct<(i32, i32, i32, i32)>
  %b0 = llvm.extractvalue %m.b[0] : !llvm.struct<(i32, i32)>
  %b1 = llvm.extractvalue %m.b[1] : !llvm.struct<(i32, i32)>
  %d = nvvm.mma.sync A[%a0, %a1, %a2, %a3] B[%b0, %b1] C[%zero, %zero, %zero, %zero]
    {layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, multiplicandAPtxType = #nvvm.mma_type<bf16>, multiplicandBPtxType = #nvvm.mma_type<bf16>, shape = #nvvm.shape<m = 16, n = 8, k = 16>}
    : (i32, i32, f32) -> !llvm.struct<(f32, f32, f32, f32)>
  // Lane 4 g + i has columns 2 i and 2 i + 1 of rows g and g + 8.
  %g = llvm.lshr %tid, %c2 : i32
  %i = llvm.and %tid, %c3 : i32
  %row = llvm.mul %g, %c8 : i32
  %column = llvm.mul %i, %c2 : i32
  %o = llvm.add %row, %column : i32
  %p0 = llvm.getelementptr %out[%o] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
  %p1 = llvm.getelementptr %p0[64] : (!llvm.ptr<1>) -> !llvm.ptr<1>, f32
  %q0 = llvm.getelementptr %p0[1] : (!llvm.ptr<1>) -> !llvm.ptr<1>, f32
  %q1 = llvm.getelementptr %p1[1] : (!llvm.ptr<1>) -> !llvm.ptr<1>, f32
  %d0 = llvm.extractvalue %d[0] : !llvm.struct<(f32, f32, f32, f32)>
  %d1 = llvm.extractvalue %d[1] : !llvm.struct<(f32, f32, f32, f32)>
  %d2 = llvm.extractvalue %d[2] : !llvm.struct<(f32, f32, f32, f32)>
  %d3 = llvm.extractvalue %d[3] : !llvm.struct<(f32, f32, f32, f32)>
  llvm.store %d0, %p0 : f32, !llvm.ptr<1>
  llvm.store %d1, %q0 : f32, !llvm.ptr<1>
  llvm.store %d2, %p1 : f32, !llvm.ptr<1>
  llvm.store %d3, %q1 : f32, !llvm.ptr<1>
  llvm.return
}

//--- sm_90a

// A tile by a tensor map, awaited at an mbarrier.
llvm.mlir.global external @smem() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
llvm.func @tile(%map: !llvm.ptr {llvm.byval = !llvm.array<128 x i8>, llvm.align = 64 : i64, nvvm.grid_constant}, %out: !llvm.ptr<1>) attributes {nvvm.kernel} {
  %c0 = llvm.mlir.constant(0 : i32) : i32
  %c1 = llvm.mlir.constant(1 : i32) : i32
  %c32 = llvm.mlir.constant(32 : i32) : i32
  %bytes = llvm.mlir.constant(512 : i32) : i32
  %ticks = llvm.mlir.constant(1000 : i32) : i32
  %tid = nvvm.read.ptx.sreg.tid.x : i32
  %smem = llvm.mlir.addressof @smem : !llvm.ptr<3>
  %barrier = llvm.getelementptr %smem[512] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
  %first = llvm.icmp "eq" %tid, %c0 : i32
  llvm.cond_br %first, ^start, ^started
^start:
  nvvm.mbarrier.init %barrier, %c1 : !llvm.ptr<3>, i32
  nvvm.mbarrier.arrive.expect_tx %barrier, %bytes : !llvm.ptr<3>, i32
  %to = llvm.addrspacecast %smem : !llvm.ptr<3> to !llvm.ptr<7>
  nvvm.cp.async.bulk.tensor.shared.cluster.global %to, %map, %barrier, box[%c32, %c1] : !llvm.ptr<7>, !llvm.ptr
  llvm.br ^started
^started:
  nvvm.barrier0
  nvvm.mbarrier.try_wait.parity %barrier, %c0, %ticks : !llvm.ptr<3>, i32, i32
  %p = llvm.getelementptr %smem[%tid] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
  %v = llvm.load %p : !llvm.ptr<3> -> f32
  %q = llvm.getelementptr %out[%tid] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
  llvm.store %v, %q : f32, !llvm.ptr<1>
  llvm.return
}

// A product of the four warps from shared memory.
llvm.func @product(%in: !llvm.ptr<1>, %out: !llvm.ptr<1>, %a: i64, %b: i64) attributes {nvvm.kernel} {
  %c16 = llvm.mlir.constant(16 : i32) : i32
  %c4 = llvm.mlir.constant(4 : i64) : i64
  %tid = nvvm.read.ptx.sreg.tid.x : i32
  %smem = llvm.mlir.addressof @smem : !llvm.ptr<3>
  %at = llvm.mul %tid, %c16 : i32
  %from = llvm.getelementptr %in[%at] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i8
  %v = llvm.load %from {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
  %to = llvm.getelementptr %smem[%at] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
  llvm.store %v, %to {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<3>
  %from2 = llvm.getelementptr %from[2048] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i8
  %to2 = llvm.getelementptr %to[2048] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
  %v2 = llvm.load %from2 {alignment = 16 : i64} : !llvm.ptr<1> -> vector<4xi32>
  llvm.store %v2, %to2 {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<3>
  nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
  nvvm.barrier0
  %start = llvm.ptrtoint %smem : !llvm.ptr<3> to i64
  %low = llvm.lshr %start, %c4 : i64
  %descriptor.a = llvm.add %a, %low : i64
  %descriptor.b = llvm.add %b, %low : i64
  %none = llvm.mlir.undef : !llvm.struct<(f32, f32, f32, f32)>
  nvvm.wgmma.fence.aligned
  %d = nvvm.wgmma.mma_async %descriptor.a, %descriptor.b, %none, #nvvm.shape<m = 64, n = 8, k = 16>, D[<f32>, <zero>], A[<bf16>, <one>, <row>], B[<bf16>, <one>, <col>] : !llvm.struct<(f32, f32, f32, f32)> -> !llvm.struct<(f32, f32, f32, f32)>
  nvvm.wgmma.commit.group.sync.aligned
  nvvm.wgmma.wait.group.sync.aligned 0
  %d0 = llvm.extractvalue %d[0] : !llvm.struct<(f32, f32, f32, f32)>
  %d1 = llvm.extractvalue %d[1] : !llvm.struct<(f32, f32, f32, f32)>
  %d2 = llvm.extractvalue %d[2] : !llvm.struct<(f32, f32, f32, f32)>
  %d3 = llvm.extractvalue %d[3] : !llvm.struct<(f32, f32, f32, f32)>
  %q = llvm.getelementptr %out[%at] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i8
  %q1 = llvm.getelementptr %q[4] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i8
  %q2 = llvm.getelementptr %q[8] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i8
  %q3 = llvm.getelementptr %q[12] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i8
  llvm.store %d0, %q : f32, !llvm.ptr<1>
  llvm.store %d1, %q1 : f32, !llvm.ptr<1>
  llvm.store %d2, %q2 : f32, !llvm.ptr<1>
  llvm.store %d3, %q3 : f32, !llvm.ptr<1>
  llvm.return
}
