//===- ChunkProducts.cpp - Products of chunks, carries, tokens ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedules.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::recur;

namespace {
/// A tile, or a number, and its place in a destination.
struct Placed {
  Value value;
  SmallVector<OpFoldResult> offsets, sizes;
};
using PlacedBody =
    function_ref<SmallVector<Placed>(OpBuilder &, Value, ValueRange)>;
} // namespace

static Value insert(OpBuilder &b, Location loc, const Placed &placed,
                    Value destination) {
  if (!isa<RankedTensorType>(placed.value.getType()))
    return tensor::InsertOp::create(
        b, loc, placed.value, destination,
        getValueOrCreateConstantIndexOp(b, loc, placed.offsets));
  SmallVector<OpFoldResult> strides(placed.sizes.size(), b.getIndexAttr(1));
  return tensor::InsertSliceOp::create(b, loc, placed.value, destination,
                                       placed.offsets, placed.sizes, strides);
}

/// For each i in [0, count): what body(i, destinations) gives is put into the
/// destinations, each in a place of its own. In order, or in parallel.
static Values forEachApart(OpBuilder &b, Location loc, Value count,
                           ValueRange destinations, bool parallel,
                           PlacedBody body) {
  if (!parallel)
    return forEach(b, loc, createIndex(b, loc, 0), count,
                   createIndex(b, loc, 1), destinations,
                   [&](OpBuilder &b, Value i, ValueRange values) {
                     Values updated;
                     for (auto [placed, value] :
                          llvm::zip_equal(body(b, i, values), values))
                       updated.push_back(insert(b, loc, placed, value));
                     return updated;
                   });
  auto loop = scf::ForallOp::create(b, loc, ArrayRef<OpFoldResult>(count),
                                    destinations, /*mapping=*/std::nullopt);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(loop.getTerminator());
  SmallVector<Placed> tiles =
      body(b, loop.getInductionVar(0), loop.getRegionIterArgs());
  for (Placed &tile : tiles)
    if (!isa<RankedTensorType>(tile.value.getType()))
      tile.value = tensor::FromElementsOp::create(b, loc, tile.value);
  b.setInsertionPointToEnd(loop.getTerminator().getBody());
  for (auto [tile, destination] :
       llvm::zip_equal(tiles, loop.getRegionIterArgs()))
    tensor::ParallelInsertSliceOp::create(
        b, loc, tile.value, destination, tile.offsets, tile.sizes,
        SmallVector<OpFoldResult>(tile.sizes.size(), b.getIndexAttr(1)));
  return llvm::to_vector_of<Value>(loop.getResults());
}

namespace {
class ChunkProducts {
public:
  ChunkProducts(TokenView &view, TokenView &stepView, Value length,
                int64_t chunk, bool parallel)
      : view(view), stepView(stepView), length(length), chunk(chunk),
        parallel(parallel), loc(view.getLoc()) {}

  Progress run(OpBuilder &b, Progress progress) {
    Value count = arith::CeilDivUIOp::create(b, loc, length,
                                             createIndex(b, loc, chunk));
    Values products = getProducts(b, count, progress.states);
    unsigned states = progress.states.size();
    Values carries = view.createStates(b, count, progress.states);
    llvm::append_range(carries, progress.states);
    carries = carry(b, count, products, carries, states);
    Values outputs = getOutputs(b, count, ArrayRef(carries).take_front(states),
                                progress.outputs);
    return {outputs, Values(ArrayRef(carries).drop_front(states))};
  }

private:
  Value getBegin(OpBuilder &b, Value c) {
    return arith::MulIOp::create(b, loc, c, createIndex(b, loc, chunk));
  }
  Value getEnd(OpBuilder &b, Value begin) {
    Value end =
        arith::AddIOp::create(b, loc, begin, createIndex(b, loc, chunk));
    return arith::MinUIOp::create(b, loc, end, length);
  }

  //   P_c = e_{cC} e_{cC+1} .. e_{cC+C-1}             each chunk by itself
  Values getProducts(OpBuilder &b, Value count, ValueRange states) {
    return forEachApart(
        b, loc, count, view.createProducts(b, count, states), parallel,
        [&](OpBuilder &b, Value c, ValueRange products) {
          Value begin = getBegin(b, c), one = createIndex(b, loc, 1);
          // A chunk is never empty: no identity is needed.
          Values product = view.liftToProduct(b, begin, states);
          product = forEach(
              b, loc, arith::AddIOp::create(b, loc, begin, one),
              getEnd(b, begin), one, product,
              [&](OpBuilder &b, Value t, ValueRange product) {
                return view.combine(b, product,
                                    view.liftToProduct(b, t, states));
              });
          SmallVector<Placed> placed;
          for (auto [value, all] : llvm::zip_equal(product, products)) {
            SmallVector<OpFoldResult> sizes =
                tensor::getMixedSizes(b, loc, all);
            SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
            offsets[0] = c;
            sizes[0] = b.getIndexAttr(1);
            placed.push_back({value, offsets, sizes});
          }
          return placed;
        });
  }

  //   H_0 = init, H_{c+1} = P_c . H_c                 one after the other
  Values carry(OpBuilder &b, Value count, ValueRange products,
               ValueRange carries, unsigned states) {
    return forEach(
        b, loc, createIndex(b, loc, 0), count, createIndex(b, loc, 1), carries,
        [&](OpBuilder &b, Value c, ValueRange values) {
          ValueRange state = values.drop_front(states);
          Values next =
              view.apply(b, TokenView::getEntry(b, loc, products, c), state);
          Values updated = TokenView::setEntry(
              b, loc, state, values.take_front(states), c);
          llvm::append_range(updated, next);
          return updated;
        });
  }

  //   h_t = e_t . h_{t-1} from H_c                    each chunk by itself
  Values getOutputs(OpBuilder &b, Value count, ValueRange carries,
                    ValueRange outputs) {
    return forEachApart(
        b, loc, count, outputs, parallel,
        [&](OpBuilder &b, Value c, ValueRange outputs) {
          Value begin = getBegin(b, c), end = getEnd(b, begin);
          TokenView part = stepView.getPart(b, begin, end);
          Progress done = emitSequence(
              b, part, begin, end,
              {part.sliceOutputs(b, outputs),
               TokenView::getEntry(b, loc, carries, c)});
          SmallVector<Placed> placed;
          for (auto [i, output] : llvm::enumerate(outputs)) {
            TokenView::Slice slice = part.getOutputSlice(b, i, output);
            placed.push_back({done.outputs[i], slice.offsets, slice.sizes});
          }
          return placed;
        });
  }

  TokenView &view, &stepView;
  Value length;
  int64_t chunk;
  bool parallel;
  Location loc;
};
} // namespace

Progress mlir::recur::emitChunkProducts(OpBuilder &b, TokenView &view,
                                        TokenView &stepView, Value length,
                                        int64_t chunk, bool parallel,
                                        Progress progress) {
  return ChunkProducts(view, stepView, length, chunk, parallel)
      .run(b, std::move(progress));
}
