//===- DeviceRun.h - One device program on arrays -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_COMMON_DEVICERUN_H
#define ATTN_TOOLS_COMMON_DEVICERUN_H

#include "attn/Runtime/LoadedProgram.h"

namespace mlir::attn {

/// Inputs and outputs of one call on a GPU, ready to run any number of times.
class DeviceRun {
public:
  static llvm::Expected<DeviceRun> create(const LoadedProgram &program,
                                          std::vector<Array> inputs,
                                          ArrayRef<int64_t> sizes);
  /// Runs once and fetches the outputs.
  llvm::Error run();
  ArrayRef<Array> getInputs() const { return inputs; }
  ArrayRef<Array> getOutputs() const { return outputs; }
  DeviceCall &getCall() { return call; }

private:
  DeviceCall call;
  std::vector<Array> inputs, outputs;
};

struct DeviceTiming {
  double bestSeconds, medianSeconds; // Of one call.
};

/// Times the calls, one after the other and again from the first, `repetitions`
/// times, by the clock of the GPU. Short ones are repeated to a millisecond.
llvm::Expected<DeviceTiming> measure(const CUDADevice &device,
                                     MutableArrayRef<DeviceRun> runs,
                                     unsigned repetitions);

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMMON_DEVICERUN_H
