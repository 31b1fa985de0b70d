//===- Kernel.h - Steps of a host program as kernels -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_NVPTX_KERNEL_H
#define ATTN_LIB_TARGET_NVPTX_KERNEL_H

#include "HostSize.h"
#include "Steps.h"
#include "Temporaries.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::attn {

class Kernel;

/// What the kernels of one function share.
struct HostProgram {
  HostProgram(func::FuncOp function, gpu::GPUModuleOp device);

  /// The size of an argument, as a value of the host.
  Value getSize(BlockArgument array, int64_t dim);
  /// Memory of the host's for a scalar that a kernel computes and others need.
  Value getCell(Value scalar);

  func::FuncOp function;
  gpu::GPUModuleOp device;
  HostSizes sizes;
  DenseMap<Value, Kernel *> producers; // Of what steps compute.

private:
  DenseMap<std::pair<Value, int64_t>, Value> argumentSizes;
  DenseMap<Value, Value> cells;
};

/// One kernel: a step of the host, with what it needs from outside as parameters
/// or computed again.
class Kernel {
public:
  Kernel(HostProgram &program, const Step &step, unsigned number);

  /// Fills the kernel. Values of the host are computed before `host`.
  LogicalResult build(OpBuilder &host, int64_t threads, int64_t maxLocalBytes);
  /// The launch, once all kernels are built.
  void launch(OpBuilder &host);

  /// Stores a scalar that it computes in the cell of the host.
  void store(Value scalar, Value cell);

private:
  Value get(Value value);
  Value make(Value value);
  Value addParameter(Type type, Value operand);
  Value createArray(Value array);
  void captureOperands(Operation *op);
  void replaceTemporaries(const Temporaries &temporaries, Value thread);
  LogicalResult buildSerial(OpBuilder &host, int64_t maxLocalBytes);
  LogicalResult buildThreads(OpBuilder &host, int64_t threads,
                             int64_t maxLocalBytes);
  LogicalResult buildBlocks(OpBuilder &host);
  LogicalResult allocateParts(OpBuilder &host, const Temporaries &temporaries,
                              Value count);

  HostProgram &program;
  const Step &step;
  gpu::GPUFuncOp function;
  OpBuilder b; // Where the kernel goes on.
  Location loc;
  IRMapping map;
  SmallVector<Value> operands; // Of the launch.
  Value parts;                 // The buffer with a part for each thread.
  Value grid;                  // Blocks, on the host.
  int64_t blockThreads = 1;
};

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_NVPTX_KERNEL_H
