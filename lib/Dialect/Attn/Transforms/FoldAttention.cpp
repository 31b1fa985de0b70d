//===- FoldAttention.cpp - attention(q, K, V) = finish(fold(identity, K, V)) ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;
using namespace mlir::attn;

SmallVector<Value> mlir::attn::createIdentity(OpBuilder &b, Location loc,
                                              FloatType type,
                                              ArrayRef<OpFoldResult> rows,
                                              ArrayRef<OpFoldResult> sums) {
  auto fill = [&](ArrayRef<OpFoldResult> sizes, const APFloat &value) {
    Value empty = tensor::EmptyOp::create(b, loc, sizes, type);
    Value constant =
        arith::ConstantOp::create(b, loc, FloatAttr::get(type, value));
    return linalg::FillOp::create(b, loc, constant, empty).getResult(0);
  };
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  APFloat zero = APFloat::getZero(semantics);
  return {fill(rows, APFloat::getInf(semantics, /*Negative=*/true)),
          fill(rows, zero), fill(sums, zero)};
}

void mlir::attn::moveScoreRegion(RewriterBase &rewriter, AttentionOp op,
                                 FoldOp fold,
                                 ArrayRef<OpFoldResult> loopSizes) {
  if (!op.getScoreBody())
    return;
  Location loc = op.getLoc();
  unsigned batch = op.getNumBatchDims(), heads = op.getNumHeadDims();
  SmallVector<Type> types(batch + 3, rewriter.getIndexType());
  types[0] = op.getStateType();

  SmallVector<Value> headSizes;
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(fold);
  for (unsigned i = batch - heads; i < batch; ++i)
    headSizes.push_back(
        getValueOrCreateConstantIndexOp(rewriter, loc, loopSizes[i]));

  Block *body = rewriter.createBlock(&fold.getScore().front(), {}, types,
                                     SmallVector<Location>(types.size(), loc));
  MaskAlgebra algebra(rewriter, loc);
  Value head;
  for (auto [i, size] : llvm::enumerate(headSizes)) {
    Value index = body->getArgument(1 + batch - heads + i);
    head = head ? Value(arith::AddIOp::create(
                      rewriter, loc,
                      arith::MulIOp::create(rewriter, loc, head, size), index))
                : index;
  }
  if (!head)
    head = algebra.materialize(algebra.constant(0));
  SmallVector<Value> arguments(body->getArguments().take_front(1 + batch - heads));
  arguments.push_back(head);
  llvm::append_range(arguments, body->getArguments().take_back(2));
  rewriter.mergeBlocks(op.getScoreBody(), body, arguments);
}

FoldedAttention mlir::attn::foldAttention(RewriterBase &rewriter,
                                          AttentionOp op, StateLayout layout) {
  Location loc = op.getLoc();
  MLIRContext *context = op.getContext();
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(op);
  unsigned batch = op.getNumBatchDims(), loops = op.getNumLoops();
  SmallVector<OpFoldResult> sizes = getLoopSizes(rewriter, op);

  // The maps of the fold: q (batch.., k1, m), then K, V, mask and segments as
  // they are, then m, l (batch.., m) and acc (batch.., n, m); or with queries in
  // rows.
  auto getMap = [&](ArrayRef<unsigned> dims) {
    SmallVector<AffineExpr> results;
    for (unsigned i = 0; i < batch; ++i)
      results.push_back(getAffineDimExpr(i, context));
    for (unsigned dim : dims)
      results.push_back(getAffineDimExpr(dim, context));
    return AffineMap::get(loops, 0, results, context);
  };
  unsigned m = op.getQueryDim(), n = op.getValueDim();
  SmallVector<unsigned> queryDims = {op.getFeatureDim(), m}, accDims = {n, m};
  if (layout == StateLayout::QueryRows)
    queryDims = {m, op.getFeatureDim()}, accDims = {m, n};
  SmallVector<AffineMap> maps = {getMap(queryDims),
                                 op.getKeyMap(), op.getValueMap()};
  if (op.getMaskTensor())
    maps.push_back(op.getMaskTensorMap());
  if (op.hasSegments())
    llvm::append_range(
        maps, ArrayRef{op.getQuerySegmentsMap(), op.getKeySegmentsMap()});
  llvm::append_range(maps, ArrayRef{getMap({m}), getMap({m}), getMap(accDims)});

  SmallVector<OpFoldResult> rowSizes(ArrayRef(sizes).take_front(batch));
  SmallVector<OpFoldResult> accSizes = rowSizes;
  rowSizes.push_back(sizes[m]);
  for (unsigned dim : accDims)
    accSizes.push_back(sizes[dim]);
  SmallVector<Value> identity =
      createIdentity(rewriter, loc, op.getStateType(), rowSizes, accSizes);
  Value max = identity[0], sum = identity[1], acc = identity[2];

  // Packed once, so that what the vector lanes see lies side by side.
  auto order = llvm::to_vector(llvm::seq<unsigned>(0, batch));
  llvm::append_range(order, queryDims);
  Value query = packOperand(rewriter, loc, op.getStateType(), op.getQuery(),
                            op.getQueryMap(), order, sizes);
  auto fold = FoldOp::create(
      rewriter, loc, max.getType(), sum.getType(), acc.getType(), query,
      op.getKey(), op.getValue(), op.getMaskTensor(), op.getQuerySegments(),
      op.getKeySegments(), op.getQueryOffset(), op.getValidKeys(),
      /*origin=*/ValueRange(), max, sum, acc,
      rewriter.getAffineMapArrayAttr(maps), op.getScaleAttr(),
      op.getMaskAttr(), /*scoreCount=*/op.getScore().size());
  moveScoreRegion(rewriter, op, fold, sizes);

  // (batch.., m, k1, k2, n) becomes (batch.., m, n).
  auto compress = [&](AffineMap map) {
    SmallVector<AffineExpr> results;
    for (unsigned i = 0; i < map.getNumResults(); ++i) {
      unsigned dim = map.getDimPosition(i);
      results.push_back(getAffineDimExpr(dim == n ? batch + 1 : dim, context));
    }
    return AffineMap::get(batch + 2, 0, results, context);
  };
  SmallVector<AffineMap> finishMaps = {
      compress(fold.getMaxMap()), compress(fold.getSumMap()),
      compress(fold.getAccMap()), compress(op.getOutputMap())};
  if (op.hasLogSumExp())
    finishMaps.push_back(compress(op.getLogSumExpMap()));
  auto finish = FinishOp::create(
      rewriter, loc, op.getResultTypes(), fold.getNewMax(), fold.getNewSum(),
      fold.getNewAcc(), op.getOutputs(),
      rewriter.getAffineMapArrayAttr(finishMaps));
  rewriter.replaceOp(op, finish.getResults());
  return {fold, finish};
}
