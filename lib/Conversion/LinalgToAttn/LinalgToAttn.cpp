//===- LinalgToAttn.cpp - Attention spelled out becomes attn.attention ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionMatch.h"
#include "RaiseAttention.h"
#include "attn/Conversion/Passes.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::attn {
#define GEN_PASS_DEF_LINALGTOATTN
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

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

/// Raises the attention that `value` is or, if it is yet to be normalized, one of
/// the values after it.
static FailureOr<AttentionOp> raise(RewriterBase &rewriter, Value value,
                                    Refusal &refusal) {
  for (unsigned step = 0; step < kMaxSteps; ++step) {
    Refusal here;
    ExpressionReader reader(value.getContext());
    FailureOr<AttentionMatch> match = matchAttention(reader, value, here);
    if (succeeded(match)) {
      FailureOr<AttentionOp> raised =
          raiseAttention(rewriter, reader, *match, here);
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

namespace {
struct LinalgToAttn : attn::impl::LinalgToAttnBase<LinalgToAttn> {
  using LinalgToAttnBase::LinalgToAttnBase;

  void runOnOperation() override {
    SmallVector<Value> candidates;
    getOperation()->walk([&](linalg::LinalgOp op) {
      candidates.append(getWeightedSums(op));
    });
    IRRewriter rewriter(&getContext());
    bool changed = false;
    for (Value value : candidates) {
      Refusal refusal;
      if (succeeded(raise(rewriter, value, refusal)))
        changed = true;
      else if (refusal.op)
        refusal.op->emitRemark("attention not raised: ")
            << refusal.reason << "; " << refusal.help;
    }
    // The scores and weights, which nobody looks at any more.
    if (changed)
      (void)runRegionDCE(rewriter, getOperation()->getRegions());
  }
};
} // namespace
