//===- CUDADriver.cpp - NVIDIA's driver, if there is one ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Runtime/CUDADriver.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>

using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

static constexpr const char *kLibrary = "libcuda.so.1";

llvm::Expected<CUDADriver> CUDADriver::load() {
  std::string reason;
  auto library = llvm::sys::DynamicLibrary::getLibrary(kLibrary, &reason);
  if (!library.isValid())
    return llvm::createStringError(
        llvm::Twine("no NVIDIA driver: ") + kLibrary +
        " was not found (" + reason +
        "); install the driver, or compile here with attn-compile "
        "--target=nvptx and run the program where a GPU is");
  CUDADriver driver;
  std::string missing;
  auto find = [&](auto *&function, const char *name) {
    void *address = library.getAddressOfSymbol(name);
    if (!address && missing.empty())
      missing = name;
    function =
        reinterpret_cast<std::remove_reference_t<decltype(function)>>(address);
  };
  find(driver.init, "cuInit");
  find(driver.getErrorName, "cuGetErrorName");
  find(driver.getErrorString, "cuGetErrorString");
  find(driver.deviceGetCount, "cuDeviceGetCount");
  find(driver.deviceGet, "cuDeviceGet");
  find(driver.deviceGetName, "cuDeviceGetName");
  find(driver.deviceGetAttribute, "cuDeviceGetAttribute");
  find(driver.primaryContextRetain, "cuDevicePrimaryCtxRetain");
  find(driver.primaryContextRelease, "cuDevicePrimaryCtxRelease_v2");
  find(driver.contextSetCurrent, "cuCtxSetCurrent");
  find(driver.moduleLoad, "cuModuleLoadDataEx");
  find(driver.moduleUnload, "cuModuleUnload");
  find(driver.moduleGetFunction, "cuModuleGetFunction");
  find(driver.functionSetAttribute, "cuFuncSetAttribute");
  find(driver.memoryGetInfo, "cuMemGetInfo_v2");
  find(driver.memoryAllocate, "cuMemAlloc_v2");
  find(driver.memoryFree, "cuMemFree_v2");
  find(driver.copyToDevice, "cuMemcpyHtoD_v2");
  find(driver.copyToHost, "cuMemcpyDtoH_v2");
  find(driver.copyOnDevice, "cuMemcpyDtoDAsync_v2");
  find(driver.launchKernel, "cuLaunchKernel");
  find(driver.contextSynchronize, "cuCtxSynchronize");
  find(driver.eventCreate, "cuEventCreate");
  find(driver.eventDestroy, "cuEventDestroy_v2");
  find(driver.eventRecord, "cuEventRecord");
  find(driver.eventSynchronize, "cuEventSynchronize");
  find(driver.eventElapsedTime, "cuEventElapsedTime");
  if (!missing.empty())
    return llvm::createStringError(
        llvm::Twine(kLibrary) + " has no function '" + missing +
        "': NVIDIA's driver is too old; install one for CUDA 12 or newer");
  return driver;
}

std::string CUDADriver::describe(Result result) const {
  const char *name = nullptr, *text = nullptr;
  if (getErrorName(result, &name) || !name)
    return "error " + std::to_string(result) + " of the CUDA driver";
  std::string description = name;
  if (!getErrorString(result, &text) && text)
    description += std::string(" (") + text + ")";
  return description;
}

llvm::Error CUDADriver::check(Result result, const llvm::Twine &what) const {
  if (!result)
    return llvm::Error::success();
  return llvm::createStringError(what + ": " + describe(result));
}

//===----------------------------------------------------------------------===//
// The device
//===----------------------------------------------------------------------===//

llvm::Expected<std::unique_ptr<CUDADevice>> CUDADevice::open() {
  llvm::Expected<CUDADriver> driver = CUDADriver::load();
  if (!driver)
    return driver.takeError();
  std::unique_ptr<CUDADevice> device(new CUDADevice(*driver));
  int count = 0;
  CUDADriver::Result result = driver->init(0);
  if (!result)
    result = driver->deviceGetCount(&count);
  if (result == CUDADriver::NoDevice || (!result && count == 0))
    return llvm::createStringError(
        "no NVIDIA GPU: the driver shows none; look at nvidia-smi and at "
        "CUDA_VISIBLE_DEVICES");
  if (auto error = driver->check(result, "NVIDIA's driver does not start"))
    return error;
  if (auto error = driver->check(driver->deviceGet(&device->device, 0),
                                 "the GPU cannot be used"))
    return error;
  char name[256] = "";
  int major = 0, minor = 0;
  for (CUDADriver::Result result :
       {driver->deviceGetName(name, sizeof(name) - 1, device->device),
        driver->deviceGetAttribute(&major, CUDADriver::ChipMajor,
                                   device->device),
        driver->deviceGetAttribute(&minor, CUDADriver::ChipMinor,
                                   device->device)})
    if (auto error = driver->check(result, "the GPU says nothing of itself"))
      return error;
  device->name = name;
  device->chip = 10 * major + minor;
  CUDADriver::Context *context = nullptr;
  if (auto error =
          driver->check(driver->primaryContextRetain(&context, device->device),
                        "the GPU cannot be used"))
    return error;
  device->hasContext = true;
  if (auto error = driver->check(driver->contextSetCurrent(context),
                                 "the GPU cannot be used"))
    return error;
  return device;
}

CUDADevice::~CUDADevice() {
  if (hasContext)
    driver.primaryContextRelease(device);
}

bool CUDADevice::canRun(llvm::StringRef programChip) const {
  // sm_80 runs on all that is newer, sm_90a on 9.0 only.
  bool isKnown = programChip.consume_front("sm_");
  bool isExact = programChip.consume_back("a");
  int needed = 0;
  if (!isKnown || programChip.getAsInteger(10, needed))
    return false;
  return isExact ? chip == needed : chip >= needed;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

llvm::Expected<DeviceMemory> DeviceMemory::allocate(const CUDADevice &device,
                                                    int64_t bytes,
                                                    const llvm::Twine &what) {
  DeviceMemory memory;
  memory.driver = &device.getDriver();
  memory.bytes = bytes;
  if (bytes == 0)
    return memory;
  CUDADriver::Result result =
      memory.driver->memoryAllocate(&memory.address, bytes);
  if (result) {
    memory.address = 0;
    size_t free = 0, total = 0;
    memory.driver->memoryGetInfo(&free, &total);
    std::string text =
        llvm::formatv("{0} bytes of the GPU's memory for {1}, of which {2} of "
                      "{3} are free",
                      bytes, what.str(), free, total);
    if (result == CUDADriver::OutOfMemory)
      return llvm::createStringError("there are not " + text +
                                     "; use smaller arrays");
    return memory.driver->check(result, "there are no " + text);
  }
  return memory;
}

DeviceMemory::DeviceMemory(DeviceMemory &&other) { *this = std::move(other); }

DeviceMemory &DeviceMemory::operator=(DeviceMemory &&other) {
  std::swap(driver, other.driver);
  std::swap(address, other.address);
  std::swap(bytes, other.bytes);
  return *this;
}

DeviceMemory::~DeviceMemory() {
  if (address)
    driver->memoryFree(address);
}

//===----------------------------------------------------------------------===//
// Time
//===----------------------------------------------------------------------===//

namespace {
/// A point in the order of what the GPU does.
class Event {
public:
  explicit Event(const CUDADriver &driver) : driver(driver) {}
  ~Event() {
    if (event)
      driver.eventDestroy(event);
  }
  CUDADriver::Result record() {
    if (CUDADriver::Result result = driver.eventCreate(&event, 0))
      return result;
    return driver.eventRecord(event, nullptr);
  }
  CUDADriver::Event *event = nullptr;

private:
  const CUDADriver &driver;
};
} // namespace

llvm::Expected<double>
mlir::attn::measureOnDevice(const CUDADevice &device,
                            llvm::function_ref<llvm::Error()> launch) {
  const CUDADriver &driver = device.getDriver();
  Event begin(driver), end(driver);
  if (auto error = driver.check(begin.record(), "an event"))
    return error;
  if (auto error = launch())
    return error;
  float milliseconds = 0;
  if (auto error = driver.check(end.record(), "an event"))
    return error;
  if (auto error = driver.check(driver.eventSynchronize(end.event),
                                "the GPU does not finish"))
    return error;
  if (auto error = driver.check(
          driver.eventElapsedTime(&milliseconds, begin.event, end.event),
          "the time of an event"))
    return error;
  return milliseconds * 1e-3;
}

llvm::Expected<double>
mlir::attn::measureCopyBandwidth(const CUDADevice &device,
                                 unsigned repetitions) {
  // Beyond every cache: those of the largest chips have about 100 MB.
  constexpr int64_t kBytes = int64_t(1) << 30;
  auto from = DeviceMemory::allocate(device, kBytes, "a copy");
  if (!from)
    return from.takeError();
  auto to = DeviceMemory::allocate(device, kBytes, "a copy");
  if (!to)
    return to.takeError();
  const CUDADriver &driver = device.getDriver();
  double best = 0;
  for (unsigned i = 0; i <= repetitions; ++i) { // The first one is not counted.
    llvm::Expected<double> seconds = measureOnDevice(device, [&] {
      return driver.check(driver.copyOnDevice(to->getAddress(),
                                              from->getAddress(), kBytes,
                                              /*stream=*/nullptr),
                          "a copy");
    });
    if (!seconds)
      return seconds.takeError();
    if (i > 0 && *seconds > 0)
      best = std::max(best, 2.0 * kBytes / *seconds);
  }
  return best;
}
