//===- AttentionMatch.cpp - Attention as algebra, found in IR ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionMatch.h"
#include "EmptyRows.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

/// Whether an exponential is a factor of a weight, be it rounded afterwards.
static bool hasExponential(ExpressionReader &reader, Expr expression) {
  Expr x = reader.resolve(expression);
  if (x->is<math::ExpOp, math::Exp2Op>())
    return true;
  if (x->is<arith::MulFOp, arith::SelectOp>())
    return llvm::any_of(x->operands, [&](Expr operand) {
      return hasExponential(reader, operand);
    });
  return x->is<arith::DivFOp, arith::NegFOp, arith::FPToSIOp, arith::FPToUIOp,
               arith::ExtSIOp, arith::ExtUIOp, math::RoundEvenOp, math::RoundOp,
               math::FloorOp>() &&
         hasExponential(reader, x->operands[0]);
}

SmallVector<Value> mlir::attn::getWeightedSums(linalg::LinalgOp op) {
  SmallVector<Value> found;
  if (!op.hasPureTensorSemantics() || op.getNumReductionLoops() == 0 ||
      !op->getRegion(0).hasOneBlock())
    return found;
  for (Value result : op->getResults()) {
    ExpressionReader reader(op.getContext());
    SmallVector<unsigned> dims;
    Expr sum = reader.resolve(reader.getElement(result, dims));
    if (sum->is<arith::AddFOp>()) // Onto something.
      sum = sum->operands[1];
    if (sum->kind != Expression::Kind::Reduce)
      continue;
    while (sum->operands[0]->kind == Expression::Kind::Reduce)
      sum = sum->operands[0];
    SmallVector<Expr> factors = getProduct(sum->operands[0]).factors;
    if (sum->operands[0]->is<arith::MulIOp>()) // Of weights made integers.
      factors = sum->operands[0]->operands;
    auto isWeight = [&](Expr x) { return hasExponential(reader, x); };
    if (llvm::any_of(factors, isWeight) && !llvm::all_of(factors, isWeight))
      found.push_back(result);
  }
  return found;
}

namespace {
class Matcher {
public:
  Matcher(ExpressionReader &reader, Refusal &refusal)
      : reader(reader), refusal(refusal) {}

  FailureOr<AttentionMatch> match(Value result);

private:
  LogicalResult refuse(Expr at, const Twine &reason, const Twine &help) {
    refusal.op =
        at && at->origin ? at->origin : attention.result.getDefiningOp();
    refusal.reason = reason.str();
    refusal.help = help.str();
    return failure();
  }

  LogicalResult refuseGuard(Expr condition) {
    return refuse(reader.resolve(condition),
                  "a condition other than that a query sees no key chooses "
                  "among weights",
                  "mask scores with -inf before the exponential");
  }

  LogicalResult matchFactors(Expr element);
  LogicalResult matchContraction(Expr sum);
  bool isLogarithm(const Term &term);
  void takeLogarithms();
  bool isMaximumOfRow(const Term &term);
  LogicalResult matchNormalizer(Expr divisor);
  bool isSameWeight(Expr expression);
  LogicalResult matchScore();
  LogicalResult matchMaximum(Sum &score);
  LogicalResult matchDot();
  bool matchProduct(Expr sum);
  Expr findDot(Expr expression);
  Expr findSource(Expr expression);
  Expr stripConstants(Expr element, double &constant);
  LogicalResult verifyGuards();
  LogicalResult findEmptyRow(Expr element);
  bool isMaximum(Expr expression);
  bool isNormalizer(Expr expression);

  ExpressionReader &reader;
  Refusal &refusal;
  AttentionMatch attention;
  Weight weight;
  Sum scores; // From which the maximum is subtracted.
  Expr maximum = nullptr, normalizer = nullptr;
};
} // namespace

FailureOr<AttentionMatch> Matcher::match(Value result) {
  attention.result = result;
  Expr element = reader.getElement(result, attention.output);
  if (failed(matchFactors(element)) || failed(matchScore()) ||
      failed(verifyGuards()) || failed(findEmptyRow(element)))
    return failure();
  return attention;
}

/// sum_k (weight * value) / normalizer, the division before or after the sum
LogicalResult Matcher::matchFactors(Expr element) {
  Weight outer;
  multiply(reader, element, attention.keys, outer);
  if (outer.factors.size() != 1 || outer.isExponential)
    return refuse(element, "the weighted sum is multiplied by something else",
                  "multiply after the attention, in an operation of its own");
  Expr sum = reader.resolve(outer.factors[0]);
  weight = outer;
  weight.factors.clear();
  if (sum->is<arith::AddFOp>() &&
      sum->operands[1]->isReduction<arith::AddFOp>())
    return refuse(sum, "the weighted sum is added to a tensor that is not zero",
                  "start from a linalg.fill of zero and add afterwards");
  if (sum->isReduction<arith::AddIOp>())
    return refuse(sum, "the weights and the values are integers",
                  "weigh the values in f16, bf16, f32 or f64");
  if (!sum->isReduction<arith::AddFOp>())
    return refuse(sum, "the weighted values are not summed",
                  "sum over the keys with addition");
  if (sum->operands[0]->kind == Expression::Kind::Reduce)
    return refuse(sum, "the values are summed over several dimensions",
                  "collapse the dimensions of keys to one");
  attention.keys = sum->dimension;
  if (failed(matchContraction(sum)))
    return failure();
  takeLogarithms();
  if (weight.divisors.empty())
    return refuse(sum, "the weights are not divided by their sum",
                  "divide the weights, or the result, by the sum of weights");
  if (weight.divisors.size() > 1)
    return refuse(weight.divisors[1],
                  "the weights are divided by more than their sum",
                  "divide once; other divisions belong after the attention");
  if (std::abs(weight.constant - 1) > 1e-6)
    return refuse(element, "the weights are multiplied by a constant",
                  "multiply the result of the attention instead");
  return matchNormalizer(weight.divisors[0]);
}

LogicalResult Matcher::matchContraction(Expr sum) {
  Product inner = getProduct(sum->operands[0]);
  weight.constant *= inner.constant;
  weight.divisors.append(inner.divisors);
  for (Expr factor : inner.factors)
    if (hasExponential(reader, factor))
      multiply(reader, factor, attention.keys, weight);
    else
      weight.factors.push_back(factor);
  if (!weight.isExponential)
    return refuse(sum, "the weights are no exponential of a score",
                  "mask scores with -inf before the exponential, not weights "
                  "after it");
  for (Expr other : weight.factors) {
    if (!reader.dependsOn(other, attention.keys))
      return refuse(other,
                    "the weights are multiplied by something of the query",
                    "multiply the result of the attention instead");
    if (attention.value)
      return refuse(other,
                    "the weights are multiplied by something other than the "
                    "values",
                    "fold it into the scores, as the logarithm, or into the "
                    "values");
    attention.value = other;
  }
  if (!attention.value || !attention.value->isElement() ||
      attention.value->isScalar() || !isa<FloatType>(attention.value->type) ||
      !isa<FloatType>(sum->type))
    return refuse(sum,
                  "what the weights multiply is no element of a float "
                  "tensor",
                  "make the values a tensor of f16, bf16, f32 or f64");
  attention.visible = weight.visible;
  return success();
}

bool Matcher::isLogarithm(const Term &term) {
  Expr x = reader.resolve(term.atom);
  bool isNatural = x->is<math::LogOp>() && std::abs(term.factor + 1) < 1e-6;
  bool isBinary =
      x->is<math::Log2Op>() && std::abs(term.factor + std::log(2.0)) < 1e-6;
  return (isNatural || isBinary) && !reader.dependsOn(x, attention.keys);
}

/// exp(s - log l) = exp(s) / l
void Matcher::takeLogarithms() {
  llvm::erase_if(weight.exponent.terms, [&](const Term &term) {
    if (!isLogarithm(term))
      return false;
    weight.divisors.push_back(reader.resolve(term.atom)->operands[0]);
    return true;
  });
}

bool Matcher::isSameWeight(Expr expression) {
  Weight other;
  multiply(reader, expression, attention.keys, other);
  return other.isExponential && other.constant == 1 && other.factors.empty() &&
         other.divisors.empty() && other.guards.empty() &&
         areSame(reader, other.exponent, weight.exponent) &&
         other.visible.size() == weight.visible.size() &&
         llvm::all_of(llvm::zip_equal(other.visible, weight.visible),
                      [&](auto pair) {
                        auto &[a, b] = pair;
                        return a.negated == b.negated &&
                               reader.areSame(a.condition, b.condition);
                      });
}

/// sum_k' weight(k')
LogicalResult Matcher::matchNormalizer(Expr divisor) {
  // Of a row that is not empty the largest weight is 1.
  Choice choice = getChoice(reader, divisor);
  if (choice.condition)
    weight.guards.push_back(choice.condition);
  Expr sum = reader.resolve(choice.usual);
  if (sum->is<arith::MaximumFOp, arith::MaxNumFOp>())
    for (unsigned i : {0, 1})
      if (std::optional<double> tiny = sum->operands[i]->getNumber();
          tiny && *tiny <= 1) {
        sum = reader.resolve(sum->operands[1 - i]);
        break;
      }
  if (reader.dependsOn(divisor, attention.keys))
    return refuse(sum,
                  "the weights are divided by a sum that differs from key "
                  "to key: the softmax is over another axis",
                  "take the sum over the axis that the values are summed over");
  if (!sum->isReduction<arith::AddFOp>())
    return refuse(sum,
                  "the weights are divided by something that is not their "
                  "sum",
                  "divide by the sum of the weights over all keys");
  normalizer = sum;
  if (!reader.space.haveSameSize(sum->dimension, attention.keys))
    return refuse(sum,
                  "the weights are not summed over the keys that the "
                  "values are summed over",
                  "sum over all keys, and over nothing else");
  if (!isSameWeight(
          reader.substitute(sum->operands[0], sum->dimension, attention.keys)))
    return refuse(sum, "the sum that divides the weights is of other numbers",
                  "divide by the sum of the same exponentials over all keys");
  return success();
}

LogicalResult Matcher::matchScore() {
  attention.score = weight.exponent;
  if (failed(matchMaximum(attention.score)) || failed(matchDot()))
    return failure();
  scores = attention.score;
  // The same once more, as it is written.
  attention.score = Sum();
  for (const Term &term : weight.exponents)
    addTerms(reader, term.atom, term.factor, attention.dot, attention.score);
  llvm::erase_if(attention.score.terms, [&](const Term &term) {
    return isLogarithm(term) || isMaximumOfRow(term);
  });
  return success();
}

bool Matcher::isMaximumOfRow(const Term &term) {
  return maximum && !reader.dependsOn(term.atom, attention.keys) &&
         isMaximum(getChoice(reader, term.atom).usual);
}

/// Takes -max_k score out of the sum, which changes no weight but for rounding.
LogicalResult Matcher::matchMaximum(Sum &score) {
  auto isMaximumOf = [&](bool isOfKeys) {
    return [&, isOfKeys](const Term &term) {
      return reader.dependsOn(term.atom, attention.keys) != isOfKeys &&
             reader.resolve(getChoice(reader, term.atom).usual)
                 ->isReduction<arith::MaximumFOp>();
    };
  };
  auto *found = llvm::find_if(score.terms, isMaximumOf(/*isOfKeys=*/true));
  if (found == score.terms.end())
    found = llvm::find_if(score.terms, isMaximumOf(/*isOfKeys=*/false));
  if (found == score.terms.end()) {
    for (const Term &term : score.terms)
      if (!reader.dependsOn(term.atom, attention.keys))
        return refuse(term.atom,
                      "something other than the largest score of the "
                      "row is subtracted from scores",
                      "subtract the maximum over all keys, or nothing");
    return success();
  }
  Term term = *found;
  Choice choice = getChoice(reader, term.atom);
  if (choice.condition)
    weight.guards.push_back(choice.condition);
  maximum = reader.resolve(choice.usual);
  if (reader.dependsOn(term.atom, attention.keys))
    return refuse(maximum, "the maximum is over another axis than the keys",
                  "take the maximum over the axis that the values are summed "
                  "over");
  if (!reader.space.haveSameSize(maximum->dimension, attention.keys))
    return refuse(maximum, "the maximum is not over all keys",
                  "take the maximum over all keys, and over nothing else");
  score.terms.erase(found);
  Sum expected =
      getSum(reader, reader.substitute(maximum->operands[0], maximum->dimension,
                                       attention.keys));
  for (Term &x : expected.terms)
    x.factor *= -term.factor;
  expected.constant *= -term.factor;
  if (term.factor >= 0 || !areSame(reader, score, expected))
    return refuse(maximum,
                  "the maximum is of other numbers than the scores it "
                  "is subtracted from",
                  "subtract the maximum of the same scores");
  return success();
}

//===----------------------------------------------------------------------===//
// The product of queries and keys
//===----------------------------------------------------------------------===//

/// `element` without constant factors.
Expr Matcher::stripConstants(Expr element, double &constant) {
  while (element->isElement()) {
    Expr x = reader.resolve(element);
    if (!x->is<arith::MulFOp, arith::DivFOp, arith::NegFOp>())
      return element;
    Product product = getProduct(x);
    if (product.factors.size() != 1 || !product.divisors.empty() ||
        !product.factors[0]->isElement() || product.factors[0]->isScalar())
      return element;
    constant *= product.constant;
    element = product.factors[0];
  }
  return element;
}

/// sum_d query(.., d) * key(.., k, d)
bool Matcher::matchProduct(Expr sum) {
  if (!sum->isReduction<arith::AddFOp>())
    return false;
  unsigned features = sum->dimension;
  Product product = getProduct(sum->operands[0]);
  if (product.factors.size() != 2 || !product.divisors.empty())
    return false;
  double constant = product.constant;
  Expr a = stripConstants(product.factors[0], constant);
  Expr b = stripConstants(product.factors[1], constant);
  if (reader.dependsOn(a, attention.keys))
    std::swap(a, b);
  for (Expr x : {a, b})
    if (!x->isElement() || x->isScalar() || !isa<FloatType>(x->type) ||
        !reader.dependsOn(x, features))
      return false;
  if (reader.dependsOn(a, attention.keys) ||
      !reader.dependsOn(b, attention.keys))
    return false;
  attention.query = a;
  attention.key = b;
  attention.features = features;
  attention.product = sum->origin;
  attention.productScale = constant;
  return true;
}

Expr Matcher::findDot(Expr expression) {
  if (!reader.dependsOn(expression, attention.keys))
    return nullptr;
  Expr x = reader.resolve(expression);
  if (matchProduct(x))
    return expression;
  if (x->kind != Expression::Kind::Apply)
    return nullptr;
  for (Expr operand : x->operands)
    if (Expr found = findDot(operand))
      return found;
  return nullptr;
}

/// What the elementwise operations of a score begin with.
Expr Matcher::findSource(Expr expression) {
  Expr x = reader.resolve(expression);
  if (x->kind == Expression::Kind::Reduce || x->isElement())
    return reader.dependsOn(x, attention.keys) ? x : nullptr;
  for (Expr operand : x->operands)
    if (Expr found = findSource(operand))
      return found;
  return nullptr;
}

LogicalResult Matcher::matchDot() {
  for (const Term &term : attention.score.terms)
    if ((attention.dot = findDot(term.atom)))
      return success();
  Expr at = normalizer;
  for (const Term &term : attention.score.terms)
    if (Expr source = findSource(term.atom))
      at = source;
  return refuse(at,
                "the scores are no product of queries and keys summed over "
                "features",
                "compute scores by one matrix product of a query tensor and a "
                "key tensor of float type");
}

//===----------------------------------------------------------------------===//
// Rows of which nothing is seen
//===----------------------------------------------------------------------===//

bool Matcher::isMaximum(Expr expression) {
  Expr x = reader.resolve(expression);
  return maximum && (x == maximum || reader.areSame(x, maximum));
}

bool Matcher::isNormalizer(Expr expression) {
  Expr x = reader.resolve(expression);
  return normalizer && (x == normalizer || reader.areSame(x, normalizer));
}

/// A choice is understood where it asks whether the row is empty.
LogicalResult Matcher::verifyGuards() {
  for (Expr guard : weight.guards) {
    Expr x = reader.resolve(guard);
    bool isKnown = false;
    if (x->is<arith::CmpFOp>())
      for (unsigned i : {0, 1}) {
        std::optional<double> bound = x->operands[1 - i]->getNumber();
        isKnown |=
            bound &&
            ((isMaximum(x->operands[i]) && *bound < -65000) ||
             (isNormalizer(x->operands[i]) && *bound >= 0 && *bound < 1));
      }
    // All scores are -inf, or some are not.
    if (x->isReduction<arith::AndIOp, arith::OrIOp>()) {
      Expr every = reader.resolve(x->operands[0]);
      isKnown = every->is<arith::CmpFOp>() &&
                llvm::any_of(every->operands, [](Expr operand) {
                  return operand->getNumber() == -INFINITY;
                });
    }
    if (!isKnown)
      return refuseGuard(x);
  }
  return success();
}

/// Choices must not change other rows, whichever way round they are.
LogicalResult Matcher::findEmptyRow(Expr element) {
  auto evaluate = [&](double score) {
    return RowEvaluator(reader, attention, scores, score).evaluate(element);
  };
  std::optional<double> empty = evaluate(-INFINITY), usual = evaluate(0);
  bool isKnown = empty && usual && (*empty == 0 || std::isnan(*empty)) &&
                 std::abs(*usual - 1) < 1e-6;
  if (!weight.guards.empty() && !isKnown)
    return refuseGuard(weight.guards[0]);
  attention.isNaNWhereEmpty = !empty || std::isnan(*empty);
  return success();
}

FailureOr<AttentionMatch> mlir::attn::matchAttention(ExpressionReader &reader,
                                                     Value result,
                                                     Refusal &refusal) {
  return Matcher(reader, refusal).match(result);
}
