//===- TokenView.cpp - A recurrence seen at one token ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TokenView.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::recur;

Values mlir::recur::forEach(
    OpBuilder &b, Location loc, Value begin, Value end, Value step,
    ValueRange values,
    function_ref<Values(OpBuilder &, Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(
      b, loc, begin, end, step, values,
      [&](OpBuilder &b, Location loc, Value i, ValueRange values) {
        scf::YieldOp::create(b, loc, body(b, i, values));
      });
  return llvm::to_vector_of<Value>(loop.getResults());
}

Value mlir::recur::createIndex(OpBuilder &b, Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

namespace {
struct Slice {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  SmallVector<int64_t> kept; // Static sizes of what is left.
};
} // namespace

static Slice getSlice(OpBuilder &b, Location loc, Value operand, AffineMap map,
                      ArrayRef<Value> place) {
  Slice slice;
  SmallVector<OpFoldResult> all = tensor::getMixedSizes(b, loc, operand);
  auto type = cast<RankedTensorType>(operand.getType());
  for (int64_t i = 0; i < type.getRank(); ++i) {
    Value at = i < map.getNumResults() ? place[map.getDimPosition(i)] : Value();
    slice.offsets.push_back(at ? OpFoldResult(at) : b.getIndexAttr(0));
    slice.sizes.push_back(at ? OpFoldResult(b.getIndexAttr(1)) : all[i]);
    slice.strides.push_back(b.getIndexAttr(1));
    if (!at)
      slice.kept.push_back(type.getDimSize(i));
  }
  return slice;
}

/// The indices of one number.
static SmallVector<Value> getIndices(AffineMap map, ArrayRef<Value> place) {
  SmallVector<Value> indices;
  for (unsigned i = 0; i < map.getNumResults(); ++i)
    indices.push_back(place[map.getDimPosition(i)]);
  return indices;
}

Value mlir::recur::sliceAt(OpBuilder &b, Location loc, Value operand,
                           AffineMap map, ArrayRef<Value> place) {
  Slice slice = getSlice(b, loc, operand, map, place);
  auto type = cast<RankedTensorType>(operand.getType());
  if (slice.kept.empty())
    return tensor::ExtractOp::create(b, loc, operand, getIndices(map, place));
  return tensor::ExtractSliceOp::create(
      b, loc, RankedTensorType::get(slice.kept, type.getElementType()), operand,
      slice.offsets, slice.sizes, slice.strides);
}

Value mlir::recur::insertAt(OpBuilder &b, Location loc, Value value,
                            Value operand, AffineMap map,
                            ArrayRef<Value> place) {
  if (!isa<RankedTensorType>(value.getType()))
    return tensor::InsertOp::create(b, loc, value, operand,
                                    getIndices(map, place));
  Slice slice = getSlice(b, loc, operand, map, place);
  return tensor::InsertSliceOp::create(b, loc, value, operand, slice.offsets,
                                       slice.sizes, slice.strides);
}

//===----------------------------------------------------------------------===//
// The view
//===----------------------------------------------------------------------===//

/// The map without dimension `dim`, which is the last.
static AffineMap dropLastDim(AffineMap map) {
  SmallVector<AffineExpr> results;
  unsigned last = map.getNumDims() - 1;
  for (unsigned i = 0; i < map.getNumResults(); ++i)
    if (map.getDimPosition(i) != last)
      results.push_back(map.getResult(i));
  return AffineMap::get(last, 0, results, map.getContext());
}

bool TokenView::canTakeWholeBatch(ScanOp op) {
  auto isNumber = [](Type type) { return !isa<RankedTensorType>(type); };
  if (op.getNumBatchDims() == 0 ||
      !llvm::all_of(op.getInputSliceTypes(), isNumber) ||
      !llvm::all_of(op.getStateTypes(), isNumber) ||
      !llvm::all_of(op.getOutputSliceTypes(), isNumber))
    return false;
  for (unsigned i = 0; i < op.getInits().size(); ++i)
    if (!op.getInitMap(i).isIdentity() && !dropLastDim(op.getInitMap(i)).isIdentity())
      return false;
  for (unsigned i = 0; i < op.getOutputs().size(); ++i)
    if (!dropLastDim(op.getOutputMap(i)).isIdentity())
      return false;
  // Regions must fit into the body of a linalg.generic.
  bool fits = true;
  op->walk([&](Operation *nested) {
    fits &= nested->getNumRegions() == 0 || nested == op;
  });
  return fits;
}

TokenView::TokenView(ScanOp op, ArrayRef<Value> batch) : op(op), batch(batch) {}

Place TokenView::getPlace(OpBuilder &b, Value t) {
  Place place(batch);
  if (t && op.getReverse()) {
    Value last = arith::SubIOp::create(b, getLoc(), getLength(b),
                                       createIndex(b, getLoc(), 1));
    t = arith::SubIOp::create(b, getLoc(), last, t);
  }
  place.push_back(t);
  return place;
}

Place TokenView::getOutputPlace(OpBuilder &b, Value t) {
  Place place = getPlace(b, t);
  if (!partBegin)
    return place;
  place.back() = arith::SubIOp::create(b, getLoc(), place.back(), partBegin);
  for (unsigned i = 0; i < batch.size(); ++i)
    if (place[i])
      place[i] = createIndex(b, getLoc(), 0);
  return place;
}

Value TokenView::getLength(OpBuilder &b) {
  return getValueOrCreateConstantIndexOp(b, getLoc(),
                                         op.getLoopSizes(b)[op.getTimeDim()]);
}

Values TokenView::getInputs(OpBuilder &b, Value t) {
  Values slices;
  for (auto [i, input] : llvm::enumerate(op.getInputs()))
    slices.push_back(
        sliceAt(b, getLoc(), input, op.getInputMap(i), getPlace(b, t)));
  return slices;
}

Values TokenView::getStates(OpBuilder &b, ValueRange all) {
  Values states;
  for (auto [i, state] : llvm::enumerate(all))
    states.push_back(sliceAt(b, getLoc(), state, op.getInitMap(i),
                             getPlace(b, /*t=*/Value())));
  return states;
}

Values TokenView::setStates(OpBuilder &b, ValueRange all, ValueRange states) {
  Values updated;
  for (auto [i, state] : llvm::enumerate(states))
    updated.push_back(insertAt(b, getLoc(), state, all[i], op.getInitMap(i),
                               getPlace(b, /*t=*/Value())));
  return updated;
}

SmallVector<AffineMap> TokenView::getBatchMaps(unsigned states) const {
  SmallVector<AffineMap> maps;
  ScanOp scan = op;
  for (unsigned i = 0; i < scan.getInputs().size(); ++i)
    maps.push_back(dropLastDim(scan.getInputMap(i)));
  maps.append(states, AffineMap::getMultiDimIdentityMap(batch.size(),
                                                        scan.getContext()));
  return maps;
}

Values mlir::recur::cloneBody(
    OpBuilder &b, Block *body, ValueRange arguments,
    function_ref<Value(OpBuilder &, Location, unsigned)> getIndex) {
  IRMapping mapping;
  mapping.map(body->getArguments(), arguments);
  SmallVector<IndexOp> indices;
  for (Operation &op : body->without_terminator())
    b.clone(op, mapping)->walk([&](IndexOp op) { indices.push_back(op); });
  Values results = llvm::map_to_vector(
      body->getTerminator()->getOperands(),
      [&](Value value) { return mapping.lookupOrDefault(value); });
  for (IndexOp index : indices) {
    OpBuilder at(index);
    Value value = getIndex(at, index.getLoc(), index.getDim());
    llvm::replace(results, Value(index.getResult()), value);
    index.replaceAllUsesWith(value);
    index.erase();
  }
  return results;
}

/// The results of `body`. With all of the batch at once, `arguments` are tensors
/// over it, seen through `maps`, and those of `outs` that the body has arguments
/// for are read as well.
Values TokenView::call(OpBuilder &b, Block *body, Value t, ValueRange arguments,
                       ArrayRef<AffineMap> maps, ValueRange outs) {
  Place place = getPlace(b, t);
  if (!takesWholeBatch()) {
    Values all(arguments);
    llvm::append_range(
        all, outs.take_front(body->getNumArguments() - arguments.size()));
    return cloneBody(
        b, body, all,
        [&](OpBuilder &, Location, unsigned dim) { return place[dim]; });
  }
  unsigned rank = batch.size();
  SmallVector<AffineMap> all(maps);
  all.append(outs.size(), b.getMultiDimIdentityMap(rank));
  auto generic = linalg::GenericOp::create(
      b, getLoc(), outs.getTypes(), arguments, outs, all,
      SmallVector<utils::IteratorType>(rank, utils::IteratorType::parallel),
      [&](OpBuilder &b, Location loc, ValueRange numbers) {
        linalg::YieldOp::create(
            b, loc,
            cloneBody(b, body, numbers.take_front(body->getNumArguments()),
                      [&](OpBuilder &b, Location loc, unsigned dim) -> Value {
                        if (dim == rank)
                          return place[dim];
                        return linalg::IndexOp::create(b, loc, dim);
                      }));
      });
  return llvm::to_vector_of<Value>(generic.getResults());
}

Values TokenView::step(OpBuilder &b, Value t, ValueRange inputs,
                       ValueRange states) {
  return call(b, op.getStepBody(), t, inputs, getBatchMaps(0), states);
}

Values TokenView::readInto(OpBuilder &b, Value t, ValueRange inputs,
                           ValueRange states, ValueRange outputs) {
  Values read(states);
  Place place = getOutputPlace(b, t);
  if (Block *body = op.getReadBody()) {
    Values arguments(inputs);
    llvm::append_range(arguments, states);
    Values destinations;
    if (takesWholeBatch())
      for (auto [i, output] : llvm::enumerate(outputs))
        destinations.push_back(
            sliceAt(b, getLoc(), output, op.getOutputMap(i), place));
    read = call(b, body, t, arguments, getBatchMaps(states.size()),
                destinations);
  }
  Values updated;
  for (auto [i, output] : llvm::enumerate(outputs))
    updated.push_back(
        insertAt(b, getLoc(), read[i], output, op.getOutputMap(i), place));
  return updated;
}

//===----------------------------------------------------------------------===//
// The monoid
//===----------------------------------------------------------------------===//

/// Over all of the batch, what was a number for each element is an array.
MonoidAttrInterface TokenView::getMonoid() const {
  ScanOp scan = op;
  MonoidAttrInterface monoid = scan.getMonoidAttr();
  if (auto affine = dyn_cast_or_null<AffineAttr>(monoid);
      affine && takesWholeBatch() &&
      affine.getTransition() == Transition::Scalar)
    return AffineAttr::get(scan.getContext(), Transition::Diagonal);
  return monoid;
}

/// Values of these types, seen at one place: over all of the batch, tensors of
/// the shape of the first state.
Values TokenView::createEmpty(OpBuilder &b, TypeRange slices,
                              ValueRange states) {
  return llvm::map_to_vector(slices, [&](Type type) -> Value {
    return tensor::EmptyOp::create(
        b, getLoc(), tensor::getMixedSizes(b, getLoc(), states[0]),
        getElementTypeOrSelf(type));
  });
}

Values TokenView::liftToProduct(OpBuilder &b, Value t, ValueRange states) {
  Block *body = op.getLiftBody();
  Values outs;
  if (takesWholeBatch())
    outs = createEmpty(b, body->getTerminator()->getOperandTypes(), states);
  Values element = call(b, body, t, getInputs(b, t), getBatchMaps(0), outs);
  if (MonoidAttrInterface monoid = getMonoid())
    return monoid.toProduct(b, getLoc(), element, states);
  return element;
}

Values TokenView::combine(OpBuilder &b, ValueRange p, ValueRange q) {
  if (MonoidAttrInterface monoid = getMonoid())
    return monoid.combine(b, getLoc(), p, q);
  Block *body = op.getCombineBody();
  Values both(p);
  llvm::append_range(both, q);
  Values outs;
  SmallVector<AffineMap> maps;
  if (takesWholeBatch()) {
    outs = createEmpty(b, p.getTypes(), p);
    maps.assign(both.size(), b.getMultiDimIdentityMap(batch.size()));
  }
  return call(b, body, /*t=*/Value(), both, maps, outs);
}

Values TokenView::apply(OpBuilder &b, ValueRange product, ValueRange states) {
  if (MonoidAttrInterface monoid = getMonoid())
    return monoid.apply(b, getLoc(), product, states);
  return combine(b, states, product);
}

Values TokenView::createProducts(OpBuilder &b, Value count, ValueRange states) {
  MonoidAttrInterface monoid = getMonoid();
  SmallVector<Type> types = monoid
                                ? monoid.getProductTypes(states.getTypes())
                                : llvm::to_vector(states.getTypes());
  Values products;
  for (auto [i, type] : llvm::enumerate(types)) {
    SmallVector<OpFoldResult> sizes = {count};
    if (isa<RankedTensorType>(type))
      llvm::append_range(sizes, tensor::getMixedSizes(
                                    b, getLoc(), states[monoid ? 0 : i]));
    products.push_back(tensor::EmptyOp::create(b, getLoc(), sizes,
                                               getElementTypeOrSelf(type)));
  }
  return products;
}

Values TokenView::createStates(OpBuilder &b, Value count, ValueRange states) {
  return llvm::map_to_vector(states, [&](Value state) -> Value {
    SmallVector<OpFoldResult> sizes = {count};
    if (isa<RankedTensorType>(state.getType()))
      llvm::append_range(sizes, tensor::getMixedSizes(b, getLoc(), state));
    return tensor::EmptyOp::create(b, getLoc(), sizes,
                                   getElementTypeOrSelf(state));
  });
}

static AffineMap getFirstDim(OpBuilder &b) {
  return b.getMultiDimIdentityMap(1);
}

Values TokenView::getEntry(OpBuilder &b, Location loc, ValueRange all,
                           Value i) {
  return llvm::map_to_vector(all, [&](Value entries) {
    return sliceAt(b, loc, entries, getFirstDim(b), i);
  });
}

Values TokenView::setEntry(OpBuilder &b, Location loc, ValueRange one,
                           ValueRange all, Value i) {
  Values updated;
  for (auto [entry, entries] : llvm::zip_equal(one, all))
    updated.push_back(insertAt(b, loc, entry, entries, getFirstDim(b), i));
  return updated;
}

//===----------------------------------------------------------------------===//
// Parts of the sequence
//===----------------------------------------------------------------------===//

TokenView TokenView::getPart(OpBuilder &b, Value begin, Value end) {
  TokenView part = *this;
  part.partSize = arith::SubIOp::create(b, getLoc(), end, begin);
  part.partBegin = begin;
  if (op.getReverse())
    part.partBegin = arith::SubIOp::create(b, getLoc(), getLength(b), end);
  return part;
}

TokenView::Slice TokenView::getOutputSlice(OpBuilder &b, unsigned i,
                                           Value output) {
  Slice slice;
  slice.sizes = tensor::getMixedSizes(b, getLoc(), output);
  slice.offsets.assign(slice.sizes.size(), b.getIndexAttr(0));
  for (auto [at, expr] : llvm::enumerate(op.getOutputMap(i).getResults())) {
    unsigned dim = cast<AffineDimExpr>(expr).getPosition();
    if (dim == op.getTimeDim()) {
      slice.offsets[at] = partBegin;
      slice.sizes[at] = partSize;
    } else if (batch[dim]) {
      slice.offsets[at] = batch[dim];
      slice.sizes[at] = b.getIndexAttr(1);
    }
  }
  return slice;
}

Values TokenView::sliceOutputs(OpBuilder &b, ValueRange outputs) {
  Values parts;
  for (auto [i, output] : llvm::enumerate(outputs)) {
    Slice slice = getOutputSlice(b, i, output);
    SmallVector<OpFoldResult> strides(slice.sizes.size(), b.getIndexAttr(1));
    parts.push_back(tensor::ExtractSliceOp::create(
        b, getLoc(), output, slice.offsets, slice.sizes, strides));
  }
  return parts;
}
