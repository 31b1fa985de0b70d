//===- Cache.cpp - What a plan keeps of earlier tokens ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cache.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

Cache::Cache(OpBuilder &b, const RewriteContext &context, Kind kind,
             int64_t tokens, ArrayRef<Value> values)
    : context(context), kind(kind), tokens(tokens), values(values) {
  for (Value whole : values) {
    auto type = cast<RankedTensorType>(whole.getType());
    SmallVector<OpFoldResult> sizes =
        getAsIndexOpFoldResult(b.getContext(), type.getShape());
    MaskAlgebra algebra(b, whole.getLoc());
    MaskAlgebra::Int size = algebra.constant(tokens);
    if (kind == All)
      size = ShapedType::isDynamic(context.stack.length)
                 ? MaskAlgebra::Int(context.length)
                 : algebra.constant(context.stack.length);
    // A last block is kept whole.
    sizes[*context.stack.getTokenDim(whole)] = algebra.alignUp(size, context.block);
    for (OpFoldResult &size : sizes)
      if (auto constant = getConstantIntValue(size))
        size = b.getIndexAttr(*constant);
    tensors.push_back(tensor::EmptyOp::create(b, whole.getLoc(), sizes,
                                              type.getElementType()));
  }
}

Value Cache::getPlace(OpBuilder &b, Value first) const {
  if (kind != Recent)
    return first;
  Value size = arith::ConstantIndexOp::create(b, first.getLoc(), tokens);
  return arith::RemUIOp::create(b, first.getLoc(), first, size);
}

void Cache::store(OpBuilder &b, Scope &scope, TokenSlicer &slicer) const {
  Location loc = slicer.getFirst().getLoc();
  Value place = getPlace(b, slicer.getFirst());
  SmallVector<Value> tiles, now;
  for (auto [whole, tensor] : llvm::zip(values, tensors)) {
    tiles.push_back(slicer.get(whole));
    now.push_back(scope.get(tensor));
  }
  auto insert = [&](OpBuilder &b) {
    SmallVector<Value> next;
    for (auto [whole, tile, tensor] : llvm::zip(values, tiles, now))
      next.push_back(insertTokens(b, loc, tile, tensor,
                                  *context.stack.getTokenDim(whole), place,
                                  b.getIndexAttr(context.block)));
    return next;
  };
  SmallVector<Value> next;
  if (kind == First) {
    // In range for other tokens too: bufferization may look at what is there
    // before it is known that nothing is written.
    MaskAlgebra algebra(b, loc);
    place = algebra.materialize(
        algebra.min(place, algebra.constant(tokens - context.block)));
    Value end = arith::ConstantIndexOp::create(b, loc, tokens);
    Value isFirst = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                          slicer.getFirst(), end);
    auto branch = scf::IfOp::create(
        b, loc, isFirst,
        [&](OpBuilder &b, Location loc) {
          scf::YieldOp::create(b, loc, insert(b));
        },
        [&](OpBuilder &b, Location loc) { scf::YieldOp::create(b, loc, now); });
    next = llvm::to_vector_of<Value>(branch.getResults());
  } else {
    next = insert(b);
  }
  for (auto [tensor, value] : llvm::zip(tensors, next))
    scope.set(tensor, value);
}

void Cache::load(OpBuilder &b, Scope &scope, TokenSlicer &slicer) const {
  Value place = getPlace(b, slicer.getFirst());
  for (auto [whole, tensor] : llvm::zip(values, tensors))
    slicer.set(whole, extractTokens(b, whole.getLoc(), scope.get(tensor),
                                    *context.stack.getTokenDim(whole), place,
                                    b.getIndexAttr(context.block)));
}
