//===- KernelRun.cpp - One kernel on arrays ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "common/KernelRun.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::attn;

Type mlir::attn::getStorageType(const KernelInterface::Argument &argument) {
  return getElementTypeOrSelf(argument.type);
}

static std::string describe(ArrayRef<int64_t> shape) {
  return "[" + llvm::join(llvm::map_range(shape, [](int64_t size) {
           return std::to_string(size);
         }), ", ") + "]";
}

llvm::Expected<SmallVector<int64_t>>
mlir::attn::bindSizes(const KernelInterface &interface, ArrayRef<Array> inputs,
                      const llvm::StringMap<int64_t> &named) {
  SmallVector<int64_t> sizes(interface.sizes.size(), -1);
  SmallVector<std::string> sources(interface.sizes.size());
  for (auto [i, name] : llvm::enumerate(interface.sizes))
    if (auto it = named.find(name); it != named.end()) {
      sizes[i] = it->second;
      sources[i] = "--size";
    }
  for (const auto &entry : named)
    if (!llvm::is_contained(interface.sizes, entry.first()))
      return llvm::createStringError(
          "there is no free size '" + entry.first() + "'; the free sizes are: " +
          (interface.sizes.empty() ? "none" : llvm::join(interface.sizes, ", ")));

  for (auto [argument, input] : llvm::zip(interface.arguments, inputs)) {
    if (input.shape.size() != argument.dims.size())
      return llvm::createStringError(llvm::formatv(
          "input '{0}' has shape {1}, but a rank of {2} is needed",
          argument.name, describe(input.shape), argument.dims.size()));
    for (auto [i, dim] : llvm::enumerate(argument.dims)) {
      int64_t size = input.shape[i];
      if (dim.isStatic()) {
        if (size != dim.size)
          return llvm::createStringError(llvm::formatv(
              "input '{0}' has size {1} in dimension {2}, but {3} is needed",
              argument.name, size, i, dim.size));
        continue;
      }
      int64_t &bound = sizes[dim.parameter];
      if (bound >= 0 && bound != size)
        return llvm::createStringError(llvm::formatv(
            "input '{0}' has size {1} in dimension {2}, but '{3}' is {4} by {5}",
            argument.name, size, i, interface.sizes[dim.parameter], bound,
            sources[dim.parameter]));
      bound = size;
      sources[dim.parameter] = argument.name;
    }
  }
  for (auto [size, name] : llvm::zip(sizes, interface.sizes))
    if (size < 0)
      return llvm::createStringError(
          "the size '" + name + "' is not known: give --size=" + name +
          "=N or inputs");
  return sizes;
}

llvm::Expected<std::vector<Array>>
mlir::attn::createRandomInputs(const KernelInterface &interface,
                               ArrayRef<int64_t> sizes, uint64_t seed,
                               MLIRContext *context) {
  std::vector<Array> inputs;
  for (const KernelInterface::Argument &argument : interface.arguments) {
    if (argument.isOutput)
      continue;
    auto array = Array::create(getStorageType(argument),
                               interface.getShape(argument, sizes));
    if (!array)
      return array.takeError();
    fillRandom(*array, seed++);
    inputs.push_back(std::move(*array));
  }
  return inputs;
}

llvm::Expected<std::vector<Array>>
mlir::attn::createOutputs(const KernelInterface &interface,
                          ArrayRef<int64_t> sizes) {
  std::vector<Array> outputs;
  for (const KernelInterface::Argument &argument : interface.arguments) {
    if (!argument.isOutput)
      continue;
    auto output = Array::create(getStorageType(argument),
                                interface.getShape(argument, sizes));
    if (!output)
      return output.takeError();
    outputs.push_back(std::move(*output));
  }
  return outputs;
}

llvm::Expected<KernelRun> KernelRun::create(const LoadedKernel &kernel,
                                            std::vector<Array> inputs,
                                            ArrayRef<int64_t> sizes) {
  KernelRun run;
  run.kernel = &kernel;
  run.inputs = std::move(inputs);
  run.sizes.assign(sizes.begin(), sizes.end());
  auto outputs = createOutputs(kernel.getInterface(), sizes);
  if (!outputs)
    return outputs.takeError();
  run.outputs = std::move(*outputs);
  return run;
}

llvm::Error KernelRun::run() {
  SmallVector<void *> arguments;
  for (std::vector<Array> *arrays : {&inputs, &outputs})
    for (Array &array : *arrays)
      arguments.push_back(array.bytes.data());
  int32_t status = kernel->call(arguments, sizes);
  if (status != KernelInterface::Ok)
    return llvm::createStringError(
        "the kernel refused its arguments: error code " +
        llvm::Twine(status) +
        (status == KernelInterface::BadSize ? ", a bad size"
                                            : ", a null pointer"));
  return llvm::Error::success();
}
