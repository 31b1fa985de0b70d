//===- ProductFusion.h - What runs where a product's tile is -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A product keeps a tile of its result in registers. What makes its initial value
// element by element, and what reads its result so, can run on these registers
// and need no pass over memory of their own:
//
//   init   = f(..)                 acc = f(..)
//   result = init + sum_k a b  --> acc = acc + a b   for each k
//   y      = g(result, ..)         y = g(acc, ..)
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_CPU_PRODUCTFUSION_H
#define ATTN_LIB_TARGET_CPU_PRODUCTFUSION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::attn {

/// An op that runs on the tiles of a product.
struct FusedBody {
  linalg::LinalgOp op;
  /// The operand that is the product's initial value (of an op before it) or
  /// result (of one after it), by number.
  unsigned shared;
  /// The maps of the op's operands, from the dimensions of the product.
  SmallVector<AffineMap> maps;
  /// The dimension of the product that is each of the op's.
  SmallVector<unsigned> dims;

  /// The number of the operand that result `result` is written to.
  unsigned getInitNumber(unsigned result) const {
    return op->getNumOperands() - op->getNumResults() + result;
  }
};

/// The op that computes the initial value of `product` and can run on its tiles.
std::optional<FusedBody> getPrologue(linalg::LinalgOp product);

/// The only reader of the result of `product`, if it can run on its tiles.
std::optional<FusedBody> getEpilogue(linalg::LinalgOp product);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_CPU_PRODUCTFUSION_H
