//===- Cell.h - Ways to fold one key into a state -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_ATTNTORECUR_CELL_H
#define ATTN_LIB_CONVERSION_ATTNTORECUR_CELL_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Dialect/Recur/IR/Recur.h"
#include <memory>

namespace mlir::attn {

/// What a step sees of one query and one key.
struct QueryAndKey {
  Value query, key; // Tensors of k1 features.
  Value value;      // Tensor of n features.
  Value mask;       // An element of the mask tensor, or null.
  Value querySegment, keySegment; // Their ids, or null.
};

/// The cell of a recurrence over the keys of one query.
class Cell {
public:
  /// `loopSizes` are sizes of the iteration space of `op`.
  Cell(AttentionOp op, ArrayRef<OpFoldResult> loopSizes)
      : op(op), loopSizes(loopSizes) {}
  virtual ~Cell() = default;

  /// The state before any key, for each batch index: tensors whose first
  /// dimensions are those of the batch.
  virtual SmallVector<Value> createIdentity(OpBuilder &b) = 0;
  virtual SmallVector<Value> step(RewriterBase &b, const QueryAndKey &pair,
                                  ValueRange state) = 0;
  /// Output, a tensor of n features, and log-sum-exp, if there is one.
  virtual SmallVector<Value> read(OpBuilder &b, ValueRange state) = 0;

protected:
  /// A tensor of `value` of the batch's shape, then `slice`.
  Value fill(OpBuilder &b, ArrayRef<OpFoldResult> slice, const APFloat &value);
  /// Absolute positions in (batch.., m, k2).
  SmallVector<Value> createPositions(OpBuilder &b);

  AttentionOp op;
  SmallVector<OpFoldResult> loopSizes;
};

/// (m, l, acc), an `attn.fold` of one key, `attn.finish`.
std::unique_ptr<Cell> createFoldCell(AttentionOp op,
                                     ArrayRef<OpFoldResult> loopSizes);

/// Numerator and denominator, without a running maximum:
///     d' = d + e^s,  n' = n + e^s v,  o = n / d
std::unique_ptr<Cell> createTextbookCell(AttentionOp op,
                                         ArrayRef<OpFoldResult> loopSizes);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTORECUR_CELL_H
