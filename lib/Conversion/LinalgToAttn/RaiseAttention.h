//===- RaiseAttention.h - An attn.attention for what was found -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_LINALGTOATTN_RAISEATTENTION_H
#define ATTN_LIB_CONVERSION_LINALGTOATTN_RAISEATTENTION_H

#include "AttentionMatch.h"
#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::attn {

/// Writes attention at `match.result`, and gives it to the users of it.
FailureOr<AttentionOp> raiseAttention(RewriterBase &rewriter,
                                      ExpressionReader &reader,
                                      AttentionMatch match,
                                      EmptyRows emptyRows, Refusal &refusal);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_LINALGTOATTN_RAISEATTENTION_H
