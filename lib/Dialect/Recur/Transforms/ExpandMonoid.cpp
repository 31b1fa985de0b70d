//===- ExpandMonoid.cpp - The action of a monoid as an ordinary step ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Recur/Transforms/Passes.h"
#include "attn/Dialect/Recur/Transforms/Transforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::recur {
#define GEN_PASS_DEF_RECUREXPANDMONOID
#include "attn/Dialect/Recur/Transforms/Passes.h.inc"
} // namespace mlir::recur

using namespace mlir;
using namespace mlir::recur;

SmallVector<Value> mlir::recur::inlineBody(OpBuilder &b, Block *body,
                                           ValueRange arguments) {
  IRMapping mapping;
  mapping.map(body->getArguments(), arguments);
  for (Operation &op : body->without_terminator())
    b.clone(op, mapping);
  return llvm::map_to_vector(
      body->getTerminator()->getOperands(),
      [&](Value value) { return mapping.lookupOrDefault(value); });
}

void mlir::recur::expandMonoid(RewriterBase &rewriter, ScanOp op) {
  if (op.getStepBody())
    return;
  SmallVector<Type> types = op.getInputSliceTypes();
  unsigned inputs = types.size();
  llvm::append_range(types, op.getStateTypes());
  OpBuilder::InsertionGuard guard(rewriter);
  Block *step = rewriter.createBlock(
      &op.getStep(), {}, types, SmallVector<Location>(types.size(), op.getLoc()));
  ValueRange arguments = step->getArguments();
  SmallVector<Value> element = inlineBody(rewriter, op.getLiftBody(),
                                          arguments.take_front(inputs));
  ValueRange state = arguments.drop_front(inputs);
  SmallVector<Value> next;
  if (MonoidAttrInterface monoid = op.getMonoidAttr()) {
    next = monoid.act(rewriter, op.getLoc(), element, state);
  } else {
    SmallVector<Value> both(state);
    llvm::append_range(both, element);
    next = inlineBody(rewriter, op.getCombineBody(), both);
  }
  YieldOp::create(rewriter, op.getLoc(), next);
  rewriter.modifyOpInPlace(op, [&] {
    op.removeMonoidAttr();
    op.getLift().getBlocks().clear();
    op.getCombine().getBlocks().clear();
  });
}

namespace {
struct RecurExpandMonoid
    : recur::impl::RecurExpandMonoidBase<RecurExpandMonoid> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](ScanOp op) { expandMonoid(rewriter, op); });
  }
};
} // namespace
