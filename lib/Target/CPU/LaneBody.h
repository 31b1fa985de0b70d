//===- LaneBody.h - The body of a linalg op, run by many lanes -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_CPU_LANEBODY_H
#define ATTN_LIB_TARGET_CPU_LANEBODY_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::attn {

/// Whether every operation of the body can run in vector lanes; if not, says
/// which cannot.
LogicalResult canRunInLanes(linalg::LinalgOp op,
                            function_ref<void(Operation *)> onRefusal);

/// Emits the body of `op` for `lanes` neighbouring points of dimension
/// `laneDim`. `arguments` are the block arguments' values, scalars (the same in
/// every lane) or vectors of `lanes` elements; `position` is the index in each
/// dimension, that of the first lane in `laneDim`. Values that are the same in
/// every lane stay scalar. Returns what the body yields, as vectors (as scalars
/// if `lanes` is 1).
SmallVector<Value> emitLaneBody(OpBuilder &b, linalg::LinalgOp op,
                                unsigned laneDim, int64_t lanes,
                                ArrayRef<Value> arguments,
                                ArrayRef<Value> position);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_CPU_LANEBODY_H
