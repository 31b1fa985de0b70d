//===- bulk.cpp - Bulk copies ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bulk copies, of bytes and of boxes of tensors. A load lands when nobody
// can go on without it, in random order; a store reads shared memory when
// its thread waits for that, and writes when it waits for that.
//
//===----------------------------------------------------------------------===//

#include "machine.h"
#include "outcome.h"
#include "tensormap.h"

using namespace ptx;

namespace {
struct Pending {
  Fibre *fibre;
  int line;
  uint64_t barrier;
  uint64_t to;      // Shared memory.
  uint64_t from;    // Of a plain copy.
  uint32_t bytes;   // All that lands.
  bool isTensor, isArrival;
  TensorMap map;
  int32_t coordinates[5];
  uint64_t copiesBefore; // Of an arrival: the cp.async it waits for.
};
std::vector<Pending> pending;

uint64_t sharedOffset(Thread &t, int line, uint64_t address,
                      uint64_t aligned) {
  uint64_t offset = address >> MemoryBits
                        ? fromGeneric(t, line, Shared, address)
                        : address;
  if (offset % aligned)
    fail(t, line, "byte %llu of shared memory is not a multiple of %llu, as "
                  "this copy needs",
         (unsigned long long)offset, (unsigned long long)aligned);
  return offset;
}

TensorMap readMap(Thread &t, int line, int rank, uint64_t address) {
  TensorMap map;
  if (address % 64)
    badAccess(t, line, address, 128, 64, false);
  for (int i = 0; i < 16; ++i)
    read<8>(t, address + 8 * i, reinterpret_cast<uint8_t *>(&map) + 8 * i,
            line);
  if (map.magic != TensorMap::Magic)
    fail(t, line, "there is no tensor map at 0x%llx",
         (unsigned long long)address);
  if (map.rank != rank)
    fail(t, line, "the tensor map has rank %d, the instruction %d", map.rank,
         rank);
  return map;
}
uint32_t boxBytes(const TensorMap &map) {
  uint32_t bytes = map.elementBytes;
  for (int i = 0; i < map.rank; ++i)
    bytes *= map.box[i];
  return bytes;
}

// Calls act(byte of the tile, address of the element or 0 if it is outside).
template <class Act>
void forEachElement(const TensorMap &map, const int32_t *coordinates,
                    Act act) {
  uint32_t index[5] = {};
  for (uint64_t at = 0, all = boxBytes(map); at < all;
       at += map.elementBytes) {
    bool within = true;
    uint64_t address = map.base;
    for (int i = 0; i < map.rank; ++i) {
      int64_t c = int64_t(coordinates[i]) + index[i];
      within &= c >= 0 && c < int64_t(map.sizes[i]);
      address += uint64_t(c) * (i ? map.strides[i - 1] : map.elementBytes);
    }
    act(at, within ? address : 0);
    for (int i = 0; i < map.rank && ++index[i] == map.box[i]; ++i)
      index[i] = 0;
  }
}
void readElement(Thread &t, int line, uint64_t address, uint8_t *out,
                 uint32_t bytes) {
  switch (bytes) {
  case 1: return read<1>(t, address, out, line);
  case 2: return read<2>(t, address, out, line);
  case 4: return read<4>(t, address, out, line);
  default: return read<8>(t, address, out, line);
  }
}
void writeElement(Thread &t, int line, uint64_t address, const uint8_t *in,
                  uint32_t bytes) {
  switch (bytes) {
  case 1: return write<1>(t, address, in, line);
  case 2: return write<2>(t, address, in, line);
  case 4: return write<4>(t, address, in, line);
  default: return write<8>(t, address, in, line);
  }
}

void land(const Pending &p) {
  Fibre &f = *p.fibre;
  if (p.isArrival) {
    landCopiesBefore(f, p.copiesBefore);
    barrierArrive(f, p.line, p.barrier, 1, 0, false);
    return;
  }
  Memory &shared = block.memories[Shared];
  if (p.isTensor) {
    const TensorMap &map = p.map;
    uint64_t nan = map.elementBytes == 2 ? 0x7fff : 0x7fffffff;
    forEachElement(map, p.coordinates, [&](uint64_t at, uint64_t address) {
      uint8_t *to = shared.data + swizzle(p.to + at, map.swizzleBytes);
      if (address)
        readElement(f, p.line, address, to, map.elementBytes);
      else if (map.fillNaN)
        memcpy(to, &nan, map.elementBytes);
      else
        memset(to, 0, map.elementBytes);
    });
  } else {
    for (uint32_t i = 0; i < p.bytes; i += 8)
      read<8>(f, p.from + i, shared.data + p.to + i, p.line);
  }
  memset(shared.state + p.to, Written, p.bytes);
  forgetWrites(p.to, p.bytes);
  barrierComplete(f, p.line, p.barrier, p.bytes);
}
void start(Pending p) {
  if (machine.eager)
    land(p);
  else
    pending.push_back(p);
}
} // namespace

void ptx::bulkReset() { pending.clear(); }

bool ptx::landOne() {
  if (pending.empty())
    return false;
  uint32_t which = nextRandom(uint32_t(pending.size()));
  Pending p = pending[which];
  pending.erase(pending.begin() + which);
  land(p);
  return true;
}

void ptx::copyArrive(Thread &t, int line, uint64_t barrier, bool increments) {
  if (increments)
    barrierAddPending(t, line, barrier);
  Pending p{};
  p.fibre = &fibreOf(t);
  p.line = line;
  p.barrier = barrier;
  p.isArrival = true;
  p.copiesBefore = p.fibre->copiesIssued;
  start(p);
}
void ptx::bulkLoad(Thread &t, int line, uint64_t to, uint64_t from,
                   uint32_t bytes, uint64_t barrier) {
  if (bytes % 16 || from % 16)
    fail(t, line, "a bulk copy's bytes and address are multiples of 16");
  Pending p{};
  p.fibre = &fibreOf(t);
  p.line = line;
  p.barrier = barrier;
  p.to = sharedOffset(t, line, to, 16);
  p.from = from;
  p.bytes = bytes;
  reserveShared(t, line, p.to, bytes);
  start(p);
}
void ptx::tensorLoad(Thread &t, int line, int rank, uint64_t to, uint64_t map,
                     const uint32_t *coordinates, uint64_t barrier) {
  Pending p{};
  p.fibre = &fibreOf(t);
  p.line = line;
  p.barrier = barrier;
  p.isTensor = true;
  p.map = readMap(t, line, rank, map);
  p.to = sharedOffset(t, line, to, 128);
  p.bytes = boxBytes(p.map);
  memcpy(p.coordinates, coordinates, 4 * rank);
  reserveShared(t, line, p.to, p.bytes);
  start(p);
}

// --- Stores --------------------------------------------------------------

static void readSource(Fibre &f, BulkWrite &w) {
  if (w.wasRead)
    return;
  w.wasRead = true;
  uint8_t *from = sharedForAsync(f, w.line, w.from, w.bytes);
  w.data.assign(from, from + w.bytes);
}
static void writeTarget(Fibre &f, BulkWrite &w) {
  readSource(f, w);
  if (!w.rank) {
    for (uint32_t i = 0; i < w.bytes; i += 8)
      write<8>(f, w.to + i, w.data.data() + i, w.line);
    return;
  }
  TensorMap map = readMap(f, w.line, w.rank, w.to);
  forEachElement(map, w.coordinates, [&](uint64_t at, uint64_t address) {
    if (address)
      writeElement(f, w.line, address,
                   w.data.data() + (swizzle(w.from + at, map.swizzleBytes) -
                                    w.from),
                   map.elementBytes);
  });
}
static void startStore(Fibre &f, BulkWrite w) {
  if (machine.eager)
    readSource(f, w);
  f.writes.push_back(std::move(w));
}

void ptx::bulkStore(Thread &t, int line, uint64_t to, uint64_t from,
                    uint32_t bytes) {
  if (bytes % 16 || to % 16)
    fail(t, line, "a bulk copy's bytes and address are multiples of 16");
  BulkWrite w{};
  w.line = line;
  w.to = to;
  w.from = sharedOffset(t, line, from, 16);
  w.bytes = bytes;
  startStore(fibreOf(t), std::move(w));
}
void ptx::tensorStore(Thread &t, int line, int rank, uint64_t map,
                      const uint32_t *coordinates, uint64_t from) {
  BulkWrite w{};
  w.line = line;
  w.rank = rank;
  w.to = map;
  w.from = sharedOffset(t, line, from, 128);
  w.bytes = boxBytes(readMap(t, line, rank, map));
  memcpy(w.coordinates, coordinates, 4 * rank);
  startStore(fibreOf(t), std::move(w));
}
void ptx::bulkCommit(Thread &t) {
  Fibre &f = fibreOf(t);
  f.writeGroups.push_back(std::move(f.writes));
  f.writes.clear();
}
void ptx::bulkWait(Thread &t, int line, uint32_t pendingGroups,
                   bool readsOnly) {
  t.line = line;
  Fibre &f = fibreOf(t);
  for (size_t i = 0; i + pendingGroups < f.writeGroups.size(); ++i)
    for (BulkWrite &w : f.writeGroups[i])
      readsOnly ? readSource(f, w) : writeTarget(f, w);
  while (!readsOnly && f.writeGroups.size() > pendingGroups)
    f.writeGroups.pop_front();
}
void ptx::bulkAtExit(Fibre &f) {
  if (!f.writes.empty())
    f.writeGroups.push_back(std::move(f.writes));
  f.writes.clear();
  for (std::vector<BulkWrite> &group : f.writeGroups)
    for (BulkWrite &w : group) {
      if (!w.wasRead)
        fail(f, w.line, "the thread ends, but this store may not have read "
                        "shared memory: cp.async.bulk.wait_group.read is "
                        "missing");
      writeTarget(f, w);
    }
  f.writeGroups.clear();
}
