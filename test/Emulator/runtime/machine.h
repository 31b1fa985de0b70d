//===- machine.h - The inside of the runtime ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The inside of the runtime: warps, fibres and everything in flight.
//
//===----------------------------------------------------------------------===//

#ifndef PTX_EMULATOR_MACHINE_H
#define PTX_EMULATOR_MACHINE_H

#include "emulator.h"
#include <deque>
#include <map>
#include <vector>

namespace ptx {

struct AsyncCopy {
  int line;
  uint64_t number;   // In the order of the thread.
  uint64_t to, from; // Byte of shared memory, generic address.
  uint32_t bytes, sourceBytes;
};
struct BulkWrite {
  int line;
  int rank; // 0: not a tensor.
  uint64_t to, from;
  uint32_t bytes;
  int32_t coordinates[5];
  bool wasRead;
  std::vector<uint8_t> data;
};
enum class Standing { Ready, Warp, Block, Barrier, Product, Done };
struct Fibre : Thread {
  void *stack = nullptr;
  void *stackPointer = nullptr;
  Standing standing = Standing::Done;
  const char *waitsFor = nullptr;
  std::vector<AsyncCopy> copies;
  std::deque<std::vector<AsyncCopy>> copyGroups;
  std::vector<BulkWrite> writes;
  std::deque<std::vector<BulkWrite>> writeGroups;
  uint32_t barrierResult = 0;
  bool waitsForCluster = false;
  uint64_t clusterPhases = 0; // That this thread has arrived at.
  uint64_t fenced = 0; // When it last ran fence.proxy.async.
  uint64_t copiesIssued = 0;
  uint64_t productsIssued = 0, productsWaited = 0;
  std::vector<uint64_t> productGroups; // Products issued at each commit.
  std::vector<uint8_t> localData, localState;
};

struct Warp {
  uint32_t number = 0;
  Fibre *lanes[32] = {};
  uint32_t live = 0, ready = 0;
  uint32_t priority = 0;
  // Threads that wait for the rest of their warp.
  struct Arrival {
    const char *what;
    int line;
    uint32_t mask;
    void *data;
  } arrivals[32];
  uint32_t arrived = 0;
};

struct Machine {
  std::vector<Fibre> fibres;
  std::vector<Warp> warps;
  Fibre *current = nullptr;
  uint64_t random = 1;
  bool eager = false, checkFences = true;
  State sharedStart = Unwritten; // What is known of shared memory at first.
  uint32_t electSeed = 0; // Which lane elect.sync takes.
  uint64_t steps = 0, maxSteps = 0;
  int64_t quantum = 0;
  uint64_t idlePolls = 0; // Since anything last happened.
  uint32_t liveThreads = 0;
  std::vector<uint8_t> sharedData, sharedState;
  // Who wrote each byte of shared memory by a plain store, and when; 0 is
  // nobody. Kept only for kernels that use the async proxy.
  struct Write {
    uint32_t thread = 0;
    uint64_t time = 0;
  };
  std::vector<Write> writes;
  uint64_t time = 0; // Of writes and fences.
};
extern Machine machine;

uint32_t nextRandom();
inline uint32_t nextRandom(uint32_t below) { return nextRandom() % below; }

// Scheduling, in scheduler.cpp.
void waitFor(Thread &t, int line, Standing standing, const char *what);
void wake(Fibre &f);
void giveWay(Thread &t, int line);
void progress();
void runBlock(Code code, uint8_t **params);
void freeStack(void *stack);
inline Fibre &fibreOf(Thread &t) { return static_cast<Fibre &>(t); }

// The last lane of `mask` to come runs `act` for all of them, with what each
// handed in.
void meet(Thread &t, int line, uint32_t mask, const char *what, bool aligned,
          void *data, void (*act)(Thread &, int, uint32_t, void **));
template <class T>
void meet(Thread &t, int line, uint32_t mask, const char *what, bool aligned,
          T &data, void (*act)(Thread &, int, uint32_t, T **)) {
  meet(t, line, mask, what, aligned, static_cast<void *>(&data),
       reinterpret_cast<void (*)(Thread &, int, uint32_t, void **)>(act));
}
// A byte of shared memory that tensor instructions read.
uint8_t *sharedForReading(Thread &t, int line, uint64_t offset,
                          uint64_t bytes);
// The same for the async proxy, which needs a fence after plain writes.
uint8_t *sharedForAsync(Thread &t, int line, uint64_t offset,
                        uint64_t bytes);
void forgetWrites(uint64_t offset, uint64_t bytes);
uint8_t *reserveShared(Thread &t, int line, uint64_t offset, uint64_t bytes);

// Hooks: a thread ends, a block begins or ends, nobody can run.
void blockBarriersReset();
void blockBarriersAfterExit(Thread &t);
void barriersReset();
void barrierAddPending(Thread &t, int line, uint64_t address);
void landCopiesBefore(Fibre &f, uint64_t number);
void bulkReset();
void bulkAtExit(Fibre &f);
void productsReset();
void checkProductsAtExit(Fibre &f);
// Lands one asynchronous copy; false if there is none.
bool landOne();
float elementValue(Element type, uint32_t bits);

} // namespace ptx

#endif
