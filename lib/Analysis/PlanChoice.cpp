//===- PlanChoice.cpp - The fastest plan in a memory budget ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/PlanChoice.h"
#include <map>

using namespace mlir;
using namespace mlir::attn;

const PlannedCost *PlanChoice::getNextSmaller() const {
  return chosen == 0 ? nullptr : &curve[chosen - 1];
}

const PlannedCost *PlanChoice::getNextFaster() const {
  return chosen + 1 == curve.size() ? nullptr : &curve[chosen + 1];
}

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

static bool hasSlidingWindow(const LayerCost &layer) {
  return layer.left.has_value();
}

SmallVector<Segment> mlir::attn::getSegmentOptions(const StackCost &stack,
                                                   int64_t first,
                                                   int64_t layers,
                                                   int64_t block,
                                                   int64_t length) {
  // The arguments are kept anyway: keeping the first input is no option.
  KeepKind keep = first == 0 ? KeepKind::None : KeepKind::Input;
  SmallVector<Segment> options = {{layers, keep}};
  if (layers == 1) {
    options.push_back({layers, KeepKind::KeyValue});
    return options;
  }
  bool slides = llvm::any_of(
      ArrayRef(stack.layers).slice(first, layers), hasSlidingWindow);
  // A window of one block is what is at hand without it.
  for (int64_t window = 0; window < length;
       window = window ? 2 * window : 2 * block)
    for (int64_t prefix = 0; window + prefix < length && (!prefix || !slides);
         prefix = prefix ? 2 * prefix : block)
      if (window || prefix)
        options.push_back({layers, keep, window, prefix});
  return options;
}

SmallVector<int64_t> mlir::attn::getBlockOptions(const StackCost &stack,
                                                 int64_t length) {
  bool isMixed = llvm::any_of(stack.layers, hasSlidingWindow) &&
                 !llvm::all_of(stack.layers, hasSlidingWindow);
  SmallVector<int64_t> options;
  for (int64_t block = 1; block <= std::max<int64_t>(1, length); block *= 2)
    if (!isMixed || length / block <= kMaxCountedBlocks)
      options.push_back(block);
  return options;
}

//===----------------------------------------------------------------------===//
// Search
//===----------------------------------------------------------------------===//

namespace {
/// A plan of the first layers: its last segment and the plan before that.
struct PartialPlan {
  Integer cacheBytes; // Caches add up,
  Integer frameBytes; // frames of segments are live one after the other,
  Integer flops;      // work adds up.
  Segment segment;
  size_t previous = 0; // Of the plans that end where the segment begins.
};

/// Finds the plans with one block size by dynamic programming over the layer
/// boundaries. Of two plans of the same layers, the one that is not better in
/// caches, frames or flops is part of no better plan.
class PlanSearch {
public:
  PlanSearch(const StackCost &stack, int64_t block, int64_t length);

  ArrayRef<PartialPlan> getPlans() const { return plans.back(); }
  Plan getPlan(const PartialPlan &last) const;

private:
  void addSegments(size_t first, size_t end);
  ArrayRef<LayerCounts> count(size_t end, const Segment &segment);

  const StackCost &stack;
  int64_t block, length;
  std::vector<std::vector<PartialPlan>> plans; // Of the first i layers.
  /// Of segments that end at one place, with a window and a prefix; the counts
  /// of a layer depend on those above it only.
  std::map<std::pair<int64_t, int64_t>, SmallVector<LayerCounts>> counted;
};
} // namespace

/// Drops what another is at least as good as in all three.
static void keepBest(std::vector<PartialPlan> &plans) {
  llvm::sort(plans, [](const PartialPlan &x, const PartialPlan &y) {
    return std::tie(x.cacheBytes, x.frameBytes, x.flops) <
           std::tie(y.cacheBytes, y.frameBytes, y.flops);
  });
  // Least flops by frame bytes, of the plans so far: their caches are smaller.
  std::map<Integer, Integer> leastFlops;
  std::vector<PartialPlan> best;
  for (PartialPlan &plan : plans) {
    auto next = leastFlops.upper_bound(plan.frameBytes);
    if (next != leastFlops.begin() && std::prev(next)->second <= plan.flops)
      continue;
    while (next != leastFlops.end() && next->second >= plan.flops)
      next = leastFlops.erase(next);
    leastFlops[plan.frameBytes] = plan.flops;
    best.push_back(std::move(plan));
  }
  plans = std::move(best);
}

PlanSearch::PlanSearch(const StackCost &stack, int64_t block, int64_t length)
    : stack(stack), block(block), length(length),
      plans(stack.layers.size() + 1) {
  plans[0].emplace_back();
  for (size_t end = 1; end < plans.size(); ++end) {
    counted.clear();
    for (size_t first = 0; first < end; ++first)
      addSegments(first, end);
    keepBest(plans[end]);
  }
}

ArrayRef<LayerCounts> PlanSearch::count(size_t end, const Segment &segment) {
  auto [known, isNew] =
      counted.try_emplace(std::make_pair(segment.window, segment.prefix));
  if (isNew)
    known->second = countEvaluations(ArrayRef(stack.layers).take_front(end),
                                     SegmentBlocks::get(segment, block, length));
  return ArrayRef(known->second).take_back(segment.layers);
}

void PlanSearch::addSegments(size_t first, size_t end) {
  auto layers = ArrayRef(stack.layers).slice(first, end - first);
  int64_t outputBytes =
      end < stack.layers.size() ? stack.layers[end].inputBytes : 0;
  std::vector<PartialPlan> options;
  for (const Segment &segment :
       getSegmentOptions(stack, first, end - first, block, length)) {
    SegmentBlocks range = SegmentBlocks::get(segment, block, length);
    PartialPlan option;
    option.segment = segment;
    option.cacheBytes = getCacheBytes(layers, segment, length);
    option.frameBytes =
        getFrameBytes(layers, segment, range, outputBytes).getTotal();
    option.flops = countSegment(layers, count(end, segment), segment, range,
                                first == 0)
                       .flops;
    options.push_back(std::move(option));
  }
  keepBest(options);
  for (auto [i, before] : llvm::enumerate(plans[first]))
    for (const PartialPlan &option : options) {
      PartialPlan plan = option;
      plan.previous = i;
      plan.cacheBytes += before.cacheBytes;
      plan.frameBytes = std::max(plan.frameBytes, before.frameBytes);
      plan.flops += before.flops;
      plans[end].push_back(std::move(plan));
    }
}

Plan PlanSearch::getPlan(const PartialPlan &last) const {
  Plan plan;
  plan.block = block;
  const PartialPlan *at = &last;
  for (size_t end = stack.layers.size(); end > 0;) {
    plan.segments.push_back(at->segment);
    end -= at->segment.layers;
    at = &plans[end][at->previous];
  }
  std::reverse(plan.segments.begin(), plan.segments.end());
  return plan;
}

/// The curve of all plans, from the smallest to the fastest.
static SmallVector<PlannedCost> getCurve(const StackCost &stack,
                                         int64_t length) {
  struct Point {
    Integer peak, flops;
    Plan plan;
  };
  std::vector<Point> points;
  for (int64_t block : getBlockOptions(stack, length)) {
    PlanSearch search(stack, block, length);
    Integer finalFlops =
        Integer(llvm::divideCeil(length, block)) * block * stack.finalFlops;
    for (const PartialPlan &plan : search.getPlans())
      points.push_back({plan.cacheBytes + plan.frameBytes,
                        plan.flops + finalFlops, search.getPlan(plan)});
  }
  llvm::sort(points, [](const Point &x, const Point &y) {
    return std::tie(x.peak, x.flops) < std::tie(y.peak, y.flops);
  });
  SmallVector<PlannedCost> curve;
  for (Point &point : points)
    if (curve.empty() || point.flops < curve.back().cost.counts.flops) {
      SpaceTime cost = evaluate(stack, point.plan, length);
      curve.push_back({std::move(point.plan), std::move(cost)});
    }
  return curve;
}

PlanChoice mlir::attn::choosePlan(const StackCost &stack, int64_t length,
                                  std::optional<int64_t> budgetBytes) {
  PlanChoice choice;
  choice.curve = getCurve(stack, length);
  choice.fits = !budgetBytes ||
                choice.curve.front().cost.getPeakBytes() <= *budgetBytes;
  for (auto [i, point] : llvm::enumerate(choice.curve))
    if (!budgetBytes || point.cost.getPeakBytes() <= *budgetBytes)
      choice.chosen = i;
  return choice;
}
