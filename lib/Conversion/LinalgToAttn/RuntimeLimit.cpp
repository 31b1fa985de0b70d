//===- RuntimeLimit.cpp - Limits of what is seen that are data ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScoreMask.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::attn;
using arith::CmpIPredicate;

/// Adds factor * expression to `limit`; false where that is no limit.
static bool addToLimit(ExpressionReader &reader, Expr expression,
                       int64_t factor, Positions positions, int64_t &keyFactor,
                       int64_t &queryFactor, RuntimeLimit &limit) {
  Expr x = reader.resolve(expression);
  auto recurse = [&](unsigned i, int64_t by) {
    return addToLimit(reader, x->operands[i], factor * by, positions, keyFactor,
                      queryFactor, limit);
  };
  if (x->kind == Expression::Kind::Constant) {
    limit.constant += factor * x->integer;
    return true;
  }
  if (x->kind == Expression::Kind::Position) {
    LinearIndex linear = reader.space.getLinear(x->position);
    limit.constant += factor * linear.constant;
    for (const IndexTerm &term : linear.terms) {
      if (term.index == reader.space.getIndex(positions.key))
        keyFactor += factor * term.factor;
      else if (positions.query &&
               term.index == reader.space.getIndex(*positions.query))
        queryFactor += factor * term.factor;
      else
        return false;
    }
    return true;
  }
  if (x->is<arith::IndexCastOp, arith::ExtSIOp>())
    return recurse(0, 1);
  if (x->is<arith::AddIOp, arith::SubIOp>())
    return recurse(0, 1) && recurse(1, x->is<arith::SubIOp>() ? -1 : 1);
  if (!x->isElement() || limit.amount || factor != 1 ||
      reader.dependsOn(x, positions.key) ||
      (positions.query && reader.dependsOn(x, *positions.query)))
    return false;
  limit.amount = x;
  return true;
}

std::optional<RuntimeLimit>
mlir::attn::getRuntimeLimit(ExpressionReader &reader, Visible visible,
                            Positions positions) {
  Expr x = reader.resolve(visible.condition);
  if (!x->is<arith::CmpIOp>())
    return std::nullopt;
  auto predicate = static_cast<CmpIPredicate>(
      cast<IntegerAttr>(x->attributes.get("predicate")).getInt());
  if (visible.negated)
    predicate = arith::invertPredicate(predicate);
  bool isLess =
      predicate == CmpIPredicate::slt || predicate == CmpIPredicate::sle;
  bool isMore =
      predicate == CmpIPredicate::sgt || predicate == CmpIPredicate::sge;
  if (!isLess && !isMore)
    return std::nullopt;
  // 0 <= large - small, less one where they must differ.
  Expr small = x->operands[isLess ? 0 : 1], large = x->operands[isLess ? 1 : 0];
  RuntimeLimit limit;
  int64_t key = 0, query = 0;
  if (!addToLimit(reader, large, 1, positions, key, query, limit) ||
      !addToLimit(reader, small, -1, positions, key, query, limit) ||
      key != -1 || (query != 0 && query != 1))
    return std::nullopt;
  limit.ofQuery = query == 1;
  if (predicate == CmpIPredicate::slt || predicate == CmpIPredicate::sgt)
    --limit.constant;
  // Causal from a later position on; other constants are masks of their own.
  if (!limit.amount && (!limit.ofQuery || limit.constant <= 0))
    return std::nullopt;
  return limit;
}
