//===- SpaceTimeCounts.cpp - How often blocks are evaluated ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/SpaceTime.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

SegmentBlocks SegmentBlocks::get(const Segment &segment, int64_t block,
                                 int64_t length) {
  SegmentBlocks range;
  range.block = block;
  range.blocks = llvm::divideCeil(length, block);
  // Block T itself is at hand without a window.
  range.window = std::max<int64_t>(1, segment.window / block);
  range.prefix =
      std::min<int64_t>(range.blocks, llvm::divideCeil(segment.prefix, block));
  return range;
}

//===----------------------------------------------------------------------===//
// What one evaluation sees
//===----------------------------------------------------------------------===//

namespace {
/// The history that the mask of a layer shows to block T.
class VisibleHistory {
public:
  VisibleHistory(const LayerCost &layer, SegmentBlocks range)
      : block(range.block), reach(getReach(layer, range)) {
    Integer sum(0);
    int64_t farthest = std::min(reach, range.blocks - 1);
    for (int64_t distance = 0; distance <= farthest; ++distance)
      pairsUpTo.push_back(sum += countPairs(layer, distance));
  }

  /// Blocks T - getReach(), ..., T - 1 have a key that block T sees.
  int64_t getReach() const { return reach; }
  int64_t getBlocks(int64_t t) const { return std::min(t, reach); }
  const Integer &getPairs(int64_t t) const { return pairsUpTo[getBlocks(t)]; }

  /// J B + B - 1 >= T B - left: the last key and the first query, solved for
  /// the distance T - J.
  static int64_t getReach(const LayerCost &layer, SegmentBlocks range) {
    if (!layer.left || *layer.left / range.block >= range.blocks)
      return range.blocks;
    return llvm::divideCeil(*layer.left, range.block);
  }

private:
  Integer countPairs(const LayerCost &layer, int64_t distance) const {
    int64_t shift = distance * block;
    if (distance && (!layer.left || *layer.left >= shift + block - 1))
      return Integer(block) * block;
    Integer pairs(0);
    for (int64_t query = 0; query < block; ++query) {
      int64_t begin =
          layer.left ? std::max<int64_t>(0, query + shift - *layer.left) : 0;
      int64_t end = std::min(block, query + shift + 1);
      pairs += std::max<int64_t>(0, end - begin);
    }
    return pairs;
  }

  int64_t block, reach;
  std::vector<Integer> pairsUpTo; // By the distance of the first block.
};
} // namespace

//===----------------------------------------------------------------------===//
// The recurrence
//===----------------------------------------------------------------------===//

/// How often evaluations of one layer ask the layer below for block J again,
/// if its own blocks are evaluated again `again[T]` times:
///
///     below[J] = again[J]                    for its own input
///              + sum_T again[T]              T > J that see J
///              + #{T : T >= J + window}      T that see J, at the token's step
///
/// Blocks of the prefix are at hand for all.
static std::vector<Integer> getEvaluatedAgain(const std::vector<Integer> &again,
                                              const VisibleHistory &history,
                                              SegmentBlocks range) {
  int64_t n = range.blocks, reach = history.getReach();
  std::vector<Integer> below(n);
  Integer seen(0); // sum of again[T], J < T <= J + reach
  for (int64_t j = n - 1; j >= range.prefix; --j) {
    int64_t last = std::min(n - 1, j + reach);
    below[j] =
        again[j] + seen + std::max<int64_t>(0, last - (j + range.window) + 1);
    seen += again[j];
    if (j + reach < n)
      seen -= again[j + reach];
  }
  return below;
}

SmallVector<LayerCounts>
mlir::attn::countByRecurrence(ArrayRef<LayerCost> layers, SegmentBlocks range) {
  SmallVector<LayerCounts> counts(layers.size());
  std::vector<Integer> again(range.blocks); // The last layer: never.
  for (int64_t i = layers.size() - 1; i >= 0; --i) {
    VisibleHistory history(layers[i], range);
    for (int64_t t = 0; t < range.blocks; ++t) {
      Integer evaluations = again[t] + 1;
      counts[i].evaluations += evaluations;
      counts[i].history += evaluations * history.getBlocks(t);
      counts[i].pairs += evaluations * history.getPairs(t);
    }
    if (i)
      again = getEvaluatedAgain(again, history, range);
  }
  return counts;
}

//===----------------------------------------------------------------------===//
// Closed forms
//===----------------------------------------------------------------------===//

// Let u = n - window - prefix be the blocks that the last one recomputes. A
// block that x of them follow or are it is evaluated C(x + k, k) - 1 times more
// in the layer k below the top; the sums over blocks and layers are below.

// C(u + s + 1, s) - 1 + s (window + prefix - 1)
BinomialSum mlir::attn::getEvaluations(int64_t layers, SegmentBlocks range) {
  if (range.getRecomputed() == 0)
    return BinomialSum::binomial(0, 1) * Integer(layers);
  int64_t held = range.window + range.prefix;
  return BinomialSum::binomial(layers + 1 - held, layers) +
         BinomialSum::constant(Integer(layers) * (held - 1) - 1);
}

//   C(u + s + 1, s + 1) - 1 - u + s (C(n, 2) - C(u + 1, 2))
// + prefix (C(u + s + 1, s) - 1 - s (u + 1))
BinomialSum mlir::attn::getHistory(int64_t layers, SegmentBlocks range) {
  Integer s(layers);
  BinomialSum pairs = BinomialSum::binomial(0, 2);
  if (range.getRecomputed() == 0)
    return pairs * s;
  int64_t held = range.window + range.prefix;
  auto one = BinomialSum::constant(Integer(1));
  auto next = BinomialSum::binomial(1 - held, 1); // u + 1
  BinomialSum fromPrefix =
      BinomialSum::binomial(layers + 1 - held, layers) - one - next * s;
  return BinomialSum::binomial(layers + 1 - held, layers + 1) - next +
         (pairs - BinomialSum::binomial(1 - held, 2)) * s +
         fromPrefix * Integer(range.prefix);
}

std::optional<SmallVector<LayerCounts>>
mlir::attn::countByFormula(ArrayRef<LayerCost> layers, SegmentBlocks range) {
  if (llvm::any_of(layers, [](const LayerCost &x) { return x.left; }))
    return std::nullopt;
  Integer block(range.block);
  Integer square = block * block, triangle = block * (block + 1) / 2;
  SmallVector<LayerCounts> counts(layers.size());
  Integer evaluations(0), history(0);
  for (auto [above, layer] : llvm::enumerate(llvm::reverse(counts))) {
    Integer moreEvaluations =
        getEvaluations(above + 1, range).evaluate(range.blocks);
    Integer moreHistory = getHistory(above + 1, range).evaluate(range.blocks);
    layer.evaluations = moreEvaluations - evaluations;
    layer.history = moreHistory - history;
    layer.pairs = layer.history * square + layer.evaluations * triangle;
    evaluations = moreEvaluations;
    history = moreHistory;
  }
  return counts;
}

SmallVector<LayerCounts>
mlir::attn::countEvaluations(ArrayRef<LayerCost> layers, SegmentBlocks range) {
  if (auto counts = countByFormula(layers, range))
    return *counts;
  // Far enough from both ends all blocks of a layer are evaluated and see the
  // same number of times.
  Integer settled(range.prefix + 1);
  for (const LayerCost &layer : layers)
    settled += VisibleHistory::getReach(layer, range);
  if (settled + 1 >= range.blocks)
    return countByRecurrence(layers, range);
  SegmentBlocks shorter = range;
  shorter.blocks = int64_t(settled);
  SmallVector<LayerCounts> counts = countByRecurrence(layers, shorter);
  ++shorter.blocks;
  SmallVector<LayerCounts> more = countByRecurrence(layers, shorter);
  Integer rest = range.blocks - settled;
  for (auto [count, next] : llvm::zip_equal(counts, more)) {
    count.evaluations += (next.evaluations - count.evaluations) * rest;
    count.history += (next.history - count.history) * rest;
    count.pairs += (next.pairs - count.pairs) * rest;
  }
  return counts;
}
