//===- AttnPrintCost.cpp - Print what functions cost in work and memory ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/AttentionCost.h"
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
    if (queries <= 0 || keys <= 0 || block < 0 || blockBytes < 0) {
      getOperation()->emitError("tile sizes are in rows and must be positive, "
                                "got queries = ")
          << queries.getValue() << ", keys = " << keys.getValue()
          << ", block = " << block.getValue();
      return signalPassFailure();
    }
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
    FailureOr<int64_t> tokens = getPlanLength(function, cost, getLength());
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
    std::vector<AttentionCost> costs;
    function.walk([&](AttentionOp op) {
      std::optional<AttentionCost> cost = getAttentionCost(
          op, {queries, keys, block, parts}, blockBytes, getLength());
      if (cost)
        costs.push_back(std::move(*cost));
    });
    std::optional<int64_t> folds = countFolds(function);
    std::optional<double> flops = countAttentionFlops(function);
    if (costs.empty() && !flops)
      return;
    auto print = [](auto value, StringRef unknown) {
      return value ? llvm::formatv("{0:f0}", double(*value)).str()
                   : unknown.str();
    };
    if (!json) {
      llvm::outs() << "@" << function.getSymName() << "\n  folds "
                   << (folds ? std::to_string(*folds) : "unknown")
                   << ", flops " << print(flops, "unknown") << "\n";
      for (const AttentionCost &cost : costs)
        printCost(llvm::outs(), cost);
      return;
    }
    llvm::json::Array attentions;
    for (const AttentionCost &cost : costs)
      attentions.push_back(toJson(cost));
    llvm::json::Object object{{"attentions", std::move(attentions)},
                              {"folds", nullptr},
                              {"flops", nullptr}};
    if (folds)
      object["folds"] = std::to_string(*folds);
    if (flops)
      object["flops"] = print(flops, "");
    all[function.getSymName()] = std::move(object);
  }

  std::optional<int64_t> getLength() {
    return length < 0 ? std::nullopt : std::optional(length.getValue());
  }
};
} // namespace
