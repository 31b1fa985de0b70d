//===- RaiseScoreMask.cpp - Score regions that are masks ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// People write masks as -inf in a score region. A mask attribute knows which
// tiles of keys it hides, and which it shows in full; a region does not.
//
//===----------------------------------------------------------------------===//

#include "RaiseScoreMask.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;
using arith::CmpIPredicate;

//===----------------------------------------------------------------------===//
// Bands
//===----------------------------------------------------------------------===//

namespace {
/// q - left <= j <= q + right
struct Band {
  static constexpr int64_t kUnbounded = MaskAlgebra::kMaxPosition - 1;
  int64_t left = kUnbounded, right = kUnbounded;
};
} // namespace

static std::optional<Band> getBand(MaskAttrInterface mask) {
  if (isa<CausalAttr>(mask))
    return Band{Band::kUnbounded, 0};
  if (auto window = dyn_cast<WindowAttr>(mask))
    return Band{window.getLeft(), window.getRight()};
  return std::nullopt;
}

static MaskAttrInterface getMask(MLIRContext *context, Band band) {
  if (band.left == Band::kUnbounded && band.right == 0)
    return CausalAttr::get(context);
  return WindowAttr::get(context, band.left, band.right);
}

/// a and b; two bands are one.
static MaskAttrInterface getBoth(MaskAttrInterface a, MaskAttrInterface b) {
  if (!a)
    return b;
  MLIRContext *context = a.getContext();
  SmallVector<MaskAttrInterface> rest;
  std::optional<Band> band;
  auto add = [&](auto &&add, MaskAttrInterface mask) -> void {
    if (auto both = dyn_cast<AndAttr>(mask)) {
      for (MaskAttrInterface part : both.getMasks())
        add(add, part);
    } else if (std::optional<Band> other = getBand(mask)) {
      Band before = band.value_or(Band());
      band = Band{std::min(before.left, other->left),
                  std::min(before.right, other->right)};
    } else {
      rest.push_back(mask);
    }
  };
  add(add, a);
  add(add, b);
  if (band)
    rest.insert(rest.begin(), getMask(context, *band));
  return rest.size() == 1 ? rest.front() : AndAttr::get(context, rest);
}

//===----------------------------------------------------------------------===//
// Conditions on positions
//===----------------------------------------------------------------------===//

namespace {
/// query * i + key * j + constant
struct Linear {
  int64_t query = 0, key = 0, constant = 0;
};

/// Ids along the sequence of an operation, seen through a map.
struct Ids {
  Value tensor;
  AffineMap map;
  bool operator==(const Ids &other) const {
    return tensor == other.tensor && map == other.map;
  }
};
using Segments = std::pair<Ids, Ids>; // Of queries and of keys.

/// Reads conditions in the score region of one operation as masks.
class ConditionReader {
public:
  explicit ConditionReader(AttentionOp op)
      : op(op), body(*op.getScoreBody()), context(op.getContext()) {
    ranges = op.getStaticLoopRanges();
    queries = ranges[op.getQueryDim()];
    keys = ranges[op.getKeyDim()];
    if (op.hasSegments())
      segments = {{op.getQuerySegments(), op.getQuerySegmentsMap()},
                  {op.getKeySegments(), op.getKeySegmentsMap()}};
  }

  /// What #attn.segments in masks compares, if it is in one.
  std::optional<Segments> segments;

  /// The mask that shows where `condition`, or its opposite, holds; null if there
  /// is none.
  MaskAttrInterface read(Value condition, bool negated) {
    Operation *op = condition.getDefiningOp();
    if (auto compare = dyn_cast_or_null<arith::CmpIOp>(op)) {
      MaskAttrInterface mask = readComparison(compare, negated);
      return mask ? mask : readSegments(compare, negated);
    }
    if (auto flip = dyn_cast_or_null<arith::XOrIOp>(op))
      return matchPattern(flip.getRhs(), m_One()) ? read(flip.getLhs(), !negated)
                                                  : nullptr;
    if (!isa_and_nonnull<arith::AndIOp, arith::OrIOp>(op))
      return nullptr;
    MaskAttrInterface a = read(op->getOperand(0), negated);
    MaskAttrInterface b = read(op->getOperand(1), negated);
    if (!a || !b)
      return nullptr;
    if (isa<arith::AndIOp>(op) != negated)
      return getBoth(a, b);
    return OrAttr::get(context, {a, b});
  }

private:
  MaskAttrInterface readComparison(arith::CmpIOp op, bool negated) {
    CmpIPredicate predicate = negated ? arith::invertPredicate(op.getPredicate())
                                      : op.getPredicate();
    std::optional<Linear> a = readLinear(op.getLhs()),
                          b = readLinear(op.getRhs());
    if (!a || !b)
      return nullptr;
    // Positions and what is added to them are not negative.
    if (isNotNegative(*a) && isNotNegative(*b))
      predicate = getSigned(predicate);
    // 0 <= a - b  or  0 <= b - a, or both, less one where they must differ.
    switch (predicate) {
    case CmpIPredicate::sge:
      return getNotNegative(subtract(*a, *b, 0));
    case CmpIPredicate::sgt:
      return getNotNegative(subtract(*a, *b, 1));
    case CmpIPredicate::sle:
      return getNotNegative(subtract(*b, *a, 0));
    case CmpIPredicate::slt:
      return getNotNegative(subtract(*b, *a, 1));
    default:
      return nullptr;
    }
  }

  /// ids[b.., i] = ids'[b.., j]
  MaskAttrInterface readSegments(arith::CmpIOp compare, bool negated) {
    if (compare.getPredicate() !=
        (negated ? CmpIPredicate::ne : CmpIPredicate::eq))
      return nullptr;
    Value lhs = compare.getLhs(), rhs = compare.getRhs();
    auto read = [&](Value query, Value key) -> std::optional<Segments> {
      auto queryIds = readIds(query, op.getQueryDim(), 2);
      auto keyIds = readIds(key, op.getKeyDim(), 1);
      if (!queryIds || !keyIds)
        return std::nullopt;
      return Segments(*queryIds, *keyIds);
    };
    std::optional<Segments> found = read(lhs, rhs);
    if (!found)
      found = read(rhs, lhs);
    if (!found || (segments && *segments != *found))
      return nullptr;
    segments = found;
    return SegmentsAttr::get(context);
  }

  /// An element of a captured tensor whose sizes are those of the operation, at
  /// the region's batch indices and its argument `fromEnd`.
  std::optional<Ids> readIds(Value element, unsigned sequence,
                             unsigned fromEnd) {
    auto extract = element.getDefiningOp<tensor::ExtractOp>();
    if (!extract || extract.getIndices().empty() ||
        !(element.getType().isInteger(32) || element.getType().isInteger(64)) ||
        extract.getTensor().getParentBlock() == &body)
      return std::nullopt;
    auto type = cast<RankedTensorType>(extract.getTensor().getType());
    unsigned batch = op.getNumBatchDims() - op.getNumHeadDims();
    SmallVector<unsigned> dims;
    for (auto [i, index] : llvm::enumerate(extract.getIndices())) {
      bool isLast = i + 1 == extract.getIndices().size();
      unsigned argument = isLast ? body.getNumArguments() - fromEnd : 1 + i;
      dims.push_back(isLast ? sequence : i);
      if ((!isLast && i >= batch) || index != body.getArgument(argument) ||
          type.isDynamicDim(i) || type.getDimSize(i) != ranges[dims.back()])
        return std::nullopt;
    }
    return Ids{extract.getTensor(), AffineMap::getMultiDimMapWithTargets(
                                        op.getNumLoops(), dims, context)};
  }

  static bool isNotNegative(Linear x) {
    return x.query >= 0 && x.key >= 0 && x.constant >= 0;
  }

  static CmpIPredicate getSigned(CmpIPredicate predicate) {
    switch (predicate) {
    case CmpIPredicate::ult:
      return CmpIPredicate::slt;
    case CmpIPredicate::ule:
      return CmpIPredicate::sle;
    case CmpIPredicate::ugt:
      return CmpIPredicate::sgt;
    case CmpIPredicate::uge:
      return CmpIPredicate::sge;
    default:
      return predicate;
    }
  }

  static Linear subtract(Linear a, Linear b, int64_t less) {
    return {a.query - b.query, a.key - b.key, a.constant - b.constant - less};
  }

  /// Where d >= 0:
  ///   i - j + c  causal, or a window to the right      j <= i + c
  ///   j - i + c  a window to the left                  i - c <= j
  ///      -j + c  a prefix                              j < c + 1
  MaskAttrInterface getNotNegative(Linear d) {
    if (d.constant < 0 || d.constant >= Band::kUnbounded)
      return nullptr;
    if (d.query == 1 && d.key == -1)
      return getMask(context, Band{Band::kUnbounded, d.constant});
    if (d.query == -1 && d.key == 1)
      return getMask(context, Band{d.constant, Band::kUnbounded});
    if (d.query == 0 && d.key == -1)
      return PrefixAttr::get(context, d.constant + 1);
    return nullptr;
  }

  std::optional<Linear> readLinear(Value value) {
    std::optional<Linear> linear = readTerms(value);
    return linear && cannotOverflow(*linear, value.getType()) ? linear
                                                              : std::nullopt;
  }

  std::optional<Linear> readTerms(Value value) {
    if (value == body.getArguments().back())
      return Linear{0, 1, 0};
    if (value == body.getArguments().drop_back().back())
      return Linear{1, 0, 0};
    if (std::optional<int64_t> constant = getConstantIntValue(value))
      return Linear{0, 0, *constant};
    Operation *op = value.getDefiningOp();
    if (isa_and_nonnull<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(op))
      return readLinear(op->getOperand(0));
    if (!isa_and_nonnull<arith::AddIOp, arith::SubIOp>(op))
      return std::nullopt;
    std::optional<Linear> a = readLinear(op->getOperand(0)),
                          b = readLinear(op->getOperand(1));
    if (!a || !b)
      return std::nullopt;
    if (isa<arith::SubIOp>(op))
      return subtract(*a, *b, 0);
    return Linear{a->query + b->query, a->key + b->key,
                  a->constant + b->constant};
  }

  /// Positions are below 2^62 (`MaskAlgebra`), and below sizes that are known.
  bool cannotOverflow(Linear d, Type type) {
    unsigned bits = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
    if (std::abs(d.query) > 1 || std::abs(d.key) > 1)
      return false;
    auto isBelow = [](int64_t x, int64_t bound) {
      return -bound < x && x < bound;
    };
    if (bits >= 64)
      return (d.query == 0 || d.key != d.query) &&
             isBelow(d.constant, MaskAlgebra::kMaxPosition / 2);
    int64_t limit = int64_t(1) << (bits - 3);
    return bits > 8 && !ShapedType::isDynamic(queries) && queries < limit &&
           !ShapedType::isDynamic(keys) && keys < limit &&
           isBelow(d.constant, limit);
  }

  AttentionOp op;
  Block &body;
  MLIRContext *context;
  SmallVector<int64_t> ranges;
  int64_t queries, keys;
};

//===----------------------------------------------------------------------===//
// The pattern
//===----------------------------------------------------------------------===//

/// A score that a condition hides: select(condition, score, -inf), or the other
/// way round.
struct HiddenScore {
  Value condition, score;
  bool negated;
};

std::optional<HiddenScore> matchHidden(Value value) {
  auto isNever = [](Value x) { return matchPattern(x, m_NegInfFloat()); };
  if (auto select = value.getDefiningOp<arith::SelectOp>()) {
    if (isNever(select.getFalseValue()))
      return HiddenScore{select.getCondition(), select.getTrueValue(), false};
    if (isNever(select.getTrueValue()))
      return HiddenScore{select.getCondition(), select.getFalseValue(), true};
  }
  // score + select(condition, 0, -inf)
  if (auto sum = value.getDefiningOp<arith::AddFOp>())
    for (unsigned i : {0, 1})
      if (auto bias = matchHidden(sum->getOperand(i)))
        if (matchPattern(bias->score, m_AnyZeroFloat()))
          return HiddenScore{bias->condition, sum->getOperand(1 - i),
                             bias->negated};
  return std::nullopt;
}

static void addSegments(AttentionOp op, const Segments &segments) {
  if (op.hasSegments())
    return;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  AffineMap added[] = {segments.first.map, segments.second.map};
  maps.insert(maps.begin() + op.getNumMappedInputs(), added, added + 2);
  op.setIndexingMapsAttr(Builder(op.getContext()).getAffineMapArrayAttr(maps));
  op.getQuerySegmentsMutable().assign(segments.first.tensor);
  op.getKeySegmentsMutable().assign(segments.second.tensor);
}

struct RaiseScoreMask : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    Block *body = op.getScoreBody();
    if (!body)
      return rewriter.notifyMatchFailure(op, "has no score region");
    if (op.getQueryOffset())
      return rewriter.notifyMatchFailure(
          op, "masks add the query offset to positions, the region does not");
    auto yield = cast<YieldOp>(body->getTerminator());
    std::optional<HiddenScore> hidden = matchHidden(yield.getScore());
    if (!hidden)
      return rewriter.notifyMatchFailure(op, "no condition hides the score");
    ConditionReader reader(op);
    MaskAttrInterface mask = reader.read(hidden->condition, hidden->negated);
    if (!mask)
      return rewriter.notifyMatchFailure(op, "the condition is no mask");
    rewriter.modifyOpInPlace(yield, [&] {
      yield.getScoreMutable().set(hidden->score);
    });
    rewriter.modifyOpInPlace(op, [&] {
      op.setMaskAttr(getBoth(op.getMaskAttr(), mask));
      if (usesSegments(op.getMaskAttr()))
        addSegments(op, *reader.segments);
    });
    return success();
  }
};
} // namespace

void mlir::attn::populateRaiseScoreMaskPatterns(RewritePatternSet &patterns) {
  patterns.add<RaiseScoreMask>(patterns.getContext());
}
