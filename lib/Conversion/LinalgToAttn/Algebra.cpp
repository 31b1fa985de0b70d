//===- Algebra.cpp - Expressions as sums and products ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Algebra.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

/// Whether `part` is in the elementwise operations of `expression`.
static bool hasPart(ExpressionReader &reader, Expr expression, Expr part) {
  if (reader.areSame(expression, part))
    return true;
  Expr x = reader.resolve(expression);
  return x->kind == Expression::Kind::Apply &&
         llvm::any_of(x->operands, [&](Expr operand) {
           return hasPart(reader, operand, part);
         });
}

void mlir::attn::addTerms(ExpressionReader &reader, Expr expression,
                          double factor, Expr around, Sum &sum) {
  Expr x = reader.resolve(expression);
  if (std::optional<double> number = x->getNumber()) {
    sum.constant += factor * *number;
    return;
  }
  auto recurse = [&](unsigned i, double by) {
    addTerms(reader, x->operands[i], factor * by, around, sum);
  };
  auto mayScale = [&](unsigned i) {
    return !around ||
           !reader.resolve(x->operands[i])
                ->is<arith::AddFOp, arith::SubFOp>() ||
           hasPart(reader, x->operands[i], around);
  };
  auto getNumber = [&](unsigned i) {
    return reader.resolve(x->operands[i])->getNumber();
  };
  if (x->is<arith::AddFOp>()) {
    recurse(0, 1);
    return recurse(1, 1);
  }
  if (x->is<arith::SubFOp>()) {
    recurse(0, 1);
    return recurse(1, -1);
  }
  if (x->is<arith::NegFOp>())
    return recurse(0, -1);
  if (x->is<arith::DivFOp>())
    if (std::optional<double> divisor = getNumber(1); divisor && mayScale(0))
      return recurse(0, 1 / *divisor);
  if (x->is<arith::MulFOp>())
    for (unsigned i : {0, 1})
      if (std::optional<double> number = getNumber(1 - i);
          number && std::isfinite(*number) && mayScale(i))
        return recurse(i, *number);
  for (Term &term : sum.terms)
    if (reader.areSame(term.atom, expression)) {
      term.factor += factor;
      return;
    }
  sum.terms.push_back({factor, expression});
}

Sum mlir::attn::getSum(ExpressionReader &reader, Expr expression) {
  Sum sum;
  addTerms(reader, expression, 1, /*around=*/nullptr, sum);
  return sum;
}

bool mlir::attn::areSame(ExpressionReader &reader, const Sum &a, const Sum &b) {
  auto isClose = [](double x, double y) {
    return std::abs(x - y) <= 1e-5 * std::max(std::abs(x), std::abs(y));
  };
  return a.terms.size() == b.terms.size() && isClose(a.constant, b.constant) &&
         llvm::all_of(a.terms, [&](const Term &x) {
           return llvm::any_of(b.terms, [&](const Term &y) {
             return isClose(x.factor, y.factor) &&
                    reader.areSame(x.atom, y.atom);
           });
         });
}

static void collectFactors(Expr x, bool isDivisor, Product &product) {
  if (std::optional<double> number = x->getNumber()) {
    product.constant *= isDivisor ? 1 / *number : *number;
    return;
  }
  auto recurse = [&](unsigned i, bool inverse) {
    collectFactors(x->operands[i], isDivisor != inverse, product);
  };
  if (x->is<arith::MulFOp>()) {
    recurse(0, false);
    return recurse(1, false);
  }
  if (x->is<arith::DivFOp>()) {
    recurse(0, false);
    return recurse(1, true);
  }
  if (x->is<arith::NegFOp>()) {
    product.constant = -product.constant;
    return recurse(0, false);
  }
  (isDivisor ? product.divisors : product.factors).push_back(x);
}

Product mlir::attn::getProduct(Expr expression) {
  Product product;
  collectFactors(expression, /*isDivisor=*/false, product);
  return product;
}

Choice mlir::attn::getChoice(ExpressionReader &reader, Expr expression) {
  Expr x = reader.resolve(expression);
  if (x->is<arith::SelectOp>())
    for (unsigned i : {1, 2})
      if (std::optional<double> number =
              reader.resolve(x->operands[i])->getNumber())
        return {x->operands[3 - i], *number, x->operands[0], i == 1};
  return {expression};
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

static constexpr double kLn2 = 0.69314718055994530942;

static void multiply(ExpressionReader &reader, Expr expression, unsigned keys,
                     bool isDivisor, Weight &weight) {
  Expr x = reader.resolve(expression);
  auto recurse = [&](Expr operand, bool inverse) {
    multiply(reader, operand, keys, isDivisor != inverse, weight);
  };
  if (std::optional<double> number = x->getNumber()) {
    weight.constant *= isDivisor ? 1 / *number : *number;
    return;
  }
  if (x->is<arith::MulFOp, arith::DivFOp>()) {
    recurse(x->operands[0], false);
    return recurse(x->operands[1], x->is<arith::DivFOp>());
  }
  if (x->is<arith::NegFOp>()) {
    weight.constant = -weight.constant;
    return recurse(x->operands[0], false);
  }
  if (x->is<math::ExpOp, math::Exp2Op>()) {
    double scale = (x->is<math::Exp2Op>() ? kLn2 : 1) * (isDivisor ? -1 : 1);
    weight.exponents.push_back({scale, x->operands[0]});
    addTerms(reader, x->operands[0], scale, /*around=*/nullptr,
             weight.exponent);
    weight.isExponential = true;
    return;
  }
  Choice choice = getChoice(reader, x);
  if (choice.condition && choice.number == 0 && !isDivisor) {
    if (reader.dependsOn(choice.condition, keys))
      weight.visible.push_back({choice.condition, choice.negated});
    else
      weight.guards.push_back(choice.condition);
    return recurse(choice.usual, false);
  }
  (isDivisor ? weight.divisors : weight.factors).push_back(expression);
}

void mlir::attn::multiply(ExpressionReader &reader, Expr expression,
                          unsigned keys, Weight &weight) {
  ::multiply(reader, expression, keys, /*isDivisor=*/false, weight);
}
