//===- SpaceTimeSimulator.cpp - Runs the loops of a plan, counting ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SpaceTimeSimulator.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::test;

namespace {
class Simulator {
public:
  Simulator(const StackCost &stack, const Plan &plan, int64_t length)
      : stack(stack), block(plan.block), length(length) {}

  /// One segment, for the block `t`.
  void runSegment(const Segment &next, int64_t first, int64_t t) {
    segment = next;
    firstLayer = first;
    now = t;
    for (int64_t layer = first; layer < first + segment.layers; ++layer)
      evaluate(layer, t, /*isNested=*/false);
  }

  void countCaches(const Segment &next, int64_t first) {
    const LayerCost &bottom = stack.layers[first];
    for (int64_t token = 0; token < length; ++token) {
      if (next.keep == KeepKind::Input)
        result.cacheBytes += bottom.inputBytes;
      if (next.keep == KeepKind::KeyValue)
        result.cacheBytes += bottom.keyValueBytes;
    }
    for (int64_t layer = first + 1; layer < first + next.layers; ++layer)
      result.cacheBytes += (next.window + std::min(next.prefix, length)) *
                           stack.layers[layer].inputBytes;
  }

  Simulation result;

private:
  struct Buffer {
    Buffer(Simulator &simulator, int64_t bytes)
        : simulator(simulator), bytes((bytes + 63) / 64 * 64) {
      simulator.live += this->bytes;
      simulator.result.frameBytes =
          std::max(simulator.result.frameBytes, simulator.live);
    }
    ~Buffer() { simulator.live -= bytes; }
    Simulator &simulator;
    int64_t bytes;
  };

  void evaluate(int64_t index, int64_t t, bool isNested) {
    const LayerCost &layer = stack.layers[index];
    ++result.blockEvaluations;
    // Its own input. At the token's step the layer below has just given it.
    if (isNested && index != firstLayer)
      evaluate(index - 1, t, true);
    if (index == 0)
      ++result.diskReads;
    int64_t output = index + 1 < int64_t(stack.layers.size())
                         ? stack.layers[index + 1].inputBytes
                         : 0;
    Buffer boundary(*this, block * std::max(layer.inputBytes, output));
    result.flops += block * layer.tokenFlops;
    {
      Buffer state(*this, block * layer.stateBytes);
      for (int64_t j = 0; j <= t; ++j)
        if (int64_t pairs = countPairs(layer, t, j))
          fold(index, t, j, pairs, isNested);
    }
    Buffer work(*this, block * layer.workBytes);
  }

  int64_t countPairs(const LayerCost &layer, int64_t t, int64_t j) {
    int64_t pairs = 0;
    for (int64_t query = t * block; query < (t + 1) * block; ++query)
      for (int64_t key = j * block; key < (j + 1) * block; ++key)
        pairs += key <= query && (!layer.left || key >= query - *layer.left);
    return pairs;
  }

  void fold(int64_t index, int64_t t, int64_t j, int64_t pairs, bool isNested) {
    const LayerCost &layer = stack.layers[index];
    bool isBottom = index == firstLayer;
    bool isKept = j == t || (isBottom ? segment.keep != KeepKind::None
                                      : isCached(j, isNested));
    if (!isKept && isBottom)
      ++result.diskReads;
    if (!isKept && !isBottom)
      evaluate(index - 1, j, true);
    Buffer input(*this, isKept ? 0 : block * layer.inputBytes);
    Buffer keys(*this, block * layer.keyValueBytes);
    Buffer scores(*this, block * block * layer.scoreBytes);
    if (j == t || !(isBottom && segment.keep == KeepKind::KeyValue))
      result.flops += block * layer.keyFlops;
    result.flops += pairs * layer.pairFlops;
    result.folds += pairs * layer.folds;
  }

  bool isCached(int64_t j, bool isNested) const {
    return j * block < segment.prefix ||
           (!isNested && j > now - segment.window / block);
  }

  const StackCost &stack;
  int64_t block, length;
  Segment segment;
  int64_t firstLayer = 0, now = 0;
  int64_t live = 0;
};
} // namespace

Simulation mlir::attn::test::simulate(const StackCost &stack, const Plan &plan,
                                      int64_t length) {
  Simulator simulator(stack, plan, length);
  for (int64_t t = 0; t * plan.block < length; ++t) {
    int64_t first = 0;
    for (const Segment &segment : plan.segments) {
      simulator.runSegment(segment, first, t);
      first += segment.layers;
    }
    simulator.result.flops += plan.block * stack.finalFlops;
  }
  int64_t first = 0;
  for (const Segment &segment : plan.segments) {
    simulator.countCaches(segment, first);
    first += segment.layers;
  }
  return simulator.result;
}

StackCost mlir::attn::test::makeStack(int64_t layers) {
  StackCost stack;
  stack.diskBytes = 8;
  stack.finalFlops = 1000;
  for (int64_t i = 0; i < layers; ++i) {
    LayerCost layer;
    layer.folds = i % 2 ? 4 : 3;
    layer.pairFlops = 37 + i;
    layer.keyFlops = 101 + 10 * i;
    layer.tokenFlops = 1013 - 100 * i;
    layer.inputBytes = i ? 256 + 100 * (i % 3) : 0;
    layer.keyValueBytes = i % 2 ? 96 : 700;
    layer.stateBytes = 300 + 50 * (i % 2);
    layer.workBytes = i % 3 ? 200 : 2000;
    layer.scoreBytes = 12;
    stack.layers.push_back(layer);
  }
  return stack;
}

std::string mlir::attn::test::describe(const Plan &plan) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "block " << plan.block;
  for (const Segment &segment : plan.segments)
    os << ", " << segment.layers << " layers (keep "
       << stringifyKeepKind(segment.keep) << ", window " << segment.window
       << ", prefix " << segment.prefix << ')';
  return text;
}
