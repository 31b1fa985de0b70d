//===- ReferenceLinalg.cpp - linalg through its regions and maps ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

//===----------------------------------------------------------------------===//
// Iteration spaces
//===----------------------------------------------------------------------===//

/// The sizes of the loops: each must be a dimension of some operand, and all
/// operands must agree.
static FailureOr<SmallVector<int64_t>>
getLoopSizes(Interpreter &interpreter, linalg::LinalgOp op) {
  SmallVector<int64_t> sizes(op.getNumLoops(), -1);
  for (OpOperand &operand : op->getOpOperands()) {
    ArrayRef<int64_t> shape = interpreter.get(operand.get()).getShape();
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [expr, size] : llvm::zip_equal(map.getResults(), shape)) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (!dim)
        continue;
      int64_t &known = sizes[dim.getPosition()];
      if (known >= 0 && known != size)
        return op->emitOpError("has operands whose sizes differ in loop ")
               << dim.getPosition() << ": " << known << " and " << size;
      known = size;
    }
  }
  for (auto [loop, size] : llvm::enumerate(sizes))
    if (size < 0)
      return op->emitOpError("has no operand that says how long loop ")
             << loop << " is";
  return sizes;
}

namespace {
/// One operand of a linalg operation, seen through its map.
class MappedOperand {
public:
  MappedOperand(const ReferenceValue &value, AffineMap map)
      : shape(value.getShape()), strides(getRowMajorStrides(shape)), map(map) {
    linear = llvm::all_of(map.getResults(), [&](AffineExpr expr) {
      return isa<AffineDimExpr>(expr);
    });
    if (!linear)
      return;
    loopStrides.assign(map.getNumDims(), 0);
    for (auto [expr, stride] : llvm::zip_equal(map.getResults(), strides))
      loopStrides[cast<AffineDimExpr>(expr).getPosition()] += stride;
  }

  /// The offset of the element at a point, or nothing if out of bounds. Where
  /// every result is a dimension, getLoopSizes has checked the bounds.
  std::optional<int64_t> getOffset(ArrayRef<int64_t> point) const {
    int64_t offset = 0;
    if (linear) {
      for (auto [index, stride] : llvm::zip_equal(point, loopStrides))
        offset += index * stride;
      return offset;
    }
    bool badDivisor = false;
    for (auto [expr, size, stride] :
         llvm::zip_equal(map.getResults(), shape, strides)) {
      int64_t index = evaluateAffine(expr, point, {}, badDivisor);
      if (badDivisor || index < 0 || index >= size)
        return std::nullopt;
      offset += index * stride;
    }
    return offset;
  }

private:
  SmallVector<int64_t> shape, strides;
  AffineMap map;
  bool linear;
  SmallVector<int64_t> loopStrides;
};
} // namespace

LogicalResult reference::evaluateLinalg(Interpreter &interpreter,
                                        Operation *operation) {
  auto op = cast<linalg::LinalgOp>(operation);
  if (!op.hasPureTensorSemantics())
    return op->emitOpError("works on buffers; the reference evaluation knows "
                           "tensors only");
  FailureOr<SmallVector<int64_t>> sizes = getLoopSizes(interpreter, op);
  if (failed(sizes))
    return failure();

  Values operands = interpreter.getAll(op->getOperands());
  SmallVector<MappedOperand> mapped;
  SmallVector<Number *> data;
  unsigned firstInit = op.getNumDpsInputs(), count = operands.size();
  for (OpOperand &operand : op->getOpOperands()) {
    ReferenceValue &value = operands[operand.getOperandNumber()];
    mapped.emplace_back(value, op.getMatchingIndexingMap(&operand));
    // Inputs are only read; the cast spares a copy of them.
    data.push_back(op.isDpsInit(&operand) ? value.mutableData()
                                          : const_cast<Number *>(value.data()));
  }

  ElementFunction body(interpreter, *op.getBlock());
  // linalg.map has no argument for its destination.
  unsigned numArguments = op.getBlock()->getNumArguments();
  SmallVector<Number> arguments(numArguments), results(count - firstInit);
  SmallVector<int64_t> offsets(count);
  LogicalResult evaluated = walkBox(*sizes, [&](ArrayRef<int64_t> point) {
    for (unsigned i = 0; i < count; ++i) {
      std::optional<int64_t> offset = mapped[i].getOffset(point);
      if (!offset)
        return LogicalResult(op->emitOpError("reads operand ")
                             << i << " out of bounds");
      offsets[i] = *offset;
      if (i < numArguments)
        arguments[i] = data[i][*offset];
    }
    if (failed(body(arguments, point, results)))
      return failure();
    for (unsigned i = firstInit; i < count; ++i)
      data[i][offsets[i]] = results[i - firstInit];
    return success();
  });
  if (failed(evaluated))
    return failure();
  Values computed(std::make_move_iterator(operands.begin() + firstInit),
                  std::make_move_iterator(operands.end()));
  return interpreter.setAll(op->getResults(), std::move(computed));
}

//===----------------------------------------------------------------------===//
// What has no region
//===----------------------------------------------------------------------===//

static LogicalResult evaluateIndex(Interpreter &interpreter,
                                   linalg::IndexOp op) {
  interpreter.set(
      op, ReferenceValue::scalar(
              op.getType(), interpreter.getLoopIndices()[op.getDim()]));
  return success();
}

/// softmax(x)_i = exp(x_i - max x) / sum_j exp(x_j - max x)
static LogicalResult evaluateSoftmax(Interpreter &interpreter,
                                     linalg::SoftmaxOp op) {
  if (op->getNumResults() != 1)
    return op.emitOpError("works on buffers; the reference evaluation knows "
                          "tensors only");
  ReferenceValue result = interpreter.get(op.getInput());
  Number *data = result.mutableData();
  SmallVector<int64_t> sizes(result.getShape());
  SmallVector<int64_t> strides = getRowMajorStrides(sizes);
  int64_t size = sizes[op.getDimension()], stride = strides[op.getDimension()];
  sizes[op.getDimension()] = size == 0 ? 0 : 1;
  walkStrided(sizes, strides, 0, [&](int64_t begin) {
    double max = -std::numeric_limits<double>::infinity(), sum = 0.0;
    for (int64_t i = 0; i < size; ++i)
      max = std::fmax(max, data[begin + i * stride].f);
    for (int64_t i = 0; i < size; ++i) {
      Number &x = data[begin + i * stride];
      x.f = std::exp(x.f - max);
      sum += x.f;
    }
    for (int64_t i = 0; i < size; ++i)
      data[begin + i * stride].f /= sum;
  });
  interpreter.set(op->getResult(0), std::move(result));
  return success();
}

void reference::addLinalgHandlers(HandlerTable &table) {
  table.add<linalg::IndexOp>(evaluateIndex);
  table.add<linalg::SoftmaxOp>(evaluateSoftmax);
}
