//===- LinalgLoops.h - Loops of a linalg operation as indices -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_LINALGTOATTN_LINALGLOOPS_H
#define ATTN_LIB_CONVERSION_LINALGTOATTN_LINALGLOOPS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::attn {

/// A linalg operation on tensors, with one block.
bool isLinalg(Operation *op);

/// What the loops of `op` are where `result` has `indices`; null for a loop
/// that the result does not have. Empty if the result's map is no permutation.
SmallVector<AffineExpr> getLoops(linalg::LinalgOp op, unsigned result,
                                 ArrayRef<AffineExpr> indices);

/// The results of `map` at `loops`.
SmallVector<AffineExpr> applyMap(AffineMap map, ArrayRef<AffineExpr> loops);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_LINALGTOATTN_LINALGLOOPS_H
