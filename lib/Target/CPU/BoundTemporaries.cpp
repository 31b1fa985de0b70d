//===- BoundTemporaries.cpp - Temporaries of bounded size, well spread ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/ScratchMemory.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUBOUNDTEMPORARIES
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;
using presburger::BoundType;

static int64_t getElementBytes(tensor::EmptyOp empty) {
  return llvm::divideCeil(empty.getType().getElementTypeBitWidth(), 8);
}

/// The smallest static shape that holds `empty`, if it is below `maxBytes`.
static FailureOr<SmallVector<int64_t>> getBound(tensor::EmptyOp empty,
                                                int64_t maxBytes) {
  SmallVector<int64_t> shape;
  int64_t bytes = getElementBytes(empty);
  for (OpFoldResult size : empty.getMixedSizes()) {
    FailureOr<int64_t> bound = ValueBoundsConstraintSet::computeConstantBound(
        BoundType::UB, size, /*stopCondition=*/nullptr,
        /*closedUB=*/true);
    if (failed(bound) || *bound <= 0 || *bound > maxBytes / bytes)
      return failure();
    bytes *= *bound;
    shape.push_back(*bound);
  }
  return shape;
}

/// Gives each use its own empty tensor, next to it. CSE makes one of those that
/// look alike, and then two temporaries that live at the same time would share a
/// buffer: bufferization has to copy, into a buffer of dynamic size. One that is
/// used in a loop alone lives in the loop alone.
static void splitUses(Operation *root) {
  SmallVector<tensor::EmptyOp> temporaries;
  root->walk([&](tensor::EmptyOp empty) { temporaries.push_back(empty); });
  for (tensor::EmptyOp empty : temporaries) {
    for (OpOperand &use : llvm::make_early_inc_range(empty->getUses())) {
      OpBuilder b(use.getOwner());
      use.set(b.clone(*empty)->getResult(0));
    }
    empty.erase();
  }
}

namespace {
struct CPUBoundTemporaries
    : attn::impl::CPUBoundTemporariesBase<CPUBoundTemporaries> {
  using CPUBoundTemporariesBase::CPUBoundTemporariesBase;

  void runOnOperation() override {
    splitUses(getOperation());
    SmallVector<tensor::EmptyOp> temporaries;
    getOperation()->walk([&](tensor::EmptyOp empty) {
      if (empty.getType().getRank() > 0 &&
          empty.getType().getElementType().isIntOrFloat())
        temporaries.push_back(empty);
    });
    for (tensor::EmptyOp empty : temporaries) {
      FailureOr<SmallVector<int64_t>> shape = getBound(empty, maxBytes);
      if (failed(shape))
        continue;
      spreadRows(*shape, getElementBytes(empty));
      if (ArrayRef(*shape) == empty.getType().getShape())
        continue;
      IRRewriter rewriter(empty);
      auto whole = tensor::EmptyOp::create(rewriter, empty.getLoc(), *shape,
                                           empty.getType().getElementType());
      SmallVector<OpFoldResult> offsets(shape->size(),
                                        rewriter.getIndexAttr(0));
      SmallVector<OpFoldResult> strides(shape->size(),
                                        rewriter.getIndexAttr(1));
      rewriter.replaceOpWithNewOp<tensor::ExtractSliceOp>(
          empty, empty.getType(), whole, offsets, empty.getMixedSizes(),
          strides);
    }
  }
};
} // namespace
