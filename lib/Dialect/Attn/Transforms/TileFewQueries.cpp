//===- TileFewQueries.cpp - Few queries against many keys ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"

using namespace mlir;
using namespace mlir::attn;

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

/// finish(fold(identity, K))  -->  for each batch that has keys of its own:
///                                   finish(fold(identity, keys of the batch))
static LogicalResult tileBatch(RewriterBase &rewriter, FinishOp finish,
                               ArrayRef<bool> isTiled, bool parallel) {
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

LogicalResult mlir::attn::tileFewQueries(AttentionOp op, int64_t keys,
                                         bool parallel) {
  IRRewriter rewriter(op);
  SmallVector<bool> isTiled;
  for (unsigned dim = 0; dim < op.getNumBatchDims(); ++dim)
    isTiled.push_back(!isGroup(op, dim));
  bool isEmpty = llvm::is_contained(op.getStaticLoopRanges(), 0);
  FoldedAttention folded = foldAttention(rewriter, op, StateLayout::QueryRows);
  if (isEmpty)
    return success();
  return tileOuterThenInner(
      folded.fold,
      [&] {
        return llvm::is_contained(isTiled, true)
                   ? tileBatch(rewriter, folded.finish, isTiled, parallel)
                   : success();
      },
      [&](FoldOp fold) {
        return tileKeys(rewriter, fold, keys,
                        EdgeTile{0, getEdgeKeysOfFewQueries(keys)});
      });
}
