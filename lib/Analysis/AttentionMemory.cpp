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
  // Packed queries, maxima and sums. Accumulators are divided in registers, but
  // where they change places on the way.
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
    temporaries.add(shape.heads, shape.values, shape.queries, bytes);
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
    int64_t keys = limit(tiles.keys, shape.keys);
    if (few) {
      int64_t rows = int64_t(shape.heads / shape.keyHeads) * queries;
      addState(rows);
      addTile({rows, false}, EdgeTile{0, getEdgeKeysOfFewQueries(tiles.keys)},
              MaskEdge::Both, keys);
      if (isSplit(op, tiles))
        addSplits(rows);
      return memory;
    }
    SmallVector<EdgeTile> edges = getEdges(op, tiles);
    if (isInBlocks(op, tiles)) {
      areKeysPacked = tiles.pack;
      Rows block = {limit(tiles.block, queries),
                    isDynamic || queries % limit(tiles.block, queries)};
      addState(block.count);
      if (hasEdge()) {
        addPackedKeys();
        for (Rows part : getParts(block, tiles.queries))
          addFullLoop(part.count, keys);
      }
      bool isSeparate =
          hasSeparateEdges(op.getMaskAttr(), tiles.block, edges.front().keys);
      for (MaskEdge run : getMaskedRuns(MaskEdge::Both, isSeparate)) {
        addPackedKeys();
        addTile(block, edges, run, keys);
      }
      return memory;
    }
    edges.front().queries = 0;
    addState(tile);
    addTile({tile, false}, edges, MaskEdge::Both, keys);
    // What fills no tile is code of its own.
    if (int64_t rest = isDynamic ? tile - 1 : queries % tile) {
      addState(rest);
      addTile({rest, isDynamic}, edges, MaskEdge::Both, keys);
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
    if (few && shape.outputBytes != bytes)
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

  /// Queries: so many, or up to so many.
  struct Rows {
    int64_t count;
    bool isCut;
  };

  /// What tiles of `size` make of these: the tile that is whole and what is
  /// left.
  static SmallVector<Rows> getParts(Rows rows, int64_t size,
                                    bool isLast = false) {
    if (size == 0)
      return {rows};
    if (isLast && rows.isCut)
      return {{std::min(size, rows.count), true}};
    SmallVector<Rows> parts;
    if (rows.count >= size)
      parts.push_back({size, false});
    if (int64_t rest =
            rows.isCut ? std::min(size - 1, rows.count) : rows.count % size)
      parts.push_back({rest, rows.isCut});
    return parts;
  }

  /// The loops of `tileKeys`, which have buffers each.
  void addTile(Rows rows, ArrayRef<EdgeTile> edges,
               MaskEdge edge, int64_t keys) {
    EdgeTile sizes = edges.front();
    for (Rows part : getParts(rows, sizes.queries, edges.size() == 1)) {
      addFullLoop(part.count, keys);
      for (MaskEdge run : getMaskedRuns(edge, sizes.isSeparate)) {
        if (!hasEdge())
          addLoop(part.count, keys);
        else if (edges.size() > 1)
          addTile(part, edges.drop_front(), run, limit(sizes.keys, keys));
        else
          addLoop(part.count, limit(sizes.keys, shape.keys));
      }
    }
  }

  void addFullLoop(int64_t rows, int64_t keys) {
    if (hasEdge())
      addLoop(rows, keys);
  }

  /// Whether keys are hidden by position, not by single elements.
  bool hasEdge() { return !op.mayHideSingleKeys(); }

  /// Which of K1 and K3 of `splitFoldAtMask` there are, of keys at `edge`: where
  /// no key is known to be visible to all they are one, and a causal mask has no
  /// K1.
  SmallVector<MaskEdge> getMaskedRuns(MaskEdge edge, bool isSeparate) {
    MaskEdge end = getEdgeOf(edge, isSeparate, MaskEdge::End);
    if (!hasEdge())
      return {edge};
    if (edge == MaskEdge::Both && op.getMaskAttr() &&
        !isa<CausalAttr>(op.getMaskAttr()))
      return {getEdgeOf(edge, isSeparate, MaskEdge::Begin), end};
    if (!op.getMaskAttr() && !op.getValidKeys())
      return {};
    return {end};
  }

  void addLoop(int64_t rows, int64_t keys) {
    int64_t bytes = shape.stateBytes, row = getBytes(1, rows, bytes);
    // Scores; the maximum before and of the tile, and the decay.
    int64_t sum =
        few ? getBytes(rows, keys, bytes) : getBytes(keys, rows, bytes);
    sum += 3 * row;
    memory.rowBytes += 2 * row;
    if (!few && !areKeysPacked)
      sum += getKeyBytes(keys, /*all=*/false);
    memory.temporaries.constant += sum;
  }

  /// What a block has a copy of for all its tiles of queries.
  void addPackedKeys() {
    if (areKeysPacked)
      memory.temporaries.constant +=
          getKeyBytes(limit(tiles.keys, shape.keys), /*all=*/true);
  }

  /// Of a tile of keys and their values, or of those that are widened.
  int64_t getKeyBytes(int64_t keys, bool all) {
    int64_t bytes = shape.stateBytes, sum = 0;
    if (all || shape.keyBytes != bytes)
      sum += getBytes(keys, shape.features, bytes);
    if (all || shape.valueBytes != bytes)
      sum += getBytes(keys, shape.values, bytes);
    return sum;
  }

  AttentionOp op;
  const AttentionShape &shape;
  AttentionTiles tiles;
  bool few;
  bool areKeysPacked = false;
  FormMemory memory;
};
} // namespace

FormMemory mlir::attn::getTiledMemory(AttentionOp op,
                                      const AttentionShape &shape,
                                      const AttentionTiles &tiles, bool few) {
  return TileMemory(op, shape, tiles, few).get();
}
