//===- Expression.cpp - What an element of a tensor is made of ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expression.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;

std::optional<double> Expression::getNumber() const {
  if (kind != Kind::Constant || !isa<FloatType>(type))
    return std::nullopt;
  return number;
}

Expr ExpressionReader::create(Expression expression) {
  expressions.push_back(std::move(expression));
  return &expressions.back();
}

Expr ExpressionReader::getConstant(Type type, double number) {
  Expression constant{Expression::Kind::Constant, type};
  constant.number = number;
  constant.integer = isa<FloatType>(type) ? 0 : static_cast<int64_t>(number);
  return create(std::move(constant));
}

Expr ExpressionReader::getPosition(AffineExpr position) {
  position = space.simplify(position);
  if (auto constant = dyn_cast<AffineConstantExpr>(position))
    return getConstant(IndexType::get(context), constant.getValue());
  Expression expression{Expression::Kind::Position, IndexType::get(context)};
  expression.position = position;
  return create(std::move(expression));
}

AffineExpr mlir::attn::getAffineIndex(Expr expression, MLIRContext *context) {
  if (expression->kind == Expression::Kind::Position)
    return expression->position;
  if (expression->kind == Expression::Kind::Constant)
    return getAffineConstantExpr(expression->integer, context);
  if (expression->is<arith::IndexCastOp, arith::ExtSIOp>())
    return getAffineIndex(expression->operands[0], context);
  if (!expression->is<arith::AddIOp, arith::SubIOp, arith::MulIOp>())
    return nullptr;
  AffineExpr a = getAffineIndex(expression->operands[0], context),
             b = getAffineIndex(expression->operands[1], context);
  if (!a || !b)
    return nullptr;
  if (expression->is<arith::AddIOp>())
    return a + b;
  if (expression->is<arith::SubIOp>())
    return a - b;
  return a.isSymbolicOrConstant() || b.isSymbolicOrConstant() ? a * b : nullptr;
}

//===----------------------------------------------------------------------===//
// Substitution and comparison
//===----------------------------------------------------------------------===//

Expr ExpressionReader::substitute(
    Expr expression, llvm::function_ref<AffineExpr(AffineExpr)> replace) {
  switch (expression->kind) {
  case Expression::Kind::Constant:
    return expression;
  case Expression::Kind::Position:
    return getPosition(replace(expression->position));
  case Expression::Kind::Element: {
    const Access &access = expression->accesses.front();
    if (access.indices.empty())
      return expression;
    return getElement(access.tensor,
                      llvm::map_to_vector(access.indices, replace));
  }
  case Expression::Kind::Apply:
  case Expression::Kind::Reduce: {
    Expression copy = *expression;
    for (Expr &operand : copy.operands)
      operand = substitute(operand, replace);
    return create(std::move(copy));
  }
  }
  llvm_unreachable("unknown kind");
}

Expr ExpressionReader::substitute(Expr expression, unsigned dim, unsigned by) {
  AffineExpr from = getAffineDimExpr(dim, context), to = space.getIndex(by);
  return substitute(expression,
                    [&](AffineExpr index) { return index.replace(from, to); });
}

bool ExpressionReader::dependsOn(Expr expression, unsigned dim) {
  auto usesDim = [&](AffineExpr index) { return index.isFunctionOfDim(dim); };
  switch (expression->kind) {
  case Expression::Kind::Constant:
    return false;
  case Expression::Kind::Position:
    return usesDim(expression->position);
  case Expression::Kind::Element:
    return llvm::any_of(expression->source().indices, usesDim);
  case Expression::Kind::Apply:
  case Expression::Kind::Reduce:
    return llvm::any_of(expression->operands,
                        [&](Expr operand) { return dependsOn(operand, dim); });
  }
  llvm_unreachable("unknown kind");
}

bool ExpressionReader::areSame(Expr a, Expr b) {
  if (a == b)
    return true;
  auto sameSource = [&] {
    const Access &x = a->source(), &y = b->source();
    return x.tensor == y.tensor && x.indices == y.indices;
  };
  if (a->isElement() && b->isElement() && sameSource())
    return true;
  auto known = compared.find({a, b});
  if (known != compared.end())
    return known->second;
  auto remember = [&, key = std::pair(a, b)](bool same) {
    return compared[key] = same;
  };
  a = resolve(a);
  b = resolve(b);
  if (a->kind != b->kind)
    return remember(false);
  switch (a->kind) {
  case Expression::Kind::Constant:
    return remember(a->number == b->number && a->integer == b->integer);
  case Expression::Kind::Position:
    return remember(a->position == b->position);
  case Expression::Kind::Element:
    return remember(sameSource());
  case Expression::Kind::Reduce:
    return remember(
        a->name == b->name && space.haveSameSize(a->dimension, b->dimension) &&
        areSame(a->operands[0],
                substitute(b->operands[0], b->dimension, a->dimension)));
  case Expression::Kind::Apply:
    if (a->name != b->name || a->attributes != b->attributes ||
        a->operands.size() != b->operands.size())
      return remember(false);
    if (llvm::all_of(llvm::zip_equal(a->operands, b->operands), [&](auto pair) {
          return areSame(std::get<0>(pair), std::get<1>(pair));
        }))
      return remember(true);
    return remember(a->is<arith::AddFOp, arith::MulFOp>() &&
                    areSame(a->operands[0], b->operands[1]) &&
                    areSame(a->operands[1], b->operands[0]));
  }
  llvm_unreachable("unknown kind");
}
