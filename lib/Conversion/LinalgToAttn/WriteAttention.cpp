//===- WriteAttention.cpp - The operation, its operands and its score region
//===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Raiser.h"
#include "WriteScore.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

AffineMap Raiser::getMap(const OperandView &view) {
  SmallVector<unsigned> positions;
  for (ArrayRef<unsigned> axis : view.axes) {
    unsigned dim = axis.front(), size = batch.size();
    auto *found = llvm::find(batch, dim);
    positions.push_back(found != batch.end()    ? found - batch.begin()
                        : dim == queries        ? size
                        : dim == match.features ? size + 1
                        : dim == match.keys     ? size + 2
                                                : size + 3);
  }
  return AffineMap::getMultiDimMapWithTargets(batch.size() + 4, positions,
                                              rewriter.getContext());
}

void Raiser::writeScore(AttentionOp op) {
  unsigned numBatch = batch.size(), heads = op.getNumHeadDims();
  SmallVector<Type> types(numBatch - heads + 4, rewriter.getIndexType());
  types[0] = op.getStateType();
  OpBuilder::InsertionGuard guard(rewriter);
  Block *body = rewriter.createBlock(&op.getScore().front(), {}, types,
                                     SmallVector<Location>(types.size(), loc));
  ScoreWriter writer(rewriter, loc, reader, op.getStateType());
  writer.setPositions(getPositions().query, match.keys);
  writer.setScore(match.dot, factor, body->getArgument(0));
  writer.setIndex(match.keys, body->getArguments().back());
  writer.setIndex(queries, body->getArguments().end()[-2]);
  for (unsigned i = 0; i < numBatch - heads; ++i)
    writer.setIndex(batch[i], body->getArgument(1 + i));
  ArrayRef<unsigned> head = ArrayRef(batch).drop_front(numBatch - heads);
  if (head.size() == 1)
    writer.setIndex(head[0], body->getArguments().end()[-3]);
  else if (!head.empty())
    writer.setIndex(head, body->getArguments().end()[-3]);

  Value score = writer.write(masked.score);
  if (keepsFill) {
    // score == -inf ? score : max(score, least)
    Value least = writer.writeConstant(kLeastScore);
    Value isHidden = arith::CmpFOp::create(
        rewriter, loc, arith::CmpFPredicate::OEQ, score,
        writer.writeConstant(-INFINITY));
    Value larger = arith::MaximumFOp::create(rewriter, loc, score, least);
    score =
        arith::SelectOp::create(rewriter, loc, isHidden, score, larger);
  }
  for (const Visible &part : masked.visible) {
    Value condition = writer.write(part.condition);
    Value hidden = writer.writeConstant(fill);
    score = arith::SelectOp::create(rewriter, loc, condition,
                                    part.negated ? hidden : score,
                                    part.negated ? score : hidden);
  }
  YieldOp::create(rewriter, loc, score);
}

/// Null for the default: constants are rounded to the type of the scores.
FloatAttr Raiser::getScale() {
  double scale = factor * match.productScale;
  int64_t features = space.get(match.features).size;
  if (!ShapedType::isDynamic(features)) {
    double usual = 1 / std::sqrt(static_cast<double>(features));
    if (std::abs(scale - usual) <= 1e-7 * usual)
      return FloatAttr();
  }
  return rewriter.getF64FloatAttr(scale);
}

Value Raiser::writeLimit(const RuntimeLimit &limit, int64_t more) {
  if (!limit.amount)
    return arith::ConstantIndexOp::create(rewriter, loc, limit.constant + more);
  Value amount = limit.amount->source().tensor;
  if (!limit.amount->isScalar())
    return amount;
  if (!amount.getType().isIndex())
    amount = arith::IndexCastOp::create(rewriter, loc, rewriter.getIndexType(),
                                        amount);
  if (int64_t constant = limit.constant + more)
    amount = arith::AddIOp::create(
        rewriter, loc, amount,
        arith::ConstantIndexOp::create(rewriter, loc, constant));
  return amount;
}

/// A tensor for the log-sum-exp, and its map: the output without values.
Value Raiser::createLogSumExp(OperandView output, ArrayRef<OpFoldResult> sizes,
                              SmallVectorImpl<AffineMap> &maps) {
  SmallVector<OpFoldResult> rowSizes;
  for (auto [axis, size] : llvm::zip_equal(output.axes, sizes))
    if (axis.front() != values)
      rowSizes.push_back(size);
  llvm::erase_if(output.axes, [&](ArrayRef<unsigned> axis) {
    return axis.front() == values;
  });
  maps.push_back(getMap(output));
  Type state = match.query->type.isF64() ? rewriter.getF64Type()
                                         : rewriter.getF32Type();
  return tensor::EmptyOp::create(rewriter, loc, rowSizes, state);
}

/// o = lse == -inf ? NaN : o
Value Raiser::writeEmptyRows(AttentionOp op) {
  Value output = op.getResult(0), sums = op.getResult(1);
  auto type = cast<RankedTensorType>(output.getType());
  unsigned rank = type.getRank();
  SmallVector<unsigned> rows;
  for (unsigned i = 0; i < rank; ++i)
    if (op.getOutputMap().getDimPosition(i) != op.getValueDim())
      rows.push_back(i);
  MLIRContext *context = rewriter.getContext();
  auto getConstant = [&](FloatType of, const APFloat &value) {
    return arith::ConstantOp::create(rewriter, loc,
                                     rewriter.getFloatAttr(of, value));
  };
  auto element = cast<FloatType>(type.getElementType());
  FloatType state = op.getStateType();
  Value undefined =
      getConstant(element, APFloat::getNaN(element.getFloatSemantics()));
  Value infinity = getConstant(
      state, APFloat::getInf(state.getFloatSemantics(), /*Negative=*/true));
  return linalg::GenericOp::create(
             rewriter, loc, type, sums, output,
             ArrayRef{AffineMap::getMultiDimMapWithTargets(rank, rows, context),
                      AffineMap::getMultiDimIdentityMap(rank, context)},
             SmallVector<utils::IteratorType>(rank,
                                              utils::IteratorType::parallel),
             [&](OpBuilder &b, Location loc, ValueRange args) {
               Value isEmpty = arith::CmpFOp::create(
                   b, loc, arith::CmpFPredicate::OEQ, args[0], infinity);
               Value chosen = arith::SelectOp::create(b, loc, isEmpty,
                                                      undefined, args[1]);
               linalg::YieldOp::create(b, loc, chosen);
             })
      .getResult(0);
}

AttentionOp Raiser::write() {
  rewriter.setInsertionPoint(match.result.getDefiningOp());
  SmallVector<unsigned> units, queryUnits;
  for (unsigned dim : batch)
    if (isUnit(dim))
      units.push_back(dim);
  // In the order of the result, as the query's axes are.
  for (ArrayRef<unsigned> axis : axes)
    for (unsigned dim : axis)
      if (isUnit(dim) && dim != values)
        queryUnits.push_back(dim);
  if (hasNewQueries)
    queryUnits.push_back(queries);
  materialize(rewriter, loc, space, query, queryUnits, /*needsAll=*/true);
  materialize(rewriter, loc, space, key, units, /*needsAll=*/false);
  SmallVector<unsigned> valueUnits(units);
  if (isUnit(values))
    valueUnits.push_back(values);
  materialize(rewriter, loc, space, value, valueUnits, isUnit(values));
  if (mask)
    materialize(rewriter, loc, space, *mask, {}, /*needsAll=*/false);

  // The result, its axes split.
  auto resultType = cast<RankedTensorType>(match.result.getType());
  OperandView output;
  SmallVector<OpFoldResult> sizes;
  SmallVector<ReassociationIndices> groups;
  auto addAxis = [&](unsigned dim) {
    groups.back().push_back(output.axes.size());
    output.axes.push_back({dim});
    for (const OperandView *view : {&query, &value})
      for (auto [i, axis] : llvm::enumerate(view->axes))
        if (axis.front() == dim) {
          sizes.push_back(tensor::getMixedSize(rewriter, loc, view->tensor, i));
          return;
        }
    sizes.push_back(rewriter.getIndexAttr(space.get(dim).size));
  };
  for (auto [i, axis] : llvm::enumerate(axes)) {
    groups.emplace_back();
    if (hasNewQueries && i + 1 == axes.size())
      addAxis(queries);
    for (unsigned dim : axis)
      addAxis(dim);
  }
  output.tensor = tensor::EmptyOp::create(rewriter, loc, sizes,
                                          resultType.getElementType());
  SmallVector<AffineMap> maps;
  for (const OperandView *view : {&query, &key, &value})
    maps.push_back(getMap(*view));
  if (mask)
    maps.push_back(getMap(*mask));
  maps.push_back(getMap(output));
  SmallVector<Value> outputs = {output.tensor};
  if (makesEmptyRowsNaN)
    outputs.push_back(createLogSumExp(output, sizes, maps));

  bool hasScore = !masked.visible.empty() || masked.score.constant != 0 ||
                  masked.score.terms.size() != 1 ||
                  !reader.areSame(masked.score.terms[0].atom, match.dot);
  // Digits of a head of unknown size are not known.
  unsigned usualHeads = batch.size() <= 1 ? batch.size() : batch.size() - 1;
  ArrayRef<unsigned> head = ArrayRef(batch).take_back(usualHeads);
  bool isHeadKnown =
      head.empty() || llvm::none_of(head.drop_front(), [&](unsigned dim) {
        return ShapedType::isDynamic(space.get(dim).size);
      });
  auto op = AttentionOp::create(
      rewriter, loc, TypeRange(ValueRange(outputs)), query.tensor, key.tensor,
      value.tensor, mask ? mask->tensor : Value(),
      /*query_segments=*/Value(), /*key_segments=*/Value(),
      offset ? writeLimit(*offset, 0) : Value(),
      validKeys ? writeLimit(*validKeys, 1) : Value(), outputs,
      rewriter.getAffineMapArrayAttr(maps), getScale(),
      offset ? MaskAttrInterface(CausalAttr::get(rewriter.getContext()))
             : MaskAttrInterface(),
      isHeadKnown ? IntegerAttr() : rewriter.getI64IntegerAttr(1),
      /*form=*/FormAttr(), /*scoreCount=*/hasScore ? 1 : 0);
  if (hasScore)
    writeScore(op);

  rewriter.setInsertionPointAfter(op);
  Value result = op.hasLogSumExp() ? writeEmptyRows(op) : op.getResult(0);
  if (output.axes.size() != axes.size())
    result = tensor::CollapseShapeOp::create(rewriter, loc, result, groups);
  if (result.getType() != resultType)
    result = tensor::CastOp::create(rewriter, loc, resultType, result);
  rewriter.replaceAllUsesWith(match.result, result);
  return op;
}
