//===- LaneEmitter.cpp - Loops, reads and writes of vector lanes ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaneEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::attn;

LaneEmitter::LaneEmitter(OpBuilder &b, linalg::LinalgOp op,
                         const TileSizes &tiles, unsigned laneDim,
                         std::optional<unsigned> rowDim)
    : b(b), op(op), loc(op.getLoc()), tiles(tiles), laneDim(laneDim),
      rowDim(rowDim) {
  for (auto [i, size] : llvm::enumerate(op.getStaticLoopRanges()))
    sizes.push_back(ShapedType::isDynamic(size) ? getDynamicSize(i)
                                                : constant(size));
  position.assign(sizes.size(), Value());
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

Value LaneEmitter::constant(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value LaneEmitter::shift(Value index, int64_t by) {
  return by ? Value(arith::AddIOp::create(b, loc, index, constant(by))) : index;
}

Value LaneEmitter::getDynamicSize(unsigned dim) {
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (unsigned i = 0; i < map.getNumResults(); ++i)
      if (map.getDimPosition(i) == dim)
        return tensor::DimOp::create(b, loc, operand.get(), i);
  }
  llvm_unreachable("a loop that no operand bounds");
}

SmallVector<Value> LaneEmitter::forEach(Value begin, Value end, int64_t step,
                                        ValueRange values, Body body) {
  auto staticBegin = getStatic(begin), staticEnd = getStatic(end);
  if (staticBegin && staticEnd) {
    if (*staticEnd <= *staticBegin)
      return llvm::to_vector(values);
    if (*staticEnd - *staticBegin <= step)
      return body(begin, values);
  }
  auto loop = scf::ForOp::create(b, loc, begin, end, constant(step), values);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> results =
      body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!values.empty())
    scf::YieldOp::create(b, loc, results);
  return llvm::to_vector_of<Value>(loop.getResults());
}

Value LaneEmitter::roundDown(Value size, int64_t step) {
  if (auto known = getStatic(size))
    return constant(*known / step * step);
  Value rest = arith::RemUIOp::create(b, loc, size, constant(step));
  return arith::SubIOp::create(b, loc, size, rest);
}

Value LaneEmitter::roundDown(Value size, Value begin, int64_t step) {
  Value rest = arith::SubIOp::create(b, loc, size, begin);
  return arith::AddIOp::create(b, loc, begin, roundDown(rest, step));
}

int64_t LaneEmitter::getVectorLanes() {
  unsigned bits = 0;
  auto see = [&](Type type) {
    if (auto floating = dyn_cast<FloatType>(type))
      bits = std::max(bits, floating.getWidth());
  };
  for (Type type : op.getBlock()->getArgumentTypes())
    see(type);
  for (Operation &nested : *op.getBlock())
    llvm::for_each(nested.getResultTypes(), see);
  return std::max<int64_t>(1, tiles.vectorBits / std::max(bits, 32u));
}

//===----------------------------------------------------------------------===//
// Access
//===----------------------------------------------------------------------===//

AffineMap LaneEmitter::getInitMap(unsigned result) {
  return op.getMatchingIndexingMap(op.getDpsInitOperand(result));
}

Value LaneEmitter::takeFill(Value &tensor) {
  auto fill = tensor.getDefiningOp<linalg::FillOp>();
  if (!fill)
    return Value();
  tensor = fill.output();
  return fill.value();
}

SmallVector<Value> LaneEmitter::getIndices(AffineMap map, int64_t row) {
  SmallVector<Value> indices;
  for (unsigned i = 0; i < map.getNumResults(); ++i) {
    unsigned dim = map.getDimPosition(i);
    indices.push_back(rowDim && dim == *rowDim
                          ? shift(position[dim], row)
                          : position[dim]);
  }
  return indices;
}

Value LaneEmitter::spread(Value scalar) {
  if (lanes == 1)
    return scalar;
  return vector::BroadcastOp::create(
      b, loc, VectorType::get(lanes, scalar.getType()), scalar);
}

Value LaneEmitter::read(Value tensor, AffineMap map, int64_t row) {
  SmallVector<Value> indices = getIndices(map, row);
  Type element = getElementTypeOrSelf(tensor.getType());
  if (lanes == 1 || !usesDim(map, laneDim))
    return tensor::ExtractOp::create(b, loc, tensor, indices);
  // A vector of booleans is packed in bits, an array of them is not.
  if (isInnermost(map, laneDim) && !element.isInteger(1))
    return vector::TransferReadOp::create(
        b, loc, VectorType::get(lanes, element), tensor, indices,
        arith::ConstantOp::create(b, loc, b.getZeroAttr(element)),
        ArrayRef<bool>{lanesAreWhole});
  return readStrided(tensor, map, indices);
}

/// One load per lane; lanes past the end read the last element again.
Value LaneEmitter::readStrided(Value tensor, AffineMap map, SmallVector<Value> indices) {
  unsigned place = 0;
  while (map.getDimPosition(place) != laneDim)
    ++place;
  Value first = indices[place];
  Value last = arith::SubIOp::create(b, loc, sizes[laneDim], constant(1));
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    indices[place] = shift(first, lane);
    if (!lanesAreWhole)
      indices[place] =
          arith::MinUIOp::create(b, loc, indices[place], last);
    elements.push_back(tensor::ExtractOp::create(b, loc, tensor, indices));
  }
  Type element = getElementTypeOrSelf(tensor.getType());
  return vector::FromElementsOp::create(
      b, loc, VectorType::get(lanes, element), elements);
}

Value LaneEmitter::write(Value value, Value tensor, AffineMap map, int64_t row) {
  SmallVector<Value> indices = getIndices(map, row);
  if (lanes == 1)
    return tensor::InsertOp::create(b, loc, value, tensor, indices);
  return writeVector(value, tensor, indices, lanesAreWhole);
}

/// The vector has as many dimensions as the tensor: bufferization takes a write
/// at the origin for one of the whole tensor if the vector's first dimensions
/// are as large (LLVM 22, bufferizesToMemoryRead of TransferWriteOp), and would
/// lose the other rows.
Value LaneEmitter::writeVector(Value value, Value tensor, ArrayRef<Value> indices,
                  bool whole) {
  auto type = cast<VectorType>(value.getType());
  SmallVector<int64_t> shape(indices.size(), 1);
  shape.back() = type.getNumElements();
  SmallVector<bool> inBounds(indices.size(), true);
  inBounds.back() = whole;
  if (shape.size() > 1)
    value = vector::BroadcastOp::create(
        b, loc, VectorType::get(shape, type.getElementType()), value);
  return vector::TransferWriteOp::create(b, loc, value, tensor, indices,
                                         inBounds)
      ->getResult(0);
}

