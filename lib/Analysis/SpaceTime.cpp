//===- SpaceTime.cpp - What a plan of a stack costs, exactly ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/SpaceTime.h"
#include "llvm/ADT/SmallVectorExtras.h"

using namespace mlir;
using namespace mlir::attn;

bool LayerCost::operator==(const LayerCost &other) const {
  auto getFields = [](const LayerCost &x) {
    return std::tie(x.folds, x.prefixKeys, x.pairFlops, x.keyFlops, x.tokenFlops,
                    x.inputBytes, x.keyValueBytes, x.stateBytes, x.workBytes,
                    x.scoreBytes, x.left);
  };
  return getFields(*this) == getFields(other);
}

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

bool Segment::operator==(const Segment &other) const {
  return layers == other.layers && keep == other.keep &&
         window == other.window && prefix == other.prefix;
}

bool Plan::operator==(const Plan &other) const {
  return block == other.block && segments == other.segments;
}

Plan Plan::get(PlanAttr attribute) {
  Plan plan;
  plan.block = attribute.getBlock();
  for (SegmentAttr segment : attribute.getSegments())
    plan.segments.push_back({segment.getLayers(), segment.getKeep(),
                             segment.getWindow(), segment.getPrefix()});
  return plan;
}

PlanAttr Plan::getAttr(MLIRContext *context) const {
  auto attributes = llvm::map_to_vector(segments, [&](const Segment &segment) {
    return SegmentAttr::get(context, segment.layers, segment.keep,
                            segment.window, segment.prefix);
  });
  return PlanAttr::get(context, attributes, block);
}

//===----------------------------------------------------------------------===//
// Totals
//===----------------------------------------------------------------------===//

Counts &Counts::operator+=(const Counts &other) {
  folds += other.folds;
  blockEvaluations += other.blockEvaluations;
  diskReads += other.diskReads;
  flops += other.flops;
  return *this;
}

Counts mlir::attn::countSegment(ArrayRef<LayerCost> layers,
                                ArrayRef<LayerCounts> counts,
                                const Segment &segment, SegmentBlocks range,
                                bool isFirst) {
  Counts sum;
  for (auto [layer, count] : llvm::zip_equal(layers, counts)) {
    Integer keys = count.evaluations;
    if (segment.keep != KeepKind::KeyValue)
      keys += count.history;
    Integer pairs =
        count.pairs + count.evaluations * range.block * layer.prefixKeys;
    sum.folds += pairs * layer.folds;
    sum.blockEvaluations += count.evaluations;
    sum.flops +=
        (count.evaluations * layer.tokenFlops + keys * layer.keyFlops) *
            range.block +
        pairs * layer.pairFlops;
  }
  // What was kept of the arguments was read at the token's own step.
  if (isFirst)
    sum.diskReads = counts.front().evaluations;
  if (segment.keep == KeepKind::None)
    sum.diskReads += counts.front().history;
  return sum;
}

SpaceTime mlir::attn::evaluate(const StackCost &stack, const Plan &plan,
                               int64_t length) {
  SpaceTime sum;
  sum.diskBytes = Integer(length) * stack.diskBytes;
  ArrayRef<LayerCost> rest(stack.layers);
  for (auto [i, segment] : llvm::enumerate(plan.segments)) {
    ArrayRef<LayerCost> layers = rest.take_front(segment.layers);
    rest = rest.drop_front(segment.layers);
    SegmentBlocks range = SegmentBlocks::get(segment, plan.block, length);
    sum.counts += countSegment(layers, countEvaluations(layers, range), segment,
                               range, i == 0);
    sum.cacheBytes += getCacheBytes(layers, segment, length);
    FrameBytes frames = getFrameBytes(
        layers, segment, range, rest.empty() ? 0 : rest.front().inputBytes);
    if (frames.getTotal() > sum.frames.getTotal())
      sum.frames = frames;
    if (rest.empty())
      sum.counts.flops +=
          Integer(range.blocks) * range.block * stack.finalFlops;
  }
  return sum;
}

std::optional<ClosedForms> mlir::attn::getClosedForms(const StackCost &stack,
                                                      const Plan &plan,
                                                      int64_t length) {
  ClosedForms forms;
  forms.unknown = plan.block == 1 ? "L" : "n";
  Integer block(plan.block);
  Integer square = block * block, triangle = block * (block + 1) / 2;
  ArrayRef<LayerCost> rest(stack.layers);
  for (auto [i, segment] : llvm::enumerate(plan.segments)) {
    ArrayRef<LayerCost> layers = rest.take_front(segment.layers);
    rest = rest.drop_front(segment.layers);
    SegmentBlocks range = SegmentBlocks::get(segment, plan.block, length);
    forms.blocks = range.blocks;
    BinomialSum evaluations, history; // Of the layers so far, from the last.
    for (auto [above, layer] : llvm::enumerate(llvm::reverse(layers))) {
      if (layer.left)
        return std::nullopt;
      BinomialSum layerEvaluations =
          getEvaluations(above + 1, range) - evaluations;
      BinomialSum layerHistory = getHistory(above + 1, range) - history;
      evaluations = evaluations + layerEvaluations;
      history = history + layerHistory;
      forms.folds =
          forms.folds +
          (layerHistory * square +
           layerEvaluations * (triangle + block * layer.prefixKeys)) *
              Integer(layer.folds);
      if (above + 1 != layers.size())
        continue;
      if (i == 0)
        forms.diskReads = layerEvaluations;
      if (segment.keep == KeepKind::None)
        forms.diskReads = forms.diskReads + layerHistory;
    }
    forms.blockEvaluations = forms.blockEvaluations + evaluations;
  }
  forms.folds.simplify();
  forms.blockEvaluations.simplify();
  forms.diskReads.simplify();
  return forms;
}
