//===- LoadedProgram.cpp - A device program, on this machine's GPU ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Runtime/LoadedProgram.h"
#include "attn/Target/NVPTX/Emission.h"

using namespace mlir;
using namespace mlir::attn;

/// Beyond this a kernel must be told that it may have so much shared memory.
static constexpr int64_t kDefaultSharedBytes = 48 * 1024;

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

LoadedProgram::LoadedProgram(LoadedProgram &&other)
    : device(other.device), program(std::move(other.program)),
      module(std::exchange(other.module, nullptr)),
      functions(std::move(other.functions)) {}

LoadedProgram::~LoadedProgram() {
  if (module)
    device->getDriver().moduleUnload(module);
}

static llvm::Error checkChip(const CUDADevice &device, StringRef chip) {
  if (device.canRun(chip))
    return llvm::Error::success();
  std::string text = ("the program is for " + chip +
                      ", which does not run on the GPU, " + device.getName() +
                      " of " + device.getChip())
                         .str();
  for (StringRef other : llvm::reverse(getChips()))
    if (device.canRun(other))
      return llvm::createStringError(text + "; compile it with --chip=" +
                                     other);
  return llvm::createStringError(text + "; a GPU of " + getChips().front() +
                                 " or newer is needed");
}

llvm::Expected<LoadedProgram> LoadedProgram::load(const CUDADevice &device,
                                                  DeviceProgram program) {
  if (auto error = checkChip(device, program.chip))
    return error;
  LoadedProgram loaded(device, std::move(program));
  const CUDADriver &driver = device.getDriver();
  char log[4096] = "";
  int options[] = {CUDADriver::ErrorLogBuffer, CUDADriver::ErrorLogBytes};
  void *values[] = {log, reinterpret_cast<void *>(sizeof(log) - 1)};
  CUDADriver::Result result = driver.moduleLoad(
      &loaded.module, loaded.program.ptx.c_str(), 2, options, values);
  if (result) {
    loaded.module = nullptr;
    std::string text = "the driver cannot load the program: " +
                       driver.describe(result);
    if (result == CUDADriver::UnsupportedPTXVersion)
      text += "; the driver is too old for this PTX: install a newer one";
    if (StringRef trimmed = StringRef(log).trim(); !trimmed.empty())
      text += ": " + trimmed.str();
    return llvm::createStringError(text);
  }
  for (const DeviceProgram::Launch &launch : loaded.program.launches) {
    CUDADriver::Function *&function = loaded.functions.emplace_back(nullptr);
    if (auto error = driver.check(
            driver.moduleGetFunction(&function, loaded.module,
                                     launch.kernel.c_str()),
            "the program has no kernel '" + launch.kernel + "'"))
      return error;
    if (launch.sharedBytes <= kDefaultSharedBytes)
      continue;
    if (auto error = driver.check(
            driver.functionSetAttribute(function,
                                        CUDADriver::MaxDynamicSharedBytes,
                                        launch.sharedBytes),
            "kernel '" + launch.kernel + "' cannot have " +
                llvm::Twine(launch.sharedBytes) +
                " bytes of shared memory on " + device.getName()))
      return error;
  }
  return loaded;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

llvm::Expected<DeviceCall> DeviceCall::create(const LoadedProgram &program,
                                              ArrayRef<Array> inputs,
                                              ArrayRef<int64_t> sizes) {
  DeviceCall call;
  call.program = &program;
  llvm::Expected<SizedProgram> sized =
      evaluateSizes(program.getProgram(), sizes);
  if (!sized)
    return sized.takeError();
  call.sized = std::move(*sized);
  const KernelInterface &interface = program.getInterface();
  const CUDADriver &driver = program.getDevice().getDriver();
  for (auto [i, argument] : llvm::enumerate(interface.arguments)) {
    DeviceMemory &memory = call.arguments.emplace_back();
    std::vector<uint8_t> &scalar = call.scalars.emplace_back();
    if (!argument.isArray()) {
      scalar.assign(inputs[i].bytes.begin(), inputs[i].bytes.end());
      continue;
    }
    Type element = getElementTypeOrSelf(argument.type);
    int64_t elementBytes = getElementBytes(element).value_or(8);
    llvm::Expected<int64_t> count = checkedNumElements(
        interface.getShape(argument, sizes), elementBytes);
    if (!count)
      return llvm::createStringError("'" + argument.name + "': " +
                                     llvm::toString(count.takeError()));
    auto allocated = DeviceMemory::allocate(
        program.getDevice(), *count * elementBytes, "'" + argument.name + "'");
    if (!allocated)
      return allocated.takeError();
    memory = std::move(*allocated);
    if (argument.isOutput || memory.getBytes() == 0)
      continue;
    if (auto error = driver.check(
            driver.copyToDevice(memory.getAddress(), inputs[i].bytes.data(),
                                memory.getBytes()),
            "'" + argument.name + "' cannot be copied to the GPU"))
      return error;
  }
  for (auto [i, bytes] : llvm::enumerate(call.sized.bufferBytes)) {
    auto buffer = DeviceMemory::allocate(program.getDevice(), bytes,
                                         "scratch buffer " + llvm::Twine(i));
    if (!buffer)
      return buffer.takeError();
    call.buffers.push_back(std::move(*buffer));
  }
  return call;
}

int64_t DeviceCall::getScratchBytes() const {
  int64_t total = 0;
  for (int64_t bytes : sized.bufferBytes)
    total += bytes;
  return total;
}

llvm::Error DeviceCall::launch() {
  const CUDADriver &driver = program->getDevice().getDriver();
  for (auto [launch, sizes, function] :
       llvm::zip(program->getProgram().launches, sized.launches,
                 program->getFunctions())) {
    if (sizes.isEmpty())
      continue;
    // The driver copies the parameters before it returns.
    SmallVector<CUDADriver::Address> addresses(launch.parameters.size());
    SmallVector<void *> parameters;
    for (auto [i, parameter] : llvm::enumerate(launch.parameters)) {
      switch (parameter.kind) {
      case DeviceProgram::Parameter::Size:
        parameters.push_back(&sizes.sizes[i]);
        continue;
      case DeviceProgram::Parameter::Buffer:
        addresses[i] = buffers[parameter.index].getAddress();
        break;
      case DeviceProgram::Parameter::Argument:
        if (std::vector<uint8_t> &scalar = scalars[parameter.index];
            !scalar.empty()) {
          parameters.push_back(scalar.data());
          continue;
        }
        addresses[i] = arguments[parameter.index].getAddress();
        break;
      }
      parameters.push_back(&addresses[i]);
    }
    CUDADriver::Result result = driver.launchKernel(
        function, sizes.grid[0], sizes.grid[1], sizes.grid[2], launch.block[0],
        launch.block[1], launch.block[2], launch.sharedBytes,
        /*stream=*/nullptr, parameters.data(), /*extra=*/nullptr);
    if (auto error = driver.check(result, "kernel '" + launch.kernel +
                                              "' cannot be launched"))
      return error;
  }
  return llvm::Error::success();
}

llvm::Error DeviceCall::run() {
  if (auto error = launch())
    return error;
  const CUDADriver &driver = program->getDevice().getDriver();
  return driver.check(driver.contextSynchronize(),
                      "a kernel of '" + program->getInterface().name +
                          "' failed");
}

llvm::Error DeviceCall::download(MutableArrayRef<Array> outputs) const {
  const CUDADriver &driver = program->getDevice().getDriver();
  Array *output = outputs.begin();
  for (auto [argument, memory] :
       llvm::zip(program->getInterface().arguments, arguments)) {
    if (!argument.isOutput)
      continue;
    if (memory.getBytes() > 0)
      if (auto error = driver.check(
              driver.copyToHost(output->bytes.data(), memory.getAddress(),
                                memory.getBytes()),
              "'" + argument.name + "' cannot be copied from the GPU"))
        return error;
    ++output;
  }
  return llvm::Error::success();
}
