//===- MapLoops.cpp - A bufferized function as a program of launches ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "attn/Target/NVPTX/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::attn {
#define GEN_PASS_DEF_NVPTXMAPLOOPS
#include "attn/Target/NVPTX/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Brings the functions and constants that kernels use into their module.
static LogicalResult copySymbols(ModuleOp module, gpu::GPUModuleOp device) {
  SymbolTable host(module), kernels(device);
  SmallVector<Operation *> pending;
  for (Operation &op : *device.getBody())
    pending.push_back(&op);
  while (!pending.empty()) {
    Operation *user = pending.pop_back_val();
    WalkResult result = user->walk([&](Operation *op) {
      StringRef name;
      if (auto call = dyn_cast<func::CallOp>(op))
        name = call.getCallee();
      else if (auto get = dyn_cast<memref::GetGlobalOp>(op))
        name = get.getName();
      if (name.empty() || kernels.lookup(name))
        return WalkResult::advance();
      Operation *symbol = host.lookup(name);
      auto function = dyn_cast<func::FuncOp>(symbol);
      if (function && function.isExternal()) {
        op->emitError("calls '@") << name << "', which has no body; a GPU "
                                  << "kernel can only call what is compiled "
                                  << "with it";
        return WalkResult::interrupt();
      }
      if (function && llvm::any_of(function.getResultTypes(),
                                   llvm::IsaPred<MemRefType>)) {
        function.emitError("returns an array to a GPU kernel, which has no heap; "
                           "inline it, or let it write into an argument");
        return WalkResult::interrupt();
      }
      Operation *copy = symbol->clone();
      kernels.insert(copy);
      pending.push_back(copy);
      return WalkResult(function ? keepLocal(cast<func::FuncOp>(copy))
                                 : success());
    });
    if (result.wasInterrupted())
      return failure();
  }
  return success();
}

/// The host has no stack that kernels could write to.
static void allocateOnDevice(func::FuncOp function) {
  for (auto alloca :
       llvm::to_vector(function.getBody().front().getOps<memref::AllocaOp>())) {
    OpBuilder b(alloca);
    alloca.replaceAllUsesWith(
        memref::AllocOp::create(b, alloca.getLoc(), alloca.getType(),
                                alloca.getDynamicSizes())
            .getResult());
    alloca.erase();
  }
}

/// Copies would become calls of functions that a GPU does not have.
static void expandCopies(gpu::GPUModuleOp device) {
  IRRewriter rewriter(device.getContext());
  device.walk([&](memref::CopyOp copy) {
    rewriter.setInsertionPoint(copy);
    rewriter.replaceOpWithNewOp<linalg::CopyOp>(copy, copy.getSource(),
                                                copy.getTarget());
  });
}

/// What the launches took over, and what was computed for it.
static void eraseSteps(func::FuncOp function) {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (!isa<gpu::LaunchFuncOp, func::ReturnOp>(op) && op.use_empty())
      op.erase();
}

/// Bytes that no GPU has; sums of a program's arrays do not overflow below.
static constexpr int64_t kMaxBytes = int64_t(1) << 48;

/// Whether the known sizes of an array alone are beyond the memory of a GPU.
static bool isTooLarge(MemRefType type) {
  if (llvm::is_contained(type.getShape(), 0))
    return false;
  int64_t bytes = 1;
  if (type.getElementType().isIntOrFloat())
    bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  for (int64_t size : type.getShape())
    if (!ShapedType::isDynamic(size) &&
        (llvm::MulOverflow(bytes, size, bytes) || bytes > kMaxBytes))
      return true;
  return false;
}

/// Bytes of arrays follow from those of their elements.
static LogicalResult verifyArrays(func::FuncOp function) {
  WalkResult result = function.walk([](Operation *op) {
    if (!isa<memref::AllocOp, memref::AllocaOp>(op))
      return WalkResult::advance();
    auto type = cast<MemRefType>(op->getResult(0).getType());
    if (isTooLarge(type)) {
      op->emitError("of type ") << type << " is larger than the memory of any "
                                << "GPU; use smaller arrays";
      return WalkResult::interrupt();
    }
    Type element = type.getElementType();
    if (element.isIntOrIndexOrFloat())
      return WalkResult::advance();
    op->emitError("has elements of type ")
        << element << ", but a GPU program has arrays of integers and floats "
        << "only; use one for each part of an element";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

/// Buffers that the host allocates have sizes that it can compute.
static LogicalResult verifyBuffers(HostProgram &program) {
  for (auto alloc :
       program.function.getBody().front().getOps<memref::AllocOp>())
    for (Value size : alloc.getDynamicSizes())
      if (!program.sizes.get(size))
        return alloc.emitError("has a size that does not follow from sizes of "
                               "arguments, but a host allocates it before "
                               "anything runs; make its shape static, or that of "
                               "an argument");
  return success();
}

namespace {
struct NVPTXMapLoops : attn::impl::NVPTXMapLoopsBase<NVPTXMapLoops> {
  using NVPTXMapLoopsBase::NVPTXMapLoopsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (threads < 1 || threads > 1024) {
      module.emitError("threads of a block are from 1 to 1024, got ")
          << threads.getValue();
      return signalPassFailure();
    }
    auto functions = llvm::to_vector(module.getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (function.isPublic() && !function.isExternal() &&
          failed(mapFunction(function)))
        return signalPassFailure();
    for (bool changed = true; changed;) {
      changed = false;
      for (auto function :
           llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
        if (function.isPrivate() &&
            SymbolTable::symbolKnownUseEmpty(function, module)) {
          function.erase();
          changed = true;
        }
    }
    for (auto global :
         llvm::make_early_inc_range(module.getOps<memref::GlobalOp>()))
      if (global.isPrivate() && SymbolTable::symbolKnownUseEmpty(global, module))
        global.erase();
    module->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                    UnitAttr::get(&getContext()));
  }

  LogicalResult mapFunction(func::FuncOp function) {
    if (!function.getBody().hasOneBlock() || function.getNumResults() > 0)
      return function.emitError("has several blocks or results; write its "
                                "control flow with scf operations, and run "
                                "nvptx-add-destinations before bufferization");
    if (failed(verifyArrays(function)))
      return failure();
    OpBuilder b(function);
    auto device = gpu::GPUModuleOp::create(
        b, function.getLoc(), (function.getSymName() + "_kernels").str());
    HostProgram program(function, device);
    allocateOnDevice(function);
    spreadOverLoops(function);
    SmallVector<Step> steps = findSteps(function);
    SmallVector<std::unique_ptr<Kernel>> kernels;
    for (const Step &step : steps) {
      kernels.push_back(
          std::make_unique<Kernel>(program, step, kernels.size()));
      OpBuilder host(step.ops.front());
      if (failed(kernels.back()->build(host, threads, maxLocalBytes)))
        return failure();
    }
    OpBuilder end(function.getBody().front().getTerminator());
    for (std::unique_ptr<Kernel> &kernel : kernels)
      kernel->launch(end);
    eraseSteps(function);
    if (failed(verifyBuffers(program)) ||
        failed(copySymbols(getOperation(), device)))
      return failure();
    expandCopies(device);
    return success();
  }
};
} // namespace
