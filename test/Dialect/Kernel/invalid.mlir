// RUN: attn-opt %s -split-input-file -verify-diagnostics

// Parsing.

// expected-error @+1 {{expected 'registers'}}
#layout = #kernel.layout<lanes = [32 x (1, 0)]>

// -----

// expected-error @+1 {{expected 'x'}}
#layout = #kernel.layout<registers = [2 (0, 1)], lanes = [32 x (1, 0)], warps = []>

// -----

// expected-error @+1 {{expected ')'}}
#layout = #kernel.layout<registers = [2 x (0, 1, 2)], lanes = [32 x (1, 0)], warps = []>

// -----

// expected-error @+1 {{expected 'warps'}}
#layout = #kernel.layout<registers = [], lanes = [32 x (1, 0)], threads = []>

// -----

// expected-error @+1 {{expected static shape}}
func.func private @fragment_of_unknown_size(!kernel.fragment<?x16xf32, #kernel.layout<registers = [], lanes = [32 x (1, 0)], warps = []>>)

// -----

// expected-error @+1 {{invalid kind of attribute specified}}
func.func private @fragment_without_layout(!kernel.fragment<32xf32, 1 : i64>)

// -----

// expected-error @+1 {{expected static shape}}
func.func private @tile_of_unknown_size(!kernel.tile<1x?x16xf32>)

// -----

// expected-error @+1 {{expected 'swizzle'}}
func.func private @tile_with_unknown_parameter(!kernel.tile<1x16x16xf32, padding = 8>)

// -----

// expected-error @+2 {{expected ::mlir::kernel::ReductionKind to be one of: add, max}}
// expected-error @+1 {{failed to parse Kernel_ReductionKindAttr parameter 'value' which is to be a `::mlir::kernel::ReductionKind`}}
func.func private @reduction() attributes {kind = #kernel.reduction<min>}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @unknown_reduction(%s: !kernel.fragment<16x16xf32, #matrix>, %m: !kernel.fragment<16xf32, #rows>) {
  // expected-error @+1 {{unknown reduction 'min'; there are add and max}}
  %r = kernel.reduce min %s, %m : !kernel.fragment<16x16xf32, #matrix>, !kernel.fragment<16xf32, #rows>
  return
}

// -----

// Layouts.

// expected-error @+1 {{a digit counts to 1 or more and moves 0 or more rows and columns, at most 65536}}
#layout = #kernel.layout<registers = [0 x (0, 1)], lanes = [32 x (1, 0)], warps = []>

// -----

// expected-error @+1 {{a digit counts to 1 or more and moves 0 or more rows and columns, at most 65536}}
#layout = #kernel.layout<registers = [2 x (0, -1)], lanes = [32 x (1, 0)], warps = []>

// -----

// expected-error @+1 {{a digit counts to 1 or more and moves 0 or more rows and columns, at most 65536}}
#layout = #kernel.layout<registers = [2 x (65537, 0)], lanes = [32 x (1, 0)], warps = []>

// -----

// expected-error @+1 {{there are at most 1024 registers of a thread, and 32 warps}}
#layout = #kernel.layout<registers = [], lanes = [32 x (1, 0)], warps = [32 x (0, 1), 2 x (32, 0)]>

// -----

// expected-error @+1 {{there are at most 1024 registers of a thread, and 32 warps}}
#layout = #kernel.layout<registers = [1024 x (0, 1), 2 x (32, 0)], lanes = [32 x (1, 0)], warps = []>

// -----

// A lane and a register hold the same columns.

// expected-error @+1 {{leaves out columns or holds some twice: the digits that move columns must move 1, and then what those before count to together}}
#layout = #kernel.layout<registers = [2 x (0, 1)], lanes = [4 x (0, 1), 8 x (1, 0)], warps = []>

// -----

// Every other row.

// expected-error @+1 {{leaves out rows or holds some twice: the digits that move rows must move 1, and then what those before count to together}}
#layout = #kernel.layout<registers = [], lanes = [32 x (2, 0)], warps = []>

// -----

// Rows 8 to 15 by a register and by a warp.

// expected-error @+1 {{leaves out rows or holds some twice: the digits that move rows must move 1, and then what those before count to together}}
#layout = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = [2 x (8, 0)]>

// -----

// expected-error @+1 {{a digit moves rows or columns, got (1, 1)}}
#layout = #kernel.layout<registers = [8 x (0, 1)], lanes = [32 x (1, 1)], warps = []>

// -----

// expected-error @+1 {{a warp has 32 lanes, but the digits of lanes count to 16}}
#layout = #kernel.layout<registers = [], lanes = [16 x (1, 0)], warps = []>

// -----

// Types.

// expected-error @+1 {{a fragment has rows, or rows and columns, got 0 dimensions}}
func.func private @fragment_of_one_element(!kernel.fragment<f32, #kernel.layout<registers = [], lanes = [32 x (1, 0)], warps = []>>)

// -----

// expected-error @+1 {{a fragment has rows, or rows and columns, got 3 dimensions}}
func.func private @fragment_of_three_dimensions(!kernel.fragment<1x32x1xf32, #kernel.layout<registers = [], lanes = [32 x (1, 0)], warps = []>>)

// -----

// expected-error @+1 {{elements of a fragment are numbers, got 'index'}}
func.func private @fragment_of_indices(!kernel.fragment<32xindex, #kernel.layout<registers = [], lanes = [32 x (1, 0)], warps = []>>)

// -----

// expected-error @+1 {{the layout is one of 32 x 1 elements, not of 32 x 2}}
func.func private @fragment_of_more_columns(!kernel.fragment<32x2xf32, #kernel.layout<registers = [], lanes = [32 x (1, 0)], warps = []>>)

// -----

// expected-error @+1 {{the layout is one of 32 x 1 elements, not of 64 x 1}}
func.func private @fragment_of_more_rows(!kernel.fragment<64xf32, #kernel.layout<registers = [], lanes = [32 x (1, 0)], warps = []>>)

// -----

// expected-error @+1 {{a tile has stages x rows x columns, got 2 dimensions}}
func.func private @tile_without_stages(!kernel.tile<16x16xf32>)

// -----

// expected-error @+1 {{sizes of a tile are from 1 to 65536, got 0}}
func.func private @tile_of_nothing(!kernel.tile<1x0x16xf32>)

// -----

// expected-error @+1 {{sizes of a tile are from 1 to 65536, got 65537}}
func.func private @tile_of_too_much(!kernel.tile<1x16x65537xf32>)

// -----

// expected-error @+1 {{elements of a tile are numbers of 1, 2, 4 or 8 bytes, got 'i1'}}
func.func private @tile_of_bits(!kernel.tile<1x16x16xi1>)

// -----

// expected-error @+1 {{elements of a tile are numbers of 1, 2, 4 or 8 bytes, got 'index'}}
func.func private @tile_of_indices(!kernel.tile<1x16x16xindex>)

// -----

// expected-error @+1 {{swizzle is 1, 2, 4 or 8 rows, got 3}}
func.func private @swizzle_of_three_rows(!kernel.tile<1x16x16xf32, swizzle = 3>)

// -----

// Copies.

!tile = !kernel.tile<1x16x16xbf16>
func.func @copy_of_other_elements(%x: tensor<2x16x16xf32>, %t: !tile, %i: index) {
  // expected-error @+1 {{'kernel.copy' op copies elements of 'f32' to a tile of 'bf16'}}
  kernel.copy %x[%i, %i, %i] to %t[%i] {dims = array<i64: 1, 2>} : tensor<2x16x16xf32> to !tile
  return
}

// -----

!tile = !kernel.tile<1x16x16xbf16>
func.func @copy_without_offset(%x: tensor<2x16x16xbf16>, %t: !tile, %i: index) {
  // expected-error @+1 {{'kernel.copy' op needs an offset for each of the 3 dimensions of 'tensor<2x16x16xbf16>', got 2}}
  kernel.copy %x[%i, %i] to %t[%i] {dims = array<i64: 1, 2>} : tensor<2x16x16xbf16> to !tile
  return
}

// -----

!tile = !kernel.tile<1x16x16xbf16>
func.func @copy_of_rows_only(%x: tensor<2x16x16xbf16>, %t: !tile, %i: index) {
  // expected-error @+1 {{'kernel.copy' op needs 2 dims, one for each dimension of the tile, got 1}}
  kernel.copy %x[%i, %i, %i] to %t[%i] {dims = array<i64: 1>} : tensor<2x16x16xbf16> to !tile
  return
}

// -----

!tile = !kernel.tile<1x16x16xbf16>
func.func @copy_of_no_dimension(%x: tensor<2x16x16xbf16>, %t: !tile, %i: index) {
  // expected-error @+1 {{'kernel.copy' op dims are different dimensions of 'tensor<2x16x16xbf16>', got 3}}
  kernel.copy %x[%i, %i, %i] to %t[%i] {dims = array<i64: 1, 3>} : tensor<2x16x16xbf16> to !tile
  return
}

// -----

!tile = !kernel.tile<1x16x16xbf16>
func.func @copy_of_negative_dimension(%x: tensor<2x16x16xbf16>, %t: !tile, %i: index) {
  // expected-error @+1 {{'kernel.copy' op dims are different dimensions of 'tensor<2x16x16xbf16>', got -1}}
  kernel.copy %x[%i, %i, %i] to %t[%i] {dims = array<i64: -1, 1>} : tensor<2x16x16xbf16> to !tile
  return
}

// -----

!tile = !kernel.tile<1x16x16xbf16>
func.func @copy_of_same_dimension_twice(%x: tensor<2x16x16xbf16>, %t: !tile, %i: index) {
  // expected-error @+1 {{'kernel.copy' op dims are different dimensions of 'tensor<2x16x16xbf16>', got 2}}
  kernel.copy %x[%i, %i, %i] to %t[%i] {dims = array<i64: 2, 2>} : tensor<2x16x16xbf16> to !tile
  return
}

// -----

!tile = !kernel.tile<1x16x16xbf16>
func.func @copy_of_an_unranked_tensor(%x: tensor<*xbf16>, %t: !tile, %i: index) {
  // expected-error @+1 {{'kernel.copy' op operand #0 must be an array in the device's memory, but got 'tensor<*xbf16>'}}
  kernel.copy %x[%i] to %t[%i] {dims = array<i64: 0, 1>} : tensor<*xbf16> to !tile
  return
}

// -----

func.func @wait_for_less_than_all() {
  // expected-error @+1 {{'kernel.wait' op attribute 'pending' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  kernel.wait -1
  return
}

// -----

// Views and windows.

!tile = !kernel.tile<1x16x16xbf16>
func.func @view_of_other_rows(%t: !tile, %i: index) {
  // expected-error @+1 {{'kernel.view' op shows '!kernel.tile<1x16x16xbf16>' as 'tensor<8x16xbf16>'; the tensor needs its 16 rows and 16 columns, apart from dimensions of size 1, and its element type}}
  %v = kernel.view %t[%i] : !tile -> tensor<8x16xbf16>
  return
}

// -----

!tile = !kernel.tile<1x16x16xbf16>
func.func @view_of_columns_alone(%t: !tile, %i: index) {
  // expected-error @+1 {{'kernel.view' op shows '!kernel.tile<1x16x16xbf16>' as 'tensor<16xbf16>'; the tensor needs its 16 rows and 16 columns, apart from dimensions of size 1, and its element type}}
  %v = kernel.view %t[%i] : !tile -> tensor<16xbf16>
  return
}

// -----

!tile = !kernel.tile<1x16x16xbf16>
func.func @view_of_a_batch(%t: !tile, %i: index) {
  // expected-error @+1 {{'kernel.view' op shows '!kernel.tile<1x16x16xbf16>' as 'tensor<2x16x16xbf16>'; the tensor needs its 16 rows and 16 columns, apart from dimensions of size 1, and its element type}}
  %v = kernel.view %t[%i] : !tile -> tensor<2x16x16xbf16>
  return
}

// -----

!tile = !kernel.tile<1x16x16xbf16>
func.func @view_of_other_elements(%t: !tile, %i: index) {
  // expected-error @+1 {{'kernel.view' op shows '!kernel.tile<1x16x16xbf16>' as 'tensor<16x16xf16>'; the tensor needs its 16 rows and 16 columns, apart from dimensions of size 1, and its element type}}
  %v = kernel.view %t[%i] : !tile -> tensor<16x16xf16>
  return
}

// -----

!tile = !kernel.tile<1x16x16xbf16>
func.func @view_of_unknown_size(%t: !tile, %i: index) {
  // expected-error @+1 {{'kernel.view' op result #0 must be statically shaped tensor of any type values, but got 'tensor<?x16xbf16>'}}
  %v = kernel.view %t[%i] : !tile -> tensor<?x16xbf16>
  return
}

// -----

func.func @window_of_other_rank(%m: tensor<4x4xi1>, %i: index) {
  // expected-error @+1 {{'kernel.window' op shows 'tensor<4x4xi1>' as 'tensor<4xi1>'; rank and element type must be the same}}
  %w = kernel.window %m[%i, %i] : tensor<4x4xi1> -> tensor<4xi1>
  return
}

// -----

func.func @window_of_other_elements(%m: tensor<4x4xi1>, %i: index) {
  // expected-error @+1 {{'kernel.window' op shows 'tensor<4x4xi1>' as 'tensor<2x2xi8>'; rank and element type must be the same}}
  %w = kernel.window %m[%i, %i] : tensor<4x4xi1> -> tensor<2x2xi8>
  return
}

// -----

func.func @window_without_offset(%m: tensor<4x4xi1>, %i: index) {
  // expected-error @+1 {{'kernel.window' op needs an offset for each of the 2 dimensions of 'tensor<4x4xi1>', got 1}}
  %w = kernel.window %m[%i] : tensor<4x4xi1> -> tensor<2x2xi1>
  return
}

// -----

// Products.

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @load_of_other_columns(%t: !kernel.tile<1x16x32xbf16>, %i: index) {
  // expected-error @+1 {{'kernel.load' op loads '!kernel.tile<1x16x32xbf16>' into '!kernel.fragment<16x16xbf16, #kernel.layout<}}
  %f = kernel.load %t[%i] : !kernel.tile<1x16x32xbf16> -> !kernel.fragment<16x16xbf16, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
!tile = !kernel.tile<1x16x16xbf16>
func.func @load_of_other_elements(%t: !tile, %i: index) {
  // expected-error @+1 {{; rows, columns and element type must be the same}}
  %f = kernel.load %t[%i] : !tile -> !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
!tile = !kernel.tile<1x16x16xbf16>
func.func @product_of_rows(%a: !kernel.fragment<16xf32, #rows>, %t: !tile, %c: !kernel.fragment<16x16xf32, #matrix>, %i: index) {
  // expected-error @+1 {{'kernel.mma' op multiplies matrices, got fragments of 1 and 2 dimensions}}
  %r = kernel.mma %a, %t[%i], %c : !kernel.fragment<16xf32, #rows>, !tile, !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
!tile = !kernel.tile<1x16x16xbf16>
func.func @product_into_rows(%a: !kernel.fragment<16x16xf32, #matrix>, %t: !tile, %c: !kernel.fragment<16xf32, #rows>, %i: index) {
  // expected-error @+1 {{'kernel.mma' op multiplies matrices, got fragments of 2 and 1 dimensions}}
  %r = kernel.mma %a, %t[%i], %c : !kernel.fragment<16x16xf32, #matrix>, !tile, !kernel.fragment<16xf32, #rows>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @product_of_other_depth(%a: !kernel.fragment<16x16xf32, #matrix>, %t: !kernel.tile<1x32x16xbf16>, %c: !kernel.fragment<16x16xf32, #matrix>, %i: index) {
  // expected-error @+1 {{'kernel.mma' op multiplies 16 x 16 by 32 x 16, but the accumulator is 16 x 16}}
  %r = kernel.mma %a, %t[%i], %c : !kernel.fragment<16x16xf32, #matrix>, !kernel.tile<1x32x16xbf16>, !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @product_of_other_columns(%a: !kernel.fragment<16x16xf32, #matrix>, %t: !kernel.tile<1x32x16xbf16>, %c: !kernel.fragment<16x16xf32, #matrix>, %i: index) {
  // expected-error @+1 {{'kernel.mma' op multiplies 16 x 16 by 16 x 32, but the accumulator is 16 x 16}}
  %r = kernel.mma %a, %t[%i], %c transposed : !kernel.fragment<16x16xf32, #matrix>, !kernel.tile<1x32x16xbf16>, !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
!tile = !kernel.tile<1x16x16xbf16>
func.func @product_in_bf16(%a: !kernel.fragment<16x16xbf16, #matrix>, %t: !tile, %c: !kernel.fragment<16x16xbf16, #matrix>, %i: index) {
  // expected-error @+1 {{'kernel.mma' op sums in f32, got an accumulator of 'bf16'}}
  %r = kernel.mma %a, %t[%i], %c : !kernel.fragment<16x16xbf16, #matrix>, !tile, !kernel.fragment<16x16xbf16, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @product_of_f32(%a: !kernel.fragment<16x16xf32, #matrix>, %t: !kernel.tile<1x16x16xf32>, %c: !kernel.fragment<16x16xf32, #matrix>, %i: index) {
  // expected-error @+1 {{'kernel.mma' op takes tiles of f16 or bf16, got 'f32'}}
  %r = kernel.mma %a, %t[%i], %c : !kernel.fragment<16x16xf32, #matrix>, !kernel.tile<1x16x16xf32>, !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @product_of_two_types(%a: !kernel.fragment<16x16xbf16, #matrix>, %t: !kernel.tile<1x16x16xf16>, %c: !kernel.fragment<16x16xf32, #matrix>, %i: index) {
  // expected-error @+1 {{'kernel.mma' op takes a left operand of 'f16' or f32, got 'bf16'}}
  %r = kernel.mma %a, %t[%i], %c : !kernel.fragment<16x16xbf16, #matrix>, !kernel.tile<1x16x16xf16>, !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
!tile = !kernel.tile<1x16x16xbf16>
func.func @non_finite_keys(%a: !kernel.fragment<16x16xf32, #matrix>, %t: !tile, %c: !kernel.fragment<16x16xf32, #matrix>, %i: index) {
  // expected-error @+1 {{'kernel.take_non_finite' op takes values, which are not transposed}}
  %r = kernel.take_non_finite %a, %t[%i], %c transposed : !kernel.fragment<16x16xf32, #matrix>, !tile, !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @non_finite_of_other_depth(%a: !kernel.fragment<16x16xf32, #matrix>, %t: !kernel.tile<1x32x16xbf16>, %c: !kernel.fragment<16x16xf32, #matrix>, %i: index) {
  // expected-error @+1 {{'kernel.take_non_finite' op multiplies 16 x 16 by 32 x 16, but the accumulator is 16 x 16}}
  %r = kernel.take_non_finite %a, %t[%i], %c : !kernel.fragment<16x16xf32, #matrix>, !kernel.tile<1x32x16xbf16>, !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#wide = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [2 x (16, 0)]>
func.func @product_of_other_rows(%a: !kernel.fragment<32x16xf32, #wide>, %t: !kernel.tile<1x16x16xbf16>, %c: !kernel.fragment<16x16xf32, #matrix>, %i: index) {
  // expected-error @+1 {{'kernel.mma' op multiplies 32 x 16 by 16 x 16, but the accumulator is 16 x 16}}
  %r = kernel.mma %a, %t[%i], %c : !kernel.fragment<32x16xf32, #wide>, !kernel.tile<1x16x16xbf16>, !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

// Maps and reductions.

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @map_without_column(%s: !kernel.fragment<16x16xf32, #matrix>, %m: !kernel.fragment<16xf32, #rows>) {
  // expected-error @+1 {{'kernel.map' op needs a region with an argument for each input, the row and the column: 3, got 2}}
  %r = kernel.map ins(%s : !kernel.fragment<16x16xf32, #matrix>) {
  ^bb0(%x: f32, %row: index):
    kernel.yield %x : f32
  } -> !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @map_of_other_elements(%s: !kernel.fragment<16x16xf32, #matrix>, %m: !kernel.fragment<16xf32, #rows>) {
  // expected-error @+1 {{'kernel.map' op needs a region argument 0 of 'f32', got 'f16'}}
  %r = kernel.map ins(%s : !kernel.fragment<16x16xf32, #matrix>) {
  ^bb0(%x: f16, %row: index, %column: index):
    kernel.yield %x : f16
  } -> !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @map_with_a_row_in_i32(%s: !kernel.fragment<16x16xf32, #matrix>, %m: !kernel.fragment<16xf32, #rows>) {
  // expected-error @+1 {{'kernel.map' op needs a region argument 1 of 'index', got 'i32'}}
  %r = kernel.map ins(%s : !kernel.fragment<16x16xf32, #matrix>) {
  ^bb0(%x: f32, %row: i32, %column: index):
    kernel.yield %x : f32
  } -> !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @map_without_yield(%s: !kernel.fragment<16x16xf32, #matrix>, %m: !kernel.fragment<16xf32, #rows>) {
  // expected-error @+1 {{'kernel.map' op needs a region that ends with kernel.yield}}
  %r = kernel.map ins(%s : !kernel.fragment<16x16xf32, #matrix>) {
  ^bb0(%x: f32, %row: index, %column: index):
    llvm.unreachable
  } -> !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @map_with_two_yielded(%s: !kernel.fragment<16x16xf32, #matrix>, %m: !kernel.fragment<16xf32, #rows>) {
  // expected-error @+1 {{'kernel.map' op has 1 results, but yields 2 elements}}
  %r = kernel.map ins(%s : !kernel.fragment<16x16xf32, #matrix>) {
  ^bb0(%x: f32, %row: index, %column: index):
    kernel.yield %x, %x : f32, f32
  } -> !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @map_yields_other_elements(%s: !kernel.fragment<16x16xf32, #matrix>, %m: !kernel.fragment<16xf32, #rows>) {
  // expected-error @+1 {{'kernel.map' op yields 'f32' for a result of 'bf16'}}
  %r = kernel.map ins(%s : !kernel.fragment<16x16xf32, #matrix>) {
  ^bb0(%x: f32, %row: index, %column: index):
    kernel.yield %x : f32
  } -> !kernel.fragment<16x16xbf16, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @map_of_two_layouts(%s: !kernel.fragment<16x16xf32, #matrix>) {
  // expected-error @+1 {{'kernel.map' op needs the same layout for all results}}
  %r:2 = kernel.map ins(%s : !kernel.fragment<16x16xf32, #matrix>) {
  ^bb0(%x: f32, %row: index, %column: index):
    kernel.yield %x, %x : f32, f32
  } -> !kernel.fragment<16x16xf32, #matrix>, !kernel.fragment<16xf32, #rows>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @map_to_rows(%s: !kernel.fragment<16x16xf32, #matrix>) {
  // expected-error @+1 {{'kernel.map' op needs inputs of the layout of its results, or of its rows, got '!kernel.fragment<16x16xf32,}}
  %r = kernel.map ins(%s : !kernel.fragment<16x16xf32, #matrix>) {
  ^bb0(%x: f32, %row: index, %column: index):
    kernel.yield %x : f32
  } -> !kernel.fragment<16xf32, #rows>
  return
}

// -----

func.func @map_without_results() {
  // expected-error @+1 {{'kernel.map' op has no result}}
  "kernel.map"() ({
  ^bb0(%row: index, %column: index):
    kernel.yield
  }) : () -> ()
  return
}

// -----

func.func @yield_outside(%x: f32) {
  // expected-error @+1 {{'kernel.yield' op expects parent op 'kernel.map'}}
  kernel.yield %x : f32
}

// -----

#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @reduction_of_rows(%s: !kernel.fragment<16xf32, #rows>, %m: !kernel.fragment<16xf32, #rows>) {
  // expected-error @+1 {{; the initial elements need the rows of its layout and its element type, a float, got}}
  %r = kernel.reduce add %s, %m : !kernel.fragment<16xf32, #rows>, !kernel.fragment<16xf32, #rows>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @reduction_into_a_matrix(%s: !kernel.fragment<16x16xf32, #matrix>, %m: !kernel.fragment<16x16xf32, #matrix>) {
  // expected-error @+1 {{; the initial elements need the rows of its layout and its element type, a float, got}}
  %r = kernel.reduce add %s, %m : !kernel.fragment<16x16xf32, #matrix>, !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @reduction_of_other_elements(%s: !kernel.fragment<16x16xbf16, #matrix>, %m: !kernel.fragment<16xf32, #rows>) {
  // expected-error @+1 {{; the initial elements need the rows of its layout and its element type, a float, got}}
  %r = kernel.reduce add %s, %m : !kernel.fragment<16x16xbf16, #matrix>, !kernel.fragment<16xf32, #rows>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @reduction_of_integers(%s: !kernel.fragment<16x16xi32, #matrix>, %m: !kernel.fragment<16xi32, #rows>) {
  // expected-error @+1 {{; the initial elements need the rows of its layout and its element type, a float, got}}
  %r = kernel.reduce add %s, %m : !kernel.fragment<16x16xi32, #matrix>, !kernel.fragment<16xi32, #rows>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
#others = #kernel.layout<registers = [2 x (1, 0)], lanes = [4 x (0, 0), 8 x (2, 0)], warps = []>
func.func @reduction_into_other_rows(%s: !kernel.fragment<16x16xf32, #matrix>, %m: !kernel.fragment<16xf32, #others>) {
  // expected-error @+1 {{; the initial elements need the rows of its layout and its element type, a float, got '!kernel.fragment<16xf32,}}
  %r = kernel.reduce max %s, %m : !kernel.fragment<16x16xf32, #matrix>, !kernel.fragment<16xf32, #others>
  return
}

// -----

// Writes.

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @write_to_a_tensor_in_place(%f: !kernel.fragment<16x16xf32, #matrix>, %o: tensor<16x16xf32>, %i: index) {
  // expected-error @+1 {{'kernel.write' op needs a result of the destination's type}}
  kernel.write %f to %o[%i, %i] {dims = array<i64: 0, 1>} : !kernel.fragment<16x16xf32, #matrix> to tensor<16x16xf32>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @write_with_another_result(%f: !kernel.fragment<16x16xf32, #matrix>, %o: tensor<16x16xf32>, %i: index) {
  // expected-error @+1 {{'kernel.write' op needs a result of the destination's type}}
  %w = kernel.write %f to %o[%i, %i] {dims = array<i64: 0, 1>} : !kernel.fragment<16x16xf32, #matrix> to tensor<16x16xf32> -> tensor<16x?xf32>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @write_to_a_memref_with_result(%f: !kernel.fragment<16x16xf32, #matrix>, %o: memref<16x16xf32>, %i: index) {
  // expected-error @+1 {{'kernel.write' op writes a memref in place and has no result}}
  %w = kernel.write %f to %o[%i, %i] {dims = array<i64: 0, 1>} : !kernel.fragment<16x16xf32, #matrix> to memref<16x16xf32> -> tensor<16x16xf32>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @write_of_integers(%f: !kernel.fragment<16x16xi32, #matrix>, %o: memref<16x16xi32>, %i: index) {
  // expected-error @+1 {{'kernel.write' op writes floats to floats}}
  kernel.write %f to %o[%i, %i] {dims = array<i64: 0, 1>} : !kernel.fragment<16x16xi32, #matrix> to memref<16x16xi32>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @write_to_integers(%f: !kernel.fragment<16x16xf32, #matrix>, %o: memref<16x16xi32>, %i: index) {
  // expected-error @+1 {{'kernel.write' op writes floats to floats}}
  kernel.write %f to %o[%i, %i] {dims = array<i64: 0, 1>} : !kernel.fragment<16x16xf32, #matrix> to memref<16x16xi32>
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @write_without_offset(%f: !kernel.fragment<16x16xf32, #matrix>, %o: memref<16x16xf32>, %i: index) {
  // expected-error @+1 {{'kernel.write' op needs an offset for each of the 2 dimensions of 'memref<16x16xf32>', got 1}}
  kernel.write %f to %o[%i] {dims = array<i64: 0, 1>} : !kernel.fragment<16x16xf32, #matrix> to memref<16x16xf32>
  return
}

// -----

#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @write_of_rows_as_a_matrix(%f: !kernel.fragment<16xf32, #rows>, %o: memref<16x16xf32>, %i: index) {
  // expected-error @+1 {{'kernel.write' op needs 1 dims, one for each dimension of the tile, got 2}}
  kernel.write %f to %o[%i, %i] {dims = array<i64: 0, 1>} : !kernel.fragment<16xf32, #rows> to memref<16x16xf32>
  return
}

// -----

#rows = #kernel.layout<registers = [2 x (8, 0)], lanes = [4 x (0, 0), 8 x (1, 0)], warps = []>
func.func @write_to_no_dimension(%f: !kernel.fragment<16xf32, #rows>, %o: memref<16x16xf32>, %i: index) {
  // expected-error @+1 {{'kernel.write' op dims are different dimensions of 'memref<16x16xf32>', got 2}}
  kernel.write %f to %o[%i, %i] {dims = array<i64: 2>} : !kernel.fragment<16xf32, #rows> to memref<16x16xf32>
  return
}

// -----

// Roles.

func.func @registers_not_of_eight() {
  // expected-error @+1 {{'kernel.role' op registers are a multiple of 8 from 24 to 240, got 25}}
  kernel.role first = 0 warps = 4 registers = 25 {
  }
  return
}

// -----

func.func @too_few_registers() {
  // expected-error @+1 {{'kernel.role' op registers are a multiple of 8 from 24 to 240, got 16}}
  kernel.role first = 0 warps = 4 registers = 16 {
  }
  return
}

// -----

func.func @too_many_registers() {
  // expected-error @+1 {{'kernel.role' op registers are a multiple of 8 from 24 to 240, got 248}}
  kernel.role first = 0 warps = 4 registers = 248 {
  }
  return
}

// -----

func.func @registers_of_half_a_warpgroup() {
  // expected-error @+1 {{'kernel.role' op registers are shared by warpgroups: first and warps must be multiples of 4, got 0 and 2}}
  kernel.role first = 0 warps = 2 registers = 24 {
  }
  return
}

// -----

func.func @registers_across_warpgroups() {
  // expected-error @+1 {{'kernel.role' op registers are shared by warpgroups: first and warps must be multiples of 4, got 2 and 4}}
  kernel.role first = 2 warps = 4 registers = 24 {
  }
  return
}

// -----

func.func @role_of_no_warps() {
  // expected-error @+1 {{'kernel.role' op attribute 'warps' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  kernel.role first = 0 warps = 0 {
  }
  return
}

// -----

func.func @role_before_the_first_warp() {
  // expected-error @+1 {{'kernel.role' op attribute 'first' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  kernel.role first = -1 warps = 1 {
  }
  return
}

// -----

#matrix = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 2 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = []>
func.func @await_of_less_than_all(%s: !kernel.fragment<16x16xf32, #matrix>) {
  // expected-error @+1 {{'kernel.await' op attribute 'pending' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  %r = kernel.await %s pending = -1 : !kernel.fragment<16x16xf32, #matrix>
  return
}

// -----

func.func @role_beyond_the_block() {
  // expected-error @+1 {{'kernel.role' op is for warps of a block, which has at most 32, got 1 from 32 on}}
  kernel.role first = 32 warps = 1 {
  }
  return
}

// -----

func.func @role_of_too_many_warps() {
  // expected-error @+1 {{'kernel.role' op is for warps of a block, which has at most 32, got 9223372036854775807 from 4 on}}
  kernel.role first = 4 warps = 9223372036854775807 {
  }
  return
}
