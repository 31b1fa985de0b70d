//===- ScoreMask.cpp - What scores hide, by proof ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScoreMask.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

bool mlir::attn::isHiding(double number, Type type) {
  return number <= -3.38e38 || (type.isF16() && number <= -65504);
}

/// Whether such a number, scaled afterwards, is far from any score.
static bool isHidingStill(double number) { return number <= -1e4; }

//===----------------------------------------------------------------------===//
// Choices
//===----------------------------------------------------------------------===//

/// A constant tensor of 0 where a key is visible and a hiding number elsewhere.
static std::optional<double> getHidingConstant(Expr expression) {
  DenseFPElementsAttr constant;
  if (!expression->isElement() ||
      !matchPattern(expression->source().tensor, m_Constant(&constant)))
    return std::nullopt;
  std::optional<double> fill;
  for (const APFloat &element : constant) {
    FloatAttr number = FloatAttr::get(constant.getElementType(), element);
    double value = number.getValueAsDouble();
    if (value == 0)
      continue;
    if (!isHiding(value, constant.getElementType()) || (fill && *fill != value))
      return std::nullopt;
    fill = value;
  }
  return fill;
}

static void addVisible(ExpressionReader &reader, Expr condition, bool negated,
                       SmallVectorImpl<Visible> &visible) {
  Expr x = reader.resolve(condition);
  if (x->is<arith::AndIOp>() && !negated) {
    for (Expr operand : x->operands)
      addVisible(reader, operand, false, visible);
    return;
  }
  if (x->is<arith::OrIOp>() && negated) {
    for (Expr operand : x->operands)
      addVisible(reader, operand, true, visible);
    return;
  }
  if (x->is<arith::XOrIOp>() &&
      x->operands[1]->kind == Expression::Kind::Constant &&
      x->operands[1]->integer != 0)
    return addVisible(reader, x->operands[0], !negated, visible);
  visible.push_back({condition, negated});
}

MaskedScore mlir::attn::getMaskedScore(ExpressionReader &reader,
                                       const Sum &score, Expr dot,
                                       Fills fills) {
  MaskedScore masked{score, {}};
  auto isMask = [&](double fill) {
    return fills == Fills::All || std::isinf(fill);
  };
  SmallVector<Term> &terms = masked.score.terms;
  for (size_t i = 0; i < terms.size(); ++i) {
    Term term = terms[i];
    Expr x = reader.resolve(term.atom);
    if (std::optional<double> fill = getHidingConstant(x);
        fill && term.factor > 0 && isHidingStill(*fill * term.factor) &&
        isMask(*fill)) {
      masked.setFill(*fill * term.factor);
      masked.visible.push_back({x});
      terms.erase(terms.begin() + i--);
      continue;
    }
    if (!x->is<arith::SelectOp>() || term.factor <= 0)
      continue;
    for (unsigned branch : {1, 2}) {
      std::optional<double> fill =
          reader.resolve(x->operands[branch])->getNumber();
      if (!fill)
        continue;
      Expr kept = x->operands[3 - branch];
      if (*fill == 0 && !reader.resolve(kept)->getNumber())
        masked.zeroFill = x;
      if (!isHiding(*fill, x->operands[branch]->type) ||
          !isHidingStill(*fill * term.factor) || !isMask(*fill))
        continue;
      masked.setFill(*fill * term.factor);
      addVisible(reader, x->operands[0], /*negated=*/branch == 1,
                 masked.visible);
      terms.erase(terms.begin() + i);
      Sum rest = getSum(reader, kept);
      masked.score.constant += term.factor * rest.constant;
      for (const Term &other : rest.terms)
        terms.push_back({term.factor * other.factor, other.atom});
      i = -1; // From the start: choices may be nested.
      break;
    }
  }
  return masked;
}
