//===- VisiblePairs.h - How many pairs of a query and a visible key -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_VISIBLEPAIRS_H
#define ATTN_ANALYSIS_VISIBLEPAIRS_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// The number of pairs of a query and a key visible to it, over all heads and
/// batches of `op`. Unknown (no value) where arguments decide: dynamic sizes,
/// a mask tensor, a query offset or a number of valid keys that is not constant;
/// where the number does not fit in 63 bits, and where a mask is to be asked for
/// more than 16 million queries. `length` is for the numbers of queries and keys
/// that are not known; with `perHead`, so is 1 for the sizes of the batch.
std::optional<int64_t>
countVisiblePairs(AttentionOp op, std::optional<int64_t> length = std::nullopt,
                  bool perHead = false);

/// What `attn-instrument` will count in one call of `function`: the visible pairs
/// of its attentions, those of called functions and of loops with constant bounds
/// included. Unknown where one of them is, or under other control flow.
std::optional<int64_t> countFolds(func::FuncOp function);

/// Floating-point operations of one call of `function` that its attentions are
/// credited with: 2 (k1 + n) for each visible pair. Unknown where one of them is,
/// and where there is none.
std::optional<double> countAttentionFlops(func::FuncOp function);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_VISIBLEPAIRS_H
