//===- TileAttention.cpp - Online softmax on tiles of queries and keys ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
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
                                 int64_t queries) {
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
  if (!tiled->loops.empty())
    if (auto loop =
            dyn_cast<scf::ForOp>(tiled->loops.back().getOperation())) {
      scf::ForOp rest;
      (void)scf::peelForLoopAndSimplifyBounds(rewriter, loop, rest);
    }
  return success();
}

LogicalResult mlir::attn::tileKeys(RewriterBase &rewriter, FoldOp fold,
                                   int64_t keys) {
  if (!fold)
    return success();
  SmallVector<OpFoldResult> sizes(fold.getNumLoops(), rewriter.getIndexAttr(0));
  sizes[fold.getKeyDim()] = rewriter.getIndexAttr(keys);
  scf::SCFTilingOptions options;
  options.setTileSizes(sizes).setReductionDims({fold.getKeyDim()});
  rewriter.setInsertionPoint(fold);
  FailureOr<scf::SCFTilingResult> tiled =
      scf::tileUsingSCF(rewriter, fold, options);
  if (failed(tiled))
    return fold.emitOpError("could not be tiled along keys");
  rewriter.replaceOp(fold, tiled->replacements);
  if (!tiled->loops.empty())
    if (auto loop =
            dyn_cast<scf::ForOp>(tiled->loops.front().getOperation())) {
      scf::ForOp rest;
      (void)scf::peelForLoopAndSimplifyBounds(rewriter, loop, rest);
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
  // A slice of an empty tensor is a small empty tensor: the state of a tile.
  tensor::populateFoldTensorEmptyPatterns(patterns);
  (void)applyPatternsGreedily(root, std::move(patterns));
  IRRewriter rewriter(context);
  DominanceInfo dominance(root);
  eliminateCommonSubExpressions(rewriter, dominance, root);
}

LogicalResult mlir::attn::tileAttention(AttentionOp op, int64_t queries,
                                        int64_t keys, bool parallel) {
  // Tiles next to the mask's edge.
  int64_t edgeTile = std::min(queries, keys);

  IRRewriter rewriter(op);
  Operation *function =
      op->getParentWithTrait<OpTrait::IsIsolatedFromAbove>();
  // Without elements there are no tiles, and one fold of nothing is enough.
  bool isEmpty = llvm::is_contained(op.getStaticLoopRanges(), 0);
  FoldedAttention folded = foldAttention(rewriter, op);
  if (isEmpty)
    return success();
  // Marks the folds to tile: their clones have it, other folds do not.
  StringRef kTileKeys = "attn.tile_keys";
  folded.fold->setDiscardableAttr(kTileKeys, rewriter.getUnitAttr());
  if (failed(parallel ? distributeQueries(rewriter, folded.finish, queries)
                      : tileQueries(rewriter, folded.finish, queries)))
    return failure();
  // A multi-result producer fused through several slices is cloned for each;
  // CSE makes it one again before its keys are tiled.
  simplifyTiles(function);

  SmallVector<FoldOp> folds;
  function->walk([&](FoldOp fold) {
    if (fold->removeDiscardableAttr(kTileKeys))
      folds.push_back(fold);
  });
  for (FoldOp fold : folds) {
    SplitFold split = splitFoldAtMask(rewriter, fold, edgeTile);
    if (failed(tileKeys(rewriter, split.before, edgeTile)) ||
        failed(tileKeys(rewriter, split.full, keys)) ||
        failed(tileKeys(rewriter, split.after, edgeTile)))
      return failure();
  }
  simplifyTiles(function);
  return success();
}
