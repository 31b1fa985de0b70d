//===- VisibleRows.cpp - Whether each query sees a key ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PositionEvaluator.h"

using namespace mlir;
using namespace mlir::attn;

/// Whether a comparison holds of equal numbers.
static bool isReflexive(arith::CmpIPredicate predicate) {
  using P = arith::CmpIPredicate;
  return llvm::is_contained({P::eq, P::sle, P::sge, P::ule, P::uge}, predicate);
}

/// Whether `part` compares something of the query with the same of the key,
/// such as their documents, so that a query sees itself.
static bool comparesSelf(ExpressionReader &reader, const Visible &part,
                         Positions positions) {
  Expr x = reader.resolve(part.condition);
  if (!x->is<arith::CmpIOp>() || !positions.query)
    return false;
  auto predicate = static_cast<arith::CmpIPredicate>(
      cast<IntegerAttr>(x->attributes.get("predicate")).getInt());
  auto getOwn = [&](Expr operand) {
    return reader.substitute(operand, positions.key, *positions.query);
  };
  return isReflexive(predicate) != part.negated &&
         reader.areSame(getOwn(x->operands[0]), getOwn(x->operands[1]));
}

Rows mlir::attn::getRows(ExpressionReader &reader, ArrayRef<Visible> visible,
                         Positions positions) {
  if (visible.empty())
    return Rows::AllSee;
  // Each query sees itself.
  MLIRContext *context = visible.front().condition->type.getContext();
  bool hasOwnKey = !positions.query ||
                   reader.space.haveSameSize(*positions.query, positions.key);
  if (hasOwnKey) {
    AffineExpr own = positions.query ? reader.space.getIndex(*positions.query)
                                     : getAffineConstantExpr(0, context);
    AffineExpr key = getAffineDimExpr(positions.key, context);
    // Only differences of positions matter, so that one query stands for all.
    bool seesItself = llvm::all_of(visible, [&](const Visible &part) {
      if (comparesSelf(reader, part, positions))
        return true;
      Expr x = reader.resolve(part.condition);
      if (!x->is<arith::CmpIOp>())
        return false;
      AffineExpr a = getAffineIndex(x->operands[0], context),
                 b = getAffineIndex(x->operands[1], context);
      if (!a || !b)
        return false;
      AffineExpr difference =
          reader.space.simplify(a.replace(key, own) - b.replace(key, own));
      if (!isa<AffineConstantExpr>(difference))
        return false;
      return PositionEvaluator(reader, positions)
          .isVisible(part, 0, 0)
          .value_or(false);
    });
    if (seesItself)
      return Rows::AllSee;
  }
  auto getSize = [&](unsigned dim, int64_t unknown) {
    int64_t size = reader.space.get(dim).size;
    return ShapedType::isDynamic(size) ? unknown : size;
  };
  bool isStatic =
      !ShapedType::isDynamic(reader.space.get(positions.key).size) &&
      (!positions.query ||
       !ShapedType::isDynamic(reader.space.get(*positions.query).size));
  // Of an unknown number of queries the first is looked at, and some keys.
  int64_t queries = positions.query ? getSize(*positions.query, 1) : 1;
  int64_t keys = getSize(positions.key, 64);
  PositionEvaluator evaluator(reader, positions);
  for (int64_t i = 0; i < (isStatic ? queries : 1); ++i) {
    bool seesKey = false;
    // From its own place, around: there most masks show something.
    for (int64_t step = 0; step < keys && !seesKey; ++step) {
      int64_t j = (std::min(i, keys - 1) + keys - step) % keys;
      bool isVisible = true;
      for (const Visible &part : visible) {
        std::optional<bool> holds = evaluator.isVisible(part, i, j);
        if (!holds)
          return Rows::Unknown;
        isVisible &= *holds;
      }
      seesKey |= isVisible;
    }
    if (!seesKey)
      return Rows::SomeSeeNothing;
  }
  return isStatic ? Rows::AllSee : Rows::Unknown;
}
