//===- RecurTiling.cpp - Recurrences of a part of the batch ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Recur/IR/Recur.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace mlir::recur;
using utils::IteratorType;

namespace {
/// A tile of an iteration space.
struct Tile {
  ArrayRef<OpFoldResult> offsets, sizes;
};
} // namespace

/// The part of `operand` that a tile sees: dimensions that are not iterated are
/// whole.
static std::pair<SmallVector<OpFoldResult>, SmallVector<OpFoldResult>>
project(OpBuilder &b, Location loc, const Tile &tile, Value operand,
        AffineMap map) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, operand);
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  for (unsigned i = 0; i < map.getNumResults(); ++i) {
    offsets[i] = tile.offsets[map.getDimPosition(i)];
    sizes[i] = tile.sizes[map.getDimPosition(i)];
  }
  return {offsets, sizes};
}

template <typename OpTy>
static SmallVector<IteratorType> getIteratorTypes(OpTy op) {
  SmallVector<IteratorType> types(op.getNumLoops(), IteratorType::reduction);
  std::fill_n(types.begin(), op.getNumBatchDims(), IteratorType::parallel);
  return types;
}

template <typename OpTy>
static SmallVector<Range> getDomain(OpTy op, OpBuilder &b) {
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  return llvm::map_to_vector(op.getLoopSizes(b), [&](OpFoldResult size) {
    return Range{zero, size, one};
  });
}

/// Whether a tile has all tokens, and all of the history.
template <typename OpTy>
static bool isWholeSequence(OpTy op, OpBuilder &b, const Tile &tile) {
  SmallVector<OpFoldResult> sizes = op.getLoopSizes(b);
  for (unsigned dim = op.getTimeDim(); dim < op.getNumLoops(); ++dim) {
    if (!isZeroInteger(tile.offsets[dim]))
      return false;
    if (isEqualConstantIntOrValue(tile.sizes[dim], sizes[dim]))
      continue;
    FailureOr<bool> equal =
        ValueBoundsConstraintSet::areEqual(tile.sizes[dim], sizes[dim]);
    if (failed(equal) || !*equal)
      return false;
  }
  return true;
}

/// recur.index in the regions of `tiled` counts from the tile's offset.
static void shiftIndices(Operation *tiled, ArrayRef<Value> offsets) {
  tiled->walk([&](IndexOp index) {
    Operation *owner = index->getParentOp();
    while (!isa<ScanOp, RescanOp>(owner))
      owner = owner->getParentOp();
    if (owner != tiled || !offsets[index.getDim()])
      return;
    OpBuilder b(index->getContext());
    b.setInsertionPointAfter(index);
    Value sum = arith::AddIOp::create(b, index.getLoc(), index,
                                      offsets[index.getDim()]);
    index.getResult().replaceAllUsesExcept(sum, sum.getDefiningOp());
  });
}

template <typename OpTy>
static FailureOr<TilingResult> tileBatch(OpTy op, OpBuilder &b,
                                         const Tile &tile) {
  Location loc = op.getLoc();
  if (!isWholeSequence(op, b, tile))
    return op.emitOpError("can only be tiled along its batch dimensions: tokens "
                          "depend on those before them; give the others tile "
                          "size 0");
  SmallVector<Value> shifts(op.getNumLoops());
  for (unsigned dim = 0; dim < op.getNumBatchDims(); ++dim)
    if (!isZeroInteger(tile.offsets[dim]))
      shifts[dim] =
          getValueOrCreateConstantIndexOp(b, loc, tile.offsets[dim]);
  TilingResult result;
  SmallVector<Value> operands;
  for (auto [operand, map] :
       llvm::zip_equal(op->getOperands(), op.getIndexingMapsArray())) {
    auto [offsets, sizes] = project(b, loc, tile, operand, map);
    SmallVector<OpFoldResult> strides(offsets.size(), b.getIndexAttr(1));
    auto slice = tensor::ExtractSliceOp::create(b, loc, operand, offsets, sizes,
                                                strides);
    operands.push_back(slice);
    result.generatedSlices.push_back(slice);
  }
  auto tiled = cast<OpTy>(b.clone(*op.getOperation()));
  tiled->setOperands(operands);
  for (auto [init, value] :
       llvm::zip_equal(tiled.getDpsInits(), tiled->getResults()))
    value.setType(init.getType());
  shiftIndices(tiled, shifts);
  result.tiledOps.push_back(tiled);
  llvm::append_range(result.tiledValues, tiled->getResults());
  return result;
}

#define RECUR_TILED_OP(OpTy)                                                   \
  SmallVector<IteratorType> OpTy::getLoopIteratorTypes() {                     \
    return getIteratorTypes(*this);                                            \
  }                                                                            \
  SmallVector<Range> OpTy::getIterationDomain(OpBuilder &b) {                  \
    return getDomain(*this, b);                                                \
  }                                                                            \
  FailureOr<TilingResult> OpTy::getTiledImplementation(                        \
      OpBuilder &b, ArrayRef<OpFoldResult> offsets,                            \
      ArrayRef<OpFoldResult> sizes) {                                          \
    return tileBatch(*this, b, {offsets, sizes});                              \
  }                                                                            \
  LogicalResult OpTy::getResultTilePosition(                                   \
      OpBuilder &b, unsigned resultNumber, ArrayRef<OpFoldResult> offsets,     \
      ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,  \
      SmallVector<OpFoldResult> &resultSizes) {                                \
    unsigned operand = getInputs().size() + resultNumber;                      \
    std::tie(resultOffsets, resultSizes) =                                     \
        project(b, getLoc(), {offsets, sizes}, (*this)->getOperand(operand),   \
                getIndexingMapsArray()[operand]);                              \
    return success();                                                          \
  }
RECUR_TILED_OP(ScanOp)
RECUR_TILED_OP(RescanOp)
#undef RECUR_TILED_OP
