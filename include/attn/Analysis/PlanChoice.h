//===- PlanChoice.h - The fastest plan in a memory budget -------*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_PLANCHOICE_H
#define ATTN_ANALYSIS_PLANCHOICE_H

#include "attn/Analysis/SpaceTime.h"

namespace mlir::attn {

struct PlannedCost {
  Plan plan;
  SpaceTime cost;
};

struct PlanChoice {
  /// Plans such that no other needs as little memory and as little work, from
  /// the smallest to the fastest. Never empty.
  SmallVector<PlannedCost> curve;
  /// Of the curve: the fastest plan in the budget, or the smallest of all.
  size_t chosen = 0;
  bool fits = true;

  const PlannedCost &getChosen() const { return curve[chosen]; }
  /// The next plan with less memory or less work; null if there is none.
  const PlannedCost *getNextSmaller() const;
  const PlannedCost *getNextFaster() const;
};

/// Makes `plan` the chosen one, put among the plans of the curve if it is none of
/// them.
void markPlan(PlanChoice &choice, const Plan &plan, const SpaceTime &cost);

/// What the segment of `layers` layers that starts at layer `first` may keep.
/// Windows and prefixes are powers of two times `block`, less than the length.
/// None of both together holds everything: shorter segments are no larger then.
/// With a sliding window there is no prefix: it helps the first tokens only.
SmallVector<Segment> getSegmentOptions(const StackCost &stack, int64_t first,
                                       int64_t layers, int64_t block,
                                       int64_t length);

/// Powers of two, at most `length`. Where sliding windows and full attention
/// are mixed the counts of a plan take time in the number of blocks: blocks so
/// small that there are more than `kMaxCountedBlocks` are not considered then.
SmallVector<int64_t> getBlockOptions(const StackCost &stack, int64_t length);
constexpr int64_t kMaxCountedBlocks = 1024;

/// The plan with the least flops whose frames and caches fit in `budgetBytes`;
/// without a budget the one with the least flops. Exact among the options above
/// without segments of more than `kMaxUsefulExaflops`, days of the fastest
/// machine there is; of these only the one that recomputes everything is tried.
constexpr int64_t kMaxUsefulExaflops = 1'000'000;
PlanChoice choosePlan(const StackCost &stack, int64_t length,
                      std::optional<int64_t> budgetBytes);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_PLANCHOICE_H
