//===- ExpandCopies.cpp - Copies of strided buffers as loops ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUEXPANDCOPIES
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
struct CPUExpandCopies : attn::impl::CPUExpandCopiesBase<CPUExpandCopies> {
  void runOnOperation() override {
    getOperation()->walk([](memref::CopyOp op) {
      auto isContiguous = [](Value buffer) {
        auto type = cast<MemRefType>(buffer.getType());
        return type.getLayout().isIdentity();
      };
      if (isContiguous(op.getSource()) && isContiguous(op.getTarget()))
        return;
      IRRewriter rewriter(op);
      rewriter.replaceOpWithNewOp<linalg::CopyOp>(op, op.getSource(),
                                                  op.getTarget());
    });
  }
};
} // namespace
