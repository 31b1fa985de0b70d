//===- Layers.h - Evaluation of a stack for one block of tokens -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_LAYERS_H
#define ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_LAYERS_H

#include "TokenSlicer.h"

namespace mlir::attn {

/// Blocks of earlier tokens, [begin, end), and where the inputs of a layer come
/// from for them: `provide` makes them known to the slicer of such a block.
struct History {
  Value begin, end;
  std::function<void(OpBuilder &, TokenSlicer &)> provide;
};

/// Evaluates the mixer of `layer` for the tokens of `slicer`, which knows the
/// inputs of the layer, and makes its results known:
///
///     s = start
///     for each block of tokens j of the history:  s = fold(s, x_j)
///     finish(s, x)
///
/// Tokens come in their order, whatever is kept: all plans compute the same bits.
void emitMixer(OpBuilder &b, const RewriteContext &context, Scope &scope,
               TokenSlicer &slicer, Layer &layer, ArrayRef<History> histories);

/// The first token that some token of the block sees, at a block's begin.
Value emitFirstVisible(OpBuilder &b, const RewriteContext &context,
                       const Layer &layer, Value first);

/// A function that evaluates a layer for one block of tokens:
///
///     @NAME(first, destinations.., shared..) -> what enters the next layer
struct LayerFunction {
  func::FuncOp function;
  SmallVector<Value> shared;

  /// Calls it, into `destinations` if these are of the right types.
  SmallVector<Value> call(OpBuilder &b, Location loc, Scope &scope, Value first,
                          ValueRange destinations) const;
};

/// Makes the function of a layer. `emit` evaluates the layer with the slicer that
/// it is given, and may use the destinations in between; `outputs` are the values
/// of the tokens that it then knows.
LayerFunction createLayerFunction(
    const RewriteContext &context, StringRef name, ArrayRef<Value> outputs,
    function_ref<void(OpBuilder &, Scope &, TokenSlicer &, ValueRange)> emit);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_LAYERS_H
