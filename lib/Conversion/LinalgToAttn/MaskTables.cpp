//===- MaskTables.cpp - Masks that positions decide, element by element ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PositionEvaluator.h"

using namespace mlir;
using namespace mlir::attn;
using arith::CmpIPredicate;

/// Larger tables would take longer to check than anything else in the compiler.
static constexpr int64_t kMaxTable = int64_t(1) << 24;

static std::optional<std::pair<int64_t, int64_t>>
getTableSize(const IndexSpace &space, Positions positions) {
  int64_t queries = positions.query ? space.get(*positions.query).size : 1;
  int64_t keys = space.get(positions.key).size;
  if (ShapedType::isDynamic(queries) || ShapedType::isDynamic(keys) ||
      queries * keys > kMaxTable)
    return std::nullopt;
  return std::pair(queries, keys);
}

std::optional<Visible> mlir::attn::takeHidingBias(ExpressionReader &reader,
                                                  Sum &score,
                                                  Positions positions,
                                                  Fills fills, double &fill) {
  auto size = getTableSize(reader.space, positions);
  PositionEvaluator evaluator(reader, positions);
  SmallVector<Term> biases;
  for (const Term &term : score.terms)
    if (size && evaluator.getNumber(term.atom, 0, 0))
      biases.push_back(term);
  if (biases.empty())
    return std::nullopt;
  Type type = biases[0].atom->type;
  for (int64_t i = 0; i < size->first; ++i)
    for (int64_t j = 0; j < size->second; ++j) {
      double sum = score.constant;
      for (const Term &bias : biases) {
        std::optional<double> number = evaluator.getNumber(bias.atom, i, j);
        if (!number)
          return std::nullopt;
        sum += bias.factor * *number;
      }
      if (sum != 0 && (!isHiding(sum, type) ||
                       (fills == Fills::Infinite && std::isfinite(sum))))
        return std::nullopt;
      if (sum != 0)
        fill = sum;
    }
  Expr total = reader.getConstant(type, score.constant);
  Operation *origin = biases[0].atom->origin;
  for (const Term &bias : biases)
    total = reader.apply<arith::AddFOp>(
        {total,
         reader.apply<arith::MulFOp>(
             {bias.atom, reader.getConstant(type, bias.factor)}, type, origin)},
        type, origin);
  llvm::erase_if(score.terms, [&](const Term &term) {
    return llvm::any_of(
        biases, [&](const Term &bias) { return bias.atom == term.atom; });
  });
  score.constant = 0;
  return Visible{total};
}

/// Whether `condition` compares positions the way masks are said.
static bool isComparison(ExpressionReader &reader, Expr condition) {
  Expr x = reader.resolve(condition);
  if (x->is<arith::AndIOp, arith::OrIOp>())
    return isComparison(reader, x->operands[0]) &&
           isComparison(reader, x->operands[1]);
  if (!x->is<arith::CmpIOp>())
    return false;
  auto predicate = static_cast<CmpIPredicate>(
      cast<IntegerAttr>(x->attributes.get("predicate")).getInt());
  return predicate >= CmpIPredicate::slt && predicate <= CmpIPredicate::sge &&
         llvm::all_of(x->operands, [&](Expr operand) {
           return static_cast<bool>(
               getAffineIndex(operand, x->type.getContext()));
         });
}

Visible mlir::attn::getAsComparison(ExpressionReader &reader, Visible visible,
                                    Positions positions) {
  auto size = getTableSize(reader.space, positions);
  if (!size || isComparison(reader, visible.condition))
    return visible;
  Expr x = reader.resolve(visible.condition);
  int64_t queries = size->first, keys = size->second;

  // The tightest band q - left <= j <= q + right around all that is visible;
  // where it touches an end of the keys, it may be open there.
  PositionEvaluator evaluator(reader, positions);
  int64_t left = 0, right = -keys, prefix = keys;
  std::vector<char> table(queries * keys);
  bool isLeftOpen = true, isRightOpen = true;
  for (int64_t i = 0; i < queries; ++i) {
    int64_t first = keys, last = -1;
    for (int64_t j = 0; j < keys; ++j) {
      std::optional<bool> isVisible = evaluator.isVisible(visible, i, j);
      if (!isVisible)
        return visible;
      table[i * keys + j] = *isVisible;
      if (!*isVisible)
        continue;
      first = std::min(first, j);
      last = j;
    }
    if (last < 0)
      return visible;
    isLeftOpen &= first == 0;
    isRightOpen &= last == keys - 1;
    left = std::max(left, i - first);
    if (last < keys - 1 || i == queries - 1)
      right = std::max(right, last - i);
    prefix = std::min(prefix, last + 1);
  }
  auto isTable = [&](auto &&shows) {
    for (int64_t i = 0; i < queries; ++i)
      for (int64_t j = 0; j < keys; ++j)
        if (shows(i, j) != static_cast<bool>(table[i * keys + j]))
          return false;
    return true;
  };

  MLIRContext *context = x->type.getContext();
  Type i1 = IntegerType::get(context, 1);
  AffineExpr j = reader.space.getIndex(positions.key);
  AffineExpr i = positions.query ? reader.space.getIndex(*positions.query)
                                 : getAffineConstantExpr(0, context);
  auto atMost = [&](AffineExpr a, AffineExpr b) {
    auto predicate = arith::CmpIPredicateAttr::get(context, CmpIPredicate::sle);
    return reader.apply(
        OperationName(arith::CmpIOp::getOperationName(), context),
        DictionaryAttr::get(
            context,
            NamedAttribute(StringAttr::get(context, "predicate"), predicate)),
        {reader.getPosition(a), reader.getPosition(b)}, i1, x->origin);
  };
  auto both = [&](Expr a, Expr b) {
    return reader.apply<arith::AndIOp>({a, b}, i1, x->origin);
  };
  if (isLeftOpen && isRightOpen)
    return {reader.getConstant(i1, 1)};
  auto isInBand = [&](int64_t i, int64_t j) {
    return (isLeftOpen || i - left <= j) && (isRightOpen || j <= i + right);
  };
  if (isTable(isInBand)) {
    Expr reachesLeft = isLeftOpen ? nullptr : atMost(i - left, j);
    Expr reachesRight = isRightOpen ? nullptr : atMost(j, i + right);
    return {!reachesLeft    ? reachesRight
            : !reachesRight ? reachesLeft
                            : both(reachesLeft, reachesRight)};
  }
  if (isTable([&](int64_t i, int64_t j) { return j <= i || j < prefix; }))
    return {reader.apply<arith::OrIOp>(
        {atMost(j, i), atMost(j, getAffineConstantExpr(prefix - 1, context))},
        i1, x->origin)};
  return visible;
}
