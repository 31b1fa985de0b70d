//===- RaiseMask.cpp - What of a score is a mask ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Raiser.h"
#include "WriteScore.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;

/// Whether data, which may be -inf, is added to scores. What data is multiplied
/// by is no mask, unless it is a constant.
bool Raiser::mayHideRow(Expr term) {
  if (reader.areSame(term, match.dot))
    return false;
  Expr x = reader.resolve(term);
  if (x->isElement())
    return isa<FloatType>(x->type) &&
           !matchPattern(x->source().tensor, m_Constant());
  if (x->is<arith::SIToFPOp, arith::UIToFPOp, arith::CmpFOp>())
    return false;
  if (x->is<arith::MulFOp, arith::DivFOp>() &&
      llvm::none_of(x->operands, [&](Expr operand) {
        return reader.resolve(operand)->getNumber().has_value();
      }))
    return false;
  return llvm::any_of(x->operands,
                      [&](Expr operand) { return mayHideRow(operand); });
}

/// Reads the mask into `masked`, what it asks of positions into `visible`.
Rows Raiser::readMask(Fills fills, SmallVectorImpl<Visible> &visible) {
  visible.clear();
  masked = getMaskedScore(reader, match.score, match.dot, fills);
  masked.visible.append(match.visible);
  masked.isFillInfinite |= !match.visible.empty(); // A weight of 0.
  Positions positions = getPositions();
  double biasFill = -INFINITY;
  if (std::optional<Visible> bias =
          takeHidingBias(reader, masked.score, positions, fills, biasFill)) {
    masked.visible.push_back(*bias);
    masked.setFill(biasFill);
  }
  for (const Visible &part : masked.visible) {
    Visible compared = getAsComparison(reader, part, positions);
    Expr x = reader.resolve(compared.condition);
    bool isAlways = x->kind == Expression::Kind::Constant &&
                    (x->integer != 0) != compared.negated;
    if (!isAlways)
      visible.push_back(compared);
  }
  return getRows(reader, visible, positions);
}

LogicalResult Raiser::findMask() {
  SmallVector<Visible> visible;
  Rows rows = readMask(Fills::All, visible);
  if (masked.zeroFill)
    return refuse(masked.zeroFill->origin,
                  "some scores are replaced by 0, which hides nothing: the "
                  "weight of such a key is exp(0)",
                  "put -inf in place of the scores of hidden keys");
  auto addsData = [&] {
    return llvm::any_of(masked.score.terms, [&](const Term &term) {
      return mayHideRow(term.atom);
    });
  };
  // What -inf leaves of a row decides what the most negative float means there.
  bool mayLeaveNothing =
      (rows != Rows::AllSee && masked.isFillInfinite) ||
      (emptyRows == EmptyRows::AsWritten && addsData());
  keepsFill = masked.isFillFinite && mayLeaveNothing;
  if (keepsFill)
    rows = readMask(Fills::Infinite, visible);
  if (rows == Rows::SomeSeeNothing)
    return refuse(visible.front().condition->origin,
                  "some query sees no key, so that its softmax is undefined",
                  "let each query see a key, its own for example");
  // Where a query sees nothing, the most negative float gives the mean of all
  // values. In base 2 scores are larger, and must stay finite.
  if (masked.isFillFinite && rows != Rows::AllSee)
    fill = std::max(masked.fill, kLeastScore);
  bool mayHideRows = (rows != Rows::AllSee && std::isinf(fill)) ||
                     addsData();
  makesEmptyRowsNaN = emptyRows == EmptyRows::AsWritten &&
                      match.isNaNWhereEmpty && mayHideRows;

  auto isOwn = [&](const OperandView &view) {
    return llvm::all_of(view.axes, [&](ArrayRef<unsigned> axis) {
      return llvm::all_of(axis, [&](unsigned dim) {
        return dim == queries || dim == match.keys ||
               llvm::is_contained(batch, dim);
      });
    });
  };
  auto takeAsTensor = [&](Expr x) {
    if (mask || !x->isElement() || x->isScalar() ||
        !reader.dependsOn(x, match.keys) ||
        (x->type.isF64() && !match.query->type.isF64()))
      return false;
    std::optional<OperandView> view = getView(reader, x);
    if (!view || !isOwn(*view))
      return false;
    mask = view;
    return true;
  };
  masked.visible.clear();
  for (const Visible &part : visible) {
    Expr x = reader.resolve(part.condition);
    bool isAdded = isa<FloatType>(x->type);
    if ((isAdded ||
         (!part.negated && x->type.isInteger(1) && std::isinf(fill))) &&
        takeAsTensor(x))
      continue;
    if (std::isinf(fill) &&
        takeLimit(part, getPositions(), visible.size() == 1))
      continue;
    if (isAdded)
      masked.score.terms.push_back({1, x});
    else
      masked.visible.push_back(part);
  }
  if (masked.visible.empty() && std::isinf(fill)) {
    auto *added = llvm::find_if(masked.score.terms, [&](const Term &term) {
      // What is computed for a query and a key is better computed in the
      // region.
      bool isData = reader.resolve(term.atom) == term.atom ||
                    !reader.dependsOn(term.atom, queries);
      return term.factor == 1 && isa<FloatType>(term.atom->type) && isData &&
             takeAsTensor(term.atom);
    });
    if (added != masked.score.terms.end())
      masked.score.terms.erase(added);
  }
  return success();
}

/// `j <= i + n` is causal with a query offset, `j < n` a number of valid keys,
/// one of all batches or one per batch.
bool Raiser::takeLimit(const Visible &part, Positions positions,
                       bool isOnlyMask) {
  std::optional<RuntimeLimit> limit = getRuntimeLimit(reader, part, positions);
  if (!limit)
    return false;
  std::optional<RuntimeLimit> &place = limit->ofQuery ? offset : validKeys;
  int64_t more = limit->ofQuery ? 0 : 1;
  if (place)
    return false;
  if (!limit->amount && !isOnlyMask)
    return false; // Masks of positions are better said together.
  if (limit->amount && !limit->amount->isScalar()) {
    // Each batch its own, as it stands in memory.
    unsigned heads = batch.size() <= 1 ? batch.size() : batch.size() - 1;
    ArrayRef<unsigned> dims = ArrayRef(batch).drop_back(heads);
    const Access &source = limit->amount->source();
    if (limit->constant + more != 0 || source.indices.size() != dims.size())
      return false;
    for (auto [index, dim] : llvm::zip_equal(source.indices, dims))
      if (index != space.getIndex(dim) || isUnit(dim))
        return false;
  }
  place = limit;
  return true;
}

/// Whether `value` is computed from the results of `op`.
static bool isComputedFrom(Value value, Operation *op) {
  SetVector<Operation *> ops;
  auto add = [&](Value x) {
    if (Operation *def = x.getDefiningOp();
        def && def->getBlock() == op->getBlock())
      ops.insert(def);
  };
  add(value);
  for (size_t i = 0; i < ops.size(); ++i) {
    if (ops[i] == op)
      return true;
    for (Value operand : ops[i]->getOperands())
      add(operand);
  }
  return false;
}

LogicalResult Raiser::verifyScore() {
  OpBuilder none(rewriter.getContext());
  ScoreWriter writer(none, loc, reader, rewriter.getF32Type());
  writer.setPositions(getPositions().query, match.keys);
  writer.setScore(match.dot, 1, Value());
  llvm::SetVector<Value> tensors;
  SmallVector<Expr> parts;
  for (const Term &term : masked.score.terms)
    parts.push_back(term.atom);
  for (const Visible &part : masked.visible)
    parts.push_back(part.condition);
  for (Expr part : parts)
    if (!writer.canWrite(part, tensors))
      return refuse(
          part->origin,
          "part of the score cannot be computed for one query and key "
          "alone",
          "compute it before, into a tensor that does not depend on "
          "the scores");
  for (Value tensor : tensors)
    if (isComputedFrom(tensor, match.product))
      return refuse(tensor.getDefiningOp(),
                    "the score of a key depends on the scores of others",
                    "only the maximum over the keys may be subtracted, and the "
                    "sum over the keys divide");
  for (const Term &term : masked.score.terms)
    if (std::optional<double> found = writer.findFactor(term.atom)) {
      // A product on its own is scaled from outside.
      factor = reader.areSame(term.atom, match.dot) ? term.factor : *found;
      break;
    }
  return success();
}
