//===- Check.cpp - Whether an output is right ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Check.h"
#include "attn/Runtime/Compare.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

/// Rows of one array, counted over all heads and batches.
static std::vector<double> getRow(const Array &array, int64_t row,
                                  int64_t dim) {
  std::vector<double> values(dim);
  for (int64_t i = 0; i < dim; ++i)
    values[i] = array.getFloat(row * dim + i);
  return values;
}

static double dot(ArrayRef<double> a, ArrayRef<double> b) {
  double sum = 0;
  for (auto [x, y] : llvm::zip_equal(a, b))
    sum += x * y;
  return sum;
}

static double getMaxAbs(ArrayRef<double> values) {
  double largest = 0;
  for (double value : values)
    largest = std::max(largest, std::abs(value));
  return largest;
}

static llvm::Error compareRow(ArrayRef<double> expected, const Array &output,
                              int64_t row, double gate) {
  int64_t dim = expected.size();
  for (int64_t i = 0; i < dim; ++i) {
    double computed = output.getFloat(row * dim + i);
    // Written so that NaN is wrong.
    if (!(std::abs(computed - expected[i]) <= gate))
      return llvm::createStringError(llvm::formatv(
          "row {0}, feature {1} is {2:e8}, the reference says {3:e8}, more than "
          "{4:e1} apart",
          row, i, computed, expected[i], gate));
  }
  return llvm::Error::success();
}

/// One query row: softmax over the visible keys, then the weighted mean.
static llvm::Error checkAttentionRow(const Shape &shape,
                                     ArrayRef<Array> inputs,
                                     const Array &output, int64_t head,
                                     int64_t i) {
  int64_t dim = shape.headDim, row = head * shape.queries + i;
  std::vector<double> query = getRow(inputs[0], row, dim);
  auto [begin, end] = shape.getVisibleKeys(i);
  int64_t firstKey = head / shape.getGroup() * shape.keys;
  double scale = 1.0 / std::sqrt(double(dim)), largest = -HUGE_VAL;
  AttentionNumbers numbers{shape.keys, dim, scale,
                           std::sqrt(dot(query, query)), 0, 0, shape.keys};
  std::vector<double> scores;
  for (int64_t j = begin; j < end; ++j) {
    std::vector<double> key = getRow(inputs[1], firstKey + j, dim);
    scores.push_back(shape.applyScore(scale * dot(query, key), head, i, j));
    largest = std::max(largest, scores.back());
    numbers.maxKeyNorm =
        std::max(numbers.maxKeyNorm, std::sqrt(dot(key, key)));
  }
  std::vector<double> expected(dim);
  double sum = 0;
  for (int64_t j = begin; j < end; ++j) {
    double weight = std::exp(scores[j - begin] - largest);
    std::vector<double> value = getRow(inputs[2], firstKey + j, dim);
    numbers.maxAbsValue = std::max(numbers.maxAbsValue, getMaxAbs(value));
    sum += weight;
    for (int64_t d = 0; d < dim; ++d)
      expected[d] += weight * value[d];
  }
  if (sum > 0)
    for (double &x : expected)
      x /= sum;
  std::optional<double> gate = getErrorGate(output.elementType, numbers);
  return compareRow(expected, output, row,
                    gate.value_or(1e-10 * numbers.maxAbsValue));
}

/// The decay of row `i` of the state at the token in `row`.
static double getDecayAt(const Shape &shape, ArrayRef<Array> inputs,
                         int64_t head, int64_t row, int64_t i) {
  switch (shape.kind) {
  case Shape::Kind::Decay:
    return getDecay(head % shape.heads);
  case Shape::Kind::Selected:
    return std::exp(inputs[3].getFloat(row));
  case Shape::Kind::Gated:
    return std::exp(inputs[3].getFloat(row * shape.headDim + i));
  default:
    return 1.0;
  }
}

/// Relative to the largest output. A decay that is rounded once, 2^-24, and
/// applied to every token shifts the state by as much for each of them.
static double getRecurrenceGate(const Shape &shape, Type type) {
  if (type.isF64())
    return 1e-12;
  double decays = shape.kind == Shape::Kind::Linear ? 0.0 : std::exp2(-24.0);
  return (type.isF32() ? 1e-5 : 2e-2) + decays * shape.queries;
}

/// One head: S = decay o S + k v^T, o = q S, token by token.
static llvm::Error checkRecurrence(const Shape &shape, ArrayRef<Array> inputs,
                                   const Array &output, int64_t head) {
  int64_t dim = shape.headDim;
  std::vector<double> state(dim * dim);
  std::vector<std::vector<double>> expected;
  double largest = 0;
  for (int64_t t = 0; t < shape.queries; ++t) {
    int64_t row = head * shape.queries + t;
    std::vector<double> query = getRow(inputs[0], row, dim),
                        key = getRow(inputs[1], row, dim),
                        value = getRow(inputs[2], row, dim), result(dim);
    for (int64_t i = 0; i < dim; ++i) {
      double decay = getDecayAt(shape, inputs, head, row, i);
      for (int64_t j = 0; j < dim; ++j) {
        double &s = state[i * dim + j];
        s = decay * s + key[i] * value[j];
        result[j] += query[i] * s;
      }
    }
    largest = std::max(largest, getMaxAbs(result));
    expected.push_back(std::move(result));
  }
  double gate = getRecurrenceGate(shape, output.elementType) * largest;
  for (int64_t t = 0; t < shape.queries; ++t)
    if (auto error = compareRow(expected[t], output, head * shape.queries + t,
                                gate))
      return error;
  return llvm::Error::success();
}

llvm::Error mlir::attn::check(const Shape &shape, ArrayRef<Array> inputs,
                              const Array &output) {
  for (int64_t head : {int64_t(0), shape.batch * shape.heads - 1}) {
    if (shape.kind != Shape::Kind::Attention) {
      if (auto error = checkRecurrence(shape, inputs, output, head))
        return error;
      continue;
    }
    for (int64_t i : {int64_t(0), shape.queries / 3, shape.queries / 2,
                      shape.queries - 1})
      if (auto error = checkAttentionRow(shape, inputs, output, head, i))
        return error;
  }
  return llvm::Error::success();
}
