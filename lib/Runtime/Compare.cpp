//===- Compare.cpp - Results against the reference ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Runtime/Compare.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

namespace {
/// Collects the differences of one comparison.
class Differences {
public:
  explicit Differences(Tolerance tolerance) : tolerance(tolerance) {}

  void addFloats(int64_t i, double x, double y, FloatType type) {
    if (std::isnan(x) || std::isnan(y)) {
      if (std::isnan(x) != std::isnan(y))
        addMismatch(i, x, y);
      return;
    }
    // What is finite in double may be infinite in the type.
    if (std::isinf(x) || std::isinf(y)) {
      if (roundToType(type, y) != x)
        addMismatch(i, x, y);
      return;
    }
    addFinite(i, x, y, std::fabs(x - y));
  }

  void addInts(int64_t i, int64_t x, int64_t y) {
    // As doubles, large numbers that differ may be equal.
    uint64_t distance = x > y ? static_cast<uint64_t>(x) - y
                              : static_cast<uint64_t>(y) - x;
    addFinite(i, x, y, distance);
  }

  Comparison result;

private:
  void addFinite(int64_t i, double x, double y, double error) {
    if (error > result.maxAbsError || result.worstIndex < 0) {
      result.maxAbsError = error;
      result.worstIndex = i;
    }
    if (!(error <= tolerance.absolute + tolerance.relative * std::fabs(y)))
      addMismatch(i, x, y);
  }
  void addMismatch(int64_t i, double x, double y) {
    ++result.mismatches;
    if (!result.firstBad)
      result.firstBad = Comparison::FirstBad{i, x, y};
  }

  Tolerance tolerance;
};
} // namespace

Comparison mlir::attn::compare(const Array &computed,
                               const ReferenceValue &expected,
                               Tolerance tolerance) {
  assert(ArrayRef<int64_t>(computed.shape) == expected.getShape() &&
         computed.isFloat() == expected.isFloat() && "different kinds of array");
  Differences differences(tolerance);
  auto type = dyn_cast<FloatType>(computed.elementType);
  for (int64_t i = 0, e = computed.getNumElements(); i < e; ++i) {
    if (type)
      differences.addFloats(i, computed.getFloat(i), expected[i].f, type);
    else
      differences.addInts(i, computed.getInt(i), expected[i].i);
  }
  return differences.result;
}

std::string mlir::attn::describeIndex(ArrayRef<int64_t> shape, int64_t flat) {
  SmallVector<int64_t> index(shape.size());
  for (unsigned i = shape.size(); i-- > 0;) {
    index[i] = flat % shape[i];
    flat /= shape[i];
  }
  std::string text = "[";
  llvm::raw_string_ostream os(text);
  llvm::interleaveComma(index, os);
  os << "]";
  return text;
}

static constexpr double kUnitRoundoff = 0x1p-24;

std::optional<double>
mlir::attn::getErrorGate(Type elementType, const AttentionNumbers &numbers) {
  double largestScore = std::fabs(numbers.scale) * numbers.maxQueryNorm *
                        numbers.maxKeyNorm;
  double single = 2.0 * kUnitRoundoff *
                  (1.0 + std::sqrt(static_cast<double>(numbers.chainLength)) +
                   std::sqrt(static_cast<double>(numbers.headDim)) *
                       largestScore) *
                  numbers.maxAbsValue;
  if (elementType.isF32())
    return single;
  if (elementType.isF16())
    return 5e-4 * numbers.maxAbsValue + single;
  if (elementType.isBF16())
    return 4e-3 * numbers.maxAbsValue + single;
  if (elementType.isF64() && numbers.keys <= 4096 && largestScore < 100.0)
    return 1e-13 * numbers.maxAbsValue;
  return std::nullopt;
}

std::optional<double> mlir::attn::getNaiveGate(Type elementType,
                                               double naiveError,
                                               double maxAbsValue) {
  if (elementType.isF32())
    return 3.0 * naiveError + 4.0 * kUnitRoundoff * maxAbsValue;
  if (elementType.isF16() || elementType.isBF16())
    return 1.25 * naiveError;
  return std::nullopt;
}
