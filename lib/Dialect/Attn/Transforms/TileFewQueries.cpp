//===- TileFewQueries.cpp - Few queries against many keys ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;
using Interval = MaskAlgebra::Interval;

/// More rows than this fill the lanes by themselves.
static constexpr int64_t kMaxRows = 16;

/// Keys per tile next to the mask's edge.
static constexpr int64_t kEdgeKeys = 16;

bool mlir::attn::isGroup(AttentionOp op, unsigned batchDim) {
  return !op.getKeyMap().isFunctionOfDim(batchDim) &&
         !op.getValueMap().isFunctionOfDim(batchDim);
}

bool mlir::attn::hasFewQueries(AttentionOp op) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  int64_t rows = 1;
  for (unsigned dim = 0; dim <= op.getQueryDim(); ++dim) {
    if (dim < op.getNumBatchDims() && !isGroup(op, dim))
      continue;
    if (ShapedType::isDynamic(ranges[dim]) || ranges[dim] > kMaxRows)
      return false;
    rows *= ranges[dim];
  }
  return rows <= kMaxRows;
}

bool mlir::attn::isTiledAsFewQueries(AttentionOp op,
                                     const AttentionTiles &tiles) {
  return op.getStaticLoopRanges()[op.getQueryDim()] <= tiles.queries &&
         hasFewQueries(op);
}

int64_t mlir::attn::getEdgeKeysOfFewQueries(int64_t keys) {
  return std::min(kEdgeKeys, keys);
}

/// finish(state)  -->  for each batch that has keys of its own:
///                       finish(state of the batch)
///
/// with what computes the state fused into the loop.
static LogicalResult tileBatch(RewriterBase &rewriter, FinishOp finish,
                               ArrayRef<bool> isTiled, bool parallel) {
  if (!llvm::is_contained(isTiled, true))
    return success();
  SmallVector<OpFoldResult> sizes(finish.getNumLoops(),
                                  rewriter.getIndexAttr(0));
  for (auto [size, tiled] : llvm::zip(sizes, isTiled))
    if (tiled)
      size = rewriter.getIndexAttr(1);
  scf::SCFTileAndFuseOptions options;
  options.tilingOptions.setTileSizes(sizes);
  if (parallel)
    options.tilingOptions.setLoopType(
        scf::SCFTilingOptions::LoopType::ForallOp);
  rewriter.setInsertionPoint(finish);
  FailureOr<scf::SCFTileAndFuseResult> tiled =
      scf::tileConsumerAndFuseProducersUsingSCF(rewriter, finish, options);
  if (failed(tiled))
    return finish.emitOpError("could not be tiled along the batch");
  for (auto [before, after] : tiled->replacements)
    rewriter.replaceAllUsesWith(before, after);
  return success();
}

//===----------------------------------------------------------------------===//
// Splits of the keys
//===----------------------------------------------------------------------===//

/// Where the splits that some query of `fold` sees begin and end.
static Interval getSplits(MaskAlgebra &algebra, FoldOp fold,
                          ArrayRef<OpFoldResult> sizes,
                          const KeyIntervals &keys, int64_t split) {
  return {algebra.alignDown(keys.begin, split),
          algebra.min(keys.end, sizes[fold.getKeyDim()])};
}

/// The part of `keys` that is in the split from `first` on. What is known to be
/// empty stays so.
static KeyIntervals limitToSplit(MaskAlgebra &algebra, const KeyIntervals &keys,
                                 OpFoldResult first, int64_t split) {
  OpFoldResult last = algebra.add(first, algebra.constant(split));
  auto limit = [&](OpFoldResult place) {
    if (isZeroInteger(place)) // No split is before it.
      return first;
    return algebra.max(first, algebra.min(place, last));
  };
  KeyIntervals here;
  here.begin = limit(keys.begin);
  here.fullBegin =
      keys.fullBegin == keys.begin ? here.begin : limit(keys.fullBegin);
  here.fullEnd =
      keys.fullEnd == keys.fullBegin ? here.fullBegin : limit(keys.fullEnd);
  here.end = keys.end == keys.fullEnd ? here.fullEnd : limit(keys.end);
  return here;
}

/// fold(s, K)  -->  fold(identity, K)
///
/// Besides `fold`, where the rewriter is.
static FoldOp cloneOnIdentity(RewriterBase &rewriter, FoldOp fold) {
  Location loc = fold.getLoc();
  SmallVector<Value> identity =
      createIdentity(rewriter, loc, fold.getStateType(),
                     tensor::getMixedSizes(rewriter, loc, fold.getMax()),
                     tensor::getMixedSizes(rewriter, loc, fold.getAcc()));
  auto clone = cast<FoldOp>(rewriter.clone(*fold));
  clone->setOperands(clone.getMaxMutable().getOperandNumber(), 3, identity);
  return clone;
}

/// combine(state of `fold`, partial states)
static FailureOr<CombineOp> createCombine(RewriterBase &rewriter, FoldOp fold,
                                          ValueRange partials) {
  SetVector<unsigned> keys;
  keys.insert(fold.getKeyDim());
  FailureOr<MergeResult> merged =
      fold.mergeReductions(rewriter, fold.getLoc(), partials, keys);
  if (failed(merged))
    return failure();
  return cast<CombineOp>(merged->mergeOps.front());
}

/// fold(s, K)  -->  for each split: s = combine(s, {fold(identity, split)})
///
/// All within one batch, so that shapes of states are known.
static LogicalResult splitInOrder(RewriterBase &rewriter, FoldOp fold,
                                  const AttentionTiles &tiles, int64_t edge) {
  Location loc = fold.getLoc();
  rewriter.setInsertionPoint(fold);
  MaskAlgebra algebra(rewriter, loc);
  KeyIntervals keys = getKeyIntervals(rewriter, fold, edge);
  SmallVector<OpFoldResult> sizes = getLoopSizes(rewriter, fold);
  Interval splits = getSplits(algebra, fold, sizes, keys, tiles.split);
  auto loop = scf::ForOp::create(
      rewriter, loc, algebra.materialize(splits.begin),
      algebra.materialize(splits.end),
      algebra.materialize(algebra.constant(tiles.split)), fold.getDpsInits());
  rewriter.setInsertionPointToStart(loop.getBody());
  KeyIntervals here =
      limitToSplit(algebra, keys, loop.getInductionVar(), tiles.split);
  FoldOp part = cloneOnIdentity(rewriter, fold);
  SmallVector<Value> partials;
  for (Value state : part.getResults()) {
    auto type = cast<RankedTensorType>(state.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape.insert(shape.begin(), 1);
    SmallVector<ReassociationIndices> groups = {{0, 1}};
    for (int64_t dim = 1; dim < type.getRank(); ++dim)
      groups.push_back({dim + 1});
    partials.push_back(tensor::ExpandShapeOp::create(
        rewriter, loc, type.clone(shape), state, groups));
  }
  FailureOr<CombineOp> combine = createCombine(rewriter, fold, partials);
  if (failed(combine))
    return failure();
  (*combine)->setOperands((*combine).getMaxMutable().getOperandNumber(), 3,
                          loop.getRegionIterArgs());
  scf::YieldOp::create(rewriter, loc, combine->getResults());
  rewriter.replaceOp(fold, loop.getResults());
  return tileKeys(rewriter, part, here, tiles.keys, EdgeTile{0, edge});
}

/// fold(s, K)  -->  combine(s, {forall batch, splits: fold(identity, split)})
///
/// The packing of queries moves into the loop, too.
static FailureOr<CombineOp> splitInParallel(RewriterBase &rewriter, FoldOp fold,
                                            ArrayRef<bool> isTiled,
                                            const AttentionTiles &tiles,
                                            int64_t edge) {
  Location loc = fold.getLoc();
  rewriter.setInsertionPoint(fold);
  MaskAlgebra algebra(rewriter, loc);
  OpFoldResult zero = rewriter.getIndexAttr(0), one = rewriter.getIndexAttr(1);
  SmallVector<OpFoldResult> sizes = getLoopSizes(rewriter, fold);
  // What any query sees, at most.
  Interval splits = getSplits(
      algebra, fold, sizes, getKeyIntervals(rewriter, fold, edge), tiles.split);
  OpFoldResult keys =
      algebra.max(algebra.sub(splits.end, splits.begin), algebra.constant(0));
  OpFoldResult count = affine::makeComposedFoldedAffineApply(
      rewriter, loc, rewriter.getAffineSymbolExpr(0).ceilDiv(tiles.split),
      {keys});

  SmallVector<Value> partials;
  for (Value state : fold.getDpsInits()) {
    SmallVector<OpFoldResult> shape =
        tensor::getMixedSizes(rewriter, loc, state);
    shape.insert(shape.begin(), count);
    partials.push_back(
        tensor::EmptyOp::create(rewriter, loc, shape, fold.getStateType()));
  }
  SmallVector<OpFoldResult> counts;
  for (auto [dim, tiled] : llvm::enumerate(isTiled))
    if (tiled)
      counts.push_back(sizes[dim]);
  counts.push_back(count);
  auto loop = scf::ForallOp::create(rewriter, loc, counts, partials,
                                    /*mapping=*/std::nullopt);
  FailureOr<CombineOp> combine =
      createCombine(rewriter, fold, loop.getResults());
  if (failed(combine))
    return failure();

  // This batch, and all keys.
  rewriter.setInsertionPoint(loop.getTerminator());
  SmallVector<Value> place = llvm::to_vector_of<Value>(loop.getInductionVars());
  Value number = place.back();
  SmallVector<OpFoldResult> offsets(sizes.size(), zero);
  for (unsigned dim = 0, next = 0; dim < isTiled.size(); ++dim)
    if (isTiled[dim]) {
      offsets[dim] = place[next++];
      sizes[dim] = one;
    }
  FailureOr<TilingResult> tile =
      fold.getTiledImplementation(rewriter, offsets, sizes);
  if (failed(tile))
    return failure();
  auto batch = cast<FoldOp>(tile->tiledOps.front());
  if (auto slice = batch.getQuery().getDefiningOp<tensor::ExtractSliceOp>()) {
    SmallVector<LoopLikeOpInterface> loops = {
        cast<LoopLikeOpInterface>(loop.getOperation())};
    (void)scf::tileAndFuseProducerOfSlice(rewriter, slice, loops);
  }

  // Of these, the keys of the split.
  rewriter.setInsertionPoint(loop.getTerminator());
  OpFoldResult first = affine::makeComposedFoldedAffineApply(
      rewriter, loc,
      rewriter.getAffineDimExpr(0) * tiles.split +
          rewriter.getAffineSymbolExpr(0),
      {number, splits.begin});
  KeyIntervals here = limitToSplit(
      algebra, getKeyIntervals(rewriter, batch, edge), first, tiles.split);
  FoldOp part = cloneOnIdentity(rewriter, batch);
  rewriter.eraseOp(batch);
  rewriter.setInsertionPointToEnd(loop.getTerminator().getBody());
  for (auto [i, state] : llvm::enumerate(part.getResults())) {
    SmallVector<OpFoldResult> from, extent;
    if (failed(fold.getResultTilePosition(rewriter, i, offsets, sizes, from,
                                          extent)))
      return failure();
    from.insert(from.begin(), number);
    extent.insert(extent.begin(), one);
    tensor::ParallelInsertSliceOp::create(
        rewriter, loc, state, loop.getRegionIterArgs()[i], from, extent,
        SmallVector<OpFoldResult>(from.size(), one));
  }
  rewriter.replaceOp(fold, combine->getResults());
  if (failed(tileKeys(rewriter, part, here, tiles.keys, EdgeTile{0, edge})))
    return failure();
  return combine;
}

/// combine(s, S)  -->  for each split: s = combine(s, {its state})
///
/// For all that have the attribute `mark`: sums are those of `splitInOrder`.
static LogicalResult combineInOrder(Operation *root, StringRef mark) {
  SmallVector<CombineOp> combines;
  root->walk([&](CombineOp combine) {
    if (combine->removeDiscardableAttr(mark))
      combines.push_back(combine);
  });
  IRRewriter rewriter(root->getContext());
  for (CombineOp combine : combines) {
    unsigned dim = combine.getSplitDim();
    SmallVector<OpFoldResult> sizes(combine.getNumLoops(),
                                    rewriter.getIndexAttr(0));
    sizes[dim] = rewriter.getIndexAttr(1);
    scf::SCFTilingOptions options;
    options.setTileSizes(sizes).setReductionDims({dim});
    rewriter.setInsertionPoint(combine);
    FailureOr<scf::SCFTilingResult> tiled =
        scf::tileUsingSCF(rewriter, combine, options);
    if (failed(tiled))
      return combine.emitOpError("could not be tiled along splits");
    rewriter.replaceOp(combine, tiled->replacements);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

bool mlir::attn::isSplit(AttentionOp op, const AttentionTiles &tiles) {
  int64_t keys = op.getStaticLoopRanges()[op.getKeyDim()];
  return ShapedType::isDynamic(keys) || keys > tiles.split;
}

LogicalResult mlir::attn::tileFewQueries(AttentionOp op,
                                         const AttentionTiles &tiles,
                                         bool parallel) {
  IRRewriter rewriter(op);
  SmallVector<bool> isTiled;
  for (unsigned dim = 0; dim < op.getNumBatchDims(); ++dim)
    isTiled.push_back(!isGroup(op, dim));
  bool isEmpty = llvm::is_contained(op.getStaticLoopRanges(), 0);
  bool split = isSplit(op, tiles);
  int64_t edge = getEdgeKeysOfFewQueries(tiles.keys);
  Operation *function = op->getParentWithTrait<OpTrait::IsIsolatedFromAbove>();
  FoldedAttention folded = foldAttention(rewriter, op, StateLayout::QueryRows);
  if (isEmpty)
    return success();
  if (!split || !parallel)
    return tileOuterThenInner(
        folded.fold,
        [&] { return tileBatch(rewriter, folded.finish, isTiled, parallel); },
        [&](FoldOp fold) {
          return split ? splitInOrder(rewriter, fold, tiles, edge)
                       : tileKeys(rewriter, fold, tiles.keys, EdgeTile{0, edge});
        });

  FailureOr<CombineOp> combine =
      splitInParallel(rewriter, folded.fold, isTiled, tiles, edge);
  if (failed(combine))
    return failure();
  // Marks the combinations to tile: clones of this one have it, others do not.
  StringRef kInOrder = "attn.combine_in_order";
  (*combine)->setDiscardableAttr(kInOrder, rewriter.getUnitAttr());
  if (failed(tileBatch(rewriter, folded.finish, isTiled, parallel)))
    return failure();
  // Makes one of what tiling cloned for each result.
  simplifyTiles(function);
  if (failed(combineInOrder(function, kInOrder)))
    return failure();
  simplifyTiles(function);
  return success();
}
