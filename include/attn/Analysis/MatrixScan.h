//===- MatrixScan.h - Scans that are matrix products -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_MATRIXSCAN_H
#define ATTN_ANALYSIS_MATRIXSCAN_H

#include "attn/Dialect/Recur/IR/Recur.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::recur {

/// A scan with a matrix state S (dk x dv), inputs k v^T and outputs q^T S.
struct MatrixScan {
  /// A component of elements: an input, or a value that is the same throughout.
  struct Component {
    std::optional<unsigned> input;
    Value constant;
  };
  Transition transition;
  unsigned query, key, value; // Inputs.
  Component decay;            // Not for unit.
  Component beta;             // Only for dplr.
  bool hasGroups;             // The query is (groups, dk).

  /// Rows of the state; dynamic if not known.
  int64_t rows;

  /// Tokens per chunk where nobody says: few, because the work within a chunk
  /// grows with its size; more for a large state, which each chunk reads and
  /// writes once.
  int64_t getDefaultChunk() const {
    if (transition == Transition::Diagonal)
      return 16;
    return ShapedType::isDynamic(rows)
               ? 32
               : std::clamp<int64_t>(llvm::alignTo(rows / 4, 16), 32, 64);
  }
};

/// Matches, or says why there are no matrix products in `op`.
FailureOr<MatrixScan> matchMatrixScan(ScanOp op,
                                      function_ref<void(const Twine &)> refuse);

} // namespace mlir::recur

#endif // ATTN_ANALYSIS_MATRIXSCAN_H
