//===- tensormap.h - Tensor maps ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The 128 bytes of a tensor map (CUtensorMap), as this emulator has them;
// ptx_emulator/tensor_map.py writes them.
//
//===----------------------------------------------------------------------===//

#ifndef PTX_EMULATOR_TENSORMAP_H
#define PTX_EMULATOR_TENSORMAP_H

#include <cstdint>

namespace ptx {

struct TensorMap {
  static constexpr uint32_t Magic = 0x70614d54; // "TMap"
  uint32_t magic;
  uint8_t rank, elementBytes, swizzleBytes, fillNaN;
  uint64_t base;
  uint64_t strides[4]; // In bytes, of the dimensions after the first.
  uint32_t sizes[5], box[5];
  uint32_t unused[10];
};
static_assert(sizeof(TensorMap) == 128, "as large as a CUtensorMap");

// Where a byte of a swizzled tile lies: pieces of 16 bytes are permuted by
// the address of their 128-byte line, in patterns of 32, 64 or 128 bytes.
inline uint64_t swizzle(uint64_t address, uint32_t bytes) {
  uint64_t mask = bytes ? bytes / 16 - 1 : 0;
  return address ^ ((address >> 7 & mask) << 4);
}

} // namespace ptx

#endif
