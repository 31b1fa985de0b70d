//===- formats.h - Number formats and rounding ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Number formats of PTX that the CPU does not have, and rounding by hand.
//
//===----------------------------------------------------------------------===//

#ifndef PTX_EMULATOR_FORMATS_H
#define PTX_EMULATOR_FORMATS_H

#include <cstdint>
#include <cstring>
#include <math.h>

namespace ptx {

template <class To, class From> inline To bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "bit casts keep the size");
  To to;
  memcpy(&to, &from, sizeof(To));
  return to;
}
inline float f32(uint32_t v) { return bits<float>(v); }
inline double f64(uint64_t v) { return bits<double>(v); }
inline uint32_t u32(float v) { return bits<uint32_t>(v); }
inline uint64_t u64(double v) { return bits<uint64_t>(v); }

// Nearest even, nearest away from zero, to zero, down, up.
enum class Round { Even, Away, Zero, Down, Up };

// A binary format of at most 16 exponent and significand bits plus the sign.
// `finite` formats have no infinity: the largest exponent holds numbers and
// all ones are NaN (e4m3).
struct Format {
  int exponentBits, fractionBits;
  bool finite;
};
constexpr Format Half{5, 10, false}, BFloat{8, 7, false}, TF32{8, 10, false},
    E4M3{4, 3, true}, E5M2{5, 2, false};

// The value of the bits of a format.
double decode(Format format, uint32_t value);
// `value` rounded into the format; out of range is infinity, or the largest
// number where `saturate` asks for it or the direction stops there.
uint32_t encode(Format format, double value, Round round, bool saturate);

// a + b, with the last bit set if anything was lost: rounding it once more
// to fewer bits is rounding once.
inline double addOdd(double a, double b) {
  double sum = a + b;
  if (!isfinite(sum))
    return sum;
  double high = sum - a;
  double lost = (a - (sum - high)) + (b - high);
  if (lost != 0 && !(u64(sum) & 1))
    sum = f64(u64(sum) + ((lost > 0) == (sum > 0) ? 1 : -1));
  return sum;
}

inline float fromBFloat(uint16_t v) { return f32(uint32_t(v) << 16); }
inline float fromHalf(uint16_t v) {
  uint32_t sign = uint32_t(v & 0x8000) << 16, rest = v & 0x7fff;
  if (rest >= 0x7c00)
    return f32(sign | 0x7f800000 | (rest & 0x3ff) << 13);
  // An exponent of 112 too little, mended by a multiplication that is exact
  // for subnormal numbers too.
  return f32(sign | u32(f32(rest << 13) * 0x1p112f));
}
inline uint16_t toBFloat(float v) {
  uint32_t u = u32(v);
  if (isnan(v))
    return 0x7fff;
  return uint16_t((u + 0x7fff + (u >> 16 & 1)) >> 16);
}
inline uint16_t toHalf(double v) {
  return uint16_t(encode(Half, v, Round::Even, false));
}
// Rounds the exact sum or product held by a double that was rounded to odd.
inline uint16_t toBFloatOdd(double v) {
  return uint16_t(encode(BFloat, v, Round::Even, false));
}

inline float flush(float v) {
  return fabsf(v) < 0x1p-126f ? copysignf(0, v) : v;
}
inline double flushHalf(double v) {
  return fabs(v) < 0x1p-14 ? copysign(0, v) : v;
}
template <class T> inline T rectify(T v) {
  return isnan(v) || v > 0 ? v : T(0);
}
inline float saturate(float v) { return !(v > 0) ? 0 : v > 1 ? 1 : v; }
inline double saturate(double v) { return !(v > 0) ? 0 : v > 1 ? 1 : v; }
// NaN results have one form on the device.
inline uint32_t result(float v) { return isnan(v) ? 0x7fffffffu : u32(v); }
inline uint64_t result(double v) {
  return isnan(v) ? 0x7ff8000000000000ull : u64(v);
}

// Arithmetic in a rounding mode of IEEE 754; see rounding.cpp.
float addRounded(float a, float b, Round round);
float mulRounded(float a, float b, Round round);
float fmaRounded(float a, float b, float c, Round round);
float divRounded(float a, float b, Round round);
float sqrtRounded(float a, Round round);
double addRounded(double a, double b, Round round);
double mulRounded(double a, double b, Round round);
double fmaRounded(double a, double b, double c, Round round);
double divRounded(double a, double b, Round round);
double sqrtRounded(double a, Round round);
float narrow(double value, Round round);
float floatOfSigned(int64_t value, Round round);
float floatOfUnsigned(uint64_t value, Round round);
double doubleOfSigned(int64_t value, Round round);
double doubleOfUnsigned(uint64_t value, Round round);

inline double roundToInteger(double v, Round round) {
  switch (round) {
  case Round::Even: return nearbyint(v);
  case Round::Away: return ::round(v);
  case Round::Zero: return trunc(v);
  case Round::Down: return floor(v);
  case Round::Up: return ceil(v);
  }
  return v;
}
// Float to integer: out of range is the nearest end of the range; NaN is
// zero, or the smallest signed value's bits if 64 bits take part.
uint64_t integerOf(double value, Round round, int bits, bool isSigned,
                   bool wideNaN);

// min and max: -0 is less than +0; one NaN gives the other operand, or NaN
// where the instruction says .NaN.
template <class T> inline T minimum(T a, T b, bool keepNaN) {
  if (isnan(a) || isnan(b))
    return keepNaN ? T(NAN) : isnan(a) ? b : a;
  if (a == b)
    return signbit(a) ? a : b;
  return a < b ? a : b;
}
template <class T> inline T maximum(T a, T b, bool keepNaN) {
  return -minimum(T(-a), T(-b), keepNaN);
}

} // namespace ptx

#endif
