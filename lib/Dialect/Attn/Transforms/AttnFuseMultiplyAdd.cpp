//===- AttnFuseMultiplyAdd.cpp - Products with one rounding per term ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNFUSEMULTIPLYADD
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// sum + x * y in either order, where `sum` is the argument of the result.
static arith::MulFOp getTerm(linalg::LinalgOp op) {
  Operation *yield = op.getBlock()->getTerminator();
  auto add = yield->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add || !isa<Float32Type, Float64Type>(add.getType()))
    return {};
  BlockArgument sum = op.getRegionOutputArgs()[0];
  if (add.getLhs() == sum)
    return add.getRhs().getDefiningOp<arith::MulFOp>();
  return add.getRhs() == sum ? add.getLhs().getDefiningOp<arith::MulFOp>()
                             : arith::MulFOp();
}

namespace {

// linalg.matmul ..  -->  linalg.generic .. { sum + x * y  -->  fma(x, y, sum) }
struct FuseMultiplyAdd : OpInterfaceRewritePattern<linalg::LinalgOp> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(linalg::LinalgOp op,
                                PatternRewriter &rewriter) const override {
    if (isa<linalg::GenericOp>(op))
      return rewriter.notifyMatchFailure(op, "its body is what the user wrote");
    if (!linalg::isaContractionOpInterface(op) || !getTerm(op))
      return rewriter.notifyMatchFailure(op, "no sum of products in f32 or f64");
    FailureOr<linalg::GenericOp> generic =
        linalg::generalizeNamedOp(rewriter, op);
    if (failed(generic))
      return rewriter.notifyMatchFailure(op, "has no generic form");
    arith::MulFOp term = getTerm(*generic);
    Operation *add =
        generic->getBlock()->getTerminator()->getOperand(0).getDefiningOp();
    rewriter.setInsertionPoint(add);
    rewriter.replaceOpWithNewOp<math::FmaOp>(
        add, term.getLhs(), term.getRhs(), generic->getRegionOutputArgs()[0]);
    if (term->use_empty())
      rewriter.eraseOp(term);
    return success();
  }
};

struct AttnFuseMultiplyAdd
    : attn::impl::AttnFuseMultiplyAddBase<AttnFuseMultiplyAdd> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FuseMultiplyAdd>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
