//===- Compare.h - Results against the reference ----------------*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_COMPARE_H
#define ATTN_RUNTIME_COMPARE_H

#include "attn/Runtime/Reference.h"

namespace mlir::attn {

/// x agrees with the expected y if |x - y| <= absolute + relative * |y|.
struct Tolerance {
  double relative = 0.0, absolute = 0.0;
};

struct Comparison {
  struct FirstBad {
    int64_t index; // Row-major.
    double computed, expected;
  };
  /// The largest |x - y| where both are finite, and its row-major index; -1 if
  /// there is none.
  double maxAbsError = 0.0;
  int64_t worstIndex = -1;
  int64_t mismatches = 0;
  std::optional<FirstBad> firstBad;

  bool agrees() const { return mismatches == 0; }
};

/// Compares element by element. NaN agrees with NaN only, and infinity with
/// infinity of the same sign or with what rounds to it in the type of
/// `computed`; no tolerance hides them. Shapes must be equal; integers are
/// compared exactly unless the tolerance allows a difference.
Comparison compare(const Array &computed, const ReferenceValue &expected,
                   Tolerance tolerance);

/// A row-major index as "[0, 3, 17, 5]".
std::string describeIndex(ArrayRef<int64_t> shape, int64_t flat);

/// One attention whose error is to be judged.
struct AttentionNumbers {
  /// n: the longest chain of additions the form prescribes. L keys: L recurrent
  /// and materialized, block + L / block blocked.
  int64_t chainLength;
  int64_t headDim;     // d, features of query and key.
  double scale;        // In natural units.
  double maxQueryNorm; // |q|, the largest 2-norm of a query row.
  double maxKeyNorm;   // |k|
  double maxAbsValue;  // The largest |v|.
  int64_t keys;        // L
};

/// The largest absolute error of an output that counts as right, against the
/// reference on the rounded inputs. With u = 2^-24:
///
///   f32   2 u (1 + sqrt(n) + sqrt(d) scale |q| |k|) max|V|
///   f16   5e-4 max|V| + the f32 gate
///   bf16  4e-3 max|V| + the f32 gate
///   f64   1e-13 max|V|      if L <= 4096 and scale |q| |k| < 100
///
/// Nothing for another type, and for f64 outside these bounds.
std::optional<double> getErrorGate(Type elementType,
                                   const AttentionNumbers &numbers);

/// The largest absolute error that counts as right next to `naiveError`, that of
/// the materialized program in the same type with sequential sums, over at least
/// 64 rows:
///
///   f32        3 naive + 4 u max|V|
///   f16, bf16  1.25 naive
///
/// Nothing for another type.
std::optional<double> getNaiveGate(Type elementType, double naiveError,
                                   double maxAbsValue);

} // namespace mlir::attn

#endif // ATTN_RUNTIME_COMPARE_H
