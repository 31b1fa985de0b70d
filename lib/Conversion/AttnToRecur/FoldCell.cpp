//===- FoldCell.cpp - A fold of one key as a step ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cell.h"
#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

Value Cell::fill(OpBuilder &b, ArrayRef<OpFoldResult> slice,
                 const APFloat &value) {
  Location loc = op.getLoc();
  SmallVector<OpFoldResult> sizes(
      ArrayRef(loopSizes).take_front(op.getNumBatchDims()));
  llvm::append_range(sizes, slice);
  Value empty = tensor::EmptyOp::create(b, loc, sizes, op.getStateType());
  Value constant = arith::ConstantOp::create(
      b, loc, FloatAttr::get(op.getStateType(), value));
  return linalg::FillOp::create(b, loc, constant, empty).getResult(0);
}

SmallVector<Value> Cell::createPositions(OpBuilder &b) {
  SmallVector<Value> positions;
  for (unsigned i = 0; i < op.getNumBatchDims() + 2; ++i)
    positions.push_back(recur::IndexOp::create(b, op.getLoc(), i));
  return positions;
}

/// A row as 1 x .. x 1 x row, `units` ones in front.
static Value expandRow(OpBuilder &b, Location loc, Value row, unsigned units) {
  auto type = cast<RankedTensorType>(row.getType());
  SmallVector<int64_t> shape(units, 1);
  shape.push_back(type.getDimSize(0));
  SmallVector<OpFoldResult> sizes(units, b.getIndexAttr(1));
  sizes.push_back(tensor::getMixedSize(b, loc, row, 0));
  ReassociationIndices all = llvm::to_vector(llvm::seq<int64_t>(0, units + 1));
  return tensor::ExpandShapeOp::create(
      b, loc, RankedTensorType::get(shape, type.getElementType()), row,
      ArrayRef<ReassociationIndices>{all}, sizes);
}

namespace {
/// All batch dimensions, m and k2 are of size 1 in the fold; masks, groups and
/// score regions stay in it.
class FoldCell : public Cell {
public:
  using Cell::Cell;

  SmallVector<Value> createIdentity(OpBuilder &b) override {
    const llvm::fltSemantics &semantics = op.getStateType().getFloatSemantics();
    SmallVector<OpFoldResult> row(getNumUnits(), b.getIndexAttr(1));
    SmallVector<OpFoldResult> acc = row;
    acc.push_back(loopSizes[op.getValueDim()]);
    APFloat zero = APFloat::getZero(semantics);
    return {fill(b, row, APFloat::getInf(semantics, /*Negative=*/true)),
            fill(b, row, zero), fill(b, acc, zero)};
  }

  SmallVector<Value> step(RewriterBase &b, const QueryAndKey &pair,
                          ValueRange state) override {
    Location loc = op.getLoc();
    unsigned m = op.getQueryDim(), k1 = op.getFeatureDim(), k2 = op.getKeyDim(),
             n = op.getValueDim();
    SmallVector<AffineMap> maps = {withBatch({m, k1}), getMap({k2, k1}),
                                   getMap({k2, n})};
    auto addElement = [&](Value element) -> Value {
      if (!element)
        return {};
      maps.push_back(getMap({}));
      return tensor::FromElementsOp::create(
          b, loc, RankedTensorType::get({}, element.getType()), element);
    };
    Value mask = addElement(pair.mask);
    Value querySegment = addElement(pair.querySegment);
    Value keySegment = addElement(pair.keySegment);
    llvm::append_range(
        maps, ArrayRef{withBatch({m}), withBatch({m}), withBatch({m, n})});

    // Where the fold is matters only to what looks at positions.
    SmallVector<Value> origin;
    if (op.getMask() || op.getValidKeys() || op.getScoreBody())
      origin = createPositions(b);
    auto fold = FoldOp::create(
        b, loc, state[0].getType(), state[1].getType(), state[2].getType(),
        expandRow(b, loc, pair.query, getNumUnits()),
        expandRow(b, loc, pair.key, 1), expandRow(b, loc, pair.value, 1), mask,
        querySegment, keySegment, op.getQueryOffset(), op.getValidKeys(),
        origin, state[0], state[1], state[2], b.getAffineMapArrayAttr(maps),
        op.getScaleAttr(), op.getMaskAttr(), /*scoreCount=*/op.getScore().size());
    moveScoreRegion(b, op, fold, loopSizes);
    return fold.getResults();
  }

  SmallVector<Value> read(OpBuilder &b, ValueRange state) override {
    Location loc = op.getLoc();
    unsigned units = getNumUnits();
    MLIRContext *context = op.getContext();
    AffineMap whole = b.getMultiDimIdentityMap(units + 1);
    AffineMap row =
        AffineMap::getMultiDimIdentityMap(units + 1, context).dropResult(units);
    SmallVector<AffineMap> maps = {row, row, whole, whole};

    SmallVector<OpFoldResult> sizes(units, b.getIndexAttr(1));
    SmallVector<Value> inits;
    if (op.hasLogSumExp()) {
      maps.push_back(row);
      inits.push_back(
          tensor::EmptyOp::create(b, loc, sizes, op.getStateType()));
    }
    sizes.push_back(tensor::getMixedSize(b, loc, state[2], units));
    Type element = getElementTypeOrSelf(op.getOutputInit().getType());
    inits.insert(inits.begin(),
                 tensor::EmptyOp::create(b, loc, sizes, element));
    auto finish = FinishOp::create(b, loc, ValueRange(inits).getTypes(),
                                   state[0], state[1], state[2], inits,
                                   b.getAffineMapArrayAttr(maps));

    ReassociationIndices all =
        llvm::to_vector(llvm::seq<int64_t>(0, units + 1));
    SmallVector<Value> slices = {tensor::CollapseShapeOp::create(
        b, loc, finish.getResult(0), ArrayRef<ReassociationIndices>{all})};
    if (op.hasLogSumExp()) {
      Value zero = arith::ConstantIndexOp::create(b, loc, 0);
      slices.push_back(tensor::ExtractOp::create(
          b, loc, finish.getResult(1), SmallVector<Value>(units, zero)));
    }
    return slices;
  }

private:
  /// (batch.., m)
  unsigned getNumUnits() { return op.getNumBatchDims() + 1; }
  AffineMap getMap(ArrayRef<unsigned> dims) {
    return AffineMap::getMultiDimMapWithTargets(op.getNumLoops(), dims,
                                                op.getContext());
  }
  AffineMap withBatch(ArrayRef<unsigned> dims) {
    SmallVector<unsigned> all =
        llvm::to_vector(llvm::seq<unsigned>(0, op.getNumBatchDims()));
    llvm::append_range(all, dims);
    return getMap(all);
  }
};
} // namespace

std::unique_ptr<Cell>
mlir::attn::createFoldCell(AttentionOp op, ArrayRef<OpFoldResult> loopSizes) {
  return std::make_unique<FoldCell>(op, loopSizes);
}
