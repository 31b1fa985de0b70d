//===- Copies.cpp - Between arrays, shared memory and registers ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"
#include "Patterns.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace mlir::kernel;

namespace {

/// A part of an array in the device's memory, as rows and columns.
class Part {
public:
  Part(OpBuilder &b, Location loc, Value memref, ValueRange offsets,
       ArrayRef<int64_t> dims)
      : b(b), loc(loc), e(b, loc), dims(dims) {
    SmallVector<Value> places(offsets);
    auto sizes = memref::ExtractStridedMetadataOp::create(b, loc, memref);
    for (int64_t dim : dims)
      left.push_back(countLeft(sizes.getSizes()[dim], offsets[dim]));
    std::optional<int64_t> column = getConstantIntValue(offsets[dims.back()]);
    lastSize = cast<MemRefType>(memref.getType()).getDimSize(dims.back());
    // More is known of the strides of the array that this is a part of.
    while (auto view = memref.getDefiningOp<memref::SubViewOp>()) {
      if (!view.hasUnitStride() ||
          view.getType().getRank() != view.getSourceType().getRank())
        break;
      for (auto [place, offset] : llvm::zip(places, view.getMixedOffsets()))
        place = e.add(place, getValueOrCreateConstantIndexOp(b, loc, offset));
      std::optional<int64_t> more =
          getConstantIntValue(view.getMixedOffsets()[dims.back()]);
      column = column && more ? std::optional(*column + *more) : std::nullopt;
      memref = view.getSource();
    }
    firstColumn = column.value_or(ShapedType::kDynamic);
    type = cast<MemRefType>(memref.getType());
    (void)type.getStridesAndOffset(staticStrides, staticOffset);
    auto metadata = memref::ExtractStridedMetadataOp::create(b, loc, memref);
    strides = llvm::to_vector_of<Value>(metadata.getStrides());
    Value aligned =
        memref::ExtractAlignedPointerAsIndexOp::create(b, loc, memref);
    Value elements = metadata.getOffset();
    for (auto [place, stride] : llvm::zip(places, strides))
      elements = e.add(elements, multiply(place, stride));
    Value address = e.add(aligned, multiply(elements, e.index(getBytes())));
    Value bits = arith::IndexCastOp::create(b, loc, b.getI64Type(), address);
    base = LLVM::IntToPtrOp::create(
        b, loc, LLVM::LLVMPointerType::get(b.getContext(), 1), bits);
  }

  int64_t getBytes() const { return type.getElementTypeBitWidth() / 8; }
  /// Rows and columns, if any, from the part's beginning to the array's end:
  /// i32.
  Value getRowsLeft() const { return left[0]; }
  Value getColumnsLeft() const { return left[1]; }

  /// Whether all rows begin and end at multiples of `elements`, as the array
  /// does, and their columns are side by side.
  bool hasAlignedRows(int64_t elements) const {
    int64_t last = type.getRank() - 1;
    if (dims.back() != last || staticStrides[last] != 1 ||
        ShapedType::isDynamic(staticOffset) || staticOffset % elements != 0 ||
        ShapedType::isDynamic(firstColumn) || firstColumn % elements != 0 ||
        ShapedType::isDynamic(lastSize) || lastSize % elements != 0)
      return false;
    // Without gaps all strides are multiples of a row's size.
    bool isWhole = type.getLayout().isIdentity() &&
                   type.getDimSize(last) % elements == 0 &&
                   !type.isDynamicDim(last);
    return isWhole ||
           llvm::all_of(ArrayRef(staticStrides).drop_back(), [&](int64_t s) {
             return !ShapedType::isDynamic(s) && s % elements == 0;
           });
  }

  Value address(Value row, Value column) {
    Value elements = multiply(e.toIndex(row), strides[dims[0]]);
    if (column)
      elements = e.add(elements, multiply(e.toIndex(column), strides[dims[1]]));
    Value bytes = multiply(elements, e.index(getBytes()));
    return e.advance(
        base,
        arith::IndexCastOp::create(b, loc, b.getI64Type(), bytes).getResult());
  }

private:
  Value multiply(Value x, Value y) {
    return arith::MulIOp::create(b, loc, x, y);
  }
  Value countLeft(Value size, Value offset) {
    Value count = arith::SubIOp::create(b, loc, size, offset);
    count = arith::MinSIOp::create(b, loc, count, e.index(1 << 30));
    return e.toI32(arith::MaxSIOp::create(b, loc, count, e.index(0)));
  }

  OpBuilder &b;
  Location loc;
  Emitter e;
  ArrayRef<int64_t> dims;
  MemRefType type;
  SmallVector<int64_t> staticStrides;
  int64_t staticOffset;
  int64_t firstColumn, lastSize; // Of columns, if they are known.
  SmallVector<Value> strides, left;
  Value base;
};

// copy  -->  cp.async of 16 bytes each, thread by thread
struct ConvertCopy : OpConversionPattern<CopyOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(CopyOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Emitter e(rewriter, loc);
    TileType tile = op.getTile().getType();
    SmallVector<Value> offsets;
    for (ValueRange offset : adaptor.getOffsets())
      offsets.push_back(offset[0]);
    Part part(rewriter, loc, adaptor.getSource()[0], offsets, op.getDims());
    Value stage =
        e.stageAddress(tile, adaptor.getTile()[0], adaptor.getStage()[0]);
    Value rows = part.getRowsLeft(), columns = part.getColumnsLeft();
    int64_t threads = *getThreads(op->getParentOfType<gpu::GPUFuncOp>());
    // A chunk lies in the array, or beyond it, as a whole.
    if (part.hasAlignedRows(tile.getChunk()))
      copyChunks(rewriter, e, tile, part, stage, rows, columns, threads);
    else
      copyElements(rewriter, e, tile, part, stage, rows, columns, threads);
    rewriter.eraseOp(op);
    return success();
  }

  static void copyChunks(OpBuilder &b, Emitter &e, TileType tile, Part &part,
                         Value stage, Value rows, Value columns,
                         int64_t threads) {
    int64_t chunk = tile.getChunk();
    int64_t chunksOfRow = llvm::divideCeil(tile.getColumns(), chunk);
    int64_t chunks = chunksOfRow * tile.getRows();
    Value thread = e.thread();
    for (int64_t first = 0; first < chunks; first += threads) {
      Value number = e.add(thread, first);
      Value row = e.div(number, chunksOfRow),
            column = e.rem(number, chunksOfRow);
      if (threads % chunksOfRow == 0) { // The same column each time.
        row = e.add(e.div(thread, chunksOfRow), first / chunksOfRow);
        column = e.rem(thread, chunksOfRow);
      }
      Value element = e.mul(column, chunk);
      Value isInside =
          e.logicalAnd(e.compare(arith::CmpIPredicate::slt, row, rows),
                       e.compare(arith::CmpIPredicate::slt, element, columns));
      auto choose = [&](Value x, Value y) -> Value {
        return arith::SelectOp::create(b, e.loc, isInside, x, y);
      };
      // Nothing is read of a source of no bytes, but it must be an address.
      Value zero = e.i32(0);
      Value source = part.address(choose(row, zero), choose(element, zero));
      Value target = e.advance(stage, e.chunkOffset(tile, row, column));
      Value bytes = choose(e.i32(16), zero);
      auto copy = [&](OpBuilder &b) {
        NVVM::CpAsyncOp::create(
            b, e.loc, target, source, b.getI32IntegerAttr(16),
            NVVM::LoadCacheModifierKindAttr::get(
                b.getContext(), NVVM::LoadCacheModifierKind::CG),
            bytes);
      };
      if (first + threads <= chunks) {
        copy(b);
        continue;
      }
      Value isThere =
          e.compare(arith::CmpIPredicate::ult, number, e.i32(chunks));
      auto branch = scf::IfOp::create(b, e.loc, isThere, false);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      copy(b);
    }
  }

  /// Rows that begin anywhere: one element at a time, which is there at once.
  static void copyElements(OpBuilder &b, Emitter &e, TileType tile, Part &part,
                           Value stage, Value rows, Value columns,
                           int64_t threads) {
    auto loop = scf::ForOp::create(b, e.loc, e.thread(),
                                   e.i32(tile.getRows() * tile.getColumns()),
                                   e.i32(threads));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value row = e.div(loop.getInductionVar(), tile.getColumns());
    Value column = e.rem(loop.getInductionVar(), tile.getColumns());
    Value isInside =
        e.logicalAnd(e.compare(arith::CmpIPredicate::slt, row, rows),
                     e.compare(arith::CmpIPredicate::slt, column, columns));
    Type type = b.getIntegerType(8 * tile.getElementBytes());
    auto branch = scf::IfOp::create(b, e.loc, type, isInside, true);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      Value loaded =
          LLVM::LoadOp::create(b, e.loc, type, part.address(row, column));
      scf::YieldOp::create(b, e.loc, loaded);
      b.setInsertionPointToStart(branch.elseBlock());
      Value zero =
          arith::ConstantOp::create(b, e.loc, b.getIntegerAttr(type, 0));
      scf::YieldOp::create(b, e.loc, zero);
    }
    Value chunk = e.div(column, tile.getChunk());
    Value inChunk =
        e.mul(e.rem(column, tile.getChunk()), tile.getElementBytes());
    Value target =
        e.advance(stage, e.add(e.chunkOffset(tile, row, chunk), inChunk));
    LLVM::StoreOp::create(b, e.loc, branch.getResult(0), target);
  }
};

Value pair(OpBuilder &b, Location loc, Value first, Value second) {
  Emitter e(b, loc);
  Value vector =
      LLVM::PoisonOp::create(b, loc, VectorType::get({2}, first.getType()));
  vector = LLVM::InsertElementOp::create(b, loc, vector, first, e.i32(0));
  return LLVM::InsertElementOp::create(b, loc, vector, second, e.i32(1));
}

// write  -->  stores, of two neighbours each where they lie together
struct ConvertWrite : OpConversionPattern<WriteOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(WriteOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Emitter e(rewriter, loc);
    FragmentType fragment = op.getFragment().getType();
    LayoutAttr layout = fragment.getLayout();
    ValueRange registers = adaptor.getFragment();
    auto array = cast<MemRefType>(adaptor.getDestination()[0].getType());
    SmallVector<Value> offsets;
    for (ValueRange offset : adaptor.getOffsets())
      offsets.push_back(offset[0]);
    Part part(rewriter, loc, adaptor.getDestination()[0], offsets,
              op.getDims());
    bool isMatrix = fragment.getRank() == 2;
    std::pair<Value, Value> first = e.place(layout);
    Value rows = part.getRowsLeft();
    Value columns = isMatrix ? part.getColumnsLeft() : Value();
    // Lanes that hold the same elements: the first one writes.
    Value writes = arith::ConstantIntOp::create(rewriter, loc, 1, 1);
    int64_t unit = 1;
    for (const Digit &digit : layout.getLanes()) {
      if (digit.row == 0 && digit.column == 0)
        writes = e.logicalAnd(
            writes,
            e.compare(arith::CmpIPredicate::eq,
                      e.rem(e.div(e.lane(), unit), digit.count), e.i32(0)));
      unit *= digit.count;
    }
    auto guarded = [&](Value condition, function_ref<void()> body) {
      auto branch = scf::IfOp::create(rewriter, loc, condition, false);
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointToStart(branch.thenBlock());
      body();
    };
    auto round = [&](Value value) {
      return convertScalarToDtype(rewriter, loc, value, array.getElementType(),
                                  /*isUnsignedCast=*/false);
    };
    bool inPairs = isMatrix && part.hasAlignedRows(2) &&
                   !layout.getRegisters().empty() &&
                   layout.getRegisters().front() == Digit{2, 0, 1};
    // Registers of a row together: they need one comparison.
    llvm::MapVector<int64_t, SmallVector<int64_t>> byRow;
    for (int64_t i = 0; i < layout.getNumRegisters(); ++i)
      byRow[layout.getPlace(i).first].push_back(i);
    for (const auto &entry : byRow) {
      Value row = e.add(first.first, entry.first);
      Value isRow =
          e.logicalAnd(writes, e.compare(arith::CmpIPredicate::slt, row, rows));
      guarded(isRow, [&] {
        for (int64_t i : entry.second) {
          if (!isMatrix) {
            LLVM::StoreOp::create(rewriter, loc, round(registers[i]),
                                  part.address(row, Value()));
            continue;
          }
          if (inPairs && i % 2 == 1)
            continue;
          Value column = e.add(first.second, layout.getPlace(i).second);
          Value isColumn =
              e.compare(arith::CmpIPredicate::slt, column, columns);
          guarded(isColumn, [&] {
            Value address = part.address(row, column),
                  value = round(registers[i]);
            int64_t bytes = array.getElementTypeBitWidth() / 8;
            if (inPairs) {
              bytes *= 2;
              value = pair(rewriter, loc, value, round(registers[i + 1]));
            }
            LLVM::StoreOp::create(rewriter, loc, value, address, bytes);
          });
        }
      });
    }
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void mlir::kernel::populateCopyPatterns(const TypeConverter &types,
                                        RewritePatternSet &patterns) {
  patterns.add<ConvertCopy, ConvertWrite>(types, patterns.getContext());
}
