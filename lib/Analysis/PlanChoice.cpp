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

void mlir::attn::markPlan(PlanChoice &choice, const Plan &plan,
                          const SpaceTime &cost) {
  auto *place = llvm::find_if(choice.curve, [&](const PlannedCost &point) {
    return point.plan == plan ||
           point.cost.getPeakBytes() > cost.getPeakBytes();
  });
  if (place == choice.curve.end() || !(place->plan == plan))
    place = choice.curve.insert(place, PlannedCost{plan, cost});
  choice.chosen = place - choice.curve.begin();
}

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

static bool hasSlidingWindow(const LayerCost &layer) {
  return layer.left.has_value();
}

SmallVector<Segment>
mlir::attn::getSegmentOptions(const StackCost &stack, int64_t first,
                              int64_t layers, int64_t block, int64_t length) {
  // The arguments are kept anyway: keeping the first input is no option.
  KeepKind keep = first == 0 ? KeepKind::None : KeepKind::Input;
  SmallVector<Segment> options = {{layers, keep}};
  if (layers == 1) {
    options.push_back({layers, KeepKind::KeyValue});
    return options;
  }
  bool slides = llvm::any_of(ArrayRef(stack.layers).slice(first, layers),
                             hasSlidingWindow);
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

static constexpr int64_t kExa = 1'000'000'000'000'000'000;

namespace {
/// The least flops found so far, by peak bytes.
class Frontier {
public:
  /// Whether something needs no more bytes and no more flops.
  bool covers(const Integer &bytes, const Integer &flops) const {
    auto next = leastFlops.upper_bound(bytes);
    return next != leastFlops.begin() && std::prev(next)->second <= flops;
  }
  /// Returns whether it was news.
  bool add(const Integer &bytes, const Integer &flops) {
    if (covers(bytes, flops))
      return false;
    auto worse = leastFlops.lower_bound(bytes);
    while (worse != leastFlops.end() && worse->second >= flops)
      worse = leastFlops.erase(worse);
    leastFlops.emplace_hint(worse, bytes, flops);
    return true;
  }

private:
  std::map<Integer, Integer> leastFlops; // Descending.
};

/// A plan of the first layers: its last segment and the plan before that.
struct PartialPlan {
  Integer cacheBytes; // Caches add up,
  Integer frameBytes; // frames of segments are live one after the other,
  Integer flops;      // work adds up.
  Segment segment;
  size_t previous = 0; // Of the plans that end where the segment begins.
};

/// Finds the plans with one block size by dynamic programming over the layer
/// boundaries. A plan of the first layers is part of no better plan if another
/// one of the same layers is not worse in caches, frames and flops, or if with
/// the least that the rest can need a known plan is as good.
class PlanSearch {
public:
  PlanSearch(const StackCost &stack, int64_t block, int64_t length,
             const Frontier &known);

  ArrayRef<PartialPlan> getPlans() const { return plans.back(); }
  Plan getPlan(const PartialPlan &last) const;

private:
  void findLeast();
  void addSegments(size_t first, size_t end);
  Integer getFlops(size_t end, const Segment &segment, SegmentBlocks range);
  ArrayRef<LayerCounts> count(size_t end, SegmentBlocks range);
  int64_t getInputBytes(size_t layer) const {
    return layer < stack.layers.size() ? stack.layers[layer].inputBytes : 0;
  }

  const StackCost &stack;
  int64_t block, length;
  const Frontier &known;
  /// What the layers from the i-th on, and what follows them, need at least.
  std::vector<PartialPlan> least;
  std::vector<std::vector<PartialPlan>> plans; // Of the first i layers.
  /// By window and prefix in blocks: the layers of a segment that reaches the
  /// first layer, from below. Where all masks are the same, counts depend on
  /// the number of layers above only and serve all ends.
  using Caches = std::pair<int64_t, int64_t>;
  std::map<Caches, SmallVector<LayerCounts>> counted;
  /// Of the topmost 1, 2, ... layers below the end.
  std::map<Caches, SmallVector<Integer>> flops;
};
} // namespace

/// Drops what another is at least as good as in all three.
static void keepBest(std::vector<PartialPlan> &plans) {
  llvm::sort(plans, [](const PartialPlan &x, const PartialPlan &y) {
    return std::tie(x.cacheBytes, x.frameBytes, x.flops) <
           std::tie(y.cacheBytes, y.frameBytes, y.flops);
  });
  Frontier frames; // Of the plans so far: their caches are no larger.
  llvm::erase_if(plans, [&](const PartialPlan &plan) {
    return !frames.add(plan.frameBytes, plan.flops);
  });
}

PlanSearch::PlanSearch(const StackCost &stack, int64_t block, int64_t length,
                       const Frontier &known)
    : stack(stack), block(block), length(length), known(known),
      least(stack.layers.size() + 1), plans(stack.layers.size() + 1) {
  findLeast();
  plans[0].emplace_back();
  for (size_t end = 1; end < plans.size(); ++end) {
    flops.clear();
    for (size_t first = 0; first < end; ++first)
      addSegments(first, end);
    keepBest(plans[end]);
  }
}

/// No layer works less, and has a smaller frame, than alone with its keys and
/// values kept.
void PlanSearch::findLeast() {
  least.back().flops =
      Integer(llvm::divideCeil(length, block)) * block * stack.finalFlops;
  Segment alone{1, KeepKind::KeyValue};
  SegmentBlocks range = SegmentBlocks::get(alone, block, length);
  for (size_t i = stack.layers.size(); i-- > 0;) {
    auto layer = ArrayRef(stack.layers).slice(i, 1);
    FrameBytes frame = getFrameBytes(layer, alone, range, getInputBytes(i + 1));
    least[i].frameBytes = std::max(least[i + 1].frameBytes, frame.getTotal());
    least[i].flops =
        least[i + 1].flops +
        countSegment(layer, countEvaluations(layer, range), alone, range, false)
            .flops;
  }
}

ArrayRef<LayerCounts> PlanSearch::count(size_t end, SegmentBlocks range) {
  ArrayRef<LayerCost> layers(stack.layers);
  bool isUniform = llvm::all_of(layers, [&](const LayerCost &layer) {
    return layer.left == layers.front().left;
  });
  auto [known, isNew] =
      counted.try_emplace(std::make_pair(range.window, range.prefix));
  if (isNew || !isUniform)
    known->second =
        countEvaluations(isUniform ? layers : layers.take_front(end), range);
  return ArrayRef(known->second).take_back(end);
}

Integer PlanSearch::getFlops(size_t end, const Segment &segment,
                             SegmentBlocks range) {
  auto countLayer = [&](size_t i, ArrayRef<LayerCounts> counts) {
    return countSegment(ArrayRef(stack.layers).slice(i, 1), counts.slice(i, 1),
                        segment, range, false)
        .flops;
  };
  if (segment.keep == KeepKind::KeyValue)
    return countLayer(end - 1, count(end, range));
  auto [known, isNew] =
      flops.try_emplace(std::make_pair(range.window, range.prefix));
  if (isNew) {
    ArrayRef<LayerCounts> counts = count(end, range);
    Integer sum(0);
    for (size_t i = end; i-- > 0;)
      known->second.push_back(sum += countLayer(i, counts));
  }
  return known->second[segment.layers - 1];
}

void PlanSearch::addSegments(size_t first, size_t end) {
  auto layers = ArrayRef(stack.layers).slice(first, end - first);
  std::vector<PartialPlan> options;
  Integer maxUsefulFlops = Integer(kMaxUsefulExaflops) * kExa;
  Integer leastBefore = least[0].flops - least[first].flops;
  for (const Segment &segment :
       getSegmentOptions(stack, first, end - first, block, length)) {
    SegmentBlocks range = SegmentBlocks::get(segment, block, length);
    PartialPlan option;
    option.segment = segment;
    option.flops = getFlops(end, segment, range);
    bool isRecompute = segment.layers == int64_t(stack.layers.size()) &&
                       segment.window == 0 && segment.prefix == 0;
    if (option.flops > maxUsefulFlops && !isRecompute)
      continue;
    option.cacheBytes = getCacheBytes(layers, segment, length);
    option.frameBytes =
        getFrameBytes(layers, segment, range, getInputBytes(end)).getTotal();
    Integer flops = option.flops + leastBefore + least[end].flops;
    Integer frames = std::max(option.frameBytes, least[0].frameBytes);
    if (!known.covers(option.cacheBytes + frames, flops))
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
      Integer bytes =
          plan.cacheBytes + std::max(plan.frameBytes, least[end].frameBytes);
      if (!known.covers(bytes, plan.flops + least[end].flops))
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
  SmallVector<PlannedCost> found;
  Frontier frontier;
  // Large blocks have few plans and rule many others out.
  SmallVector<int64_t> blocks = getBlockOptions(stack, length);
  for (int64_t block : llvm::reverse(blocks)) {
    PlanSearch search(stack, block, length, frontier);
    for (const PartialPlan &partial : search.getPlans()) {
      Plan plan = search.getPlan(partial);
      SpaceTime cost = evaluate(stack, plan, length);
      if (frontier.add(cost.getPeakBytes(), cost.counts.flops))
        found.push_back({std::move(plan), std::move(cost)});
    }
  }
  llvm::sort(found, [](const PlannedCost &x, const PlannedCost &y) {
    return std::make_pair(x.cost.getPeakBytes(), x.cost.counts.flops) <
           std::make_pair(y.cost.getPeakBytes(), y.cost.counts.flops);
  });
  Frontier best;
  llvm::erase_if(found, [&](const PlannedCost &plan) {
    return !best.add(plan.cost.getPeakBytes(), plan.cost.counts.flops);
  });
  return found;
}

PlanChoice mlir::attn::choosePlan(const StackCost &stack, int64_t length,
                                  std::optional<int64_t> budgetBytes) {
  PlanChoice choice;
  choice.curve = getCurve(stack, length);
  choice.fits =
      !budgetBytes || choice.curve.front().cost.getPeakBytes() <= *budgetBytes;
  for (auto [i, point] : llvm::enumerate(choice.curve))
    if (!budgetBytes || point.cost.getPeakBytes() <= *budgetBytes)
      choice.chosen = i;
  return choice;
}
