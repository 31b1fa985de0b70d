//===- VectorizeTransposes.h - Results across their inputs -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_CPU_VECTORIZETRANSPOSES_H
#define ATTN_LIB_TARGET_CPU_VECTORIZETRANSPOSES_H

#include "LaneEmitter.h"

namespace mlir::attn {

/// The innermost dimension of the result, and that of all inputs which have the
/// first: another one.
struct Transpose {
  unsigned lane, other;
};

/// How `op` is to be transposed, if it has one result, of all its dimensions, that
/// lies across its inputs.
std::optional<Transpose> getTranspose(linalg::LinalgOp op);

/// Emits `op` on square blocks: it works along its inputs, and what it gives is
/// transposed in registers. Returns the result's value.
SmallVector<Value> vectorizeTranspose(OpBuilder &b, linalg::LinalgOp op,
                                      Transpose dims, const TileSizes &tiles);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_CPU_VECTORIZETRANSPOSES_H
