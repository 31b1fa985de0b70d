//===- KernelBufferization.cpp - Copies and writes in one-shot bufferization
//===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Kernel/IR/Kernel.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"

using namespace mlir;
using namespace mlir::kernel;
using namespace mlir::bufferization;

namespace {
struct CopyModel : BufferizableOpInterface::ExternalModel<CopyModel, CopyOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const AnalysisState &) const {
    return false;
  }
  AliasingValueList getAliasingValues(Operation *, OpOperand &,
                                      const AnalysisState &) const {
    return {};
  }
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto copy = cast<CopyOp>(op);
    FailureOr<Value> source =
        getBuffer(rewriter, copy.getSource(), options, state);
    if (failed(source))
      return failure();
    rewriter.modifyOpInPlace(copy,
                             [&] { copy.getSourceMutable().assign(*source); });
    return success();
  }
};

struct WriteModel
    : BufferizableOpInterface::ExternalModel<WriteModel, WriteOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &,
                              const AnalysisState &) const {
    return true; // What is beside the part written stays.
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &,
                               const AnalysisState &) const {
    return true;
  }
  AliasingValueList getAliasingValues(Operation *op, OpOperand &,
                                      const AnalysisState &) const {
    return {{op->getResult(0), BufferRelation::Equivalent}};
  }
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto write = cast<WriteOp>(op);
    FailureOr<Value> destination =
        getBuffer(rewriter, write.getDestination(), options, state);
    if (failed(destination))
      return failure();
    WriteOp::create(rewriter, write.getLoc(), Type(), write.getFragment(),
                    *destination, write.getOffsets(), write.getDims());
    replaceOpWithBufferizedValues(rewriter, op, *destination);
    return success();
  }
};
} // namespace

void mlir::kernel::registerBufferization(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, KernelDialect *) {
    CopyOp::attachInterface<CopyModel>(*context);
    WriteOp::attachInterface<WriteModel>(*context);
  });
}
