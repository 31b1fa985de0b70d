//===- ScoreRegion.cpp - Whether a score region is a mask ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A region hides keys by -inf: a constant, or a number from memory. A -inf that
// all keys of a query share (a slope of a head, a bias of a row) tells no key from
// another, unless a condition that looks at the key chooses it. Arithmetic that
// overflows is no mask: an attn.fold without one gives such keys the weight 0.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
/// Which keys of a query may have an infinity put in place of their scores.
enum class Hides { NoKey, AllAlike, SomeKeys };

struct Fact {
  bool looksAtKey = false; // Or at the score, which is one of a key.
  Hides hides = Hides::NoKey;
};

class ScoreFacts {
public:
  explicit ScoreFacts(Block &body) : body(body) {
    facts[body.getArguments().front()].looksAtKey = true;
    facts[body.getArguments().back()].looksAtKey = true;
    for (Operation &op : body.without_terminator()) {
      Fact fact = derive(op);
      for (Value result : op.getResults())
        facts[result] = fact;
    }
  }

  Fact get(Value value) {
    auto known = facts.find(value);
    if (known != facts.end())
      return known->second;
    if (isa<BlockArgument>(value) && value.getParentBlock() == &body)
      return {};
    return {false, getOutside(value)}; // Captured: the same for all keys.
  }

private:
  static Hides getOutside(Value value) {
    APFloat constant(0.0);
    bool isFinite = matchPattern(value, m_ConstantFloat(&constant)) &&
                    constant.isFinite();
    return isa<FloatType>(value.getType()) && !isFinite ? Hides::AllAlike
                                                        : Hides::NoKey;
  }

  Fact derive(Operation &op) {
    if (op.hasTrait<OpTrait::ConstantLike>())
      return {false, getOutside(op.getResult(0))};
    Fact fact;
    for (Value operand : op.getOperands()) {
      Fact from = get(operand);
      fact.looksAtKey |= from.looksAtKey;
      fact.hides = std::max(fact.hides, from.hides);
    }
    if (isa<tensor::ExtractOp>(op))
      fact.hides = fact.looksAtKey ? Hides::SomeKeys : Hides::AllAlike;
    else if (auto select = dyn_cast<arith::SelectOp>(op))
      fact.hides = choose(get(select.getCondition()), fact.hides);
    else if (isa<arith::SIToFPOp, arith::UIToFPOp>(op))
      fact.hides = Hides::NoKey;
    else if (!staysFinite(op))
      fact.hides = Hides::SomeKeys;
    return fact;
  }

  static Hides choose(const Fact &condition, Hides chosen) {
    return condition.looksAtKey && chosen != Hides::NoKey ? Hides::SomeKeys
                                                          : chosen;
  }

  /// Whether moderate operands give no infinity.
  static bool staysFinite(Operation &op) {
    APFloat divisor(0.0);
    if (auto quotient = dyn_cast<arith::DivFOp>(op))
      return matchPattern(quotient.getRhs(), m_ConstantFloat(&divisor)) &&
             !divisor.isZero();
    return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::NegFOp,
               arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
               arith::MinNumFOp, arith::ExtFOp, arith::TruncFOp, math::FmaOp,
               math::AbsFOp, math::TanhOp, math::ExpOp, math::Exp2Op,
               math::SqrtOp, math::SinOp, math::CosOp, math::ErfOp,
               math::AtanOp>(op) ||
           llvm::none_of(op.getResultTypes(), llvm::IsaPred<FloatType>);
  }

  Block &body;
  llvm::DenseMap<Value, Fact> facts;
};
} // namespace

static bool mayHideKeys(Block *body) {
  if (!body)
    return false;
  Value score = cast<YieldOp>(body->getTerminator()).getScore();
  return ScoreFacts(*body).get(score).hides == Hides::SomeKeys;
}

bool AttentionOp::mayHideSingleKeys() {
  return getMaskTensor() || mayHideKeys(getScoreBody());
}
bool FoldOp::mayHideSingleKeys() {
  return getMaskTensor() || mayHideKeys(getScoreBody());
}
