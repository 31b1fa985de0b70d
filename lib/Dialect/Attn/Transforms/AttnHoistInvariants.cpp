//===- AttnHoistInvariants.cpp - Invariants out of loops in order ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNHOISTINVARIANTS
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

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

  /// A filled tensor stays: a loop that changes it would have to copy it, which
  /// is no less work than filling it.
  static void hoist(LoopLikeOpInterface loop) {
    moveLoopInvariantCode(
        loop.getLoopRegions(),
        [&](Value value, Region *) {
          return loop.isDefinedOutsideOfLoop(value);
        },
        [&](Operation *op, Region *) {
          return isMemoryEffectFree(op) && isSpeculatable(op) &&
                 !isa<linalg::FillOp, tensor::EmptyOp>(op);
        },
        [&](Operation *op, Region *) { loop.moveOutOfLoop(op); });
  }
};
} // namespace
