//===- DistributeQueries.cpp - Tiles of queries for several threads ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;
using LoopHeader = scf::SCFTilingOptions::CustomLoopHeaderInfo;

namespace {
/// `count` tiles of `rows` queries each; one of several begins at a multiple of
/// `rows`, a single one at `begin`. The last may be cut short at `end`.
struct QueryTiles {
  OpFoldResult begin, rows, count;
  bool several;     // Whether count may be above 1.
  OpFoldResult end; // Null if no tile is cut.
};
} // namespace

/// Tiles in the order 0, last, 1, last - 1, ..: under a causal mask a tile has
/// more keys the later it comes, and neighbours of this order have the same number
/// of keys together. Threads take runs of neighbours.
static Value getTileAt(OpBuilder &b, Location loc, Value place,
                       OpFoldResult count) {
  MaskAlgebra algebra(b, loc);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  Value half = arith::ShRUIOp::create(b, loc, place, one);
  Value odd = arith::AndIOp::create(b, loc, place, one);
  Value isOdd = arith::CmpIOp::create(
      b, loc, arith::CmpIPredicate::eq, odd, one);
  Value last = algebra.materialize(algebra.sub(count, algebra.constant(1)));
  Value mirrored = arith::SubIOp::create(b, loc, last, half);
  return arith::SelectOp::create(b, loc, isOdd, mirrored, half);
}

/// forall (batch.., place) in (all of the batch, count of tiles)
static LoopHeader createLoop(RewriterBase &rewriter, Location loc,
                             FinishOp finish, const QueryTiles &tiles,
                             ArrayRef<Range> ranges, ValueRange destinations) {
  SmallVector<OpFoldResult> counts, offsets, sizes;
  for (unsigned dim = 0; dim < finish.getValueDim(); ++dim)
    counts.push_back(dim == finish.getQueryDim() ? tiles.count
                                                 : ranges[dim].size);
  auto loop = scf::ForallOp::create(rewriter, loc, counts, destinations,
                                    /*mapping=*/std::nullopt);
  rewriter.setInsertionPoint(loop.getTerminator());
  for (Value index : loop.getInductionVars()) {
    offsets.push_back(index);
    sizes.push_back(rewriter.getIndexAttr(1));
  }
  unsigned query = finish.getQueryDim();
  offsets[query] = tiles.begin;
  if (tiles.several) {
    AffineExpr tile = rewriter.getAffineDimExpr(0);
    AffineExpr rows = rewriter.getAffineSymbolExpr(0);
    Value place = loop.getInductionVar(query);
    offsets[query] = affine::makeComposedFoldedAffineApply(
        rewriter, loc, tile * rows,
        {getTileAt(rewriter, loc, place, tiles.count), tiles.rows});
  }
  sizes[query] = tiles.rows;
  if (tiles.end) {
    AffineExpr rows = rewriter.getAffineSymbolExpr(0);
    AffineExpr end = rewriter.getAffineSymbolExpr(1);
    AffineExpr begin = rewriter.getAffineSymbolExpr(2);
    sizes[query] = affine::makeComposedFoldedAffineMin(
        rewriter, loc,
        AffineMap::get(0, 3, {rows, end - begin}, rewriter.getContext()),
        {tiles.rows, tiles.end, offsets[query]});
  }
  offsets.push_back(ranges.back().offset); // n is not tiled.
  sizes.push_back(ranges.back().size);

  LoopHeader header;
  header.loops = {cast<LoopLikeOpInterface>(loop.getOperation())};
  header.tileOffset = offsets;
  header.tileSizes = sizes;
  header.destinationTensors =
      llvm::to_vector_of<Value>(loop.getRegionIterArgs());
  return header;
}

static LogicalResult
finishLoop(RewriterBase &rewriter, Location loc,
           ArrayRef<LoopLikeOpInterface> loops, ValueRange results,
           ArrayRef<SmallVector<OpFoldResult>> offsets,
           ArrayRef<SmallVector<OpFoldResult>> sizes, ValueRange destinations) {
  LoopLikeOpInterface front = loops.front();
  auto loop = cast<scf::ForallOp>(front.getOperation());
  rewriter.setInsertionPointToEnd(loop.getTerminator().getBody());
  for (auto [result, destination, offset, size] :
       llvm::zip_equal(results, destinations, offsets, sizes))
    tensor::ParallelInsertSliceOp::create(
        rewriter, loc, result, destination, offset, size,
        SmallVector<OpFoldResult>(offset.size(), rewriter.getIndexAttr(1)));
  return success();
}

/// Replaces `finish` by a loop over these tiles, with the fold, the identity and
/// the packing of queries fused into it.
static FailureOr<SmallVector<Value>>
tileInParallel(RewriterBase &rewriter, FinishOp finish,
               const QueryTiles &tiles) {
  scf::SCFTilingOptions tiling;
  // Which dimensions are tiled is all that is read of these.
  SmallVector<OpFoldResult> sizes(finish.getNumLoops(),
                                  rewriter.getIndexAttr(1));
  sizes[finish.getValueDim()] = rewriter.getIndexAttr(0);
  tiling.setTileSizes(sizes)
      .setLoopType(scf::SCFTilingOptions::LoopType::CustomOp)
      .setCustomLoopGenerationFns(
          [&](RewriterBase &rewriter, Location loc, ArrayRef<Range> ranges,
              ArrayRef<OpFoldResult>, ValueRange destinations) {
            return FailureOr<LoopHeader>(createLoop(
                rewriter, loc, finish, tiles, ranges, destinations));
          },
          finishLoop);
  scf::SCFTileAndFuseOptions options;
  options.setTilingOptions(tiling);
  rewriter.setInsertionPoint(finish);
  FailureOr<scf::SCFTileAndFuseResult> tiled =
      scf::tileConsumerAndFuseProducersUsingSCF(rewriter, finish, options);
  if (failed(tiled))
    return finish.emitOpError("could not be tiled along queries");
  SmallVector<Value> results;
  for (Value result : finish->getResults())
    results.push_back(tiled->replacements.lookup(result));
  return results;
}

LogicalResult mlir::attn::distributeQueries(RewriterBase &rewriter,
                                            FinishOp finish, int64_t queries,
                                            bool cut) {
  rewriter.setInsertionPoint(finish);
  Location loc = finish.getLoc();
  OpFoldResult length = getLoopSizes(rewriter, finish)[finish.getQueryDim()];
  OpFoldResult zero = rewriter.getIndexAttr(0), one = rewriter.getIndexAttr(1);
  SmallVector<QueryTiles> parts;
  if (queries == 0) {
    parts.push_back({zero, length, one, false, {}});
  } else if (std::optional<int64_t> known = getConstantIntValue(length);
             cut && (!known || *known % queries != 0)) {
    OpFoldResult count = affine::makeComposedFoldedAffineApply(
        rewriter, loc, rewriter.getAffineSymbolExpr(0).ceilDiv(queries),
        {length});
    parts.push_back(
        {zero, rewriter.getIndexAttr(queries), count, true, length});
  } else {
    // Whole tiles, so that their size is a constant, then what is left.
    AffineExpr l = rewriter.getAffineSymbolExpr(0);
    auto apply = [&](AffineExpr expr) {
      return affine::makeComposedFoldedAffineApply(rewriter, loc, expr,
                                                   {length});
    };
    AffineExpr count = l.floorDiv(queries), rest = l % queries;
    parts.push_back(
        {zero, rewriter.getIndexAttr(queries), apply(count), true, {}});
    parts.push_back({apply(count * queries), apply(rest),
                     apply(rest.ceilDiv(queries)), false, {}});
  }
  for (const QueryTiles &tiles : parts) {
    if (isZeroInteger(tiles.count))
      continue;
    auto part = cast<FinishOp>(rewriter.clone(*finish));
    FailureOr<SmallVector<Value>> results =
        tileInParallel(rewriter, part, tiles);
    if (failed(results))
      return failure();
    rewriter.eraseOp(part);
    rewriter.modifyOpInPlace(
        finish, [&] { finish.getOutputsMutable().assign(*results); });
    rewriter.setInsertionPoint(finish);
  }
  rewriter.replaceOp(finish, finish.getOutputs());
  return success();
}
