//===- VectorizeReductions.h - Lanes along a reduction -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_CPU_VECTORIZEREDUCTIONS_H
#define ATTN_LIB_TARGET_CPU_VECTORIZEREDUCTIONS_H

#include "LaneEmitter.h"

namespace mlir::attn {

/// Whether `op` takes lanes along its reduction.
bool hasReductionLanes(RewriterBase &rewriter, linalg::LinalgOp op);

/// Emits `op` with lanes along its reduction if its operands are contiguous in
/// that, rather than in a dimension of the results. Each lane reduces every
/// `lanes`-th element in order; then neighbours are combined: lanes 2i and
/// 2i + 1, pairs of these, and so on. The tree depends on the type and the
/// vector's width only. Returns the results' values.
FailureOr<SmallVector<Value>> vectorizeReduction(RewriterBase &rewriter,
                                                 linalg::LinalgOp op,
                                                 const TileSizes &tiles);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_CPU_VECTORIZEREDUCTIONS_H
