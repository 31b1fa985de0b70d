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

/// As many queries as `blockBytes` allows, in whole tiles.
static int64_t getBlockRows(AttentionOp op, int64_t tile, int64_t blockBytes) {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  int64_t features = sizes[op.getFeatureDim()];
  int64_t values = sizes[op.getValueDim()];
  if (ShapedType::isDynamic(features) || ShapedType::isDynamic(values))
    return tile;
  int64_t rowBytes = (std::min(features, kMaxBlockRows * tile) +
                      std::min(values, kMaxBlockRows * tile)) *
                     op.getStateType().getWidth() / 8;
  int64_t rows =
      std::min(kMaxBlockRows, blockBytes / std::max<int64_t>(rowBytes, 1));
  return std::max(tile, rows / tile * tile);
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
  if (!tiles.block)
    tiles.block = getBlockRows(op, tiles.queries, blockBytes);
  tiles.split = llvm::alignTo(kSplitKeys, tiles.keys);
  return tiles;
}
