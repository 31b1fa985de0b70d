//===- DeviceRun.cpp - One device program on arrays ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "common/DeviceRun.h"
#include "common/KernelRun.h"

using namespace mlir;
using namespace mlir::attn;

llvm::Expected<DeviceRun> DeviceRun::create(const LoadedProgram &program,
                                            std::vector<Array> inputs,
                                            ArrayRef<int64_t> sizes) {
  DeviceRun run;
  auto outputs = createOutputs(program.getInterface(), sizes);
  if (!outputs)
    return outputs.takeError();
  auto call = DeviceCall::create(program, inputs, sizes);
  if (!call)
    return call.takeError();
  run.call = std::move(*call);
  run.inputs = std::move(inputs);
  run.outputs = std::move(*outputs);
  return run;
}

llvm::Error DeviceRun::run() {
  if (auto error = call.run())
    return error;
  return call.download(outputs);
}

llvm::Expected<DeviceTiming>
mlir::attn::measure(const CUDADevice &device, MutableArrayRef<DeviceRun> runs,
                    unsigned repetitions) {
  constexpr double kLeastSeconds = 1e-3;
  constexpr double kMostCalls = 1000;
  size_t next = 0, calls = 1;
  auto launch = [&]() -> llvm::Error {
    for (size_t i = 0; i < calls; ++i, next = (next + 1) % runs.size())
      if (auto error = runs[next].getCall().launch())
        return error;
    return llvm::Error::success();
  };
  SmallVector<double> times;
  for (unsigned i = 0; i <= repetitions; ++i) {
    llvm::Expected<double> seconds = measureOnDevice(device, launch);
    if (!seconds)
      return seconds.takeError();
    if (i > 0) {
      times.push_back(*seconds / calls);
      continue;
    }
    // The first one only says how many to repeat.
    calls = std::min(kMostCalls,
                     std::ceil(kLeastSeconds / std::max(*seconds, 1e-9)));
  }
  llvm::sort(times);
  return DeviceTiming{times.front(), times[times.size() / 2]};
}
