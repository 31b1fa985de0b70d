//===- Threads.cpp - Where programs run while they are timed ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Threads.h"
#include "attn/Runtime/MachinePeak.h"

using namespace mlir::attn;

double mlir::attn::getSeconds(unsigned threads) {
  return threads == 1 ? getThreadSeconds() : getWallSeconds();
}

StayOnCPU::StayOnCPU(unsigned threads) {
  sched_getaffinity(0, sizeof(before), &before);
  if (threads > 1)
    return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  sched_setaffinity(0, sizeof(one), &one);
}

StayOnCPU::~StayOnCPU() { sched_setaffinity(0, sizeof(before), &before); }

unsigned mlir::attn::getNumCPUs() {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof(allowed), &allowed);
  return CPU_COUNT(&allowed);
}
