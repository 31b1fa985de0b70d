; Kernels for the emulator to run as llc compiles them.
target triple = "nvptx64-nvidia-cuda"

@tile = internal addrspace(3) global [32 x [33 x float]] undef, align 16
@primes = internal addrspace(4) constant [4 x i32] [i32 2, i32 3, i32 5, i32 7]

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.tid.y()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.y()
declare void @llvm.nvvm.barrier.cta.sync.aligned.all(i32)
declare float @llvm.nvvm.shfl.sync.bfly.f32(i32, float, i32, i32)
declare float @llvm.nvvm.ex2.approx.ftz.f(float)
declare float @llvm.maxnum.f32(float, float)
declare i32 @llvm.fshl.i32(i32, i32, i32)
declare i32 @llvm.ctpop.i32(i32)
declare i32 @llvm.bswap.i32(i32)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)

; --- Calls: by value of a struct, through a pointer, of itself ---------------

%pair = type { i32, i64, [3 x float] }

define internal %pair @swap(%pair %p, ptr %by) noinline {
  %a = extractvalue %pair %p, 0
  %f = extractvalue %pair %p, 2, 1
  %k = load i32, ptr %by
  %s = add i32 %a, %k
  %q = insertvalue %pair %p, i32 %s, 0
  %g = fadd float %f, 1.5
  %r = insertvalue %pair %q, float %g, 2, 2
  ret %pair %r
}
define internal i32 @fibonacci(i32 %n) noinline {
  %small = icmp ult i32 %n, 2
  br i1 %small, label %end, label %more
more:
  %n1 = sub i32 %n, 1
  %n2 = sub i32 %n, 2
  %a = call i32 @fibonacci(i32 %n1)
  %b = call i32 @fibonacci(i32 %n2)
  %s = add i32 %a, %b
  ret i32 %s
end:
  ret i32 %n
}
define internal i32 @twice(i32 %n) noinline {
  %d = mul i32 %n, 2
  ret i32 %d
}
define ptx_kernel void @calls(ptr %out, %pair %p) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %slots = alloca [4 x i32]
  %slot = and i32 %t, 3
  %k = getelementptr [4 x i32], ptr %slots, i32 0, i32 %slot
  %prime.at = getelementptr [4 x i32], ptr addrspace(4) @primes, i32 0, i32 %slot
  %prime = load i32, ptr addrspace(4) %prime.at
  store volatile i32 %prime, ptr %k
  %r = call %pair @swap(%pair %p, ptr %k)
  %a = extractvalue %pair %r, 0
  %f = extractvalue %pair %r, 2, 2
  %fi = fptosi float %f to i32
  %odd = trunc i32 %t to i1
  %which = select i1 %odd, ptr @fibonacci, ptr @twice
  %n = and i32 %t, 15
  %x = call i32 %which(i32 %n)
  %y = add i32 %x, %a
  %z = add i32 %y, %fi
  %o = getelementptr i32, ptr %out, i32 %t
  store i32 %z, ptr %o
  ret void
}

; --- Structs by value whose elements are chosen by index ----------------------

%eight = type { [8 x i32] }

define internal i32 @pick(ptr byval(%eight) align 4 %p, i32 %i) noinline {
  %g = getelementptr [8 x i32], ptr %p, i32 0, i32 %i
  %x = load i32, ptr %g
  ret i32 %x
}
define internal void @fill(ptr sret(%eight) %r, i32 %i) noinline {
  store i32 %i, ptr %r
  %g = getelementptr i32, ptr %r, i32 7
  store i32 99, ptr %g
  ret void
}
define ptx_kernel void @by_value(ptr %out, ptr byval(%eight) align 4 %p) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %i = and i32 %t, 7
  %g = getelementptr [8 x i32], ptr %p, i32 0, i32 %i
  %x = load i32, ptr %g
  %a = alloca %eight
  call void @llvm.memcpy.p0.p0.i64(ptr %a, ptr %p, i64 32, i1 false)
  call void @fill(ptr sret(%eight) %a, i32 %t)
  %y = call i32 @pick(ptr byval(%eight) align 4 %a, i32 %i)
  %z = shl i32 %y, 16
  %w = or i32 %z, %x
  %o = getelementptr i32, ptr %out, i32 %t
  store i32 %w, ptr %o
  ret void
}

; --- Bits, wide integers, a switch by table ----------------------------------

define ptx_kernel void @bits(ptr %in, ptr %out) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %p = getelementptr i64, ptr %in, i32 %t
  %v = load i64, ptr %p
  %w = trunc i64 %v to i32
  %k = and i32 %t, 7
  switch i32 %k, label %other [
    i32 0, label %c0
    i32 1, label %c1
    i32 2, label %c2
    i32 3, label %c3
    i32 4, label %c4
    i32 5, label %c5
  ]
c0:
  %r0 = call i32 @llvm.fshl.i32(i32 %w, i32 %w, i32 %t)
  br label %end
c1:
  %r1 = call i32 @llvm.ctpop.i32(i32 %w)
  br label %end
c2:
  %r2 = call i32 @llvm.bswap.i32(i32 %w)
  br label %end
c3:
  %d3 = udiv i64 %v, 1000003
  %r3 = trunc i64 %d3 to i32
  br label %end
c4:
  %x4 = zext i64 %v to i128
  %m4 = mul i128 %x4, %x4
  %s4 = lshr i128 %m4, 77
  %r4 = trunc i128 %s4 to i32
  br label %end
c5:
  %d5 = sdiv i64 %v, -77
  %r5 = trunc i64 %d5 to i32
  br label %end
other:
  br label %end
end:
  %r = phi i32 [ %r0, %c0 ], [ %r1, %c1 ], [ %r2, %c2 ], [ %r3, %c3 ],
               [ %r4, %c4 ], [ %r5, %c5 ], [ -5, %other ]
  %o = getelementptr i32, ptr %out, i32 %t
  store i32 %r, ptr %o
  ret void
}

; --- Softmax of rows of 32: shuffles, exp2, division -------------------------

define ptx_kernel void @softmax(ptr addrspace(1) %in, ptr addrspace(1) %out) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %row = call i32 @llvm.nvvm.read.ptx.sreg.tid.y()
  %at = mul i32 %row, 32
  %i = add i32 %at, %t
  %p = getelementptr half, ptr addrspace(1) %in, i32 %i
  %h = load half, ptr addrspace(1) %p
  %x = fpext half %h to float
  br label %max
max:
  %by = phi i32 [ 16, %entry ], [ %next, %max ]
  %m = phi float [ %x, %entry ], [ %mm, %max ]
  %o = call float @llvm.nvvm.shfl.sync.bfly.f32(i32 -1, float %m, i32 %by, i32 31)
  %mm = call float @llvm.maxnum.f32(float %m, float %o)
  %next = lshr i32 %by, 1
  %more = icmp ne i32 %next, 0
  br i1 %more, label %max, label %exp
exp:
  %d = fsub float %x, %mm
  %e2 = fmul float %d, 0x3FF7154760000000
  %e = call float @llvm.nvvm.ex2.approx.ftz.f(float %e2)
  br label %sum
sum:
  %by2 = phi i32 [ 16, %exp ], [ %next2, %sum ]
  %s = phi float [ %e, %exp ], [ %ss, %sum ]
  %o2 = call float @llvm.nvvm.shfl.sync.bfly.f32(i32 -1, float %s, i32 %by2, i32 31)
  %ss = fadd float %s, %o2
  %next2 = lshr i32 %by2, 1
  %more2 = icmp ne i32 %next2, 0
  br i1 %more2, label %sum, label %end
end:
  %q = fdiv float %e, %ss
  %b = fptrunc float %q to bfloat
  %po = getelementptr bfloat, ptr addrspace(1) %out, i32 %i
  store bfloat %b, ptr addrspace(1) %po
  ret void
}

; --- A transposition by way of shared memory ---------------------------------

define ptx_kernel void @transpose(ptr addrspace(1) %in, ptr addrspace(1) %out, i32 %rows, i32 %columns) {
  %x = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %y = call i32 @llvm.nvvm.read.ptx.sreg.tid.y()
  %bx = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %by = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.y()
  %cx = mul i32 %bx, 32
  %cy = mul i32 %by, 32
  %c = add i32 %cx, %x
  br label %load
load:
  %j = phi i32 [ 0, %0 ], [ %j.next, %load ]
  %yj = add i32 %y, %j
  %r = add i32 %cy, %yj
  %rc = mul i32 %r, %columns
  %i = add i32 %rc, %c
  %p = getelementptr float, ptr addrspace(1) %in, i32 %i
  %v = load float, ptr addrspace(1) %p
  %s = getelementptr [33 x float], ptr addrspace(3) @tile, i32 %yj, i32 %x
  store float %v, ptr addrspace(3) %s
  %j.next = add i32 %j, 8
  %j.more = icmp ult i32 %j.next, 32
  br i1 %j.more, label %load, label %loaded
loaded:
  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)
  %c2 = add i32 %cy, %x
  br label %store
store:
  %k = phi i32 [ 0, %loaded ], [ %k.next, %store ]
  %yk = add i32 %y, %k
  %r2 = add i32 %cx, %yk
  %rc2 = mul i32 %r2, %rows
  %i2 = add i32 %rc2, %c2
  %s2 = getelementptr [33 x float], ptr addrspace(3) @tile, i32 %x, i32 %yk
  %v2 = load float, ptr addrspace(3) %s2
  %p2 = getelementptr float, ptr addrspace(1) %out, i32 %i2
  store float %v2, ptr addrspace(1) %p2
  %k.next = add i32 %k, 8
  %k.more = icmp ult i32 %k.next, 32
  br i1 %k.more, label %store, label %end
end:
  ret void
}
