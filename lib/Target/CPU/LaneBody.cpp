//===- LaneBody.cpp - The body of a linalg op, run by many lanes ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaneBody.h"
#include "LaneIndex.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::attn;

LogicalResult
mlir::attn::canRunInLanes(linalg::LinalgOp op,
                          function_ref<void(Operation *)> onRefusal) {
  for (Operation &nested : op.getBlock()->without_terminator()) {
    if (isa<linalg::IndexOp, tensor::ExtractOp, tensor::DimOp>(nested) ||
        nested.hasTrait<OpTrait::ConstantLike>() ||
        OpTrait::hasElementwiseMappableTraits(&nested))
      continue;
    onRefusal(&nested);
    return failure();
  }
  return success();
}

namespace {
class LaneBody {
public:
  LaneBody(OpBuilder &b, linalg::LinalgOp op, unsigned laneDim, int64_t lanes,
           ArrayRef<Value> position)
      : b(b), op(op), loc(op.getLoc()), laneDim(laneDim), lanes(lanes),
        position(position) {}

  SmallVector<Value> run(ArrayRef<Value> arguments) {
    Block &body = *op.getBlock();
    values.map(body.getArguments(), arguments);
    for (Operation &nested : body.without_terminator())
      emit(nested);
    return llvm::map_to_vector(
        body.getTerminator()->getOperands(), [&](Value value) {
          return spread(lookup(value));
        });
  }

private:
  static bool isUniform(Value value) {
    return !isa<VectorType>(value.getType());
  }

  /// What a value of the body is; an index becomes a vector when it is needed as
  /// one.
  Value lookup(Value value) {
    if (auto index = indices.find(value);
        index != indices.end() && !values.contains(value))
      values.map(value, emitVector(b, loc, index->second, lanes));
    return values.lookupOrDefault(value);
  }

  Value spread(Value value) {
    if (lanes == 1 || !isUniform(value))
      return value;
    return vector::BroadcastOp::create(
        b, loc, VectorType::get(lanes, value.getType()), value);
  }

  void emit(Operation &nested) {
    if (auto index = dyn_cast<linalg::IndexOp>(nested)) {
      if (index.getDim() == laneDim && lanes > 1)
        indices[index] = {position[laneDim], 1};
      else
        values.map(index.getResult(), position[index.getDim()]);
      return;
    }
    if (emitOnIndices(nested))
      return;
    bool uniform = llvm::all_of(nested.getOperands(), [&](Value operand) {
      return isUniform(lookup(operand));
    });
    if (uniform) {
      b.clone(nested, values);
      return;
    }
    if (auto extract = dyn_cast<tensor::ExtractOp>(nested)) {
      values.map(extract.getResult(), gather(extract));
      return;
    }
    SmallVector<Value> operands;
    for (Value operand : nested.getOperands())
      operands.push_back(spread(lookup(operand)));
    OperationState state(loc, nested.getName(), operands, {},
                         nested.getAttrs());
    for (Type type : nested.getResultTypes())
      state.addTypes(VectorType::get(lanes, type));
    values.map(nested.getResults(), b.create(state)->getResults());
  }

  /// If operands are indices, others scalars, and it pays not to make vectors of
  /// them.
  bool emitOnIndices(Operation &nested) {
    SmallVector<LaneIndex> operands;
    bool hasIndex = false;
    for (Value operand : nested.getOperands()) {
      auto index = indices.find(operand);
      hasIndex |= index != indices.end();
      if (index != indices.end())
        operands.push_back(index->second);
      else if (Value value = values.lookupOrDefault(operand); isUniform(value))
        operands.push_back({value, 0});
      else
        return false;
    }
    if (!hasIndex)
      return false;
    if (auto index = emitIndexArithmetic(b, nested, operands)) {
      if (index->slope == 0)
        values.map(nested.getResult(0), index->base);
      else
        indices[nested.getResult(0)] = *index;
      return true;
    }
    Value value = emitFromIndices(b, nested, operands, lanes, getBits());
    if (value)
      values.map(nested.getResult(0), value);
    return static_cast<bool>(value);
  }

  /// Of an element of the vectors that the body gives.
  unsigned getBits() {
    Type type = getElementTypeOrSelf(op.getDpsInits().front().getType());
    return type.isF64() ? 64 : 32;
  }

  /// One load per lane. Lanes past the end compute an index past the end too:
  /// it is moved back inside.
  Value gather(tensor::ExtractOp extract) {
    Value source = values.lookupOrDefault(extract.getTensor());
    SmallVector<Value> elements;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      SmallVector<Value> indices;
      for (auto [i, operand] : llvm::enumerate(extract.getIndices())) {
        Value index = lookup(operand);
        if (!isUniform(index)) {
          index = vector::ExtractOp::create(b, loc, index, lane);
          Value size = tensor::DimOp::create(b, loc, source, i);
          Value one = arith::ConstantIndexOp::create(b, loc, 1);
          Value last = arith::SubIOp::create(b, loc, size, one);
          index = arith::MinUIOp::create(b, loc, index, last);
        }
        indices.push_back(index);
      }
      elements.push_back(tensor::ExtractOp::create(b, loc, source, indices));
    }
    return vector::FromElementsOp::create(
        b, loc, VectorType::get(lanes, extract.getType()), elements);
  }

  OpBuilder &b;
  linalg::LinalgOp op;
  Location loc;
  unsigned laneDim;
  int64_t lanes;
  ArrayRef<Value> position;
  IRMapping values;
  llvm::DenseMap<Value, LaneIndex> indices; // Values that are not uniform.
};
} // namespace

SmallVector<Value> mlir::attn::emitLaneBody(OpBuilder &b, linalg::LinalgOp op,
                                            unsigned laneDim, int64_t lanes,
                                            ArrayRef<Value> arguments,
                                            ArrayRef<Value> position) {
  return LaneBody(b, op, laneDim, lanes, position).run(arguments);
}
