//===- AttnInstrument.cpp - Count folds while running ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNINSTRUMENT
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;
using Int = MaskAlgebra::Int;
using Bool = MaskAlgebra::Bool;
using Interval = MaskAlgebra::Interval;

namespace {
/// Emits the number of (query, visible key) pairs of one fold.
class PairCount {
public:
  PairCount(OpBuilder &b, FoldOp op)
      : b(b), op(op), loc(op.getLoc()), algebra(b, loc),
        sizes(getLoopSizes(b, op)), indices(op.getNumBatchDims() + 1) {}

  Value emit() { return emitFrom(0); }

private:
  /// Pairs below the indices of the dimensions before `dim` of (batch.., m):
  ///   sum_i pairs(i)      if the index decides what is visible
  ///   size * pairs        otherwise
  Value emitFrom(unsigned dim) {
    if (dim == indices.size())
      return emitKeys();
    Value size = algebra.materialize(sizes[dim]);
    if (decides(dim))
      return emitSum(algebra.constant(0), size, [&](Value index) {
        indices[dim] = index;
        return emitFrom(dim + 1);
      });
    return b.createOrFold<arith::MulIOp>(loc, emitFrom(dim + 1), size);
  }

  /// Whether keys visible at one index of this dimension may be hidden at
  /// another.
  bool decides(unsigned dim) {
    if (op.getMaskTensor() && op.getMaskTensorMap().isFunctionOfDim(dim))
      return true;
    if (op.hasSegments() && (op.getQuerySegmentsMap().isFunctionOfDim(dim) ||
                             op.getKeySegmentsMap().isFunctionOfDim(dim)))
      return true;
    if (dim == op.getNumBatchDims())
      return op.getMaskAttr() != nullptr;
    auto isPerBatch = [](Value value) {
      return value && isa<RankedTensorType>(value.getType());
    };
    return isPerBatch(op.getValidKeys()) ||
           (op.getMaskAttr() && isPerBatch(op.getQueryOffset()));
  }

  /// Visible keys at the current indices.
  Value emitKeys() {
    unsigned batch = op.getNumBatchDims();
    Int zero = algebra.constant(0), first = op.getOriginOf(batch + 1);
    Interval keys{first, algebra.add(first, sizes[op.getKeyDim()])};
    if (op.getValidKeys())
      keys.end = algebra.min(keys.end, getPerBatch(op.getValidKeys()));
    MaskAttrInterface mask = op.getMaskAttr();
    if (!mask && !op.getMaskTensor())
      return algebra.materialize(
          algebra.max(algebra.sub(keys.end, keys.begin), zero));

    // Keys in `full` count without a look; the others have to be asked.
    Interval full = keys;
    Int query;
    if (mask) {
      query = algebra.add(op.getOriginOf(batch), indices[batch]);
      if (op.getQueryOffset())
        query = algebra.add(query, getPerBatch(op.getQueryOffset()));
      Interval queries{query, algebra.add(query, algebra.constant(1))};
      keys = algebra.intersect(keys, mask.getVisibleKeys(algebra, queries));
      full = algebra.intersect(full, mask.getFullKeys(algebra, queries));
    }
    // begin <= full.begin <= full.end <= end
    keys.end = algebra.max(keys.begin, keys.end);
    auto clamp = [&](Int position, Int least) {
      return algebra.max(least, algebra.min(position, keys.end));
    };
    if (op.getMaskTensor()) {
      full = {keys.begin, keys.begin};
    } else {
      full.begin = clamp(full.begin, keys.begin);
      full.end = clamp(full.end, full.begin);
    }

    auto isVisible = [&](Value key) {
      if (op.hasSegments()) {
        Int row = algebra.sub(Int(key), first);
        algebra.sameSegment = algebra.equal(
            read(op.getQuerySegments(), op.getQuerySegmentsMap(), row),
            read(op.getKeySegments(), op.getKeySegmentsMap(), row));
      }
      Bool visible = mask ? mask.isVisible(algebra, query, key)
                          : algebra.constantBool(true);
      if (op.getMaskTensor())
        visible = algebra.logicalAnd(visible,
                                     isShown(algebra.sub(Int(key), first)));
      return b.createOrFold<arith::IndexCastUIOp>(
          loc, b.getIndexType(), algebra.materialize(visible));
    };
    Value count =
        algebra.materialize(algebra.sub(full.end, full.begin));
    for (Interval rest : {Interval{keys.begin, full.begin},
                          Interval{full.end, keys.end}})
      if (rest.begin != rest.end)
        count = b.createOrFold<arith::AddIOp>(
            loc, count, emitSum(rest.begin, rest.end, isVisible));
    return count;
  }

  /// The element of a mapped operand at the current indices and key `key` of the
  /// tile.
  Value read(Value tensor, AffineMap map, Int key) {
    SmallVector<Value> place;
    for (unsigned i = 0; i < map.getNumResults(); ++i) {
      unsigned dim = map.getDimPosition(i);
      place.push_back(dim == op.getKeyDim() ? algebra.materialize(key)
                                            : indices[dim]);
    }
    return tensor::ExtractOp::create(b, loc, tensor, place);
  }

  /// Whether the mask tensor shows key `key` of the tile: it is true, or not
  /// -inf. Compared as bits, which every machine can do in every type.
  Value isShown(Int key) {
    Value element = read(op.getMaskTensor(), op.getMaskTensorMap(), key);
    auto type = dyn_cast<FloatType>(element.getType());
    if (!type)
      return element;
    APInt hidden = APFloat::getInf(type.getFloatSemantics(), /*Negative=*/true)
                       .bitcastToAPInt();
    Type bits = b.getIntegerType(type.getWidth());
    return arith::CmpIOp::create(
        b, loc, arith::CmpIPredicate::ne,
        arith::BitcastOp::create(b, loc, bits, element),
        arith::ConstantOp::create(b, loc, b.getIntegerAttr(bits, hidden)));
  }

  OpFoldResult getPerBatch(Value perBatch) {
    return op.getPerBatch(b, perBatch,
                          [&](unsigned i) -> Int { return indices[i]; });
  }

  /// sum_i body(i),  begin <= i < end
  Value emitSum(Int begin, Int end, function_ref<Value(Value)> body) {
    Value zero = algebra.materialize(algebra.constant(0));
    auto loop = scf::ForOp::create(
        b, loc, algebra.materialize(begin), algebra.materialize(end),
        algebra.materialize(algebra.constant(1)), zero);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value term = body(loop.getInductionVar());
    Value sum = b.createOrFold<arith::AddIOp>(loc, loop.getRegionIterArg(0), term);
    scf::YieldOp::create(b, loc, sum);
    return loop.getResult(0);
  }

  OpBuilder &b;
  FoldOp op;
  Location loc;
  MaskAlgebra algebra;
  SmallVector<OpFoldResult> sizes;
  SmallVector<Value> indices; // Within the tile, of (batch.., m).
};

struct AttnInstrument : attn::impl::AttnInstrumentBase<AttnInstrument> {
  void runOnOperation() override {
    WalkResult left = getOperation()->walk([](AttentionOp op) {
      op.emitOpError("has no folds yet that could be counted; rewrite it to a "
                     "form first (attn-to-blocked, attn-to-materialized)");
      return WalkResult::interrupt();
    });
    if (left.wasInterrupted())
      return signalPassFailure();
    getOperation()->walk([](FoldOp op) {
      OpBuilder b(op);
      CountOp::create(b, op.getLoc(), "folds", PairCount(b, op).emit());
    });
  }
};
} // namespace
