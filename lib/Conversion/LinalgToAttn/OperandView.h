//===- OperandView.h - Elements as operands with a map -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_LINALGTOATTN_OPERANDVIEW_H
#define ATTN_LIB_CONVERSION_LINALGTOATTN_OPERANDVIEW_H

#include "Expression.h"
#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// A tensor whose axes, split if need be, are dimensions: element (.., d, ..)
/// is at index d.
struct OperandView {
  Value tensor;
  /// Of each axis the dimensions it is made of, outermost first; none for an
  /// axis of size 1.
  SmallVector<SmallVector<unsigned>> axes;

  bool has(unsigned dim) const;
};

/// The tensor nearest to where elements come from whose axes are dimensions.
std::optional<OperandView> getView(const ExpressionReader &reader,
                                   Expr element);

/// Gives dimensions of size 1 in `units` to axes of size 1, in order; drops the
/// axes that are left. With `needsAll`, adds axes for dimensions that are left.
/// Afterwards each axis is one dimension.
void materialize(OpBuilder &builder, Location loc, const IndexSpace &space,
                 OperandView &view, ArrayRef<unsigned> units, bool needsAll);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_LINALGTOATTN_OPERANDVIEW_H
