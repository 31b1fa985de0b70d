//===- SpaceTimeMemory.cpp - Frames and caches of a plan ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/SpaceTime.h"

using namespace mlir;
using namespace mlir::attn;

/// Buffers of a frame start at multiples of this: a cache line, a vector.
static constexpr int64_t kAlignment = 64;

static Integer align(const Integer &bytes) {
  return ceilDiv(bytes, Integer(kAlignment)) * kAlignment;
}

Integer mlir::attn::getCacheBytes(ArrayRef<LayerCost> layers,
                                  const Segment &segment, int64_t length) {
  Integer bytes(0);
  if (segment.keep == KeepKind::Input)
    bytes += Integer(length) * layers.front().inputBytes;
  if (segment.keep == KeepKind::KeyValue)
    bytes += Integer(length) * layers.front().keyValueBytes;
  Integer tokens = Integer(segment.window) + std::min(segment.prefix, length);
  for (const LayerCost &inner : layers.drop_front())
    bytes += tokens * inner.inputBytes;
  return bytes;
}

namespace {
/// The frames of the layers of one segment, and how deep they nest.
class Frames {
public:
  Frames(ArrayRef<LayerCost> layers, const Segment &segment,
         SegmentBlocks range, int64_t outputBytes)
      : layers(layers), segment(segment), range(range),
        outputBytes(outputBytes) {}

  /// The worst moment of evaluating layer `i`, below others or alone.
  FrameBytes getWorst(size_t i) const {
    const LayerCost &layer = layers[i];
    Integer keys = perToken(layer.keyValueBytes) +
                   align(Integer(range.block) *
                         std::max(range.block, layer.prefixKeys) *
                         layer.scoreBytes);
    Integer waiting = getWaiting(i, range.getRecomputed());
    FrameBytes ownKeys = {waiting + getFrame(i), keys};
    // The state has been read before the rest of the token-wise work.
    FrameBytes work = {waiting + getBoundary(i), perToken(layer.workBytes)};
    FrameBytes worst = work.getTotal() > ownKeys.getTotal() ? work : ownKeys;
    if (auto waitingForKeys = getWaitingForKeys(i)) {
      FrameBytes history = {*waitingForKeys + getFrame(i),
                            keys + perToken(layer.inputBytes)};
      if (history.getTotal() > worst.getTotal())
        return history;
    }
    return worst;
  }

private:
  Integer perToken(int64_t bytes) const {
    return align(Integer(range.block) * bytes);
  }

  /// What enters the layer and later what leaves it: for the caller the keys'
  /// input, so it is counted once for both.
  Integer getBoundary(size_t i) const {
    int64_t output =
        i + 1 < layers.size() ? layers[i + 1].inputBytes : outputBytes;
    return perToken(std::max(layers[i].inputBytes, output));
  }
  Integer getFrame(size_t i) const {
    return getBoundary(i) + perToken(layers[i].stateBytes);
  }

  /// Whether layer `i` sees a block so far back: J B + B - 1 >= T B - left.
  bool sees(size_t i, int64_t distance) const {
    const std::optional<int64_t> &left = layers[i].left;
    return !left || *left > (distance - 1) * range.block;
  }

  /// Frames that wait in their fold loops while layer `i` is evaluated, at most
  /// so many. Each of them waits for an earlier block: the topmost for one
  /// outside of the window, the others for any.
  Integer getWaiting(size_t i, int64_t atMost) const {
    Integer most(0);
    SmallVector<Integer> between; // Descending.
    for (size_t top = i + 1; top < layers.size() && atMost > 0; ++top) {
      Integer frame = getFrame(top);
      if (sees(top, range.window)) {
        Integer sum = frame;
        size_t others = std::min<size_t>(atMost - 1, between.size());
        for (const Integer &other : ArrayRef(between).take_front(others))
          sum += other;
        most = std::max(most, sum);
      }
      if (sees(top, 1))
        between.insert(
            llvm::upper_bound(between, frame, std::greater<Integer>()), frame);
    }
    return most;
  }

  /// The same while layer `i` folds keys whose input has its own buffer.
  /// Nothing if it never does: what is kept is read where it is.
  std::optional<Integer> getWaitingForKeys(size_t i) const {
    int64_t blocks = range.blocks, window = range.window;
    int64_t recomputed = range.getRecomputed();
    // Blocks that are left below those that others wait for.
    if (i == 0) {
      if (segment.keep != KeepKind::None || blocks < 2 || !sees(i, 1))
        return std::nullopt;
      return getWaiting(i, std::min(recomputed, blocks - window - 1));
    }
    if (recomputed == 0)
      return std::nullopt;
    Integer waiting = sees(i, 1) ? getWaiting(i, recomputed - 1) : Integer(0);
    if (waiting == 0 && !sees(i, window))
      return std::nullopt;
    return waiting;
  }

  ArrayRef<LayerCost> layers;
  const Segment &segment;
  SegmentBlocks range;
  int64_t outputBytes;
};
} // namespace

FrameBytes mlir::attn::getFrameBytes(ArrayRef<LayerCost> layers,
                                     const Segment &segment,
                                     SegmentBlocks range, int64_t outputBytes) {
  Frames frames(layers, segment, range, outputBytes);
  FrameBytes worst;
  for (size_t i = 0; i < layers.size() && range.blocks > 0; ++i) {
    FrameBytes here = frames.getWorst(i);
    if (here.getTotal() > worst.getTotal())
      worst = here;
  }
  return worst;
}
