//===- LinalgToAttn.cpp - Attention spelled out becomes attn.attention ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/LinalgToAttn.h"
#include "AttentionMatch.h"
#include "RaiseAttention.h"
#include "attn/Conversion/Passes.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LINALGTOATTN
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// On attention while this pass looks at it: canonicalization makes new ones.
static constexpr StringLiteral kRaised = "attn.raised";

static std::string getFunctionName(Operation *op) {
  auto function = op->getParentOfType<FunctionOpInterface>();
  return function ? function.getName().str() : "";
}

/// The only user that does not merely look at the size of `value`.
static Operation *getOnlyUser(Value value) {
  Operation *only = nullptr;
  for (Operation *user : value.getUsers()) {
    if (isa<tensor::DimOp>(user) || user == only)
      continue;
    if (only)
      return nullptr;
    only = user;
  }
  return only;
}

/// Weights may be normalized after they were applied, and the result moved and
/// converted in between.
static constexpr unsigned kMaxSteps = 6;

/// Raises the attention that `value` is or, if it is yet to be normalized, one
/// of the values after it.
static FailureOr<AttentionOp> raise(RewriterBase &rewriter, Value value,
                                    EmptyRows emptyRows, Refusal &refusal) {
  for (unsigned step = 0; step < kMaxSteps; ++step) {
    Refusal here;
    ExpressionReader reader(value.getContext());
    FailureOr<AttentionMatch> match = matchAttention(reader, value, here);
    if (succeeded(match)) {
      FailureOr<AttentionOp> raised =
          raiseAttention(rewriter, reader, *match, emptyRows, here);
      if (succeeded(raised))
        (*raised)->setAttr(kRaised, rewriter.getUnitAttr());
      refusal = here;
      return raised;
    }
    if (step == 0)
      refusal = here;
    Operation *user = getOnlyUser(value);
    if (!user || user->getNumResults() != 1 ||
        !isa<RankedTensorType>(user->getResult(0).getType()))
      break;
    value = user->getResult(0);
  }
  return failure();
}

/// Masks that are conditions in a score region become attributes: what is
/// proved of them is part of the report.
static LogicalResult canonicalizeAttention(Operation *root,
                                           ArrayRef<Operation *> ops) {
  RewritePatternSet patterns(root->getContext());
  AttentionOp::getCanonicalizationPatterns(patterns, root->getContext());
  GreedyRewriteConfig config;
  config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
  return applyOpPatternsGreedily(ops, std::move(patterns), config);
}

static RaisingReport::Found describe(AttentionOp op) {
  RaisingReport::Found found{
      getFunctionName(op), op.getLoc(), "", "", false, false, false,
      describeScores(op)};
  llvm::raw_string_ostream(found.type) << op.getOutputInit().getType();
  if (MaskAttrInterface mask = op.getMaskAttr())
    llvm::raw_string_ostream(found.mask) << Attribute(mask);
  found.hasMaskTensor = static_cast<bool>(op.getMaskTensor());
  found.hasScoreRegion = op.getScoreBody() != nullptr;
  found.makesEmptyRowsNaN = op.hasLogSumExp();
  return found;
}

namespace {
struct LinalgToAttn : attn::impl::LinalgToAttnBase<LinalgToAttn> {
  using LinalgToAttnBase::LinalgToAttnBase;
  LinalgToAttn(RaisingReport &report, const LinalgToAttnOptions &options)
      : LinalgToAttnBase(options), given(&report) {}

  void runOnOperation() override {
    SmallVector<Value> candidates;
    getOperation()->walk(
        [&](linalg::LinalgOp op) { candidates.append(getWeightedSums(op)); });
    IRRewriter rewriter(&getContext());
    RaisingReport own;
    RaisingReport &all = given ? *given : own;
    SmallVector<Operation *> raised;
    for (Value value : candidates) {
      Refusal refusal;
      FailureOr<AttentionOp> op = raise(rewriter, value, emptyRows, refusal);
      if (succeeded(op)) {
        raised.push_back(*op);
      } else if (refusal.op) {
        emitRemark(refusal.op->getLoc(), "attention not raised: ")
            << refusal.reason << "; " << refusal.help;
        all.refused.push_back({getFunctionName(refusal.op),
                               refusal.op->getLoc(), refusal.reason,
                               refusal.help});
      }
    }
    if (!raised.empty()) {
      (void)canonicalizeAttention(getOperation(), raised);
      // The scores and weights, which nobody looks at any more.
      (void)runRegionDCE(rewriter, getOperation()->getRegions());
      getOperation()->walk([&](AttentionOp op) {
        if (op->removeAttr(kRaised))
          all.found.push_back(describe(op));
      });
    }
    if (report == "text")
      print(llvm::outs(), all);
    else if (report == "json")
      llvm::outs() << llvm::formatv("{0:2}\n", llvm::json::Value(toJson(all)));
  }

private:
  RaisingReport *given = nullptr;
};
} // namespace

std::unique_ptr<Pass>
mlir::attn::createLinalgToAttn(RaisingReport &report,
                               const LinalgToAttnOptions &options) {
  return std::make_unique<LinalgToAttn>(report, options);
}
