//===- KernelRun.h - One kernel on arrays -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_COMMON_KERNELRUN_H
#define ATTN_TOOLS_COMMON_KERNELRUN_H

#include "attn/Runtime/Array.h"
#include "attn/Runtime/LoadedKernel.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::attn {

/// The free sizes of a call, from the shapes of its inputs and from `named`
/// sizes. Fails where shapes contradict the interface or each other, or a size
/// is not given.
llvm::Expected<SmallVector<int64_t>>
bindSizes(const KernelInterface &interface, ArrayRef<Array> inputs,
          const llvm::StringMap<int64_t> &named);

/// Random inputs of the shapes that `sizes` give.
llvm::Expected<std::vector<Array>>
createRandomInputs(const KernelInterface &interface, ArrayRef<int64_t> sizes,
                   uint64_t seed, MLIRContext *context);

/// Arrays of zeros for the outputs.
llvm::Expected<std::vector<Array>>
createOutputs(const KernelInterface &interface, ArrayRef<int64_t> sizes);

/// The element type that an array for this argument has.
Type getStorageType(const KernelInterface::Argument &argument);

/// Inputs and outputs of one call, ready to run any number of times.
class KernelRun {
public:
  static llvm::Expected<KernelRun> create(const LoadedKernel &kernel,
                                          std::vector<Array> inputs,
                                          ArrayRef<int64_t> sizes);
  /// Fails if the kernel returns an error code.
  llvm::Error run();
  ArrayRef<Array> getInputs() const { return inputs; }
  ArrayRef<Array> getOutputs() const { return outputs; }

private:
  const LoadedKernel *kernel;
  std::vector<Array> inputs, outputs;
  SmallVector<int64_t> sizes;
};

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMMON_KERNELRUN_H
