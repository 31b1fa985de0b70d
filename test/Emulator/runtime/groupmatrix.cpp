//===- groupmatrix.cpp - wgmma ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// wgmma.mma_async: products of four warps that read shared memory as late as
// their threads allow: when one of them waits.
//
//===----------------------------------------------------------------------===//

#include "machine.h"
#include "outcome.h"
#include "tensormap.h"

using namespace ptx;

namespace {
struct Part { // What a thread handed in.
  Tracked *all = nullptr;
  const uint16_t *d = nullptr, *a = nullptr;
};
struct GroupProduct {
  Product product;
  int line;
  uint64_t a, b;
  bool accumulate;
  Part parts[128];
  uint32_t handedIn = 0;
  bool done = false;
};
struct Group {
  std::deque<GroupProduct> products;
  uint64_t first = 0; // The number of the first in the queue.
};
std::vector<Group> groups;

Group &groupOf(Thread &t) { return groups[t.index / 128]; }

// An operand in shared memory: the fields of its descriptor.
struct Operand {
  uint64_t start, leading, stride;
  uint32_t swizzleBytes;
  uint32_t elementBytes;
  bool transposed;

  Operand(uint64_t descriptor, uint32_t elementBytes, bool transposed)
      : start((descriptor & 0x3fff) << 4),
        leading((descriptor >> 16 & 0x3fff) << 4),
        stride((descriptor >> 32 & 0x3fff) << 4),
        swizzleBytes(descriptor >> 62 ? 256u >> (descriptor >> 62) : 0),
        elementBytes(elementBytes), transposed(transposed) {}

  // The byte of the element at `row` (of A) or column (of B) and `along` k.
  // The layouts are those of the ISA's section on matrix descriptors; the
  // swizzle permutes by address.
  uint64_t at(uint32_t row, uint32_t along) const {
    uint64_t linear;
    if (!transposed) {
      uint64_t byte = uint64_t(along) * elementBytes;
      if (!swizzleBytes)
        linear = row % 8 * 16 + row / 8 * stride + byte / 16 * leading +
                 byte % 16;
      else
        linear = row % 8 * swizzleBytes + row / 8 * stride + byte;
    } else {
      uint64_t byte = uint64_t(row) * elementBytes;
      if (!swizzleBytes)
        linear = byte / 16 * stride + along % 8 * 16 + along / 8 * leading +
                 byte % 16;
      else
        linear = byte / swizzleBytes * leading + byte % swizzleBytes +
                 along % 8 * swizzleBytes + along / 8 * stride;
    }
    return swizzle(start + linear, swizzleBytes);
  }
};

float readShared(Fibre &f, int line, Element type, uint64_t offset) {
  uint32_t bytes = type == Element::TF32 ? 4 : 2, word = 0;
  memcpy(&word, sharedForAsync(f, line, offset, bytes), bytes);
  return elementValue(type, word);
}

const int MostK = 16, MostN = 256;

void execute(GroupProduct &p, Fibre *first) {
  const Product &product = p.product;
  Element type = product.type;
  int packed = type == Element::TF32 ? 1 : 2, k = 8 * packed, n = product.n;
  uint32_t bytes = 4 / packed;
  static double a[64][MostK], b[MostK][MostN];
  Operand left(p.a, bytes, product.transposeA);
  Operand right(p.b, bytes, product.transposeB);
  for (int thread = 0; product.aInRegisters && thread < 128; ++thread) {
    const Part &part = p.parts[thread];
    int row = thread / 32 * 16 + thread % 32 / 4, i = thread % 4;
    for (int r = 0; r < 4; ++r)
      for (int h = 0; h < packed; ++h)
        a[row + 8 * (r & 1)][(r >> 1) * 4 * packed + i * packed + h] =
            elementValue(type, part.all[part.a[r]].value >> (16 * h));
  }
  for (int row = 0; !product.aInRegisters && row < 64; ++row)
    for (int along = 0; along < k; ++along)
      a[row][along] = readShared(*first, p.line, type, left.at(row, along));
  for (int along = 0; along < k; ++along)
    for (int column = 0; column < n; ++column)
      b[along][column] =
          readShared(*first, p.line, type, right.at(column, along));
  double sign = product.negateA != product.negateB ? -1 : 1;
  static double sum[64][MostN];
  for (int row = 0; row < 64; ++row) {
    for (int column = 0; column < n; ++column)
      sum[row][column] = 0;
    for (int along = 0; along < k; ++along) {
      double factor = sign * a[row][along];
      for (int column = 0; column < n; ++column)
        sum[row][column] += factor * b[along][column];
    }
  }
  for (int thread = 0; thread < 128; ++thread) {
    const Part &part = p.parts[thread];
    int row = thread / 32 * 16 + thread % 32 / 4, i = thread % 4;
    for (int r = 0; r < n / 2; ++r) {
      Tracked &d = part.all[part.d[r]];
      double value = sum[row + 8 * (r >> 1 & 1)][r / 4 * 8 + 2 * i + (r & 1)];
      d.value = result(float(p.accumulate ? f32(d.value) + value : value));
    }
  }
  p.done = true;
}

void executeUpTo(Group &group, uint64_t number, Fibre *first) {
  for (uint64_t i = group.first; i <= number; ++i) {
    GroupProduct &p = group.products[i - group.first];
    if (!p.done)
      execute(p, first);
  }
}
} // namespace

void ptx::productsReset() {
  groups.clear();
  groups.resize(machine.warps.size() / 4 + 1);
}

void ptx::trackedInFlight(Thread &t, int line, bool isWrite) {
  fail(t, line, "%s of a register that a wgmma in flight uses: "
                "wgmma.wait_group is missing",
       isWrite ? "write" : "read");
}
void ptx::groupMatrixFence(Tracked *all, int count) {
  for (int i = 0; i < count; ++i)
    all[i].written = 0;
}
void ptx::checkTrackedAtReturn(Thread &t, int line, const Tracked *all,
                               int count) {
  for (int i = 0; i < count; ++i)
    if (all[i].reading || all[i].writing)
      fail(t, line, "the function ends, but a wgmma in flight uses its "
                    "registers: wgmma.wait_group is missing");
}

static void take(Thread &t, int line, const Product &product, Tracked *all,
                 const uint16_t *d, const uint16_t *a) {
  auto checkFence = [&](const Tracked &r) {
    if (r.written && machine.checkFences)
      fail(t, line, "a register of this wgmma was written after the last "
                    "wgmma.fence");
  };
  for (int i = 0; i < product.n / 2; ++i) {
    checkFence(all[d[i]]);
    if (all[d[i]].reading)
      trackedInFlight(t, line, true);
    ++all[d[i]].writing;
  }
  for (int i = 0; product.aInRegisters && i < 4; ++i) {
    checkFence(all[a[i]]);
    if (all[a[i]].writing)
      trackedInFlight(t, line, false);
    ++all[a[i]].reading;
  }
}

void ptx::groupMatrix(Thread &t, int line, const Product &product,
                      Tracked *all, const uint16_t *d, const uint16_t *a,
                      uint64_t aDescriptor, uint64_t bDescriptor,
                      bool accumulate) {
  t.line = line;
  Fibre &f = fibreOf(t);
  if (block.size[0] * block.size[1] * block.size[2] % 128)
    fail(t, line, "wgmma needs a block of whole groups of 128 threads");
  for (uint64_t descriptor : {aDescriptor, bDescriptor})
    if (descriptor >> 49 & 7)
      fail(t, line, "a descriptor has a base offset, which is not modelled: "
                    "align the tile to its swizzle's pattern");
  take(t, line, product, all, d, a);
  Group &group = groupOf(t);
  uint64_t number = f.productsIssued++;
  if (number == group.first + group.products.size()) {
    GroupProduct fresh{};
    fresh.product = product;
    fresh.line = line;
    fresh.a = aDescriptor;
    fresh.b = bDescriptor;
    fresh.accumulate = accumulate;
    group.products.push_back(fresh);
  }
  GroupProduct &p = group.products[number - group.first];
  if (p.line != line)
    fail(t, line, "another thread of the four warps is at the wgmma of line "
                  "%d",
         p.line);
  if (p.a != aDescriptor || p.b != bDescriptor || p.accumulate != accumulate)
    fail(t, line, "the threads of the four warps have different descriptors "
                  "or scale-d");
  p.parts[t.index % 128] = {all, d, a};
  if (++p.handedIn < 128)
    return;
  progress();
  if (machine.eager)
    executeUpTo(group, number, &f);
  for (Fibre &other : machine.fibres)
    if (other.standing == Standing::Product &&
        other.index / 128 == t.index / 128)
      wake(other);
}

void ptx::groupMatrixCommit(Thread &t, int) {
  Fibre &f = fibreOf(t);
  f.productGroups.push_back(f.productsIssued);
}

void ptx::groupMatrixWait(Thread &t, int line, uint32_t pendingGroups) {
  t.line = line;
  Fibre &f = fibreOf(t);
  if (f.productGroups.size() <= pendingGroups)
    return;
  uint64_t upTo = f.productGroups[f.productGroups.size() - pendingGroups - 1];
  for (; f.productsWaited < upTo; ++f.productsWaited) {
    Group &group = groupOf(t);
    auto mine = [&]() -> GroupProduct & {
      return group.products[f.productsWaited - group.first];
    };
    while (mine().handedIn < 128)
      waitFor(t, line, Standing::Product, "the rest of its four warps at a "
                                          "wgmma");
    executeUpTo(group, f.productsWaited, &f);
    const Part &part = mine().parts[t.index % 128];
    for (int i = 0; i < mine().product.n / 2; ++i)
      --part.all[part.d[i]].writing;
    for (int i = 0; mine().product.aInRegisters && i < 4; ++i)
      --part.all[part.a[i]].reading;
  }
  // The device has no numbers that grow: forget what all have waited for.
  uint64_t least = ~0ull;
  Group &group = groupOf(t);
  for (Fibre &other : machine.fibres)
    if (other.index / 128 == t.index / 128 && other.productsWaited < least)
      least = other.productsWaited;
  while (group.first < least) {
    group.products.pop_front();
    ++group.first;
  }
}

void ptx::checkProductsAtExit(Fibre &f) {
  if (f.productsWaited < f.productsIssued)
    fail(f, f.line, "the thread ends, but products are in flight: "
                    "wgmma.wait_group is missing");
}

void ptx::setRegisterLimit(Thread &t, int line, uint32_t registers) {
  if (registers < 24 || registers > 256 || registers % 8)
    fail(t, line, "setmaxnreg: %u is not a multiple of 8 in 24 to 256",
         registers);
  t.line = line;
}
