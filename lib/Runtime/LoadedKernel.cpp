//===- LoadedKernel.cpp - A compiled kernel, in this process ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Runtime/LoadedKernel.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/Support/TargetSelect.h"
#include <atomic>
#include <malloc.h>

using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Heap accounting: kernels see these as malloc and free
//===----------------------------------------------------------------------===//

static std::atomic<int64_t> heapBytes, peakHeapBytes;

static void *countedMalloc(size_t size) {
  void *memory = std::malloc(size);
  if (!memory)
    return memory;
  int64_t now = heapBytes += malloc_usable_size(memory);
  int64_t peak = peakHeapBytes;
  while (now > peak && !peakHeapBytes.compare_exchange_weak(peak, now))
    ;
  return memory;
}

static void countedFree(void *memory) {
  if (memory)
    heapBytes -= malloc_usable_size(memory);
  std::free(memory);
}

int64_t LoadedKernel::getPeakHeapBytes() { return peakHeapBytes; }
void LoadedKernel::resetPeakHeapBytes() { peakHeapBytes = heapBytes.load(); }

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

/// LLVM's OpenMP runtime: beside LLVM itself, where LLVM's own search path finds
/// it, or where the system has it. The name is as old as that runtime.
static llvm::Expected<std::unique_ptr<llvm::orc::DefinitionGenerator>>
loadOpenMPRuntime(const llvm::DataLayout &layout) {
  auto runtime = llvm::orc::DynamicLibrarySearchGenerator::Load(
      "libomp.so.5", layout.getGlobalPrefix());
  if (!runtime)
    return llvm::createStringError(
        "a kernel for several threads needs LLVM's OpenMP runtime (Debian: "
        "libomp-22-dev), or use --num-threads=1: " +
        llvm::toString(runtime.takeError()));
  return std::move(*runtime);
}

llvm::Expected<LoadedKernel> LoadedKernel::load(llvm::ArrayRef<char> object,
                                                KernelInterface interface) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  llvm::orc::JITDylib &library = (*jit)->getMainJITDylib();
  llvm::orc::SymbolMap symbols;
  auto define = [&](llvm::StringRef name, void *address) {
    symbols[(*jit)->mangleAndIntern(name)] = {
        llvm::orc::ExecutorAddr::fromPtr(address),
        llvm::JITSymbolFlags::Exported};
  };
  define("malloc", reinterpret_cast<void *>(&countedMalloc));
  define("free", reinterpret_cast<void *>(&countedFree));
  if (auto error = library.define(llvm::orc::absoluteSymbols(symbols)))
    return error;
  auto host = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!host)
    return host.takeError();
  library.addGenerator(std::move(*host));
  if (interface.numThreads > 1) {
    auto runtime = loadOpenMPRuntime((*jit)->getDataLayout());
    if (!runtime)
      return runtime.takeError();
    library.addGenerator(std::move(*runtime));
  }
  auto buffer = llvm::MemoryBuffer::getMemBufferCopy(
      llvm::StringRef(object.data(), object.size()), interface.name);
  if (auto error = (*jit)->addObjectFile(std::move(buffer)))
    return error;
  auto entry = (*jit)->lookup(interface.name + "_packed");
  if (!entry)
    return entry.takeError();
  LoadedKernel kernel;
  for (const std::string &counter : interface.counters) {
    auto reader = (*jit)->lookup(getCounterReader(interface.name, counter));
    if (!reader)
      return reader.takeError();
    kernel.counters[counter] = reader->toPtr<int64_t (*)()>();
  }
  kernel.entry = entry->toPtr<Entry>();
  kernel.jit = std::move(*jit);
  kernel.interface = std::move(interface);
  return kernel;
}
