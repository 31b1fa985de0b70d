//===- memory.cpp - Accesses and local memory ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is wrong with an access, local memory, and shared memory for the
// tensor instructions.
//
//===----------------------------------------------------------------------===//

#include "machine.h"
#include "outcome.h"

using namespace ptx;

namespace {
std::string nameOf(uint64_t number, const Memory *m) {
  if (number == Shared)
    return "shared memory";
  if (number == Local)
    return "local memory";
  if (number == Params)
    return "the kernel's parameters";
  if (m && m->argument)
    return "argument " + std::to_string(m->argument - 1);
  return "a variable of the module";
}
} // namespace

void ptx::badAccess(Thread &t, int line, uint64_t address, uint64_t bytes,
                    uint64_t aligned, bool isWrite) {
  uint64_t number = address >> MemoryBits, offset = offsetOf(address);
  Memory *m = memoryAt(t, address);
  const char *verb = isWrite ? "write" : "read";
  if (!m || !m->size)
    fail(t, line, "out of bounds: %s of %llu bytes at 0x%llx, which is no "
                  "memory",
         verb, (unsigned long long)bytes, (unsigned long long)address);
  std::string name = nameOf(number, m);
  auto report = [&](const char *what) {
    fail(t, line, "%s: %s of %llu bytes at byte %lld of the %llu of %s", what,
         verb, (unsigned long long)bytes, (long long)offset,
         (unsigned long long)m->size, name.c_str());
  };
  if (m->size < bytes || offset > m->size - bytes ||
      (number == Shared && offset < SharedStart))
    report("out of bounds");
  if (offset % aligned)
    report("misaligned");
  if (isWrite && !m->writable)
    report("read-only");
  for (uint64_t i = 0; m->state && i < bytes; ++i) {
    if (m->state[offset + i] & Barrier)
      report("an mbarrier object is there");
    if (m->state[offset + i] & InFlight)
      report("race: an asynchronous copy to there is in flight");
    if (!isWrite && m->state[offset + i] == Unwritten)
      report("uninitialised");
  }
  report("bad access");
  __builtin_unreachable();
}

uint64_t ptx::fromGeneric(Thread &t, int line, uint64_t memory,
                          uint64_t address) {
  if (address >> MemoryBits != memory)
    fail(t, line, "the address 0x%llx is not in %s",
         (unsigned long long)address, nameOf(memory, nullptr).c_str());
  return offsetOf(address);
}

namespace {
const uint64_t LocalLimit = 1 << 20;
// Local memory starts here, so that an address of zero is an error.
const uint64_t LocalStart = 256;
} // namespace

uint64_t ptx::allocateOnStack(Thread &t, int line, uint64_t bytes,
                              uint64_t align) {
  Fibre &f = fibreOf(t);
  uint64_t base = t.frame < LocalStart ? LocalStart : t.frame;
  base = (base + align - 1) / align * align;
  if (base + bytes > LocalLimit)
    fail(t, line, "local memory is used up: more than %llu bytes",
         (unsigned long long)LocalLimit);
  t.frame = base + bytes;
  if (t.frame > f.localData.size()) {
    f.localData.resize(t.frame * 2, 0xff);
    f.localState.resize(t.frame * 2, Unwritten);
  }
  // A frame starts anew.
  memset(f.localData.data() + base, 0xff, bytes);
  memset(f.localState.data() + base, Unwritten, bytes);
  t.local.data = f.localData.data();
  t.local.state = f.localState.data();
  t.local.size = f.localData.size();
  t.local.writable = 1;
  return base;
}
Frame::Frame(Thread &t, int line, uint64_t bytes)
    : base(0), t(t), before(t.frame) {
  base = allocateOnStack(t, line, bytes, 128);
}

uint8_t *ptx::sharedForReading(Thread &t, int line, uint64_t offset,
                               uint64_t bytes) {
  Memory &m = block.memories[Shared];
  offset = offsetOf(offset);
  bool good = m.size >= bytes && offset <= m.size - bytes;
  for (uint64_t i = 0; good && i < bytes; ++i)
    good = m.state[offset + i] == Written;
  if (!good)
    badAccess(t, line, window(Shared) | offset, bytes, 1, false);
  return m.data + offset;
}
uint8_t *ptx::reserveShared(Thread &t, int line, uint64_t offset,
                            uint64_t bytes) {
  Memory &m = block.memories[Shared];
  offset = offsetOf(offset);
  bool good = m.size >= bytes && offset <= m.size - bytes &&
              offset >= SharedStart;
  for (uint64_t i = 0; good && i < bytes; ++i)
    good = m.state[offset + i] <= Written;
  if (!good)
    badAccess(t, line, window(Shared) | offset, bytes, 1, true);
  memset(m.state + offset, InFlight, bytes);
  return m.data + offset;
}

void ptx::noteWrite(Thread &t, uint64_t offset, uint64_t bytes) {
  ++machine.time;
  for (uint64_t i = offset; i < offset + bytes; ++i)
    machine.writes[i] = {t.index + 1, machine.time};
}
void ptx::forgetWrites(uint64_t offset, uint64_t bytes) {
  if (block.notesWrites)
    for (uint64_t i = offset; i < offset + bytes; ++i)
      machine.writes[i] = {};
}
void ptx::proxyFence(Thread &t) { fibreOf(t).fenced = ++machine.time; }

// Either the writer or the reader must have fenced since the write.
uint8_t *ptx::sharedForAsync(Thread &t, int line, uint64_t offset,
                             uint64_t bytes) {
  uint8_t *data = sharedForReading(t, line, offset, bytes);
  if (!machine.checkFences)
    return data;
  offset = offsetOf(offset);
  for (uint64_t i = offset; i < offset + bytes; ++i) {
    const Machine::Write &write = machine.writes[i];
    if (write.thread && fibreOf(t).fenced < write.time &&
        machine.fibres[write.thread - 1].fenced < write.time)
      fail(t, line, "thread %u wrote byte %llu of shared memory, but no "
                    "fence.proxy.async came between that and this",
           write.thread - 1, (unsigned long long)i);
  }
  return data;
}
