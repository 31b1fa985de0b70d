//===- tensor.cpp - mma.sync and ldmatrix ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// mma.sync, ldmatrix and stmatrix: instructions of one whole warp on
// matrices that its lanes hold in pieces.
//
//===----------------------------------------------------------------------===//

#include "machine.h"
#include "outcome.h"

using namespace ptx;

float ptx::elementValue(Element type, uint32_t value) {
  switch (type) {
  case Element::F16: return fromHalf(uint16_t(value));
  case Element::BF16: return fromBFloat(uint16_t(value));
  case Element::TF32: return f32(value & 0xffffe000);
  }
  return 0;
}

static void needWholeWarp(Thread &t, int line, uint32_t lanes) {
  if (lanes != ~0u)
    fail(t, line, "the lanes 0x%08x of warp %u are not there, but the "
                  "instruction needs a whole warp",
         ~lanes, t.warp->number);
}

namespace {
struct MmaData {
  int k;
  Element type;
  uint32_t *d;
  const uint32_t *a, *b, *c;
};
// Lane 4 * g + i holds of A the rows g and g + 8, of B the column g, and of
// the result the columns 2i and 2i + 1 of the rows g and g + 8. Along k, each
// register has four lanes side by side: one 32-bit element or two of 16 bits.
void mmaAll(Thread &t, int line, uint32_t lanes, MmaData **data) {
  needWholeWarp(t, line, lanes);
  int k = data[0]->k;
  Element type = data[0]->type;
  int packed = type == Element::TF32 ? 1 : 2;
  double a[16][16], b[16][8], d[16][8];
  for (int lane = 0; lane < 32; ++lane) {
    const MmaData &mine = *data[lane];
    int g = lane / 4, i = lane % 4;
    for (int part = 0; part < k / (4 * packed); ++part)
      for (int h = 0; h < packed; ++h) {
        int along = part * 4 * packed + i * packed + h;
        auto element = [&](uint32_t word) {
          return elementValue(type, word >> (16 * h));
        };
        a[g][along] = element(mine.a[2 * part]);
        a[g + 8][along] = element(mine.a[2 * part + 1]);
        b[along][g] = element(mine.b[part]);
      }
  }
  for (int m = 0; m < 16; ++m) {
    double sum[8] = {};
    for (int along = 0; along < k; ++along)
      for (int n = 0; n < 8; ++n)
        sum[n] += a[m][along] * b[along][n];
    memcpy(d[m], sum, sizeof sum);
  }
  for (int lane = 0; lane < 32; ++lane) {
    const MmaData &mine = *data[lane];
    int g = lane / 4, i = lane % 4;
    for (int r = 0; r < 4; ++r)
      mine.d[r] = result(float(f32(mine.c[r]) +
                               d[g + 8 * (r / 2)][2 * i + r % 2]));
  }
}
} // namespace

void ptx::mma(Thread &t, int line, int k, Element type, uint32_t *d,
              const uint32_t *a, const uint32_t *b, const uint32_t *c) {
  MmaData data{k, type, d, a, b, c};
  meet(t, line, ~0u, "mma.sync", true, data, mmaAll);
}

namespace {
struct MatrixData {
  int matrices;
  bool transposed;
  uint64_t address;
  uint32_t *out;
  const uint32_t *in;
};
// Lane 8 * m + r has the address of row r of matrix m.
uint64_t rowAddress(MatrixData **data, Thread &t, int line, int matrix,
                    int row) {
  MatrixData &from = *data[8 * matrix + row];
  if (from.address % 16)
    badAccess(*t.warp->lanes[8 * matrix + row], line,
              window(Shared) | offsetOf(from.address), 16, 16, !from.out);
  return from.address;
}
void loadAll(Thread &t, int line, uint32_t lanes, MatrixData **data) {
  needWholeWarp(t, line, lanes);
  for (int m = 0; m < data[0]->matrices; ++m) {
    uint16_t tile[8][8];
    for (int r = 0; r < 8; ++r)
      memcpy(tile[r],
             sharedForReading(*t.warp->lanes[8 * m + r], line,
                              rowAddress(data, t, line, m, r), 16),
             16);
    for (int lane = 0; lane < 32; ++lane) {
      int i = lane / 4, j = lane % 4 * 2;
      bool flip = data[0]->transposed;
      uint32_t low = flip ? tile[j][i] : tile[i][j];
      uint32_t high = flip ? tile[j + 1][i] : tile[i][j + 1];
      data[lane]->out[m] = high << 16 | low;
    }
  }
}
void storeAll(Thread &t, int line, uint32_t lanes, MatrixData **data) {
  needWholeWarp(t, line, lanes);
  for (int m = 0; m < data[0]->matrices; ++m) {
    uint16_t tile[8][8];
    for (int lane = 0; lane < 32; ++lane) {
      int i = lane / 4, j = lane % 4 * 2;
      bool flip = data[0]->transposed;
      uint32_t word = data[lane]->in[m];
      (flip ? tile[j][i] : tile[i][j]) = uint16_t(word);
      (flip ? tile[j + 1][i] : tile[i][j + 1]) = uint16_t(word >> 16);
    }
    for (int r = 0; r < 8; ++r)
      write<16>(*t.warp->lanes[8 * m + r],
                window(Shared) | offsetOf(rowAddress(data, t, line, m, r)),
                tile[r], line);
  }
}
uint64_t sharedOffset(Thread &t, int line, uint64_t address) {
  return address >> MemoryBits ? fromGeneric(t, line, Shared, address)
                               : address;
}
} // namespace

void ptx::loadMatrix(Thread &t, int line, int matrices, bool transposed,
                     uint64_t address, uint32_t *out) {
  MatrixData data{matrices, transposed, sharedOffset(t, line, address), out,
                  nullptr};
  meet(t, line, ~0u, "ldmatrix", true, data, loadAll);
}
void ptx::storeMatrix(Thread &t, int line, int matrices, bool transposed,
                      uint64_t address, const uint32_t *in) {
  MatrixData data{matrices, transposed, sharedOffset(t, line, address),
                  nullptr, in};
  meet(t, line, ~0u, "stmatrix", true, data, storeAll);
}
