//===- AttnPrintCost.cpp - Print what functions cost in work and memory ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/SpaceTimeReport.h"
#include "attn/Analysis/StackCost.h"
#include "attn/Analysis/VisiblePairs.h"
#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "llvm/Support/FormatVariadic.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNPRINTCOST
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
struct AttnPrintCost : attn::impl::AttnPrintCostBase<AttnPrintCost> {
  using AttnPrintCostBase::AttnPrintCostBase;

  void runOnOperation() override {
    llvm::json::Object all;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      auto given = function->getAttrOfType<PlanAttr>(AttnDialect::kPlan);
      if (isStack(function) || given) {
        if (failed(printStack(function, given, all)))
          return signalPassFailure();
      } else {
        printAttention(function, all);
      }
    }
    if (json)
      llvm::outs() << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(all)));
  }

  LogicalResult printStack(func::FuncOp function, PlanAttr given,
                           llvm::json::Object &all) {
    FailureOr<Stack> stack = analyzeStack(function);
    if (failed(stack) || failed(verifyStaticSizes(*stack)) ||
        (given && failed(verifyPlan(*stack, given))))
      return failure();
    StackCost cost = getStackCost(*stack);
    FailureOr<int64_t> tokens = getPlanLength(
        function, cost,
        length < 0 ? std::nullopt : std::optional(length.getValue()));
    if (failed(tokens))
      return failure();
    PlanChoice choice = choosePlan(cost, *tokens, /*budgetBytes=*/std::nullopt);
    std::optional<ClosedForms> forms;
    if (given) {
      markPlan(choice, Plan::get(given), evaluate(cost, Plan::get(given), *tokens));
      forms = getClosedForms(cost, Plan::get(given), *tokens);
    }
    StringRef name = function.getSymName();
    if (json) {
      llvm::json::Object object = toJson(choice);
      object["tokens"] = *tokens;
      if (!given)
        object.erase("chosen");
      if (forms)
        object["closed_forms"] = toJson(*forms);
      all[name] = std::move(object);
      return success();
    }
    llvm::outs() << "@" << name << ", " << *tokens << " tokens\n";
    printTable(llvm::outs(), choice);
    if (forms)
      printClosedForms(llvm::outs(), *forms);
    return success();
  }

  void printAttention(func::FuncOp function, llvm::json::Object &all) {
    std::optional<int64_t> folds = countFolds(function);
    std::optional<double> flops = countAttentionFlops(function);
    if (!flops)
      return;
    if (json)
      all[function.getSymName()] = llvm::json::Object{
          {"folds", folds ? llvm::json::Value(std::to_string(*folds)) : nullptr},
          {"flops", llvm::formatv("{0:f0}", *flops).str()}};
    else
      llvm::outs() << "@" << function.getSymName() << "\n  folds "
                   << (folds ? std::to_string(*folds) : "unknown") << ", flops "
                   << llvm::formatv("{0:f0}", *flops) << "\n";
  }
};
} // namespace
