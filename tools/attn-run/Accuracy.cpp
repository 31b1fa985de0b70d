//===- Accuracy.cpp - How exact an answer must be ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Accuracy.h"
#include "attn/Analysis/VisiblePairs.h"
#include "attn/Dialect/Recur/IR/Recur.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

Tolerance mlir::attn::getDefaultTolerance(Type elementType) {
  if (elementType.isF64())
    return {1e-12, 1e-12};
  if (elementType.isF16())
    return {3e-3, 3e-3};
  if (elementType.isBF16())
    return {2e-2, 2e-2};
  return {1e-5, 1e-5};
}

/// The largest finite 2-norm along the last dimension: infinite data must not
/// make an infinite gate.
static double getMaxRowNorm(const Array &array) {
  int64_t row = array.shape.empty() ? 1 : array.shape.back();
  double largest = 0;
  for (int64_t i = 0, e = array.getNumElements(); i < e; i += row) {
    double sum = 0;
    for (int64_t j = 0; j < row; ++j)
      sum += array.getFloat(i + j) * array.getFloat(i + j);
    if (std::isfinite(sum))
      largest = std::max(largest, std::sqrt(sum));
  }
  return largest;
}

static double getMaxAbs(const Array &array) {
  double largest = 0;
  for (int64_t i = 0, e = array.getNumElements(); i < e; ++i)
    if (double x = std::abs(array.getFloat(i)); std::isfinite(x))
      largest = std::max(largest, x);
  return largest;
}

/// The argument that `value` is, seen through reshapes.
static const Array *getInput(Value value, ArrayRef<Array> inputs) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(op))
      return nullptr;
    value = op->getOperand(0);
  }
  unsigned number = cast<BlockArgument>(value).getArgNumber();
  return number < inputs.size() ? &inputs[number] : nullptr;
}

static std::optional<double> getGate(Value result, ArrayRef<Array> inputs,
                                     int64_t blockKeys) {
  while (auto op = result.getDefiningOp()) {
    if (!isa<tensor::CollapseShapeOp, tensor::CastOp>(op))
      break;
    result = op->getOperand(0);
  }
  auto op = result.getDefiningOp<AttentionOp>();
  if (!op || result != op.getResult(0) || op.getScoreBody())
    return std::nullopt;
  const Array *query = getInput(op.getQuery(), inputs);
  const Array *key = getInput(op.getKey(), inputs);
  const Array *value = getInput(op.getValue(), inputs);
  bool featuresLast =
      op.getQueryMap().getDimPosition(op.getQueryMap().getNumResults() - 1) ==
          op.getFeatureDim() &&
      op.getKeyMap().getDimPosition(op.getKeyMap().getNumResults() - 1) ==
          op.getFeatureDim();
  if (!query || !key || !value || !featuresLast || key->shape.empty())
    return std::nullopt;
  AttentionNumbers numbers;
  numbers.headDim = query->shape.back();
  numbers.keys =
      key->getNumElements() / std::max<int64_t>(1, key->shape.back());
  for (auto [i, dim] : llvm::enumerate(op.getKeyMap().getResults()))
    if (cast<AffineDimExpr>(dim).getPosition() == op.getKeyDim() &&
        key->shape.size() == op.getKeyMap().getNumResults())
      numbers.keys = key->shape[i];
  numbers.chainLength = blockKeys
                            ? blockKeys + numbers.keys / blockKeys
                            : numbers.keys;
  numbers.scale = op.getScale() ? std::abs(op.getScale()->convertToDouble())
                                : 1.0 / std::sqrt(double(numbers.headDim));
  numbers.maxQueryNorm = getMaxRowNorm(*query);
  numbers.maxKeyNorm = getMaxRowNorm(*key);
  numbers.maxAbsValue = getMaxAbs(*value);
  return getErrorGate(getElementTypeOrSelf(result.getType()), numbers);
}

static double getMaxAbs(const ReferenceValue &value) {
  double largest = 0;
  for (Number number : value.getElements())
    if (double x = std::abs(number.f); std::isfinite(x))
      largest = std::max(largest, x);
  return largest;
}

SmallVector<Tolerance>
mlir::attn::getTolerances(func::FuncOp function, ArrayRef<Array> inputs,
                          ArrayRef<ReferenceValue> expected,
                          int64_t blockKeys) {
  bool hasRecurrence = false;
  function.walk([&](Operation *op) {
    hasRecurrence |= isa<recur::ScanOp, recur::RescanOp>(op);
  });
  SmallVector<Tolerance> tolerances;
  for (auto [result, value] : llvm::zip_equal(
           function.getBody().front().getTerminator()->getOperands(),
           expected)) {
    Tolerance standard =
        getDefaultTolerance(getElementTypeOrSelf(result.getType()));
    if (std::optional<double> gate = getGate(result, inputs, blockKeys))
      tolerances.push_back({0.0, *gate});
    else if (hasRecurrence && value.isFloat())
      tolerances.push_back({0.0, standard.relative * getMaxAbs(value)});
    else
      tolerances.push_back(standard);
  }
  return tolerances;
}
