//===- Schedule.cpp - Attention by blocks of GPU threads ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedule.h"
#include "attn/Dialect/Kernel/IR/Kernel.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::attn;
using kernel::TileType;

/// What a product of matrices takes at a time.
static constexpr int64_t kDepth = 16;

namespace {

/// An operand of the attention, which is gone once it is folded.
struct Source {
  Value value;
  AffineMap map; // From the attention's dimensions.
};

class Scheduler {
public:
  Scheduler(AttentionOp op, const BlockSizes &sizes)
      : sizes(sizes), b(op), loc(op.getLoc()), context(op.getContext()),
        batch(op.getNumBatchDims()), loops(getLoopSizes(b, op)),
        element(getElementTypeOrSelf(op.getKey().getType())),
        stateType(op.getStateType()) {
    SmallVector<int64_t> ranges = op.getStaticLoopRanges();
    features = llvm::alignTo(ranges[op.getFeatureDim()], kDepth);
    values = llvm::alignTo(ranges[op.getValueDim()], kDepth);
    query = {op.getQuery(), op.getQueryMap()};
    key = {op.getKey(), op.getKeyMap()};
    value = {op.getValue(), op.getValueMap()};
    if (op.getMaskTensor())
      mask = {op.getMaskTensor(), op.getMaskTensorMap()};
    if (op.hasSegments()) {
      querySegments = {op.getQuerySegments(), op.getQuerySegmentsMap()};
      keySegments = {op.getKeySegments(), op.getKeySegmentsMap()};
    }
    // The default depends on the number of features, which tiles round up.
    if (!op.getScale())
      op.setScaleAttr(b.getF64FloatAttr(
          1.0 / std::sqrt(static_cast<double>(ranges[op.getFeatureDim()]))));
  }

  LogicalResult run(AttentionOp op) {
    FoldedAttention folded = foldAttention(b, op, StateLayout::QueryRows);
    b.setInsertionPoint(folded.finish);
    SmallVector<Value> destinations(folded.finish.getOutputs());
    if (sizes.splitKeys)
      destinations = createPartialStates();
    scf::ForallOp forall = createBlocks(destinations);
    b.setInsertionPoint(forall.getTerminator());
    FailureOr<FoldOp> rows = takeRows(folded.fold);
    if (failed(rows))
      return failure();
    SmallVector<Value> state = foldKeys(*rows);
    if (sizes.splitKeys)
      writeState(forall, state);
    else
      writeOutputs(folded.finish, forall, state);
    b.eraseOp(*rows);
    b.setInsertionPoint(folded.finish);
    if (sizes.splitKeys)
      b.replaceOp(folded.fold, combine(folded.fold, forall.getResults()));
    else
      b.replaceOp(folded.finish, forall.getResults());
    if (!sizes.splitKeys)
      b.eraseOp(folded.fold);
    return success();
  }

private:
  //===--------------------------------------------------------------------===//
  // Dimensions (batch.., m, k1, k2, n)
  //===--------------------------------------------------------------------===//

  unsigned queryDim() const { return batch; }
  unsigned featureDim() const { return batch + 1; }
  unsigned keyDim() const { return batch + 2; }
  unsigned valueDim() const { return batch + 3; }

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value materialize(OpFoldResult value) {
    return getValueOrCreateConstantIndexOp(b, loc, value);
  }
  /// Where this block's rows begin in (batch.., m); elsewhere tiles begin at 0.
  Value getFirst(unsigned dim) {
    return dim <= queryDim() ? outer[dim] : constant(0);
  }
  /// Sizes in (batch.., m) of a tile of rows, then `inner`.
  SmallVector<int64_t> getRowsShape(ArrayRef<int64_t> inner = {}) {
    SmallVector<int64_t> shape(batch + 1, 1);
    shape[sizes.rowDim] = sizes.rows;
    llvm::append_range(shape, inner);
    return shape;
  }
  /// (batch.., m), then `inner`, of so many dimensions.
  AffineMap getRowsMap(unsigned dims, ArrayRef<unsigned> inner = {}) {
    SmallVector<AffineExpr> results;
    for (unsigned i = 0; i <= queryDim(); ++i)
      results.push_back(getAffineDimExpr(i, context));
    for (unsigned dim : inner)
      results.push_back(getAffineDimExpr(dim, context));
    return AffineMap::get(dims, 0, results, context);
  }

  //===--------------------------------------------------------------------===//
  // The loop over blocks
  //===--------------------------------------------------------------------===//

  /// forall (splits, batch.., blocks of rows), the last rows first: under a
  /// causal mask they have the most keys.
  scf::ForallOp createBlocks(ValueRange destinations) {
    auto divide = [&](OpFoldResult size, int64_t by) {
      return affine::makeComposedFoldedAffineApply(
          b, loc, b.getAffineSymbolExpr(0).ceilDiv(by), {size});
    };
    SmallVector<OpFoldResult> counts;
    if (sizes.splitKeys)
      counts.push_back(divide(loops[keyDim()], sizes.splitKeys));
    for (unsigned dim = 0; dim <= queryDim(); ++dim)
      counts.push_back(dim == sizes.rowDim ? divide(loops[dim], sizes.rows)
                                           : loops[dim]);
    SmallVector<Attribute> mapping;
    unsigned fastest = static_cast<unsigned>(gpu::MappingId::LinearDim0);
    for (unsigned i = counts.size(); i > 0; --i)
      mapping.push_back(gpu::GPUBlockMappingAttr::get(
          context, static_cast<gpu::MappingId>(fastest + i - 1)));
    auto forall = scf::ForallOp::create(b, loc, counts, destinations,
                                        b.getArrayAttr(mapping));
    forall->setAttr(kernel::KernelDialect::kThreads,
                    b.getI64IntegerAttr(32 * sizes.warps));
    b.setInsertionPoint(forall.getTerminator());
    outer = llvm::to_vector_of<Value>(forall.getInductionVars());
    if (sizes.splitKeys) {
      split = outer.front();
      outer.erase(outer.begin());
    }
    AffineExpr place = b.getAffineDimExpr(0), count = b.getAffineSymbolExpr(0);
    OpFoldResult rowCounts =
        counts[counts.size() - 1 - queryDim() + sizes.rowDim];
    outer[sizes.rowDim] = materialize(affine::makeComposedFoldedAffineApply(
        b, loc, (count - 1 - place) * sizes.rows,
        {outer[sizes.rowDim], rowCounts}));
    AffineExpr first = b.getAffineDimExpr(0), end = b.getAffineSymbolExpr(0);
    rowsHere = affine::makeComposedFoldedAffineMin(
        b, loc,
        AffineMap::get(1, 1, {b.getAffineConstantExpr(sizes.rows), end - first},
                       context),
        {outer[sizes.rowDim], loops[sizes.rowDim]});
    return forall;
  }

  /// The fold of this block's rows with all keys, which says what they see.
  FailureOr<FoldOp> takeRows(FoldOp fold) {
    SmallVector<OpFoldResult> offsets(loops.size(), b.getIndexAttr(0));
    SmallVector<OpFoldResult> extents(loops);
    for (unsigned dim = 0; dim <= queryDim(); ++dim) {
      offsets[dim] = outer[dim];
      extents[dim] = dim == sizes.rowDim ? rowsHere : b.getIndexAttr(1);
    }
    FailureOr<TilingResult> tile =
        fold.getTiledImplementation(b, offsets, extents);
    if (failed(tile))
      return failure();
    return cast<FoldOp>(tile->tiledOps.front());
  }

  //===--------------------------------------------------------------------===//
  // Copies
  //===--------------------------------------------------------------------===//

  TileType getTile(int64_t stages, int64_t rows, int64_t columns) {
    return TileType::get(context, {stages, rows, columns}, element, 8);
  }

  /// Begins to copy rows of `source`, which are in dimension `rowDim`, from
  /// `first` on.
  void copy(const Source &source, unsigned rowDim, Value first, Value tile,
            Value stage) {
    SmallVector<Value> offsets;
    SmallVector<int64_t> dims(2);
    for (unsigned i = 0; i < source.map.getNumResults(); ++i) {
      unsigned dim = source.map.getDimPosition(i);
      offsets.push_back(dim == rowDim ? first : getFirst(dim));
      if (dim == rowDim)
        dims[0] = i;
      else if (dim == featureDim() || dim == valueDim())
        dims[1] = i;
    }
    kernel::CopyOp::create(b, loc, source.value, offsets, tile, stage, dims);
  }
  void copyKeys(Value first, Value stage) {
    copy(key, keyDim(), first, keyTile, stage);
    copy(value, keyDim(), first, valueTile, stage);
    kernel::CommitOp::create(b, loc);
  }

  /// Waits for the tile of keys from `first` on, begins to copy the next one,
  /// and gives the stage that the tile is in.
  Value awaitTile(Value first) {
    kernel::WaitOp::create(b, loc, 0);
    // All have the tile, and none still reads the one before, whose stage the
    // next one takes.
    kernel::BarrierOp::create(b, loc);
    AffineExpr position = b.getAffineDimExpr(0),
               from = b.getAffineSymbolExpr(0);
    AffineExpr number = (position - from).floorDiv(sizes.keys);
    auto apply = [&](AffineExpr expr) {
      return affine::AffineApplyOp::create(b, loc,
                                           AffineMap::get(1, 1, expr, context),
                                           ValueRange{first, begin})
          .getResult();
    };
    Value stage = apply(number % 2), other = apply((number + 1) % 2);
    Value next = arith::AddIOp::create(b, loc, first, constant(sizes.keys));
    Value isThere =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, next, end);
    auto branch = scf::IfOp::create(b, loc, isThere, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    copyKeys(next, other);
    return stage;
  }

  //===--------------------------------------------------------------------===//
  // Folds
  //===--------------------------------------------------------------------===//

  /// The keys that the rows see, in whole tiles, within this block's split.
  KeyIntervals getTiles(FoldOp rows) {
    KeyIntervals tiles = getKeyIntervals(b, rows, sizes.keys);
    MaskAlgebra algebra(b, loc);
    // A last tile that is not whole is masked.
    if (tiles.fullBegin != tiles.fullEnd)
      tiles.fullEnd = algebra.max(tiles.fullBegin,
                                  algebra.alignDown(tiles.fullEnd, sizes.keys));
    if (!sizes.splitKeys)
      return tiles;
    AffineExpr number = b.getAffineDimExpr(0);
    OpFoldResult first = affine::makeComposedFoldedAffineApply(
        b, loc, number * sizes.splitKeys, {split});
    OpFoldResult last = algebra.add(first, algebra.constant(sizes.splitKeys));
    auto clamp = [&](OpFoldResult place) {
      return algebra.max(first, algebra.min(place, last));
    };
    // Intervals that are known to be empty stay so.
    KeyIntervals here;
    here.begin = clamp(tiles.begin);
    here.fullBegin =
        tiles.fullBegin == tiles.begin ? here.begin : clamp(tiles.fullBegin);
    here.fullEnd = tiles.fullEnd == tiles.fullBegin ? here.fullBegin
                                                    : clamp(tiles.fullEnd);
    here.end = tiles.end == tiles.fullEnd ? here.fullEnd : clamp(tiles.end);
    return here;
  }

  /// identity, folded with what these rows see; (m, l, acc).
  SmallVector<Value> foldKeys(FoldOp rows) {
    KeyIntervals tiles = getTiles(rows);
    begin = materialize(tiles.begin);
    end = materialize(tiles.end);

    Value zero = constant(0);
    Value queryTile =
        kernel::AllocOp::create(b, loc, getTile(1, sizes.rows, features));
    keyTile = kernel::AllocOp::create(b, loc, getTile(2, sizes.keys, features));
    valueTile = kernel::AllocOp::create(b, loc, getTile(2, sizes.keys, values));
    copy(query, sizes.rowDim, outer[sizes.rowDim], queryTile, zero);
    kernel::CommitOp::create(b, loc);
    // A copy of nothing that is seen does no harm: it ends before the block.
    copyKeys(begin, zero);
    kernel::WaitOp::create(b, loc, 1);
    kernel::BarrierOp::create(b, loc);
    auto viewQuery = [&] {
      auto type = RankedTensorType::get(getRowsShape({features}), element);
      queries = kernel::ViewOp::create(b, loc, type, queryTile, zero);
    };
    if (sizes.keepsQueries)
      viewQuery();

    SmallVector<Value> state =
        createIdentity(b, loc, stateType, getMixed(getRowsShape()),
                       getMixed(getRowsShape({values})));
    auto foldTiles = [&](OpFoldResult from, OpFoldResult to, bool isMasked) {
      if (from == to)
        return;
      auto loop = scf::ForOp::create(b, loc, materialize(from), materialize(to),
                                     constant(sizes.keys), state);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      Value first = loop.getInductionVar();
      Value stage = awaitTile(first);
      if (!sizes.keepsQueries)
        viewQuery();
      FoldOp tile =
          foldTile(rows, first, stage, loop.getRegionIterArgs(), isMasked);
      scf::YieldOp::create(b, loc, tile.getResults());
      state = llvm::to_vector_of<Value>(loop.getResults());
    };
    foldTiles(tiles.begin, tiles.fullBegin, /*isMasked=*/true);
    foldTiles(tiles.fullBegin, tiles.fullEnd, /*isMasked=*/false);
    foldTiles(tiles.fullEnd, tiles.end, /*isMasked=*/true);
    kernel::WaitOp::create(b, loc, 0);
    return state;
  }

  SmallVector<OpFoldResult> getMixed(ArrayRef<int64_t> shape) {
    return getAsIndexOpFoldResult(context, shape);
  }

  /// The part of `source` that a tile of rows and keys from `first` on is
  /// about.
  Value show(const Source &source, Value first) {
    SmallVector<Value> offsets;
    SmallVector<int64_t> shape;
    for (unsigned i = 0; i < source.map.getNumResults(); ++i) {
      unsigned dim = source.map.getDimPosition(i);
      offsets.push_back(dim == keyDim() ? first : getFirst(dim));
      shape.push_back(dim == keyDim()       ? sizes.keys
                      : dim == sizes.rowDim ? sizes.rows
                                            : 1);
    }
    auto type = RankedTensorType::get(
        shape, getElementTypeOrSelf(source.value.getType()));
    return kernel::WindowOp::create(b, loc, type, source.value, offsets);
  }

  /// The fold of the keys from `first` on, in `stage`, into `state`.
  FoldOp foldTile(FoldOp rows, Value first, Value stage, ValueRange state,
                  bool isMasked) {
    unsigned dims = valueDim() + 1;
    auto view = [&](Value tile, int64_t columns) {
      auto type = RankedTensorType::get({sizes.keys, columns}, element);
      return kernel::ViewOp::create(b, loc, type, tile, stage);
    };
    auto getKeysMap = [&](unsigned columnDim) {
      return AffineMap::get(dims, 0,
                            {getAffineDimExpr(keyDim(), context),
                             getAffineDimExpr(columnDim, context)},
                            context);
    };
    SmallVector<AffineMap> maps = {getRowsMap(dims, featureDim()),
                                   getKeysMap(featureDim()),
                                   getKeysMap(valueDim())};
    Value maskHere, querySegmentsHere, keySegmentsHere, offset, validKeys;
    if (isMasked) {
      auto add = [&](const Source &source) -> Value {
        if (!source.value)
          return {};
        maps.push_back(source.map);
        return show(source, first);
      };
      maskHere = add(mask);
      querySegmentsHere = add(querySegments);
      keySegmentsHere = add(keySegments);
      auto here = [&](unsigned) -> OpFoldResult { return b.getIndexAttr(0); };
      if (rows.getQueryOffset())
        offset = materialize(rows.getPerBatch(b, rows.getQueryOffset(), here));
      // Keys beyond the last one fill up its tile.
      MaskAlgebra algebra(b, loc);
      OpFoldResult valid = loops[keyDim()];
      if (rows.getValidKeys())
        valid =
            algebra.min(valid, rows.getPerBatch(b, rows.getValidKeys(), here));
      std::optional<int64_t> known = MaskAlgebra::getConstant(valid);
      if (!known || *known % sizes.keys != 0)
        validKeys = materialize(valid);
    }
    llvm::append_range(maps, ArrayRef{getRowsMap(dims), getRowsMap(dims),
                                      getRowsMap(dims, valueDim())});
    SmallVector<Value> origin = outer;
    origin.push_back(first);
    auto fold = FoldOp::create(
        b, loc, state[0].getType(), state[1].getType(), state[2].getType(),
        queries, view(keyTile, features), view(valueTile, values), maskHere,
        querySegmentsHere, keySegmentsHere, offset, validKeys, origin, state[0],
        state[1], state[2], b.getAffineMapArrayAttr(maps), rows.getScaleAttr(),
        isMasked ? rows.getMaskAttr() : MaskAttrInterface(),
        /*scoreCount=*/rows.getScore().size());
    IRMapping mapping;
    if (rows.getScoreBody())
      rows.getScore().front().cloneInto(&fold.getScore().front(), mapping);
    return fold;
  }

  //===--------------------------------------------------------------------===//
  // Results
  //===--------------------------------------------------------------------===//

  /// finish(state), written where these rows are.
  void writeOutputs(FinishOp finish, scf::ForallOp forall, ValueRange state) {
    unsigned n = queryDim() + 1, dims = n + 1;
    SmallVector<AffineMap> maps = {getRowsMap(dims), getRowsMap(dims),
                                   getRowsMap(dims, n), getRowsMap(dims, n)};
    SmallVector<Value> outputs;
    SmallVector<Type> types;
    for (auto [i, output] : llvm::enumerate(finish.getOutputs())) {
      SmallVector<int64_t> shape =
          i == 0 ? getRowsShape({values}) : getRowsShape();
      if (i > 0)
        maps.push_back(getRowsMap(dims));
      Type type = getElementTypeOrSelf(output.getType());
      types.push_back(RankedTensorType::get(shape, type));
      outputs.push_back(tensor::EmptyOp::create(b, loc, shape, type));
    }
    auto tile = FinishOp::create(b, loc, types, state[0], state[1], state[2],
                                 outputs, b.getAffineMapArrayAttr(maps));
    for (auto [i, result] : llvm::enumerate(tile.getResults())) {
      SmallVector<unsigned> places;
      AffineMap map = finish.getIndexingMapsArray()[3 + i];
      for (unsigned place = 0; place < map.getNumResults(); ++place)
        places.push_back(map.getDimPosition(place));
      write(result, places, forall, i);
    }
  }

  /// Writes a tile of rows, with columns or without; `places` are the
  /// dimensions of the destination in (batch.., m, n), or those of a split,
  /// whose number comes after them.
  void write(Value tile, ArrayRef<unsigned> places, scf::ForallOp forall,
             unsigned number) {
    unsigned n = queryDim() + 1;
    bool isMatrix = llvm::is_contained(places, n);
    SmallVector<OpFoldResult> offsets, extents;
    SmallVector<int64_t> dims(isMatrix ? 2 : 1);
    for (auto [i, dim] : llvm::enumerate(places)) {
      offsets.push_back(dim == n  ? OpFoldResult(b.getIndexAttr(0))
                        : dim > n ? OpFoldResult(split)
                                  : OpFoldResult(outer[dim]));
      extents.push_back(dim == sizes.rowDim ? rowsHere
                        : dim == n          ? loops.back()
                                            : OpFoldResult(b.getIndexAttr(1)));
      if (dim == sizes.rowDim)
        dims[0] = i;
      else if (dim == n)
        dims[1] = i;
    }
    auto matrix =
        kernel::LayoutAttr::getMatrix(context, sizes.rows, values, sizes.warps);
    SmallVector<int64_t> shape = {sizes.rows};
    if (isMatrix)
      shape.push_back(values);
    auto type = kernel::FragmentType::get(context, shape,
                                          getElementTypeOrSelf(tile.getType()),
                                          isMatrix ? matrix : matrix.getRows());
    Value fragment =
        UnrealizedConversionCastOp::create(b, loc, type, tile).getResult(0);
    SmallVector<OpFoldResult> strides(offsets.size(), b.getIndexAttr(1));
    Value destination = forall.getRegionIterArgs()[number];
    Value slice = tensor::ExtractSliceOp::create(b, loc, destination, offsets,
                                                 extents, strides);
    SmallVector<Value> zeros(offsets.size(), constant(0));
    Value written = kernel::WriteOp::create(b, loc, slice.getType(), fragment,
                                            slice, zeros, dims)
                        .getResult();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(forall.getTerminator().getBody());
    tensor::ParallelInsertSliceOp::create(b, loc, written, destination, offsets,
                                          extents, strides);
  }

  //===--------------------------------------------------------------------===//
  // Splits
  //===--------------------------------------------------------------------===//

  /// Tensors for (m, l, acc) of all splits: (split, batch.., m) and n.
  SmallVector<Value> createPartialStates() {
    SmallVector<OpFoldResult> shape = {affine::makeComposedFoldedAffineApply(
        b, loc, b.getAffineSymbolExpr(0).ceilDiv(sizes.splitKeys),
        {loops[keyDim()]})};
    llvm::append_range(shape, ArrayRef(loops).take_front(queryDim() + 1));
    SmallVector<OpFoldResult> sums = shape;
    sums.push_back(loops[valueDim()]);
    return {tensor::EmptyOp::create(b, loc, shape, stateType),
            tensor::EmptyOp::create(b, loc, shape, stateType),
            tensor::EmptyOp::create(b, loc, sums, stateType)};
  }

  void writeState(scf::ForallOp forall, ValueRange state) {
    unsigned n = queryDim() + 1;
    SmallVector<unsigned> places = {n + 1};
    llvm::append_range(places, llvm::seq<unsigned>(0, n));
    write(state[0], places, forall, 0);
    write(state[1], places, forall, 1);
    places.push_back(n);
    write(state[2], places, forall, 2);
  }

  /// combine(identity, states)
  SmallVector<Value> combine(FoldOp fold, ValueRange partial) {
    // (batch.., m, s, n)
    unsigned s = queryDim() + 1, n = s + 1, dims = n + 1;
    auto addSplit = [&](AffineMap map) {
      SmallVector<AffineExpr> results(map.getResults());
      results.insert(results.begin(), getAffineDimExpr(s, context));
      return AffineMap::get(dims, 0, results, context);
    };
    AffineMap rows = getRowsMap(dims), sums = getRowsMap(dims, n);
    SmallVector<AffineMap> maps = {
        addSplit(rows), addSplit(rows), addSplit(sums), rows, rows, sums};
    ArrayRef<OpFoldResult> shape = ArrayRef(loops).take_front(queryDim() + 1);
    SmallVector<OpFoldResult> sumsShape(shape);
    sumsShape.push_back(loops[valueDim()]);
    SmallVector<Value> identity =
        createIdentity(b, loc, stateType, shape, sumsShape);
    auto combined = CombineOp::create(
        b, loc, identity[0].getType(), identity[1].getType(),
        identity[2].getType(), partial[0], partial[1], partial[2], identity[0],
        identity[1], identity[2], b.getAffineMapArrayAttr(maps));
    return llvm::to_vector_of<Value>(combined.getResults());
  }

  const BlockSizes &sizes;
  IRRewriter b;
  Location loc;
  MLIRContext *context;
  unsigned batch;
  SmallVector<OpFoldResult> loops; // Sizes of all dimensions.
  Type element;
  FloatType stateType;
  int64_t features, values; // Rounded up.
  Source query, key, value, mask, querySegments, keySegments;

  // What a block works on.
  Value split;
  SmallVector<Value> outer; // Where its rows begin in (batch.., m).
  OpFoldResult rowsHere;
  Value begin, end; // Keys that it visits.
  Value queries, keyTile, valueTile;
};

} // namespace

LogicalResult mlir::attn::scheduleAttention(AttentionOp op,
                                            const BlockSizes &sizes) {
  return Scheduler(op, sizes).run(op);
}
