//===- rounding.cpp - Arithmetic in the rounding modes ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Arithmetic in the rounding modes of IEEE 754: the CPU's own modes, so this
// file is compiled with -frounding-math.
//
//===----------------------------------------------------------------------===//

#include "formats.h"
#include <fenv.h>

using namespace ptx;

namespace {
class Mode {
public:
  explicit Mode(Round round) : before(fegetround()) {
    fesetround(round == Round::Zero   ? FE_TOWARDZERO
               : round == Round::Down ? FE_DOWNWARD
               : round == Round::Up   ? FE_UPWARD
                                      : FE_TONEAREST);
  }
  ~Mode() { fesetround(before); }

private:
  int before;
};
// Keeps an operation between the two changes of the mode.
template <class T> T pin(T v) {
  volatile T kept = v;
  return kept;
}
} // namespace

#define OPERATION(type)                                                        \
  type ptx::addRounded(type a, type b, Round round) {                          \
    Mode mode(round);                                                          \
    return pin(type(pin(a) + pin(b)));                                         \
  }                                                                            \
  type ptx::mulRounded(type a, type b, Round round) {                          \
    Mode mode(round);                                                          \
    return pin(type(pin(a) * pin(b)));                                         \
  }                                                                            \
  type ptx::divRounded(type a, type b, Round round) {                          \
    Mode mode(round);                                                          \
    return pin(type(pin(a) / pin(b)));                                         \
  }
OPERATION(float)
OPERATION(double)

float ptx::fmaRounded(float a, float b, float c, Round round) {
  Mode mode(round);
  return pin(fmaf(pin(a), pin(b), pin(c)));
}
double ptx::fmaRounded(double a, double b, double c, Round round) {
  Mode mode(round);
  return pin(fma(pin(a), pin(b), pin(c)));
}
float ptx::sqrtRounded(float a, Round round) {
  Mode mode(round);
  return pin(sqrtf(pin(a)));
}
double ptx::sqrtRounded(double a, Round round) {
  Mode mode(round);
  return pin(sqrt(pin(a)));
}
float ptx::narrow(double value, Round round) {
  Mode mode(round);
  return pin(float(pin(value)));
}
float ptx::floatOfSigned(int64_t value, Round round) {
  Mode mode(round);
  return pin(float(pin(value)));
}
float ptx::floatOfUnsigned(uint64_t value, Round round) {
  Mode mode(round);
  // Half, with the lost bit kept sticky, is in range of signed numbers.
  if (value >> 63)
    return pin(float(pin(int64_t(value >> 1 | (value & 1))))) * 2;
  return pin(float(pin(int64_t(value))));
}
double ptx::doubleOfSigned(int64_t value, Round round) {
  Mode mode(round);
  return pin(double(pin(value)));
}
double ptx::doubleOfUnsigned(uint64_t value, Round round) {
  Mode mode(round);
  if (value >> 63)
    return pin(double(pin(int64_t(value >> 1 | (value & 1))))) * 2;
  return pin(double(pin(int64_t(value))));
}
