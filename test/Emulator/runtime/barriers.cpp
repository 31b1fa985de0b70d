//===- barriers.cpp - Barriers of a block ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The sixteen barriers of a block: bar, barrier.cta.
//
//===----------------------------------------------------------------------===//

#include "machine.h"
#include "outcome.h"

using namespace ptx;

namespace {
struct BlockArrival {
  Fibre *fibre;
  int line;
  bool aligned, waits, value;
};
struct BlockBarrier {
  std::vector<BlockArrival> arrivals;
  uint32_t count = 0;
};
BlockBarrier barriers[16];

// Warps of an .aligned barrier come whole and at one line.
void checkAligned(Thread &t, const BlockBarrier &barrier) {
  struct Seen {
    uint32_t lanes = 0;
    int line = 0;
  };
  std::vector<Seen> seen(machine.warps.size());
  for (const BlockArrival &a : barrier.arrivals) {
    if (!a.aligned)
      continue;
    Seen &s = seen[a.fibre->warp->number];
    if (s.lanes && s.line != a.line)
      fail(t, a.line,
           "this barrier is .aligned, but other lanes of warp %u are at the "
           "barrier of line %d",
           a.fibre->warp->number, s.line);
    s.lanes |= 1u << a.fibre->lane;
    s.line = a.line;
  }
  for (Warp &warp : machine.warps) {
    const Seen &s = seen[warp.number];
    if (s.lanes && (s.lanes & warp.live) != warp.live)
      fail(t, s.line,
           "this barrier is .aligned, but lanes 0x%08x of warp %u are not "
           "there",
           warp.live & ~s.lanes, warp.number);
  }
}

bool isComplete(const BlockBarrier &barrier) {
  uint32_t needed = barrier.count ? barrier.count : machine.liveThreads;
  return !barrier.arrivals.empty() && barrier.arrivals.size() >= needed;
}

void finish(Thread &t, uint32_t id, Combine mode) {
  BlockBarrier &barrier = barriers[id];
  checkAligned(t, barrier);
  uint32_t trues = 0;
  for (const BlockArrival &a : barrier.arrivals)
    trues += a.value;
  uint32_t all = barrier.arrivals.size();
  uint32_t result = mode == Combine::And ? trues == all
                    : mode == Combine::Or ? trues != 0
                                          : trues;
  for (const BlockArrival &a : barrier.arrivals) {
    a.fibre->barrierResult = result;
    if (a.waits && a.fibre != &t)
      wake(*a.fibre);
  }
  barrier = {};
  progress();
  reshuffle();
}
} // namespace

namespace {
uint32_t clusterArrivals;
uint64_t clusterPhase;
void finishClusterPhase() {
  if (!clusterArrivals || clusterArrivals < machine.liveThreads)
    return;
  clusterArrivals = 0;
  ++clusterPhase;
  for (Fibre &f : machine.fibres)
    if (f.standing == Standing::Block && f.clusterPhases == clusterPhase &&
        f.waitsForCluster)
      wake(f);
  progress();
}
} // namespace

void ptx::clusterBarrier(Thread &t, int line, bool waits) {
  Fibre &f = fibreOf(t);
  f.line = line;
  if (!waits) {
    if (f.clusterPhases > clusterPhase)
      fail(t, line, "this thread has arrived at the cluster's barrier and not "
                    "waited since");
    ++f.clusterPhases;
    ++clusterArrivals;
    finishClusterPhase();
    return;
  }
  if (f.clusterPhases == clusterPhase)
    return;
  f.waitsForCluster = true;
  waitFor(t, line, Standing::Block, "the barrier of the cluster");
  f.waitsForCluster = false;
}

void ptx::blockBarriersReset() {
  clusterArrivals = 0;
  clusterPhase = 0;
  for (BlockBarrier &barrier : barriers)
    barrier = {};
}

uint32_t ptx::blockBarrier(Thread &t, int line, uint32_t id, uint32_t count,
                           bool aligned, bool waits, Combine mode,
                           bool value) {
  if (id >= 16)
    fail(t, line, "there is no barrier %u: a block has 16", id);
  if (count % 32)
    fail(t, line, "the number of threads, %u, is not a multiple of 32", count);
  BlockBarrier &barrier = barriers[id];
  if (!barrier.arrivals.empty() && barrier.count != count)
    fail(t, line, "barrier %u counts %u threads here, %u at line %d", id,
         count, barrier.count, barrier.arrivals.front().line);
  barrier.count = count;
  barrier.arrivals.push_back({&fibreOf(t), line, aligned, waits, value});
  t.line = line;
  if (isComplete(barrier)) {
    finish(t, id, mode);
    if (waits && nextRandom(4) == 0)
      giveWay(t, line);
  } else if (waits) {
    waitFor(t, line, Standing::Block, "a barrier of the block");
  }
  return fibreOf(t).barrierResult;
}

void ptx::blockBarriersAfterExit(Thread &t) {
  finishClusterPhase();
  for (uint32_t id = 0; id < 16; ++id)
    if (barriers[id].count == 0 && machine.liveThreads &&
        isComplete(barriers[id]))
      finish(t, id, Combine::None);
}
