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
    int64_t tokens =
        ShapedType::isDynamic(stack->length) ? length : stack->length;
    if (tokens < 0)
      return emitError(
          function.getLoc(), "a plan depends on the number of tokens, which is free here; say how "
          "many to plan for (length)");
    PlanChoice choice =
        choosePlan(getStackCost(*stack), tokens, memoryBudget.getValue());
    if (!choice.fits)
      return emitError(function.getLoc(), "no plan for ")
             << tokens << " tokens fits in "
             << formatBytes(Integer(memoryBudget.getValue()))
             << "; the smallest needs "
             << describe(choice.getChosen());
    function->setAttr(AttnDialect::kPlan,
                      choice.getChosen().plan.getAttr(&getContext()));
    InFlightDiagnostic remark =
        emitRemark(function.getLoc(), "planned for ")
        << tokens << " tokens: " << describe(choice.getChosen());
    if (const PlannedCost *faster = choice.getNextFaster())
      remark.attachNote() << "less work: " << describe(*faster);
    if (const PlannedCost *smaller = choice.getNextSmaller())
      remark.attachNote() << "less memory: " << describe(*smaller);
    return success();
  }

  /// `96 KiB and 1.2e9 operations: 2 layers, keep = input, ...`
  static std::string describe(const PlannedCost &planned) {
    return formatBytes(planned.cost.getPeakBytes()) + " and " +
           formatCount(planned.cost.counts.flops) +
           " operations: " + describePlan(planned.plan);
  }
};
} // namespace
