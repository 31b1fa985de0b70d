//===- RaiseScoreMask.h - Score regions that are masks -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_DIALECT_ATTN_IR_RAISESCOREMASK_H
#define ATTN_LIB_DIALECT_ATTN_IR_RAISESCOREMASK_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::attn {

/// attention score(s){ select(c(i, j), x, -inf) }
///     -->  attention {mask = c} score(s){ x }
void populateRaiseScoreMaskPatterns(RewritePatternSet &patterns);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_IR_RAISESCOREMASK_H
