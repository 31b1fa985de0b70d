//===- ScoreMask.cpp - What scores hide, by proof ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScoreMask.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;
using arith::CmpIPredicate;

/// -inf, or a number that scores of moderate size are lost in: the most negative
/// one of a type, give or take its last digits as people write it.
static bool isHiding(double number, Type type) {
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
                                       const Sum &score, Expr dot) {
  MaskedScore masked{score, {}};
  auto setFill = [&](double fill) {
    if (std::isfinite(fill)) {
      masked.isFillFinite = true;
      masked.fill = fill;
    }
  };
  SmallVector<Term> &terms = masked.score.terms;
  for (size_t i = 0; i < terms.size(); ++i) {
    Term term = terms[i];
    Expr x = reader.resolve(term.atom);
    if (std::optional<double> fill = getHidingConstant(x);
        fill && term.factor > 0 && isHidingStill(*fill * term.factor)) {
      setFill(*fill * term.factor);
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
          !isHidingStill(*fill * term.factor))
        continue;
      setFill(*fill * term.factor);
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

//===----------------------------------------------------------------------===//
// Values at positions
//===----------------------------------------------------------------------===//

namespace {
/// Evaluates conditions at one query and key.
class Evaluator {
public:
  Evaluator(ExpressionReader &reader, Positions positions)
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
    bool holds = isa<FloatType>(visible.condition->type) ? *value == 0
                                                         : *value != 0;
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
      auto predicate = static_cast<CmpIPredicate>(
          cast<IntegerAttr>(x->attributes.get("predicate")).getInt());
      bool isUnsigned = predicate >= CmpIPredicate::ult;
      if (isUnsigned && (values[0] < 0 || values[1] < 0))
        return std::nullopt;
      return compare(predicate, values[0], values[1]);
    }
    if (x->is<arith::CmpFOp>()) {
      using P = arith::CmpFPredicate;
      switch (static_cast<P>(
          cast<IntegerAttr>(x->attributes.get("predicate")).getInt())) {
      case P::OEQ: case P::UEQ: return values[0] == values[1];
      case P::ONE: case P::UNE: return values[0] != values[1];
      case P::OGT: case P::UGT: return values[0] > values[1];
      case P::OGE: case P::UGE: return values[0] >= values[1];
      case P::OLT: case P::ULT: return values[0] < values[1];
      case P::OLE: case P::ULE: return values[0] <= values[1];
      default: return std::nullopt;
      }
    }
    return std::nullopt;
  }

  static bool compare(CmpIPredicate predicate, double a, double b) {
    switch (predicate) {
    case CmpIPredicate::eq: return a == b;
    case CmpIPredicate::ne: return a != b;
    case CmpIPredicate::slt: case CmpIPredicate::ult: return a < b;
    case CmpIPredicate::sle: case CmpIPredicate::ule: return a <= b;
    case CmpIPredicate::sgt: case CmpIPredicate::ugt: return a > b;
    case CmpIPredicate::sge: case CmpIPredicate::uge: return a >= b;
    }
    llvm_unreachable("unknown predicate");
  }

  ExpressionReader &reader;
  Positions positions;
  int64_t query = 0, key = 0;
};
} // namespace

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

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
                                                  double &fill) {
  auto size = getTableSize(reader.space, positions);
  Evaluator evaluator(reader, positions);
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
      if (sum != 0 && !isHiding(sum, type))
        return std::nullopt;
      if (sum != 0)
        fill = sum;
    }
  Expr total = reader.getConstant(type, score.constant);
  Operation *origin = biases[0].atom->origin;
  for (const Term &bias : biases)
    total = reader.apply<arith::AddFOp>(
        {total, reader.apply<arith::MulFOp>(
                    {bias.atom, reader.getConstant(type, bias.factor)}, type,
                    origin)},
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
  Evaluator evaluator(reader, positions);
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
        DictionaryAttr::get(context,
                            NamedAttribute(StringAttr::get(context, "predicate"),
                                           predicate)),
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

//===----------------------------------------------------------------------===//
// Limits that are data
//===----------------------------------------------------------------------===//

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
  bool isLess = predicate == CmpIPredicate::slt || predicate == CmpIPredicate::sle;
  bool isMore = predicate == CmpIPredicate::sgt || predicate == CmpIPredicate::sge;
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

//===----------------------------------------------------------------------===//
// Rows that see nothing
//===----------------------------------------------------------------------===//

Rows mlir::attn::getRows(ExpressionReader &reader, ArrayRef<Visible> visible,
                         Positions positions) {
  if (visible.empty())
    return Rows::AllSee;
  // Each query sees itself.
  MLIRContext *context = visible.front().condition->type.getContext();
  bool hasOwnKey = !positions.query || reader.space.haveSameSize(
                                           *positions.query, positions.key);
  if (hasOwnKey) {
    AffineExpr own = positions.query ? reader.space.getIndex(*positions.query)
                                     : getAffineConstantExpr(0, context);
    AffineExpr key = getAffineDimExpr(positions.key, context);
    // Only differences of positions matter, so that one query stands for all.
    bool seesItself = llvm::all_of(visible, [&](const Visible &part) {
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
      return Evaluator(reader, positions).isVisible(part, 0, 0).value_or(false);
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
  Evaluator evaluator(reader, positions);
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
