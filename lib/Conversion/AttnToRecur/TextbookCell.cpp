//===- TextbookCell.cpp - Numerator and denominator as they are written ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cell.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
/// State: d, a number, and n, a tensor of n features.
class TextbookCell : public Cell {
public:
  using Cell::Cell;

  SmallVector<Value> createIdentity(OpBuilder &b) override {
    APFloat zero = APFloat::getZero(op.getStateType().getFloatSemantics());
    return {fill(b, {}, zero), fill(b, {loopSizes[op.getValueDim()]}, zero)};
  }

  SmallVector<Value> step(RewriterBase &b, const QueryAndKey &pair,
                          ValueRange state) override {
    Location loc = op.getLoc();
    SmallVector<Value> positions;
    if (isMasked() || op.getValidKeys() || op.getScoreBody())
      positions = createPositions(b);

    // s = score(scale * <q, k>) + mask
    Value score = arith::MulFOp::create(b, loc, dot(b, pair.query, pair.key),
                                        createScale(b));
    if (op.getScoreBody())
      score = applyScoreRegion(b, score, positions);
    if (pair.mask && !pair.mask.getType().isInteger(1))
      score = arith::AddFOp::create(b, loc, score, widen(b, pair.mask));

    // d' = d + e^s,  n' = n + e^s v;  a hidden key changes nothing.
    Value visible = createVisible(b, pair, positions);
    auto keepHidden = [&](OpBuilder &b, Value next, Value old) -> Value {
      if (!visible)
        return next;
      return arith::SelectOp::create(b, loc, visible, next, old);
    };
    Value weight = math::ExpOp::create(b, loc, score);
    Value d = arith::AddFOp::create(b, loc, state[0], weight);
    d = keepHidden(b, d, state[0]);
    Value n = forEachFeature(
        b, {pair.value}, state[1], [&](OpBuilder &b, ValueRange in, Value n) {
          Value next = math::FmaOp::create(b, loc, weight, widen(b, in[0]), n);
          return keepHidden(b, next, n);
        });
    return {d, n};
  }

  SmallVector<Value> read(OpBuilder &b, ValueRange state) override {
    Location loc = op.getLoc();
    // o = n / d, or 0 if d == 0;  lse = ln(d)
    Value zero = createNumber(b, 0.0);
    Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ,
                                       state[0], zero);
    Type element = getElementTypeOrSelf(op.getOutputInit().getType());
    Value empty = tensor::EmptyOp::create(
        b, loc, tensor::getMixedSizes(b, loc, state[1]), element);
    Value output = forEachFeature(
        b, {state[1]}, empty, [&](OpBuilder &b, ValueRange in, Value) -> Value {
          Value quotient = arith::DivFOp::create(b, loc, in[0], state[0]);
          Value o = arith::SelectOp::create(b, loc, none, zero, quotient);
          return convertScalarToDtype(b, loc, o, element,
                                      /*isUnsignedCast=*/false);
        });
    if (!op.hasLogSumExp())
      return {output};
    return {output, math::LogOp::create(b, loc, state[0])};
  }

private:
  /// Whether the mask attribute hides keys of the history: not if it is the
  /// prefix.
  bool isMasked() {
    return op.getMask() &&
           !(!op.getQueryOffset() && hidesKeysAfterQuery(op.getMaskAttr()) &&
             showsKeysUpToQuery(op.getMaskAttr()));
  }
  Value createNumber(OpBuilder &b, double value) {
    return arith::ConstantOp::create(b, op.getLoc(),
                                     b.getFloatAttr(op.getStateType(), value));
  }
  Value widen(OpBuilder &b, Value number) {
    return convertScalarToDtype(b, op.getLoc(), number, op.getStateType(),
                                /*isUnsignedCast=*/false);
  }

  /// init[i] = body(inputs[i], init[i])
  Value
  forEachFeature(OpBuilder &b, ValueRange inputs, Value init,
                 function_ref<Value(OpBuilder &, ValueRange, Value)> body) {
    SmallVector<AffineMap> maps(inputs.size() + 1, b.getMultiDimIdentityMap(1));
    return linalg::GenericOp::create(
               b, op.getLoc(), init.getType(), inputs, init, maps,
               utils::IteratorType::parallel,
               [&](OpBuilder &b, Location loc, ValueRange arguments) {
                 linalg::YieldOp::create(
                     b, loc, body(b, arguments.drop_back(), arguments.back()));
               })
        .getResult(0);
  }

  Value dot(OpBuilder &b, Value query, Value key) {
    Location loc = op.getLoc();
    Value start = tensor::FromElementsOp::create(
        b, loc, RankedTensorType::get({}, op.getStateType()),
        createNumber(b, 0.0));
    AffineMap each = b.getMultiDimIdentityMap(1);
    Value sum = linalg::GenericOp::create(
                    b, loc, start.getType(), ValueRange{query, key}, start,
                    ArrayRef{each, each, each.dropResult(0)},
                    utils::IteratorType::reduction,
                    [&](OpBuilder &b, Location loc, ValueRange in) {
                      linalg::YieldOp::create(
                          b, loc,
                          math::FmaOp::create(b, loc, widen(b, in[0]),
                                              widen(b, in[1]), in[2])
                              .getResult());
                    })
                    .getResult(0);
    return tensor::ExtractOp::create(b, loc, sum, ValueRange());
  }

  Value createScale(OpBuilder &b) {
    Location loc = op.getLoc();
    OpFoldResult size = loopSizes[op.getFeatureDim()];
    if (std::optional<APFloat> given = op.getScale())
      return createNumber(b, given->convertToDouble());
    if (std::optional<int64_t> features = getConstantIntValue(size))
      return createNumber(b, 1.0 / std::sqrt(static_cast<double>(*features)));
    Value count =
        arith::IndexCastOp::create(b, loc, b.getI64Type(), cast<Value>(size));
    Value real = arith::SIToFPOp::create(b, loc, b.getF64Type(), count);
    Value one = arith::ConstantOp::create(b, loc, b.getF64FloatAttr(1.0));
    return widen(b, arith::DivFOp::create(b, loc, one,
                                          math::SqrtOp::create(b, loc, real)));
  }

  /// (score, b.., h, i, j), h the flattened head.
  Value applyScoreRegion(OpBuilder &b, Value score, ArrayRef<Value> positions) {
    Location loc = op.getLoc();
    unsigned batch = op.getNumBatchDims(), heads = op.getNumHeadDims();
    Value head = arith::ConstantIndexOp::create(b, loc, 0);
    for (unsigned i = batch - heads; i < batch; ++i) {
      Value size = getValueOrCreateConstantIndexOp(b, loc, loopSizes[i]);
      Value first = arith::MulIOp::create(b, loc, head, size);
      head = arith::AddIOp::create(b, loc, first, positions[i]);
    }
    SmallVector<Value> arguments = {score};
    llvm::append_range(arguments, positions.take_front(batch - heads));
    llvm::append_range(arguments,
                       ArrayRef{head, positions[batch], positions[batch + 1]});
    Block *body = op.getScoreBody();
    IRMapping mapping;
    mapping.map(body->getArguments(), arguments);
    for (Operation &nested : body->without_terminator())
      b.clone(nested, mapping);
    return mapping.lookupOrDefault(
        cast<YieldOp>(body->getTerminator()).getScore());
  }

  OpFoldResult getPerBatch(OpBuilder &b, Value perBatch,
                           ArrayRef<Value> positions) {
    auto type = dyn_cast<RankedTensorType>(perBatch.getType());
    if (!type)
      return perBatch;
    Value entry = tensor::ExtractOp::create(
        b, op.getLoc(), perBatch, positions.take_front(type.getRank()));
    if (!entry.getType().isIndex())
      entry =
          arith::IndexCastOp::create(b, op.getLoc(), b.getIndexType(), entry);
    return entry;
  }

  /// Whether the query sees the key; null if it sees each.
  Value createVisible(OpBuilder &b, const QueryAndKey &pair,
                      ArrayRef<Value> positions) {
    Location loc = op.getLoc();
    MaskAlgebra algebra(b, loc);
    if (pair.querySegment)
      algebra.sameSegment = algebra.equal(pair.querySegment, pair.keySegment);
    Value mask = pair.mask;
    OpFoldResult visible = algebra.constantBool(true);
    unsigned batch = op.getNumBatchDims();
    if (mask && mask.getType().isInteger(1)) {
      visible = mask;
    } else if (mask) {
      APFloat infinity =
          APFloat::getInf(cast<FloatType>(mask.getType()).getFloatSemantics(),
                          /*Negative=*/true);
      Value never = arith::ConstantOp::create(
          b, loc, FloatAttr::get(mask.getType(), infinity));
      visible =
          arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, mask, never)
              .getResult();
    }
    if (isMasked()) {
      OpFoldResult query = positions[batch];
      if (Value offset = op.getQueryOffset())
        query = algebra.add(query, getPerBatch(b, offset, positions));
      visible = algebra.logicalAnd(
          visible,
          op.getMaskAttr().isVisible(algebra, query, positions[batch + 1]));
    }
    if (Value count = op.getValidKeys())
      visible = algebra.logicalAnd(
          visible,
          algebra.less(positions[batch + 1], getPerBatch(b, count, positions)));
    std::optional<int64_t> constant = getConstantIntValue(visible);
    if (constant && *constant != 0)
      return {};
    return algebra.materialize(visible);
  }
};
} // namespace

std::unique_ptr<Cell>
mlir::attn::createTextbookCell(AttentionOp op,
                               ArrayRef<OpFoldResult> loopSizes) {
  return std::make_unique<TextbookCell>(op, loopSizes);
}
