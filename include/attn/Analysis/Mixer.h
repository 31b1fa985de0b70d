//===- Mixer.h - What mixes the tokens of a sequence -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Causal attention, a scan and a rescan are one thing to a stack of layers:
//
//     s = start;  for j = 0 .. t: s = fold(s, x_j, x_t);  y_t = read(s, x_t)
//
// What differs is which operands are x_j, and what each of them cannot do.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_MIXER_H
#define ATTN_ANALYSIS_MIXER_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Dialect/Recur/IR/Recur.h"

namespace mlir::attn {

/// Whether an operation mixes tokens as a layer does: an attention that hides the
/// keys after each query, or a recurrence.
bool isMixer(Operation *op);

/// A dimension of an operand that is the tokens.
struct TokenAxis {
  Value operand;
  unsigned dim;
};

/// The tokens that see, and those that are seen where these are an axis of their
/// own: queries and keys, t and j.
SmallVector<TokenAxis> getTokenAxes(Operation *mixer);

/// The operands that have a row for each token that is seen: keys and values,
/// what a step reads.
SmallVector<Value> getKeyedOperands(Operation *mixer);

/// Keys that all tokens see before their own, a trained prefix: what is joined with
/// the keys of the tokens, `tensor.concat` of both along the keys.
struct KeyPrefix {
  int64_t rows = 0;       // As many as the query offset.
  SmallVector<Value> keyed; // In place of the keyed operands; empty without any.
};
KeyPrefix getKeyPrefix(Operation *mixer);

/// Whether `op` does nothing but join a prefix with the keys of tokens for mixers.
bool joinsKeyPrefix(Operation *op);

/// Whether the state of a token depends on input `i` of a recurrence.
bool isReadByStep(recur::ScanOp op, unsigned i);
bool isReadByStep(recur::RescanOp op, unsigned i);

/// Why it cannot be evaluated for a token alone, and what could be done; empty if
/// it can.
StringRef getMixerRefusal(Operation *mixer);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_MIXER_H
