//===- TileAttention.cpp - Online softmax on tiles of queries and keys ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/SCF/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace mlir::attn;

/// Tiles `finish` along queries, with the fold, the identity and the packing of
/// queries fused into the loops; one batch index at a time.
static LogicalResult tileQueries(RewriterBase &rewriter, FinishOp finish,
                                 int64_t queries, bool peel) {
  SmallVector<OpFoldResult> sizes(finish.getNumLoops(),
                                  rewriter.getIndexAttr(1));
  sizes[finish.getQueryDim()] = rewriter.getIndexAttr(queries);
  sizes[finish.getValueDim()] = rewriter.getIndexAttr(0);
  scf::SCFTileAndFuseOptions options;
  options.setTilingOptions(scf::SCFTilingOptions().setTileSizes(sizes));
  rewriter.setInsertionPoint(finish);
  FailureOr<scf::SCFTileAndFuseResult> tiled =
      scf::tileConsumerAndFuseProducersUsingSCF(rewriter, finish, options);
  if (failed(tiled))
    return finish.emitOpError("could not be tiled along queries");
  for (auto [before, after] : tiled->replacements)
    rewriter.replaceAllUsesWith(before, after);

  // Whole tiles first, so that their sizes are constants.
  if (!tiled->loops.empty() && peel)
    if (auto loop =
            dyn_cast<scf::ForOp>(tiled->loops.back().getOperation())) {
      scf::ForOp rest;
      (void)scf::peelForLoopAndSimplifyBounds(rewriter, loop, rest);
    }
  return success();
}

/// Tiles `fold` along one dimension; null folds stay null. Returns the folds of
/// tiles: along keys one, whose last tile is smaller; along queries, which fill
/// vectors, that of whole tiles and, if `peel`, that of what is left. Size 0 is no
/// tiling.
static FailureOr<SmallVector<FoldOp>> tileFold(RewriterBase &rewriter,
                                               FoldOp fold, unsigned dim,
                                               int64_t size,
                                               bool peel = true) {
  SmallVector<FoldOp> folds;
  if (!fold)
    return folds;
  if (size == 0) {
    folds.push_back(fold);
    return folds;
  }
  bool isReduction = dim == fold.getKeyDim();
  SmallVector<OpFoldResult> sizes(fold.getNumLoops(), rewriter.getIndexAttr(0));
  sizes[dim] = rewriter.getIndexAttr(size);
  scf::SCFTilingOptions options;
  options.setTileSizes(sizes);
  if (isReduction)
    options.setReductionDims({dim});
  rewriter.setInsertionPoint(fold);
  FailureOr<scf::SCFTilingResult> tiled =
      scf::tileUsingSCF(rewriter, fold, options);
  if (failed(tiled))
    return fold.emitOpError("could not be tiled along ")
           << (isReduction ? "keys" : "queries");
  rewriter.replaceOp(fold, tiled->replacements);
  for (Operation *op : tiled->tiledOps)
    folds.push_back(cast<FoldOp>(op));
  if (tiled->loops.empty() || isReduction || !peel)
    return folds;
  auto loop = cast<scf::ForOp>(tiled->loops.front().getOperation());
  scf::ForOp rest;
  if (succeeded(scf::peelForLoopAndSimplifyBounds(rewriter, loop, rest)))
    rest.walk([&](FoldOp fold) { folds.push_back(fold); });
  return folds;
}

LogicalResult mlir::attn::tileKeys(RewriterBase &rewriter, FoldOp fold,
                                   const KeyIntervals &intervals, int64_t keys,
                                   ArrayRef<EdgeTile> edges, MaskEdge edge) {
  unsigned k2 = fold.getKeyDim();
  // A mask of single elements has no edge.
  bool hasEdge = !fold.mayHideSingleKeys();
  SplitFold split = splitFoldAtMask(rewriter, fold, intervals);
  if (failed(tileFold(rewriter, split.full, k2, keys)))
    return failure();
  for (auto [masked, own] : {std::pair(split.before, MaskEdge::Begin),
                             std::pair(split.after, MaskEdge::End)}) {
    if (masked && hasEdge && edges.size() > 1) {
      // There are about as many keys as such a tile has.
      if (failed(tileKeys(rewriter, masked, edges.front().keys,
                          edges.drop_front(),
                          getEdgeOf(edge, edges.front().isSeparate, own))))
        return failure();
    } else if (failed(tileFold(rewriter, masked, k2,
                               hasEdge ? edges.front().keys : keys))) {
      return failure();
    }
  }
  return success();
}

LogicalResult mlir::attn::tileKeys(RewriterBase &rewriter, FoldOp fold,
                                   int64_t keys, ArrayRef<EdgeTile> edges,
                                   MaskEdge edge) {
  unsigned m = fold.getQueryDim();
  EdgeTile tile = edges.front();
  // What is left of a tile has a part that is not whole, and no code for others.
  bool isRest = edges.size() == 1 &&
                ShapedType::isDynamic(fold.getStaticLoopRanges()[m]);
  FailureOr<SmallVector<FoldOp>> rows =
      tileFold(rewriter, fold, m, tile.queries, /*peel=*/!isRest);
  if (failed(rows))
    return failure();
  for (FoldOp row : *rows) {
    rewriter.setInsertionPoint(row);
    KeyIntervals intervals = getKeyIntervals(rewriter, row, tile.keys, edge);
    if (failed(tileKeys(rewriter, row, intervals, keys, edges, edge)))
      return failure();
  }
  return success();
}

/// A block of queries and what they see, in tiles of keys: each is shared by the
/// block's tiles of queries while it is in the cache. Of keys that not all of the
/// block see, each tile of queries takes what it sees.
static LogicalResult tileBlock(RewriterBase &rewriter, FoldOp fold,
                               const AttentionTiles &tiles,
                               ArrayRef<EdgeTile> edges) {
  unsigned m = fold.getQueryDim(), k2 = fold.getKeyDim();
  int64_t unit = edges.front().keys;
  bool isSeparate = hasSeparateEdges(fold.getMaskAttr(), tiles.block, unit);
  rewriter.setInsertionPoint(fold);
  SplitFold split = splitFoldAtMask(rewriter, fold,
                                    getKeyIntervals(rewriter, fold, unit));
  for (auto [part, own] : {std::pair(split.before, MaskEdge::Begin),
                           std::pair(split.full, MaskEdge::Both),
                           std::pair(split.after, MaskEdge::End)}) {
    FailureOr<SmallVector<FoldOp>> shared =
        tileFold(rewriter, part, k2, tiles.keys);
    if (failed(shared))
      return failure();
    for (FoldOp keys : *shared) {
      if (tiles.pack)
        packKeys(rewriter, keys);
      if (part == split.full
              ? failed(tileFold(rewriter, keys, m, tiles.queries))
              : failed(tileKeys(rewriter, keys, tiles.keys, edges,
                                getEdgeOf(MaskEdge::Both, isSeparate, own))))
        return failure();
    }
  }
  return success();
}

void mlir::attn::simplifyTiles(Operation *root) {
  MLIRContext *context = root->getContext();
  RewritePatternSet patterns(context);
  for (StringRef name : {"affine", "attn", "linalg", "scf", "tensor", "arith"})
    if (Dialect *dialect = context->getLoadedDialect(name))
      dialect->getCanonicalizationPatterns(patterns);
  for (RegisteredOperationName op : context->getRegisteredOperations())
    if (llvm::is_contained({"affine", "attn", "linalg", "scf", "tensor"},
                           op.getDialectNamespace()))
      op.getCanonicalizationPatterns(patterns, context);
  // Tiles that divide what they are tiles of are whole.
  scf::populateSCFForLoopCanonicalizationPatterns(patterns);
  // A slice of an empty tensor is a small empty tensor: the state of a tile.
  tensor::populateFoldTensorEmptyPatterns(patterns);
  (void)applyPatternsGreedily(root, std::move(patterns));
  IRRewriter rewriter(context);
  DominanceInfo dominance(root);
  eliminateCommonSubExpressions(rewriter, dominance, root);
}

LogicalResult mlir::attn::tileOuterThenInner(
    FoldOp fold, function_ref<LogicalResult()> tileOuter,
    function_ref<LogicalResult(FoldOp)> tileInner) {
  Operation *function =
      fold->getParentWithTrait<OpTrait::IsIsolatedFromAbove>();
  // Marks the folds to tile: clones of this one have it, other folds do not.
  StringRef kTileKeys = "attn.tile_keys";
  fold->setDiscardableAttr(kTileKeys, UnitAttr::get(fold.getContext()));
  if (failed(tileOuter()))
    return failure();
  // A multi-result producer fused through several slices is cloned for each;
  // CSE makes it one again before its keys are tiled.
  simplifyTiles(function);
  SmallVector<FoldOp> folds;
  function->walk([&](FoldOp clone) {
    if (clone->removeDiscardableAttr(kTileKeys))
      folds.push_back(clone);
  });
  for (FoldOp clone : folds)
    if (failed(tileInner(clone)))
      return failure();
  simplifyTiles(function);
  return success();
}

bool mlir::attn::isInBlocks(AttentionOp op, const AttentionTiles &tiles) {
  int64_t length = op.getStaticLoopRanges()[op.getQueryDim()];
  return tiles.block > tiles.queries &&
         (ShapedType::isDynamic(length) || length > tiles.queries);
}

SmallVector<EdgeTile> mlir::attn::getEdges(AttentionOp op,
                                           const AttentionTiles &tiles) {
  int64_t keys = std::min(tiles.queries, tiles.keys);
  SmallVector<EdgeTile> edges = {
      {tiles.queries, keys,
       hasSeparateEdges(op.getMaskAttr(), tiles.queries, keys)}};
  if (int64_t part = tiles.queries / tiles.parts; part < keys)
    edges.push_back({part, part});
  return edges;
}

LogicalResult mlir::attn::tileAttention(AttentionOp op,
                                        const AttentionTiles &tiles,
                                        bool parallel) {
  bool isBlocked = isInBlocks(op, tiles);

  IRRewriter rewriter(op);
  // Without elements there are no tiles, and one fold of nothing is enough.
  bool isEmpty = llvm::is_contained(op.getStaticLoopRanges(), 0);
  FoldedAttention folded = foldAttention(rewriter, op);
  if (isEmpty)
    return success();
  SmallVector<EdgeTile> edges = getEdges(op, tiles);
  int64_t rows = isBlocked ? tiles.block : tiles.queries;
  return tileOuterThenInner(
      folded.fold,
      [&] {
        return parallel ? distributeQueries(rewriter, folded.finish, rows,
                                            /*cut=*/isBlocked)
                        : tileQueries(rewriter, folded.finish, rows,
                                      /*peel=*/!isBlocked);
      },
      [&](FoldOp fold) {
        if (isBlocked)
          return tileBlock(rewriter, fold, tiles, edges);
        edges.front().queries = 0; // A tile is all that there is.
        return tileKeys(rewriter, fold, tiles.keys, edges);
      });
}
