//===- ExtractProgram.cpp - The host's part of mapped kernels, as data ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/NVPTX/ExtractProgram.h"
#include "attn/Dialect/Kernel/IR/Kernel.h"
#include "HostSize.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
class Extractor {
public:
  Extractor(MLIRContext *context, const KernelInterface &interface)
      : context(context), interface(interface),
        sizes([this](BlockArgument array, int64_t dim) {
          return getSize(array, dim);
        }) {}

  LogicalResult add(memref::AllocOp alloc) {
    MemRefType type = alloc.getType();
    Type element = type.getElementType();
    int64_t bytes = element.isIndex()
                        ? 8
                        : llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
    AffineExpr total = getAffineConstantExpr(bytes, context);
    unsigned dynamic = 0;
    for (int64_t size : type.getShape()) {
      AffineExpr factor =
          ShapedType::isDynamic(size)
              ? sizes.get(alloc.getDynamicSizes()[dynamic++])
              : getAffineConstantExpr(size, context);
      if (!factor)
        return alloc.emitError("has a size that does not follow from sizes of "
                               "arguments");
      total = total * factor;
    }
    buffers[alloc.getResult()] = program.buffers.size();
    program.buffers.push_back({total});
    return success();
  }

  LogicalResult add(gpu::LaunchFuncOp op) {
    DeviceProgram::Launch launch;
    launch.kernel = op.getKernelName().str();
    gpu::KernelDim3 grid = op.getGridSizeOperandValues(),
                    block = op.getBlockSizeOperandValues();
    Value grids[] = {grid.x, grid.y, grid.z};
    Value blocks[] = {block.x, block.y, block.z};
    for (unsigned i = 0; i < 3; ++i) {
      launch.grid[i] = sizes.get(grids[i]);
      if (!launch.grid[i])
        return op.emitError("has a grid that does not follow from sizes of "
                            "arguments");
      std::optional<int64_t> known = getConstantIntValue(blocks[i]);
      if (!known)
        return op.emitError("has blocks of a size that is no constant");
      launch.block[i] = *known;
    }
    Operation *kernel = SymbolTable::lookupNearestSymbolFrom(op, op.getKernel());
    if (auto shared = kernel->getAttrOfType<IntegerAttr>(
            kernel::KernelDialect::kSharedBytes))
      launch.sharedBytes = shared.getInt();
    for (Value operand : op.getKernelOperands()) {
      std::optional<DeviceProgram::Parameter> parameter = getParameter(operand);
      if (!parameter)
        return op.emitError("takes something that is neither an argument, a "
                            "buffer nor a size");
      launch.parameters.push_back(*parameter);
    }
    program.launches.push_back(std::move(launch));
    return success();
  }

  DeviceProgram program;

private:
  AffineExpr getSize(BlockArgument array, int64_t dim) {
    const KernelInterface::Dim &size =
        interface.arguments[array.getArgNumber()].dims[dim];
    return size.isStatic() ? getAffineConstantExpr(size.size, context)
                           : getAffineSymbolExpr(size.parameter, context);
  }

  std::optional<DeviceProgram::Parameter> getParameter(Value value) {
    while (auto cast = value.getDefiningOp<memref::ReinterpretCastOp>())
      value = cast.getSource();
    if (auto argument = dyn_cast<BlockArgument>(value))
      return DeviceProgram::Parameter{DeviceProgram::Parameter::Argument,
                                      argument.getArgNumber()};
    if (auto *buffer = buffers.find(value);
        buffer != buffers.end())
      return DeviceProgram::Parameter{DeviceProgram::Parameter::Buffer,
                                      buffer->second};
    if (AffineExpr size = sizes.get(value))
      return DeviceProgram::Parameter{DeviceProgram::Parameter::Size, 0, size};
    return std::nullopt;
  }

  MLIRContext *context;
  const KernelInterface &interface;
  HostSizes sizes;
  llvm::MapVector<Value, unsigned> buffers;
};
} // namespace

FailureOr<DeviceProgram>
mlir::attn::getDeviceProgram(func::FuncOp host,
                             const KernelInterface &interface) {
  Extractor extractor(host.getContext(), interface);
  for (Operation &op : host.getBody().front()) {
    auto alloc = dyn_cast<memref::AllocOp>(op);
    auto launch = dyn_cast<gpu::LaunchFuncOp>(op);
    if ((alloc && failed(extractor.add(alloc))) ||
        (launch && failed(extractor.add(launch))))
      return failure();
    if (!alloc && !launch && !isMemoryEffectFree(&op) &&
        !isa<func::ReturnOp>(op))
      return op.emitError("is no launch of a kernel; run nvptx-map-loops first");
  }
  extractor.program.interface = interface;
  return std::move(extractor.program);
}
