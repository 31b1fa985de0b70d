//===- LoadedProgram.h - A device program, on this machine's GPU -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_LOADEDPROGRAM_H
#define ATTN_RUNTIME_LOADEDPROGRAM_H

#include "attn/Runtime/Array.h"
#include "attn/Runtime/CUDADriver.h"
#include "attn/Target/NVPTX/DeviceProgram.h"

namespace mlir::attn {

/// The kernels of a program, compiled by the driver for the GPU of `device`, which
/// must outlive it.
class LoadedProgram {
public:
  static llvm::Expected<LoadedProgram> load(const CUDADevice &device,
                                            DeviceProgram program);
  LoadedProgram(LoadedProgram &&other);
  ~LoadedProgram();

  const KernelInterface &getInterface() const { return program.interface; }
  const DeviceProgram &getProgram() const { return program; }
  const CUDADevice &getDevice() const { return *device; }
  /// The kernel of each launch.
  ArrayRef<CUDADriver::Function *> getFunctions() const { return functions; }

private:
  LoadedProgram(const CUDADevice &device, DeviceProgram program)
      : device(&device), program(std::move(program)) {}

  const CUDADevice *device;
  DeviceProgram program;
  CUDADriver::Module *module = nullptr;
  SmallVector<CUDADriver::Function *> functions;
};

/// One call of a program, with its arrays and buffers in the GPU's memory: ready to
/// run any number of times. The program must outlive it.
class DeviceCall {
public:
  DeviceCall() = default;
  DeviceCall(DeviceCall &&) = default;
  DeviceCall &operator=(DeviceCall &&) = default;

  /// Uploads `inputs`, which are all inputs in order.
  static llvm::Expected<DeviceCall> create(const LoadedProgram &program,
                                           ArrayRef<Array> inputs,
                                           ArrayRef<int64_t> sizes);

  /// Returns before the kernels have run.
  llvm::Error launch();
  /// Waits until they have.
  llvm::Error run();
  /// `outputs` are all outputs in order, of the right shapes.
  llvm::Error download(MutableArrayRef<Array> outputs) const;
  /// Of the buffers.
  int64_t getScratchBytes() const;

private:
  const LoadedProgram *program = nullptr;
  SizedProgram sized;
  SmallVector<DeviceMemory> arguments; // None for a scalar.
  SmallVector<std::vector<uint8_t>> scalars; // None for an array.
  SmallVector<DeviceMemory> buffers;
};

} // namespace mlir::attn

#endif // ATTN_RUNTIME_LOADEDPROGRAM_H
