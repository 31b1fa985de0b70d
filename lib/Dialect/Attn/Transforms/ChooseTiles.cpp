//===- ChooseTiles.cpp - Tile sizes of the blocked form ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Transforms.h"

using namespace mlir;
using namespace mlir::attn;

/// Enough that reading keys from memory takes a fraction of the time that they are
/// worked on.
static constexpr int64_t kMaxBlockRows = 256;

/// A constant, so that more keys change no earlier sum; enough that combining
/// states takes a small fraction of the time that keys are worked on.
static constexpr int64_t kSplitKeys = 1024;

/// As many queries as `blockBytes` allows, in whole tiles; one tile where all keys
/// of a head stay in the cache without that, and as they are.
static int64_t getBlockRows(AttentionOp op, const AttentionTiles &tiles,
                            int64_t blockBytes) {
  int64_t tile = tiles.queries;
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  int64_t features = sizes[op.getFeatureDim()];
  int64_t values = sizes[op.getValueDim()];
  if (ShapedType::isDynamic(features) || ShapedType::isDynamic(values))
    return tile;
  int64_t rowBytes = (std::min(features, kMaxBlockRows * tile) +
                      std::min(values, kMaxBlockRows * tile)) *
                     op.getStateType().getWidth() / 8;
  int64_t rowsInCache = blockBytes / std::max<int64_t>(rowBytes, 1);
  int64_t rows = std::min(kMaxBlockRows, rowsInCache);
  rows = std::max(tile, rows / tile * tile);
  // A tile next to another sees almost the same keys of a narrow band.
  std::optional<int64_t> width = getBandWidth(op.getMaskAttr());
  if (width && *width + tile <= rowsInCache)
    return tile;
  // Not where that would tile keys otherwise, and add in another order.
  int64_t keys = sizes[op.getKeyDim()];
  bool isKept = !ShapedType::isDynamic(keys) && keys <= rowsInCache;
  return isKept && !tiles.pack && rows % tiles.keys == 0 ? tile : rows;
}

AttentionTiles mlir::attn::chooseBlockedTiles(AttentionOp op,
                                              AttentionTiles given,
                                              int64_t blockBytes) {
  AttentionTiles tiles = given;
  FormAttr form = op.getFormAttr();
  if (form && form.getQueries())
    tiles.queries = form.getQueries();
  if (form && form.getKeys())
    tiles.keys = form.getKeys();
  if (form && form.getBlock())
    tiles.block = form.getBlock();
  tiles.pack = needsPacking(op);
  if (!tiles.block)
    tiles.block = getBlockRows(op, tiles, blockBytes);
  // Parts of tiles are more code: of little where no key is at two edges of the
  // mask, of most for rows of unknown length.
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  bool hasTwoEdges =
      op.getMaskAttr() &&
      !hasSeparateEdges(op.getMaskAttr(), tiles.queries,
                        std::min(tiles.queries, tiles.keys));
  if (tiles.parts < 1 || tiles.queries % tiles.parts || hasTwoEdges ||
      ShapedType::isDynamic(sizes[op.getFeatureDim()]) ||
      ShapedType::isDynamic(sizes[op.getValueDim()]))
    tiles.parts = 1;
  tiles.split = llvm::alignTo(kSplitKeys, tiles.keys);
  return tiles;
}
