//===- EmptyRows.cpp - A row whose scores are all alike ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EmptyRows.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

/// Takes factor * scores out of `sum`; the factor, or nothing.
std::optional<double> RowEvaluator::takeScores(Sum &sum) {
  std::optional<double> factor;
  Sum rest = sum;
  for (const Term &part : scores.terms) {
    auto *found = llvm::find_if(rest.terms, [&](const Term &term) {
      return reader.areSame(term.atom, part.atom);
    });
    if (found == rest.terms.end())
      return std::nullopt;
    double ratio = found->factor / part.factor;
    if (!factor)
      factor = ratio;
    if (!(ratio > 0) || std::abs(ratio - *factor) > 1e-5 * *factor)
      return std::nullopt;
    rest.terms.erase(found);
  }
  if (!factor)
    return std::nullopt;
  rest.constant -= *factor * scores.constant;
  sum = rest;
  return factor;
}

/// factor * score + the rest
std::optional<double> RowEvaluator::evaluateScores(Expr expression) {
  if (!isa<FloatType>(expression->type) ||
      !reader.dependsOn(expression, attention.keys))
    return std::nullopt;
  Sum sum = getSum(reader, expression);
  std::optional<double> factor = takeScores(sum);
  if (!factor)
    return std::nullopt;
  double total = *factor * score + sum.constant;
  for (const Term &term : sum.terms) {
    std::optional<double> number = evaluate(term.atom);
    if (!number)
      return std::nullopt;
    total += term.factor * *number;
  }
  return total;
}

/// Of one key: more change no sum of 0 or of NaN.
std::optional<double> RowEvaluator::evaluateReduction(Expr x) {
  if (!reader.space.haveSameSize(x->dimension, attention.keys))
    return std::nullopt;
  std::optional<double> body = evaluate(
      reader.substitute(x->operands[0], x->dimension, attention.keys));
  if (body && x->isReduction<arith::MaximumFOp>())
    return std::max(*body, x->number);
  if (x->isReduction<arith::AddFOp, arith::AndIOp, arith::OrIOp>())
    return body;
  return std::nullopt;
}

/// A condition on data that chooses 0 for keys hides all of an empty row.
std::optional<double> RowEvaluator::evaluateChoice(Expr x) {
  if (std::optional<double> condition = evaluate(x->operands[0]))
    return evaluate(x->operands[*condition != 0 ? 1 : 2]);
  if (!reader.dependsOn(x->operands[0], attention.keys))
    return std::nullopt;
  Choice choice = getChoice(reader, x);
  if (!choice.condition || choice.number != 0)
    return std::nullopt;
  return std::isinf(score) ? 0 : evaluate(choice.usual);
}

static bool compare(Expr comparison, double a, double b) {
  auto predicate = static_cast<arith::CmpFPredicate>(
      cast<IntegerAttr>(comparison->attributes.get("predicate")).getInt());
  return arith::applyCmpPredicate(predicate, APFloat(a), APFloat(b));
}

std::optional<double> RowEvaluator::evaluate(Expr expression) {
  if (std::optional<double> number = evaluateScores(expression))
    return number;
  if (reader.areSame(expression, attention.value))
    return 1;
  Expr x = reader.resolve(expression);
  if (x->kind == Expression::Kind::Constant)
    return isa<FloatType>(x->type) ? x->number : double(x->integer != 0);
  if (x->kind == Expression::Kind::Reduce)
    return evaluateReduction(x);
  if (x->kind != Expression::Kind::Apply || x->operands.empty())
    return std::nullopt;
  if (x->is<arith::SelectOp>())
    return evaluateChoice(x);
  SmallVector<double> numbers;
  for (Expr operand : x->operands) {
    std::optional<double> number = evaluate(operand);
    if (!number)
      return std::nullopt;
    numbers.push_back(*number);
  }
  if (x->is<arith::CmpFOp>())
    return compare(x, numbers[0], numbers[1]);
  if (x->type.isInteger(1)) {
    bool a = numbers[0] != 0, b = numbers.back() != 0;
    return x->is<arith::AndIOp>()   ? std::optional<double>(a && b)
           : x->is<arith::OrIOp>()  ? std::optional<double>(a || b)
           : x->is<arith::XOrIOp>() ? std::optional<double>(a != b)
                                    : std::nullopt;
  }
  if (x->is<arith::MaxNumFOp>())
    return std::fmax(numbers[0], numbers[1]);
  if (x->is<arith::MaximumFOp>())
    return std::isnan(numbers[0] + numbers[1])
               ? NAN
               : std::max(numbers[0], numbers[1]);
  return computeNumber(x->name->getStringRef(), numbers);
}
