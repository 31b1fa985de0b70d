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
        keyed(getKeyedOperands(op)), prefix(getKeyPrefix(op)),
        showsHistory(showsKeysUpToQuery(op.getMaskAttr())) {}

  SmallVector<Value> start(OpBuilder &b) override {
    AttentionOp tile = createTile(b);
    IRRewriter rewriter(b);
    StateLayout layout = hasFewQueries(tile) ? StateLayout::QueryRows
                                             : StateLayout::QueryLanes;
    folded = foldAttention(rewriter, tile, layout);
    after = b.saveInsertionPoint();
    b.setInsertionPoint(folded.fold);
    SmallVector<Value> state(folded.fold.getDpsInits());
    if (prefix.keyed.empty())
      return state;
    // All tokens see it: one fold, before those of tokens.
    SmallVector<Value> keys;
    for (Value part : prefix.keyed)
      keys.push_back(scope.get(part));
    Value zero = arith::ConstantIndexOp::create(b, op.getLoc(), 0);
    FoldOp fold = emitFold(b, keys, zero, state, /*isMasked=*/false);
    return llvm::to_vector_of<Value>(fold->getResults());
  }

  SmallVector<Value> fold(OpBuilder &b, TokenSlicer &earlier,
                          ValueRange state) override {
    FoldOp fold = emitTokens(b, earlier, state, /*isMasked=*/!showsHistory);
    return llvm::to_vector_of<Value>(fold->getResults());
  }

  void finish(OpBuilder &b, ValueRange state) override {
    FoldOp diagonal =
        emitTokens(b, slicer, state,
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
    auto next = keyed.begin();
    for (OpOperand &operand : op->getOpOperands()) {
      AffineMap map = op.getMatchingIndexingMap(&operand);
      if (!map || !map.isFunctionOfDim(op.getKeyDim())) {
        operands.push_back(slicer.get(operand.get()));
        continue;
      }
      RankedTensorType type = context.getTileType(*next++);
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

  /// fold(state, keys of the tokens of `tokens`)
  FoldOp emitTokens(OpBuilder &b, TokenSlicer &tokens, ValueRange state,
                    bool isMasked) {
    SmallVector<Value> tiles;
    for (Value whole : keyed)
      tiles.push_back(tokens.get(whole));
    MaskAlgebra algebra(b, op.getLoc());
    Value first = algebra.materialize(
        algebra.add(tokens.getFirst(), algebra.constant(prefix.rows)));
    return emitFold(b, tiles, first, state, isMasked);
  }

  /// fold(state, keys); all of them are visible unless `isMasked`.
  FoldOp emitFold(OpBuilder &b, ArrayRef<Value> keys, Value firstKey,
                  ValueRange state, bool isMasked) {
    FoldOp pattern = folded.fold;
    SmallVector<Value> origin(
        pattern.getNumBatchDims(),
        arith::ConstantIndexOp::create(b, pattern.getLoc(), 0));
    origin.append({slicer.getFirst(), firstKey});
    auto fold = cast<FoldOp>(b.clone(*pattern));
    auto next = keys.begin();
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
  KeyPrefix prefix;
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
