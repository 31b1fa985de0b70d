//===- ChoosePlan.cpp - The plan of a stack, within a memory budget ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/SpaceTimeReport.h"
#include "attn/Pipelines/Compile.h"
#include "attn/Pipelines/Pipelines.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::attn;

/// What a buffer on the heap takes beyond its elements.
static constexpr int64_t kHeapBlockBytes = 128;

/// Whether code takes more than the budget for sure: it never took less than nine
/// tenths of what the analysis says.
static bool isFarTooLarge(const PlannedCost &planned, int64_t budget) {
  return planned.cost.getPeakBytes() * 4 > Integer(budget) * 5;
}

func::FuncOp Compiler::getEntry(ModuleOp module) const {
  return module.lookupSymbol<func::FuncOp>(interface.name);
}

/// Looks at a copy: passes that it needs must not change the entry's interface.
LogicalResult Compiler::choosePlan() {
  bool isGiven = getEntry(module)->hasAttr(AttnDialect::kPlan);
  if (!options.memoryBudget && options.form != FormKind::Recompute && !isGiven)
    return success();
  FormPipelineOptions form;
  form.form = FormKind::Recompute;
  form.raise = false; // It is done.
  OwningOpRef<ModuleOp> copy = module.clone();
  if (failed(run(*copy, [&](OpPassManager &pm) {
        pm.addPass(createSymbolDCEPass());
        buildSelectPipeline(pm, form);
      })))
    return failure();
  auto planned = getPlannedStack(getEntry(*copy));
  if (failed(planned))
    return failure();
  plan = *planned;
  if (!plan && options.memoryBudget)
    return getEntry(module).emitError(
        "there is nothing to plan within a memory budget: no causal attention "
        "whose keys are computed; leave the budget out");
  if (plan && options.memoryBudget && !isGiven && failed(fitPlan()))
    return failure();
  if (plan)
    getEntry(module)->setAttr(AttnDialect::kPlan, plan->plan);
  return success();
}

/// Takes the plan with the least work whose code keeps within the budget. What code
/// takes is known when there is code: it is made for the plans of the curve from
/// the fastest on, but for those that are far too large, until one fits.
LogicalResult Compiler::fitPlan() {
  FailureOr<int64_t> length =
      getPlanLength(getEntry(module), plan->cost, options.length);
  if (failed(length))
    return failure();
  choice = attn::choosePlan(plan->cost, *length, /*budgetBytes=*/std::nullopt);
  std::optional<size_t> best;
  int64_t leastBytes = 0;
  for (size_t i = choice->curve.size(); i-- > 0 && !best;) {
    if (i > 0 && isFarTooLarge(choice->curve[i], *options.memoryBudget))
      continue;
    FailureOr<int64_t> bytes = measure(choice->curve[i]);
    if (failed(bytes))
      return failure();
    if (*bytes <= *options.memoryBudget)
      best = i;
    leastBytes = *bytes;
  }
  if (!best)
    return emitError(getEntry(module).getLoc(), "no plan for ")
           << *length << " tokens fits in " << *options.memoryBudget
           << " bytes: the smallest takes " << leastBytes;
  choice->chosen = *best;
  plan->plan = choice->getChosen().plan.getAttr(module.getContext());
  remarkChoice(getEntry(module).getLoc(), *choice, *length);
  return success();
}

/// Bytes that code for this plan takes.
FailureOr<int64_t> Compiler::measure(const PlannedCost &planned) const {
  Compiler trial = *this;
  OwningOpRef<ModuleOp> copy = trial.module.clone();
  trial.module = *copy;
  trial.options.memoryBudget = std::nullopt;
  trial.options.count = false;
  trial.options.timing = false;
  // What the plan keeps, and one thread of those that carry it out.
  trial.options.target = Target::CPU;
  getEntry(*copy)->setAttr(AttnDialect::kPlan,
                           planned.plan.getAttr(copy->getContext()));
  if (failed(trial.lowerToForm()) || failed(trial.lowerToBuffers()))
    return failure();
  const ScratchMemory &scratch = trial.scratch;
  int64_t bytes = scratch.stackBytes + scratch.heapBytes;
  if (scratch.dynamicBuffers)
    bytes += static_cast<int64_t>(planned.cost.cacheBytes) +
             kHeapBlockBytes * scratch.dynamicBuffers;
  return bytes;
}
