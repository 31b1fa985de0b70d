//===- copies.cpp - cp.async ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// cp.async: the bytes arrive when the thread waits for them, not before.
//
//===----------------------------------------------------------------------===//

#include "machine.h"
#include "outcome.h"

using namespace ptx;

static void land(Fibre &f, const AsyncCopy &copy) {
  Memory &shared = block.memories[Shared];
  uint8_t *to = shared.data + copy.to;
  memset(to, 0, copy.bytes);
  for (uint32_t i = 0; i < copy.sourceBytes; i += 4) {
    uint32_t n = copy.sourceBytes - i < 4 ? copy.sourceBytes - i : 4;
    if (n == 4)
      read<4>(f, copy.from + i, to + i, copy.line);
    else
      for (uint32_t j = 0; j < n; ++j)
        read<1>(f, copy.from + i + j, to + i + j, copy.line);
  }
  memset(shared.state + copy.to, Written, copy.bytes);
  if (block.notesWrites)
    noteWrite(f, copy.to, copy.bytes);
  progress();
}

void ptx::copyAsync(Thread &t, int line, uint64_t to, uint64_t from,
                    uint32_t bytes, uint32_t sourceBytes) {
  Fibre &f = fibreOf(t);
  if (sourceBytes > bytes)
    fail(t, line, "cp.async: the source has %u bytes, more than the %u copied",
         sourceBytes, bytes);
  to = to >> MemoryBits ? fromGeneric(t, line, Shared, to) : offsetOf(to);
  if (to % bytes)
    badAccess(t, line, window(Shared) | to, bytes, bytes, true);
  if (from % bytes)
    badAccess(t, line, from, bytes, bytes, false);
  Memory *source = memoryAt(t, from);
  if (sourceBytes && !(source && source->size >= sourceBytes &&
                       offsetOf(from) <= source->size - sourceBytes))
    badAccess(t, line, from, sourceBytes, 1, false);
  reserveShared(t, line, to, bytes);
  f.copies.push_back({line, f.copiesIssued++, to, from, bytes, sourceBytes});
  if (machine.eager) {
    land(f, f.copies.back());
    f.copies.pop_back();
  }
}
void ptx::copyCommit(Thread &t) {
  Fibre &f = fibreOf(t);
  f.copyGroups.push_back(std::move(f.copies));
  f.copies.clear();
}
void ptx::copyWait(Thread &t, uint32_t pendingGroups) {
  Fibre &f = fibreOf(t);
  while (f.copyGroups.size() > pendingGroups) {
    for (const AsyncCopy &copy : f.copyGroups.front())
      land(f, copy);
    f.copyGroups.pop_front();
  }
}
void ptx::copyWaitAll(Thread &t) {
  copyCommit(t);
  copyWait(t, 0);
}

static void landBefore(Fibre &f, std::vector<AsyncCopy> &copies,
                       uint64_t number) {
  std::vector<AsyncCopy> later;
  for (const AsyncCopy &copy : copies) {
    if (copy.number < number)
      land(f, copy);
    else
      later.push_back(copy);
  }
  copies = std::move(later);
}
void ptx::landCopiesBefore(Fibre &f, uint64_t number) {
  for (std::vector<AsyncCopy> &group : f.copyGroups)
    landBefore(f, group, number);
  landBefore(f, f.copies, number);
}
