//===- Array.h - Dense arrays in host memory --------------------*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_ARRAY_H
#define ATTN_RUNTIME_ARRAY_H

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/Error.h"
#include <new>
#include <vector>

namespace mlir::attn {

/// Allocates on cache-line boundaries: widest vector loads are aligned.
template <typename T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  AlignedAllocator() = default;
  template <typename U>
  AlignedAllocator(const AlignedAllocator<U> &) {}

  T *allocate(size_t count) {
    return static_cast<T *>(::operator new(count * sizeof(T), kAlignment));
  }
  void deallocate(T *pointer, size_t) {
    ::operator delete(pointer, kAlignment);
  }
  bool operator==(const AlignedAllocator &) const { return true; }
  bool operator!=(const AlignedAllocator &) const { return false; }
};

/// A dense row-major array of f16, bf16, f32, f64, i1, i8, i16, i32, i64 or
/// index, as compiled code sees it: i1 has one byte per element (0 or 1), index
/// eight. The data begins on a 64-byte boundary.
struct Array {
  Type elementType;
  SmallVector<int64_t> shape;
  std::vector<uint8_t, AlignedAllocator<uint8_t>> bytes;

  /// An array of zeros. Fails, with a message without a full stop, on an element
  /// type not listed above, a negative size, a size in bytes that overflows, and
  /// when there is not enough memory.
  static llvm::Expected<Array> create(Type elementType,
                                      ArrayRef<int64_t> shape);

  int64_t getNumElements() const;
  bool isFloat() const { return isa<FloatType>(elementType); }

  /// Element `i` in row-major order. The float accessors need an array of
  /// floats, the integer accessors one of integers.
  double getFloat(int64_t i) const;
  int64_t getInt(int64_t i) const;
  /// Rounds to nearest, ties to even; a NaN stays a NaN, and what is too large
  /// becomes infinite.
  void setFloat(int64_t i, double value);
  /// Keeps the low bits; i1 becomes value != 0.
  void setInt(int64_t i, int64_t value);
};

/// Bytes per element, or nothing for an element type that arrays cannot have.
std::optional<int64_t> getElementBytes(Type elementType);

/// The number of elements of a shape, or an error that says what is wrong with
/// it: a negative size, or more than 2^40 bytes at `elementBytes` per element.
llvm::Expected<int64_t> checkedNumElements(ArrayRef<int64_t> shape,
                                           int64_t elementBytes);

/// `value` rounded to a float type: nearest, ties to even.
double roundToType(FloatType type, double value);

/// The bit pattern of `value` rounded to f16, bf16, f32 or f64, and its inverse.
uint64_t encodeFloat(FloatType type, double value);
double decodeFloat(FloatType type, uint64_t bits);

/// Fills with independent random numbers: floats from the standard normal
/// distribution, i1 with 0 or 1, other integers uniformly from [0, 8). Element i
/// depends on (seed, i) only: the same everywhere, whatever the shape.
void fillRandom(Array &array, uint64_t seed);

} // namespace mlir::attn

#endif // ATTN_RUNTIME_ARRAY_H
