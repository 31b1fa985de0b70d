//===- SpaceTimeTest.cpp - Counts of a plan are what running it costs ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SpaceTimeSimulator.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

static std::string toText(const Integer &value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return text;
}

/// The counts and bytes of evaluation and execution are the same.
static void expectExact(const StackCost &stack, const Plan &plan,
                        int64_t length) {
  SCOPED_TRACE(describe(plan) + " on " + std::to_string(length) + " tokens, " +
               std::to_string(stack.layers.size()) + " layers, left " +
               std::to_string(stack.layers[0].left.value_or(-1)));
  SpaceTime cost = evaluate(stack, plan, length);
  Simulation run = simulate(stack, plan, length);
  EXPECT_EQ(toText(cost.counts.folds), toText(Integer(run.folds)));
  EXPECT_EQ(toText(cost.counts.blockEvaluations),
            toText(Integer(run.blockEvaluations)));
  EXPECT_EQ(toText(cost.counts.diskReads), toText(Integer(run.diskReads)));
  EXPECT_EQ(toText(cost.counts.flops), toText(Integer(run.flops)));
  EXPECT_EQ(toText(cost.frames.getTotal()), toText(Integer(run.frameBytes)));
  EXPECT_EQ(toText(cost.cacheBytes), toText(Integer(run.cacheBytes)));
  if (auto forms = getClosedForms(stack, plan, length)) {
    EXPECT_EQ(forms->folds.evaluate(forms->blocks), cost.counts.folds);
    EXPECT_EQ(forms->blockEvaluations.evaluate(forms->blocks),
              cost.counts.blockEvaluations);
    EXPECT_EQ(forms->diskReads.evaluate(forms->blocks), cost.counts.diskReads);
  }
}

/// Segments of the given number of layers, the last one shorter if need be.
static Plan makePlan(int64_t layers, int64_t perSegment, int64_t window,
                     int64_t prefix, int64_t block, KeepKind keep,
                     KeepKind keepFirst) {
  Plan plan;
  plan.block = block;
  for (int64_t first = 0; first < layers; first += perSegment)
    plan.segments.push_back({std::min(perSegment, layers - first),
                             first ? keep : keepFirst, window, prefix});
  return plan;
}

static void forEachPlan(int64_t layers,
                        llvm::function_ref<void(const Plan &)> visit) {
  for (int64_t block : {1, 2, 3})
    for (int64_t perSegment = 1; perSegment <= layers; ++perSegment)
      for (int64_t window : {0, 1, 2, 5})
        for (int64_t prefix : {0, 1, 3}) {
          visit(makePlan(layers, perSegment, window * block, prefix * block,
                         block, KeepKind::Input, KeepKind::None));
          visit(makePlan(layers, perSegment, window * block, prefix * block,
                         block, KeepKind::Input, KeepKind::Input));
          if (perSegment == 1)
            visit(makePlan(layers, 1, 0, 0, block, KeepKind::KeyValue,
                           KeepKind::KeyValue));
        }
}

TEST(SpaceTimeTest, CountsWhatRunningCosts) {
  for (int64_t layers = 1; layers <= 4; ++layers) {
    StackCost stack = makeStack(layers);
    forEachPlan(layers, [&](const Plan &plan) {
      for (int64_t length : {0, 1, 2, 3, 7, 10})
        expectExact(stack, plan, length);
    });
  }
}

/// Nothing is as large as the input of one inner layer: whether its keys are
/// computed from a buffer of their own, and below which frames, decides.
TEST(SpaceTimeTest, InputsOfKeysHaveBuffersOnlyWhereTheyAreComputedAgain) {
  for (int64_t layers = 2; layers <= 4; ++layers)
    for (int64_t large = 0; large < layers; ++large) {
      StackCost stack = makeStack(layers);
      for (LayerCost &layer : stack.layers)
        layer.workBytes = layer.keyValueBytes = 0;
      stack.layers[large].inputBytes = 10000;
      forEachPlan(layers, [&](const Plan &plan) {
        for (int64_t length : {1, 2, 3, 4, 5, 6, 8})
          expectExact(stack, plan, length);
      });
      stack.layers[large].left = 1;
      forEachPlan(layers,
                  [&](const Plan &plan) { expectExact(stack, plan, 6); });
    }
}

TEST(SpaceTimeTest, CountsSlidingWindows) {
  for (int64_t layers : {1, 3})
    for (int64_t left : {0, 1, 2, 3, 8, 100}) {
      StackCost stack = makeStack(layers);
      for (LayerCost &layer : stack.layers)
        layer.left = left;
      forEachPlan(layers, [&](const Plan &plan) {
        for (int64_t length : {1, 4, 11})
          expectExact(stack, plan, length);
      });
      // Layers of both kinds.
      stack.layers.back().left.reset();
      forEachPlan(layers,
                  [&](const Plan &plan) { expectExact(stack, plan, 9); });
    }
}

TEST(SpaceTimeTest, RecurrenceAndClosedFormAgree) {
  StackCost stack = makeStack(8);
  for (int64_t blocks : {0, 1, 2, 9, 40})
    for (int64_t window : {1, 2, 7, 50})
      for (int64_t prefix : {0, 1, 6, 50})
        for (int64_t block : {1, 4}) {
          SegmentBlocks range{block, blocks, window, std::min(prefix, blocks)};
          auto formula = countByFormula(stack.layers, range);
          ASSERT_TRUE(formula);
          for (auto [x, y] : llvm::zip_equal(
                   *formula, countByRecurrence(stack.layers, range))) {
            EXPECT_EQ(x.evaluations, y.evaluations);
            EXPECT_EQ(x.history, y.history);
            EXPECT_EQ(x.pairs, y.pairs);
          }
        }
}

TEST(SpaceTimeTest, LongSlidingWindowsAreExtrapolatedExactly) {
  StackCost stack = makeStack(4);
  const int64_t lefts[] = {5, 0, 3, 9};
  for (auto [layer, left] : llvm::zip_equal(stack.layers, lefts))
    layer.left = left;
  for (int64_t blocks : {18, 19, 20, 23, 24, 25, 26, 31, 60})
    for (int64_t block : {1, 2})
      for (int64_t prefix : {0, 4})
        for (int64_t window : {1, 3, 40}) {
          SegmentBlocks range{block, blocks, window, prefix};
          for (auto [x, y] :
               llvm::zip_equal(countEvaluations(stack.layers, range),
                               countByRecurrence(stack.layers, range))) {
            EXPECT_EQ(x.evaluations, y.evaluations) << blocks;
            EXPECT_EQ(x.history, y.history) << blocks;
            EXPECT_EQ(x.pairs, y.pairs) << blocks;
          }
        }
}

/// Layers that fold one pair per pair of tokens.
static ClosedForms getForms(int64_t layers, const Plan &plan,
                            int64_t length = 64) {
  StackCost stack;
  stack.layers.resize(layers);
  std::optional<ClosedForms> forms = getClosedForms(stack, plan, length);
  EXPECT_TRUE(forms);
  return *forms;
}

TEST(SpaceTimeTest, ClosedFormsReadAsInTheLiterature) {
  ClosedForms forms = getForms(3, {{{3}}});
  EXPECT_EQ(forms.folds.print("L"), "C(L+4, 4) - 1 - L");
  EXPECT_EQ(forms.blockEvaluations.print("L"), "C(L+3, 3) - 1");
  EXPECT_EQ(forms.diskReads.print("L"), "C(L+3, 4)");

  // Segments of two layers.
  forms = getForms(6, makePlan(6, 2, 0, 0, 1, KeepKind::Input, KeepKind::None));
  EXPECT_EQ(forms.folds.print("L"), "3 C(L+3, 3) - 3 - 3 L");
  EXPECT_EQ(forms.diskReads.print("L"), "C(L+2, 3)");

  // Keys and values of all layers.
  forms = getForms(
      4, makePlan(4, 1, 0, 0, 1, KeepKind::KeyValue, KeepKind::KeyValue));
  EXPECT_EQ(forms.folds.print("L"), "4 C(L+1, 2)");
  EXPECT_EQ(forms.blockEvaluations.print("L"), "4 L");
  EXPECT_EQ(forms.diskReads.print("L"), "L");

  // Blocks of 4 tokens.
  Plan blocks{{{2}}, 4};
  forms = getForms(2, blocks);
  EXPECT_EQ(forms.unknown, "n");
  EXPECT_EQ(forms.blocks, 16);
  EXPECT_EQ(forms.blockEvaluations.print("n"), "C(n+2, 2) - 1");
  EXPECT_EQ(forms.folds.print("n"), "16 C(n+2, 3) + 10 C(n+2, 2) - 10 - 16 n");

  // What a window holds is not computed again.
  forms = getForms(2, {{{2, KeepKind::None, 16}}});
  EXPECT_EQ(forms.blockEvaluations.print("L"), "C(L-13, 2) + 29");
}

/// Per token: C(t + N, N) - 1 folds; with the last W tokens at hand
/// N W + C(t - W + N + 1, N) - 1 - N; with the first P at hand, t = P + u,
/// C(u + N, N) - 1 + P C(u + N - 1, N - 1).
TEST(SpaceTimeTest, ClosedFormsPerToken) {
  auto choose = [](int64_t m, int64_t k) {
    return BinomialSum::binomial(0, k).evaluate(m);
  };
  for (int64_t n : {1, 2, 3, 5})
    for (int64_t t : {1, 2, 5, 9, 30}) {
      auto count = [&](Segment segment) {
        segment.layers = n;
        Plan plan{{segment}};
        StackCost stack;
        stack.layers.resize(n);
        return evaluate(stack, plan, t).counts.folds -
               evaluate(stack, plan, t - 1).counts.folds;
      };
      EXPECT_EQ(count({}), choose(t + n, n) - 1);
      int64_t held = 4;
      if (t > held) {
        EXPECT_EQ(count({n, KeepKind::None, held}),
                  n * held + choose(t - held + n + 1, n) - 1 - n);
        int64_t u = t - held;
        EXPECT_EQ(count({n, KeepKind::None, 0, held}),
                  choose(u + n, n) - 1 + held * choose(u + n - 1, n - 1));
      }
    }
}

TEST(SpaceTimeTest, CountsBeyondMachineIntegers) {
  StackCost stack;
  stack.layers.resize(80);
  Integer folds = evaluate(stack, {{{80}}}, 1024).counts.folds;
  // C(1105, 81) - 1 - 1024
  EXPECT_EQ(toText(folds).size(), 125u);
  EXPECT_EQ(folds, BinomialSum::binomial(81, 81).evaluate(1024) - 1025);
}

/// max(N (3d + 2H) + d + 2 d_kv, (N - 1) (3d + 2H) + d + d_ff) numbers,
/// whatever the length; here of 64 bytes, so that nothing is rounded.
TEST(SpaceTimeTest, FramesAreTheClosedForm) {
  for (int64_t d : {8, 16})
    for (int64_t heads : {2, 4})
      for (int64_t hidden : {32, 64, 128, 256})
        for (int64_t n : {1, 2, 3, 4}) {
          StackCost stack;
          LayerCost layer;
          layer.inputBytes = 64 * d;
          layer.keyValueBytes = 64 * 2 * d;
          layer.stateBytes = 64 * (2 * d + 2 * heads);
          layer.workBytes = 64 * hidden;
          stack.layers.assign(n, layer);
          int64_t frame = 3 * d + 2 * heads;
          int64_t expected = 64 * std::max(n * frame + d + 2 * d,
                                           (n - 1) * frame + d + hidden);
          for (int64_t length : {n + 1, n + 20, int64_t(1) << 40})
            EXPECT_EQ(evaluate(stack, {{{n}}}, length).getPeakBytes(), expected)
                << n << " layers, d = " << d;
        }
}

TEST(SpaceTimeTest, PlansAreAttributes) {
  MLIRContext context;
  context.loadDialect<AttnDialect>();
  Plan plan{{{2, KeepKind::None, 8, 4}, {1, KeepKind::KeyValue}}, 4};
  EXPECT_EQ(Plan::get(plan.getAttr(&context)), plan);
}
