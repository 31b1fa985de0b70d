//===- AttnDecompose.cpp - fold, combine and finish as linalg on tensors ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNDECOMPOSE
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
struct AttnDecompose : attn::impl::AttnDecomposeBase<AttnDecompose> {
  void runOnOperation() override {
    WalkResult left = getOperation()->walk([](AttentionOp op) {
      FormKind form = op.getFormAttr() ? op.getFormAttr().getKind()
                                       : FormKind::Blocked;
      InFlightDiagnostic diag = op.emitOpError("was not rewritten to a form; ");
      if (form == FormKind::Blocked || form == FormKind::Materialized)
        diag << "run attn-to-" << stringifyFormKind(form) << " first";
      else
        diag << "the " << stringifyFormKind(form)
             << " form is not implemented yet, choose blocked or materialized";
      return WalkResult::interrupt();
    });
    if (left.wasInterrupted())
      return signalPassFailure();
    SmallVector<linalg::AggregatedOpInterface> ops;
    getOperation()->walk([&](linalg::AggregatedOpInterface op) {
      // A softmax that is no attention's has no other way to loops.
      auto softmax = dyn_cast<linalg::SoftmaxOp>(op.getOperation());
      if (isa<AttnDialect>(op->getDialect()) ||
          (softmax && softmax.hasPureTensorSemantics()))
        ops.push_back(op);
    });
    for (linalg::AggregatedOpInterface op : ops) {
      IRRewriter rewriter(op);
      FailureOr<SmallVector<Value>> results = op.decomposeOperation(rewriter);
      if (failed(results))
        return signalPassFailure();
      rewriter.replaceOp(op, *results);
    }
  }
};
} // namespace
