//===- formats.cpp - Small number formats ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Number formats of 8 to 19 bits, and integers of floats.
//
//===----------------------------------------------------------------------===//

#include "formats.h"

using namespace ptx;

double ptx::decode(Format format, uint32_t value) {
  uint32_t fraction = value & ((1u << format.fractionBits) - 1);
  uint32_t ones = (1u << format.exponentBits) - 1;
  uint32_t exponent = value >> format.fractionBits & ones;
  bool negative = value >> (format.fractionBits + format.exponentBits) & 1;
  int bias = int(ones >> 1);
  double magnitude;
  if (exponent == ones && !format.finite)
    magnitude = fraction ? NAN : INFINITY;
  else if (format.finite && exponent == ones &&
           fraction == (1u << format.fractionBits) - 1)
    magnitude = NAN;
  else if (exponent == 0)
    magnitude = ldexp(fraction, 1 - bias - format.fractionBits);
  else
    magnitude = ldexp(fraction + (1u << format.fractionBits),
                      int(exponent) - bias - format.fractionBits);
  return negative ? -magnitude : magnitude;
}

uint32_t ptx::encode(Format format, double value, Round round,
                     bool saturate) {
  uint32_t ones = (1u << format.exponentBits) - 1;
  uint32_t fractionOnes = (1u << format.fractionBits) - 1;
  int bias = int(ones >> 1);
  uint32_t sign = uint32_t(signbit(value))
                  << (format.fractionBits + format.exponentBits);
  uint32_t infinity = ones << format.fractionBits;
  if (isnan(value))
    return infinity | fractionOnes; // Positive, all ones.
  uint32_t largest = infinity - (format.finite ? 0 : 1);
  if (format.finite)
    largest = infinity | (fractionOnes - 1);
  uint32_t beyond = format.finite ? infinity | fractionOnes : infinity;
  double magnitude = fabs(value);
  if (isinf(magnitude))
    return sign | (saturate ? largest : beyond);
  int exponent = magnitude == 0 ? 1 - bias : ilogb(magnitude);
  if (exponent < 1 - bias)
    exponent = 1 - bias;
  // In units of the last place, which is exact.
  double scaled = ldexp(value, format.fractionBits - exponent);
  double units = fabs(roundToInteger(scaled, round));
  // The leading bit adds one to the exponent, unless the number is subnormal
  // and has none; if rounding gave one more bit, it adds two.
  uint64_t code = uint64_t(units);
  code += uint64_t(exponent + bias - 1) << format.fractionBits;
  if (code > largest) {
    bool stops = round == Round::Zero || (round == Round::Down && value > 0) ||
                 (round == Round::Up && value < 0);
    return sign | (saturate || stops ? largest : beyond);
  }
  return sign | uint32_t(code);
}

uint64_t ptx::integerOf(double value, Round round, int width, bool isSigned,
                        bool wideNaN) {
  uint64_t top = 1ull << (width - 1);
  uint64_t all = top | (top - 1);
  if (isnan(value))
    return wideNaN ? top : 0;
  value = roundToInteger(value, round);
  if (isSigned) {
    if (value >= ldexp(1, width - 1))
      return top - 1;
    if (value <= -ldexp(1, width - 1))
      return top;
    return uint64_t(int64_t(value)) & all;
  }
  if (value >= ldexp(1, width))
    return all;
  return value <= 0 ? 0 : uint64_t(value);
}
