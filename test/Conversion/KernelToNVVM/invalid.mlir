// RUN: attn-opt %s -split-input-file -verify-diagnostics -kernel-to-nvvm

gpu.module @unknown_threads {
  gpu.func @f(%a: memref<64x16xbf16>, %i: index) kernel {
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    // expected-error @+1 {{'kernel.copy' op is shared by the threads of a block, in one dimension: say how many there are by nvvm.reqntid on the kernel}}
    kernel.copy %a[%i, %i] to %t[%i] {dims = array<i64: 0, 1>} : memref<64x16xbf16> to !kernel.tile<1x64x16xbf16>
    gpu.return
  }
}

// -----

gpu.module @threads_in_two_dimensions {
  gpu.func @f(%a: memref<64x16xbf16>, %i: index) kernel attributes {nvvm.reqntid = array<i32: 32, 4, 1>} {
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    // expected-error @+1 {{'kernel.copy' op is shared by the threads of a block, in one dimension: say how many there are by nvvm.reqntid on the kernel}}
    kernel.copy %a[%i, %i] to %t[%i] {dims = array<i64: 0, 1>} : memref<64x16xbf16> to !kernel.tile<1x64x16xbf16>
    gpu.return
  }
}

// -----

gpu.module @no_threads {
  gpu.func @f(%a: memref<64x16xbf16>, %i: index) kernel attributes {nvvm.reqntid = array<i32: 0, 1, 1>} {
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    // expected-error @+1 {{'kernel.copy' op is shared by the threads of a block, in one dimension: say how many there are by nvvm.reqntid on the kernel}}
    kernel.copy %a[%i, %i] to %t[%i] {dims = array<i64: 0, 1>} : memref<64x16xbf16> to !kernel.tile<1x64x16xbf16>
    gpu.return
  }
}

// -----

gpu.module @outside_a_kernel {
  func.func @f() {
    // expected-error @+1 {{'kernel.alloc' op is the work of a block of threads; write it in a gpu.func}}
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    return
  }
}

// -----

gpu.module @tile_from_outside {
  // expected-error @+1 {{'gpu.func' op takes or returns '!kernel.tile<1x64x16xbf16>', which is a block's own; make it in the kernel}}
  gpu.func @f(%t: !kernel.tile<1x64x16xbf16>) kernel {
    gpu.return
  }
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
gpu.module @fragment_to_outside {
  // expected-error @+1 {{'func.func' op takes or returns '!kernel.fragment<64x16xf32,}}
  func.func private @f() -> !kernel.fragment<64x16xf32, #matrix>
}

// -----

gpu.module @tile_of_unknown_memory {
  gpu.func @f(%a: memref<64x16xbf16>, %i: index) kernel attributes {nvvm.reqntid = array<i32: 32, 1, 1>} {
    %t = builtin.unrealized_conversion_cast to !kernel.tile<65536x65536x65536xbf16>
    // expected-error @+1 {{'kernel.copy' op takes a tile of 562949953421312 bytes, but the block's shared memory has at most 232448; use smaller tiles or fewer stages}}
    kernel.copy %a[%i, %i] to %t[%i] {dims = array<i64: 0, 1>} : memref<64x16xbf16> to !kernel.tile<65536x65536x65536xbf16>
    gpu.return
  }
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
gpu.module @more_threads_than_warps {
  gpu.func @f(%i: index) kernel attributes {nvvm.reqntid = array<i32: 256, 1, 1>} {
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    // expected-error @+1 {{'kernel.load' op gives a fragment of 4 warps in a block of 256 threads; use a layout of all warps, or change nvvm.reqntid}}
    %x = kernel.load %t[%i] : !kernel.tile<1x64x16xbf16> -> !kernel.fragment<64x16xbf16, #matrix>
    gpu.return
  }
}

// -----

gpu.module @barrier_of_some_warps {
  gpu.func @f() kernel {
    kernel.role first = 0 warps = 4 {
      // expected-error @+1 {{'kernel.barrier' op is done by all threads of a block together, but only some warps come here; move it out of kernel.role}}
      kernel.barrier
    }
    gpu.return
  }
}

// -----

gpu.module @copy_by_some_warps {
  gpu.func @f(%a: memref<64x16xbf16>, %i: index) kernel attributes {nvvm.reqntid = array<i32: 128, 1, 1>} {
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    kernel.role first = 0 warps = 1 {
      // expected-error @+1 {{'kernel.copy' op is done by all threads of a block together, but only some warps come here; move it out of kernel.role}}
      kernel.copy %a[%i, %i] to %t[%i] {dims = array<i64: 0, 1>} : memref<64x16xbf16> to !kernel.tile<1x64x16xbf16>
    }
    gpu.return
  }
}

// -----

#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>
gpu.module @write_of_f8 {
  gpu.func @f(%one: f32, %o: memref<64xf8E4M3FN>, %i: index) kernel {
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64xf32, #rows>
    // expected-error @+1 {{'kernel.write' op writes f16, bf16, f32 or f64, got 'f8E4M3FN'; convert the elements, or use another array}}
    kernel.write %x to %o[%i] {dims = array<i64: 0>} : !kernel.fragment<64xf32, #rows> to memref<64xf8E4M3FN>
    gpu.return
  }
}

// -----

gpu.module @name_of_shared_memory {
  // expected-error @+1 {{'llvm.mlir.global' op is named 'kernel_shared', as the shared memory of kernels is; rename it}}
  llvm.mlir.global external @kernel_shared() : i32
  gpu.func @f() kernel {
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    gpu.return
  }
}

// -----

gpu.module @copy_of_a_tensor {
  gpu.func @f(%a: tensor<64x16xbf16>, %i: index) kernel attributes {nvvm.reqntid = array<i32: 128, 1, 1>} {
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    // expected-error @+1 {{'kernel.copy' op needs a memref with strides, got 'tensor<64x16xbf16>'; bufferize before}}
    kernel.copy %a[%i, %i] to %t[%i] {dims = array<i64: 0, 1>} : tensor<64x16xbf16> to !kernel.tile<1x64x16xbf16>
    gpu.return
  }
}

// -----

gpu.module @copy_without_strides {
  gpu.func @f(%a: memref<64x16xbf16, affine_map<(i, j) -> (i floordiv 2, j)>>, %i: index) kernel attributes {nvvm.reqntid = array<i32: 128, 1, 1>} {
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    // expected-error @+1 {{'kernel.copy' op needs a memref with strides, got}}
    kernel.copy %a[%i, %i] to %t[%i] {dims = array<i64: 0, 1>} : memref<64x16xbf16, affine_map<(i, j) -> (i floordiv 2, j)>> to !kernel.tile<1x64x16xbf16>
    gpu.return
  }
}

// -----

#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>
gpu.module @write_to_a_tensor {
  gpu.func @f(%one: f32, %o: tensor<64xf32>, %i: index) kernel {
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64xf32, #rows>
    // expected-error @+1 {{'kernel.write' op needs a memref with strides, got 'tensor<64xf32>'; bufferize before}}
    %w = kernel.write %x to %o[%i] {dims = array<i64: 0>} : !kernel.fragment<64xf32, #rows> to tensor<64xf32> -> tensor<64xf32>
    gpu.return
  }
}

// -----

gpu.module @too_much_shared_memory {
  gpu.func @f() kernel {
    %a = kernel.alloc : !kernel.tile<2x200x256xbf16>
    // expected-error @+1 {{'kernel.alloc' op needs the block's shared memory to have 237568 bytes, but it has at most 232448; use smaller tiles or fewer stages}}
    %b = kernel.alloc : !kernel.tile<1x64x256xbf16>
    gpu.return
  }
}

// -----

gpu.module @far_too_much_shared_memory {
  gpu.func @f() kernel {
    // expected-error @+1 {{'kernel.alloc' op needs the block's shared memory to have 2251799813685248 bytes, but it has at most 232448; use smaller tiles or fewer stages}}
    %a = kernel.alloc : !kernel.tile<65536x65536x65536xf64>
    gpu.return
  }
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
gpu.module @load_of_f32 {
  gpu.func @f(%i: index) kernel {
    %t = kernel.alloc : !kernel.tile<1x64x16xf32>
    // expected-error @+2 {{'kernel.load' op takes tiles with elements of 2 bytes, got 'f32'}}
    // expected-error @+1 {{failed to legalize operation 'kernel.load' that was explicitly marked illegal}}
    %x = kernel.load %t[%i] : !kernel.tile<1x64x16xf32> -> !kernel.fragment<64x16xf32, #matrix>
    gpu.return
  }
}

// -----

#row_by_row = #kernel.layout<registers = [16 x (0, 1)], lanes = [32 x (1, 0)], warps = [2 x (32, 0)]>
gpu.module @load_with_another_layout {
  gpu.func @f(%i: index) kernel {
    %t = kernel.alloc : !kernel.tile<1x64x16xbf16>
    // expected-error @+2 {{'kernel.load' op needs fragments with the layout of products of matrices and a multiple of 16 columns, got}}
    // expected-error @+1 {{failed to legalize operation 'kernel.load' that was explicitly marked illegal}}
    %x = kernel.load %t[%i] : !kernel.tile<1x64x16xbf16> -> !kernel.fragment<64x16xbf16, #row_by_row>
    gpu.return
  }
}

// -----

#narrow = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 1 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
gpu.module @load_of_eight_columns {
  gpu.func @f(%i: index) kernel {
    %t = kernel.alloc : !kernel.tile<1x64x8xbf16>
    // expected-error @+2 {{'kernel.load' op needs fragments with the layout of products of matrices and a multiple of 16 columns, got}}
    // expected-error @+1 {{failed to legalize operation 'kernel.load' that was explicitly marked illegal}}
    %x = kernel.load %t[%i] : !kernel.tile<1x64x8xbf16> -> !kernel.fragment<64x8xbf16, #narrow>
    gpu.return
  }
}

// -----

#four = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
#two = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8), 2 x (32, 0)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [2 x (16, 0)]>
gpu.module @product_across_warps {
  gpu.func @f(%one: f32, %i: index) kernel {
    %t = kernel.alloc : !kernel.tile<1x16x16xbf16>
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64x16xf32, #four>
    %y = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64x16xf32, #two>
    // expected-error @+2 {{'kernel.mma' op needs the left operand and the accumulator in the same warps, got 4 and 2}}
    // expected-error @+1 {{failed to legalize operation 'kernel.mma' that was explicitly marked illegal}}
    %z = kernel.mma %x, %t[%i], %y : !kernel.fragment<64x16xf32, #four>, !kernel.tile<1x16x16xbf16>, !kernel.fragment<64x16xf32, #two>
    gpu.return
  }
}

// -----

#wide = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 10 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
gpu.module @non_finite_of_many_rows {
  gpu.func @f(%one: f32, %i: index) kernel {
    %t = kernel.alloc : !kernel.tile<1x80x16xbf16>
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64x80xf32, #wide>
    %y = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<64x16xf32, #matrix>
    // expected-error @+2 {{'kernel.take_non_finite' op handles at most 64 rows of a tile, got 80}}
    // expected-error @+1 {{failed to legalize operation 'kernel.take_non_finite' that was explicitly marked illegal}}
    %z = kernel.take_non_finite %x, %t[%i], %y : !kernel.fragment<64x80xf32, #wide>, !kernel.tile<1x80x16xbf16>, !kernel.fragment<64x16xf32, #matrix>
    gpu.return
  }
}

// -----

#columns = #kernel.layout<registers = [8 x (0, 1)], lanes = [32 x (1, 0)], warps = [2 x (0, 8)]>
#rows = #kernel.layout<registers = [], lanes = [32 x (1, 0)], warps = [2 x (0, 0)]>
gpu.module @reduction_across_warps {
  gpu.func @f(%one: f32) kernel {
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<32x16xf32, #columns>
    %y = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f32
    } -> !kernel.fragment<32xf32, #rows>
    // expected-error @+2 {{'kernel.reduce' op combines columns that different warps have; use a layout whose warps have whole rows}}
    // expected-error @+1 {{failed to legalize operation 'kernel.reduce' that was explicitly marked illegal}}
    %z = kernel.reduce add %x, %y : !kernel.fragment<32x16xf32, #columns>, !kernel.fragment<32xf32, #rows>
    gpu.return
  }
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [4 x (16, 0)]>
gpu.module @reduction_in_f16 {
  gpu.func @f(%one: f16) kernel {
    %x = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f16
    } -> !kernel.fragment<64x16xf16, #matrix>
    %y = kernel.map {
    ^bb0(%row: index, %column: index):
      kernel.yield %one : f16
    } -> !kernel.fragment<64xf16, #rows>
    // expected-error @+2 {{'kernel.reduce' op combines elements of 'f16', but lanes exchange f32; convert them before}}
    // expected-error @+1 {{failed to legalize operation 'kernel.reduce' that was explicitly marked illegal}}
    %z = kernel.reduce max %x, %y : !kernel.fragment<64x16xf16, #matrix>, !kernel.fragment<64xf16, #rows>
    gpu.return
  }
}

// -----

// Left for what runs later, or before: not bufferized, or not distributed.

gpu.module @window_left {
  gpu.func @f(%m: tensor<64x64xi1>, %i: index) kernel {
    // expected-error @+1 {{failed to legalize operation 'kernel.window' that was explicitly marked illegal}}
    %w = kernel.window %m[%i, %i] : tensor<64x64xi1> -> tensor<64x64xi1>
    gpu.return
  }
}
