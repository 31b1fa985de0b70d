//===- EmptyRows.h - A row whose scores are all alike -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_LINALGTOATTN_EMPTYROWS_H
#define ATTN_LIB_CONVERSION_LINALGTOATTN_EMPTYROWS_H

#include "AttentionMatch.h"

namespace mlir::attn {

/// Computes expressions for a query all of whose scores are one number, 0 or
/// -inf, and whose values are 1. Every softmax gives 1 for 0. What it gives for
/// -inf, a query that sees no key, depends on how it is written.
class RowEvaluator {
public:
  /// Scores are multiples of `scores`, which depends on `attention.keys`.
  RowEvaluator(ExpressionReader &reader, const AttentionMatch &attention,
               const Sum &scores, double score)
      : reader(reader), attention(attention), scores(scores), score(score) {}

  /// Nothing where it depends on more than that.
  std::optional<double> evaluate(Expr expression);

private:
  std::optional<double> evaluateScores(Expr expression);
  std::optional<double> evaluateReduction(Expr x);
  std::optional<double> evaluateChoice(Expr x);
  std::optional<double> takeScores(Sum &sum);

  ExpressionReader &reader;
  const AttentionMatch &attention;
  const Sum &scores;
  double score;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_LINALGTOATTN_EMPTYROWS_H
