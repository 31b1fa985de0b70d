//===- TransposeRows.h - Square blocks transposed in registers -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_CPU_TRANSPOSEROWS_H
#define ATTN_LIB_TARGET_CPU_TRANSPOSEROWS_H

#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// The columns of n rows of n elements; n is a power of two.
SmallVector<Value> transposeRows(OpBuilder &b, Location loc,
                                 ArrayRef<Value> rows);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_CPU_TRANSPOSEROWS_H
