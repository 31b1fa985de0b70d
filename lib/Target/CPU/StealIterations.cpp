//===- StealIterations.cpp - Threads that are done help the others ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/OpenMP/OpenMPDialect.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUSTEALITERATIONS
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;

namespace {
struct StealIterations : attn::impl::CPUStealIterationsBase<StealIterations> {
  void runOnOperation() override {
    getOperation()->walk([](omp::WsloopOp loop) {
      if (loop.getScheduleKind())
        return;
      loop.setScheduleKind(omp::ClauseScheduleKind::Dynamic);
      // Without it iterations would have to be taken in order, from one queue.
      loop.setScheduleMod(omp::ScheduleModifier::nonmonotonic);
    });
  }
};
} // namespace
