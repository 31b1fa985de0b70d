//===- SplitFoldAtMask.cpp - fold(s, K1 ++ K2 ++ K3) at the edges of the mask ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;
using Interval = MaskAlgebra::Interval;

KeyIntervals mlir::attn::splitKeys(MaskAlgebra &algebra, Interval range,
                                   Interval visible,
                                   std::optional<Interval> full, int64_t unit,
                                   MaskEdge edge) {
  OpFoldResult first = range.begin, zero = algebra.constant(0);
  if (full && edge == MaskEdge::Begin)
    visible.end = full->end = range.end;
  if (full && edge == MaskEdge::End)
    visible.begin = full->begin = first;
  // Whole tiles at absolute multiples of `unit`: begin of the visible keys
  // moves down, the full keys shrink. Positions are not negative from here on.
  OpFoldResult begin = first;
  if (visible.begin != first)
    begin = algebra.max(
        first, algebra.alignDown(algebra.max(visible.begin, zero), unit));
  OpFoldResult end = algebra.max(begin, visible.end);
  if (!full)
    return {begin, begin, begin, end};
  bool wholeRange = full->begin == first && full->end == range.end;
  OpFoldResult fullBegin = first, fullEnd = range.end;
  if (!wholeRange) {
    // A mask that has no edge before the keys leaves nothing to align.
    fullBegin = begin;
    if (full->begin != first || visible.begin != first) {
      fullBegin = algebra.alignUp(algebra.max(full->begin, zero), unit);
      fullBegin = algebra.max(fullBegin, begin);
    }
    if (fullBegin != begin) // begin <= end already.
      fullBegin = algebra.min(fullBegin, end);
    if (edge == MaskEdge::Begin)
      return {begin, fullBegin, end, end};
    fullEnd = algebra.alignDown(algebra.max(full->end, zero), unit);
    fullEnd = algebra.min(algebra.max(fullEnd, fullBegin), end);
  }
  return {begin, fullBegin, fullEnd, end};
}

/// The value of a per-batch operand, if it is one number for this fold: a scalar,
/// or the entry of the one batch that the fold is about.
static std::optional<OpFoldResult> getUniform(RewriterBase &rewriter, FoldOp op,
                                              Value perBatch) {
  auto type = dyn_cast<RankedTensorType>(perBatch.getType());
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (unsigned i = 0; type && i < type.getRank(); ++i)
    if (ranges[i] != 1)
      return std::nullopt;
  return op.getPerBatch(rewriter, perBatch, [&](unsigned) -> OpFoldResult {
    return rewriter.getIndexAttr(0);
  });
}

KeyIntervals mlir::attn::getKeyIntervals(RewriterBase &rewriter, FoldOp op,
                                         int64_t unit, MaskEdge edge) {
  MaskAlgebra algebra(rewriter, op.getLoc());
  SmallVector<OpFoldResult> sizes = getLoopSizes(rewriter, op);
  unsigned batch = op.getNumBatchDims();
  OpFoldResult zero = algebra.constant(0);
  OpFoldResult first = op.getOriginOf(batch + 1);
  Interval range{first, algebra.add(first, sizes[op.getKeyDim()])};
  Interval keys = range, full = range;

  // Masked where only the element knows: by a tensor or by its own score.
  bool neverFull = op.mayHideSingleKeys();

  if (Value validKeys = op.getValidKeys()) {
    if (std::optional<OpFoldResult> count =
            getUniform(rewriter, op, validKeys)) {
      keys = algebra.intersect(keys, {zero, *count});
      full = algebra.intersect(full, {zero, *count});
    } else {
      neverFull = true;
    }
  }

  if (MaskAttrInterface mask = op.getMaskAttr()) {
    std::optional<OpFoldResult> offset = zero;
    if (op.getQueryOffset())
      offset = getUniform(rewriter, op, op.getQueryOffset());
    if (offset) {
      OpFoldResult row = algebra.add(op.getOriginOf(batch), *offset);
      Interval queries{row, algebra.add(row, sizes[op.getQueryDim()])};
      algebra.segmentKeys = findSegmentKeys(rewriter, op);
      keys = algebra.intersect(keys, mask.getVisibleKeys(algebra, queries));
      full = algebra.intersect(full, mask.getFullKeys(algebra, queries));
    } else {
      neverFull = true;
    }
  }

  return splitKeys(algebra, range, keys,
                   neverFull ? std::nullopt : std::optional(full), unit, edge);
}

/// The band i - first <= j <= i + second that `mask` shows, if it is one.
static std::optional<std::pair<int64_t, int64_t>>
getBand(MaskAttrInterface mask) {
  constexpr int64_t kFar = MaskAlgebra::kMaxPosition - 1;
  if (isa<CausalAttr>(mask))
    return std::pair(kFar, int64_t(0));
  if (auto window = dyn_cast<WindowAttr>(mask))
    return std::pair(window.getLeft(), window.getRight());
  auto masks = dyn_cast<AndAttr>(mask);
  if (!masks)
    return std::nullopt;
  std::pair both(kFar, kFar);
  for (MaskAttrInterface part : masks.getMasks()) {
    auto band = getBand(part);
    if (!band)
      return std::nullopt;
    both = {std::min(both.first, band->first),
            std::min(both.second, band->second)};
  }
  return both;
}

std::optional<int64_t> mlir::attn::getBandWidth(MaskAttrInterface mask) {
  auto band = mask ? getBand(mask) : std::nullopt;
  if (!band)
    return std::nullopt;
  return band->first + band->second + 1;
}

// The queries [i, i + n) all see [i + n - 1 - left, i + right]. It holds a
// multiple of `unit` and what is left to the next one: no key is before it,
// rounded up, and after it, rounded down.
bool mlir::attn::hasSeparateEdges(MaskAttrInterface mask, int64_t queries,
                                  int64_t unit) {
  std::optional<int64_t> width = getBandWidth(mask);
  return width && *width >= queries + unit - 2;
}

MaskEdge mlir::attn::getEdgeOf(MaskEdge edge, bool isSeparate, MaskEdge own) {
  return edge == MaskEdge::Both && isSeparate ? own : edge;
}

SplitFold mlir::attn::splitFoldAtMask(RewriterBase &rewriter, FoldOp op,
                                      const KeyIntervals &intervals) {
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(op);
  MaskAlgebra algebra(rewriter, op.getLoc());
  OpFoldResult first = op.getOriginOf(op.getNumBatchDims() + 1);
  SmallVector<OpFoldResult> sizes = getLoopSizes(rewriter, op);
  SmallVector<OpFoldResult> offsets(sizes.size(), algebra.constant(0));

  ValueRange state = op.getDpsInits();
  SmallVector<Value> current(state);
  auto foldKeys = [&](OpFoldResult begin, OpFoldResult end, bool masked) {
    OpFoldResult size = algebra.sub(end, begin);
    if (begin == end || getConstantIntValue(size) == 0)
      return FoldOp();
    sizes[op.getKeyDim()] = size;
    offsets[op.getKeyDim()] = algebra.sub(begin, first);
    FailureOr<TilingResult> tile =
        op.getTiledImplementation(rewriter, offsets, sizes);
    assert(succeeded(tile) && "k2 may be tiled");
    auto fold = cast<FoldOp>(tile->tiledOps.front());
    rewriter.modifyOpInPlace(fold, [&] {
      fold->setOperands(fold.getMaxMutable().getOperandNumber(), 3, current);
      if (masked)
        return;
      fold.dropMask();
      fold.getValidKeysMutable().clear();
    });
    current = SmallVector<Value>(fold.getResults());
    return fold;
  };
  SplitFold split;
  split.before = foldKeys(intervals.begin, intervals.fullBegin, true);
  split.full = foldKeys(intervals.fullBegin, intervals.fullEnd, false);
  split.after = foldKeys(intervals.fullEnd, intervals.end, true);
  rewriter.replaceOp(op, current);
  return split;
}
