//===- FindSegmentKeys.cpp - The keys of a tile's segments, by search ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;
using arith::CmpIPredicate;

namespace {
/// Ids along one dimension of a tensor, at fixed indices of the others.
struct Ids {
  Ids(OpBuilder &b, Location loc, Value tensor, unsigned dim)
      : tensor(tensor), dim(dim),
        place(cast<RankedTensorType>(tensor.getType()).getRank(),
              arith::ConstantIndexOp::create(b, loc, 0)) {}

  Value read(OpBuilder &b, Location loc, Value index) {
    place[dim] = index;
    return tensor::ExtractOp::create(b, loc, tensor, place);
  }
  Value size(OpBuilder &b, Location loc) {
    return b.createOrFold<tensor::DimOp>(loc, tensor, dim);
  }

  Value tensor;
  unsigned dim;
  SmallVector<Value> place;
};
} // namespace

/// The place of dimension `dim` in `map`, if all other dimensions of the tensor
/// have size 1: ids of one sequence.
static std::optional<unsigned> getOnlySequence(Value tensor, AffineMap map,
                                               unsigned dim) {
  std::optional<unsigned> place;
  auto type = cast<RankedTensorType>(tensor.getType());
  for (unsigned i = 0; i < map.getNumResults(); ++i) {
    if (map.getDimPosition(i) == dim)
      place = i;
    else if (type.getDimSize(i) != 1)
      return std::nullopt;
  }
  return place;
}

/// (min, max) of the ids.
static std::pair<Value, Value> emitRange(OpBuilder &b, Location loc, Ids ids) {
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  unsigned width = getElementTypeOrSelf(ids.tensor.getType()).getIntOrFloatBitWidth();
  Type type = b.getIntegerType(width);
  auto constant = [&](const APInt &value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, value));
  };
  auto loop = scf::ForOp::create(
      b, loc, zero, ids.size(b, loc), one,
      ValueRange{constant(APInt::getSignedMaxValue(width)),
                 constant(APInt::getSignedMinValue(width))},
      [&](OpBuilder &b, Location loc, Value i, ValueRange range) {
        Value id = ids.read(b, loc, i);
        Value min = arith::MinSIOp::create(b, loc, range[0], id);
        Value max = arith::MaxSIOp::create(b, loc, range[1], id);
        scf::YieldOp::create(b, loc, ValueRange{min, max});
      });
  return {loop.getResult(0), loop.getResult(1)};
}

/// The first position of ids that do not decrease whose id is not `before` the
/// searched one: `slt` gives the lower bound, `sle` the upper bound.
static Value emitSearch(OpBuilder &b, Location loc, Ids ids,
                        CmpIPredicate before, Value searched) {
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  auto loop = scf::WhileOp::create(
      b, loc, TypeRange{b.getIndexType(), b.getIndexType()},
      ValueRange{zero, ids.size(b, loc)},
      [&](OpBuilder &b, Location loc, ValueRange range) {
        Value open = arith::CmpIOp::create(b, loc, CmpIPredicate::slt, range[0],
                                           range[1]);
        scf::ConditionOp::create(b, loc, open, range);
      },
      [&](OpBuilder &b, Location loc, ValueRange range) {
        Value sum = arith::AddIOp::create(b, loc, range[0], range[1]);
        Value middle = arith::ShRUIOp::create(b, loc, sum, one);
        Value isBefore = arith::CmpIOp::create(
            b, loc, before, ids.read(b, loc, middle), searched);
        Value next = arith::AddIOp::create(b, loc, middle, one);
        Value begin = arith::SelectOp::create(b, loc, isBefore, next, range[0]);
        Value end = arith::SelectOp::create(b, loc, isBefore, range[1], middle);
        scf::YieldOp::create(b, loc, ValueRange{begin, end});
      });
  return loop.getResult(0);
}

/// Whether ids along dimension `dims.back()` never decrease, at each index of
/// the others.
static Value emitIsSorted(OpBuilder &b, Location loc, Ids ids,
                          ArrayRef<unsigned> dims, Value sorted) {
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  bool isInner = dims.size() == 1;
  Value begin =
      isInner ? one : arith::ConstantIndexOp::create(b, loc, 0).getResult();
  Value size = b.createOrFold<tensor::DimOp>(loc, ids.tensor, dims.front());
  auto loop = scf::ForOp::create(
      b, loc, begin, size, one, sorted,
      [&](OpBuilder &b, Location loc, Value i, ValueRange sorted) {
        Value next;
        if (isInner) {
          Value last = arith::SubIOp::create(b, loc, i, one);
          Value ascends = arith::CmpIOp::create(
              b, loc, CmpIPredicate::sle, ids.read(b, loc, last),
              ids.read(b, loc, i));
          next = arith::AndIOp::create(b, loc, sorted[0], ascends);
        } else {
          ids.place[dims.front()] = i;
          next = emitIsSorted(b, loc, ids, dims.drop_front(), sorted[0]);
        }
        scf::YieldOp::create(b, loc, next);
      });
  return loop.getResult(0);
}

/// Whether the ids do not decrease: asked once, of the tensor that all tiles are
/// slices of, where that is defined.
static Value emitIsSorted(RewriterBase &rewriter, Location loc, Value tensor,
                          unsigned dim) {
  OpBuilder::InsertionGuard guard(rewriter);
  while (auto slice = tensor.getDefiningOp<tensor::ExtractSliceOp>()) {
    if (slice.getSourceType().getRank() != slice.getType().getRank())
      break;
    tensor = slice.getSource();
  }
  rewriter.setInsertionPointAfterValue(tensor);
  unsigned rank = cast<RankedTensorType>(tensor.getType()).getRank();
  SmallVector<unsigned> dims;
  for (unsigned i = 0; i < rank; ++i)
    if (i != dim)
      dims.push_back(i);
  dims.push_back(dim);
  Value yes = arith::ConstantOp::create(rewriter, loc, rewriter.getBoolAttr(true));
  return emitIsSorted(rewriter, loc, Ids(rewriter, loc, tensor, dim), dims, yes);
}

// With a, b the least and the greatest id of the tile's queries:
//   some query sees j  =>   a <= id(j) <= b
//   all see j          <=   a  = id(j)  = b
// and where ids do not decrease, the keys of both are intervals.
std::optional<MaskAlgebra::SegmentKeys>
mlir::attn::findSegmentKeys(RewriterBase &rewriter, FoldOp op) {
  if (!op.hasSegments())
    return std::nullopt;
  auto queryPlace = getOnlySequence(op.getQuerySegments(),
                                    op.getQuerySegmentsMap(), op.getQueryDim());
  auto keyPlace = getOnlySequence(op.getKeySegments(), op.getKeySegmentsMap(),
                                  op.getKeyDim());
  if (!queryPlace || !keyPlace)
    return std::nullopt;

  Location loc = op.getLoc();
  Value sorted = emitIsSorted(rewriter, loc, op.getKeySegments(), *keyPlace);
  auto [least, greatest] = emitRange(
      rewriter, loc, Ids(rewriter, loc, op.getQuerySegments(), *queryPlace));
  Ids keys(rewriter, loc, op.getKeySegments(), *keyPlace);
  Value begin =
      emitSearch(rewriter, loc, keys, CmpIPredicate::slt, least);
  Value end = emitSearch(rewriter, loc, keys, CmpIPredicate::sle, greatest);

  MaskAlgebra algebra(rewriter, loc);
  OpFoldResult first = op.getOriginOf(op.getNumBatchDims() + 1);
  OpFoldResult last = algebra.add(first, keys.size(rewriter, loc));
  MaskAlgebra::Interval visible{
      algebra.select(sorted, algebra.add(first, begin), first),
      algebra.select(sorted, algebra.add(first, end), last)};
  MaskAlgebra::Bool isOne =
      algebra.logicalAnd(sorted, algebra.equal(least, greatest));
  MaskAlgebra::Interval full{visible.begin,
                             algebra.select(isOne, visible.end, visible.begin)};
  return MaskAlgebra::SegmentKeys{visible, full};
}
