//===- Mixers.h - The mixers of a stack for one block of tokens -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_MIXERS_H
#define ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_MIXERS_H

#include "TokenSlicer.h"

namespace mlir::attn {

/// The evaluation of a mixer for the tokens of one block.
class BlockMixer {
public:
  virtual ~BlockMixer() = default;

  /// The state before the first token. What follows is made where it leaves the
  /// builder.
  virtual SmallVector<Value> start(OpBuilder &b) = 0;
  /// The state after the tokens of `earlier`, a whole block before this one.
  virtual SmallVector<Value> fold(OpBuilder &b, TokenSlicer &earlier,
                                  ValueRange state) = 0;
  /// Folds the block itself, and makes the results of the mixer known.
  virtual void finish(OpBuilder &b, ValueRange state) = 0;
};

/// Of `layer` for the tokens of `slicer`, which knows the inputs of the layer.
std::unique_ptr<BlockMixer> createBlockMixer(const RewriteContext &context,
                                             Scope &scope, TokenSlicer &slicer,
                                             const Layer &layer);

/// The same for each kind of mixer.
std::unique_ptr<BlockMixer> createBlockMixer(const RewriteContext &context,
                                             Scope &scope, TokenSlicer &slicer,
                                             AttentionOp op);
std::unique_ptr<BlockMixer> createBlockMixer(const RewriteContext &context,
                                             Scope &scope, TokenSlicer &slicer,
                                             recur::ScanOp op);
std::unique_ptr<BlockMixer> createBlockMixer(const RewriteContext &context,
                                             Scope &scope, TokenSlicer &slicer,
                                             recur::RescanOp op);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_MIXERS_H
