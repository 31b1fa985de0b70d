//===- Transforms.h - Transformations of the recur dialect -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_RECUR_TRANSFORMS_TRANSFORMS_H
#define ATTN_DIALECT_RECUR_TRANSFORMS_TRANSFORMS_H

#include "attn/Dialect/Recur/IR/Recur.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::recur {

/// Why a rewrite leaves an operation as it is, and what would change that.
struct Refusal {
  std::string reason, fix;
};

/// Says so in an optimization remark of category `recur`, named after the pass.
void reportRefusal(Operation *op, StringRef pass, const Refusal &refusal);

/// Clones the operations of `body` on `arguments`; the values that it yields.
SmallVector<Value> inlineBody(OpBuilder &b, Block *body, ValueRange arguments);

/// h_t = lift(x_t) . h_{t-1}  -->  h_t = step(x_t, h_{t-1})
///
/// In place; nothing happens to a scan that has a step.
void expandMonoid(RewriterBase &rewriter, ScanOp op);

/// Why the prefixes that tokens reread are not those of one pass: they must begin
/// from one state, and grow by one token each. Nothing if they are.
std::optional<Refusal> refuseSharedPrefixes(RescanOp op);

/// A rescan whose step does not look at t.
struct RescanWithoutToken {
  RescanOp op;
  /// Inputs of the scan: which input of the rescan each was. Copies of one row
  /// for each token are that row.
  struct Input {
    unsigned number;
    Value tensor;
    AffineMap map; // (batch.., t)
  };
  SmallVector<Input> inputs;
  /// Folds of the step whose mask hides nothing that the prefix shows.
  SmallVector<Operation *> unmasked;
};
FailureOr<RescanWithoutToken> matchRescanWithoutToken(RescanOp op,
                                                      Refusal *refusal = nullptr);

/// rescan(step without t)  -->  scan(step)
ScanOp rewriteToScan(RewriterBase &rewriter, const RescanWithoutToken &match);

} // namespace mlir::recur

#endif // ATTN_DIALECT_RECUR_TRANSFORMS_TRANSFORMS_H
