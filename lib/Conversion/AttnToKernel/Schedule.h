//===- Schedule.h - Attention by blocks of GPU threads -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_ATTNTOKERNEL_SCHEDULE_H
#define ATTN_LIB_CONVERSION_ATTNTOKERNEL_SCHEDULE_H

#include "attn/Dialect/Attn/Transforms/Transforms.h"

namespace mlir::attn {

/// What one block of threads does at a time.
struct BlockSizes {
  unsigned rowDim;    // The dimension that rows of a tile are of.
  int64_t rows, keys; // Of a tile.
  int64_t warps;      // Each has 16 rows at a time.
  bool keepsQueries;  // In registers; else they are loaded for each tile.
  int64_t splitKeys =
      0; // Keys that a block visits, a multiple of `keys`; 0: all.
};

/// attention  -->  for each block of queries, by a block of threads:
///                   copy Q, then K_0 and V_0
///                   for each tile of keys that some query sees:
///                     wait for K_i and V_i; begin to copy K_i+1 and V_i+1
///                     s = fold(s, K_i, V_i)
///                   write finish(s)
///
/// With splits each block folds the keys of one of them and writes its state,
/// and
///
///                 finish(combine(identity, states))
LogicalResult scheduleAttention(AttentionOp op, const BlockSizes &sizes);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTOKERNEL_SCHEDULE_H
