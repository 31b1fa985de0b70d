//===- LoadedKernel.h - A compiled kernel, in this process -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_LOADEDKERNEL_H
#define ATTN_RUNTIME_LOADEDKERNEL_H

#include "attn/Analysis/KernelInterface.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

namespace mlir::attn {

/// An object file loaded into this process by ORC. A kernel for several threads
/// brings LLVM's OpenMP runtime with it; that it is missing is an error in words.
class LoadedKernel {
public:
  static llvm::Expected<LoadedKernel>
  load(llvm::ArrayRef<char> object, KernelInterface interface);

  const KernelInterface &getInterface() const { return interface; }

  /// Calls NAME_packed. Arrays and scalars by address, in the interface's order.
  int32_t call(llvm::ArrayRef<void *> arguments,
               llvm::ArrayRef<int64_t> sizes) const {
    return entry(arguments.data(), sizes.data());
  }

  /// What the kernel has counted under this name since it was loaded; 0 where it
  /// has no such counter, for then it never reaches what is counted.
  int64_t readCounter(llvm::StringRef name) const {
    auto reader = counters.find(name);
    return reader == counters.end() ? 0 : reader->second();
  }

  /// The most bytes of heap that kernels of this process held at one time since
  /// the last call of `resetPeakHeapBytes`.
  static int64_t getPeakHeapBytes();
  static void resetPeakHeapBytes();

private:
  using Entry = int32_t (*)(void *const *, const int64_t *);
  std::unique_ptr<llvm::orc::LLJIT> jit;
  KernelInterface interface;
  Entry entry = nullptr;
  llvm::StringMap<int64_t (*)()> counters; // Functions that read them.
};

} // namespace mlir::attn

#endif // ATTN_RUNTIME_LOADEDKERNEL_H
