//===- LaneEmitter.h - Loops, reads and writes of vector lanes -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_CPU_LANEEMITTER_H
#define ATTN_LIB_TARGET_CPU_LANEEMITTER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::attn {

struct TileSizes {
  int64_t vectorBits, lanes, rows;
};

inline bool usesDim(AffineMap map, unsigned dim) {
  return map.isFunctionOfDim(dim);
}
/// Whether `dim` is the innermost dimension of this map.
inline bool isInnermost(AffineMap map, unsigned dim) {
  return map.getNumResults() != 0 &&
         map.getDimPosition(map.getNumResults() - 1) == dim;
}

/// What schedules of a linalg op on vectors share: loops over its dimensions, and
/// access to its operands at `position`, by `lanes` neighbours in `laneDim`.
class LaneEmitter {
protected:
  using Body = function_ref<SmallVector<Value>(Value, ValueRange)>;

  LaneEmitter(OpBuilder &b, linalg::LinalgOp op, const TileSizes &tiles,
              unsigned laneDim, std::optional<unsigned> rowDim);

  Value constant(int64_t value);
  static std::optional<int64_t> getStatic(Value size) {
    return getConstantIntValue(size);
  }
  Value shift(Value index, int64_t by);

  /// for i in [begin, end) step `step`: values = body(i, values)
  SmallVector<Value> forEach(Value begin, Value end, int64_t step,
                             ValueRange values, Body body);
  /// The largest multiple of `step` that is <= size.
  Value roundDown(Value size, int64_t step);
  /// `begin` and the largest multiple of `step` that fits before `size`.
  Value roundDown(Value size, Value begin, int64_t step);

  /// Elements of the body's widest float type in one vector register.
  int64_t getVectorLanes();
  AffineMap getInitMap(unsigned result);
  /// The value that a tensor is filled with, if it is, and then what is filled in
  /// its place: a result that starts from a constant does not read it.
  static Value takeFill(Value &tensor);

  SmallVector<Value> getIndices(AffineMap map, int64_t row);
  Value spread(Value scalar);
  /// The element under this map: a scalar if all lanes see the same one.
  Value read(Value tensor, AffineMap map, int64_t row);
  Value write(Value value, Value tensor, AffineMap map, int64_t row);
  Value writeVector(Value value, Value tensor, ArrayRef<Value> indices,
                    bool whole);

  OpBuilder &b;
  linalg::LinalgOp op;
  Location loc;
  TileSizes tiles;
  unsigned laneDim;
  std::optional<unsigned> rowDim; // `row` counts in it.
  SmallVector<Value> sizes, position;
  int64_t lanes = 1;
  bool lanesAreWhole = true;

private:
  Value getDynamicSize(unsigned dim);
  Value readStrided(Value tensor, AffineMap map, SmallVector<Value> indices);
};

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_CPU_LANEEMITTER_H
