//===- mbarrier.cpp - mbarrier objects ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// mbarrier objects: phases that end when all have arrived and all expected
// bytes are there.
//
//===----------------------------------------------------------------------===//

#include "machine.h"
#include "outcome.h"

using namespace ptx;

namespace {
struct MBarrier {
  int64_t expected = 0; // Arrivals of a phase, from the next one on.
  int64_t pending = 0;  // Arrivals that this phase still waits for.
  int64_t bytes = 0;    // Expected less arrived; below zero for a while.
  uint64_t phase = 0;
  std::vector<Fibre *> waiting;
};
std::map<uint64_t, MBarrier> objects;
const int64_t MostArrivals = (1 << 20) - 1;

uint64_t place(Thread &t, int line, uint64_t address) {
  uint64_t offset = address >> MemoryBits
                        ? fromGeneric(t, line, Shared, address)
                        : address;
  if (offset % 8)
    badAccess(t, line, window(Shared) | offset, 8, 8, true);
  return offset;
}
MBarrier &find(Thread &t, int line, uint64_t address) {
  uint64_t offset = place(t, line, address);
  auto it = objects.find(offset);
  if (it == objects.end())
    fail(t, line, "no mbarrier object was initialised at byte %llu of shared "
                  "memory",
         (unsigned long long)offset);
  return it->second;
}
void endPhaseIfComplete(MBarrier &barrier) {
  if (barrier.pending || barrier.bytes)
    return;
  barrier.pending = barrier.expected;
  ++barrier.phase;
  progress();
  for (Fibre *f : barrier.waiting)
    if (f->standing == Standing::Barrier)
      wake(*f);
  barrier.waiting.clear();
}
bool test(Thread &t, int line, MBarrier &barrier, uint64_t phase, bool waits) {
  t.line = line;
  auto over = [&] { return (barrier.phase & 1) != (phase & 1); };
  if (over()) {
    if (nextRandom(8) == 0)
      giveWay(t, line);
    return true;
  }
  if (!waits) {
    // Somebody may poll without end: what is in flight must land some time.
    if (nextRandom(16) == 0)
      landOne();
    giveWay(t, line);
    return false;
  }
  barrier.waiting.push_back(&fibreOf(t));
  waitFor(t, line, Standing::Barrier, "the phase of an mbarrier");
  return over();
}
} // namespace

void ptx::barriersReset() { objects.clear(); }

void ptx::barrierInit(Thread &t, int line, uint64_t address, uint32_t count) {
  uint64_t offset = place(t, line, address);
  if (count == 0 || count > MostArrivals)
    fail(t, line, "mbarrier.init: the count %u is not in 1 to %lld", count,
         (long long)MostArrivals);
  if (objects.count(offset))
    fail(t, line, "mbarrier.init: there is an mbarrier object already; "
                  "mbarrier.inval ends its life");
  reserveShared(t, line, offset, 8);
  memset(block.memories[Shared].state + offset, Barrier, 8);
  MBarrier &barrier = objects[offset];
  barrier.expected = barrier.pending = count;
}
void ptx::barrierInvalidate(Thread &t, int line, uint64_t address) {
  find(t, line, address);
  uint64_t offset = place(t, line, address);
  objects.erase(offset);
  memset(block.memories[Shared].state + offset, Unwritten, 8);
}
void ptx::barrierExpect(Thread &t, int line, uint64_t address,
                        uint64_t bytes) {
  MBarrier &barrier = find(t, line, address);
  barrier.bytes += int64_t(bytes);
  if (barrier.bytes > MostArrivals)
    fail(t, line, "the mbarrier object expects %lld bytes, more than %lld",
         (long long)barrier.bytes, (long long)MostArrivals);
}
void ptx::barrierComplete(Thread &t, int line, uint64_t address,
                          uint64_t bytes) {
  MBarrier &barrier = find(t, line, address);
  barrier.bytes -= int64_t(bytes);
  progress();
  endPhaseIfComplete(barrier);
}
uint64_t ptx::barrierArrive(Thread &t, int line, uint64_t address,
                            uint32_t count, uint64_t expectedBytes,
                            bool drops) {
  MBarrier &barrier = find(t, line, address);
  t.line = line;
  uint64_t state = barrier.phase << 32 | uint64_t(barrier.pending);
  barrier.bytes += int64_t(expectedBytes);
  if (count > barrier.pending)
    fail(t, line, "the mbarrier object waits for %lld arrivals in this phase, "
                  "%u more come",
         (long long)barrier.pending, count);
  barrier.pending -= count;
  if (drops)
    barrier.expected -= count;
  progress();
  endPhaseIfComplete(barrier);
  return state;
}
void ptx::barrierAddPending(Thread &t, int line, uint64_t address) {
  ++find(t, line, address).pending;
}
bool ptx::barrierParity(Thread &t, int line, uint64_t address, uint32_t parity,
                        bool waits) {
  if (parity > 1)
    fail(t, line, "the parity of a phase is 0 or 1, not %u", parity);
  return test(t, line, find(t, line, address), parity, waits);
}
bool ptx::barrierState(Thread &t, int line, uint64_t address, uint64_t state,
                       bool waits) {
  MBarrier &barrier = find(t, line, address);
  uint64_t phase = state >> 32;
  if (phase != barrier.phase && phase + 1 != barrier.phase)
    fail(t, line, "this state is of phase %llu; only phases %llu and the one "
                  "before can be tested",
         (unsigned long long)phase, (unsigned long long)barrier.phase);
  return test(t, line, barrier, phase, waits);
}
uint32_t ptx::barrierPending(uint64_t state) { return uint32_t(state); }
