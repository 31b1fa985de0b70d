//===- SplitDestinations.cpp - No value is the destination of two ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/SubsetOpInterface.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUSPLITDESTINATIONS
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Whether `use` is written into.
static bool isDestination(OpOperand &use) {
  Operation *op = use.getOwner();
  if (auto loop = dyn_cast<LoopLikeOpInterface>(op))
    return llvm::is_contained(loop.getInits(), use.get());
  if (auto insertion = dyn_cast<SubsetInsertionOpInterface>(op))
    return &use == &insertion.getDestinationOperand();
  auto dps = dyn_cast<DestinationStyleOpInterface>(op);
  return dps && dps.isDpsInit(&use);
}

/// Whether a result of the function may be the memory of `use`.
static bool isInResult(OpOperand &use) {
  Operation *op = use.getOwner();
  if (isa<func::ReturnOp, bufferization::MaterializeInDestinationOp>(op))
    return true;
  bool mayShare =
      isDestination(use) || isa<tensor::ExtractSliceOp, tensor::CollapseShapeOp,
                                tensor::ExpandShapeOp, tensor::CastOp>(op);
  return mayShare && llvm::any_of(op->getUses(), isInResult);
}

/// A value of its own with the content of `value`.
static Value copy(OpBuilder &b, Value value) {
  Location loc = value.getLoc();
  if (auto fill = value.getDefiningOp<linalg::FillOp>()) {
    IRMapping mapping;
    if (auto empty = fill.getOutputs()[0].getDefiningOp<tensor::EmptyOp>())
      mapping.map(empty.getResult(), b.clone(*empty)->getResult(0));
    return b.clone(*fill, mapping)->getResult(0);
  }
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<Value> none;
  return bufferization::AllocTensorOp::create(b, loc, type, none, value);
}

namespace {
struct CPUSplitDestinations
    : attn::impl::CPUSplitDestinationsBase<CPUSplitDestinations> {
  void runOnOperation() override {
    if (getOperation()->hasAttr(AttnDialect::kFrame))
      return; // Its temporaries have places of their own.
    // Loops carry what is written in them; results of functions are computed
    // outside of loops.
    SmallVector<OpOperand *> uses;
    for (Operation &op : getOperation().getOps())
      for (OpOperand &use : op.getOpOperands())
        if (Operation *def = use.get().getDefiningOp();
            def && isa<RankedTensorType>(use.get().getType()) &&
            isDestination(use) && !isa<tensor::EmptyOp>(def))
          uses.push_back(&use);
    // The first of those that write keeps the value, if nobody views it.
    for (OpOperand *use : llvm::reverse(uses)) {
      bool hasOther = llvm::any_of(use->get().getUses(), [&](OpOperand &other) {
        return &other != use && isInResult(other);
      });
      if (!hasOther || !isInResult(*use))
        continue;
      OpBuilder b(use->getOwner());
      use->set(copy(b, use->get()));
    }
  }
};
} // namespace
