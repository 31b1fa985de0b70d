//===- AttnHoistInvariants.cpp - Invariants out of loops in order ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNHOISTINVARIANTS
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Whether some reader takes this tensor as the start of its own.
static bool isChanged(Value tensor) {
  return llvm::any_of(tensor.getUses(), [](OpOperand &use) {
    if (auto op = dyn_cast<DestinationStyleOpInterface>(use.getOwner()))
      return op.isDpsInit(&use);
    auto loop = dyn_cast<LoopLikeOpInterface>(use.getOwner());
    return loop && llvm::is_contained(loop.getInits(), use.get());
  });
}

namespace {
struct AttnHoistInvariants
    : attn::impl::AttnHoistInvariantsBase<AttnHoistInvariants> {
  void runOnOperation() override {
    // Innermost first: what leaves a loop may leave the one around it too.
    getOperation()->walk([](LoopLikeOpInterface loop) {
      if (!loop->hasTrait<OpTrait::HasParallelRegion>())
        hoist(loop);
    });
  }

  /// A filled tensor that is changed after stays: it would have to be copied in
  /// each iteration, which is no less work than filling it.
  static void hoist(LoopLikeOpInterface loop) {
    moveLoopInvariantCode(
        loop.getLoopRegions(),
        [&](Value value, Region *) {
          return loop.isDefinedOutsideOfLoop(value);
        },
        [&](Operation *op, Region *) {
          return isMemoryEffectFree(op) && isSpeculatable(op) &&
                 !(isa<linalg::FillOp, linalg::BroadcastOp>(op) &&
                   isChanged(op->getResult(0)));
        },
        [&](Operation *op, Region *) { loop.moveOutOfLoop(op); });
  }
};
} // namespace
