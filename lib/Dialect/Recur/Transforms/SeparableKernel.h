//===- SeparableKernel.h - A step that is linear in features -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_DIALECT_RECUR_TRANSFORMS_SEPARABLEKERNEL_H
#define ATTN_LIB_DIALECT_RECUR_TRANSFORMS_SEPARABLEKERNEL_H

#include "attn/Dialect/Recur/Transforms/Transforms.h"

namespace mlir::recur {

/// One component of the state: h' = h + tokenFactors <query, key> historyFactors
/// row, where `row` is null for a number.
struct Term {
  Value query, key;
  SmallVector<Value> tokenFactors, historyFactors; // Numbers.
  Value row;
};

/// A step that adds terms of one kernel <query, key> to its state.
struct SeparableKernel {
  RescanOp op;
  SmallVector<Term> terms; // One for each component of the state.
};
FailureOr<SeparableKernel> matchSeparableKernel(RescanOp op, Refusal &refusal);

/// Whether a value is a tensor of zeros, or zero.
bool isZero(Value value);

} // namespace mlir::recur

#endif // ATTN_LIB_DIALECT_RECUR_TRANSFORMS_SEPARABLEKERNEL_H
