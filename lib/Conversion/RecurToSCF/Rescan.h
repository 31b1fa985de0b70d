//===- Rescan.h - Rereading, one pair after the other -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_RECURTOSCF_RESCAN_H
#define ATTN_LIB_CONVERSION_RECURTOSCF_RESCAN_H

#include "TokenView.h"

namespace mlir::recur {

/// Replaces the rescan by loops over batch, tokens and history.
void lowerRescan(RewriterBase &rewriter, RescanOp op);

/// Loops over the batch dimensions of a recurrence that carry `values`; `body`
/// gets an index for each.
Values forEachInBatch(
    OpBuilder &b, Location loc, ArrayRef<Value> sizes, ValueRange values,
    function_ref<Values(OpBuilder &, ArrayRef<Value>, ValueRange)> body);

} // namespace mlir::recur

#endif // ATTN_LIB_CONVERSION_RECURTOSCF_RESCAN_H
