//===- AttnTiling.cpp - Tiling of fold, combine and finish ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace mlir::attn;
using utils::IteratorType;

//===----------------------------------------------------------------------===//
// Tiles of an iteration space, seen through maps
//===----------------------------------------------------------------------===//

namespace {
/// A tile of an iteration space.
struct Tile {
  ArrayRef<OpFoldResult> offsets, sizes;
};
} // namespace

static SmallVector<Range> getDomain(IndexingMapOpInterface op, OpBuilder &b) {
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  return llvm::map_to_vector(getLoopSizes(b, op), [&](OpFoldResult size) {
    return Range{zero, size, one};
  });
}

/// The part of a tile that an operand with this map sees.
static std::pair<SmallVector<OpFoldResult>, SmallVector<OpFoldResult>>
project(const Tile &tile, AffineMap map) {
  SmallVector<OpFoldResult> offsets, sizes;
  for (unsigned i = 0; i < map.getNumResults(); ++i) {
    offsets.push_back(tile.offsets[map.getDimPosition(i)]);
    sizes.push_back(tile.sizes[map.getDimPosition(i)]);
  }
  return {offsets, sizes};
}

/// Clones `op` onto slices of its mapped operands; onto `inits` as they are,
/// where given.
template <typename OpTy>
static TilingResult cloneOnTile(OpTy op, OpBuilder &b, const Tile &tile,
                                ValueRange inits = {}) {
  Location loc = op.getLoc();
  SmallVector<Value> operands(op->getOperands());
  TilingResult result;
  for (auto [operand, map] :
       llvm::zip_equal(op.getMappedOperands(), op.getIndexingMapsArray())) {
    Value &tiled = operands[operand->getOperandNumber()];
    if (!inits.empty() && op.isDpsInit(operand)) {
      tiled = inits.front();
      inits = inits.drop_front();
      continue;
    }
    auto [offsets, sizes] = project(tile, map);
    SmallVector<OpFoldResult> strides(offsets.size(), b.getIndexAttr(1));
    auto slice = tensor::ExtractSliceOp::create(b, loc, operand->get(), offsets,
                                                sizes, strides);
    tiled = slice;
    result.generatedSlices.push_back(slice);
  }
  Operation *tiled = cloneOnOperands(b, op, operands);
  result.tiledOps.push_back(tiled);
  llvm::append_range(result.tiledValues, tiled->getResults());
  return result;
}

/// The tile of the iteration space that computes a tile of result
/// `resultNumber`: dimensions the result lacks are whole.
template <typename OpTy>
static void getDomainOfResultTile(OpTy op, OpBuilder &b, unsigned resultNumber,
                                  const Tile &resultTile,
                                  SmallVectorImpl<OpFoldResult> &offsets,
                                  SmallVectorImpl<OpFoldResult> &sizes) {
  for (const Range &range : getDomain(op, b)) {
    offsets.push_back(range.offset);
    sizes.push_back(range.size);
  }
  AffineMap map =
      op.getMatchingIndexingMap(&op.getDpsInitsMutable()[resultNumber]);
  for (unsigned i = 0; i < map.getNumResults(); ++i) {
    offsets[map.getDimPosition(i)] = resultTile.offsets[i];
    sizes[map.getDimPosition(i)] = resultTile.sizes[i];
  }
}

/// The size of dimension `dim`, static where any operand knows it. While a
/// reduction is being split, destinations have a dimension more, in front.
template <typename OpTy>
static OpFoldResult getSize(OpTy op, OpBuilder &b, unsigned dim) {
  OpFoldResult size;
  for (auto [operand, map] :
       llvm::zip_equal(op.getMappedOperands(), op.getIndexingMapsArray())) {
    unsigned extra = op.getShape(operand).size() - map.getNumResults();
    for (unsigned i = 0; i < map.getNumResults(); ++i)
      if (map.getDimPosition(i) == dim &&
          (!size || !ShapedType::isDynamic(op.getShape(operand)[i + extra])))
        size = tensor::getMixedSize(b, op.getLoc(), operand->get(), i + extra);
  }
  return size;
}

/// Whether a tile covers all of dimension `dim`.
template <typename OpTy>
static bool isWhole(OpTy op, OpBuilder &b, const Tile &tile, unsigned dim) {
  if (getConstantIntValue(tile.offsets[dim]) != 0)
    return false;
  OpFoldResult full = getSize(op, b, dim);
  if (isEqualConstantIntOrValue(full, tile.sizes[dim]))
    return true;
  FailureOr<bool> equal =
      ValueBoundsConstraintSet::areEqual(full, tile.sizes[dim]);
  return succeeded(equal) && *equal;
}

#define ATTN_TILED_OP(OpTy)                                                    \
  SmallVector<Range> OpTy::getIterationDomain(OpBuilder &b) {                  \
    return getDomain(*this, b);                                                \
  }                                                                            \
  LogicalResult OpTy::getResultTilePosition(                                   \
      OpBuilder &b, unsigned resultNumber, ArrayRef<OpFoldResult> offsets,     \
      ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,  \
      SmallVector<OpFoldResult> &resultSizes) {                                \
    AffineMap map =                                                            \
        getMatchingIndexingMap(&getDpsInitsMutable()[resultNumber]);           \
    std::tie(resultOffsets, resultSizes) = project({offsets, sizes}, map);     \
    return success();                                                          \
  }                                                                            \
  LogicalResult OpTy::getIterationDomainTileFromResultTile(                    \
      OpBuilder &b, unsigned resultNumber, ArrayRef<OpFoldResult> offsets,     \
      ArrayRef<OpFoldResult> sizes,                                            \
      SmallVectorImpl<OpFoldResult> &domainOffsets,                            \
      SmallVectorImpl<OpFoldResult> &domainSizes) {                            \
    getDomainOfResultTile(*this, b, resultNumber, {offsets, sizes},            \
                          domainOffsets, domainSizes);                         \
    return success();                                                          \
  }                                                                            \
  FailureOr<TilingResult> OpTy::generateResultTileValue(                       \
      OpBuilder &b, unsigned resultNumber, ArrayRef<OpFoldResult> offsets,     \
      ArrayRef<OpFoldResult> sizes) {                                          \
    SmallVector<OpFoldResult> domainOffsets, domainSizes;                      \
    getDomainOfResultTile(*this, b, resultNumber, {offsets, sizes},            \
                          domainOffsets, domainSizes);                         \
    FailureOr<TilingResult> tiled =                                            \
        getTiledImplementation(b, domainOffsets, domainSizes);                 \
    if (succeeded(tiled))                                                      \
      tiled->tiledValues = {tiled->tiledValues[resultNumber]};                 \
    return tiled;                                                              \
  }
ATTN_TILED_OP(FoldOp)
ATTN_TILED_OP(CombineOp)
ATTN_TILED_OP(FinishOp)
#undef ATTN_TILED_OP

//===----------------------------------------------------------------------===//
// fold
//===----------------------------------------------------------------------===//

SmallVector<IteratorType> FoldOp::getLoopIteratorTypes() {
  SmallVector<IteratorType> types(getNumLoops(), IteratorType::parallel);
  types[getFeatureDim()] = IteratorType::reduction;
  types[getKeyDim()] = IteratorType::reduction;
  return types;
}

// fold(s, K1 ++ K2) = fold(fold(s, K1), K2)
//
// A tile of the fold is the fold of a tile, at its absolute position.
static FailureOr<TilingResult> tileFold(FoldOp op, OpBuilder &b,
                                        const Tile &tile,
                                        ValueRange inits = {}) {
  if (!isWhole(op, b, tile, op.getFeatureDim()))
    return op.emitOpError("cannot be tiled along k1: a score is not linear in "
                          "partial sums; give it tile size 0");
  if (!isWhole(op, b, tile, op.getValueDim()))
    return op.emitOpError("cannot be tiled along n: m and l do not depend on "
                          "n, so keys would be counted again; give it tile "
                          "size 0");

  // The positions come first: they must dominate the fold.
  MaskAlgebra algebra(b, op.getLoc());
  SmallVector<Value> origin;
  unsigned batch = op.getNumBatchDims();
  for (unsigned i = 0; i < batch + 2; ++i) {
    unsigned dim = i < batch + 1 ? i : op.getKeyDim();
    origin.push_back(algebra.materialize(
        algebra.add(op.getOriginOf(i), tile.offsets[dim])));
  }
  TilingResult result = cloneOnTile(op, b, tile, inits);
  cast<FoldOp>(result.tiledOps.front()).getOriginMutable().assign(origin);
  return result;
}

FailureOr<TilingResult>
FoldOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                               ArrayRef<OpFoldResult> sizes) {
  return tileFold(*this, b, {offsets, sizes});
}

// fold(s, K) = combine(s, fold(identity, K_1), fold(identity, K_2), ...)
//
// The extra dimension of the partial states comes first.
FailureOr<SmallVector<Value>> FoldOp::generateInitialTensorForPartialReduction(
    OpBuilder &b, Location loc, ArrayRef<OpFoldResult> tileSizes,
    const SetVector<unsigned> &reductionDims) {
  if (reductionDims.size() != 1 || !reductionDims.contains(getKeyDim()))
    return emitOpError("can only be split along k2, dimension ")
           << getKeyDim() << " of its iteration space";
  FloatType type = getStateType();
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  SmallVector<APFloat> identity = {APFloat::getInf(semantics, true),
                                   APFloat::getZero(semantics),
                                   APFloat::getZero(semantics)};
  SmallVector<Value> partials;
  for (auto [init, value] : llvm::zip_equal(getDpsInits(), identity)) {
    SmallVector<OpFoldResult> shape = tensor::getMixedSizes(b, loc, init);
    shape.insert(shape.begin(), tileSizes[getKeyDim()]);
    Value empty = tensor::EmptyOp::create(b, loc, shape, type);
    Value constant = arith::ConstantOp::create(b, loc, FloatAttr::get(type, value));
    partials.push_back(
        linalg::FillOp::create(b, loc, constant, empty).getResult(0));
  }
  return partials;
}

LogicalResult FoldOp::getPartialResultTilePosition(
    OpBuilder &b, unsigned resultNumber, ReductionTilingStrategy strategy,
    ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
    const SetVector<unsigned> &reductionDims,
    ArrayRef<OpFoldResult> splitReductionIvs,
    SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  if (failed(getResultTilePosition(b, resultNumber, offsets, sizes,
                                   resultOffsets, resultSizes)))
    return failure();
  resultOffsets.insert(resultOffsets.begin(), splitReductionIvs.front());
  resultSizes.insert(resultSizes.begin(), b.getIndexAttr(1));
  return success();
}

FailureOr<TilingResult> FoldOp::tileToPartialReduction(
    OpBuilder &b, Location loc, ReductionTilingStrategy strategy,
    ValueRange init, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, const SetVector<unsigned> &reductionDims,
    ArrayRef<OpFoldResult> splitReductionIvs) {
  if (strategy != ReductionTilingStrategy::PartialReductionOuterParallel)
    return emitOpError("splits its keys into parallel runs only; use the "
                       "outer-parallel strategy");
  // The destinations are this split's part of the partial states.
  SmallVector<Value> inits;
  SmallVector<Operation *> slices;
  for (auto [i, partial] : llvm::enumerate(init)) {
    SmallVector<OpFoldResult> partialOffsets, partialSizes;
    if (failed(getPartialResultTilePosition(
            b, i, strategy, offsets, sizes, reductionDims, splitReductionIvs,
            partialOffsets, partialSizes)))
      return failure();
    SmallVector<int64_t> shape;
    for (OpFoldResult size : ArrayRef(partialSizes).drop_front())
      shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
    SmallVector<OpFoldResult> strides(partialSizes.size(), b.getIndexAttr(1));
    auto slice = tensor::ExtractSliceOp::create(
        b, loc, RankedTensorType::get(shape, getStateType()), partial,
        partialOffsets, partialSizes, strides);
    inits.push_back(slice);
    slices.push_back(slice);
  }
  FailureOr<TilingResult> result = tileFold(*this, b, {offsets, sizes}, inits);
  if (succeeded(result))
    llvm::append_range(result->generatedSlices, slices);
  return result;
}

FailureOr<MergeResult>
FoldOp::mergeReductions(OpBuilder &b, Location loc, ValueRange partialReduce,
                        const SetVector<unsigned> &reductionDims) {
  // (batch.., m, k1, k2, n) becomes (batch.., m, s, n).
  MLIRContext *context = getContext();
  unsigned batch = getNumBatchDims(), loops = batch + 3, split = batch + 1;
  SmallVector<AffineMap> partialMaps, maps;
  for (AffineMap map : {getMaxMap(), getSumMap(), getAccMap()}) {
    SmallVector<AffineExpr> results;
    for (unsigned i = 0; i < map.getNumResults(); ++i) {
      unsigned dim = map.getDimPosition(i);
      results.push_back(getAffineDimExpr(
          dim == getValueDim() ? split + 1 : dim, context));
    }
    maps.push_back(AffineMap::get(loops, 0, results, context));
    results.insert(results.begin(), getAffineDimExpr(split, context));
    partialMaps.push_back(AffineMap::get(loops, 0, results, context));
  }
  llvm::append_range(partialMaps, maps);
  auto combine = CombineOp::create(
      b, loc, getMax().getType(), getSum().getType(), getAcc().getType(),
      partialReduce[0], partialReduce[1], partialReduce[2], getMax(), getSum(),
      getAcc(), b.getAffineMapArrayAttr(partialMaps));
  return MergeResult{{combine}, llvm::to_vector_of<Value>(combine->getResults())};
}

//===----------------------------------------------------------------------===//
// combine, finish
//===----------------------------------------------------------------------===//

SmallVector<IteratorType> CombineOp::getLoopIteratorTypes() {
  SmallVector<IteratorType> types(getNumLoops(), IteratorType::parallel);
  types[getSplitDim()] = IteratorType::reduction;
  return types;
}

// combine(s, S1 ++ S2) = combine(combine(s, S1), S2)
FailureOr<TilingResult>
CombineOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                                  ArrayRef<OpFoldResult> sizes) {
  Tile tile{offsets, sizes};
  if (!isWhole(*this, b, tile, getValueDim()))
    return emitOpError("cannot be tiled along n: m and l do not depend on n, "
                       "so states would be counted again; give it tile size 0");
  return cloneOnTile(*this, b, tile);
}

SmallVector<IteratorType> FinishOp::getLoopIteratorTypes() {
  return SmallVector<IteratorType>(getNumLoops(), IteratorType::parallel);
}

FailureOr<TilingResult>
FinishOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                                 ArrayRef<OpFoldResult> sizes) {
  return cloneOnTile(*this, b, {offsets, sizes});
}
