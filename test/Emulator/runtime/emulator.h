//===- emulator.h - What a translated kernel sees ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the C++ of a translated kernel sees: its thread, the memories, and
// the instructions that need more than one thread.
//
// Addresses are 64 bits wide: bits 40 and up choose a memory, the rest is
// the byte in it. Memory 0 does not exist, 1 is the block's shared memory, 2
// the thread's local one, 3 the kernel's parameters; global variables and
// arguments follow from 16 on.
//
//===----------------------------------------------------------------------===//

#ifndef PTX_EMULATOR_EMULATOR_H
#define PTX_EMULATOR_EMULATOR_H

#include "formats.h"
#include "integers.h"

namespace ptx {

enum : uint64_t { MemoryBits = 40, Shared = 1, Local = 2, Params = 3 };
// Like the device, keep the first kilobyte of shared memory for the system:
// an address of zero is an error there.
enum : uint64_t { SharedStart = 1024 };
constexpr uint64_t window(uint64_t memory) { return memory << MemoryBits; }

// What is known of each byte.
enum State : uint8_t {
  Unwritten = 0,
  Written = 1,
  InFlight = 2, // The target of an asynchronous copy.
  Barrier = 4,  // Part of an mbarrier object.
  Reserved = 8, // The system's.
};

struct Memory {
  uint8_t *data = nullptr;
  uint8_t *state = nullptr; // Null: all of it is written.
  uint64_t size = 0;
  uint32_t writable = 0;
  uint32_t argument = 0; // 1 + its number, 0 for variables of the module.
};

struct Warp;
struct Thread {
  Memory local;
  uint64_t frame = 0; // The first free byte of local memory.
  Warp *warp = nullptr;
  uint32_t id[3] = {};
  uint32_t index = 0; // In the block.
  uint32_t lane = 0;
  int line = 0; // Where it stood last.
  uint8_t *stackLimit = nullptr;
};

// The state of the block that runs; set by the runtime.
struct Block {
  Memory *memories; // By number; the thread's local memory is not in it.
  uint64_t memoryCount;
  int64_t fuel; // Instructions until the scheduler is asked again.
  uint32_t grid[3], size[3], id[3];
  uint32_t dynamicShared, totalShared;
  uint32_t warps;
  bool notesWrites; // The kernel has instructions of the async proxy.
};
extern Block block;

// Never come back: the launch ends with this message.
[[noreturn]] void fail(Thread &t, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
[[noreturn]] void badAccess(Thread &t, int line, uint64_t address,
                            uint64_t bytes, uint64_t aligned, bool isWrite);

// At the head of each function: calls may not be nested without end.
inline void checkStack(Thread &t, int line) {
  if (static_cast<uint8_t *>(__builtin_frame_address(0)) < t.stackLimit)
    fail(t, line, "too many calls inside calls: the emulator's stack of 512 "
                  "kB is used up");
}

// --- Time ----------------------------------------------------------------

void outOfFuel(Thread &t, int line);
uint64_t clockNow();
// At the head of each straight run of instructions.
inline void step(Thread &t, int line, int instructions) {
  if (__builtin_expect((block.fuel -= instructions) < 0, 0))
    outOfFuel(t, line);
}

// --- Memory --------------------------------------------------------------

inline Memory *memoryAt(Thread &t, uint64_t address) {
  uint64_t number = address >> MemoryBits;
  if (number == Local)
    return &t.local;
  return number < block.memoryCount ? &block.memories[number] : nullptr;
}
constexpr uint64_t offsetOf(uint64_t address) {
  return address & (window(1) - 1);
}
template <int N> inline bool allWritten(const uint8_t *state) {
  if constexpr (N == 1)
    return *state == Written;
  else if constexpr (N == 2) {
    uint16_t s;
    memcpy(&s, state, 2);
    return s == 0x0101;
  } else if constexpr (N == 4) {
    uint32_t s;
    memcpy(&s, state, 4);
    return s == 0x01010101;
  } else if constexpr (N == 8) {
    uint64_t s;
    memcpy(&s, state, 8);
    return s == 0x0101010101010101;
  } else
    return allWritten<N / 2>(state) && allWritten<N / 2>(state + N / 2);
}
template <int N> inline bool noneBusy(const uint8_t *state) {
  bool busy = false;
  for (int i = 0; i < N; ++i)
    busy |= state[i] > Written;
  return !busy;
}
template <int N>
inline bool inside(const Memory *m, uint64_t offset, int aligned) {
  return m && m->size >= N && offset <= m->size - N &&
         (offset & (aligned - 1)) == 0;
}
// N bytes at an address that is a multiple of N.
template <int N>
inline void read(Thread &t, uint64_t address, void *out, int line) {
  Memory *m = memoryAt(t, address);
  uint64_t offset = offsetOf(address);
  if (!inside<N>(m, offset, N) ||
      (m->state && !allWritten<N>(m->state + offset)))
    badAccess(t, line, address, N, N, false);
  memcpy(out, m->data + offset, N);
}
// Lanes of E bytes each. In a thread's own memory some of them may be unwritten, and
// then are NaN: LLVM reads a whole vector where it needs part of one.
template <int N, int E>
inline void readLanes(Thread &t, uint64_t address, void *out, int line) {
  Memory *m = memoryAt(t, address);
  uint64_t offset = offsetOf(address);
  if (address >> MemoryBits != Local || !inside<N>(m, offset, N) || !m->state)
    return read<N>(t, address, out, line);
  bool any = false;
  for (int i = 0; i < N; i += E) {
    bool written = allWritten<E>(m->state + offset + i);
    any |= written;
    if (written)
      memcpy(static_cast<uint8_t *>(out) + i, m->data + offset + i, E);
    else
      memset(static_cast<uint8_t *>(out) + i, 0xFF, E);
  }
  if (!any)
    badAccess(t, line, address, N, N, false);
}
// An instruction of the async proxy must not read this before a fence.
void noteWrite(Thread &t, uint64_t offset, uint64_t bytes);
template <int N>
inline void write(Thread &t, uint64_t address, const void *in, int line) {
  Memory *m = memoryAt(t, address);
  uint64_t offset = offsetOf(address);
  if (!inside<N>(m, offset, N) || !m->writable ||
      (m->state && !noneBusy<N>(m->state + offset)))
    badAccess(t, line, address, N, N, true);
  memcpy(m->data + offset, in, N);
  if (m->state)
    memset(m->state + offset, Written, N);
  if (__builtin_expect(block.notesWrites, 0) &&
      address >> MemoryBits == Shared)
    noteWrite(t, offset, N);
}
template <class T> inline T load(Thread &t, uint64_t address, int line) {
  T value;
  read<sizeof(T)>(t, address, &value, line);
  return value;
}
template <class T>
inline void store(Thread &t, uint64_t address, T value, int line) {
  write<sizeof(T)>(t, address, &value, line);
}
// A generic address, or one that is in no memory if the address of a
// particular space already has the bits of a memory.
inline uint64_t inSpace(uint64_t memory, uint64_t address) {
  return address >> MemoryBits ? address | 1ull << 63
                               : window(memory) | address;
}
inline uint64_t inGlobal(uint64_t address) {
  return address >> MemoryBits < 16 ? address | 1ull << 63 : address;
}
// The address in the generic window of a memory, and back.
inline uint64_t toGeneric(uint64_t memory, uint64_t offset) {
  return window(memory) | offsetOf(offset);
}
uint64_t fromGeneric(Thread &t, int line, uint64_t memory, uint64_t address);

// The local memory of one call of a function.
class Frame {
public:
  Frame(Thread &t, int line, uint64_t bytes);
  ~Frame() { t.frame = before; }
  uint64_t base;

private:
  Thread &t;
  uint64_t before;
};
inline void fillLocal(Thread &t, uint64_t to, const uint8_t *from,
                      uint64_t bytes) {
  memcpy(t.local.data + to, from, bytes);
  memset(t.local.state + to, Written, bytes);
}
uint64_t allocateOnStack(Thread &t, int line, uint64_t bytes, uint64_t align);

// --- Atomic operations ---------------------------------------------------

// Threads change only at the points named here, so a read and a write in
// one go are atomic.
template <class T, class Operation>
inline T atomic(Thread &t, uint64_t address, int line, Operation operation) {
  T old = load<T>(t, address, line);
  store<T>(t, address, operation(old), line);
  return old;
}

// --- Instructions of a warp ----------------------------------------------

enum class Shuffle { Up, Down, Butterfly, Index };
uint32_t shuffle(Thread &t, int line, Shuffle mode, uint32_t value,
                 uint32_t by, uint32_t clamp, uint32_t mask, bool &inRange);
enum class Vote { All, Any, Uniform, Ballot };
uint32_t vote(Thread &t, int line, Vote mode, bool value, uint32_t mask);
uint32_t matchAny(Thread &t, int line, uint64_t value, uint32_t mask);
uint32_t matchAll(Thread &t, int line, uint64_t value, uint32_t mask,
                  bool &same);
enum class Reduce { Add, Min, Max, MinSigned, MaxSigned, And, Or, Xor };
uint32_t reduceWarp(Thread &t, int line, Reduce mode, uint32_t value,
                    uint32_t mask);
uint32_t elect(Thread &t, int line, uint32_t mask, bool &elected);
void warpBarrier(Thread &t, int line, uint32_t mask);

// --- Barriers of a block -------------------------------------------------

enum class Combine { None, Count, And, Or };
// `count` 0 means every thread of the block.
uint32_t blockBarrier(Thread &t, int line, uint32_t id, uint32_t count,
                      bool aligned, bool waits, Combine mode, bool value);

// The barrier of a cluster, which is one block.
void clusterBarrier(Thread &t, int line, bool waits);

// --- Tensor cores, sm_80 -------------------------------------------------

enum class Element { F16, BF16, TF32 };
// d, a, b and c are the registers of this thread.
void mma(Thread &t, int line, int k, Element type, uint32_t *d,
         const uint32_t *a, const uint32_t *b, const uint32_t *c);
void loadMatrix(Thread &t, int line, int matrices, bool transposed,
                uint64_t address, uint32_t *out);
void storeMatrix(Thread &t, int line, int matrices, bool transposed,
                 uint64_t address, const uint32_t *in);

// --- Asynchronous copies of a thread, sm_80 --------------------------------

void copyAsync(Thread &t, int line, uint64_t to, uint64_t from, uint32_t bytes,
               uint32_t sourceBytes);
void copyCommit(Thread &t);
void copyWait(Thread &t, uint32_t pendingGroups);
void copyWaitAll(Thread &t);
// The barrier arrives once the thread's copies so far have landed.
void copyArrive(Thread &t, int line, uint64_t barrier, bool increments);

// --- mbarrier objects ----------------------------------------------------

void barrierInit(Thread &t, int line, uint64_t address, uint32_t count);
void barrierInvalidate(Thread &t, int line, uint64_t address);
uint64_t barrierArrive(Thread &t, int line, uint64_t address, uint32_t count,
                       uint64_t expectedBytes, bool drops);
void barrierExpect(Thread &t, int line, uint64_t address, uint64_t bytes);
void barrierComplete(Thread &t, int line, uint64_t address, uint64_t bytes);
// Whether the phase of this parity is over. `waits`: may wait until it is.
bool barrierParity(Thread &t, int line, uint64_t address, uint32_t parity,
                   bool waits);
bool barrierState(Thread &t, int line, uint64_t address, uint64_t state,
                  bool waits);
uint32_t barrierPending(uint64_t state);

// --- Bulk copies, sm_90 --------------------------------------------------

void bulkLoad(Thread &t, int line, uint64_t to, uint64_t from, uint32_t bytes,
              uint64_t barrier);
void bulkStore(Thread &t, int line, uint64_t to, uint64_t from,
               uint32_t bytes);
void tensorLoad(Thread &t, int line, int rank, uint64_t to, uint64_t map,
                const uint32_t *coordinates, uint64_t barrier);
void tensorStore(Thread &t, int line, int rank, uint64_t map,
                 const uint32_t *coordinates, uint64_t from);
void bulkCommit(Thread &t);
void proxyFence(Thread &t);
void bulkWait(Thread &t, int line, uint32_t pendingGroups, bool readsOnly);

// --- Matrix products of four warps, sm_90a -------------------------------

// A register that wgmma uses: kept in memory, with what is known of it.
struct Tracked {
  uint32_t value = ~0u;
  uint8_t written = 0;  // By another instruction since the last fence.
  uint16_t reading = 0; // Products in flight that read it ...
  uint16_t writing = 0; // ... or accumulate in it.
};
[[noreturn]] void trackedInFlight(Thread &t, int line, bool isWrite);
inline uint32_t readTracked(Thread &t, const Tracked &r, int line) {
  if (__builtin_expect(r.writing != 0, 0))
    trackedInFlight(t, line, false);
  return r.value;
}
// A mov does not count as a write that wgmma.fence must order: compilers put
// the copies and constants of wgmma's operands behind the fence, and ptxas
// takes care of them.
inline void writeTracked(Thread &t, Tracked &r, uint32_t value, int line,
                         bool isMove) {
  if (__builtin_expect(r.writing != 0 || r.reading != 0, 0))
    trackedInFlight(t, line, true);
  r.value = value;
  r.written |= !isMove;
}
struct Product {
  int n;
  Element type;
  bool transposeA, transposeB;
  bool negateA, negateB;
  bool aInRegisters;
};
void groupMatrixFence(Tracked *all, int count);
// `d` has n / 2 registers; a in registers has four.
void groupMatrix(Thread &t, int line, const Product &product, Tracked *all,
                 const uint16_t *d, const uint16_t *a, uint64_t aDescriptor,
                 uint64_t bDescriptor, bool accumulate);
void groupMatrixCommit(Thread &t, int line);
void groupMatrixWait(Thread &t, int line, uint32_t pendingGroups);
// A function must not end while its registers are in flight.
void checkTrackedAtReturn(Thread &t, int line, const Tracked *all, int count);
void setRegisterLimit(Thread &t, int line, uint32_t registers);

// --- What a translated module offers -------------------------------------

using Code = void (*)(Thread &, uint8_t **);
struct Kernel {
  const char *name;
  Code code;
};

} // namespace ptx

#endif
