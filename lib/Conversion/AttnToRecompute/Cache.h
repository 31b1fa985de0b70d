//===- Cache.h - What a plan keeps of earlier tokens -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_CACHE_H
#define ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_CACHE_H

#include "TokenSlicer.h"

namespace mlir::attn {

/// Tensors that keep the tokens of some values.
class Cache {
public:
  enum Kind {
    All,    // Every token.
    Recent, // The last `tokens`: token t is at t mod `tokens`.
    First,  // The first `tokens`.
  };

  /// Makes the tensors, empty, at the insertion point. The number of tokens is a
  /// multiple of the block, but for `All`.
  Cache(OpBuilder &b, const RewriteContext &context, Kind kind, int64_t tokens,
        ArrayRef<Value> values);

  /// The tensors, by which a scope knows what they hold now.
  ArrayRef<Value> getTensors() const { return tensors; }

  /// Keeps the tiles of `slicer`.
  void store(OpBuilder &b, Scope &scope, TokenSlicer &slicer) const;
  /// Makes tiles that are kept known to `slicer`.
  void load(OpBuilder &b, Scope &scope, TokenSlicer &slicer) const;

private:
  Value getPlace(OpBuilder &b, Value first) const;

  const RewriteContext &context;
  Kind kind;
  int64_t tokens;
  SmallVector<Value> values, tensors;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_CACHE_H
