//===- ScoreMask.h - What scores hide, by proof -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_LINALGTOATTN_SCOREMASK_H
#define ATTN_LIB_CONVERSION_LINALGTOATTN_SCOREMASK_H

#include "Algebra.h"
#include <cmath>

namespace mlir::attn {

/// -inf, or a number that scores of moderate size are lost in: the most
/// negative one of a type, give or take its last digits as people write it.
bool isHiding(double number, Type type);

/// Scores, and what is put in place of the scores of hidden keys.
struct MaskedScore {
  Sum score;
  SmallVector<Visible> visible; // All must hold.
  bool isFillInfinite = false;  // Somewhere it is -inf.
  bool isFillFinite = false;    // Somewhere the most negative float.
  double fill = 0;              // Where it is finite.
  Expr zeroFill = nullptr;      // A choice of 0 in place of a score.

  void setFill(double number) {
    (std::isinf(number) ? isFillInfinite : isFillFinite) = true;
    if (std::isfinite(number))
      fill = number;
  }
};

/// Which choices of a number are masks; others stay part of the score.
enum class Fills { All, Infinite };

/// Which queries see a key.
enum class Rows { AllSee, SomeSeeNothing, Unknown };

/// The dimensions of a query's and a key's position. There is no dimension of
/// queries where there is one query.
struct Positions {
  std::optional<unsigned> query;
  unsigned key;
};

/// select(c, s, -inf)  and  s + select(c, 0, -inf)  as  s where c
MaskedScore getMaskedScore(ExpressionReader &reader, const Sum &score,
                           Expr dot, Fills fills);

/// Terms that only positions decide, if together they are 0 or hide: a
/// condition of float type, which holds where it is 0. Takes them out of
/// `score`.
std::optional<Visible> takeHidingBias(ExpressionReader &reader, Sum &score,
                                      Positions positions, Fills fills,
                                      double &fill);

/// A condition that only positions decide as comparisons `j <= i + n` of a
/// key's position with a query's, checked element by element; any other as it
/// is.
Visible getAsComparison(ExpressionReader &reader, Visible visible,
                        Positions positions);

/// 0 <= query - key + constant + amount, where the amount is data.
struct RuntimeLimit {
  bool ofQuery = false;  // Whether the query's position is in it.
  Expr amount = nullptr; // Null for 0.
  int64_t constant = 0;
};
std::optional<RuntimeLimit>
getRuntimeLimit(ExpressionReader &reader, Visible visible, Positions positions);

/// Whether `visible` holds for some key of each query.
Rows getRows(ExpressionReader &reader, ArrayRef<Visible> visible,
             Positions positions);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_LINALGTOATTN_SCOREMASK_H
