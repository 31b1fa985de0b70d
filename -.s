	.file	"attn"
	.section	.rodata.cst4,"aM",@progbits,4
	.p2align	2, 0x0
.LCPI0_0:
	.long	0xff800000
.LCPI0_1:
	.long	0x3e38aa3b
.LCPI0_2:
	.long	0xc3200000
.LCPI0_3:
	.long	0xcb4000bf
.LCPI0_4:
	.long	0x4b4000bf
.LCPI0_5:
	.long	0x1c1e7544
.LCPI0_6:
	.long	0x1aaddd0a
.LCPI0_7:
	.long	0x1d635ba9
.LCPI0_8:
	.long	0x1e75fcde
.LCPI0_9:
	.long	0x1f317215
.LCPI0_10:
	.long	0x1f800000
.LCPI0_12:
	.long	0x80000000
	.section	.rodata.cst32,"aM",@progbits,32
	.p2align	5, 0x0
.LCPI0_11:
	.long	1
	.long	2
	.long	3
	.long	4
	.long	5
	.long	6
	.long	7
	.long	8
	.text
	.globl	attention
	.p2align	4
	.type	attention,@function
attention:
	testq	%rdx, %rdx
	movq	%rcx, %r8
	sete	%al
	testq	%rcx, %rcx
	sete	%cl
	orb	%al, %cl
	testq	%rsi, %rsi
	sete	%al
	testq	%rdi, %rdi
	sete	%r9b
	orb	%al, %r9b
	movl	%r9d, %eax
	orb	%cl, %al
	jne	.LBB0_94
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%r15
	pushq	%r14
	pushq	%r13
	pushq	%r12
	pushq	%rbx
	andq	$-64, %rsp
	subq	$33856, %rsp
	leaq	256(%rdx), %r9
	leaq	216(%rdx), %r11
	leaq	256(%rsi), %r14
	leaq	1024(%rdi), %r10
	leaq	4(%rsi), %rbx
	leaq	512(%rsi), %r15
	leaq	4288(%r8), %rcx
	addq	$4288, %rdi
	movb	%al, 7(%rsp)
	xorl	%eax, %eax
	vxorps	%xmm11, %xmm11, %xmm11
	movq	%r8, 456(%rsp)
	movq	%r9, 248(%rsp)
	leaq	2048(%rdx), %r9
	movq	%r11, 200(%rsp)
	leaq	1024(%rsi), %r11
	movq	%r14, 184(%rsp)
	leaq	1284(%rsi), %r14
	movq	%rbx, 192(%rsp)
	movq	%r15, 176(%rsp)
	movq	%r9, 240(%rsp)
	movq	%r11, 232(%rsp)
	leaq	65728(%rdx), %r9
	leaq	1796(%rsi), %r11
	movq	%r14, 168(%rsp)
	.p2align	4
.LBB0_2:
	movq	%rax, 440(%rsp)
	shlq	$15, %rax
	movq	%rsi, 208(%rsp)
	movq	%rcx, 432(%rsp)
	movq	%rdx, 216(%rsp)
	movq	%rdx, 272(%rsp)
	movq	%r9, 264(%rsp)
	movq	%r11, 256(%rsp)
	movq	%r10, 296(%rsp)
	movq	%rdi, 448(%rsp)
	movq	%rdi, %rdx
	movq	%rcx, %rdi
	movq	$0, 104(%rsp)
	movq	%r9, 480(%rsp)
	movq	%r10, 472(%rsp)
	movq	%r11, 120(%rsp)
	movq	%rax, 464(%rsp)
	movl	$16, %eax
	movq	%rax, 288(%rsp)
	movl	$8, %eax
	movq	%rax, 280(%rsp)
	.p2align	4
.LBB0_4:
	movq	104(%rsp), %rax
	movq	%rax, 24(%rsp)
	shlq	$6, %rax
	addq	464(%rsp), %rax
	movq	%rax, 488(%rsp)
	xorl	%eax, %eax
	.p2align	4
.LBB0_5:
	prefetcht1	-192(%rdx,%rax)
	prefetcht1	-128(%rdx,%rax)
	prefetcht1	-64(%rdx,%rax)
	prefetcht1	(%rdx,%rax)
	addq	$256, %rax
	cmpq	$4096, %rax
	jne	.LBB0_5
	movb	$1, %al
	xorl	%ecx, %ecx
	movq	%rdx, 496(%rsp)
	.p2align	4
.LBB0_7:
	leaq	21536(%rsp), %rdx
	movq	$-8, %rsi
	leaq	416(%rdx,%rcx,4), %rdx
	shlq	$8, %rcx
	addq	296(%rsp), %rcx
	.p2align	4
.LBB0_8:
	vmovups	-224(%rcx,%rsi,4), %ymm0
	vmovups	-736(%rcx,%rsi,4), %ymm2
	vmovups	-992(%rcx,%rsi,4), %ymm1
	vmovups	-480(%rcx,%rsi,4), %ymm3
	vmovups	288(%rcx,%rsi,4), %ymm5
	vmovups	544(%rcx,%rsi,4), %ymm7
	vmovups	32(%rcx,%rsi,4), %ymm8
	vunpckhps	%ymm0, %ymm2, %ymm4
	vunpcklps	%ymm0, %ymm2, %ymm0
	vunpckhps	%ymm3, %ymm1, %ymm2
	vunpcklps	%ymm3, %ymm1, %ymm1
	vmovups	800(%rcx,%rsi,4), %ymm3
	vunpckhps	%ymm7, %ymm8, %ymm9
	addq	$8, %rsi
	vunpcklps	%ymm4, %ymm2, %ymm12
	vunpckhps	%ymm4, %ymm2, %ymm2
	vunpckhps	%ymm3, %ymm5, %ymm6
	vunpcklps	%ymm3, %ymm5, %ymm3
	vunpcklps	%ymm7, %ymm8, %ymm5
	vunpckhps	%ymm6, %ymm9, %ymm10
	vunpcklps	%ymm6, %ymm9, %ymm6
	vunpckhps	%ymm3, %ymm5, %ymm7
	vunpcklps	%ymm3, %ymm5, %ymm3
	vunpckhps	%ymm0, %ymm1, %ymm5
	vunpcklps	%ymm0, %ymm1, %ymm0
	vinsertf128	$1, %xmm7, %ymm5, %ymm8
	vinsertf128	$1, %xmm6, %ymm12, %ymm9
	vinsertf128	$1, %xmm10, %ymm2, %ymm4
	vperm2f128	$49, %ymm10, %ymm2, %ymm2
	vperm2f128	$49, %ymm3, %ymm0, %ymm1
	vperm2f128	$49, %ymm7, %ymm5, %ymm5
	vperm2f128	$49, %ymm6, %ymm12, %ymm6
	vinsertf128	$1, %xmm3, %ymm0, %ymm0
	vmovaps	%ymm2, (%rdx)
	vmovaps	%ymm6, -64(%rdx)
	vmovaps	%ymm5, -128(%rdx)
	vmovaps	%ymm1, -192(%rdx)
	vmovaps	%ymm4, -256(%rdx)
	vmovaps	%ymm9, -320(%rdx)
	vmovaps	%ymm8, -384(%rdx)
	vmovaps	%ymm0, -448(%rdx)
	addq	$512, %rdx
	cmpq	$56, %rsi
	jb	.LBB0_8
	movl	$8, %ecx
	testb	$1, %al
	movl	$0, %eax
	jne	.LBB0_7
	movq	%rdi, 224(%rsp)
	movl	$4096, %edx
	leaq	1024(%rsp), %rdi
	xorl	%esi, %esi
	vmovaps	%ymm11, 544(%rsp)
	vmovaps	%ymm11, 512(%rsp)
	vzeroupper
	callq	memset@PLT
	vbroadcastss	.LCPI0_0(%rip), %ymm0
	movq	24(%rsp), %r12
	vmovaps	%ymm0, 736(%rsp)
	vmovaps	%ymm0, 704(%rsp)
	testq	%r12, %r12
	je	.LBB0_49
	movq	192(%rsp), %rdx
	movq	208(%rsp), %rax
	movq	184(%rsp), %rdi
	movq	200(%rsp), %r13
	movq	216(%rsp), %rcx
	movq	168(%rsp), %r8
	movq	%r12, %r9
	xorl	%esi, %esi
	vmovaps	%ymm0, %ymm2
	vmovaps	%ymm0, %ymm1
	movq	%rdx, 16(%rsp)
	movq	176(%rsp), %rdx
	movq	%rax, 640(%rsp)
	movq	%rdi, 608(%rsp)
	movq	%rdx, 8(%rsp)
	.p2align	4
.LBB0_12:
	cmpq	$256, %r9
	movl	$256, %edx
	movabsq	$-6148914691236517205, %rax
	vmovaps	%ymm2, 320(%rsp)
	vmovaps	%ymm1, 352(%rsp)
	movq	%r13, 672(%rsp)
	movl	$2863311531, %edi
	cmovlq	%r9, %rdx
	subq	%rsi, %r12
	mulxq	%rax, %rbx, %rbx
	cmpq	$256, %r12
	movl	$256, %eax
	movq	%r8, 384(%rsp)
	cmovgeq	%rax, %r12
	movl	%r12d, %eax
	imulq	%rdi, %rax
	movl	%r12d, %r14d
	movq	%r12, %r15
	shrq	$34, %rax
	addl	%eax, %eax
	leal	(%rax,%rax,2), %eax
	subl	%eax, %r14d
	subq	%r14, %r15
	jle	.LBB0_13
	movq	%r8, %rdi
	xorl	%r8d, %r8d
	vmovaps	%ymm0, %ymm3
	vmovaps	%ymm0, 64(%rsp)
	.p2align	4
.LBB0_15:
	movq	%r8, %r13
	shlq	$6, %r13
	movq	$-2, %r10
	leaq	21568(%rsp), %r11
	vmovaps	%ymm3, 128(%rsp)
	vxorps	%xmm4, %xmm4, %xmm4
	vxorps	%xmm9, %xmm9, %xmm9
	vxorps	%xmm5, %xmm5, %xmm5
	vxorps	%xmm11, %xmm11, %xmm11
	vxorps	%xmm6, %xmm6, %xmm6
	vxorps	%xmm12, %xmm12, %xmm12
	vxorps	%xmm7, %xmm7, %xmm7
	vxorps	%xmm13, %xmm13, %xmm13
	vxorps	%xmm8, %xmm8, %xmm8
	vxorps	%xmm14, %xmm14, %xmm14
	vxorps	%xmm10, %xmm10, %xmm10
	vxorps	%xmm15, %xmm15, %xmm15
	.p2align	4
.LBB0_16:
	vbroadcastss	-252(%rdi,%r10,4), %ymm2
	vmovaps	-64(%r11), %ymm1
	vmovaps	-32(%r11), %ymm0
	vbroadcastss	-1272(%rdi,%r10,4), %ymm3
	vfmadd231ps	%ymm1, %ymm2, %ymm11
	vfmadd231ps	%ymm2, %ymm0, %ymm6
	vbroadcastss	4(%rdi,%r10,4), %ymm2
	vfmadd231ps	%ymm1, %ymm2, %ymm9
	vfmadd231ps	%ymm2, %ymm0, %ymm5
	vbroadcastss	-1276(%rdi,%r10,4), %ymm2
	vfmadd231ps	%ymm1, %ymm2, %ymm15
	vfmadd231ps	%ymm2, %ymm0, %ymm4
	vbroadcastss	-1020(%rdi,%r10,4), %ymm2
	vfmadd231ps	%ymm0, %ymm2, %ymm10
	vfmadd231ps	%ymm2, %ymm1, %ymm14
	vbroadcastss	-764(%rdi,%r10,4), %ymm2
	vfmadd231ps	%ymm0, %ymm2, %ymm8
	vfmadd231ps	%ymm2, %ymm1, %ymm13
	vbroadcastss	-508(%rdi,%r10,4), %ymm2
	vfmadd231ps	%ymm1, %ymm2, %ymm12
	vfmadd231ps	%ymm0, %ymm2, %ymm7
	vmovaps	(%r11), %ymm1
	vmovaps	32(%r11), %ymm0
	vbroadcastss	8(%rdi,%r10,4), %ymm2
	subq	$-128, %r11
	vfmadd231ps	%ymm0, %ymm2, %ymm5
	vfmadd231ps	%ymm2, %ymm1, %ymm9
	vbroadcastss	-248(%rdi,%r10,4), %ymm2
	vfmadd231ps	%ymm0, %ymm3, %ymm4
	vfmadd231ps	%ymm1, %ymm3, %ymm15
	vfmadd231ps	%ymm0, %ymm2, %ymm6
	vfmadd231ps	%ymm2, %ymm1, %ymm11
	vbroadcastss	-504(%rdi,%r10,4), %ymm2
	vfmadd231ps	%ymm0, %ymm2, %ymm7
	vfmadd231ps	%ymm2, %ymm1, %ymm12
	vbroadcastss	-760(%rdi,%r10,4), %ymm2
	vfmadd231ps	%ymm0, %ymm2, %ymm8
	vfmadd231ps	%ymm2, %ymm1, %ymm13
	vbroadcastss	-1016(%rdi,%r10,4), %ymm2
	addq	$2, %r10
	vfmadd231ps	%ymm0, %ymm2, %ymm10
	vfmadd231ps	%ymm2, %ymm1, %ymm14
	cmpq	$62, %r10
	jb	.LBB0_16
	vbroadcastss	.LCPI0_1(%rip), %ymm3
	addq	$1536, %rdi
	addq	$6, %r8
	vmulps	%ymm3, %ymm9, %ymm1
	vmulps	%ymm3, %ymm11, %ymm2
	vmulps	%ymm3, %ymm12, %ymm9
	vmulps	%ymm3, %ymm15, %ymm0
	vmulps	%ymm3, %ymm13, %ymm11
	vmulps	%ymm3, %ymm14, %ymm12
	vmulps	%ymm3, %ymm5, %ymm5
	vmulps	%ymm3, %ymm6, %ymm6
	vmulps	%ymm3, %ymm7, %ymm7
	vmulps	%ymm3, %ymm8, %ymm8
	vmulps	%ymm3, %ymm10, %ymm10
	vmulps	%ymm3, %ymm4, %ymm4
	vmaxps	128(%rsp), %ymm0, %ymm3
	vmovaps	%ymm1, 5440(%rsp,%r13)
	vmovaps	%ymm2, 5376(%rsp,%r13)
	vmovaps	%ymm9, 5312(%rsp,%r13)
	vmovaps	%ymm11, 5248(%rsp,%r13)
	vmovaps	%ymm12, 5184(%rsp,%r13)
	vmovaps	%ymm0, 5120(%rsp,%r13)
	vmaxps	64(%rsp), %ymm4, %ymm0
	vmovaps	%ymm5, 5472(%rsp,%r13)
	vmovaps	%ymm6, 5408(%rsp,%r13)
	vmovaps	%ymm7, 5344(%rsp,%r13)
	vmovaps	%ymm8, 5280(%rsp,%r13)
	vmovaps	%ymm10, 5216(%rsp,%r13)
	vmovaps	%ymm4, 5152(%rsp,%r13)
	vmaxps	%ymm3, %ymm12, %ymm3
	vmaxps	%ymm3, %ymm11, %ymm3
	vmaxps	%ymm0, %ymm10, %ymm0
	vmaxps	%ymm3, %ymm9, %ymm3
	vmaxps	%ymm0, %ymm8, %ymm0
	vmaxps	%ymm3, %ymm2, %ymm3
	vmaxps	%ymm0, %ymm7, %ymm0
	vmaxps	%ymm3, %ymm1, %ymm3
	vmaxps	%ymm0, %ymm6, %ymm0
	vmaxps	%ymm0, %ymm5, %ymm0
	vmovaps	%ymm0, 64(%rsp)
	cmpq	%r15, %r8
	jl	.LBB0_15
	jmp	.LBB0_18
	.p2align	4
.LBB0_13:
	vmovaps	%ymm0, %ymm3
	vmovaps	%ymm0, 64(%rsp)
.LBB0_18:
	shrq	$2, %rbx
	movq	%rbx, %rax
	shlq	$9, %rax
	leaq	(%rax,%rax,2), %r13
	movl	%r14d, %eax
	andl	$4, %eax
	leaq	(%r15,%rax), %rdi
	testq	%rax, %rax
	jne	.LBB0_20
	vbroadcastss	.LCPI0_4(%rip), %ymm14
	vbroadcastss	.LCPI0_3(%rip), %ymm15
	jmp	.LBB0_24
	.p2align	4
.LBB0_20:
	vbroadcastss	.LCPI0_4(%rip), %ymm14
	vbroadcastss	.LCPI0_3(%rip), %ymm15
	movq	8(%rsp), %rax
	leaq	(%rax,%r13), %r8
	.p2align	4
.LBB0_21:
	movq	%r15, %r10
	shlq	$6, %r10
	movq	$-2, %rax
	leaq	21568(%rsp), %r11
	vmovaps	%ymm3, 128(%rsp)
	vxorps	%xmm4, %xmm4, %xmm4
	vxorps	%xmm8, %xmm8, %xmm8
	vxorps	%xmm5, %xmm5, %xmm5
	vxorps	%xmm9, %xmm9, %xmm9
	vxorps	%xmm6, %xmm6, %xmm6
	vxorps	%xmm10, %xmm10, %xmm10
	vxorps	%xmm7, %xmm7, %xmm7
	vxorps	%xmm11, %xmm11, %xmm11
	.p2align	4
.LBB0_22:
	vbroadcastss	-248(%r8,%rax,4), %ymm2
	vmovaps	-64(%r11), %ymm13
	vmovaps	-32(%r11), %ymm12
	vmovaps	(%r11), %ymm0
	vmovaps	32(%r11), %ymm1
	vbroadcastss	-500(%r8,%rax,4), %ymm3
	subq	$-128, %r11
	vfmadd231ps	%ymm13, %ymm2, %ymm10
	vfmadd231ps	%ymm2, %ymm12, %ymm7
	vbroadcastss	8(%r8,%rax,4), %ymm2
	vfmadd231ps	%ymm13, %ymm2, %ymm9
	vfmadd231ps	%ymm2, %ymm12, %ymm6
	vbroadcastss	264(%r8,%rax,4), %ymm2
	vfmadd231ps	%ymm13, %ymm2, %ymm8
	vfmadd231ps	%ymm2, %ymm12, %ymm5
	vbroadcastss	268(%r8,%rax,4), %ymm2
	vfmadd231ps	%ymm1, %ymm2, %ymm5
	vfmadd231ps	%ymm2, %ymm0, %ymm8
	vbroadcastss	12(%r8,%rax,4), %ymm2
	vfmadd231ps	%ymm1, %ymm2, %ymm6
	vfmadd231ps	%ymm2, %ymm0, %ymm9
	vbroadcastss	-244(%r8,%rax,4), %ymm2
	vfmadd231ps	%ymm1, %ymm2, %ymm7
	vfmadd231ps	%ymm2, %ymm0, %ymm10
	vbroadcastss	-504(%r8,%rax,4), %ymm2
	addq	$2, %rax
	vfmadd231ps	%ymm13, %ymm2, %ymm11
	vfmadd231ps	%ymm12, %ymm2, %ymm4
	vfmadd231ps	%ymm1, %ymm3, %ymm4
	vfmadd231ps	%ymm0, %ymm3, %ymm11
	cmpq	$62, %rax
	jb	.LBB0_22
	vbroadcastss	.LCPI0_1(%rip), %ymm3
	addq	$1024, %r8
	addq	$4, %r15
	vmulps	%ymm3, %ymm8, %ymm0
	vmulps	%ymm3, %ymm9, %ymm1
	vmulps	%ymm3, %ymm10, %ymm2
	vmulps	%ymm3, %ymm11, %ymm8
	vmulps	%ymm3, %ymm5, %ymm5
	vmulps	%ymm3, %ymm6, %ymm6
	vmulps	%ymm3, %ymm7, %ymm7
	vmulps	%ymm3, %ymm4, %ymm4
	vmaxps	128(%rsp), %ymm8, %ymm3
	vmovaps	%ymm0, 5312(%rsp,%r10)
	vmovaps	%ymm1, 5248(%rsp,%r10)
	vmovaps	%ymm2, 5184(%rsp,%r10)
	vmovaps	%ymm8, 5120(%rsp,%r10)
	vmovaps	%ymm5, 5344(%rsp,%r10)
	vmovaps	%ymm6, 5280(%rsp,%r10)
	vmovaps	%ymm7, 5216(%rsp,%r10)
	vmovaps	%ymm4, 5152(%rsp,%r10)
	vmaxps	%ymm3, %ymm2, %ymm3
	vmaxps	%ymm3, %ymm1, %ymm3
	vmaxps	%ymm3, %ymm0, %ymm3
	vmaxps	64(%rsp), %ymm4, %ymm0
	vmaxps	%ymm0, %ymm7, %ymm0
	vmaxps	%ymm0, %ymm6, %ymm0
	vmaxps	%ymm0, %ymm5, %ymm0
	vmovaps	%ymm0, 64(%rsp)
	cmpq	%rdi, %r15
	jl	.LBB0_21
.LBB0_24:
	addq	%rbx, %rbx
	andl	$2, %r14d
	leaq	(%rbx,%rbx,2), %r8
	leaq	(%rdi,%r14), %rbx
	subl	%r8d, %edx
	testq	%r14, %r14
	jne	.LBB0_28
	vbroadcastss	.LCPI0_2(%rip), %ymm11
	vbroadcastss	.LCPI0_6(%rip), %ymm12
	vbroadcastss	.LCPI0_8(%rip), %ymm13
	vmovaps	64(%rsp), %ymm10
	leaq	544(%rsp), %r14
	jmp	.LBB0_26
	.p2align	4
.LBB0_28:
	vbroadcastss	.LCPI0_2(%rip), %ymm11
	vbroadcastss	.LCPI0_6(%rip), %ymm12
	vbroadcastss	.LCPI0_8(%rip), %ymm13
	vmovaps	64(%rsp), %ymm10
	addq	608(%rsp), %r13
	movl	%edx, %eax
	shrl	$2, %eax
	leaq	544(%rsp), %r14
	shll	$10, %eax
	addq	%rax, %r13
	.p2align	4
.LBB0_29:
	movq	%rdi, %rax
	shlq	$6, %rax
	movq	$-2, %r10
	leaq	21568(%rsp), %r11
	vmovaps	%ymm3, 128(%rsp)
	vxorps	%xmm4, %xmm4, %xmm4
	vxorps	%xmm5, %xmm5, %xmm5
	vxorps	%xmm7, %xmm7, %xmm7
	vxorps	%xmm6, %xmm6, %xmm6
	.p2align	4
.LBB0_30:
	vbroadcastss	8(%r13,%r10,4), %ymm0
	vmovaps	-64(%r11), %ymm1
	vmovaps	-32(%r11), %ymm2
	vbroadcastss	-248(%r13,%r10,4), %ymm3
	vmovaps	(%r11), %ymm8
	vmovaps	32(%r11), %ymm9
	subq	$-128, %r11
	vfmadd231ps	%ymm1, %ymm0, %ymm5
	vfmadd231ps	%ymm0, %ymm2, %ymm7
	vbroadcastss	12(%r13,%r10,4), %ymm0
	vfmadd231ps	%ymm1, %ymm3, %ymm6
	vbroadcastss	-244(%r13,%r10,4), %ymm1
	vfmadd231ps	%ymm2, %ymm3, %ymm4
	addq	$2, %r10
	vfmadd231ps	%ymm9, %ymm0, %ymm7
	vfmadd231ps	%ymm0, %ymm8, %ymm5
	vfmadd231ps	%ymm9, %ymm1, %ymm4
	vfmadd231ps	%ymm8, %ymm1, %ymm6
	cmpq	$62, %r10
	jb	.LBB0_30
	vbroadcastss	.LCPI0_1(%rip), %ymm3
	addq	$512, %r13
	addq	$2, %rdi
	vmulps	%ymm3, %ymm4, %ymm1
	vmulps	%ymm3, %ymm5, %ymm2
	vmulps	%ymm3, %ymm7, %ymm0
	vmulps	%ymm3, %ymm6, %ymm4
	vmaxps	128(%rsp), %ymm4, %ymm3
	vmovaps	%ymm2, 5184(%rsp,%rax)
	vmovaps	%ymm4, 5120(%rsp,%rax)
	vmaxps	%ymm10, %ymm1, %ymm4
	vmovaps	%ymm0, 5216(%rsp,%rax)
	vmovaps	%ymm1, 5152(%rsp,%rax)
	vmaxps	%ymm4, %ymm0, %ymm10
	vmaxps	%ymm3, %ymm2, %ymm3
	cmpq	%rbx, %rdi
	jl	.LBB0_29
.LBB0_26:
	cmpq	%r12, %rbx
	jge	.LBB0_27
	movq	640(%rsp), %rdi
	movl	%edx, %eax
	andl	$4, %eax
	andl	$2, %edx
	vbroadcastss	.LCPI0_5(%rip), %ymm9
	vbroadcastss	.LCPI0_9(%rip), %ymm6
	vbroadcastss	.LCPI0_10(%rip), %ymm7
	leaq	736(%rsp), %r10
	addq	%rax, %r8
	addq	%r8, %rdx
	shlq	$8, %rdx
	leaq	(%rdi,%rdx), %rax
	addq	16(%rsp), %rdx
	.p2align	4
.LBB0_33:
	movq	$-2, %rdi
	leaq	21568(%rsp), %r8
	vxorps	%xmm0, %xmm0, %xmm0
	vxorps	%xmm1, %xmm1, %xmm1
	.p2align	4
.LBB0_34:
	vbroadcastss	8(%rax,%rdi,4), %ymm2
	vfmadd231ps	-64(%r8), %ymm2, %ymm1
	vfmadd231ps	-32(%r8), %ymm2, %ymm0
	vbroadcastss	8(%rdx,%rdi,4), %ymm2
	addq	$2, %rdi
	vfmadd231ps	32(%r8), %ymm2, %ymm0
	vfmadd231ps	(%r8), %ymm2, %ymm1
	subq	$-128, %r8
	cmpq	$62, %rdi
	jb	.LBB0_34
	vbroadcastss	.LCPI0_1(%rip), %ymm2
	movq	%rbx, %rdi
	shlq	$6, %rdi
	addq	$256, %rax
	addq	$256, %rdx
	incq	%rbx
	vmulps	%ymm2, %ymm0, %ymm0
	vmulps	%ymm2, %ymm1, %ymm1
	vmaxps	%ymm3, %ymm1, %ymm3
	vmaxps	%ymm10, %ymm0, %ymm10
	vmovaps	%ymm1, 5120(%rsp,%rdi)
	vmovaps	%ymm0, 5152(%rsp,%rdi)
	cmpq	%r12, %rbx
	jl	.LBB0_33
	jmp	.LBB0_36
	.p2align	4
.LBB0_27:
	vbroadcastss	.LCPI0_5(%rip), %ymm9
	vbroadcastss	.LCPI0_9(%rip), %ymm6
	vbroadcastss	.LCPI0_10(%rip), %ymm7
	leaq	736(%rsp), %r10
.LBB0_36:
	vmovaps	320(%rsp), %ymm1
	vmovaps	352(%rsp), %ymm2
	vbroadcastss	.LCPI0_7(%rip), %ymm5
	movb	$1, %al
	leaq	5120(%rsp), %rdx
	leaq	704(%rsp), %r8
	leaq	512(%rsp), %rdi
	vmaxps	%ymm1, %ymm3, %ymm8
	vbroadcastss	.LCPI0_0(%rip), %ymm3
	vmaxps	%ymm2, %ymm10, %ymm10
	vmovaps	%ymm8, 64(%rsp)
	vmovaps	%ymm8, 704(%rsp)
	vmovaps	%ymm10, 352(%rsp)
	vmovaps	%ymm10, 736(%rsp)
	vcmpneqps	%ymm3, %ymm8, %ymm0
	vandps	%ymm0, %ymm8, %ymm0
	vsubps	%ymm0, %ymm1, %ymm0
	vcmpneqps	%ymm3, %ymm10, %ymm1
	vandps	%ymm1, %ymm10, %ymm1
	vsubps	%ymm1, %ymm2, %ymm1
	vmaxps	%ymm0, %ymm11, %ymm0
	vmaxps	%ymm1, %ymm11, %ymm1
	vaddps	%ymm1, %ymm14, %ymm2
	vaddps	%ymm2, %ymm15, %ymm3
	vsubps	%ymm3, %ymm1, %ymm1
	vaddps	%ymm0, %ymm14, %ymm3
	vaddps	%ymm3, %ymm15, %ymm4
	vsubps	%ymm4, %ymm0, %ymm0
	vmovaps	%ymm12, %ymm4
	vfmadd213ps	%ymm9, %ymm0, %ymm4
	vfmadd213ps	%ymm5, %ymm0, %ymm4
	vfmadd213ps	%ymm13, %ymm0, %ymm4
	vfmadd213ps	%ymm6, %ymm0, %ymm4
	vfmadd213ps	%ymm7, %ymm0, %ymm4
	vmovaps	%ymm12, %ymm0
	vfmadd213ps	%ymm9, %ymm1, %ymm0
	vfmadd213ps	%ymm5, %ymm1, %ymm0
	vfmadd213ps	%ymm13, %ymm1, %ymm0
	vfmadd213ps	%ymm6, %ymm1, %ymm0
	vfmadd213ps	%ymm7, %ymm1, %ymm0
	vpslld	$23, %ymm2, %ymm1
	vmulps	%ymm1, %ymm0, %ymm6
	vpslld	$23, %ymm3, %ymm1
	vmovaps	%ymm5, %ymm0
	vmulps	%ymm1, %ymm4, %ymm1
	vmulps	512(%rsp), %ymm1, %ymm2
	vmovaps	%ymm6, 320(%rsp)
	vmovaps	%ymm1, 128(%rsp)
	vmulps	544(%rsp), %ymm6, %ymm1
	vmovaps	%ymm2, 512(%rsp)
	vmovaps	%ymm1, 544(%rsp)
	.p2align	4
.LBB0_37:
	vmovups	(%r8), %ymm2
	vbroadcastss	.LCPI0_0(%rip), %ymm1
	vmovups	(%rdi), %ymm5
	vbroadcastss	.LCPI0_9(%rip), %ymm10
	addq	$64, %rdx
	xorl	%r8d, %r8d
	vcmpneqps	%ymm1, %ymm2, %ymm3
	vbroadcastss	.LCPI0_10(%rip), %ymm1
	vandps	%ymm2, %ymm3, %ymm4
	.p2align	4
.LBB0_38:
	vmovups	(%rdx), %ymm3
	vmovups	-64(%rdx), %ymm2
	addq	$2, %r8
	vsubps	%ymm4, %ymm3, %ymm3
	vsubps	%ymm4, %ymm2, %ymm2
	vmaxps	%ymm3, %ymm11, %ymm3
	vmaxps	%ymm2, %ymm11, %ymm2
	vaddps	%ymm3, %ymm14, %ymm6
	vaddps	%ymm6, %ymm15, %ymm7
	vsubps	%ymm7, %ymm3, %ymm3
	vaddps	%ymm2, %ymm14, %ymm7
	vaddps	%ymm7, %ymm15, %ymm8
	vsubps	%ymm8, %ymm2, %ymm2
	vmovaps	%ymm12, %ymm8
	vfmadd213ps	%ymm9, %ymm2, %ymm8
	vfmadd213ps	%ymm0, %ymm2, %ymm8
	vfmadd213ps	%ymm13, %ymm2, %ymm8
	vfmadd213ps	%ymm10, %ymm2, %ymm8
	vfmadd213ps	%ymm1, %ymm2, %ymm8
	vmovaps	%ymm12, %ymm2
	vfmadd213ps	%ymm9, %ymm3, %ymm2
	vfmadd213ps	%ymm0, %ymm3, %ymm2
	vfmadd213ps	%ymm13, %ymm3, %ymm2
	vfmadd213ps	%ymm10, %ymm3, %ymm2
	vfmadd213ps	%ymm1, %ymm3, %ymm2
	vpslld	$23, %ymm6, %ymm3
	vmulps	%ymm3, %ymm2, %ymm2
	vpslld	$23, %ymm7, %ymm3
	vmulps	%ymm3, %ymm8, %ymm3
	vaddps	%ymm3, %ymm5, %ymm5
	vmovups	%ymm3, -64(%rdx)
	vmovups	%ymm2, (%rdx)
	subq	$-128, %rdx
	vaddps	%ymm2, %ymm5, %ymm5
	cmpq	%r12, %r8
	jb	.LBB0_38
	vmovups	%ymm5, (%rdi)
	leaq	5152(%rsp), %rdx
	movq	%r10, %r8
	movq	%r14, %rdi
	testb	$1, %al
	movl	$0, %eax
	jne	.LBB0_37
	vmovaps	320(%rsp), %ymm1
	movq	%rcx, %rdx
	xorl	%edi, %edi
	.p2align	4
.LBB0_41:
	movq	%rdi, %r8
	shlq	$6, %r8
	vmovaps	128(%rsp), %ymm0
	movl	$64, %r11d
	xorl	%eax, %eax
	vmulps	1056(%rsp,%r8), %ymm1, %ymm9
	vmulps	1024(%rsp,%r8), %ymm0, %ymm15
	vmulps	1120(%rsp,%r8), %ymm1, %ymm8
	vmulps	1088(%rsp,%r8), %ymm0, %ymm14
	vmulps	1184(%rsp,%r8), %ymm1, %ymm7
	vmulps	1152(%rsp,%r8), %ymm0, %ymm13
	vmulps	1248(%rsp,%r8), %ymm1, %ymm6
	vmulps	1216(%rsp,%r8), %ymm0, %ymm12
	vmulps	1312(%rsp,%r8), %ymm1, %ymm5
	vmulps	1280(%rsp,%r8), %ymm0, %ymm11
	vmulps	1376(%rsp,%r8), %ymm1, %ymm4
	vmulps	1344(%rsp,%r8), %ymm0, %ymm10
	movq	%r8, %r10
	leaq	320(%r8), %rbx
	leaq	256(%r8), %r14
	leaq	192(%r8), %r15
	leaq	128(%r8), %r13
	orq	$64, %r10
	.p2align	4
.LBB0_42:
	vbroadcastss	-240(%rdx,%r11,4), %ymm0
	vmovaps	5056(%rsp,%r11), %ymm2
	vmovaps	5088(%rsp,%r11), %ymm3
	addq	$2, %rax
	vfmadd231ps	%ymm2, %ymm0, %ymm11
	vfmadd231ps	%ymm0, %ymm3, %ymm5
	vbroadcastss	-236(%rdx,%r11,4), %ymm0
	vfmadd231ps	%ymm2, %ymm0, %ymm10
	vfmadd231ps	%ymm0, %ymm3, %ymm4
	vbroadcastss	-256(%rdx,%r11,4), %ymm0
	vfmadd231ps	%ymm2, %ymm0, %ymm15
	vfmadd231ps	%ymm0, %ymm3, %ymm9
	vbroadcastss	-252(%rdx,%r11,4), %ymm0
	vfmadd231ps	%ymm3, %ymm0, %ymm8
	vfmadd231ps	%ymm0, %ymm2, %ymm14
	vbroadcastss	-248(%rdx,%r11,4), %ymm0
	vfmadd231ps	%ymm3, %ymm0, %ymm7
	vfmadd231ps	%ymm0, %ymm2, %ymm13
	vbroadcastss	-244(%rdx,%r11,4), %ymm0
	vfmadd231ps	%ymm2, %ymm0, %ymm12
	vfmadd231ps	%ymm3, %ymm0, %ymm6
	vmovaps	5120(%rsp,%r11), %ymm2
	vbroadcastss	20(%rdx,%r11,4), %ymm3
	vmovaps	5152(%rsp,%r11), %ymm0
	vfmadd231ps	%ymm0, %ymm3, %ymm4
	vfmadd231ps	%ymm3, %ymm2, %ymm10
	vbroadcastss	16(%rdx,%r11,4), %ymm3
	vfmadd231ps	%ymm0, %ymm3, %ymm5
	vfmadd231ps	%ymm3, %ymm2, %ymm11
	vbroadcastss	12(%rdx,%r11,4), %ymm3
	vfmadd231ps	%ymm0, %ymm3, %ymm6
	vfmadd231ps	%ymm3, %ymm2, %ymm12
	vbroadcastss	8(%rdx,%r11,4), %ymm3
	vfmadd231ps	%ymm0, %ymm3, %ymm7
	vfmadd231ps	%ymm3, %ymm2, %ymm13
	vbroadcastss	4(%rdx,%r11,4), %ymm3
	vfmadd231ps	%ymm0, %ymm3, %ymm8
	vfmadd231ps	%ymm3, %ymm2, %ymm14
	vbroadcastss	(%rdx,%r11,4), %ymm3
	subq	$-128, %r11
	vfmadd231ps	%ymm0, %ymm3, %ymm9
	vfmadd231ps	%ymm2, %ymm3, %ymm15
	cmpq	%r12, %rax
	jb	.LBB0_42
	vmovaps	%ymm15, 1024(%rsp,%r8)
	vmovaps	%ymm9, 1056(%rsp,%r8)
	vmovaps	%ymm14, 1024(%rsp,%r10)
	vmovaps	%ymm8, 1056(%rsp,%r10)
	vmovaps	%ymm13, 1024(%rsp,%r13)
	vmovaps	%ymm7, 1056(%rsp,%r13)
	vmovaps	%ymm12, 1024(%rsp,%r15)
	vmovaps	%ymm6, 1056(%rsp,%r15)
	vmovaps	%ymm11, 1024(%rsp,%r14)
	vmovaps	%ymm5, 1056(%rsp,%r14)
	vmovaps	%ymm10, 1024(%rsp,%rbx)
	vmovaps	%ymm4, 1056(%rsp,%rbx)
	addq	$24, %rdx
	cmpq	$48, %rdi
	leaq	6(%rdi), %rdi
	jb	.LBB0_41
	movq	672(%rsp), %r13
	movl	$54, %edi
	movq	%r13, %rdx
	.p2align	4
.LBB0_45:
	movq	%rdi, %r8
	shlq	$6, %r8
	vmovaps	128(%rsp), %ymm0
	movl	$64, %r14d
	xorl	%r15d, %r15d
	vmulps	1056(%rsp,%r8), %ymm1, %ymm8
	vmulps	1024(%rsp,%r8), %ymm0, %ymm13
	vmulps	1120(%rsp,%r8), %ymm1, %ymm7
	vmulps	1088(%rsp,%r8), %ymm0, %ymm12
	vmulps	1184(%rsp,%r8), %ymm1, %ymm6
	vmulps	1152(%rsp,%r8), %ymm0, %ymm11
	vmulps	1248(%rsp,%r8), %ymm1, %ymm5
	vmulps	1216(%rsp,%r8), %ymm0, %ymm10
	vmulps	1312(%rsp,%r8), %ymm1, %ymm4
	vmulps	1280(%rsp,%r8), %ymm0, %ymm9
	leaq	256(%r8), %r10
	leaq	192(%r8), %r11
	leaq	128(%r8), %rax
	leaq	64(%r8), %rbx
	.p2align	4
.LBB0_46:
	vbroadcastss	-244(%rdx,%r14,4), %ymm0
	vmovaps	5056(%rsp,%r14), %ymm3
	vmovaps	5088(%rsp,%r14), %ymm2
	vmovaps	5120(%rsp,%r14), %ymm14
	vmovaps	5152(%rsp,%r14), %ymm15
	addq	$2, %r15
	vfmadd231ps	%ymm3, %ymm0, %ymm10
	vfmadd231ps	%ymm0, %ymm2, %ymm5
	vbroadcastss	-240(%rdx,%r14,4), %ymm0
	vfmadd231ps	%ymm3, %ymm0, %ymm9
	vfmadd231ps	%ymm0, %ymm2, %ymm4
	vbroadcastss	16(%rdx,%r14,4), %ymm0
	vfmadd231ps	%ymm15, %ymm0, %ymm4
	vfmadd231ps	%ymm0, %ymm14, %ymm9
	vbroadcastss	12(%rdx,%r14,4), %ymm0
	vfmadd231ps	%ymm15, %ymm0, %ymm5
	vfmadd231ps	%ymm0, %ymm14, %ymm10
	vbroadcastss	-256(%rdx,%r14,4), %ymm0
	vfmadd231ps	%ymm3, %ymm0, %ymm13
	vfmadd231ps	%ymm0, %ymm2, %ymm8
	vbroadcastss	-252(%rdx,%r14,4), %ymm0
	vfmadd231ps	%ymm2, %ymm0, %ymm7
	vfmadd231ps	%ymm0, %ymm3, %ymm12
	vbroadcastss	-248(%rdx,%r14,4), %ymm0
	vfmadd231ps	%ymm2, %ymm0, %ymm6
	vbroadcastss	8(%rdx,%r14,4), %ymm2
	vfmadd231ps	%ymm3, %ymm0, %ymm11
	vbroadcastss	4(%rdx,%r14,4), %ymm3
	vfmadd231ps	%ymm15, %ymm2, %ymm6
	vfmadd231ps	%ymm2, %ymm14, %ymm11
	vbroadcastss	(%rdx,%r14,4), %ymm2
	vfmadd231ps	%ymm15, %ymm3, %ymm7
	vfmadd231ps	%ymm3, %ymm14, %ymm12
	subq	$-128, %r14
	vfmadd231ps	%ymm15, %ymm2, %ymm8
	vfmadd231ps	%ymm14, %ymm2, %ymm13
	cmpq	%r12, %r15
	jb	.LBB0_46
	vmovaps	%ymm13, 1024(%rsp,%r8)
	vmovaps	%ymm8, 1056(%rsp,%r8)
	vmovaps	%ymm12, 1024(%rsp,%rbx)
	vmovaps	%ymm7, 1056(%rsp,%rbx)
	vmovaps	%ymm11, 1024(%rsp,%rax)
	vmovaps	%ymm6, 1056(%rsp,%rax)
	vmovaps	%ymm10, 1024(%rsp,%r11)
	vmovaps	%ymm5, 1056(%rsp,%r11)
	vmovaps	%ymm9, 1024(%rsp,%r10)
	vmovaps	%ymm4, 1056(%rsp,%r10)
	addq	$20, %rdx
	cmpq	$59, %rdi
	leaq	5(%rdi), %rdi
	jb	.LBB0_45
	vmovaps	64(%rsp), %ymm2
	vmovaps	352(%rsp), %ymm1
	vbroadcastss	.LCPI0_0(%rip), %ymm0
	movq	384(%rsp), %r8
	addq	$65536, 640(%rsp)
	addq	$65536, 16(%rsp)
	addq	$65536, 608(%rsp)
	addq	$65536, 8(%rsp)
	movq	24(%rsp), %r12
	addq	$65536, %r13
	addq	$65536, %rcx
	addq	$-256, %r9
	addq	$256, %rsi
	addq	$65536, %r8
	cmpq	%r12, %rsi
	jb	.LBB0_12
.LBB0_49:
	vbroadcastss	.LCPI0_2(%rip), %ymm7
	vbroadcastss	.LCPI0_5(%rip), %ymm5
	vbroadcastss	.LCPI0_6(%rip), %ymm9
	leaq	16(%r12), %rax
	movq	120(%rsp), %r11
	leaq	1024(%rsp), %rdi
	leaq	544(%rsp), %r10
	xorl	%r8d, %r8d
	vxorps	%xmm11, %xmm11, %xmm11
	movq	%rax, 104(%rsp)
	movb	$1, %al
	movl	%eax, 52(%rsp)
	leaq	704(%rsp), %rax
	movq	%rax, 40(%rsp)
	leaq	512(%rsp), %rax
	movq	%rax, 32(%rsp)
	leaq	21504(%rsp), %rax
	movq	%rax, 56(%rsp)
	jmp	.LBB0_50
	.p2align	4
.LBB0_84:
	movq	40(%rsp), %rax
	vmovaps	384(%rsp), %ymm1
	movq	120(%rsp), %r11
	leaq	544(%rsp), %r10
	vmovups	%ymm0, (%rax)
	movq	32(%rsp), %rax
	vmovups	%ymm1, (%rax)
.LBB0_85:
	testb	$1, 52(%rsp)
	leaq	736(%rsp), %rax
	movl	$8, %r8d
	leaq	1056(%rsp), %rdi
	movq	%r10, 32(%rsp)
	movl	$0, 52(%rsp)
	movq	%rax, 40(%rsp)
	leaq	21536(%rsp), %rax
	movq	%rax, 56(%rsp)
	je	.LBB0_86
.LBB0_50:
	movq	24(%rsp), %rax
	movq	104(%rsp), %rcx
	movq	%r8, %rdx
	orq	%rax, %rdx
	leaq	8(%r8,%rax), %rsi
	cmpq	%rdx, %rcx
	movq	%rdx, 304(%rsp)
	cmovlq	%rcx, %rdx
	cmpq	%rsi, %rcx
	movq	%rsi, 504(%rsp)
	cmovlq	%rcx, %rsi
	cmpq	%rsi, %rax
	cmovgq	%rax, %rsi
	andl	$504, %edx
	cmpq	%rax, %rdx
	cmovleq	%rax, %rdx
	cmpq	%rsi, %rdx
	cmovgeq	%rsi, %rdx
	movq	%rdx, 312(%rsp)
	subq	%rax, %rdx
	jle	.LBB0_69
	movq	32(%rsp), %rax
	movq	272(%rsp), %r14
	movq	264(%rsp), %r15
	movq	256(%rsp), %r12
	movq	%r8, 112(%rsp)
	movq	%rsi, 8(%rsp)
	movq	%rdx, 16(%rsp)
	vmovups	(%rax), %ymm0
	movq	40(%rsp), %rax
	vmovups	(%rax), %ymm2
	movq	56(%rsp), %rax
	leaq	64(%rax), %rbx
	xorl	%eax, %eax
	movq	%rbx, 608(%rsp)
	jmp	.LBB0_52
	.p2align	4
.LBB0_67:
	vbroadcastss	.LCPI0_5(%rip), %ymm5
	movq	672(%rsp), %r14
	movq	384(%rsp), %r15
	movq	352(%rsp), %r12
	movq	320(%rsp), %rax
	movq	16(%rsp), %rdx
	movq	120(%rsp), %r11
	movq	608(%rsp), %rbx
	leaq	544(%rsp), %r10
	vmovaps	%ymm1, %ymm2
	addq	$65536, %r14
	addq	$65536, %r15
	addq	$65536, %r12
	addq	$256, %rax
	cmpq	%rdx, %rax
	jge	.LBB0_68
.LBB0_52:
	vbroadcastss	.LCPI0_0(%rip), %ymm1
	subq	%rax, %rdx
	movl	$256, %r8d
	movq	%rax, 320(%rsp)
	cmpq	$256, %rdx
	movq	%rdx, 64(%rsp)
	cmovlq	%rdx, %r8
	cmpq	$8, %rdx
	jl	.LBB0_57
	vbroadcastss	.LCPI0_0(%rip), %ymm1
	movq	%r8, %rax
	andq	$-8, %rax
	movq	%r12, %rsi
	xorl	%r9d, %r9d
	.p2align	4
.LBB0_54:
	movq	$-2, %rcx
	vxorps	%xmm3, %xmm3, %xmm3
	movq	%rbx, %rdx
	vxorps	%xmm5, %xmm5, %xmm5
	vxorps	%xmm8, %xmm8, %xmm8
	vxorps	%xmm9, %xmm9, %xmm9
	vxorps	%xmm10, %xmm10, %xmm10
	vxorps	%xmm7, %xmm7, %xmm7
	vxorps	%xmm4, %xmm4, %xmm4
	vxorps	%xmm6, %xmm6, %xmm6
	.p2align	4
.LBB0_55:
	vbroadcastss	-1020(%rsi,%rcx,4), %ymm13
	vmovups	-64(%rdx), %ymm12
	vbroadcastss	-1276(%rsi,%rcx,4), %ymm14
	vmovups	(%rdx), %ymm11
	subq	$-128, %rdx
	vfmadd213ps	%ymm10, %ymm12, %ymm13
	vbroadcastss	-764(%rsi,%rcx,4), %ymm10
	vfmadd213ps	%ymm7, %ymm12, %ymm14
	vbroadcastss	-1272(%rsi,%rcx,4), %ymm7
	vfmadd213ps	%ymm9, %ymm12, %ymm10
	vbroadcastss	-508(%rsi,%rcx,4), %ymm9
	vfmadd213ps	%ymm14, %ymm11, %ymm7
	vbroadcastss	-1788(%rsi,%rcx,4), %ymm14
	vfmadd213ps	%ymm8, %ymm12, %ymm9
	vbroadcastss	-252(%rsi,%rcx,4), %ymm8
	vfmadd213ps	%ymm6, %ymm12, %ymm14
	vbroadcastss	-1532(%rsi,%rcx,4), %ymm6
	vfmadd213ps	%ymm5, %ymm12, %ymm8
	vbroadcastss	4(%rsi,%rcx,4), %ymm5
	vfmadd213ps	%ymm4, %ymm12, %ymm6
	vbroadcastss	-1528(%rsi,%rcx,4), %ymm4
	vfmadd213ps	%ymm3, %ymm12, %ymm5
	vbroadcastss	8(%rsi,%rcx,4), %ymm3
	vfmadd213ps	%ymm6, %ymm11, %ymm4
	vbroadcastss	-1784(%rsi,%rcx,4), %ymm6
	vfmadd213ps	%ymm5, %ymm11, %ymm3
	vbroadcastss	-248(%rsi,%rcx,4), %ymm5
	vfmadd213ps	%ymm14, %ymm11, %ymm6
	vfmadd213ps	%ymm8, %ymm11, %ymm5
	vbroadcastss	-504(%rsi,%rcx,4), %ymm8
	vfmadd213ps	%ymm9, %ymm11, %ymm8
	vbroadcastss	-760(%rsi,%rcx,4), %ymm9
	vfmadd213ps	%ymm10, %ymm11, %ymm9
	vbroadcastss	-1016(%rsi,%rcx,4), %ymm10
	addq	$2, %rcx
	vfmadd213ps	%ymm13, %ymm11, %ymm10
	cmpq	$62, %rcx
	jb	.LBB0_55
	vbroadcastss	.LCPI0_1(%rip), %ymm11
	movq	%r9, %rcx
	shlq	$5, %rcx
	addq	$2048, %rsi
	addq	$8, %r9
	vmulps	%ymm6, %ymm11, %ymm6
	vmulps	%ymm4, %ymm11, %ymm4
	vmulps	%ymm7, %ymm11, %ymm7
	vmulps	%ymm11, %ymm10, %ymm10
	vmulps	%ymm11, %ymm9, %ymm9
	vmulps	%ymm11, %ymm8, %ymm8
	vmulps	%ymm5, %ymm11, %ymm5
	vmulps	%ymm3, %ymm11, %ymm3
	vmaxps	%ymm1, %ymm6, %ymm1
	vmovaps	%ymm5, 25792(%rsp,%rcx)
	vmovaps	%ymm8, 25760(%rsp,%rcx)
	vmovaps	%ymm9, 25728(%rsp,%rcx)
	vmovaps	%ymm10, 25696(%rsp,%rcx)
	vmovaps	%ymm7, 25664(%rsp,%rcx)
	vmovaps	%ymm4, 25632(%rsp,%rcx)
	vmovaps	%ymm6, 25600(%rsp,%rcx)
	vmovaps	%ymm3, 25824(%rsp,%rcx)
	vmaxps	%ymm1, %ymm4, %ymm1
	vmaxps	%ymm1, %ymm7, %ymm1
	vmaxps	%ymm1, %ymm10, %ymm1
	vmaxps	%ymm1, %ymm9, %ymm1
	vmaxps	%ymm1, %ymm8, %ymm1
	vmaxps	%ymm1, %ymm5, %ymm1
	vmaxps	%ymm1, %ymm3, %ymm1
	cmpq	%rax, %r9
	jl	.LBB0_54
.LBB0_57:
	vbroadcastss	.LCPI0_0(%rip), %ymm3
	vmaxps	%ymm2, %ymm1, %ymm1
	vbroadcastss	.LCPI0_2(%rip), %ymm9
	vbroadcastss	.LCPI0_4(%rip), %ymm4
	vbroadcastss	.LCPI0_3(%rip), %ymm5
	vbroadcastss	.LCPI0_6(%rip), %ymm7
	vbroadcastss	.LCPI0_5(%rip), %ymm6
	andq	$-2, %r8
	cmpq	$2, 64(%rsp)
	movq	%r12, 352(%rsp)
	vmovaps	%ymm1, 640(%rsp)
	vcmpneqps	%ymm3, %ymm1, %ymm3
	vandps	%ymm1, %ymm3, %ymm3
	vbroadcastss	.LCPI0_9(%rip), %ymm1
	vsubps	%ymm3, %ymm2, %ymm2
	vmaxps	%ymm2, %ymm9, %ymm2
	vaddps	%ymm4, %ymm2, %ymm4
	vaddps	%ymm5, %ymm4, %ymm5
	vsubps	%ymm5, %ymm2, %ymm2
	vfmadd213ps	%ymm6, %ymm2, %ymm7
	vbroadcastss	.LCPI0_7(%rip), %ymm6
	vfmadd213ps	%ymm6, %ymm2, %ymm7
	vbroadcastss	.LCPI0_8(%rip), %ymm6
	vfmadd213ps	%ymm6, %ymm2, %ymm7
	vbroadcastss	.LCPI0_10(%rip), %ymm6
	vfmadd213ps	%ymm1, %ymm2, %ymm7
	vfmadd213ps	%ymm6, %ymm2, %ymm7
	vpslld	$23, %ymm4, %ymm2
	vmulps	%ymm2, %ymm7, %ymm2
	vmulps	%ymm2, %ymm0, %ymm0
	jl	.LBB0_60
	vbroadcastss	.LCPI0_3(%rip), %ymm11
	vbroadcastss	.LCPI0_5(%rip), %ymm12
	vbroadcastss	.LCPI0_6(%rip), %ymm13
	vbroadcastss	.LCPI0_7(%rip), %ymm14
	vbroadcastss	.LCPI0_8(%rip), %ymm15
	vbroadcastss	.LCPI0_9(%rip), %ymm1
	vbroadcastss	.LCPI0_10(%rip), %ymm10
	leaq	25632(%rsp), %rax
	xorl	%ecx, %ecx
	.p2align	4
.LBB0_59:
	vmovaps	(%rax), %ymm5
	vbroadcastss	.LCPI0_4(%rip), %ymm8
	vmovaps	-32(%rax), %ymm4
	addq	$2, %rcx
	vsubps	%ymm3, %ymm5, %ymm5
	vsubps	%ymm3, %ymm4, %ymm4
	vmaxps	%ymm5, %ymm9, %ymm5
	vmaxps	%ymm4, %ymm9, %ymm4
	vaddps	%ymm5, %ymm8, %ymm6
	vaddps	%ymm6, %ymm11, %ymm7
	vsubps	%ymm7, %ymm5, %ymm5
	vaddps	%ymm4, %ymm8, %ymm7
	vaddps	%ymm7, %ymm11, %ymm8
	vsubps	%ymm8, %ymm4, %ymm4
	vmovaps	%ymm13, %ymm8
	vfmadd213ps	%ymm12, %ymm4, %ymm8
	vfmadd213ps	%ymm14, %ymm4, %ymm8
	vfmadd213ps	%ymm15, %ymm4, %ymm8
	vfmadd213ps	%ymm1, %ymm4, %ymm8
	vfmadd213ps	%ymm10, %ymm4, %ymm8
	vmovaps	%ymm13, %ymm4
	vfmadd213ps	%ymm12, %ymm5, %ymm4
	vfmadd213ps	%ymm14, %ymm5, %ymm4
	vfmadd213ps	%ymm15, %ymm5, %ymm4
	vfmadd213ps	%ymm1, %ymm5, %ymm4
	vfmadd213ps	%ymm10, %ymm5, %ymm4
	vpslld	$23, %ymm6, %ymm5
	vmulps	%ymm5, %ymm4, %ymm4
	vpslld	$23, %ymm7, %ymm5
	vmulps	%ymm5, %ymm8, %ymm5
	vaddps	%ymm5, %ymm0, %ymm0
	vmovaps	%ymm5, -32(%rax)
	vmovaps	%ymm4, (%rax)
	addq	$64, %rax
	vaddps	%ymm4, %ymm0, %ymm0
	cmpq	%r8, %rcx
	jl	.LBB0_59
.LBB0_60:
	vmovaps	640(%rsp), %ymm1
	movq	%r14, 672(%rsp)
	movq	%r14, %rsi
	movq	%r15, 384(%rsp)
	movq	%r15, %r9
	xorl	%r11d, %r11d
	jmp	.LBB0_61
	.p2align	4
.LBB0_66:
	movq	128(%rsp), %rax
	vmovups	%ymm7, (%rdi,%r15)
	vmovups	%ymm5, (%rdi,%r13)
	vmovups	%ymm8, (%rdi,%rdx)
	vmovups	%ymm10, (%rdi,%r14)
	vmovups	%ymm9, (%rdi,%rbx)
	vmovups	%ymm6, (%rdi,%r12)
	vmovups	%ymm4, (%rdi,%r10)
	addq	$32, %rsi
	addq	$8192, %r9
	vmovups	%ymm3, (%rdi,%rax)
	cmpq	$56, %r11
	leaq	8(%r11), %r11
	jae	.LBB0_67
.LBB0_61:
	xorl	%eax, %eax
	.p2align	4
.LBB0_62:
	prefetcht1	-192(%r9,%rax)
	prefetcht1	-128(%r9,%rax)
	prefetcht1	-64(%r9,%rax)
	prefetcht1	(%r9,%rax)
	addq	$256, %rax
	cmpq	$8192, %rax
	jne	.LBB0_62
	movq	%r11, %r15
	shlq	$6, %r15
	vmulps	448(%rdi,%r15), %ymm2, %ymm3
	vmulps	384(%rdi,%r15), %ymm2, %ymm4
	vmulps	320(%rdi,%r15), %ymm2, %ymm6
	vmulps	256(%rdi,%r15), %ymm2, %ymm9
	vmulps	192(%rdi,%r15), %ymm2, %ymm10
	vmulps	128(%rdi,%r15), %ymm2, %ymm8
	vmulps	64(%rdi,%r15), %ymm2, %ymm5
	vmulps	(%rdi,%r15), %ymm2, %ymm7
	movq	%r15, %rax
	movq	%r15, %r10
	movq	%r15, %r12
	movq	%r15, %rbx
	movq	%r15, %r14
	movq	%r15, %rdx
	movq	%r15, %r13
	orq	$448, %rax
	orq	$384, %r10
	orq	$320, %r12
	orq	$256, %rbx
	orq	$192, %r14
	orq	$128, %rdx
	orq	$64, %r13
	cmpq	$2, 64(%rsp)
	movq	%rax, 128(%rsp)
	jl	.LBB0_66
	movl	$32, %ecx
	xorl	%eax, %eax
	.p2align	4
.LBB0_65:
	vbroadcastss	-244(%rsi,%rcx,8), %ymm13
	vmovaps	25568(%rsp,%rcx), %ymm12
	vbroadcastss	-248(%rsi,%rcx,8), %ymm14
	vmovaps	25600(%rsp,%rcx), %ymm11
	addq	$2, %rax
	vfmadd213ps	%ymm10, %ymm12, %ymm13
	vbroadcastss	-240(%rsi,%rcx,8), %ymm10
	vfmadd213ps	%ymm8, %ymm12, %ymm14
	vbroadcastss	8(%rsi,%rcx,8), %ymm8
	vfmadd213ps	%ymm9, %ymm12, %ymm10
	vbroadcastss	-236(%rsi,%rcx,8), %ymm9
	vfmadd213ps	%ymm14, %ymm11, %ymm8
	vbroadcastss	-256(%rsi,%rcx,8), %ymm14
	vfmadd213ps	%ymm6, %ymm12, %ymm9
	vbroadcastss	-232(%rsi,%rcx,8), %ymm6
	vfmadd213ps	%ymm7, %ymm12, %ymm14
	vbroadcastss	-252(%rsi,%rcx,8), %ymm7
	vfmadd213ps	%ymm4, %ymm12, %ymm6
	vbroadcastss	-228(%rsi,%rcx,8), %ymm4
	vfmadd213ps	%ymm5, %ymm12, %ymm7
	vbroadcastss	4(%rsi,%rcx,8), %ymm5
	vfmadd213ps	%ymm3, %ymm12, %ymm4
	vbroadcastss	28(%rsi,%rcx,8), %ymm3
	vfmadd213ps	%ymm7, %ymm11, %ymm5
	vbroadcastss	(%rsi,%rcx,8), %ymm7
	vfmadd213ps	%ymm4, %ymm11, %ymm3
	vbroadcastss	24(%rsi,%rcx,8), %ymm4
	vfmadd213ps	%ymm14, %ymm11, %ymm7
	vfmadd213ps	%ymm6, %ymm11, %ymm4
	vbroadcastss	20(%rsi,%rcx,8), %ymm6
	vfmadd213ps	%ymm9, %ymm11, %ymm6
	vbroadcastss	16(%rsi,%rcx,8), %ymm9
	vfmadd213ps	%ymm10, %ymm11, %ymm9
	vbroadcastss	12(%rsi,%rcx,8), %ymm10
	addq	$64, %rcx
	vfmadd213ps	%ymm13, %ymm11, %ymm10
	cmpq	%r8, %rax
	jl	.LBB0_65
	jmp	.LBB0_66
	.p2align	4
.LBB0_68:
	vbroadcastss	.LCPI0_2(%rip), %ymm7
	vbroadcastss	.LCPI0_6(%rip), %ymm9
	movq	40(%rsp), %rax
	movq	32(%rsp), %rcx
	movq	8(%rsp), %rsi
	movq	112(%rsp), %r8
	vxorps	%xmm11, %xmm11, %xmm11
	vmovups	%ymm1, (%rax)
	vmovups	%ymm0, (%rcx)
.LBB0_69:
	subq	312(%rsp), %rsi
	jle	.LBB0_85
	movq	40(%rsp), %rdx
	movq	280(%rsp), %rcx
	movq	32(%rsp), %rax
	movq	%rsi, 8(%rsp)
	vmovups	(%rdx), %ymm2
	movq	288(%rsp), %rdx
	leaq	(%rcx,%r8), %r9
	movq	24(%rsp), %rcx
	vmovups	(%rax), %ymm0
	cmpq	%r9, %rdx
	cmovlq	%rdx, %r9
	addq	%rcx, %r8
	cmpq	%r8, %rdx
	cmovlq	%rdx, %r8
	movq	248(%rsp), %rdx
	vmovaps	%ymm0, 384(%rsp)
	cmpq	%rcx, %r8
	cmovleq	%rcx, %r8
	cmpq	%rcx, %r9
	cmovleq	%rcx, %r9
	movq	304(%rsp), %rcx
	addq	$64, 56(%rsp)
	cmpq	%r8, %r9
	cmovgeq	%r8, %r9
	xorl	%ebx, %ebx
	shlq	$8, %r9
	leaq	(%rdx,%r9), %r10
	leaq	-1(%rcx), %rax
	movq	240(%rsp), %rcx
	movq	%rax, 112(%rsp)
	leaq	(%rcx,%r9), %r11
	addq	232(%rsp), %r9
	jmp	.LBB0_71
	.p2align	4
.LBB0_83:
	vmovaps	608(%rsp), %ymm0
	vbroadcastss	.LCPI0_2(%rip), %ymm7
	vbroadcastss	.LCPI0_5(%rip), %ymm5
	vbroadcastss	.LCPI0_6(%rip), %ymm9
	movq	320(%rsp), %r10
	movq	640(%rsp), %r11
	movq	352(%rsp), %r9
	movq	16(%rsp), %rbx
	movq	8(%rsp), %rsi
	vxorps	%xmm11, %xmm11, %xmm11
	addq	$2048, %r10
	addq	$2048, %r11
	addq	$2048, %r9
	addq	$8, %rbx
	vmovaps	%ymm0, %ymm2
	cmpq	%rsi, %rbx
	jge	.LBB0_84
.LBB0_71:
	vbroadcastss	.LCPI0_0(%rip), %ymm13
	vbroadcastss	.LCPI0_4(%rip), %ymm14
	vbroadcastss	.LCPI0_3(%rip), %ymm15
	subq	%rbx, %rsi
	movl	$8, %r14d
	movq	%rsi, 64(%rsp)
	vmovaps	%ymm13, %ymm0
	cmpq	$8, %rsi
	cmovlq	%rsi, %r14
	jl	.LBB0_75
	movq	312(%rsp), %rax
	movq	56(%rsp), %rcx
	vxorps	%xmm1, %xmm1, %xmm1
	vxorps	%xmm4, %xmm4, %xmm4
	vxorps	%xmm6, %xmm6, %xmm6
	vxorps	%xmm8, %xmm8, %xmm8
	vxorps	%xmm10, %xmm10, %xmm10
	vxorps	%xmm7, %xmm7, %xmm7
	vxorps	%xmm3, %xmm3, %xmm3
	vxorps	%xmm5, %xmm5, %xmm5
	leaq	(%rbx,%rax), %r8
	movq	$-2, %rax
	.p2align	4
.LBB0_73:
	vbroadcastss	-248(%r9,%rax,4), %ymm11
	vmovups	-64(%rcx), %ymm0
	vbroadcastss	-504(%r9,%rax,4), %ymm12
	vmovups	(%rcx), %ymm9
	subq	$-128, %rcx
	vfmadd213ps	%ymm10, %ymm0, %ymm11
	vbroadcastss	8(%r9,%rax,4), %ymm10
	vfmadd213ps	%ymm7, %ymm0, %ymm12
	vbroadcastss	-500(%r9,%rax,4), %ymm7
	vfmadd213ps	%ymm8, %ymm0, %ymm10
	vbroadcastss	264(%r9,%rax,4), %ymm8
	vfmadd213ps	%ymm12, %ymm9, %ymm7
	vbroadcastss	-1016(%r9,%rax,4), %ymm12
	vfmadd213ps	%ymm6, %ymm0, %ymm8
	vbroadcastss	520(%r9,%rax,4), %ymm6
	vfmadd213ps	%ymm5, %ymm0, %ymm12
	vbroadcastss	-760(%r9,%rax,4), %ymm5
	vfmadd213ps	%ymm4, %ymm0, %ymm6
	vbroadcastss	776(%r9,%rax,4), %ymm4
	vfmadd213ps	%ymm3, %ymm0, %ymm5
	vbroadcastss	-756(%r9,%rax,4), %ymm3
	vfmadd213ps	%ymm1, %ymm0, %ymm4
	vbroadcastss	780(%r9,%rax,4), %ymm1
	vfmadd213ps	%ymm5, %ymm9, %ymm3
	vbroadcastss	-1012(%r9,%rax,4), %ymm5
	vfmadd213ps	%ymm4, %ymm9, %ymm1
	vbroadcastss	524(%r9,%rax,4), %ymm4
	vfmadd213ps	%ymm12, %ymm9, %ymm5
	vfmadd213ps	%ymm6, %ymm9, %ymm4
	vbroadcastss	268(%r9,%rax,4), %ymm6
	vfmadd213ps	%ymm8, %ymm9, %ymm6
	vbroadcastss	12(%r9,%rax,4), %ymm8
	vfmadd213ps	%ymm10, %ymm9, %ymm8
	vbroadcastss	-244(%r9,%rax,4), %ymm10
	addq	$2, %rax
	vfmadd213ps	%ymm11, %ymm9, %ymm10
	cmpq	$62, %rax
	jb	.LBB0_73
	vbroadcastss	.LCPI0_1(%rip), %ymm12
	movq	112(%rsp), %rsi
	movq	504(%rsp), %rdx
	leaq	1(%r8), %rax
	movq	304(%rsp), %rcx
	cmpq	%rsi, %rax
	cmovleq	%rsi, %rax
	cmpq	%rdx, %rax
	vmulps	%ymm1, %ymm12, %ymm0
	vmulps	%ymm4, %ymm12, %ymm11
	vmulps	%ymm6, %ymm12, %ymm9
	vmulps	%ymm3, %ymm12, %ymm3
	vmulps	%ymm12, %ymm8, %ymm8
	vmulps	%ymm12, %ymm10, %ymm6
	vmulps	%ymm7, %ymm12, %ymm4
	vmulps	%ymm5, %ymm12, %ymm1
	vmovdqa	.LCPI0_11(%rip), %ymm12
	cmovgeq	%rdx, %rax
	subl	%ecx, %eax
	vmovd	%eax, %xmm5
	leaq	7(%r8), %rax
	cmpq	%rsi, %rax
	vpbroadcastd	%xmm5, %ymm5
	cmovleq	%rsi, %rax
	cmpq	%rdx, %rax
	cmovgeq	%rdx, %rax
	subl	%ecx, %eax
	vpcmpgtd	%ymm5, %ymm12, %ymm5
	vblendvps	%ymm5, %ymm3, %ymm13, %ymm3
	vmovd	%eax, %xmm5
	leaq	6(%r8), %rax
	cmpq	%rsi, %rax
	vpbroadcastd	%xmm5, %ymm5
	cmovleq	%rsi, %rax
	vpcmpgtd	%ymm5, %ymm12, %ymm5
	cmpq	%rdx, %rax
	vblendvps	%ymm5, %ymm0, %ymm13, %ymm5
	cmovgeq	%rdx, %rax
	subl	%ecx, %eax
	vmovd	%eax, %xmm0
	leaq	5(%r8), %rax
	cmpq	%rsi, %rax
	vpbroadcastd	%xmm0, %ymm0
	cmovleq	%rsi, %rax
	vpcmpgtd	%ymm0, %ymm12, %ymm0
	cmpq	%rdx, %rax
	vblendvps	%ymm0, %ymm11, %ymm13, %ymm7
	cmovgeq	%rdx, %rax
	subl	%ecx, %eax
	vmovd	%eax, %xmm0
	leaq	4(%r8), %rax
	cmpq	%rsi, %rax
	vpbroadcastd	%xmm0, %ymm0
	cmovleq	%rsi, %rax
	vpcmpgtd	%ymm0, %ymm12, %ymm0
	cmpq	%rdx, %rax
	vblendvps	%ymm0, %ymm9, %ymm13, %ymm9
	cmovgeq	%rdx, %rax
	subl	%ecx, %eax
	vmovd	%eax, %xmm0
	leaq	3(%r8), %rax
	cmpq	%rsi, %rax
	vpbroadcastd	%xmm0, %ymm0
	cmovleq	%rsi, %rax
	vpcmpgtd	%ymm0, %ymm12, %ymm0
	cmpq	%rdx, %rax
	vblendvps	%ymm0, %ymm8, %ymm13, %ymm8
	cmovgeq	%rdx, %rax
	subl	%ecx, %eax
	vmovd	%eax, %xmm0
	leaq	2(%r8), %rax
	cmpq	%rsi, %rax
	vpbroadcastd	%xmm0, %ymm0
	cmovleq	%rsi, %rax
	vpcmpgtd	%ymm0, %ymm12, %ymm0
	cmpq	%rdx, %rax
	vblendvps	%ymm0, %ymm6, %ymm13, %ymm0
	cmovgeq	%rdx, %rax
	subl	%ecx, %eax
	cmpq	%rsi, %r8
	cmovleq	%rsi, %r8
	vmovd	%eax, %xmm6
	cmpq	%rdx, %r8
	vpbroadcastd	%xmm6, %ymm6
	cmovgeq	%rdx, %r8
	vpcmpgtd	%ymm6, %ymm12, %ymm6
	subl	%ecx, %r8d
	vblendvps	%ymm6, %ymm4, %ymm13, %ymm4
	vmovd	%r8d, %xmm6
	vpbroadcastd	%xmm6, %ymm6
	vpcmpgtd	%ymm6, %ymm12, %ymm6
	vblendvps	%ymm6, %ymm1, %ymm13, %ymm1
	vmaxps	%ymm13, %ymm1, %ymm6
	vmovaps	%ymm1, 768(%rsp)
	vmovaps	%ymm0, 864(%rsp)
	vmovaps	%ymm4, 832(%rsp)
	vmovaps	%ymm3, 800(%rsp)
	vmovaps	%ymm8, 896(%rsp)
	vmovaps	%ymm9, 928(%rsp)
	vmovaps	%ymm7, 960(%rsp)
	vmovaps	%ymm5, 992(%rsp)
	vmaxps	%ymm6, %ymm3, %ymm1
	vmaxps	%ymm1, %ymm4, %ymm1
	vmaxps	%ymm1, %ymm0, %ymm1
	vmaxps	%ymm1, %ymm8, %ymm0
	vmaxps	%ymm0, %ymm9, %ymm0
	vbroadcastss	.LCPI0_6(%rip), %ymm9
	vmaxps	%ymm0, %ymm7, %ymm0
	vbroadcastss	.LCPI0_2(%rip), %ymm7
	vmaxps	%ymm0, %ymm5, %ymm0
	vbroadcastss	.LCPI0_5(%rip), %ymm5
.LBB0_75:
	vmaxps	%ymm2, %ymm0, %ymm1
	vbroadcastss	.LCPI0_7(%rip), %ymm4
	vbroadcastss	.LCPI0_8(%rip), %ymm3
	vbroadcastss	.LCPI0_9(%rip), %ymm6
	vmovaps	384(%rsp), %ymm10
	andq	$-2, %r14
	cmpq	$2, 64(%rsp)
	movq	%r9, 352(%rsp)
	movq	%rbx, 16(%rsp)
	vcmpneqps	%ymm1, %ymm13, %ymm0
	vmovaps	%ymm1, 608(%rsp)
	vandps	%ymm1, %ymm0, %ymm12
	vsubps	%ymm12, %ymm2, %ymm0
	vmaxps	%ymm0, %ymm7, %ymm0
	vaddps	%ymm0, %ymm14, %ymm1
	vaddps	%ymm1, %ymm15, %ymm2
	vsubps	%ymm2, %ymm0, %ymm0
	vmovaps	%ymm9, %ymm2
	vfmadd213ps	%ymm5, %ymm0, %ymm2
	vfmadd213ps	%ymm4, %ymm0, %ymm2
	vfmadd213ps	%ymm3, %ymm0, %ymm2
	vbroadcastss	.LCPI0_10(%rip), %ymm3
	vfmadd213ps	%ymm6, %ymm0, %ymm2
	vfmadd213ps	%ymm3, %ymm0, %ymm2
	vpslld	$23, %ymm1, %ymm0
	vmulps	%ymm0, %ymm2, %ymm0
	vmulps	%ymm0, %ymm10, %ymm10
	vmovaps	%ymm0, 672(%rsp)
	jl	.LBB0_78
	leaq	800(%rsp), %rax
	xorl	%ecx, %ecx
	vmovaps	%ymm5, %ymm15
	.p2align	4
.LBB0_77:
	vmovaps	-32(%rax), %ymm0
	vbroadcastss	.LCPI0_4(%rip), %ymm11
	vmovaps	(%rax), %ymm1
	vbroadcastss	.LCPI0_3(%rip), %ymm8
	vmovaps	%ymm7, %ymm14
	vbroadcastss	.LCPI0_8(%rip), %ymm13
	vbroadcastss	.LCPI0_10(%rip), %ymm3
	addq	$2, %rcx
	vsubps	%ymm12, %ymm0, %ymm2
	vsubps	%ymm12, %ymm1, %ymm4
	vmaxps	%ymm2, %ymm7, %ymm5
	vmaxps	%ymm4, %ymm7, %ymm4
	vaddps	%ymm5, %ymm11, %ymm2
	vaddps	%ymm2, %ymm8, %ymm6
	vpslld	$23, %ymm2, %ymm2
	vsubps	%ymm6, %ymm5, %ymm5
	vaddps	%ymm4, %ymm11, %ymm6
	vbroadcastss	.LCPI0_7(%rip), %ymm11
	vaddps	%ymm6, %ymm8, %ymm7
	vbroadcastss	.LCPI0_9(%rip), %ymm8
	vsubps	%ymm7, %ymm4, %ymm4
	vmovaps	%ymm9, %ymm7
	vfmadd213ps	%ymm15, %ymm5, %ymm7
	vfmadd213ps	%ymm11, %ymm5, %ymm7
	vfmadd213ps	%ymm13, %ymm5, %ymm7
	vfmadd213ps	%ymm8, %ymm5, %ymm7
	vfmadd213ps	%ymm3, %ymm5, %ymm7
	vmovaps	%ymm9, %ymm5
	vfmadd213ps	%ymm15, %ymm4, %ymm5
	vfmadd213ps	%ymm11, %ymm4, %ymm5
	vmulps	%ymm2, %ymm7, %ymm2
	vmovaps	%ymm14, %ymm7
	vfmadd213ps	%ymm13, %ymm4, %ymm5
	vfmadd213ps	%ymm8, %ymm4, %ymm5
	vfmadd213ps	%ymm3, %ymm4, %ymm5
	vbroadcastss	.LCPI0_0(%rip), %ymm3
	vpslld	$23, %ymm6, %ymm4
	vbroadcastss	.LCPI0_12(%rip), %ymm6
	vmulps	%ymm4, %ymm5, %ymm4
	vcmpeqps	%ymm3, %ymm0, %ymm0
	vcmpeqps	%ymm3, %ymm1, %ymm1
	vblendvps	%ymm0, %ymm6, %ymm2, %ymm0
	vblendvps	%ymm1, %ymm6, %ymm4, %ymm1
	vaddps	%ymm0, %ymm10, %ymm2
	vmovaps	%ymm0, -32(%rax)
	vmovaps	%ymm1, (%rax)
	addq	$64, %rax
	vaddps	%ymm1, %ymm2, %ymm10
	cmpq	%r14, %rcx
	jl	.LBB0_77
.LBB0_78:
	vmovaps	%ymm10, 384(%rsp)
	movq	%r10, 320(%rsp)
	movq	%r10, %r8
	movq	%r11, 640(%rsp)
	movq	%r11, %r10
	xorl	%esi, %esi
	jmp	.LBB0_79
	.p2align	4
.LBB0_82:
	vmovups	%ymm5, (%rdi,%r15)
	vmovups	%ymm3, (%rdi,%rax)
	movq	128(%rsp), %rax
	vmovups	%ymm8, (%rdi,%rdx)
	vmovups	%ymm7, (%rdi,%r13)
	vmovups	%ymm10, (%rdi,%rbx)
	vmovups	%ymm9, (%rdi,%r11)
	vmovups	%ymm6, (%rdi,%rcx)
	addq	$32, %r8
	addq	$256, %r10
	vmovups	%ymm4, (%rdi,%rax)
	cmpq	$56, %rsi
	leaq	8(%rsi), %rsi
	jae	.LBB0_83
.LBB0_79:
	movq	%rsi, %r15
	shlq	$6, %r15
	vmovaps	672(%rsp), %ymm0
	vmulps	448(%rdi,%r15), %ymm0, %ymm4
	vmulps	384(%rdi,%r15), %ymm0, %ymm6
	vmulps	320(%rdi,%r15), %ymm0, %ymm9
	vmulps	256(%rdi,%r15), %ymm0, %ymm10
	vmulps	192(%rdi,%r15), %ymm0, %ymm7
	vmulps	128(%rdi,%r15), %ymm0, %ymm8
	vmulps	64(%rdi,%r15), %ymm0, %ymm3
	vmulps	(%rdi,%r15), %ymm0, %ymm5
	movq	%r15, %rax
	orq	$448, %rax
	movq	%r15, %rcx
	movq	%r15, %r11
	movq	%r15, %rbx
	movq	%r15, %r13
	movq	%r15, %rdx
	orq	$384, %rcx
	orq	$320, %r11
	orq	$256, %rbx
	orq	$192, %r13
	orq	$128, %rdx
	movq	%rax, 128(%rsp)
	movq	%r15, %rax
	orq	$64, %rax
	cmpq	$2, 64(%rsp)
	jl	.LBB0_82
	xorl	%r12d, %r12d
	xorl	%r9d, %r9d
	.p2align	4
.LBB0_81:
	vmovd	-240(%r8,%r12,8), %xmm0
	vmovdqa	768(%rsp,%r12), %ymm12
	vxorps	%xmm1, %xmm1, %xmm1
	vmovd	-256(%r8,%r12,8), %xmm14
	vmovd	-252(%r8,%r12,8), %xmm15
	vmovd	-244(%r8,%r12,8), %xmm2
	vmovdqa	800(%rsp,%r12), %ymm11
	prefetcht0	(%r10,%r12)
	addq	$2, %r9
	vpbroadcastd	%xmm0, %ymm0
	vpcmpgtd	%ymm12, %ymm1, %ymm1
	vpbroadcastd	%xmm2, %ymm2
	vpandn	%ymm0, %ymm1, %ymm13
	vmovd	-236(%r8,%r12,8), %xmm0
	vpandn	%ymm2, %ymm1, %ymm2
	vfmadd213ps	%ymm10, %ymm12, %ymm13
	vfmadd213ps	%ymm7, %ymm12, %ymm2
	vmovd	20(%r8,%r12,8), %xmm7
	vpbroadcastd	%xmm0, %ymm0
	vpbroadcastd	%xmm7, %ymm7
	vpandn	%ymm0, %ymm1, %ymm10
	vmovd	-232(%r8,%r12,8), %xmm0
	vfmadd213ps	%ymm9, %ymm12, %ymm10
	vpbroadcastd	%xmm0, %ymm0
	vpandn	%ymm0, %ymm1, %ymm9
	vmovd	-228(%r8,%r12,8), %xmm0
	vfmadd213ps	%ymm6, %ymm12, %ymm9
	vpbroadcastd	%xmm0, %ymm0
	vpandn	%ymm0, %ymm1, %ymm6
	vmovd	-248(%r8,%r12,8), %xmm0
	vfmadd213ps	%ymm4, %ymm12, %ymm6
	vpbroadcastd	%xmm14, %ymm4
	vpbroadcastd	%xmm15, %ymm14
	vpandn	%ymm14, %ymm1, %ymm15
	vpandn	%ymm4, %ymm1, %ymm14
	vmovd	28(%r8,%r12,8), %xmm4
	vfmadd213ps	%ymm3, %ymm12, %ymm15
	vfmadd213ps	%ymm5, %ymm12, %ymm14
	vpbroadcastd	%xmm0, %ymm0
	vpandn	%ymm0, %ymm1, %ymm0
	vpxor	%xmm1, %xmm1, %xmm1
	vpcmpgtd	%ymm11, %ymm1, %ymm1
	vpbroadcastd	%xmm4, %ymm4
	vfmadd213ps	%ymm8, %ymm12, %ymm0
	vpandn	%ymm4, %ymm1, %ymm4
	vfmadd213ps	%ymm6, %ymm11, %ymm4
	vmovd	24(%r8,%r12,8), %xmm6
	vpbroadcastd	%xmm6, %ymm6
	vpandn	%ymm6, %ymm1, %ymm6
	vfmadd213ps	%ymm9, %ymm11, %ymm6
	vpandn	%ymm7, %ymm1, %ymm9
	vmovd	16(%r8,%r12,8), %xmm7
	vfmadd213ps	%ymm10, %ymm11, %ymm9
	vpbroadcastd	%xmm7, %ymm7
	vpandn	%ymm7, %ymm1, %ymm10
	vmovd	12(%r8,%r12,8), %xmm7
	vfmadd213ps	%ymm13, %ymm11, %ymm10
	vpbroadcastd	%xmm7, %ymm7
	vpandn	%ymm7, %ymm1, %ymm7
	vfmadd213ps	%ymm2, %ymm11, %ymm7
	vmovd	8(%r8,%r12,8), %xmm2
	vpbroadcastd	%xmm2, %ymm2
	vpandn	%ymm2, %ymm1, %ymm8
	vfmadd213ps	%ymm0, %ymm11, %ymm8
	vmovd	4(%r8,%r12,8), %xmm0
	vpbroadcastd	%xmm0, %ymm0
	vpandn	%ymm0, %ymm1, %ymm3
	vmovd	(%r8,%r12,8), %xmm0
	addq	$64, %r12
	vfmadd213ps	%ymm15, %ymm11, %ymm3
	vpbroadcastd	%xmm0, %ymm0
	vpandn	%ymm0, %ymm1, %ymm5
	vfmadd213ps	%ymm14, %ymm11, %ymm5
	cmpq	%r14, %r9
	jl	.LBB0_81
	jmp	.LBB0_82
	.p2align	4
.LBB0_86:
	movq	456(%rsp), %rax
	movq	488(%rsp), %rcx
	movq	224(%rsp), %rdx
	leaq	(%rax,%rcx,4), %rax
	xorl	%ecx, %ecx
	.p2align	4
.LBB0_87:
	prefetchw	-192(%rdx,%rcx)
	prefetchw	-128(%rdx,%rcx)
	prefetchw	-64(%rdx,%rcx)
	prefetchw	(%rdx,%rcx)
	addq	$256, %rcx
	cmpq	$4096, %rcx
	jne	.LBB0_87
	xorl	%ecx, %ecx
	.p2align	4
.LBB0_89:
	movq	%rcx, %rdx
	shlq	$6, %rdx
	movb	$1, %r8b
	leaq	512(%rsp), %r9
	xorl	%esi, %esi
	leaq	1024(%rsp,%rdx), %rdx
	.p2align	4
.LBB0_90:
	vmovups	(%r9), %ymm4
	vmovaps	(%rdx,%rsi,4), %ymm0
	vmovaps	64(%rdx,%rsi,4), %ymm1
	vmovaps	128(%rdx,%rsi,4), %ymm2
	vmovaps	192(%rdx,%rsi,4), %ymm3
	vmovaps	320(%rdx,%rsi,4), %ymm5
	vmovaps	448(%rdx,%rsi,4), %ymm6
	vmovaps	384(%rdx,%rsi,4), %ymm7
	vmovaps	256(%rdx,%rsi,4), %ymm8
	shlq	$8, %rsi
	movl	%r8d, %edi
	xorl	%r8d, %r8d
	movq	%r10, %r9
	addq	%rax, %rsi
	vdivps	%ymm4, %ymm1, %ymm1
	vdivps	%ymm4, %ymm3, %ymm3
	vdivps	%ymm4, %ymm0, %ymm0
	vdivps	%ymm4, %ymm2, %ymm2
	vdivps	%ymm4, %ymm5, %ymm5
	vdivps	%ymm4, %ymm6, %ymm6
	vdivps	%ymm4, %ymm7, %ymm7
	vdivps	%ymm4, %ymm8, %ymm8
	vcmpeqps	%ymm4, %ymm11, %ymm4
	vandnps	%ymm3, %ymm4, %ymm3
	vandnps	%ymm1, %ymm4, %ymm1
	vandnps	%ymm2, %ymm4, %ymm2
	vandnps	%ymm0, %ymm4, %ymm0
	vandnps	%ymm6, %ymm4, %ymm6
	vunpckhps	%ymm3, %ymm1, %ymm9
	vunpcklps	%ymm3, %ymm1, %ymm1
	vunpckhps	%ymm2, %ymm0, %ymm3
	vunpcklps	%ymm2, %ymm0, %ymm0
	vandnps	%ymm7, %ymm4, %ymm2
	vandnps	%ymm8, %ymm4, %ymm7
	vandnps	%ymm5, %ymm4, %ymm4
	vunpcklps	%ymm1, %ymm0, %ymm5
	vunpckhps	%ymm1, %ymm0, %ymm0
	vunpcklps	%ymm6, %ymm4, %ymm1
	vunpcklps	%ymm2, %ymm7, %ymm8
	vunpckhps	%ymm6, %ymm4, %ymm4
	vunpckhps	%ymm2, %ymm7, %ymm2
	vunpcklps	%ymm1, %ymm8, %ymm10
	vunpckhps	%ymm1, %ymm8, %ymm1
	vunpcklps	%ymm9, %ymm3, %ymm8
	vunpcklps	%ymm4, %ymm2, %ymm6
	vunpckhps	%ymm9, %ymm3, %ymm3
	vunpckhps	%ymm4, %ymm2, %ymm2
	vinsertf128	$1, %xmm2, %ymm3, %ymm4
	vperm2f128	$49, %ymm2, %ymm3, %ymm2
	vinsertf128	$1, %xmm6, %ymm8, %ymm3
	vperm2f128	$49, %ymm6, %ymm8, %ymm6
	vinsertf128	$1, %xmm1, %ymm0, %ymm7
	vinsertf128	$1, %xmm10, %ymm5, %ymm8
	vperm2f128	$49, %ymm10, %ymm5, %ymm5
	vperm2f128	$49, %ymm1, %ymm0, %ymm0
	vmovups	%ymm5, 1024(%rsi,%rcx,4)
	vmovups	%ymm0, 1280(%rsi,%rcx,4)
	vmovups	%ymm6, 1536(%rsi,%rcx,4)
	vmovups	%ymm2, 1792(%rsi,%rcx,4)
	vmovups	%ymm7, 256(%rsi,%rcx,4)
	vmovups	%ymm8, (%rsi,%rcx,4)
	vmovups	%ymm3, 512(%rsi,%rcx,4)
	vmovups	%ymm4, 768(%rsi,%rcx,4)
	movl	$8, %esi
	testb	$1, %dil
	jne	.LBB0_90
	cmpq	$56, %rcx
	leaq	8(%rcx), %rcx
	jb	.LBB0_89
	movq	224(%rsp), %rdi
	movq	496(%rsp), %rdx
	addq	$16, 280(%rsp)
	addq	$16, 288(%rsp)
	addq	$4096, 272(%rsp)
	addq	$4096, 264(%rsp)
	addq	$4096, 256(%rsp)
	addq	$4096, 296(%rsp)
	movq	480(%rsp), %r9
	movq	472(%rsp), %r10
	addq	$4096, %rdi
	addq	$4096, %rdx
	cmpq	$495, 24(%rsp)
	jbe	.LBB0_4
	movq	432(%rsp), %rcx
	movq	216(%rsp), %rdx
	movq	208(%rsp), %rsi
	movq	448(%rsp), %rdi
	movq	440(%rsp), %rax
	addq	$131072, 248(%rsp)
	addq	$131072, 240(%rsp)
	addq	$131072, 232(%rsp)
	addq	$131072, 200(%rsp)
	addq	$131072, 192(%rsp)
	addq	$131072, 184(%rsp)
	addq	$131072, 176(%rsp)
	addq	$131072, 168(%rsp)
	addq	$131072, %r9
	addq	$131072, %r11
	addq	$131072, %r10
	addq	$131072, %rcx
	addq	$131072, %rdx
	addq	$131072, %rsi
	addq	$131072, %rdi
	incq	%rax
	cmpq	$8, %rax
	jne	.LBB0_2
	movzbl	7(%rsp), %eax
	leaq	-40(%rbp), %rsp
	popq	%rbx
	popq	%r12
	popq	%r13
	popq	%r14
	popq	%r15
	popq	%rbp
.LBB0_94:
	movzbl	%al, %eax
	vzeroupper
	retq
.Lfunc_end0:
	.size	attention, .Lfunc_end0-attention

	.globl	attention_packed
	.p2align	4
	.type	attention_packed,@function
attention_packed:
	movq	24(%rdi), %rcx
	movq	16(%rdi), %rdx
	movq	(%rdi), %rax
	movq	8(%rdi), %rsi
	movq	%rax, %rdi
	jmp	attention@PLT
.Lfunc_end1:
	.size	attention_packed, .Lfunc_end1-attention_packed

	.section	".note.GNU-stack","",@progbits
