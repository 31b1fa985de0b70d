//===- RefuseLibraryCalls.cpp - What would need a library on the GPU ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/NVPTX/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace mlir::attn {
#define GEN_PASS_DEF_NVPTXREFUSELIBRARYCALLS
#include "attn/Target/NVPTX/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// What PTX has instructions for, or LLVM expands to instructions.
static bool isInstruction(Operation *op) {
  return isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp,
             math::CountLeadingZerosOp, math::CountTrailingZerosOp,
             math::CtPopOp, math::FloorOp, math::FmaOp, math::IsFiniteOp,
             math::IsInfOp, math::IsNaNOp, math::IsNormalOp, math::RoundEvenOp,
             math::RsqrtOp, math::SqrtOp, math::TruncOp>(op);
}

namespace {
struct NVPTXRefuseLibraryCalls
    : attn::impl::NVPTXRefuseLibraryCallsBase<NVPTXRefuseLibraryCalls> {
  void runOnOperation() override {
    WalkResult result = getOperation()->walk([](Operation *op) {
      if (isa_and_nonnull<math::MathDialect>(op->getDialect()) &&
          !isInstruction(op)) {
        op->emitOpError("of ")
            << op->getResult(0).getType() << " has no instructions on a GPU, "
            << "and kernels are compiled without a library of functions; "
            << "compute it in f32, or from exp, log, sin, cos, tanh and sqrt";
        return WalkResult::interrupt();
      }
      auto function = dyn_cast<FunctionOpInterface>(op);
      if (function && function.isExternal()) {
        op->emitError("has no body, and a GPU kernel can only call what is "
                      "compiled with it; define '@")
            << function.getName() << "' in the module";
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
