//===- KernelOps.td - Copies, waits, products, maps ---*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_KERNEL_IR_KERNELOPS_TD
#define ATTN_DIALECT_KERNEL_IR_KERNELOPS_TD

include "attn/Dialect/Kernel/IR/KernelTypes.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Kernel_Op<string mnemonic, list<Trait> traits = []>
    : Op<Kernel_Dialect, mnemonic, traits>;

def Kernel_Shared : Resource<"::mlir::kernel::SharedMemory">;
def Kernel_Array : AnyTypeOf<[AnyRankedTensor, AnyMemRef],
  "an array in the device's memory">;
def Kernel_Positive : ConfinedAttr<I64Attr, [IntPositive]>;
def Kernel_NotNegative : ConfinedAttr<I64Attr, [IntNonNegative]>;

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

def Kernel_AllocOp : Kernel_Op<"alloc", [
    MemoryEffects<[MemAlloc<Kernel_Shared>]>]> {
  let summary = "shared memory of the block, for as long as it runs";
  let description = [{
    ```mlir
    %keys = kernel.alloc : !kernel.tile<2x64x64xbf16, swizzle = 8>
    ```
  }];
  let results = (outs Kernel_TileType:$tile);
  let assemblyFormat = "attr-dict `:` qualified(type($tile))";
}

def Kernel_CopyOp : Kernel_Op<"copy", [
    MemoryEffects<[MemWrite<Kernel_Shared>]>]> {
  let summary = "begin to copy a part of an array to a tile";
  let description = [{
    Rows and columns of the tile are dimensions `dims` of the source, from
    `offsets` on; what is beyond the source is zero. Asynchronous: the tile may be
    read by its threads after a `kernel.wait` for the group that the next
    `kernel.commit` makes, and by all others after a barrier. The threads of the
    block share the work.

    ```mlir
    kernel.copy %key[%batch, %head, %first, %zero] to %keys[%stage] {dims = array<i64: 2, 3>}
        : tensor<1x12x1024x64xbf16> to !kernel.tile<2x64x64xbf16, swizzle = 8>
    ```
  }];
  let arguments = (ins
    Arg<Kernel_Array, "", [MemRead]>:$source, Variadic<Index>:$offsets,
    Kernel_TileType:$tile, Index:$stage, DenseI64ArrayAttr:$dims);
  let assemblyFormat = [{
    $source `[` $offsets `]` `to` $tile `[` $stage `]` attr-dict
    `:` type($source) `to` qualified(type($tile))
  }];
  let hasVerifier = 1;
}

def Kernel_CommitOp : Kernel_Op<"commit", [
    MemoryEffects<[MemRead<Kernel_Shared>, MemWrite<Kernel_Shared>]>]> {
  let summary = "make a group of the copies that have begun since the last one";
  let description = [{
    ```mlir
    kernel.commit
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def Kernel_WaitOp : Kernel_Op<"wait", [
    MemoryEffects<[MemRead<Kernel_Shared>, MemWrite<Kernel_Shared>]>]> {
  let summary = "wait for this thread's copies";
  let description = [{
    Waits until at most `pending` groups of copies are under way: all but the
    last ones have arrived.

    ```mlir
    kernel.wait 1
    ```
  }];
  let arguments = (ins Kernel_NotNegative:$pending);
  let assemblyFormat = "$pending attr-dict";
}

def Kernel_BarrierOp : Kernel_Op<"barrier", [
    MemoryEffects<[MemRead<Kernel_Shared>, MemWrite<Kernel_Shared>]>]> {
  let summary = "wait for all threads of the block";
  let description = [{
    What they wrote to shared memory is seen by all afterwards.

    ```mlir
    kernel.barrier
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def Kernel_ViewOp : Kernel_Op<"view", [Pure]> {
  let summary = "a tile as a tensor";
  let description = [{
    What operations on tensors read where a schedule has a tile; it has the tile's
    rows and columns, and dimensions of size 1. `linalg-to-kernel` replaces it, and
    what it feeds.

    ```mlir
    %k = kernel.view %keys[%stage] : !kernel.tile<2x64x64xbf16, swizzle = 8> -> tensor<1x1x64x64xbf16>
    ```
  }];
  let arguments = (ins Kernel_TileType:$tile, Index:$stage);
  let results = (outs AnyStaticShapeTensor:$tensor);
  let assemblyFormat = "$tile `[` $stage `]` attr-dict `:` qualified(type($tile)) `->` type($tensor)";
  let hasVerifier = 1;
}

def Kernel_WindowOp : Kernel_Op<"window", [Pure]> {
  let summary = "a part of an array of the device, as a tensor";
  let description = [{
    What is beyond the array is unspecified, but never read: its last element
    stands for it. `linalg-to-kernel` replaces it by reads of single elements.

    ```mlir
    %m = kernel.window %mask[%batch, %row, %column] : tensor<2x100x100xi1> -> tensor<1x64x64xi1>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$source, Variadic<Index>:$offsets);
  let results = (outs AnyStaticShapeTensor:$tensor);
  let assemblyFormat = [{
    $source `[` $offsets `]` attr-dict `:` type($source) `->` type($tensor)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Fragments
//===----------------------------------------------------------------------===//

// None is speculatable: a fragment is a block's, and does not leave its loop.

def Kernel_LoadOp : Kernel_Op<"load", [MemoryEffects<[MemRead<Kernel_Shared>]>]> {
  let summary = "a tile of shared memory into registers";
  let description = [{
    ```mlir
    %q = kernel.load %queries[%zero] : !kernel.tile<1x64x64xbf16, swizzle = 8> -> !kernel.fragment<64x64xbf16, #matrix>
    ```
  }];
  let arguments = (ins Kernel_TileType:$tile, Index:$stage);
  let results = (outs Kernel_FragmentType:$fragment);
  let assemblyFormat = "$tile `[` $stage `]` attr-dict `:` qualified(type($tile)) `->` qualified(type($fragment))";
  let hasVerifier = 1;
}

class Kernel_ProductOp<string mnemonic, list<Trait> traits>
    : Kernel_Op<mnemonic, !listconcat([AllTypesMatch<["accumulator", "result"]>], traits)> {
  let arguments = (ins Kernel_FragmentType:$left, Kernel_TileType:$tile,
                       Index:$stage, Kernel_FragmentType:$accumulator,
                       UnitAttr:$transposed);
  let results = (outs Kernel_FragmentType:$result);
  let assemblyFormat = [{
    $left `,` $tile `[` $stage `]` `,` $accumulator (`transposed` $transposed^)? attr-dict
    `:` qualified(type($left)) `,` qualified(type($tile)) `,` qualified(type($accumulator))
  }];
  let hasVerifier = 1;
}

def Kernel_MmaOp : Kernel_ProductOp<"mma", [
    MemoryEffects<[MemRead<Kernel_Shared>]>]> {
  let summary = "a product of matrices: accumulator + left x tile";
  let description = [{
    left is rows x depth, in registers, and rounded to the tile's type if it is
    wider. The tile is depth x columns, or columns x depth if `transposed`. Sums
    in f32.

    ```mlir
    %s = kernel.mma %q, %keys[%stage], %zeros transposed : !kernel.fragment<64x64xbf16, #matrix>, !kernel.tile<2x64x64xbf16, swizzle = 8>, !kernel.fragment<64x64xf32, #matrix>
    ```
  }];
}

def Kernel_TakeNonFiniteOp : Kernel_ProductOp<"take_non_finite", [
    MemoryEffects<[MemRead<Kernel_Shared>, MemWrite<Kernel_Shared>]>]> {
  let summary = "NaN and infinities of a tile to the rows that see them";
  let description = [{
    A product multiplies each element of the tile, also by a weight of 0, and
    0 x inf is NaN. This adds the elements that are not finite to the rows whose
    weight in `left` has no sign bit, and then puts 0 in their place. It is what
    a product must be preceded by if a sign bit in left means that a row does not
    see an element.

    A barrier of the block comes first; there is no more to it if all elements
    are finite.

    ```mlir
    %taken = kernel.take_non_finite %weights, %values[%stage], %acc : !kernel.fragment<64x64xf32, #matrix>, !kernel.tile<2x64x64xbf16, swizzle = 8>, !kernel.fragment<64x64xf32, #matrix>
    ```
  }];
}

def Kernel_MapOp : Kernel_Op<"map", [
    RecursiveMemoryEffects, SingleBlock]> {
  let summary = "each element by itself";
  let description = [{
    The region sees an element of each input, the row and the column; a fragment
    of rows gives the row's element in all columns. Rows and columns are those of
    the tile.

    ```mlir
    %scaled = kernel.map ins(%s, %decay : !kernel.fragment<64x64xf32, #matrix>, !kernel.fragment<64xf32, #rows>) {
    ^bb0(%element: f32, %factor: f32, %row: index, %column: index):
      %product = arith.mulf %element, %factor : f32
      kernel.yield %product : f32
    } -> !kernel.fragment<64x64xf32, #matrix>
    ```
  }];
  let arguments = (ins Variadic<Kernel_FragmentType>:$inputs);
  let results = (outs Variadic<Kernel_FragmentType>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`ins` `(` $inputs^ `:` qualified(type($inputs)) `)`)? $body attr-dict `->` qualified(type($results))
  }];
  let hasRegionVerifier = 1;
}

def Kernel_ReduceOp : Kernel_Op<"reduce", [
    NoMemoryEffect, AllTypesMatch<["init", "result"]>]> {
  let summary = "combine the columns of each row, and the initial element";
  let description = [{
    `max` leaves out what is no number.

    ```mlir
    %m = kernel.reduce max %s, %m0 : !kernel.fragment<64x64xf32, #matrix>, !kernel.fragment<64xf32, #rows>
    ```
  }];
  let arguments = (ins Kernel_ReductionKindAttr:$kind,
                       Kernel_FragmentType:$input, Kernel_FragmentType:$init);
  let results = (outs Kernel_FragmentType:$result);
  let assemblyFormat = [{
    custom<Kind>($kind) $input `,` $init attr-dict `:` qualified(type($input)) `,` qualified(type($init))
  }];
  let hasVerifier = 1;
}

def Kernel_WriteOp : Kernel_Op<"write", []> {
  let summary = "a fragment to a part of an array";
  let description = [{
    Rows and columns of the fragment are dimensions `dims` of the destination,
    from `offsets` on; what is beyond it is not written. A fragment of rows has
    one dimension. The result is the tensor with this part written; a memref is
    written in place.

    ```mlir
    %written = kernel.write %o to %output[%zero, %zero, %zero, %zero] {dims = array<i64: 2, 3>}
        : !kernel.fragment<64x64xf32, #matrix> to tensor<1x1x?x64xbf16> -> tensor<1x1x?x64xbf16>
    ```
  }];
  let arguments = (ins
    Kernel_FragmentType:$fragment,
    Arg<Kernel_Array, "", [MemWrite]>:$destination, Variadic<Index>:$offsets,
    DenseI64ArrayAttr:$dims);
  let results = (outs Optional<AnyRankedTensor>:$result);
  let assemblyFormat = [{
    $fragment `to` $destination `[` $offsets `]` attr-dict
    `:` qualified(type($fragment)) `to` type($destination) (`->` type($result)^)?
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Roles
//===----------------------------------------------------------------------===//

def Kernel_RoleOp : Kernel_Op<"role", [
    RecursiveMemoryEffects, NoTerminator, SingleBlock]> {
  let summary = "what some warps of the block do";
  let description = [{
    Warps `first` to `first + warps - 1` run the region, the others pass by.
    `registers` is what each of their threads may use, where a chip lets
    warpgroups share registers unequally (a multiple of 8, from 24 to 240; whole
    warpgroups of four warps only).

    ```mlir
    kernel.role first = 0 warps = 4 registers = 24 {
      kernel.commit
    }
    ```
  }];
  let arguments = (ins Kernel_NotNegative:$first, Kernel_Positive:$warps,
                       OptionalAttr<I64Attr>:$registers);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `first` `=` $first `warps` `=` $warps (`registers` `=` $registers^)? $body attr-dict
  }];
  let hasVerifier = 1;
}

def Kernel_AwaitOp : Kernel_Op<"await", [
    AllTypesMatch<["fragment", "result"]>,
    MemoryEffects<[MemRead<Kernel_Shared>, MemWrite<Kernel_Shared>]>]> {
  let summary = "a product that has arrived";
  let description = [{
    Where products run asynchronously, waits until at most `pending` of them are
    under way. The wait is tied to the accumulators: only its result may be read.
    Where products are synchronous it is its operand.

    ```mlir
    %ready = kernel.await %s pending = 0 : !kernel.fragment<64x64xf32, #matrix>
    ```
  }];
  let arguments = (ins Kernel_FragmentType:$fragment, Kernel_NotNegative:$pending);
  let results = (outs Kernel_FragmentType:$result);
  let assemblyFormat = "$fragment `pending` `=` $pending attr-dict `:` qualified(type($fragment))";
}

def Kernel_YieldOp : Kernel_Op<"yield", [
    Pure, Terminator, HasParent<"MapOp">]> {
  let summary = "elements of a map's results";
  let description = [{
    ```mlir
    kernel.yield %x : f32
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif // ATTN_DIALECT_KERNEL_IR_KERNELOPS_TD
