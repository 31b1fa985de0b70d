//===- TakeAddresses.cpp - Arrays as addresses in the parameters of kernels ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/NVPTX/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::attn {
#define GEN_PASS_DEF_NVPTXTAKEADDRESSES
#include "attn/Target/NVPTX/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// The descriptor of an array of rank 0 at `address`.
static Value createDescriptor(OpBuilder &b, Location loc, MemRefType type,
                              Value address) {
  auto structType = LLVM::LLVMStructType::getLiteral(
      b.getContext(), {address.getType(), address.getType(), b.getI64Type()});
  Value zero =
      LLVM::ConstantOp::create(b, loc, b.getI64Type(), b.getI64IntegerAttr(0));
  Value descriptor = LLVM::PoisonOp::create(b, loc, structType);
  Value fields[] = {address, address, zero};
  for (int64_t i = 0; i < 3; ++i)
    descriptor = LLVM::InsertValueOp::create(b, loc, descriptor, fields[i], i);
  return UnrealizedConversionCastOp::create(b, loc, type, descriptor)
      .getResult(0);
}

namespace {
struct NVPTXTakeAddresses
    : attn::impl::NVPTXTakeAddressesBase<NVPTXTakeAddresses> {
  void runOnOperation() override {
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    for (auto kernel : getOperation().getOps<gpu::GPUFuncOp>()) {
      if (!kernel.isKernel())
        continue;
      SmallVector<Type> types(kernel.getFunctionType().getInputs());
      for (auto [i, type] : llvm::enumerate(types)) {
        auto array = dyn_cast<MemRefType>(type);
        if (!array)
          continue;
        if (array.getRank() != 0) {
          kernel.emitError("takes an array of rank ")
              << array.getRank() << " as parameter " << i << "; a kernel takes "
              << "addresses, of type memref<" << array.getElementType()
              << ">, and sizes";
          return signalPassFailure();
        }
        BlockArgument argument = kernel.getArgument(i);
        type = pointer;
        argument.setType(pointer);
        OpBuilder b = OpBuilder::atBlockBegin(&kernel.getBody().front());
        Value descriptor =
            createDescriptor(b, kernel.getLoc(), array, argument);
        argument.replaceUsesWithIf(descriptor, [](OpOperand &use) {
          return !isa<LLVM::InsertValueOp>(use.getOwner());
        });
      }
      kernel.setFunctionType(
          FunctionType::get(&getContext(), types, kernel.getResultTypes()));
    }
  }
};
} // namespace
