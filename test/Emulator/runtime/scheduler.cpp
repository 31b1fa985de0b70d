//===- scheduler.cpp - Who runs next ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Who runs next, and what is said when nobody can.
//
// Warps have random priorities and the highest ready one runs, so that one
// warp can be far ahead of or behind the others; at some of its points a
// warp falls below all others. Threads of a warp run one after another from
// point to point.
//
//===----------------------------------------------------------------------===//

#include "fibre.h"
#include "machine.h"
#include "outcome.h"
#include <cstdarg>
#include <cstdio>
#include <string>

using namespace ptx;

Machine ptx::machine;
Block ptx::block;
Outcome ptx::outcome;

namespace {
const size_t StackBytes = 512 * 1024;
void *mainStack;
Code entryCode;
uint8_t **entryParams;

// Below all others.
uint32_t lowestPriority = 1u << 31;

void demote(Warp &warp) { warp.priority = --lowestPriority; }
void shufflePriorities() {
  lowestPriority = 1u << 31;
  for (Warp &warp : machine.warps)
    warp.priority = lowestPriority + nextRandom(1u << 30);
}

std::string describeLanes(uint32_t lanes) {
  std::string text;
  for (int first = 0; first < 32; ++first) {
    if (!(lanes >> first & 1))
      continue;
    int last = first;
    while (last < 31 && (lanes >> (last + 1) & 1))
      ++last;
    text += (text.empty() ? "" : ",") + std::to_string(first);
    if (last > first)
      text += "-" + std::to_string(last);
    first = last;
  }
  return text;
}

[[noreturn]] void leave() {
  void *ignored;
  machine.current = nullptr;
  switchStack(&ignored, mainStack);
  __builtin_unreachable();
}

Fibre *choose() {
  for (;;) {
    Warp *best = nullptr;
    for (Warp &warp : machine.warps)
      if (warp.ready && (!best || warp.priority > best->priority))
        best = &warp;
    if (best) {
      uint32_t start = nextRandom(32);
      for (uint32_t i = 0;; ++i)
        if (best->ready >> ((start + i) & 31) & 1)
          return best->lanes[(start + i) & 31];
    }
    if (landOne())
      continue;
    // A try_wait may give up at any time; but not forever.
    bool any = false;
    if (++machine.idlePolls < 64)
      for (Fibre &f : machine.fibres)
        if (f.standing == Standing::Barrier) {
          wake(f);
          any = true;
        }
    if (!any)
      return nullptr;
  }
}
[[noreturn]] void stuck(const char *what) {
  outcome.line = 0;
  outcome.message = std::string(what) + describeStanding();
  leave();
}
void switchToNext(Fibre &from) {
  Fibre *next = choose();
  if (!next) {
    if (machine.liveThreads == 0)
      leave();
    stuck("deadlock: no thread can go on");
  }
  if (next == &from)
    return;
  machine.current = next;
  switchStack(&from.stackPointer, next->stackPointer);
}
void runFibre() {
  entryCode(*machine.current, entryParams);
  Fibre &f = *machine.current;
  checkProductsAtExit(f);
  bulkAtExit(f);
  f.standing = Standing::Done;
  Warp &warp = *f.warp;
  warp.ready &= ~(1u << f.lane);
  warp.live &= ~(1u << f.lane);
  --machine.liveThreads;
  progress();
  warpAfterExit(f);
  blockBarriersAfterExit(f);
  switchToNext(f);
  __builtin_unreachable();
}
} // namespace

uint32_t ptx::nextRandom() {
  // xorshift64*, Vigna (2016).
  uint64_t &x = machine.random;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  return uint32_t((x * 2685821657736338717ull) >> 32);
}
void ptx::progress() { machine.idlePolls = 0; }
uint64_t ptx::clockNow() {
  return machine.steps + uint64_t(machine.quantum - block.fuel);
}

std::string ptx::describeStanding() {
  std::string text;
  for (Warp &warp : machine.warps) {
    uint32_t left = warp.live;
    while (left) {
      const Fibre &first = *warp.lanes[__builtin_ctz(left)];
      uint32_t lanes = 0;
      for (int i = 0; i < 32; ++i)
        if (left >> i & 1 && warp.lanes[i]->line == first.line &&
            warp.lanes[i]->waitsFor == first.waitsFor)
          lanes |= 1u << i;
      left &= ~lanes;
      text += "\n  warp " + std::to_string(warp.number) + ", lanes " +
              describeLanes(lanes) + ": line " + std::to_string(first.line);
      if (first.waitsFor)
        text += std::string(", waits for ") + first.waitsFor;
    }
  }
  return text;
}

void ptx::fail(Thread &t, int line, const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  outcome.line = line;
  outcome.message = text;
  for (int i = 0; i < 3; ++i)
    outcome.thread[i] = t.id[i];
  leave();
}
void ptx::outOfFuel(Thread &t, int line) {
  t.line = line;
  machine.steps += uint64_t(machine.quantum - block.fuel);
  if (machine.steps > machine.maxSteps)
    stuck("the limit on steps is reached (--max-steps); a livelock?");
  int64_t quantum = 16 << nextRandom(9);
  int64_t left = int64_t(machine.maxSteps - machine.steps);
  machine.quantum = block.fuel = quantum < left ? quantum : left;
  // Latest may not be never: someone may be polling.
  if (nextRandom(8) == 0)
    landOne();
  if (nextRandom(2))
    giveWay(t, line);
}
void ptx::giveWay(Thread &t, int line) {
  t.line = line;
  Fibre &f = fibreOf(t);
  f.waitsFor = nullptr;
  demote(*f.warp);
  switchToNext(f);
}
void ptx::waitFor(Thread &t, int line, Standing standing, const char *what) {
  Fibre &f = fibreOf(t);
  f.line = line;
  f.standing = standing;
  f.waitsFor = what;
  f.warp->ready &= ~(1u << f.lane);
  switchToNext(f);
  f.waitsFor = nullptr;
}
void ptx::wake(Fibre &f) {
  f.standing = Standing::Ready;
  f.warp->ready |= 1u << f.lane;
}
void ptx::reshuffle() {
  if (nextRandom(2))
    shufflePriorities();
}

void ptx::freeStack(void *stack) {
  if (stack)
    releaseStack(stack, StackBytes);
}
void ptx::runBlock(Code code, uint8_t **params) {
  entryCode = code;
  entryParams = params;
  for (Fibre &f : machine.fibres) {
    if (!f.stack)
      f.stack = allocateStack(StackBytes);
    // What the runtime itself needs below.
    f.stackLimit = static_cast<uint8_t *>(f.stack) + 128 * 1024;
    f.stackPointer = prepareStack(f.stack, StackBytes, runFibre);
  }
  shufflePriorities();
  machine.idlePolls = 0;
  machine.current = choose();
  switchStack(&mainStack, machine.current->stackPointer);
  // Back here when all are done or one has failed.
}
