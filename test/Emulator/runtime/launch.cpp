//===- launch.cpp - The C interface ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The C interface: one call runs one grid.
//
//===----------------------------------------------------------------------===//

#include "machine.h"
#include "outcome.h"
#include <algorithm>
#include <cstdio>

using namespace ptx;

namespace ptx {
extern const Kernel kernels[];
extern const uint32_t kernelCount;
extern const uint64_t staticShared;
extern const bool usesAsyncProxy;
} // namespace ptx

namespace {
// The same fields, in the same order, as in ptx_emulator/launch.py.
struct Launch {
  const char *kernel;
  uint8_t *params;
  uint64_t paramBytes;
  Memory *memories; // From number 16 on.
  uint64_t memoryCount;
  uint64_t dynamicShared, seed, maxSteps;
  uint32_t grid[3], size[3];
  uint32_t eager, checkFences, sharedIsWritten;
};
struct Result {
  char message[4096];
  int line;
  uint32_t thread[3], blockId[3];
  uint64_t steps;
};

void prepare(const Launch &launch, std::vector<Memory> &memories) {
  for (int i = 0; i < 3; ++i) {
    block.grid[i] = launch.grid[i];
    block.size[i] = launch.size[i];
  }
  machine.random = (launch.seed + 1) * 0x9e3779b97f4a7c15ull;
  for (int i = 0; i < 8; ++i)
    nextRandom();
  machine.electSeed = uint32_t(launch.seed);
  machine.eager = launch.eager;
  machine.checkFences = launch.checkFences;
  machine.sharedStart = launch.sharedIsWritten ? Written : Unwritten;
  machine.maxSteps = launch.maxSteps;
  machine.steps = 0;
  machine.quantum = block.fuel =
      launch.maxSteps < 64 ? int64_t(launch.maxSteps) : 64;
  uint64_t shared = SharedStart + staticShared + launch.dynamicShared;
  machine.sharedData.assign(shared, 0xff);
  machine.sharedState.assign(shared, Unwritten);
  block.notesWrites = usesAsyncProxy;
  memories.assign(16, Memory());
  memories.insert(memories.end(), launch.memories,
                  launch.memories + launch.memoryCount);
  Memory &window = memories[Shared];
  window.data = machine.sharedData.data();
  window.state = machine.sharedState.data();
  window.size = shared;
  window.writable = 1;
  memories[Params].data = launch.params;
  memories[Params].size = launch.paramBytes;
  block.memories = memories.data();
  block.memoryCount = memories.size();
  block.dynamicShared = uint32_t(launch.dynamicShared);
  block.totalShared = uint32_t(staticShared + launch.dynamicShared);

  uint32_t threads = block.size[0] * block.size[1] * block.size[2];
  block.warps = (threads + 31) / 32;
  // Stacks are kept from launch to launch as far as they are needed.
  for (size_t i = threads; i < machine.fibres.size(); ++i)
    freeStack(machine.fibres[i].stack);
  machine.fibres.resize(threads);
  machine.warps.assign(block.warps, Warp());
}

void startBlock(uint32_t threads) {
  machine.liveThreads = threads;
  std::fill(machine.sharedData.begin(), machine.sharedData.end(), 0xff);
  std::fill(machine.sharedState.begin(), machine.sharedState.end(),
            machine.sharedStart);
  std::fill_n(machine.sharedState.begin(), uint64_t(SharedStart), Reserved);
  if (block.notesWrites)
    machine.writes.assign(machine.sharedData.size(), {});
  blockBarriersReset();
  barriersReset();
  bulkReset();
  productsReset();
  for (uint32_t i = 0; i < threads; ++i) {
    Fibre &old = machine.fibres[i];
    Fibre f;
    f.stack = old.stack;
    f.localData.swap(old.localData);
    f.localState.swap(old.localState);
    f.index = i;
    f.id[0] = i % block.size[0];
    f.id[1] = i / block.size[0] % block.size[1];
    f.id[2] = i / block.size[0] / block.size[1];
    f.lane = i % 32;
    f.warp = &machine.warps[i / 32];
    f.standing = Standing::Ready;
    old = std::move(f);
  }
  for (uint32_t w = 0; w < machine.warps.size(); ++w) {
    Warp &warp = machine.warps[w];
    warp = Warp();
    warp.number = w;
    for (uint32_t lane = 0; lane < 32 && 32 * w + lane < threads; ++lane) {
      warp.lanes[lane] = &machine.fibres[32 * w + lane];
      warp.live |= 1u << lane;
    }
    warp.ready = warp.live;
  }
}
} // namespace

// Returns 0 if all went well; else the result says what did not.
extern "C" __attribute__((visibility("default"))) int
ptxLaunch(const Launch *launch, Result *result) {
  const Kernel *kernel = std::find_if(
      kernels, kernels + kernelCount,
      [&](const Kernel &k) { return !strcmp(k.name, launch->kernel); });
  std::vector<Memory> memories;
  prepare(*launch, memories);
  uint32_t threads = block.size[0] * block.size[1] * block.size[2];
  // Blocks in random order: a kernel must not count on any.
  std::vector<uint64_t> order(uint64_t(block.grid[0]) * block.grid[1] *
                              block.grid[2]);
  for (uint64_t i = 0; i < order.size(); ++i) {
    order[i] = i;
    std::swap(order[i], order[nextRandom(uint32_t(i + 1))]);
  }
  outcome = Outcome();
  uint8_t *params[] = {launch->params};
  for (uint64_t number : order) {
    block.id[0] = uint32_t(number % block.grid[0]);
    block.id[1] = uint32_t(number / block.grid[0] % block.grid[1]);
    block.id[2] = uint32_t(number / block.grid[0] / block.grid[1]);
    startBlock(threads);
    runBlock(kernel->code, params);
    if (!outcome.message.empty())
      break;
  }
  result->steps = clockNow();
  result->line = outcome.line;
  for (int i = 0; i < 3; ++i) {
    result->thread[i] = outcome.thread[i];
    result->blockId[i] = block.id[i];
  }
  snprintf(result->message, sizeof result->message, "%s",
           outcome.message.c_str());
  return !outcome.message.empty();
}
