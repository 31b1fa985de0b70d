//===- AttnSelectForm.cpp - Record which form computes each attention ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/PlanChoice.h"
#include "attn/Analysis/SpaceTimeReport.h"
#include "attn/Analysis/StackCost.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNSELECTFORM
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
struct AttnSelectForm : attn::impl::AttnSelectFormBase<AttnSelectForm> {
  using AttnSelectFormBase::AttnSelectFormBase;

  void runOnOperation() override {
    auto emitError = [&] { return getOperation()->emitError(); };
    if (failed(FormAttr::verify(emitError, form, queries, keys, block)))
      return signalPassFailure();
    auto chosen = FormAttr::get(&getContext(), form, queries, keys, block);
    getOperation()->walk([&](AttentionOp op) {
      if (!op.getFormAttr())
        op.setFormAttr(chosen);
    });
    if (memoryBudget < 0 && form != FormKind::Recompute)
      return;
    WalkResult planned = getOperation()->walk([&](func::FuncOp function) {
      return WalkResult(plan(function));
    });
    if (planned.wasInterrupted())
      signalPassFailure();
  }

  LogicalResult plan(func::FuncOp function) {
    if (!isStack(function) || function->hasAttr(AttnDialect::kPlan))
      return success();
    FailureOr<Stack> stack = analyzeStack(function);
    if (failed(stack) || failed(verifyStaticSizes(*stack)))
      return failure();
    if (memoryBudget < 0) {
      function->setAttr(AttnDialect::kPlan, getRecomputePlan(*stack));
      return success();
    }
    StackCost cost = getStackCost(*stack);
    FailureOr<int64_t> tokens = getPlanLength(
        function, cost, length < 0 ? std::nullopt : std::optional(length.getValue()));
    if (failed(tokens))
      return failure();
    PlanChoice choice = choosePlan(cost, *tokens, memoryBudget.getValue());
    if (!choice.fits)
      return emitError(function.getLoc(), "no plan for ")
             << *tokens << " tokens fits in " << memoryBudget.getValue()
             << " bytes: the smallest takes "
             << std::to_string(static_cast<int64_t>(
                    choice.getChosen().cost.getPeakBytes()));
    function->setAttr(AttnDialect::kPlan,
                      choice.getChosen().plan.getAttr(&getContext()));
    remarkChoice(function.getLoc(), choice, *tokens);
    return success();
  }
};
} // namespace
