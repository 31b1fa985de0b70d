//===- TransposeRows.cpp - Square blocks transposed in registers ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TransposeRows.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

/// Replaces (x, y) by two vectors of their elements; `pick(i)` says which of the
/// 2 n elements of x and y comes to place i of the first, `shift` later that of
/// the second.
static std::pair<Value, Value>
shufflePair(OpBuilder &b, Location loc, Value x, Value y, int64_t shift,
            function_ref<int64_t(int64_t)> pick) {
  int64_t size = cast<VectorType>(x.getType()).getNumElements();
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < size; ++i) {
    low.push_back(pick(i));
    high.push_back(pick(i) + shift);
  }
  return {vector::ShuffleOp::create(b, loc, x, y, low),
          vector::ShuffleOp::create(b, loc, x, y, high)};
}

// The two shuffles that every vector unit has: zipping two vectors within their
// 128-bit parts, and exchanging such parts.
SmallVector<Value> mlir::attn::transposeRows(OpBuilder &b, Location loc,
                                             ArrayRef<Value> rows) {
  SmallVector<Value> result(rows);
  int64_t size = rows.size();
  auto type = cast<VectorType>(rows.front().getType());
  int64_t part = std::min<int64_t>(size, 128 / type.getElementTypeBitWidth());

  // x_0 .. x_(p-1)  -->  zip(x_0, x_(p/2)), zip(x_1, x_(p/2 + 1)), ..: a perfect
  // shuffle; log2(p) of them transpose each p x p block.
  for (int64_t stride = 1; stride < part; stride *= 2) {
    SmallVector<Value> zipped(size);
    for (int64_t first = 0; first < size; first += part)
      for (int64_t i = 0; i < part / 2; ++i)
        std::tie(zipped[first + 2 * i], zipped[first + 2 * i + 1]) =
            shufflePair(b, loc, result[first + i], result[first + i + part / 2],
                        part / 2, [&](int64_t place) {
                          int64_t inPart = place % part;
                          return place - inPart + inPart / 2 +
                                 inPart % 2 * size;
                        });
    result = zipped;
  }
  // Then blocks of p, 2 p, .. change places across the diagonal.
  for (int64_t block = part; block < size; block *= 2)
    for (int64_t i = 0; i < size; ++i)
      if ((i & block) == 0)
        std::tie(result[i], result[i + block]) =
            shufflePair(b, loc, result[i], result[i + block], block,
                        [&](int64_t place) {
                          return (place & block) ? place - block + size : place;
                        });
  return result;
}
