//===- TokenSlicer.h - The part of a function for some tokens -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_TOKENSLICER_H
#define ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_TOKENSLICER_H

#include "attn/Analysis/TokenWise.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::attn {

/// A function that code is made in, and what it sees of the values that all tokens
/// share: weights, tables, the number of tokens, caches.
class Scope {
public:
  /// The function that the values are of: it sees them as they are.
  Scope() = default;
  /// Another function: constants are copied, the rest becomes its arguments.
  explicit Scope(func::FuncOp function) : function(function) {}

  Value get(Value shared);
  void set(Value shared, Value seen) { seenAs[shared] = seen; }
  /// What has become an argument, in order.
  ArrayRef<Value> getArguments() const { return arguments; }

private:
  func::FuncOp function;
  llvm::DenseMap<Value, Value> seenAs;
  SmallVector<Value> arguments;
};

/// Where a rewrite is: what it rewrites and how many tokens it takes at once.
struct RewriteContext {
  Stack stack;
  int64_t block = 1;
  bool count = false; // Emit attn.count of reads and evaluations.
  Value length;       // Number of tokens, an index.

  RankedTensorType getTileType(Value whole) const;
  /// Whether blocks divide the tokens, as far as is known.
  bool hasWholeBlocks() const {
    return block == 1 ||
           (!ShapedType::isDynamic(stack.length) && stack.length % block == 0);
  }
};

/// The values of a function for one block of tokens, made when asked for by slicing
/// backwards through token-wise operations; each once.
class TokenSlicer {
public:
  /// Tokens `first`, `first` + 1, ...; the last of them are beyond the end where
  /// the block is the last one, unless `isWhole`.
  TokenSlicer(OpBuilder &b, const RewriteContext &context, Scope &scope,
              Value first, bool isWhole)
      : b(b), context(context), scope(scope), first(first), isWhole(isWhole) {}

  /// The tile of `whole`; or what the scope sees, if it is the same for all tokens.
  Value get(Value whole);
  /// Makes `tile` known: slicing goes back to it and no further.
  void set(Value whole, Value tile) { tiles[whole] = tile; }

  Value getFirst() const { return first; }

private:
  Value readInput(Value whole);
  void slice(Operation *op);
  OpFoldResult share(OpFoldResult size);
  /// Sizes of `whole` as `sizes` says, but a block of tokens.
  SmallVector<OpFoldResult> getTileSizes(ArrayRef<OpFoldResult> sizes,
                                         std::optional<unsigned> tokenDim);

  OpBuilder &b;
  const RewriteContext &context;
  Scope &scope;
  Value first;
  bool isWhole;
  llvm::DenseMap<Value, Value> tiles;
  bool hasReadInput = false;
};

/// `whole`[.., first : first + size, ..] along `dim`, and that put in its place.
Value extractTokens(OpBuilder &b, Location loc, Value whole, unsigned dim,
                    Value first, OpFoldResult size);
Value insertTokens(OpBuilder &b, Location loc, Value tile, Value whole,
                   unsigned dim, Value first, OpFoldResult size);

/// attn.count "name", `amount`
void emitCount(OpBuilder &b, Location loc, StringRef name, int64_t amount = 1);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_ATTNTORECOMPUTE_TOKENSLICER_H
