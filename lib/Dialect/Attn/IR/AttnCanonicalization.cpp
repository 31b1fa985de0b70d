//===- AttnCanonicalization.cpp - Simplifications that hold in the algebra ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RaiseScoreMask.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

// op(cast(x : static) : dynamic)  -->  op(x : static)
//
// A size that one operand knows, all operands know.
template <typename OpTy>
struct InferStaticShapes : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    SmallVector<int64_t> ranges = op.getStaticLoopRanges();
    SmallVector<Value> operands(op->getOperands());
    bool changed = false;
    for (auto [operand, map] :
         llvm::zip_equal(op.getMappedOperands(), op.getIndexingMapsArray())) {
      auto type = cast<RankedTensorType>(operand->get().getType());
      SmallVector<int64_t> shape(type.getShape());
      for (unsigned i = 0; i < map.getNumResults(); ++i)
        shape[i] = ranges[map.getDimPosition(i)];
      auto refined = RankedTensorType::get(shape, type.getElementType(),
                                           type.getEncoding());
      if (refined == type)
        continue;
      Value &value = operands[operand->getOperandNumber()];
      auto cast = value.getDefiningOp<tensor::CastOp>();
      value = cast && cast.getSource().getType() == refined
                  ? cast.getSource()
                  : tensor::CastOp::create(rewriter, op.getLoc(), refined,
                                           value);
      changed = true;
    }
    if (!changed)
      return rewriter.notifyMatchFailure(op, "all known sizes are in the types");
    Operation *refined = cloneOnOperands(rewriter, op, operands);
    SmallVector<Value> results;
    for (auto [before, after] :
         llvm::zip_equal(op->getResults(), refined->getResults()))
      results.push_back(
          before.getType() == after.getType()
              ? Value(after)
              : tensor::CastOp::create(rewriter, op.getLoc(), before.getType(),
                                       after));
    rewriter.replaceOp(op, results);
    return success();
  }
};

// attention {mask = and<[x]>}  -->  attention {mask = x}
// attention query_offset(0)    -->  attention
// attention score(s){yield s}  -->  attention
template <typename OpTy>
struct DropNeutral : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (MaskAttrInterface mask = getOnly(op.getMaskAttr())) {
      rewriter.modifyOpInPlace(op, [&] { op.setMaskAttr(mask); });
      return success();
    }
    if (op.getQueryOffset() &&
        (isConstantIntValue(op.getQueryOffset(), 0) || !op.getMaskAttr())) {
      rewriter.modifyOpInPlace(op, [&] { op.getQueryOffsetMutable().clear(); });
      return success();
    }
    if (Block *body = op.getScoreBody()) {
      auto yield = cast<YieldOp>(body->getTerminator());
      if (yield.getScore() == body->getArgument(0)) {
        OperationState state(op.getLoc(), op->getName(), op->getOperands(),
                             op->getResultTypes(), op->getAttrs());
        rewriter.replaceOp(op, rewriter.create(state)->getResults());
        return success();
      }
    }
    return rewriter.notifyMatchFailure(op, "nothing neutral to drop");
  }

  /// The one mask of an `and` or `or` of one mask.
  static MaskAttrInterface getOnly(Attribute mask) {
    if (auto masks = dyn_cast_or_null<AndAttr>(mask))
      return masks.getMasks().size() == 1 ? masks.getMasks()[0] : nullptr;
    if (auto masks = dyn_cast_or_null<OrAttr>(mask))
      return masks.getMasks().size() == 1 ? masks.getMasks()[0] : nullptr;
    return nullptr;
  }
};

/// Positions and sizes so large that sums may overflow count as unknown.
static std::optional<int64_t> getPosition(OpFoldResult value) {
  std::optional<int64_t> constant = getConstantIntValue(value);
  constexpr int64_t kMax = MaskAlgebra::kMaxPosition / 4;
  return constant && -kMax < *constant && *constant < kMax ? constant
                                                           : std::nullopt;
}

/// The size of dimension `dim` of the iteration space, if it is constant.
template <typename OpTy>
static std::optional<int64_t> getStaticSize(OpTy op, unsigned dim) {
  int64_t size = op.getStaticLoopRanges()[dim];
  if (ShapedType::isDynamic(size))
    return std::nullopt;
  return getPosition(Builder(op.getContext()).getIndexAttr(size));
}

/// Positions of all queries of `op`, if they are constants.
template <typename OpTy>
static std::optional<MaskAlgebra::Interval> getConstantQueries(OpTy op) {
  MaskAlgebra algebra(op.getContext());
  std::optional<int64_t> queries = getStaticSize(op, op.getQueryDim());
  std::optional<int64_t> offset = 0;
  if (op.getQueryOffset())
    offset = getPosition(op.getQueryOffset());
  if (!offset || !queries)
    return std::nullopt;
  return MaskAlgebra::Interval{algebra.constant(*offset),
                               algebra.constant(*offset + *queries)};
}

// attention {mask}  -->  attention              if the mask hides no key
struct DropFullMask : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    MaskAttrInterface mask = op.getMaskAttr();
    std::optional<int64_t> keys = getStaticSize(op, op.getKeyDim());
    std::optional<MaskAlgebra::Interval> queries = getConstantQueries(op);
    if (!mask || !queries || !keys)
      return rewriter.notifyMatchFailure(op, "positions are not constants");
    MaskAlgebra algebra(op.getContext());
    MaskAlgebra::Interval full = mask.getFullKeys(algebra, *queries);
    if (*getConstantIntValue(full.begin) > 0 ||
        *getConstantIntValue(full.end) < *keys)
      return rewriter.notifyMatchFailure(op, "the mask hides some key");
    rewriter.modifyOpInPlace(op, [&] { op.dropMask(); });
    return success();
  }
};

// fold(s, {})  -->  s
// fold(s, K)   -->  s                           if the mask hides K
struct DropEmptyFold : OpRewritePattern<FoldOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(FoldOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<int64_t> keys = getStaticSize(op, op.getKeyDim());
    if (!keys || (*keys != 0 && !isHidden(op, *keys)))
      return rewriter.notifyMatchFailure(op, "some key may be visible");
    rewriter.replaceOp(op, {op.getMax(), op.getSum(), op.getAcc()});
    return success();
  }

  static bool isHidden(FoldOp op, int64_t keys) {
    MaskAttrInterface mask = op.getMaskAttr();
    std::optional<MaskAlgebra::Interval> queries = getConstantQueries(op);
    unsigned batch = op.getNumBatchDims();
    std::optional<int64_t> row = getPosition(op.getOriginOf(batch));
    std::optional<int64_t> key = getPosition(op.getOriginOf(batch + 1));
    if (!mask || !queries || !row || !key)
      return false;
    MaskAlgebra algebra(op.getContext());
    OpFoldResult shift = algebra.constant(*row);
    MaskAlgebra::Interval visible =
        mask.getVisibleKeys(algebra, {algebra.add(queries->begin, shift),
                                      algebra.add(queries->end, shift)});
    return *getConstantIntValue(visible.begin) >= *key + keys ||
           *getConstantIntValue(visible.end) <= *key;
  }
};

// combine(s, {})  -->  s
struct DropEmptyCombine : OpRewritePattern<CombineOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(CombineOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getStaticLoopRanges()[op.getSplitDim()] != 0)
      return rewriter.notifyMatchFailure(op, "there may be partial states");
    rewriter.replaceOp(op, {op.getMax(), op.getSum(), op.getAcc()});
    return success();
  }
};

} // namespace

void AttentionOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<InferStaticShapes<AttentionOp>, DropNeutral<AttentionOp>,
               DropFullMask>(context);
  populateRaiseScoreMaskPatterns(patterns);
}

void FoldOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<InferStaticShapes<FoldOp>, DropNeutral<FoldOp>, DropEmptyFold>(
      context);
}

void CombineOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<InferStaticShapes<CombineOp>, DropEmptyCombine>(context);
}
