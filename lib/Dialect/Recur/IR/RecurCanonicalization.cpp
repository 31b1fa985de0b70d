//===- RecurCanonicalization.cpp - Simpler recurrences ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Recur/IR/Recur.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace mlir::recur;

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

/// Where the regions see input `i`.
static SmallVector<BlockArgument> getArgumentsOf(ScanOp op, unsigned i) {
  SmallVector<BlockArgument> arguments;
  for (Block *body : {op.getLiftBody(), op.getStepBody(), op.getReadBody()})
    if (body)
      arguments.push_back(body->getArgument(i));
  return arguments;
}

static SmallVector<BlockArgument> getArgumentsOf(RescanOp op, unsigned i) {
  SmallVector<BlockArgument> arguments = {op.getStepBody()->getArgument(i)};
  if (!op.getReadBody() || op.isHistoryInput(i))
    return arguments;
  unsigned before = 0;
  for (unsigned other = 0; other < i; ++other)
    before += !op.isHistoryInput(other);
  arguments.push_back(op.getReadBody()->getArgument(before));
  return arguments;
}

/// Whether the other operands say how far each dimension goes.
template <typename OpTy>
static bool isBoundedWithout(OpTy op, unsigned operand) {
  llvm::SmallBitVector bounded(op.getNumLoops());
  for (auto [i, map] : llvm::enumerate(op.getIndexingMapsArray())) {
    if (i == operand)
      continue;
    for (unsigned result = 0; result < map.getNumResults(); ++result)
      bounded.set(map.getDimPosition(result));
  }
  return bounded.all();
}

/// Drops input `i`, which no region looks at.
template <typename OpTy>
static void eraseInput(PatternRewriter &rewriter, OpTy op, unsigned i) {
  rewriter.modifyOpInPlace(op, [&] {
    for (BlockArgument argument : getArgumentsOf(op, i))
      argument.getOwner()->eraseArgument(argument.getArgNumber());
    SmallVector<Attribute> maps(op.getIndexingMaps().getValue());
    maps.erase(maps.begin() + i);
    op.getInputsMutable().erase(i);
    op.setIndexingMapsAttr(rewriter.getArrayAttr(maps));
  });
}

/// The recurrence on other operands, with its regions.
template <typename OpTy>
static OpTy moveToOperands(PatternRewriter &rewriter, OpTy op,
                           ValueRange inputs, ValueRange outputs,
                           ValueRange inits, ArrayRef<AffineMap> maps) {
  NamedAttrList attributes(op->getAttrDictionary());
  attributes.set(op.getIndexingMapsAttrName(),
                 rewriter.getAffineMapArrayAttr(maps));
  attributes.set(
      op.getOperandSegmentSizesAttrName(),
      rewriter.getDenseI32ArrayAttr({static_cast<int32_t>(inputs.size()),
                                     static_cast<int32_t>(outputs.size()),
                                     static_cast<int32_t>(inits.size())}));
  OperationState state(op.getLoc(), op->getName());
  state.addOperands(inputs);
  state.addOperands(outputs);
  state.addOperands(inits);
  state.addTypes(outputs.getTypes());
  state.addTypes(inits.getTypes());
  state.addAttributes(attributes);
  for (unsigned i = 0; i < op->getNumRegions(); ++i)
    state.addRegion();
  auto moved = cast<OpTy>(rewriter.create(state));
  for (auto [from, to] : llvm::zip_equal(op->getRegions(), moved->getRegions()))
    rewriter.inlineRegionBefore(from, to, to.end());
  return moved;
}

namespace {

// recurrence(x, y)  -->  recurrence(y)            if no region looks at x
template <typename OpTy> struct DropUnusedInput : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    for (unsigned i = 0; i < op.getInputs().size(); ++i) {
      bool isUnused =
          llvm::all_of(getArgumentsOf(op, i), [](BlockArgument argument) {
            return argument.use_empty();
          });
      if (!isUnused || !isBoundedWithout(op, i))
        continue;
      eraseInput(rewriter, op, i);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "each input is looked at");
  }
};

// recurrence(x, x)  -->  recurrence(x)            if seen through one map
template <typename OpTy> struct MergeInputs : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    for (unsigned i = 0; i < op.getInputs().size(); ++i)
      for (unsigned j = i + 1; j < op.getInputs().size(); ++j) {
        if (op.getInputs()[i] != op.getInputs()[j] ||
            op.getInputMap(i) != op.getInputMap(j))
          continue;
        for (auto [one, other] :
             llvm::zip_equal(getArgumentsOf(op, i), getArgumentsOf(op, j)))
          rewriter.replaceAllUsesWith(other, one);
        eraseInput(rewriter, op, j);
        return success();
      }
    return rewriter.notifyMatchFailure(op, "no two inputs are the same");
  }
};

// y, z, h = recurrence  -->  z, h = recurrence    if nothing uses y
template <typename OpTy> struct DropUnusedOutput : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    unsigned inputs = op.getInputs().size(), outputs = op.getOutputs().size();
    if (!op.getReadBody())
      return rewriter.notifyMatchFailure(op, "the outputs are the state");
    for (unsigned i = 0; i < outputs; ++i) {
      if (!op->getResult(i).use_empty() || !isBoundedWithout(op, inputs + i))
        continue;
      SmallVector<Value> kept(op.getOutputs());
      kept.erase(kept.begin() + i);
      SmallVector<AffineMap> maps = op.getIndexingMapsArray();
      maps.erase(maps.begin() + inputs + i);
      OpTy moved = moveToOperands(rewriter, op, op.getInputs(), kept,
                                  op.getInits(), maps);
      if (kept.empty())
        rewriter.eraseBlock(moved.getReadBody());
      else
        moved.getReadBody()->getTerminator()->eraseOperand(i);
      // The unused result is replaced by anything of its type.
      SmallVector<Value> results(moved->getResults());
      results.insert(results.begin() + i, op.getOutputs()[i]);
      rewriter.replaceOp(op, results);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "each output is used");
  }
};

// recurrence(cast(x : static) : dynamic)  -->  recurrence(x : static)
//
// A size that one operand knows, all operands know; slices keep their types.
template <typename OpTy> struct InferStaticSizes : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    SmallVector<int64_t> ranges = getRanges(op);
    SmallVector<Value> operands(op->getOperands());
    bool changed = false;
    for (auto [operand, map] :
         llvm::zip_equal(operands, op.getIndexingMapsArray())) {
      auto type = cast<RankedTensorType>(operand.getType());
      SmallVector<int64_t> shape(type.getShape());
      for (unsigned i = 0; i < map.getNumResults(); ++i)
        shape[i] = ranges[map.getDimPosition(i)];
      auto refined = RankedTensorType::get(shape, type.getElementType(),
                                           type.getEncoding());
      if (refined == type)
        continue;
      auto cast = operand.template getDefiningOp<tensor::CastOp>();
      operand =
          cast && cast.getSource().getType() == refined
              ? cast.getSource()
              : tensor::CastOp::create(rewriter, op.getLoc(), refined, operand);
      changed = true;
    }
    if (!changed)
      return rewriter.notifyMatchFailure(op,
                                         "all known sizes are in the types");
    unsigned inputs = op.getInputs().size(), outputs = op.getOutputs().size();
    ValueRange all(operands);
    OpTy moved = moveToOperands(
        rewriter, op, all.take_front(inputs), all.slice(inputs, outputs),
        all.drop_front(inputs + outputs), op.getIndexingMapsArray());
    SmallVector<Value> results;
    for (auto [before, after] :
         llvm::zip_equal(op->getResults(), moved->getResults()))
      results.push_back(before.getType() == after.getType()
                            ? Value(after)
                            : tensor::CastOp::create(rewriter, op.getLoc(),
                                                     before.getType(), after));
    rewriter.replaceOp(op, results);
    return success();
  }

  /// Sizes of dimensions, also where only the source of a cast knows them.
  static SmallVector<int64_t> getRanges(OpTy op) {
    SmallVector<int64_t> ranges = op.getStaticLoopRanges();
    for (auto [operand, map] :
         llvm::zip_equal(op->getOperands(), op.getIndexingMapsArray())) {
      auto cast = operand.template getDefiningOp<tensor::CastOp>();
      auto type = cast ? dyn_cast<RankedTensorType>(cast.getSource().getType())
                       : nullptr;
      for (unsigned i = 0; type && i < map.getNumResults(); ++i) {
        int64_t &range = ranges[map.getDimPosition(i)];
        if (ShapedType::isDynamic(range))
          range = type.getDimSize(i);
      }
    }
    return ranges;
  }
};

} // namespace

template <typename OpTy>
static void addPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<DropUnusedInput<OpTy>, MergeInputs<OpTy>, DropUnusedOutput<OpTy>,
               InferStaticSizes<OpTy>>(context);
}

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  addPatterns<ScanOp>(patterns, context);
}
void RescanOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  addPatterns<RescanOp>(patterns, context);
}
