//===- StackCost.h - What the layers of a stack cost, read from IR -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_STACKCOST_H
#define ATTN_ANALYSIS_STACKCOST_H

#include "attn/Analysis/SpaceTime.h"
#include "attn/Analysis/TokenWise.h"

namespace mlir::attn {

/// Operations and bytes of each layer of `stack`, whose sizes are static but for
/// the number of tokens. An addition, a multiplication or a call of a function of
/// one number is an operation; moving and converting is none.
StackCost getStackCost(const Stack &stack);

/// A function that has a plan.
struct PlannedStack {
  StackCost cost;
  PlanAttr plan;
  unsigned sequence; // The argument that has tokens,
  unsigned tokenDim; // and where it has them.
  /// Only one token is asked for and evaluated, taken for the last.
  bool lastOnly;

  SpaceTime evaluate(int64_t length) const;
};

/// The number of tokens to plan for: that of the stack, or `given` where it is free;
/// an error at `function` if that is not known either.
FailureOr<int64_t> getPlanLength(func::FuncOp function, const StackCost &stack,
                                 std::optional<int64_t> given);

/// What `function` has planned; nothing without a plan.
FailureOr<std::optional<PlannedStack>> getPlannedStack(func::FuncOp function);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_STACKCOST_H
