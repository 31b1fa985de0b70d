//===- RecurToAttn.h - Finding attention in a rescan -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CONVERSION_RECURTOATTN_H
#define ATTN_CONVERSION_RECURTOATTN_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Dialect/Recur/IR/Recur.h"
#include "attn/Dialect/Recur/Transforms/Transforms.h"

namespace mlir::attn {

/// Attention as a rescan: its step is a fold of one query and one key, its read
/// a finish.
struct AttentionInRescan {
  recur::RescanOp rescan;
  FoldOp fold;
  FinishOp finish;
  /// Which inputs of the rescan are what.
  unsigned query, key, value;
  std::optional<unsigned> maskTensor, querySegments, keySegments;
  /// Which outputs.
  unsigned output;
  std::optional<unsigned> logSumExp;
  /// The mask of the fold with what `history = prefix` hides, or null.
  MaskAttrInterface mask;
  /// Which dimension of the batch is each batch dimension of the fold; empty if
  /// the fold does not look at its batch.
  SmallVector<unsigned> batchDims;
  /// How many of the last batch dimensions form the head, and what in the
  /// fold's score region is its flattened index, if that is computed.
  unsigned numHeadDims;
  Value flatHead;
};

/// Matches attention; `refusal`, if given, says why not. Changes nothing.
FailureOr<AttentionInRescan> matchAttention(recur::RescanOp op,
                                            recur::Refusal *refusal = nullptr);

/// rescan(fold, finish)  -->  attention
AttentionOp raiseToAttention(RewriterBase &rewriter,
                             const AttentionInRescan &match);

} // namespace mlir::attn

#endif // ATTN_CONVERSION_RECURTOATTN_H
