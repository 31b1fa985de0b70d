//===- Schedules.h - Orders of evaluation of one scan -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_RECURTOSCF_SCHEDULES_H
#define ATTN_LIB_CONVERSION_RECURTOSCF_SCHEDULES_H

#include "TokenView.h"

namespace mlir::recur {

/// What a scan carries at one place of its batch.
struct Progress {
  Values outputs; // Whole output tensors.
  Values states;  // The state at this place.
};

/// Tokens [begin, end), one after the other. The scan must have a step.
Progress emitSequence(OpBuilder &b, TokenView &view, Value begin, Value end,
                      Progress progress);

/// Three phases: products of chunks; states at their beginnings; all tokens of
/// each chunk from there. The first and the last phase take chunks in any order:
/// with `parallel` they are scf.forall.
Progress emitChunkProducts(OpBuilder &b, TokenView &view, TokenView &stepView,
                           Value length, int64_t chunk, bool parallel,
                           Progress progress);

/// All products by a work-efficient tree, then all outputs.
Progress emitTree(OpBuilder &b, TokenView &view, Value length,
                  Progress progress);

} // namespace mlir::recur

#endif // ATTN_LIB_CONVERSION_RECURTOSCF_SCHEDULES_H
