//===- AttentionMatch.h - Attention as algebra, found in IR -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_LINALGTOATTN_ATTENTIONMATCH_H
#define ATTN_LIB_CONVERSION_LINALGTOATTN_ATTENTIONMATCH_H

#include "Algebra.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::attn {

/// Why something that looks like attention is none: where, and what would help.
struct Refusal {
  Operation *op = nullptr; // Null where nothing looks like attention.
  std::string reason, help;
};

/// sum_k softmax_k(score(scale * sum_d query * key)) * value
struct AttentionMatch {
  Value result;                    // The tensor that this is.
  SmallVector<unsigned> output;    // Its dimensions, by axis.
  unsigned keys = 0, features = 0; // Dimensions k and d.
  Expr query = nullptr, key = nullptr, value = nullptr; // Elements.
  Operation *product = nullptr; // That multiplies queries and keys.
  double productScale = 1;
  Sum score; // In which `dot` is sum_d query * key.
  Expr dot = nullptr;
  SmallVector<Visible> visible; // Other keys have the weight 0.
  /// Where all scores of a query are -inf; 0 otherwise.
  bool isNaNWhereEmpty = false;
};

/// Attention whose values are summed by `contraction`, or by the operation that
/// normalizes its result. Says why not in `refusal`, if weights look like those
/// of a softmax.
FailureOr<AttentionMatch> matchAttention(ExpressionReader &reader, Value result,
                                         Refusal &refusal);

/// The results of `op` that sum values by weights that have an exponential.
SmallVector<Value> getWeightedSums(linalg::LinalgOp op);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_LINALGTOATTN_ATTENTIONMATCH_H
