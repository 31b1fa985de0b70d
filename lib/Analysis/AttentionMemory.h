//===- AttentionMemory.h - Bytes that a form of attention keeps -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_ANALYSIS_ATTENTIONMEMORY_H
#define ATTN_LIB_ANALYSIS_ATTENTIONMEMORY_H

#include "attn/Analysis/SpaceTime.h"
#include "attn/Dialect/Attn/Transforms/Transforms.h"

namespace mlir::attn {

/// Sizes of an attention; what is not known of the batch counts as 1.
struct AttentionShape {
  SmallVector<int64_t> sizes; // (batch.., m, k1, k2, n)
  int64_t queries, keys, features, values;
  Integer heads;    // All of the batch.
  Integer keyHeads; // Those with keys of their own.
  bool hasUnknownHeads = false;
  int64_t stateBytes, keyBytes, valueBytes, outputBytes; // Of an element.
  bool isTransposed; // Results are laid out otherwise than accumulators are.

  static AttentionShape get(AttentionOp op);
  bool hasUnknownLength() const {
    return ShapedType::isDynamic(queries) || ShapedType::isDynamic(keys);
  }
};

int64_t getElementBytes(Value tensor);

/// constant + perToken L + perPair L^2
struct Bytes {
  Integer constant, perToken, perPair;

  bool isConstant() const { return perToken == 0 && perPair == 0; }
};

struct FormMemory {
  Bytes state, temporaries;
  int64_t rowBytes = 0;
};

FormMemory getMaterializedMemory(const AttentionShape &shape);
/// Of the blocked form, and with a key per tile of the recurrent form.
FormMemory getTiledMemory(AttentionOp op, const AttentionShape &shape,
                          const AttentionTiles &tiles, bool few);

} // namespace mlir::attn

#endif // ATTN_LIB_ANALYSIS_ATTENTIONMEMORY_H
