//===- HostSize.h - Sizes that a host computes -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_NVPTX_HOSTSIZE_H
#define ATTN_LIB_TARGET_NVPTX_HOSTSIZE_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::attn {

/// Which dimension is asked for, if it is known and there is one.
std::optional<int64_t> getConstantDim(memref::DimOp op);

/// Index arithmetic on sizes of arguments, as affine expressions.
class HostSizes {
public:
  /// The expression of a size of an array that is an argument.
  using GetSize = std::function<AffineExpr(BlockArgument array, int64_t dim)>;
  explicit HostSizes(GetSize getSize) : getSize(std::move(getSize)) {}

  /// Null if `value` does not follow from sizes of arguments by affine arithmetic.
  AffineExpr get(Value value);

private:
  AffineExpr compute(Value value);

  GetSize getSize;
  DenseMap<Value, AffineExpr> known;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_NVPTX_HOSTSIZE_H
