//===- CUDADriver.h - NVIDIA's driver, if there is one ----------*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_CUDADRIVER_H
#define ATTN_RUNTIME_CUDADRIVER_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace mlir::attn {

/// The functions of libcuda.so.1 that are used here, found at run time: neither
/// NVIDIA's headers nor its libraries are needed to build. Names and numbers are
/// those of the "CUDA Driver API" reference.
struct CUDADriver {
  using Result = int; // CUresult; 0 is success.
  using Device = int;
  using Address = unsigned long long; // CUdeviceptr.
  struct Context;
  struct Module;
  struct Function;
  struct Stream;
  struct Event;

  enum : Result { OutOfMemory = 2, NoDevice = 100, UnsupportedPTXVersion = 222 };
  enum DeviceAttribute { ChipMajor = 75, ChipMinor = 76 };
  enum FunctionAttribute { MaxDynamicSharedBytes = 8 };
  enum LoadOption { ErrorLogBuffer = 5, ErrorLogBytes = 6 };

  Result (*init)(unsigned flags);
  Result (*getErrorName)(Result, const char **);
  Result (*getErrorString)(Result, const char **);
  Result (*deviceGetCount)(int *);
  Result (*deviceGet)(Device *, int ordinal);
  Result (*deviceGetName)(char *, int length, Device);
  Result (*deviceGetAttribute)(int *, int attribute, Device);
  Result (*primaryContextRetain)(Context **, Device);
  Result (*primaryContextRelease)(Device);
  Result (*contextSetCurrent)(Context *);
  Result (*moduleLoad)(Module **, const void *image, unsigned numOptions,
                       int *options, void **values);
  Result (*moduleUnload)(Module *);
  Result (*moduleGetFunction)(Function **, Module *, const char *name);
  Result (*functionSetAttribute)(Function *, int attribute, int value);
  Result (*memoryGetInfo)(size_t *free, size_t *total);
  Result (*memoryAllocate)(Address *, size_t bytes);
  Result (*memoryFree)(Address);
  Result (*copyToDevice)(Address, const void *, size_t bytes);
  Result (*copyToHost)(void *, Address, size_t bytes);
  Result (*copyOnDevice)(Address to, Address from, size_t bytes, Stream *);
  Result (*launchKernel)(Function *, unsigned gridX, unsigned gridY,
                         unsigned gridZ, unsigned blockX, unsigned blockY,
                         unsigned blockZ, unsigned sharedBytes, Stream *,
                         void **parameters, void **extra);
  Result (*contextSynchronize)();
  Result (*eventCreate)(Event **, unsigned flags);
  Result (*eventDestroy)(Event *);
  Result (*eventRecord)(Event *, Stream *);
  Result (*eventSynchronize)(Event *);
  Result (*eventElapsedTime)(float *milliseconds, Event *begin, Event *end);

  /// Fails, saying what to do, where there is no driver or it is too old.
  static llvm::Expected<CUDADriver> load();

  /// An error such as "`what`: CUDA_ERROR_LAUNCH_FAILED (unspecified launch
  /// failure)", unless it is a success.
  llvm::Error check(Result result, const llvm::Twine &what) const;
  std::string describe(Result result) const;
};

/// The first GPU that the driver shows (CUDA_VISIBLE_DEVICES chooses), by its
/// primary context, which is current in this thread from then on.
class CUDADevice {
public:
  static llvm::Expected<std::unique_ptr<CUDADevice>> open();
  ~CUDADevice();

  const CUDADriver &getDriver() const { return driver; }
  const std::string &getName() const { return name; }
  /// Such as sm_90.
  std::string getChip() const { return "sm_" + std::to_string(chip); }
  /// Whether code for such a chip runs here.
  bool canRun(llvm::StringRef programChip) const;

private:
  explicit CUDADevice(CUDADriver driver) : driver(driver) {}

  CUDADriver driver;
  CUDADriver::Device device = 0;
  bool hasContext = false;
  std::string name;
  int chip = 0; // 10 * major + minor.
};

/// Memory of a GPU, of its own.
class DeviceMemory {
public:
  DeviceMemory() = default;
  DeviceMemory(DeviceMemory &&other);
  DeviceMemory &operator=(DeviceMemory &&other);
  ~DeviceMemory();

  /// `what` it is for is part of the error. No bytes: no memory, address 0.
  static llvm::Expected<DeviceMemory> allocate(const CUDADevice &device,
                                               int64_t bytes,
                                               const llvm::Twine &what);
  CUDADriver::Address getAddress() const { return address; }
  int64_t getBytes() const { return bytes; }

private:
  const CUDADriver *driver = nullptr;
  CUDADriver::Address address = 0;
  int64_t bytes = 0;
};

/// The seconds that `launch` keeps the GPU busy, by the GPU's own clock.
llvm::Expected<double>
measureOnDevice(const CUDADevice &device,
                llvm::function_ref<llvm::Error()> launch);

/// Bytes per second of a copy from memory to memory, each read and each written
/// byte counted; the best of `repetitions`.
llvm::Expected<double> measureCopyBandwidth(const CUDADevice &device,
                                            unsigned repetitions);

} // namespace mlir::attn

#endif // ATTN_RUNTIME_CUDADRIVER_H
