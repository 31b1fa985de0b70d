//===- integers.h - Integer instructions ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integer instructions of PTX that are more than one operator of C++.
//
//===----------------------------------------------------------------------===//

#ifndef PTX_EMULATOR_INTEGERS_H
#define PTX_EMULATOR_INTEGERS_H

#include <cstdint>

namespace ptx {

// Shift amounts past the width give zeros, or copies of the sign.
template <class T> inline T shiftLeft(T v, uint32_t by) {
  return by >= sizeof(T) * 8 ? T(0) : T(v << by);
}
template <class T> inline T shiftRight(T v, uint32_t by) {
  if (by < sizeof(T) * 8)
    return T(v >> by);
  return v < T(0) ? T(-1) : T(0);
}
// The result of a division by zero is not specified: all ones here.
template <class T> inline T divide(T a, T b) {
  if (b == 0)
    return T(-1);
  if (T(-1) < T(0) && b == T(-1))
    return T(0 - uint64_t(a));
  return T(a / b);
}
template <class T> inline T remainder(T a, T b) {
  if (b == 0)
    return a;
  if (T(-1) < T(0) && b == T(-1))
    return 0;
  return T(a % b);
}
inline uint32_t funnelLeft(uint32_t a, uint32_t b, uint32_t c, bool wrap) {
  uint32_t n = wrap ? c & 31 : c < 32 ? c : 32;
  return uint32_t(((uint64_t(b) << 32 | a) << n) >> 32);
}
inline uint32_t funnelRight(uint32_t a, uint32_t b, uint32_t c, bool wrap) {
  uint32_t n = wrap ? c & 31 : c < 32 ? c : 32;
  return uint32_t((uint64_t(b) << 32 | a) >> n);
}
template <class T>
inline T extractField(T v, uint32_t position, uint32_t length, bool sign) {
  const int width = sizeof(T) * 8;
  int pos = position & 255, len = length & 255;
  // Bits past the top, and the sign of a field that reaches there, are the
  // top bit of the source.
  bool fill = sign && len != 0 &&
              (v >> (pos + len - 1 < width ? pos + len - 1 : width - 1) & 1);
  T out = fill ? T(-1) : T(0);
  for (int i = 0; i < len && i < width; ++i) {
    bool bit = pos + i < width ? v >> (pos + i) & 1 : fill;
    out = T((out & ~(T(1) << i)) | T(bit) << i);
  }
  return out;
}
template <class T>
inline T insertField(T from, T into, uint32_t position, uint32_t length) {
  const int width = sizeof(T) * 8;
  int pos = position & 255, len = length & 255;
  for (int i = 0; i < len && pos + i < width; ++i)
    into = T((into & ~(T(1) << (pos + i))) | (from >> i & 1) << (pos + i));
  return into;
}
template <class T> inline uint32_t leadingZeros(T v) {
  uint32_t n = 0;
  for (int i = sizeof(T) * 8 - 1; i >= 0 && !(v >> i & 1); --i)
    ++n;
  return n;
}
template <class T> inline T reverseBits(T v) {
  T out = 0;
  for (unsigned i = 0; i < sizeof(T) * 8; ++i)
    out = T(out << 1 | (v >> i & 1));
  return out;
}
// The position of the highest bit that differs from the sign, or its
// distance from the top; all ones if there is none.
template <class T>
inline uint32_t findBit(T v, bool isSigned, bool shiftAmount) {
  const int width = sizeof(T) * 8;
  if (isSigned && v >> (width - 1) & 1)
    v = T(~v);
  if (v == 0)
    return ~0u;
  uint32_t zeros = leadingZeros(v);
  return shiftAmount ? zeros : width - 1 - zeros;
}
// Bytes 0-3 are a's, 4-7 are b's; bit 3 of a selector copies the sign.
inline uint32_t permuteBytes(uint32_t a, uint32_t b, uint32_t selectors) {
  uint64_t bytes = uint64_t(b) << 32 | a;
  uint32_t out = 0;
  for (int i = 0; i < 4; ++i) {
    uint32_t s = selectors >> (4 * i) & 15;
    uint32_t byte = bytes >> (8 * (s & 7)) & 255;
    if (s & 8)
      byte = byte & 128 ? 255 : 0;
    out |= byte << (8 * i);
  }
  return out;
}
inline uint32_t lookUp3(uint32_t a, uint32_t b, uint32_t c, uint32_t table) {
  uint32_t out = 0;
  for (int i = 0; i < 8; ++i)
    if (table >> i & 1)
      out |= (i & 4 ? a : ~a) & (i & 2 ? b : ~b) & (i & 1 ? c : ~c);
  return out;
}
inline int64_t highSigned(int64_t a, int64_t b) {
  return int64_t(__int128(a) * b >> 64);
}
inline uint64_t highUnsigned(uint64_t a, uint64_t b) {
  return uint64_t((unsigned __int128)a * b >> 64);
}
inline uint32_t dotBytes(uint32_t a, bool aSigned, uint32_t b, bool bSigned) {
  uint32_t sum = 0;
  for (int i = 0; i < 32; i += 8)
    sum += (aSigned ? int32_t(int8_t(a >> i)) : int32_t(uint8_t(a >> i))) *
           (bSigned ? int32_t(int8_t(b >> i)) : int32_t(uint8_t(b >> i)));
  return sum;
}

} // namespace ptx

#endif
