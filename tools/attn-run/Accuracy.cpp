//===- Accuracy.cpp - How exact an answer must be ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Accuracy.h"
#include "attn/Analysis/VisiblePairs.h"
#include "attn/Dialect/Recur/IR/Recur.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
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

static double getMaxAbs(const ReferenceValue &value) {
  double largest = 0;
  for (Number number : value.getElements())
    if (double x = std::abs(number.f); std::isfinite(x))
      largest = std::max(largest, x);
  return largest;
}

/// The argument that `value` is, seen through reshapes.
static const Array *getInput(Value value, ArrayRef<Array> inputs) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(
            op))
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
  numbers.chainLength =
      blockKeys ? blockKeys + numbers.keys / blockKeys : numbers.keys;
  numbers.scale = op.getScale() ? std::abs(op.getScale()->convertToDouble())
                                : 1.0 / std::sqrt(double(numbers.headDim));
  numbers.maxQueryNorm = getMaxRowNorm(*query);
  numbers.maxKeyNorm = getMaxRowNorm(*key);
  numbers.maxAbsValue = getMaxAbs(*value);
  return getErrorGate(getElementTypeOrSelf(result.getType()), numbers);
}

//===----------------------------------------------------------------------===//
// Long sums
//===----------------------------------------------------------------------===//

/// The float reductions in the body of `function`.
static SmallVector<linalg::LinalgOp> getSums(func::FuncOp function) {
  SmallVector<linalg::LinalgOp> sums;
  for (auto op : function.front().getOps<linalg::LinalgOp>())
    if (op.hasPureTensorSemantics() && op->getNumResults() == 1 &&
        op.getNumReductionLoops() != 0 &&
        isa<FloatType>(getElementTypeOrSelf(op->getResult(0).getType())))
      sums.push_back(op);
  return sums;
}

/// How many terms make one element of a sum. A size that is known at run time
/// only is at most `longest`.
static double getTerms(linalg::LinalgOp op, double longest) {
  double terms = 1;
  SmallVector<unsigned> dims;
  op.getReductionDims(dims);
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  for (unsigned dim : dims)
    terms *= ShapedType::isDynamic(sizes[dim]) ? longest : sizes[dim];
  return terms;
}

FailureOr<Expectation>
mlir::attn::getExpectation(func::FuncOp function,
                           ArrayRef<ReferenceValue> inputs) {
  // The sums on the way are results too, for once.
  SmallVector<linalg::LinalgOp> sums = getSums(function);
  Operation *exit = function.front().getTerminator();
  unsigned count = exit->getNumOperands();
  for (linalg::LinalgOp sum : sums)
    exit->insertOperands(exit->getNumOperands(), sum->getResults());
  auto values = evaluate(function, inputs);
  exit->eraseOperands(count, sums.size());
  if (failed(values))
    return failure();
  double longest = 0;
  for (const ReferenceValue &input : inputs)
    for (int64_t size : input.getShape())
      longest = std::max(longest, double(size));
  double squares = 0;
  for (auto [sum, value] :
       llvm::zip_equal(sums, ArrayRef(*values).drop_front(count))) {
    auto type = cast<FloatType>(value.getElementType());
    double unit = std::ldexp(
        1.0, -int(APFloat::semanticsPrecision(type.getFloatSemantics())));
    double error = unit * getMaxAbs(value);
    squares += getTerms(sum, longest) * error * error;
  }
  values->truncate(count);
  return Expectation{std::move(*values), std::sqrt(squares)};
}

/// The worst of millions of elements is a few standard deviations off.
static constexpr double kDeviations = 4;

SmallVector<Tolerance> mlir::attn::getTolerances(func::FuncOp function,
                                                 ArrayRef<Array> inputs,
                                                 const Expectation &expected,
                                                 int64_t blockKeys) {
  bool hasRecurrence = false;
  function.walk([&](Operation *op) {
    hasRecurrence |= isa<recur::ScanOp, recur::RescanOp>(op);
  });
  SmallVector<Tolerance> tolerances;
  for (auto [result, value] : llvm::zip_equal(
           function.getBody().front().getTerminator()->getOperands(),
           expected.results)) {
    Tolerance standard =
        getDefaultTolerance(getElementTypeOrSelf(result.getType()));
    if (std::optional<double> gate = getGate(result, inputs, blockKeys))
      tolerances.push_back({0.0, *gate});
    else if (hasRecurrence && value.isFloat())
      tolerances.push_back({0.0, standard.relative * getMaxAbs(value)});
    else
      tolerances.push_back(
          {standard.relative,
           std::max(standard.absolute, kDeviations * expected.sumError)});
  }
  return tolerances;
}
