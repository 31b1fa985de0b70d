//===- DecomposeFold.cpp - Scores, weights, and their sums ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decompose.h"
#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
/// The score of one query and key as its body sees it: scale, score region,
/// mask tensor, visibility, in this order.
class ScoreBody {
public:
  ScoreBody(OpBuilder &b, FoldOp op) : b(b), op(op), loc(op.getLoc()) {
    Scalars scalars(b, loc, op.getStateType());
    scale = createScale(scalars);
  }

  /// `masks` are elements of what `getMasks` gives.
  Value operator()(OpBuilder &body, Loops &loops, Scalars &scalars, Value raw,
                   ValueRange masks) {
    Value maskElement = op.getMaskTensor() ? masks.front() : Value();
    unsigned batch = op.getNumBatchDims();
    SmallVector<Value> position;
    auto getPosition = [&](unsigned i) {
      unsigned dim = i <= batch ? i : op.getKeyDim();
      MaskAlgebra algebra(body, loc);
      return algebra.materialize(
          algebra.add(loops.index(dim), op.getOriginOf(i)));
    };

    Value score = scalars.mul(raw, scale);
    if (op.getScoreBody()) {
      for (unsigned i = 0; i < batch + 2; ++i)
        position.push_back(getPosition(i));
      score = applyScoreRegion(body, score, position);
      score = scalars.mul(score, scalars.constant(llvm::numbers::log2e));
    }

    Value visible;
    auto require = [&](Value condition) {
      visible = visible ? arith::AndIOp::create(body, loc, visible, condition)
                        : condition;
    };
    if (maskElement && maskElement.getType().isInteger(1)) {
      require(maskElement);
    } else if (maskElement) {
      Value bias = scalars.convert(maskElement);
      require(arith::CmpFOp::create(body, loc, arith::CmpFPredicate::UNE, bias,
                                    scalars.negativeInfinity()));
      score = scalars.fma(keepFinite(scalars, bias),
                          scalars.constant(llvm::numbers::log2e), score);
    }
    MaskAlgebra algebra(body, loc);
    if (MaskAttrInterface mask = op.getMaskAttr()) {
      if (op.hasSegments())
        algebra.sameSegment = algebra.equal(masks.end()[-2], masks.end()[-1]);
      OpFoldResult query = getPosition(batch);
      if (Value offset = op.getQueryOffset())
        query = algebra.add(query, getPerBatch(body, loops, offset));
      require(algebra.materialize(
          mask.isVisible(algebra, query, getPosition(batch + 1))));
    }
    if (Value validKeys = op.getValidKeys())
      require(algebra.materialize(algebra.less(
          getPosition(batch + 1), getPerBatch(body, loops, validKeys))));
    return visible ? scalars.select(visible, score, scalars.negativeInfinity())
                   : score;
  }

  /// What decides what is visible, besides positions.
  SmallVector<Operand> getMasks() {
    SmallVector<Operand> masks;
    if (op.getMaskTensor())
      masks.push_back({op.getMaskTensor(), op.getMaskTensorMap()});
    if (op.hasSegments())
      masks.append({{op.getQuerySegments(), op.getQuerySegmentsMap()},
                    {op.getKeySegments(), op.getKeySegmentsMap()}});
    return masks;
  }

private:
  /// The most negative float, which people write for -inf, must not become -inf
  /// in base 2: a row of it is the mean of the values. -inf itself is hidden.
  Value keepFinite(Scalars &scalars, Value bias) {
    if (getElementTypeOrSelf(op.getMaskTensor().getType()).isF16())
      return bias; // None is as large.
    Value least = scalars.constant(scalars.type.isF64() ? -1e308 : -2e38);
    Value isLess = arith::CmpFOp::create(
        scalars.b, scalars.loc, arith::CmpFPredicate::OLT, bias, least);
    return scalars.select(isLess, least, bias);
  }

  /// scale * log2(e), or the scale alone if a region wants natural units.
  Value createScale(Scalars &scalars) {
    double unit = op.getScoreBody() ? 1.0 : llvm::numbers::log2e;
    int64_t features = op.getStaticLoopRanges()[op.getFeatureDim()];
    if (std::optional<APFloat> given = op.getScale())
      return scalars.constant(given->convertToDouble() * unit);
    if (!ShapedType::isDynamic(features))
      return scalars.constant(unit / std::sqrt(static_cast<double>(features)));
    Value size = getValueOrCreateConstantIndexOp(
        b, loc, getLoopSizes(b, op)[op.getFeatureDim()]);
    Value count = arith::IndexCastOp::create(b, loc, b.getI64Type(), size);
    Value real = arith::SIToFPOp::create(b, loc, b.getF64Type(), count);
    Value root = math::SqrtOp::create(b, loc, real);
    Value numerator =
        arith::ConstantOp::create(b, loc, b.getF64FloatAttr(unit));
    return scalars.convert(arith::DivFOp::create(b, loc, numerator, root));
  }

  Value applyScoreRegion(OpBuilder &body, Value score,
                         ArrayRef<Value> position) {
    Block &block = *op.getScoreBody();
    IRMapping mapping;
    mapping.map(block.getArgument(0), score);
    mapping.map(block.getArguments().drop_front(), position);
    for (Operation &nested : block.without_terminator())
      body.clone(nested, mapping);
    return mapping.lookupOrDefault(
        cast<YieldOp>(block.getTerminator()).getScore());
  }

  OpFoldResult getPerBatch(OpBuilder &body, Loops &loops, Value perBatch) {
    return op.getPerBatch(body, perBatch, [&](unsigned i) -> OpFoldResult {
      return loops.index(i);
    });
  }

  OpBuilder &b;
  FoldOp op;
  Location loc;
  Value scale;
};

} // namespace

FailureOr<SmallVector<Value>> FoldOp::decomposeOperation(OpBuilder &b) {
  Location loc = getLoc();
  MLIRContext *context = getContext();
  FloatType type = getStateType();
  unsigned batch = getNumBatchDims(), loops = getNumLoops();
  unsigned m = getQueryDim(), k1 = getFeatureDim(), k2 = getKeyDim(),
           n = getValueDim();
  bool lanesAreQueries = isQueryInnermost(getAccMap(), m);
  auto inOrder = [&](unsigned outer, unsigned inner) {
    return lanesAreQueries ? withBatch(batch, {outer, inner})
                           : withBatch(batch, {inner, outer});
  };
  Scalars outside(b, loc, type);
  SmallVector<OpFoldResult> sizes = getLoopSizes(b, *this);

  // Keys and values of a narrower type are widened once per tile where many
  // queries read them; few queries do so as they go.
  auto widen = [&](Value narrow, AffineMap map) -> Value {
    if (getElementTypeOrSelf(narrow.getType()) == type || !lanesAreQueries)
      return narrow;
    SmallVector<unsigned> dims;
    for (unsigned i = 0; i < map.getNumResults(); ++i)
      dims.push_back(map.getDimPosition(i));
    return packOperand(b, loc, type, narrow, map, dims, sizes);
  };
  Value keys = widen(getKey(), getKeyMap());
  Value values = widen(getValue(), getValueMap());

  // S = K Q
  AffineMap scoreMap = getMap(loops, inOrder(k2, m), context);
  SmallVector<OpFoldResult> scoreSizes;
  for (unsigned i = 0; i < scoreMap.getNumResults(); ++i)
    scoreSizes.push_back(sizes[scoreMap.getDimPosition(i)]);
  Value empty = tensor::EmptyOp::create(b, loc, scoreSizes, type);
  Value zeros = linalg::FillOp::create(b, loc, outside.constant(0.0), empty)
                    .getResult(0);
  SmallVector<unsigned> productDims = inOrder(k2, m);
  productDims.push_back(k1);
  Value raw = Loops(b, loc, type, productDims, {k1})(
      {{keys, getKeyMap()}, {getQuery(), getQueryMap()}},
      {{zeros, scoreMap}}, [&](Scalars &s, ValueRange args) {
        return SmallVector<Value>{
            s.fma(s.convert(args[0]), s.convert(args[1]), args[2])};
      })[0];

  // s = mask(score(scale * S)),  t = max_k2 s
  Value noMax =
      filledLike(b, loc, type, getMax(), outside.negativeInfinity());
  ScoreBody scoreBody(b, *this);
  Loops rows(b, loc, type, inOrder(k2, m), {k2});
  SmallVector<Value> scored =
      rows(scoreBody.getMasks(), {{raw, scoreMap}, {noMax, getMaxMap()}},
           [&](Scalars &s, ValueRange args) {
             ValueRange masks = args.drop_back(2);
             args = args.take_back(2);
             Loops inside(s.b, loc, type, inOrder(k2, m), {k2});
             Value score = scoreBody(s.b, inside, s, args[0], masks);
             return SmallVector<Value>{score, s.runningMax(score, args[1])};
           });
  Value scores = scored[0];

  // decay = 2^(m - m'),  m' = max(m, t)
  SmallVector<unsigned> queryDims = withBatch(batch, {m});
  auto [decay, newMax] =
      raiseMax(b, loc, type, queryDims, getMax(), getMaxMap(), scored[1]);

  // w = 2^(s - m'),  l' = decay * l + sum_k2 w
  Value decayedSum = Loops(b, loc, type, queryDims, {})(
      {{decay, getMaxMap()}}, {{getSum(), getSumMap()}},
      [&](Scalars &s, ValueRange args) {
        return SmallVector<Value>{s.mul(args[0], args[1])};
      })[0];
  SmallVector<Value> weighted = rows(
      {{newMax, getMaxMap()}},
      {{scores, scoreMap}, {decayedSum, getSumMap()}},
      [&](Scalars &s, ValueRange args) {
        Value weight = s.weight(s.sub(args[1], s.guard(args[0])));
        if (isMasked())
          weight = s.select(s.equal(args[1], s.negativeInfinity()),
                            s.constant(-0.0), weight);
        return SmallVector<Value>{weight, s.add(args[2], weight)};
      });
  Value weights = weighted[0], newSum = weighted[1];

  // acc' = decay * acc + sum_k2 w * V
  Value decayedAcc = Loops(b, loc, type, inOrder(n, m), {})(
      {{decay, getMaxMap()}}, {{getAcc(), getAccMap()}},
      [&](Scalars &s, ValueRange args) {
        return SmallVector<Value>{s.mul(args[0], args[1])};
      })[0];
  SmallVector<unsigned> accDims = inOrder(n, m);
  accDims.push_back(k2);
  Value newAcc = Loops(b, loc, type, accDims, {k2})(
      {{values, getValueMap()}, {weights, scoreMap}},
      {{decayedAcc, getAccMap()}}, [&](Scalars &s, ValueRange args) {
        // A hidden value may be no number. Its weight is -0.0, and so is its
        // product with 0, which changes no sum. Choosing before the product
        // keeps the choice out of the chain of sums.
        Value value = s.convert(args[0]);
        if (isMasked())
          value = s.select(s.signBit(args[1]), s.constant(0.0), value);
        return SmallVector<Value>{s.fma(value, args[1], args[2])};
      })[0];
  return SmallVector<Value>{newMax, newSum, newAcc};
}
