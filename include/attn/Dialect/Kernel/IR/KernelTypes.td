//===- KernelTypes.td - Layouts, fragments, tiles ---*- tablegen -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_KERNEL_IR_KERNELTYPES_TD
#define ATTN_DIALECT_KERNEL_IR_KERNELTYPES_TD

include "attn/Dialect/Kernel/IR/KernelDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Kernel_LayoutAttr : AttrDef<Kernel_Dialect, "Layout"> {
  let mnemonic = "layout";
  let summary = "which thread holds which elements of a tile";
  let description = [{
    A register of a thread of a warp holds one element. Its row and column are
    sums over the *digits* of the register's number, of the lane's and of the
    warp's: `N x (R, C)` is a digit that counts to N and moves R rows and C columns
    each time. The first digit is the fastest. `(0, 0)` holds the same elements
    again; but for that, each element of the tile is held once: a digit moves rows
    or columns, and those that move rows, from the shortest way on, move 1, and
    then what those before count to together. Those that move columns likewise.

    The accumulators of `mma.sync` m16n8 for 64 x 64 elements in four warps
    (PTX ISA 9.7.14.5): pairs of columns, rows 8 apart, tiles of 8 columns; four
    lanes to a row; 16 rows to a warp:

    ```mlir
    #accumulators = #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 8 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>
    ```

    Its rows alone, such as a maximum of each, are the same without columns.
  }];
  let parameters = (ins
    ArrayRefParameter<"::mlir::kernel::Digit">:$registers,
    ArrayRefParameter<"::mlir::kernel::Digit">:$lanes,
    ArrayRefParameter<"::mlir::kernel::Digit">:$warps);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// More registers than any thread has, and the warps of the largest block.
    static constexpr int64_t kMaxRegisters = 1024, kMaxWarps = 32;

    int64_t getNumRegisters() const { return count(getRegisters()); }
    int64_t getNumWarps() const { return count(getWarps()); }
    /// Rows and columns that register `number` adds to its thread's place.
    std::pair<int64_t, int64_t> getPlace(int64_t number) const;
    /// Rows and columns of the tile that the threads hold together.
    std::pair<int64_t, int64_t> getShape() const;
    /// The layout of one element per row.
    LayoutAttr getRows() const;

    /// The layout of products of matrices (`mma.sync` m16n8), and of their left
    /// operands: each warp has 16 rows in turn. `rows` is a multiple of 16 x warps,
    /// `columns` of 8.
    static LayoutAttr getMatrix(::mlir::MLIRContext *context, int64_t rows,
                                int64_t columns, int64_t warps);

    static int64_t count(::llvm::ArrayRef<::mlir::kernel::Digit> digits);
  }];
}

def Kernel_ReductionKind : I32EnumAttr<"ReductionKind", "how elements are combined", [
  I32EnumAttrCase<"Add", 0, "add">,
  I32EnumAttrCase<"Max", 1, "max">]> {
  let cppNamespace = "::mlir::kernel";
  let genSpecializedAttr = 0;
}
def Kernel_ReductionKindAttr : EnumAttr<Kernel_Dialect, Kernel_ReductionKind, "reduction"> {
  let summary = "how elements are combined: add or max";
  let description = [{
    ```mlir
    #max = #kernel.reduction<max>
    ```
  }];
  let assemblyFormat = "`<` $value `>`";
}

def Kernel_FragmentType : TypeDef<Kernel_Dialect, "Fragment"> {
  let mnemonic = "fragment";
  let summary = "a tile in the registers of a block";
  let description = [{
    Rows x columns, or rows alone.

    ```mlir
    !kernel.fragment<64x64xf32, #kernel.layout<registers = [2 x (0, 1), 2 x (8, 0), 8 x (0, 8)], lanes = [4 x (0, 2), 8 x (1, 0)], warps = [4 x (16, 0)]>>
    ```
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t">:$shape,
    "::mlir::Type":$elementType,
    "::mlir::kernel::LayoutAttr":$layout);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getRank() const { return getShape().size(); }
    int64_t getNumRegisters() const { return getLayout().getNumRegisters(); }
  }];
}

def Kernel_TileType : TypeDef<Kernel_Dialect, "Tile"> {
  let mnemonic = "tile";
  let summary = "tiles in the shared memory of a block";
  let description = [{
    Stages x rows x columns. A row is kept in chunks of 16 bytes; `swizzle = N`
    exchanges the chunks of row r by the exclusive or of their number with r mod N,
    N a power of two, so that N rows of one column are in different banks. Rows are
    as long as that needs.

    ```mlir
    !kernel.tile<2x64x64xbf16, swizzle = 8>
    ```
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t">:$shape,
    "::mlir::Type":$elementType,
    "int64_t":$swizzle);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getStages() const { return getShape()[0]; }
    int64_t getRows() const { return getShape()[1]; }
    int64_t getColumns() const { return getShape()[2]; }
    int64_t getElementBytes() const { return getElementType().getIntOrFloatBitWidth() / 8; }
    /// Elements of a chunk of 16 bytes.
    int64_t getChunk() const { return 16 / getElementBytes(); }
    /// Bytes from a row to the next, from a stage to the next, and of all stages.
    int64_t getRowBytes() const;
    int64_t getStageBytes() const { return getRows() * getRowBytes(); }
    int64_t getBytes() const { return getStages() * getStageBytes(); }
  }];
}

#endif // ATTN_DIALECT_KERNEL_IR_KERNELTYPES_TD
