//===- PlanChoiceTest.cpp - The chosen plan is the best of all ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/PlanChoice.h"
#include "SpaceTimeSimulator.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

/// Every plan there is, by recursion over the segments.
static void addPlans(const StackCost &stack, int64_t length, Plan &begun,
                     int64_t first, SmallVectorImpl<PlannedCost> &plans) {
  int64_t layers = stack.layers.size();
  if (first == layers)
    plans.push_back({begun, evaluate(stack, begun, length)});
  for (int64_t count = 1; count <= layers - first; ++count)
    for (const Segment &segment :
         getSegmentOptions(stack, first, count, begun.block, length)) {
      begun.segments.push_back(segment);
      addPlans(stack, length, begun, first + count, plans);
      begun.segments.pop_back();
    }
}

static SmallVector<PlannedCost> getAllPlans(const StackCost &stack,
                                            int64_t length) {
  SmallVector<PlannedCost> plans;
  for (int64_t block : getBlockOptions(stack, length)) {
    Plan plan;
    plan.block = block;
    addPlans(stack, length, plan, 0, plans);
  }
  return plans;
}

/// The best of `plans` for one budget: what fits, then less work, then less
/// memory. Null if nothing fits.
static const PlannedCost *findBest(ArrayRef<PlannedCost> plans,
                                   int64_t budget) {
  const PlannedCost *best = nullptr;
  auto getKey = [](const PlannedCost &plan) {
    return std::make_pair(plan.cost.counts.flops, plan.cost.getPeakBytes());
  };
  for (const PlannedCost &plan : plans)
    if (plan.cost.getPeakBytes() <= budget &&
        (!best || getKey(plan) < getKey(*best)))
      best = &plan;
  return best;
}

static void expectBest(const StackCost &stack, int64_t length) {
  SCOPED_TRACE(std::to_string(stack.layers.size()) + " layers, " +
               std::to_string(length) + " tokens");
  SmallVector<PlannedCost> plans = getAllPlans(stack, length);
  PlanChoice fastest = choosePlan(stack, length, std::nullopt);
  int64_t least(fastest.curve.front().cost.getPeakBytes());
  int64_t most(fastest.curve.back().cost.getPeakBytes());
  EXPECT_EQ(fastest.chosen + 1, fastest.curve.size());
  for (int64_t i = 0; i <= 12; ++i) {
    int64_t budget = least + (most - least) * i / 12;
    PlanChoice choice = choosePlan(stack, length, budget);
    const PlannedCost *best = findBest(plans, budget);
    ASSERT_TRUE(best);
    EXPECT_TRUE(choice.fits);
    EXPECT_EQ(choice.getChosen().cost.counts.flops, best->cost.counts.flops)
        << describe(best->plan) << " or " << describe(choice.getChosen().plan);
    EXPECT_EQ(choice.getChosen().cost.getPeakBytes(),
              best->cost.getPeakBytes());
    // What it says a plan costs is what that plan costs.
    EXPECT_EQ(choice.getChosen().cost.counts.flops,
              evaluate(stack, choice.getChosen().plan, length).counts.flops);
  }
  // Less than anything needs.
  PlanChoice smallest = choosePlan(stack, length, least - 1);
  EXPECT_FALSE(smallest.fits);
  EXPECT_EQ(smallest.chosen, 0u);
  EXPECT_EQ(findBest(plans, least - 1), nullptr);
  EXPECT_EQ(findBest(plans, least)->cost.getPeakBytes(), least);
}

TEST(PlanChoiceTest, IsTheBestOfAllPlans) {
  for (int64_t layers = 1; layers <= 4; ++layers)
    expectBest(makeStack(layers), layers == 4 ? 9 : 20);
  expectBest(makeStack(2), 1);
}

TEST(PlanChoiceTest, IsTheBestWithSlidingWindows) {
  StackCost stack = makeStack(3);
  for (LayerCost &layer : stack.layers)
    layer.left = 4;
  expectBest(stack, 19);
  stack.layers[1].left.reset();
  expectBest(stack, 19);
}

TEST(PlanChoiceTest, CurveHasNeighbours) {
  StackCost stack = makeStack(3);
  PlanChoice all = choosePlan(stack, 64, std::nullopt);
  ASSERT_GT(all.curve.size(), 3u);
  for (size_t i = 1; i < all.curve.size(); ++i) {
    EXPECT_LT(all.curve[i - 1].cost.getPeakBytes(),
              all.curve[i].cost.getPeakBytes());
    EXPECT_GT(all.curve[i - 1].cost.counts.flops,
              all.curve[i].cost.counts.flops);
  }
  EXPECT_EQ(all.getNextFaster(), nullptr);
  EXPECT_EQ(all.getNextSmaller(), &all.curve[all.curve.size() - 2]);
  PlanChoice smallest = choosePlan(stack, 64, 0);
  EXPECT_EQ(smallest.getNextSmaller(), nullptr);
  EXPECT_EQ(smallest.getNextFaster(), &smallest.curve[1]);
}

/// One point for each: everything is computed again in the least memory, and
/// nothing is with all keys and values.
TEST(PlanChoiceTest, EndsAreRecomputeAndCache) {
  StackCost stack = makeStack(3);
  PlanChoice all = choosePlan(stack, 64, std::nullopt);
  EXPECT_EQ(all.curve.front().plan, (Plan{{{3}}, 1}));
  for (const Segment &segment : all.curve.back().plan.segments)
    EXPECT_EQ(segment, (Segment{1, KeepKind::KeyValue}));
}
