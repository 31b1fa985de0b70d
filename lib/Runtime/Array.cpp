//===- Array.cpp - Dense arrays in host memory ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Runtime/Array.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

std::optional<int64_t> mlir::attn::getElementBytes(Type type) {
  if (type.isF16() || type.isBF16())
    return 2;
  if (type.isF32())
    return 4;
  if (type.isF64() || type.isIndex())
    return 8;
  if (type.isSignlessInteger(1))
    return 1;
  for (unsigned width : {8, 16, 32, 64})
    if (type.isSignlessInteger(width))
      return width / 8;
  return std::nullopt;
}

llvm::Expected<int64_t>
mlir::attn::checkedNumElements(ArrayRef<int64_t> shape, int64_t elementBytes) {
  // No machine holds more; it also keeps every offset far from overflow.
  constexpr int64_t kMaxBytes = int64_t(1) << 40;
  int64_t elements = 1;
  bool isEmpty = false;
  for (auto [i, size] : llvm::enumerate(shape)) {
    if (size < 0)
      return llvm::createStringError("dimension %d has the negative size %lld",
                                     static_cast<int>(i),
                                     static_cast<long long>(size));
    isEmpty |= size == 0;
    // Strides of an empty array must not overflow either.
    if (llvm::MulOverflow(elements, std::max<int64_t>(size, 1), elements) ||
        elements > kMaxBytes / elementBytes)
      return llvm::createStringError(
          "an array of this shape would have more than 2^40 bytes");
  }
  return isEmpty ? 0 : elements;
}

llvm::Expected<Array> Array::create(Type elementType, ArrayRef<int64_t> shape) {
  std::optional<int64_t> elementBytes = getElementBytes(elementType);
  if (!elementBytes) {
    std::string name;
    llvm::raw_string_ostream(name) << elementType;
    return llvm::createStringError(
        "arrays of " + name +
        " are not supported; use f16, bf16, f32, f64, i1, i8, i16, i32, i64 or "
        "index");
  }
  llvm::Expected<int64_t> elements = checkedNumElements(shape, *elementBytes);
  if (!elements)
    return elements.takeError();
  size_t size = *elements * *elementBytes;
  // Without exceptions a vector that finds no memory ends the program: ask first.
  void *probe = ::operator new(size, std::nothrow);
  if (!probe)
    return llvm::createStringError("not enough memory for %zu bytes", size);
  ::operator delete(probe);

  Array array;
  array.elementType = elementType;
  array.shape.assign(shape.begin(), shape.end());
  array.bytes.resize(size);
  return array;
}

int64_t Array::getNumElements() const {
  int64_t elements = 1;
  for (int64_t size : shape)
    elements *= size;
  return elements;
}

//===----------------------------------------------------------------------===//
// Rounding
//===----------------------------------------------------------------------===//

namespace {
/// A binary interchange format of 16 bits.
struct SmallFloat {
  int exponentBits, mantissaBits;
  int getBias() const { return (1 << (exponentBits - 1)) - 1; }
  uint64_t getInfinity() const {
    return ((uint64_t(1) << exponentBits) - 1) << mantissaBits;
  }
};
} // namespace

static constexpr SmallFloat kHalf{5, 10}, kBrainHalf{8, 7};

/// Rounds once, from double: going through float would round twice.
static uint64_t encode(SmallFloat format, double value) {
  uint64_t bits = llvm::bit_cast<uint64_t>(value);
  uint64_t sign = (bits >> 63) << 15;
  int exponent = static_cast<int>((bits >> 52) & 0x7ff);
  uint64_t fraction = bits & ((uint64_t(1) << 52) - 1);
  if (exponent == 0x7ff && fraction) // Quiet, so that no NaN becomes infinite.
    return sign | format.getInfinity() | uint64_t(1) << (format.mantissaBits - 1);
  exponent -= 1023;
  if (exponent > format.getBias())
    return sign | format.getInfinity();

  uint64_t significand = fraction | uint64_t(1) << 52;
  int shift = 52 - format.mantissaBits;
  int below = 1 - format.getBias() - exponent; // > 0: a denormal.
  shift += std::max(below, 0);
  if (shift > 53)
    return sign; // Less than half of the least denormal.
  uint64_t kept = significand >> shift;
  uint64_t rest = significand & ((uint64_t(1) << shift) - 1);
  uint64_t half = uint64_t(1) << (shift - 1);
  if (rest > half || (rest == half && (kept & 1)))
    ++kept;
  // A carry out of the significand moves into the exponent, as it should.
  if (below > 0)
    return sign | kept;
  uint64_t biased = exponent + format.getBias() - 1;
  return sign | ((biased << format.mantissaBits) + kept);
}

static double decode(SmallFloat format, uint64_t bits) {
  uint64_t fraction = bits & ((uint64_t(1) << format.mantissaBits) - 1);
  int exponent = static_cast<int>((bits & 0x7fff) >> format.mantissaBits);
  bool negative = (bits >> 15) & 1;
  double magnitude;
  if (exponent == (1 << format.exponentBits) - 1) {
    magnitude = fraction ? std::numeric_limits<double>::quiet_NaN()
                         : std::numeric_limits<double>::infinity();
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<double>(fraction),
                           1 - format.getBias() - format.mantissaBits);
  } else {
    uint64_t wide = (uint64_t(exponent - format.getBias() + 1023) << 52) |
                    (fraction << (52 - format.mantissaBits));
    magnitude = llvm::bit_cast<double>(wide);
  }
  return negative ? -magnitude : magnitude;
}

uint64_t mlir::attn::encodeFloat(FloatType type, double value) {
  if (type.isF64())
    return llvm::bit_cast<uint64_t>(value);
  if (type.isF32())
    return llvm::bit_cast<uint32_t>(static_cast<float>(value));
  return encode(type.isF16() ? kHalf : kBrainHalf, value);
}

double mlir::attn::decodeFloat(FloatType type, uint64_t bits) {
  if (type.isF64())
    return llvm::bit_cast<double>(bits);
  if (type.isF32())
    return llvm::bit_cast<float>(static_cast<uint32_t>(bits));
  return decode(type.isF16() ? kHalf : kBrainHalf, bits);
}

double mlir::attn::roundToType(FloatType type, double value) {
  return decodeFloat(type, encodeFloat(type, value));
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

template <typename T>
static T load(const uint8_t *bytes, int64_t i) {
  T value;
  std::memcpy(&value, bytes + i * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
static void store(uint8_t *bytes, int64_t i, uint64_t bits) {
  T value = static_cast<T>(bits);
  std::memcpy(bytes + i * sizeof(T), &value, sizeof(T));
}

static uint64_t loadBits(const Array &array, int64_t i) {
  switch (*getElementBytes(array.elementType)) {
  case 1:
    return load<uint8_t>(array.bytes.data(), i);
  case 2:
    return load<uint16_t>(array.bytes.data(), i);
  case 4:
    return load<uint32_t>(array.bytes.data(), i);
  default:
    return load<uint64_t>(array.bytes.data(), i);
  }
}

static void storeBits(Array &array, int64_t i, uint64_t bits) {
  switch (*getElementBytes(array.elementType)) {
  case 1:
    return store<uint8_t>(array.bytes.data(), i, bits);
  case 2:
    return store<uint16_t>(array.bytes.data(), i, bits);
  case 4:
    return store<uint32_t>(array.bytes.data(), i, bits);
  default:
    return store<uint64_t>(array.bytes.data(), i, bits);
  }
}

double Array::getFloat(int64_t i) const {
  return decodeFloat(cast<FloatType>(elementType), loadBits(*this, i));
}

void Array::setFloat(int64_t i, double value) {
  storeBits(*this, i, encodeFloat(cast<FloatType>(elementType), value));
}

int64_t Array::getInt(int64_t i) const {
  assert(!isFloat() && "an array of floats");
  uint64_t bits = loadBits(*this, i);
  if (elementType.isInteger(1))
    return bits != 0;
  return llvm::SignExtend64(bits, 8 * *getElementBytes(elementType));
}

void Array::setInt(int64_t i, int64_t value) {
  assert(!isFloat() && "an array of floats");
  storeBits(*this, i, elementType.isInteger(1) ? value != 0 : value);
}

//===----------------------------------------------------------------------===//
// Random data
//===----------------------------------------------------------------------===//

/// The n-th number of the splitmix64 sequence of a seed (Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", OOPSLA 2014).
static uint64_t splitMix(uint64_t seed, uint64_t n) {
  uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/// Uniform in (0, 1]: a logarithm follows.
static double toUnit(uint64_t bits) {
  return static_cast<double>((bits >> 11) + 1) * 0x1p-53;
}

/// The method of Box and Muller. (std::normal_distribution differs between
/// standard libraries.)
static double getNormal(uint64_t seed, uint64_t i) {
  double radius = std::sqrt(-2.0 * std::log(toUnit(splitMix(seed, 2 * i))));
  double turn = toUnit(splitMix(seed, 2 * i + 1));
  return radius * std::cos(2.0 * llvm::numbers::pi * turn);
}

void mlir::attn::fillRandom(Array &array, uint64_t seed) {
  int64_t elements = array.getNumElements();
  // Nearby seeds must not give shifted copies of one sequence.
  uint64_t start = splitMix(seed, 0);
  if (array.isFloat()) {
    for (int64_t i = 0; i < elements; ++i)
      array.setFloat(i, getNormal(start, i));
    return;
  }
  int64_t mask = array.elementType.isInteger(1) ? 1 : 7;
  for (int64_t i = 0; i < elements; ++i)
    array.setInt(i, static_cast<int64_t>(splitMix(start, i) >> 32) & mask);
}
