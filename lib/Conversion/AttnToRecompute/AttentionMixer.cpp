//===- AttentionMixer.cpp - Attention of one block of tokens ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Mixers.h"
#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
//     s = identity;  s = fold(s, k_j, v_j);  finish(s)
class AttentionMixer : public BlockMixer {
public:
  AttentionMixer(const RewriteContext &context, Scope &scope,
                 TokenSlicer &slicer, AttentionOp op)
      : context(context), scope(scope), slicer(slicer), op(op),
        keyed(getKeyedOperands(op)),
        showsHistory(showsKeysUpToQuery(op.getMaskAttr())) {}

  SmallVector<Value> start(OpBuilder &b) override {
    AttentionOp tile = createTile(b);
    IRRewriter rewriter(b);
    StateLayout layout = hasFewQueries(tile) ? StateLayout::QueryRows
                                             : StateLayout::QueryLanes;
    folded = foldAttention(rewriter, tile, layout);
    after = b.saveInsertionPoint();
    b.setInsertionPoint(folded.fold);
    return llvm::to_vector_of<Value>(folded.fold.getDpsInits());
  }

  SmallVector<Value> fold(OpBuilder &b, TokenSlicer &earlier,
                          ValueRange state) override {
    FoldOp fold = emitFold(b, earlier, state, /*isMasked=*/!showsHistory);
    return llvm::to_vector_of<Value>(fold->getResults());
  }

  void finish(OpBuilder &b, ValueRange state) override {
    FoldOp diagonal = emitFold(b, slicer, state,
                               /*isMasked=*/context.block > 1 || !showsHistory);
    IRRewriter(b).replaceOp(folded.fold, diagonal);
    for (auto [whole, part] :
         llvm::zip(op->getResults(), folded.finish->getResults()))
      slicer.set(whole, part);
    b.restoreInsertionPoint(after);
  }

private:
  /// The attention of the block to itself, on tiles; those with a row for each
  /// key are left to be filled in.
  AttentionOp createTile(OpBuilder &b) {
    // One value may be several operands.
    SmallVector<Value> operands;
    for (OpOperand &operand : op->getOpOperands()) {
      AffineMap map = op.getMatchingIndexingMap(&operand);
      if (!map || !map.isFunctionOfDim(op.getKeyDim())) {
        operands.push_back(slicer.get(operand.get()));
        continue;
      }
      RankedTensorType type = context.getTileType(operand.get());
      operands.push_back(tensor::EmptyOp::create(
          b, op.getLoc(), type.getShape(), type.getElementType()));
    }
    IRMapping mapping;
    SetVector<Value> captured;
    getUsedValuesDefinedAbove(op->getRegions(), captured);
    for (Value value : captured)
      mapping.map(value, scope.get(value));
    auto tile = cast<AttentionOp>(b.clone(*op, mapping));
    tile->setOperands(operands);
    for (auto [init, result] :
         llvm::zip(tile.getDpsInits(), tile->getResults()))
      result.setType(init.getType());
    tile.removeFormAttr();
    return tile;
  }

  /// fold(state, keys of `keys`); all of them are visible unless `isMasked`.
  FoldOp emitFold(OpBuilder &b, TokenSlicer &keys, ValueRange state,
                  bool isMasked) {
    FoldOp pattern = folded.fold;
    SmallVector<Value> tiles;
    for (Value whole : keyed)
      tiles.push_back(keys.get(whole));
    SmallVector<Value> origin(
        pattern.getNumBatchDims(),
        arith::ConstantIndexOp::create(b, pattern.getLoc(), 0));
    origin.append({slicer.getFirst(), keys.getFirst()});
    auto fold = cast<FoldOp>(b.clone(*pattern));
    auto next = tiles.begin();
    for (OpOperand *operand : fold.getMappedOperands())
      if (!fold.isDpsInit(operand) &&
          fold.getMatchingIndexingMap(operand).isFunctionOfDim(
              fold.getKeyDim()))
        operand->set(*next++);
    fold.getDpsInitsMutable().assign(state);
    fold.getOriginMutable().assign(origin);
    if (!isMasked)
      fold.dropMask();
    return fold;
  }

  const RewriteContext &context;
  Scope &scope;
  TokenSlicer &slicer;
  AttentionOp op;
  SmallVector<Value> keyed;
  bool showsHistory;
  FoldedAttention folded; // Its fold is the pattern of all.
  OpBuilder::InsertPoint after;
};
} // namespace

std::unique_ptr<BlockMixer>
mlir::attn::createBlockMixer(const RewriteContext &context, Scope &scope,
                             TokenSlicer &slicer, AttentionOp op) {
  return std::make_unique<AttentionMixer>(context, scope, slicer, op);
}
