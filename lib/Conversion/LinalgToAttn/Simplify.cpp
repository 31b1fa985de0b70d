//===- Simplify.cpp - Arithmetic on expressions ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expression.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

/// Operations that give back their operand, as far as attention can tell.
static bool isFloatCast(StringRef name, Type from, Type to) {
  return (name == arith::ExtFOp::getOperationName() ||
          name == arith::TruncFOp::getOperationName()) &&
         isa<FloatType>(from) && isa<FloatType>(to);
}

std::optional<double> mlir::attn::computeNumber(StringRef name,
                                                ArrayRef<double> x) {
  if (x.size() == 1)
    return llvm::StringSwitch<std::optional<double>>(name)
        .Case("arith.negf", -x[0])
        .Cases({"arith.sitofp", "arith.uitofp"}, x[0])
        .Case("math.sqrt", std::sqrt(x[0]))
        .Case("math.rsqrt", 1 / std::sqrt(x[0]))
        .Case("math.log", std::log(x[0]))
        .Case("math.log2", std::log2(x[0]))
        .Case("math.exp2", std::exp2(x[0]))
        .Case("math.exp", std::exp(x[0]))
        .Default(std::nullopt);
  if (x.size() == 2)
    return llvm::StringSwitch<std::optional<double>>(name)
        .Case("arith.addf", x[0] + x[1])
        .Case("arith.subf", x[0] - x[1])
        .Case("arith.mulf", x[0] * x[1])
        .Case("arith.divf", x[0] / x[1])
        .Case("math.powf", std::pow(x[0], x[1]))
        .Default(std::nullopt);
  return std::nullopt;
}

static std::optional<double> getValue(Expr expression) {
  if (expression->kind != Expression::Kind::Constant)
    return std::nullopt;
  return isa<FloatType>(expression->type) ? expression->number
                                          : double(expression->integer);
}

Expr ExpressionReader::simplify(OperationName name, DictionaryAttr attributes,
                                ArrayRef<Expr> operands, Type type,
                                Operation *origin) {
  StringRef op = name.getStringRef();
  if (operands.size() == 1 && isFloatCast(op, operands[0]->type, type))
    return operands[0];
  if (isa<FloatType>(type)) {
    SmallVector<double> numbers;
    for (Expr operand : operands)
      if (std::optional<double> number = getValue(operand))
        numbers.push_back(*number);
    if (numbers.size() == operands.size())
      if (std::optional<double> number = computeNumber(op, numbers))
        return getConstant(type, *number);
  }
  // A bit as a number is a choice of two; so is arithmetic on one.
  if (op == arith::UIToFPOp::getOperationName() &&
      operands[0]->type.isInteger(1))
    return apply<arith::SelectOp>(
        {operands[0], getConstant(type, 1), getConstant(type, 0)}, type,
        origin);
  auto getChoice = [&](Expr operand) -> Expr {
    Expr choice = resolve(operand);
    return choice->is<arith::SelectOp>() && getValue(choice->operands[1]) &&
                   getValue(choice->operands[2])
               ? choice
               : nullptr;
  };
  if (isa<FloatType>(type) && operands.size() == 2 &&
      computeNumber(op, {1.0, 1.0})) {
    for (unsigned i : {0, 1})
      if (Expr choice =
              getValue(operands[1 - i]) ? getChoice(operands[i]) : nullptr) {
        SmallVector<Expr> whenTrue(operands), whenFalse(operands);
        whenTrue[i] = choice->operands[1];
        whenFalse[i] = choice->operands[2];
        return apply<arith::SelectOp>(
            {choice->operands[0],
             apply(name, attributes, whenTrue, type, origin),
             apply(name, attributes, whenFalse, type, origin)},
            type, origin);
      }
  }
  if (op == math::FmaOp::getOperationName())
    return apply<arith::AddFOp>(
        {apply<arith::MulFOp>({operands[0], operands[1]}, type, origin),
         operands[2]},
        type, origin);

  // Neutral elements.
  auto isNeutral = [&](unsigned i, bool isReduced) {
    std::optional<double> x = getValue(operands[i]);
    if (!x)
      return false;
    return llvm::StringSwitch<bool>(op)
        .Cases({"arith.addf", "arith.addi"}, *x == 0)
        .Case("arith.subf", *x == 0 && i == 1)
        .Case("arith.mulf", *x == 1)
        .Case("arith.divf", *x == 1 && i == 1)
        .Case("arith.andi", *x != 0 && type.isInteger(1))
        .Case("arith.ori", *x == 0)
        .Cases({"arith.maximumf", "arith.maxnumf"}, isReduced && *x <= -65504)
        .Default(false);
  };
  if (operands.size() == 2)
    for (unsigned i : {0, 1})
      if (isNeutral(i, operands[1 - i]->kind == Expression::Kind::Reduce))
        return operands[1 - i];
  return nullptr;
}

Expr ExpressionReader::apply(OperationName name, DictionaryAttr attributes,
                             ArrayRef<Expr> operands, Type type,
                             Operation *origin) {
  if (Expr simple = simplify(name, attributes, operands, type, origin))
    return simple;
  Expression expression{Expression::Kind::Apply, type, origin};
  expression.name = name;
  NamedAttrList kept(attributes);
  kept.erase("fastmath");
  kept.erase("overflowFlags");
  expression.attributes = kept.getDictionary(context);
  expression.operands.assign(operands.begin(), operands.end());
  return create(std::move(expression));
}
