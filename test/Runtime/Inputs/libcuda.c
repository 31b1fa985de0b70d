/* A stub of NVIDIA's driver for tests: the host's memory is the device's. Kernels do
   nothing, or what the emulator of PTX makes of them. Its environment:

     STUB_CUDA_CHIP      of the only GPU, such as 90 (default); none: no GPU
     STUB_CUDA_MEMORY    bytes of the GPU's memory (default: 16 GiB)
     STUB_CUDA_FAIL      FUNCTION:CODE, what this function returns
     STUB_CUDA_LOG       a file for what is launched and freed
     STUB_CUDA_PTX       a command that makes a file for the emulator of one of PTX

   A kernel that does what it must not, by the emulator's rules, is reported on
   stderr and fails. */

#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int Result;
typedef unsigned long long Address;

/* An address has the number of its memory above these bits, as the emulator's. */
enum { kMemoryBits = 40, kFirstMemory = 16, kMaxGlobals = 64, kMaxMemories = 1024 };
enum { kMaxKernels = 64, kMaxParameters = 64 };

/* As in test/Emulator/ptx_emulator/launch.py. */
typedef struct {
  void *data;
  uint8_t *state;
  uint64_t size;
  uint32_t writable, argument;
} Memory;
typedef struct {
  const char *kernel;
  void *params;
  uint64_t paramBytes;
  Memory *memories;
  uint64_t memoryCount, dynamicShared, seed, maxSteps;
  uint32_t grid[3], size[3], eager, checkFences, sharedIsWritten;
} Launch;
typedef struct {
  char message[4096];
  int line;
  uint32_t thread[3], block[3];
  uint64_t steps;
} Outcome;

typedef struct {
  char name[256];
  unsigned block[3];
  int sizes[kMaxParameters], alignments[kMaxParameters], numParameters;
} Kernel;

static Memory memories[kMaxMemories]; /* From number kFirstMemory on. */
static int numMemories = kMaxGlobals, numGlobals;
static uint64_t bytesUsed;
static Kernel kernels[kMaxKernels];
static int numKernels;
static char *ptxText;
static int (*runEmulator)(Launch *, Outcome *);
static Result stickyError;

static const char *get(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value ? value : otherwise;
}

static void note(const char *format, ...) {
  const char *path = getenv("STUB_CUDA_LOG");
  FILE *file = path ? fopen(path, "a") : 0;
  va_list arguments;
  if (!file)
    return;
  va_start(arguments, format);
  vfprintf(file, format, arguments);
  va_end(arguments);
  fclose(file);
}

/* What STUB_CUDA_FAIL says of this function. */
static Result getFailure(const char *function) {
  const char *fail = get("STUB_CUDA_FAIL", "");
  size_t length = strlen(function);
  return !strncmp(fail, function, length) && fail[length] == ':'
             ? atoi(fail + length + 1)
             : 0;
}
#define MAY_FAIL()                                                             \
  do {                                                                         \
    Result failure = getFailure(__func__);                                     \
    if (failure)                                                               \
      return failure;                                                          \
  } while (0)

Result cuInit(unsigned flags) {
  MAY_FAIL();
  return 0;
}
Result cuGetErrorName(Result result, const char **name) {
  *name = result == 1     ? "CUDA_ERROR_INVALID_VALUE"
          : result == 2   ? "CUDA_ERROR_OUT_OF_MEMORY"
          : result == 218 ? "CUDA_ERROR_INVALID_PTX"
          : result == 222 ? "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"
          : result == 500 ? "CUDA_ERROR_NOT_FOUND"
          : result == 719 ? "CUDA_ERROR_LAUNCH_FAILED"
          : result == 803 ? "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"
                          : 0;
  return *name ? 0 : 1;
}
Result cuGetErrorString(Result result, const char **text) {
  *text = "the stub's words";
  return result == 719 ? 0 : 1;
}
Result cuDeviceGetCount(int *count) {
  *count = strcmp(get("STUB_CUDA_CHIP", ""), "none") != 0;
  return 0;
}
Result cuDeviceGet(int *device, int ordinal) {
  *device = ordinal;
  return 0;
}
Result cuDeviceGetName(char *name, int length, int device) {
  snprintf(name, length, "Stub GPU");
  return 0;
}
Result cuDeviceGetAttribute(int *value, int attribute, int device) {
  int chip = atoi(get("STUB_CUDA_CHIP", "90"));
  *value = attribute == 75 ? chip / 10 : attribute == 76 ? chip % 10 : 0;
  return 0;
}
Result cuDevicePrimaryCtxRetain(void **context, int device) {
  MAY_FAIL();
  *context = &memories;
  return 0;
}
Result cuDevicePrimaryCtxRelease_v2(int device) {
  int left = 0, i;
  for (i = kMaxGlobals; i < numMemories; ++i)
    left += memories[i].data != 0;
  note("release, %d allocations left\n", left);
  return 0;
}
Result cuCtxSetCurrent(void *context) { return 0; }
Result cuCtxSynchronize(void) {
  MAY_FAIL();
  return stickyError;
}

/* Memory. */

static uint64_t getTotal(void) {
  return strtoull(get("STUB_CUDA_MEMORY", "17179869184"), 0, 10);
}
Result cuMemGetInfo_v2(size_t *free, size_t *total) {
  *total = getTotal();
  *free = *total - bytesUsed;
  return 0;
}
Result cuMemAlloc_v2(Address *address, size_t bytes) {
  Memory *memory = &memories[numMemories];
  MAY_FAIL();
  if (bytes == 0 || numMemories == kMaxMemories)
    return 1;
  if (bytes > getTotal() - bytesUsed)
    return 2;
  memory->data = malloc(bytes);
  memory->state = calloc(bytes, 1);
  memory->size = bytes;
  memory->writable = 1;
  if (bytes < (1 << 28))
    memset(memory->data, 0xff, bytes);
  bytesUsed += bytes;
  *address = (Address)(kFirstMemory + numMemories++) << kMemoryBits;
  return 0;
}
static Memory *find(Address address, size_t bytes) {
  Address number = (address >> kMemoryBits) - kFirstMemory;
  Address offset = address & (((Address)1 << kMemoryBits) - 1);
  if (number >= (Address)numMemories || !memories[number].data ||
      offset + bytes > memories[number].size)
    return 0;
  return &memories[number];
}
Result cuMemFree_v2(Address address) {
  Memory *memory = find(address, 0);
  if (!memory)
    return 1;
  bytesUsed -= memory->size;
  free(memory->data);
  free(memory->state);
  memset(memory, 0, sizeof(Memory));
  return 0;
}
Result cuMemcpyHtoD_v2(Address to, const void *from, size_t bytes) {
  Memory *memory = find(to, bytes);
  MAY_FAIL();
  if (!memory)
    return 1;
  memcpy(memory->data, from, bytes);
  memset(memory->state, 1, bytes);
  return 0;
}
Result cuMemcpyDtoH_v2(void *to, Address from, size_t bytes) {
  Memory *memory = find(from, bytes);
  MAY_FAIL();
  if (!memory)
    return 1;
  memcpy(to, memory->data, bytes);
  return 0;
}
Result cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void *stream) {
  return find(to, bytes) && find(from, bytes) ? 0 : 1; /* Only for its time. */
}

/* Modules. */

static int readDescription(const char *path) {
  char library[4096], word[16], hex[65536];
  FILE *file = fopen(path, "r");
  if (!file || fscanf(file, "%4095s", library) != 1)
    return 0;
  while (fscanf(file, "%15s", word) == 1) {
    if (!strcmp(word, "global")) {
      Memory *memory = &memories[numGlobals++];
      unsigned writable;
      unsigned long long size, i;
      if (numGlobals > kMaxGlobals ||
          fscanf(file, "%u %llu %65535s", &writable, &size, hex) != 3)
        return 0;
      memory->data = malloc(size + 1);
      memory->size = size;
      memory->writable = writable;
      for (i = 0; i < size; ++i)
        sscanf(hex + 2 * i, "%2hhx", (unsigned char *)memory->data + i);
    } else if (!strcmp(word, "kernel")) {
      Kernel *kernel = &kernels[numKernels++];
      if (numKernels > kMaxKernels ||
          fscanf(file, "%255s %u %u %u", kernel->name, &kernel->block[0],
                 &kernel->block[1], &kernel->block[2]) != 4)
        return 0;
    } else {
      Kernel *kernel = &kernels[numKernels - 1];
      int i = kernel->numParameters++;
      if (i >= kMaxParameters ||
          fscanf(file, "%d %d", &kernel->sizes[i], &kernel->alignments[i]) != 2)
        return 0;
    }
  }
  fclose(file);
  *(void **)&runEmulator = dlsym(dlopen(library, RTLD_NOW), "ptxLaunch");
  return runEmulator != 0;
}

static int translate(void) {
  char ptx[] = "/tmp/stub-cuda-XXXXXX", description[64], command[4096];
  int file = mkstemp(ptx), good;
  good = file >= 0 && write(file, ptxText, strlen(ptxText)) >= 0;
  close(file);
  snprintf(description, sizeof(description), "%s.txt", ptx);
  snprintf(command, sizeof(command), "%s %s %s", getenv("STUB_CUDA_PTX"), ptx,
           description);
  good = good && system(command) == 0 && readDescription(description);
  unlink(ptx);
  unlink(description);
  return good;
}

Result cuModuleLoadDataEx(void **module, const char *image, unsigned count,
                          int *options, void **values) {
  unsigned i;
  MAY_FAIL();
  *module = &kernels; /* One at a time. */
  memset(kernels, 0, sizeof(kernels));
  numKernels = numGlobals = 0;
  ptxText = strdup(image);
  if (strstr(image, ".version") &&
      (!getenv("STUB_CUDA_PTX") || translate()))
    return 0;
  for (i = 0; i < count; ++i)
    if (options[i] == 5)
      strcpy(values[i], "ptxas: no version\n");
  return 218;
}
Result cuModuleUnload(void *module) {
  note("unload\n");
  return 0;
}
Result cuModuleGetFunction(Kernel **function, void *module, const char *name) {
  char entry[300];
  int i;
  for (i = 0; i < numKernels; ++i)
    if (!strcmp(kernels[i].name, name)) {
      *function = &kernels[i];
      return 0;
    }
  snprintf(entry, sizeof(entry), ".entry %s(", name);
  if (numKernels == kMaxKernels || !strstr(ptxText, entry))
    return 500;
  *function = &kernels[numKernels++];
  snprintf((*function)->name, sizeof((*function)->name), "%s", name);
  return 0;
}
Result cuFuncSetAttribute(Kernel *function, int attribute, int value) {
  MAY_FAIL();
  note("%s: attribute %d = %d\n", function->name, attribute, value);
  return 0;
}

Result cuLaunchKernel(Kernel *function, unsigned gridX, unsigned gridY,
                      unsigned gridZ, unsigned blockX, unsigned blockY,
                      unsigned blockZ, unsigned sharedBytes, void *stream,
                      void **parameters, void **extra) {
  unsigned char bytes[8 * kMaxParameters];
  Launch launch = {.kernel = function->name,
                   .params = bytes,
                   .memories = memories,
                   .memoryCount = numMemories,
                   .dynamicShared = sharedBytes,
                   .seed = 1,
                   .maxSteps = 10000000000ull,
                   .grid = {gridX, gridY, gridZ},
                   .size = {blockX, blockY, blockZ},
                   .checkFences = 1};
  static Outcome outcome;
  int i;
  MAY_FAIL();
  note("launch %s, grid %u %u %u, block %u %u %u, %u bytes\n", function->name,
       gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes);
  if (function->block[0] &&
      (function->block[0] != blockX || function->block[1] != blockY ||
       function->block[2] != blockZ))
    return 1;
  if (!runEmulator)
    return 0;
  for (i = 0; i < function->numParameters; ++i) {
    uint64_t step = function->alignments[i];
    launch.paramBytes = (launch.paramBytes + step - 1) / step * step;
    if (launch.paramBytes + function->sizes[i] > sizeof(bytes))
      return 1;
    memcpy(bytes + launch.paramBytes, parameters[i], function->sizes[i]);
    launch.paramBytes += function->sizes[i];
  }
  if (runEmulator(&launch, &outcome)) {
    fprintf(stderr, "emulator: kernel %s, line %d of PTX: %s\n", function->name,
            outcome.line, outcome.message);
    stickyError = 719;
  }
  return 0;
}

/* Events: each takes two milliseconds. */

Result cuEventCreate(void **event, unsigned flags) {
  *event = &memories;
  return 0;
}
Result cuEventDestroy_v2(void *event) { return 0; }
Result cuEventRecord(void *event, void *stream) { return 0; }
Result cuEventSynchronize(void *event) { return stickyError; }
Result cuEventElapsedTime(float *milliseconds, void *begin, void *end) {
  *milliseconds = 2;
  return 0;
}
