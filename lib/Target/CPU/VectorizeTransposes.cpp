//===- VectorizeTransposes.cpp - Results across their inputs ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VectorizeTransposes.h"
#include "LaneBody.h"
#include "TransposeRows.h"

using namespace mlir;
using namespace mlir::attn;

std::optional<Transpose> mlir::attn::getTranspose(linalg::LinalgOp op) {
  if (op.getNumParallelLoops() != op.getNumLoops() ||
      op.getNumDpsInits() != 1 || op.hasIndexSemantics() ||
      !op.getRegionOutputArgs()[0].use_empty())
    return std::nullopt;
  auto getInnermost = [](AffineMap map) {
    return map.getDimPosition(map.getNumResults() - 1);
  };
  unsigned lane = getInnermost(op.getMatchingIndexingMap(op.getDpsInitOperand(0)));
  std::optional<unsigned> other;
  for (OpOperand *input : op.getDpsInputOperands())
    if (AffineMap map = op.getMatchingIndexingMap(input);
        usesDim(map, lane) && !isInnermost(map, lane))
      other = getInnermost(map);
  if (!other)
    return std::nullopt;
  for (OpOperand *input : op.getDpsInputOperands())
    if (AffineMap map = op.getMatchingIndexingMap(input);
        usesDim(map, *other) ? !isInnermost(map, *other) : usesDim(map, lane))
      return std::nullopt;
  return Transpose{lane, *other};
}

namespace {
class TransposeEmitter : LaneEmitter {
public:
  TransposeEmitter(OpBuilder &b, linalg::LinalgOp op, Transpose dims,
                   const TileSizes &tiles)
      : LaneEmitter(b, op, tiles, dims.lane, /*rowDim=*/std::nullopt),
        lane(dims.lane), other(dims.other) {}

  SmallVector<Value> run() {
    return emitOuter(0, SmallVector<Value>(op.getDpsInits()));
  }

private:
  SmallVector<Value> over(unsigned dim, Value begin, Value end, int64_t step,
                          ValueRange values, Body body) {
    return forEach(begin, end, step, values,
                   [&](Value index, ValueRange values) {
                     position[dim] = index;
                     return body(index, values);
                   });
  }

  SmallVector<Value> emitOuter(unsigned dim, ValueRange tensors) {
    if (dim == op.getNumLoops())
      return emitPlane(tensors);
    if (dim == lane || dim == other)
      return emitOuter(dim + 1, tensors);
    return over(dim, constant(0), sizes[dim], 1, tensors,
                [&](Value, ValueRange values) {
                  return emitOuter(dim + 1, values);
                });
  }

  /// Whole blocks; what is left goes one by one.
  SmallVector<Value> emitPlane(ValueRange tensors) {
    int64_t block = getVectorLanes();
    Value zero = constant(0);
    Value laneEnd = roundDown(sizes[lane], block);
    Value otherEnd = roundDown(sizes[other], block);
    auto one = [&](Value, ValueRange values) { return emitOne(values); };
    auto alongOther = [&](Value begin, int64_t step, Body body) {
      return [&, begin, step, body](Value, ValueRange values) {
        Value end = step == 1 ? sizes[other] : otherEnd;
        return over(other, begin, end, step, values, body);
      };
    };
    SmallVector<Value> results = over(
        lane, zero, laneEnd, block, tensors,
        alongOther(zero, block, [&](Value, ValueRange values) {
          return emitBlock(block, values);
        }));
    results =
        over(lane, zero, laneEnd, 1, results, alongOther(otherEnd, 1, one));
    return over(lane, laneEnd, sizes[lane], 1, results,
                alongOther(zero, 1, one));
  }

  /// The body at `position`, for `lanes` neighbours in `laneDim`.
  Value emitBody() {
    SmallVector<Value> arguments;
    for (OpOperand *input : op.getDpsInputOperands())
      arguments.push_back(
          isa<RankedTensorType>(input->get().getType())
              ? read(input->get(), op.getMatchingIndexingMap(input), /*row=*/0)
              : input->get());
    arguments.push_back(Value());
    return emitLaneBody(b, op, laneDim, lanes, arguments, position)[0];
  }

  SmallVector<Value> emitOne(ValueRange tensors) {
    lanes = 1;
    return {write(emitBody(), tensors[0], getInitMap(0), /*row=*/0)};
  }

  SmallVector<Value> emitBlock(int64_t size, ValueRange tensors) {
    Value firstLane = position[lane], firstOther = position[other];
    laneDim = other;
    lanes = size;
    SmallVector<Value> rows;
    for (int64_t i = 0; i < size; ++i) {
      position[lane] = shift(firstLane, i);
      rows.push_back(emitBody());
    }
    laneDim = lane;
    position[lane] = firstLane;
    Value tensor = tensors[0];
    for (auto [i, column] : llvm::enumerate(transposeRows(b, loc, rows))) {
      position[other] = shift(firstOther, i);
      tensor = writeVector(column, tensor, getIndices(getInitMap(0), 0),
                           /*whole=*/true);
    }
    position[other] = firstOther;
    return {tensor};
  }

  unsigned lane, other;
};
} // namespace

SmallVector<Value> mlir::attn::vectorizeTranspose(OpBuilder &b,
                                                  linalg::LinalgOp op,
                                                  Transpose dims,
                                                  const TileSizes &tiles) {
  return TransposeEmitter(b, op, dims, tiles).run();
}
