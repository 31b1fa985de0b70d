//===- PositionEvaluator.h - Conditions at one query and key -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_LINALGTOATTN_POSITIONEVALUATOR_H
#define ATTN_LIB_CONVERSION_LINALGTOATTN_POSITIONEVALUATOR_H

#include "ScoreMask.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

namespace mlir::attn {

/// Evaluates conditions at one query and key.
class PositionEvaluator {
public:
  PositionEvaluator(ExpressionReader &reader, Positions positions)
      : reader(reader), positions(positions) {}

  /// The number that `expression` is at a query and a key.
  std::optional<double> getNumber(Expr expression, int64_t i, int64_t j) {
    query = i;
    key = j;
    return evaluate(expression);
  }

  /// Nothing if the condition looks at data, or at another dimension.
  std::optional<bool> isVisible(const Visible &visible, int64_t i, int64_t j) {
    query = i;
    key = j;
    std::optional<double> value = evaluate(visible.condition);
    if (!value)
      return std::nullopt;
    // A constant to be added: 0 where the key is visible.
    bool holds =
        isa<FloatType>(visible.condition->type) ? *value == 0 : *value != 0;
    return holds != visible.negated;
  }

private:
  std::optional<int64_t> evaluate(AffineExpr index) {
    MLIRContext *context = index.getContext();
    index = index.replace(getAffineDimExpr(positions.key, context),
                          getAffineConstantExpr(key, context));
    if (positions.query)
      index = index.replace(getAffineDimExpr(*positions.query, context),
                            getAffineConstantExpr(query, context));
    auto constant = dyn_cast<AffineConstantExpr>(index);
    return constant ? std::optional(constant.getValue()) : std::nullopt;
  }

  std::optional<double> evaluate(Expr expression) {
    Expr x = reader.resolve(expression);
    switch (x->kind) {
    case Expression::Kind::Constant:
      return isa<FloatType>(x->type) ? x->number : double(x->integer);
    case Expression::Kind::Position:
      return evaluate(x->position);
    case Expression::Kind::Element:
      return readConstant(x->source());
    case Expression::Kind::Apply:
      return evaluateApply(x);
    case Expression::Kind::Reduce:
      return std::nullopt;
    }
    llvm_unreachable("unknown kind");
  }

  std::optional<double> readConstant(const Access &access) {
    DenseElementsAttr constant;
    if (!matchPattern(access.tensor, m_Constant(&constant)))
      return std::nullopt;
    SmallVector<uint64_t> at;
    for (AffineExpr index : access.indices) {
      std::optional<int64_t> position = evaluate(index);
      if (!position || *position < 0 ||
          *position >= constant.getType().getDimSize(at.size()))
        return std::nullopt;
      at.push_back(*position);
    }
    Attribute value = constant.getValues<Attribute>()[at];
    if (auto number = dyn_cast<FloatAttr>(value))
      return number.getValueAsDouble();
    auto integer = dyn_cast<IntegerAttr>(value);
    if (!integer || integer.getValue().getSignificantBits() > 53)
      return std::nullopt;
    return integer.getType().isInteger(1) ? integer.getValue().getZExtValue()
                                          : integer.getValue().getSExtValue();
  }

  std::optional<double> evaluateApply(Expr x) {
    SmallVector<double> values;
    for (Expr operand : x->operands) {
      std::optional<double> value = evaluate(operand);
      if (!value)
        return std::nullopt;
      values.push_back(*value);
    }
    if (x->is<arith::SelectOp>())
      return values[0] != 0 ? values[1] : values[2];
    if (x->is<arith::AndIOp>())
      return values[0] != 0 && values[1] != 0;
    if (x->is<arith::OrIOp>())
      return values[0] != 0 || values[1] != 0;
    if (x->is<arith::XOrIOp>() && x->type.isInteger(1))
      return (values[0] != 0) != (values[1] != 0);
    if (x->is<arith::AddIOp>())
      return values[0] + values[1];
    if (x->is<arith::SubIOp>())
      return values[0] - values[1];
    if (x->is<arith::MulIOp>())
      return values[0] * values[1];
    // As of signed numbers, which unsigned ones are if not negative.
    bool isUnsigned = x->is<arith::RemUIOp, arith::DivUIOp>();
    if (x->is<arith::RemSIOp, arith::DivSIOp>() || isUnsigned) {
      if (values[1] == 0 || (isUnsigned && (values[0] < 0 || values[1] < 0)))
        return std::nullopt;
      return x->is<arith::RemSIOp, arith::RemUIOp>()
                 ? std::fmod(values[0], values[1])
                 : std::trunc(values[0] / values[1]);
    }
    if (x->is<arith::IndexCastOp, arith::ExtSIOp, arith::ExtUIOp,
              arith::SIToFPOp>())
      return values[0];
    if (x->is<math::AbsIOp>())
      return std::abs(values[0]);
    if (x->is<arith::AddFOp>())
      return values[0] + values[1];
    if (x->is<arith::SubFOp>())
      return values[0] - values[1];
    if (x->is<arith::MulFOp>())
      return values[0] * values[1];
    if (x->is<arith::CmpIOp>()) {
      // Nothing here is negative in an unsigned comparison, or it is not known.
      auto predicate = static_cast<arith::CmpIPredicate>(
          cast<IntegerAttr>(x->attributes.get("predicate")).getInt());
      bool isUnsigned = predicate >= arith::CmpIPredicate::ult;
      if (isUnsigned && (values[0] < 0 || values[1] < 0))
        return std::nullopt;
      return compare(predicate, values[0], values[1]);
    }
    if (x->is<arith::CmpFOp>()) {
      using P = arith::CmpFPredicate;
      switch (static_cast<P>(
          cast<IntegerAttr>(x->attributes.get("predicate")).getInt())) {
      case P::OEQ:
      case P::UEQ:
        return values[0] == values[1];
      case P::ONE:
      case P::UNE:
        return values[0] != values[1];
      case P::OGT:
      case P::UGT:
        return values[0] > values[1];
      case P::OGE:
      case P::UGE:
        return values[0] >= values[1];
      case P::OLT:
      case P::ULT:
        return values[0] < values[1];
      case P::OLE:
      case P::ULE:
        return values[0] <= values[1];
      default:
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  static bool compare(arith::CmpIPredicate predicate, double a, double b) {
    switch (predicate) {
    case arith::CmpIPredicate::eq:
      return a == b;
    case arith::CmpIPredicate::ne:
      return a != b;
    case arith::CmpIPredicate::slt:
    case arith::CmpIPredicate::ult:
      return a < b;
    case arith::CmpIPredicate::sle:
    case arith::CmpIPredicate::ule:
      return a <= b;
    case arith::CmpIPredicate::sgt:
    case arith::CmpIPredicate::ugt:
      return a > b;
    case arith::CmpIPredicate::sge:
    case arith::CmpIPredicate::uge:
      return a >= b;
    }
    llvm_unreachable("unknown predicate");
  }

  ExpressionReader &reader;
  Positions positions;
  int64_t query = 0, key = 0;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_LINALGTOATTN_POSITIONEVALUATOR_H
