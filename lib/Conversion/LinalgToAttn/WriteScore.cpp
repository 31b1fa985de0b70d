//===- WriteScore.cpp - Expressions as a score region ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WriteScore.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

/// Whether `expression` can be written element by element. `fromPositions`: out
/// of positions and constants alone.
bool ScoreWriter::canCompute(Expr expression, bool fromPositions) {
  if (getFactor(expression))
    return true;
  Expr x = reader.resolve(expression);
  switch (x->kind) {
  case Expression::Kind::Constant:
  case Expression::Kind::Position:
    return true;
  case Expression::Kind::Element:
    return !fromPositions;
  case Expression::Kind::Apply:
    return !x->operands.empty() && llvm::all_of(x->operands, [&](Expr operand) {
      return canCompute(operand, fromPositions);
    });
  case Expression::Kind::Reduce:
    return false;
  }
  llvm_unreachable("unknown kind");
}

/// Whether an element is computed where it is needed, not read: it then needs
/// no tensor of queries times keys.
bool ScoreWriter::isComputed(Expr element) {
  if (element->isScalar() || reader.resolve(element) == element)
    return false;
  bool isOfPair = reader.dependsOn(element, keyDim) &&
                  (!queryDim || reader.dependsOn(element, *queryDim));
  return canCompute(element, /*fromPositions=*/!isOfPair);
}

bool ScoreWriter::canWrite(Expr expression, llvm::SetVector<Value> &tensors) {
  if (getFactor(expression))
    return true;
  switch (expression->kind) {
  case Expression::Kind::Constant:
  case Expression::Kind::Position:
    return true;
  case Expression::Kind::Element:
    if (isComputed(expression))
      return canWrite(reader.resolve(expression), tensors);
    if (!expression->isScalar())
      tensors.insert(expression->source().tensor);
    return true;
  case Expression::Kind::Apply:
    return !expression->operands.empty() &&
           llvm::all_of(expression->operands, [&](Expr operand) {
             return canWrite(operand, tensors);
           });
  case Expression::Kind::Reduce:
    return false;
  }
  llvm_unreachable("unknown kind");
}

std::optional<double> ScoreWriter::getFactor(Expr expression) {
  if (!dot || !reader.dependsOn(expression, keyDim))
    return std::nullopt;
  Sum sum = getSum(reader, expression);
  if (sum.terms.size() != 1 || sum.constant != 0 ||
      !reader.areSame(sum.terms[0].atom, dot))
    return std::nullopt;
  return sum.terms[0].factor;
}

std::optional<double> ScoreWriter::findFactor(Expr expression) {
  if (std::optional<double> factor = getFactor(expression))
    return factor;
  for (Expr operand : reader.resolve(expression)->operands)
    if (std::optional<double> factor = findFactor(operand))
      return factor;
  return std::nullopt;
}

Value ScoreWriter::toScoreType(Value value) {
  auto from = dyn_cast<FloatType>(value.getType());
  if (!from || from == type)
    return value;
  return from.getWidth() < type.getWidth()
             ? Value(arith::ExtFOp::create(builder, loc, type, value))
             : Value(arith::TruncFOp::create(builder, loc, type, value));
}

void ScoreWriter::setIndex(ArrayRef<unsigned> dims, Value index) {
  digits.assign(dims.begin(), dims.end());
  flat = reader.space.add({ShapedType::kDynamic});
  indices[flat] = index;
  int64_t stride = 1;
  for (unsigned dim : llvm::reverse(dims)) {
    AffineExpr digit =
        getAffineDimExpr(flat, builder.getContext()).floorDiv(stride);
    int64_t size = reader.space.get(dim).size;
    if (dim != dims.front())
      digit = digit % size;
    indices[dim] = writeIndex(digit);
    stride *= size;
  }
}

Value ScoreWriter::writeIndex(AffineExpr index) {
  // All digits of a number are the number.
  LinearIndex linear = reader.space.getLinear(index);
  AffineExpr all = getAffineConstantExpr(0, builder.getContext());
  int64_t stride = 1;
  for (unsigned dim : llvm::reverse(digits)) {
    all = all + reader.space.getIndex(dim) * stride;
    stride *= reader.space.get(dim).size;
  }
  for (const IndexTerm &term : linear.terms)
    if (!digits.empty() && term.index == reader.space.getIndex(digits.back()))
      index = reader.space.simplify(
          index +
          (getAffineDimExpr(flat, index.getContext()) - all) * term.factor);
  if (auto dim = dyn_cast<AffineDimExpr>(index))
    if (Value known = indices.lookup(dim.getPosition()))
      return known;
  SmallVector<Value> dims;
  for (unsigned i = 0; i < reader.space.size(); ++i) {
    Value dim = indices.lookup(i);
    if (!dim && index.isFunctionOfDim(i))
      dim = arith::ConstantIndexOp::create(builder, loc, 0);
    dims.push_back(dim);
  }
  return affine::expandAffineExpr(builder, loc, index, dims, {});
}

Value ScoreWriter::writeConstant(double number) {
  APFloat value(number);
  bool losesInfo;
  value.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  return arith::ConstantOp::create(builder, loc,
                                   builder.getFloatAttr(type, value));
}

Value ScoreWriter::write(Expr expression) {
  if (std::optional<double> factor = getFactor(expression))
    return *factor == dotFactor
               ? score
               : Value(arith::MulFOp::create(
                     builder, loc, score, writeConstant(*factor / dotFactor)));
  if (Value value = written.lookup(expression))
    return value;
  auto compute = [&]() -> Value {
    switch (expression->kind) {
    case Expression::Kind::Constant:
      if (isa<FloatType>(expression->type))
        return writeConstant(expression->number);
      return arith::ConstantOp::create(
          builder, loc,
          builder.getIntegerAttr(expression->type, expression->integer));
    case Expression::Kind::Position:
      return writeIndex(expression->position);
    case Expression::Kind::Element: {
      const Access &source = expression->source();
      if (expression->isScalar())
        return toScoreType(source.tensor);
      if (isa<ShapedType>(expression->type))
        return source.tensor;
      if (isComputed(expression))
        return write(reader.resolve(expression));
      SmallVector<Value> at;
      for (AffineExpr index : source.indices)
        at.push_back(writeIndex(index));
      return toScoreType(
          tensor::ExtractOp::create(builder, loc, source.tensor, at));
    }
    case Expression::Kind::Apply: {
      OperationState state(loc, *expression->name);
      for (Expr operand : expression->operands)
        state.addOperands(write(operand));
      state.addAttributes(expression->attributes.getValue());
      state.addTypes(isa<FloatType>(expression->type) ? Type(type)
                                                      : expression->type);
      if (expression->is<tensor::ExtractOp>()) {
        state.types.assign(1, expression->type);
        return toScoreType(builder.create(state)->getResult(0));
      }
      return builder.create(state)->getResult(0);
    }
    case Expression::Kind::Reduce:
      break;
    }
    llvm_unreachable("a reduction is no part of a score");
  };
  Value value = compute();
  written[expression] = value;
  return value;
}

Value ScoreWriter::write(const Sum &sum) {
  Value total;
  auto add = [&](Value value) {
    total = total ? Value(arith::AddFOp::create(builder, loc, total, value))
                  : value;
  };
  for (const Term &term : sum.terms) {
    std::optional<double> product = getFactor(term.atom);
    double factor = product ? term.factor * *product / dotFactor : term.factor;
    Value value = product ? score : write(term.atom);
    if (factor != 1)
      value = arith::MulFOp::create(builder, loc, value, writeConstant(factor));
    add(value);
  }
  if (sum.constant != 0 || !total)
    add(writeConstant(sum.constant));
  return total;
}
