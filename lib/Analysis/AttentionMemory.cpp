//===- AttentionMemory.cpp - Bytes that a form of attention keeps ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionMemory.h"
#include "attn/Analysis/ScratchMemory.h"

using namespace mlir;
using namespace mlir::attn;

int64_t mlir::attn::getElementBytes(Value tensor) {
  Type type = getElementTypeOrSelf(tensor.getType());
  return type.isIndex() ? 8
                        : llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

AttentionShape AttentionShape::get(AttentionOp op) {
  AttentionShape shape;
  shape.sizes = op.getStaticLoopRanges();
  shape.queries = shape.sizes[op.getQueryDim()];
  shape.keys = shape.sizes[op.getKeyDim()];
  shape.features = shape.sizes[op.getFeatureDim()];
  shape.values = shape.sizes[op.getValueDim()];
  shape.heads = shape.keyHeads = Integer(1);
  for (unsigned dim = 0; dim < op.getNumBatchDims(); ++dim) {
    int64_t size = shape.sizes[dim];
    if (ShapedType::isDynamic(size)) {
      shape.hasUnknownHeads = true;
      continue;
    }
    shape.heads *= size;
    if (!isGroup(op, dim))
      shape.keyHeads *= size;
  }
  shape.stateBytes = op.getStateType().getWidth() / 8;
  shape.keyBytes = getElementBytes(op.getKey());
  shape.valueBytes = getElementBytes(op.getValue());
  shape.outputBytes = getElementBytes(op.getResult(0));
  // Accumulators are (batch.., n, m).
  AffineMap map = op.getOutputMap();
  unsigned rank = map.getNumResults();
  shape.isTransposed = rank < 2 ||
                       map.getDimPosition(rank - 1) != op.getQueryDim() ||
                       map.getDimPosition(rank - 2) != op.getValueDim();
  return shape;
}

//===----------------------------------------------------------------------===//
// All at once
//===----------------------------------------------------------------------===//

namespace {
/// Adds up buffers of `outer` x `rows` x `row` elements.
class BufferSum {
public:
  /// Sizes that are not known are L; the buffer is then of just that size.
  void add(const Integer &outer, int64_t rows, int64_t row, int64_t bytes) {
    Integer factor = outer * bytes;
    int64_t degree = 0;
    for (int64_t size : {rows, row})
      if (ShapedType::isDynamic(size))
        ++degree;
      else
        factor *= size;
    if (degree == 0 && factor > 0 && factor <= kMaxStackBytes) {
      int64_t shape[] = {int64_t(outer * rows), row};
      spreadRows(shape, bytes);
      factor = Integer(shape[0]) * shape[1] * bytes;
    }
    (degree == 0   ? sum.constant
     : degree == 1 ? sum.perToken
                   : sum.perPair) += factor;
  }

  Bytes sum;
};
} // namespace

FormMemory mlir::attn::getMaterializedMemory(const AttentionShape &shape) {
  int64_t bytes = shape.stateBytes;
  BufferSum state, temporaries;
  // Packed queries, maxima and sums. Accumulators are divided in registers.
  state.add(shape.heads, shape.features, shape.queries, bytes);
  for (int i = 0; i < 2; ++i) {
    state.add(shape.heads, 1, shape.queries, bytes);
    // New maxima, and the decay that they bring.
    temporaries.add(shape.heads, 1, shape.queries, bytes);
  }
  temporaries.add(shape.heads, shape.keys, shape.queries, bytes);
  // Narrower keys and values are widened.
  if (shape.keyBytes != bytes)
    temporaries.add(shape.keyHeads, shape.keys, shape.features, bytes);
  if (shape.valueBytes != bytes)
    temporaries.add(shape.keyHeads, shape.keys, shape.values, bytes);
  if (shape.isTransposed)
    temporaries.add(shape.heads, shape.values, shape.queries,
                    shape.outputBytes);
  return {state.sum, temporaries.sum};
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

namespace {
/// The buffers of one tiling, in bytes. Loops over keys have buffers each.
class TileMemory {
public:
  TileMemory(AttentionOp op, const AttentionShape &shape,
             const AttentionTiles &tiles, bool few)
      : op(op), shape(shape), tiles(tiles), few(few) {}

  FormMemory get() {
    int64_t queries = shape.queries;
    if (queries == 0 || shape.heads == 0)
      return {};
    bool isDynamic = ShapedType::isDynamic(queries);
    int64_t tile = limit(tiles.queries, queries);
    if (few) {
      int64_t rows = int64_t(shape.heads / shape.keyHeads) * queries;
      addState(rows);
      addLoops(rows, getLoops());
      if (isSplit(op, tiles))
        addSplits(rows);
    } else if (!isInBlocks(op, tiles)) {
      addState(tile);
      addLoops(tile, getLoops());
      // What fills no tile is code of its own.
      int64_t rest = isDynamic ? tile - 1 : queries % tile;
      if (rest) {
        addState(rest);
        addLoops(rest, getLoops());
      }
    } else {
      int64_t block = limit(tiles.block, queries);
      addState(block);
      addLoops(tile, getLoopsOfBlock());
      bool isCut = isDynamic || queries % block;
      if (int64_t rest = isCut ? tile - 1 : block % tile)
        addLoops(rest, getLoopsOfBlock());
    }
    return memory;
  }

private:
  static int64_t limit(int64_t tile, int64_t size) {
    return ShapedType::isDynamic(size) ? tile : std::min(tile, size);
  }

  int64_t getBytes(int64_t rows, int64_t row, int64_t bytes) {
    BufferSum sum;
    sum.add(Integer(1), rows, row, bytes);
    return int64_t(sum.sum.constant);
  }

  void addState(int64_t rows) {
    int64_t bytes = shape.stateBytes;
    auto getMatrix = [&](int64_t size, int64_t bytes) {
      return few ? getBytes(rows, size, bytes) : getBytes(size, rows, bytes);
    };
    memory.state.constant += getMatrix(shape.features, bytes) +
                             getMatrix(shape.values, bytes) +
                             2 * getBytes(1, rows, bytes);
    if (few ? shape.outputBytes != bytes : shape.isTransposed)
      memory.temporaries.constant += getMatrix(shape.values, shape.outputBytes);
  }

  /// The states of a split and of all before it: both begin as copies of the
  /// identity, which stays. Their decays bring them to one maximum.
  void addSplits(int64_t rows) {
    int64_t bytes = shape.stateBytes, row = getBytes(1, rows, bytes);
    memory.state.constant += 2 * (rows * shape.values * bytes + 2 * row);
    memory.temporaries.constant += 3 * row;
    memory.rowBytes += 3 * row;
  }

  void addLoops(int64_t rows, ArrayRef<int64_t> loops) {
    int64_t bytes = shape.stateBytes, row = getBytes(1, rows, bytes);
    for (int64_t keys : loops) {
      // Scores; the maximum before and of the tile, and the decay.
      int64_t sum = few ? getBytes(rows, keys, bytes)
                        : getBytes(keys, rows, bytes);
      sum += 3 * row;
      memory.rowBytes += 2 * row;
      if (shape.keyBytes != bytes && !few)
        sum += getBytes(keys, shape.features, bytes);
      if (shape.valueBytes != bytes && !few)
        sum += getBytes(keys, shape.values, bytes);
      memory.temporaries.constant += sum;
    }
  }

  int64_t getEdge() {
    int64_t edge =
        few ? getEdgeKeysOfFewQueries(tiles.keys) : getEdgeKeys(tiles);
    return limit(edge, shape.keys);
  }
  bool isMasked() { return op.getMaskAttr() || op.getValidKeys(); }
  bool isNeverFull() { return op.getMaskTensor() || op.mayScoreHideKeys(); }

  /// Keys per tile in the loops for K1, K2 and K3 of `splitFoldAtMask`, where a
  /// causal mask has no edge before the keys.
  SmallVector<int64_t> getLoops() {
    int64_t keys = limit(tiles.keys, shape.keys), edge = getEdge();
    if (isNeverFull())
      return {edge};
    if (!isMasked())
      return {keys};
    if (!op.getMaskAttr() || isa<CausalAttr>(op.getMaskAttr()))
      return {keys, edge};
    return {edge, keys, edge};
  }

  /// K2 for all of a block; then K1 and K3 for each of its tiles, split again.
  SmallVector<int64_t> getLoopsOfBlock() {
    int64_t keys = limit(tiles.keys, shape.keys), edge = getEdge();
    if (isNeverFull())
      return {edge};
    SmallVector<int64_t> loops = {keys};
    if (isMasked())
      loops.append({edge, keys, edge});
    if (op.getMaskAttr() && !isa<CausalAttr>(op.getMaskAttr()))
      loops.append({edge, keys, edge});
    return loops;
  }

  AttentionOp op;
  const AttentionShape &shape;
  AttentionTiles tiles;
  bool few;
  FormMemory memory;
};
} // namespace

FormMemory mlir::attn::getTiledMemory(AttentionOp op,
                                      const AttentionShape &shape,
                                      const AttentionTiles &tiles, bool few) {
  return TileMemory(op, shape, tiles, few).get();
}
