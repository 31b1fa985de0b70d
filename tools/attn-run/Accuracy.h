//===- Accuracy.h - How exact an answer must be -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_RUN_ACCURACY_H
#define ATTN_TOOLS_ATTN_RUN_ACCURACY_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Runtime/Compare.h"
#include "attn/Runtime/Reference.h"

namespace mlir::attn {

/// What the f64 reference says of a function.
struct Expectation {
  SmallVector<ReferenceValue> results;
  /// What rounding may add up to in the float reductions of the function's body: of
  /// n terms, sqrt(n) u times the largest finite sum, where u is the unit roundoff of
  /// their type. Roundings are as likely up as down, and each is of a partial sum, so
  /// that their sum grows as a random walk does. (Higham, "Accuracy and Stability of
  /// Numerical Algorithms", section 2.8.) Independent reductions add in squares.
  double sumError = 0;
};
FailureOr<Expectation> getExpectation(func::FuncOp function,
                                      ArrayRef<ReferenceValue> inputs);

/// The tolerance for each result of `function` against the f64 reference, which
/// says `expected`. A result that is an attention of arguments has the gate of
/// its type, from the norms of the data; `blockKeys` is the tile of the blocked
/// form, 0 for the materialized one. Where there are recurrences, errors count
/// in units of the largest element. Other results have a default by type, or a few
/// times the error of the sums on the way, whichever is more.
SmallVector<Tolerance> getTolerances(func::FuncOp function,
                                     ArrayRef<Array> inputs,
                                     const Expectation &expected,
                                     int64_t blockKeys);

/// The tolerance by type where nothing more is known.
Tolerance getDefaultTolerance(Type elementType);

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_RUN_ACCURACY_H
