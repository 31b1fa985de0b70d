//===- AttnToKernel.cpp - A schedule of tiles for blocks of GPU threads ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "attn/Dialect/Kernel/IR/Kernel.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNTOKERNEL
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;
using kernel::TileType;

/// Features that fit in the registers of a block.
static constexpr int64_t kMaxFeatures = 256;
/// Dimensions of a grid that `#gpu.block` has names for, but that of the queries.
static constexpr int64_t kMaxBatch = 9;
/// What a product of matrices takes at a time.
static constexpr int64_t kDepth = 16;

namespace {

/// Sizes of one block's work. A thread holds a 32th of a warp's rows of the sums
/// and of the scores, and the queries if they are `kept` in registers: 255
/// registers must do.
struct Sizes {
  int64_t queries, keys, warps;
  bool kept;
};

Sizes chooseSizes(int64_t features) {
  if (features <= 64)
    return {128, 64, 4, true};
  if (features <= 128)
    return {128, 64, 8, true};
  return {64, 32, 4, false};
}

/// Why attention has no such schedule; empty if it has.
std::string getObstacle(AttentionOp op) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  Type element = getElementTypeOrSelf(op.getQuery().getType());
  if (!element.isF16() && !element.isBF16())
    return "tensor cores take f16 and bf16";
  for (Value operand : {op.getKey(), op.getValue()})
    if (getElementTypeOrSelf(operand.getType()) != element)
      return "query, key and value have different element types";
  for (unsigned dim : {op.getFeatureDim(), op.getValueDim()})
    if (ShapedType::isDynamic(ranges[dim]) || ranges[dim] > kMaxFeatures)
      return "head dimensions must be known and at most 256";
  if (op.getNumBatchDims() > kMaxBatch)
    return "there are more than 9 batch dimensions: join some";
  if (llvm::is_contained(ranges, 0))
    return "there are no elements";
  auto endsWith = [](AffineMap map, unsigned dim) {
    return map.getDimPosition(map.getNumResults() - 1) == dim;
  };
  if (!endsWith(op.getQueryMap(), op.getFeatureDim()) ||
      !endsWith(op.getKeyMap(), op.getFeatureDim()) ||
      !endsWith(op.getValueMap(), op.getValueDim()) ||
      !endsWith(op.getOutputMap(), op.getValueDim()))
    return "features are not side by side in memory";
  return "";
}

/// Builds the schedule of one attention:
///
///     for each block of queries, by a block of threads:
///       copy Q, then K_0 and V_0
///       for each tile of keys that some query sees:
///         wait for K_i and V_i; begin to copy K_i+1 and V_i+1
///         s = fold(s, K_i, V_i)
///       write finish(s)
class Scheduler {
public:
  Scheduler(AttentionOp op)
      : op(op), b(op), loc(op.getLoc()), context(op.getContext()),
        batch(op.getNumBatchDims()) {
    SmallVector<int64_t> ranges = op.getStaticLoopRanges();
    features = llvm::alignTo(ranges[op.getFeatureDim()], kDepth);
    values = llvm::alignTo(ranges[op.getValueDim()], kDepth);
    sizes = chooseSizes(std::max(features, values));
    element = getElementTypeOrSelf(op.getKey().getType());
    stateType = op.getStateType();
    querySource = {op.getQuery(), op.getQueryMap()};
    keySource = {op.getKey(), op.getKeyMap()};
    valueSource = {op.getValue(), op.getValueMap()};
    if (op.getMaskTensor())
      maskSource = {op.getMaskTensor(), op.getMaskTensorMap()};
    if (op.hasSegments()) {
      querySegmentsSource = {op.getQuerySegments(), op.getQuerySegmentsMap()};
      keySegmentsSource = {op.getKeySegments(), op.getKeySegmentsMap()};
    }
  }

  LogicalResult run() {
    setScale();
    SmallVector<OpFoldResult> loops = getLoopSizes(b, op);
    length = loops[keyDim()];
    FoldedAttention folded = foldAttention(b, op, StateLayout::QueryRows);
    b.setInsertionPoint(folded.finish);
    scf::ForallOp forall = createBlocks(folded.finish, loops);
    b.setInsertionPoint(forall.getTerminator());
    FailureOr<FoldOp> fold = takeRows(folded.fold, loops);
    if (failed(fold))
      return failure();
    SmallVector<Value> state = foldKeys(*fold);
    writeRows(folded.finish, forall, state, loops);
    b.replaceOp(folded.finish, forall.getResults());
    b.eraseOp(folded.fold);
    b.eraseOp(*fold);
    return success();
  }

private:
  /// An operand of the attention, which is gone once it is folded.
  struct Source {
    Value value;
    AffineMap map;
  };

  // The dimensions (batch.., m, k1, k2, n).
  unsigned queryDim() const { return batch; }
  unsigned keyDim() const { return batch + 2; }

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value materialize(OpFoldResult value) {
    return getValueOrCreateConstantIndexOp(b, loc, value);
  }

  /// The default depends on the number of features, which tiles round up.
  void setScale() {
    if (!op.getScale())
      op.setScaleAttr(b.getF64FloatAttr(
          1.0 / std::sqrt(double(
                    op.getStaticLoopRanges()[op.getFeatureDim()]))));
  }

  /// forall (batch.., blocks of queries), the last ones first: under a causal mask
  /// they have the most keys.
  scf::ForallOp createBlocks(FinishOp finish, ArrayRef<OpFoldResult> loops) {
    SmallVector<OpFoldResult> counts(loops.take_front(batch));
    counts.push_back(affine::makeComposedFoldedAffineApply(
        b, loc, b.getAffineSymbolExpr(0).ceilDiv(sizes.queries),
        {loops[queryDim()]}));
    SmallVector<Attribute> mapping;
    for (unsigned i = 0; i < counts.size(); ++i)
      mapping.push_back(gpu::GPUBlockMappingAttr::get(
          context, static_cast<gpu::MappingId>(
                       static_cast<unsigned>(gpu::MappingId::LinearDim0) +
                       counts.size() - 1 - i)));
    auto forall = scf::ForallOp::create(b, loc, counts, finish.getOutputs(),
                                        b.getArrayAttr(mapping));
    forall->setAttr(kernel::KernelDialect::kThreads,
                    b.getI64IntegerAttr(32 * sizes.warps));
    b.setInsertionPoint(forall.getTerminator());
    for (unsigned i = 0; i < batch; ++i)
      batchIndex.push_back(forall.getInductionVar(i));
    AffineExpr place = b.getAffineDimExpr(0), count = b.getAffineSymbolExpr(0);
    firstRow = materialize(affine::makeComposedFoldedAffineApply(
        b, loc, (count - 1 - place) * sizes.queries,
        {forall.getInductionVar(batch), counts.back()}));
    AffineExpr end = b.getAffineSymbolExpr(0), row = b.getAffineDimExpr(0);
    rows = affine::makeComposedFoldedAffineMin(
        b, loc,
        AffineMap::get(1, 1, {b.getAffineConstantExpr(sizes.queries), end - row},
                       context),
        {firstRow, loops[queryDim()]});
    return forall;
  }

  /// The fold of this block's rows with all keys, which says what they see.
  FailureOr<FoldOp> takeRows(FoldOp fold, ArrayRef<OpFoldResult> loops) {
    SmallVector<OpFoldResult> offsets(loops.size(), b.getIndexAttr(0));
    SmallVector<OpFoldResult> extents(loops);
    for (unsigned i = 0; i < batch; ++i) {
      offsets[i] = batchIndex[i];
      extents[i] = b.getIndexAttr(1);
    }
    offsets[queryDim()] = firstRow;
    extents[queryDim()] = rows;
    FailureOr<TilingResult> tile =
        fold.getTiledImplementation(b, offsets, extents);
    if (failed(tile))
      return failure();
    return cast<FoldOp>(tile->tiledOps.front());
  }

  TileType getTile(int64_t stages, int64_t count, int64_t columns) {
    return TileType::get(context, {stages, count, columns}, element, 8);
  }

  /// Begins to copy rows of an operand from row `first` of dimension `rowDim` on.
  void copy(Source source, unsigned rowDim, Value first, Value tile,
            Value stage) {
    SmallVector<Value> offsets;
    SmallVector<int64_t> dims(2);
    for (unsigned i = 0; i < source.map.getNumResults(); ++i) {
      unsigned dim = source.map.getDimPosition(i);
      offsets.push_back(dim < batch     ? batchIndex[dim]
                        : dim == rowDim ? first
                                        : constant(0));
      if (dim >= batch)
        dims[dim == rowDim ? 0 : 1] = i;
    }
    kernel::CopyOp::create(b, loc, source.value, offsets, tile, stage, dims);
  }
  void copyKeys(Value first, Value stage) {
    copy(keySource, keyDim(), first, keyTile, stage);
    copy(valueSource, keyDim(), first, valueTile, stage);
    kernel::CommitOp::create(b, loc);
  }

  /// identity, folded with what these rows see; (m, l, acc).
  SmallVector<Value> foldKeys(FoldOp fold) {
    KeyIntervals intervals = getKeyIntervals(b, fold, sizes.keys);
    MaskAlgebra algebra(b, loc);
    // A last tile that is not whole is masked.
    OpFoldResult fullEnd = intervals.fullEnd;
    if (intervals.fullBegin != fullEnd)
      fullEnd = algebra.max(intervals.fullBegin,
                            algebra.alignDown(fullEnd, sizes.keys));
    begin = materialize(intervals.begin);
    Value fullBegin = materialize(intervals.fullBegin);
    end = materialize(intervals.end);

    Value zero = constant(0);
    Value queryTile = kernel::AllocOp::create(
        b, loc, getTile(1, sizes.queries, features));
    keyTile = kernel::AllocOp::create(b, loc, getTile(2, sizes.keys, features));
    valueTile = kernel::AllocOp::create(b, loc, getTile(2, sizes.keys, values));
    copy(querySource, queryDim(), firstRow, queryTile, zero);
    kernel::CommitOp::create(b, loc);
    // A copy of nothing that is seen does no harm: it ends before the block.
    copyKeys(begin, zero);
    kernel::WaitOp::create(b, loc, 1);
    kernel::BarrierOp::create(b, loc);
    auto viewQuery = [&] {
      SmallVector<int64_t> shape(batch, 1);
      shape.append({sizes.queries, features});
      return kernel::ViewOp::create(b, loc, RankedTensorType::get(shape, element),
                                    queryTile, zero);
    };
    if (sizes.kept)
      query = viewQuery();

    SmallVector<Value> state = createIdentity();
    auto foldTiles = [&](Value from, Value to, bool isMasked) {
      auto loop = scf::ForOp::create(b, loc, from, to, constant(sizes.keys), state);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      Value first = loop.getInductionVar();
      Value stage = awaitTile(first);
      if (!sizes.kept)
        query = viewQuery();
      FoldOp tile = createFold(fold, first, stage, loop.getRegionIterArgs(),
                               isMasked);
      scf::YieldOp::create(b, loc, tile.getResults());
      state = llvm::to_vector_of<Value>(loop.getResults());
    };
    if (intervals.begin != intervals.fullBegin)
      foldTiles(begin, fullBegin, /*isMasked=*/true);
    Value lastFull = materialize(fullEnd);
    if (intervals.fullBegin != fullEnd)
      foldTiles(fullBegin, lastFull, /*isMasked=*/false);
    if (fullEnd != intervals.end)
      foldTiles(lastFull, end, /*isMasked=*/true);
    kernel::WaitOp::create(b, loc, 0);
    return state;
  }

  /// Waits for the tile of keys from `first` on, begins to copy the next one, and
  /// gives the stage that the tile is in.
  Value awaitTile(Value first) {
    kernel::WaitOp::create(b, loc, 0);
    // All have the tile, and none still reads the one before, whose stage the
    // next one takes.
    kernel::BarrierOp::create(b, loc);
    AffineExpr position = b.getAffineDimExpr(0), from = b.getAffineSymbolExpr(0);
    AffineExpr number = (position - from).floorDiv(sizes.keys);
    auto apply = [&](AffineExpr expr) {
      return affine::AffineApplyOp::create(
                 b, loc, AffineMap::get(1, 1, expr, context),
                 ValueRange{first, begin})
          .getResult();
    };
    Value stage = apply(number % 2), other = apply((number + 1) % 2);
    Value next = arith::AddIOp::create(b, loc, first, constant(sizes.keys));
    Value isThere = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                          next, end);
    auto branch = scf::IfOp::create(b, loc, isThere, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    copyKeys(next, other);
    return stage;
  }

  /// (-inf, 0, 0)
  SmallVector<Value> createIdentity() {
    const llvm::fltSemantics &semantics = stateType.getFloatSemantics();
    auto fill = [&](ArrayRef<int64_t> shape, const APFloat &value) {
      SmallVector<int64_t> all(batch, 1);
      llvm::append_range(all, shape);
      Value empty = tensor::EmptyOp::create(b, loc, all, stateType);
      Value scalar =
          arith::ConstantOp::create(b, loc, FloatAttr::get(stateType, value));
      return linalg::FillOp::create(b, loc, scalar, empty).getResult(0);
    };
    APFloat zero = APFloat::getZero(semantics);
    return {fill(sizes.queries, APFloat::getInf(semantics, /*Negative=*/true)),
            fill(sizes.queries, zero), fill({sizes.queries, values}, zero)};
  }

  /// The fold of one tile of keys into `state`.
  FoldOp createFold(FoldOp rows, Value first, Value stage, ValueRange state,
                    bool isMasked) {
    unsigned m = queryDim(), k1 = m + 1, k2 = m + 2, n = m + 3, loops = n + 1;
    auto getMap = [&](bool withBatch, ArrayRef<unsigned> dims) {
      SmallVector<AffineExpr> results;
      for (unsigned i = 0; withBatch && i < batch; ++i)
        results.push_back(getAffineDimExpr(i, context));
      for (unsigned dim : dims)
        results.push_back(getAffineDimExpr(dim, context));
      return AffineMap::get(loops, 0, results, context);
    };
    auto view = [&](Value tile, int64_t columns) {
      return kernel::ViewOp::create(
          b, loc, RankedTensorType::get({sizes.keys, columns}, element), tile,
          stage);
    };
    SmallVector<Value> origin = batchIndex;
    origin.append({firstRow, first});
    SmallVector<AffineMap> maps = {getMap(true, {m, k1}), getMap(false, {k2, k1}),
                                   getMap(false, {k2, n})};
    auto show = [&](const Source &source) -> Value {
      if (!source.value)
        return {};
      SmallVector<Value> offsets;
      SmallVector<int64_t> shape;
      for (unsigned i = 0; i < source.map.getNumResults(); ++i) {
        unsigned dim = source.map.getDimPosition(i);
        offsets.push_back(dim == k2 ? first : origin[dim]);
        shape.push_back(dim == k2  ? sizes.keys
                        : dim == m ? sizes.queries
                                   : 1);
      }
      maps.push_back(source.map);
      auto type = RankedTensorType::get(
          shape, getElementTypeOrSelf(source.value.getType()));
      return kernel::WindowOp::create(b, loc, type, source.value, offsets);
    };
    Value maskTensor, querySegments, keySegments, offset, validKeys;
    if (isMasked) {
      maskTensor = show(maskSource);
      querySegments = show(querySegmentsSource);
      keySegments = show(keySegmentsSource);
      auto index = [&](unsigned) -> OpFoldResult { return b.getIndexAttr(0); };
      if (rows.getQueryOffset())
        offset = materialize(rows.getPerBatch(b, rows.getQueryOffset(), index));
      // Keys beyond the last one fill up its tile.
      MaskAlgebra algebra(b, loc);
      OpFoldResult valid = length;
      if (rows.getValidKeys())
        valid = algebra.min(valid,
                            rows.getPerBatch(b, rows.getValidKeys(), index));
      std::optional<int64_t> known = MaskAlgebra::getConstant(valid);
      if (!known || *known % sizes.keys != 0)
        validKeys = materialize(valid);
    }
    llvm::append_range(maps, ArrayRef{getMap(true, {m}), getMap(true, {m}),
                                      getMap(true, {m, n})});
    auto fold = FoldOp::create(
        b, loc, state[0].getType(), state[1].getType(), state[2].getType(), query,
        view(keyTile, features), view(valueTile, values), maskTensor,
        querySegments, keySegments, offset, validKeys, origin, state[0], state[1],
        state[2], b.getAffineMapArrayAttr(maps), rows.getScaleAttr(),
        isMasked ? rows.getMaskAttr() : MaskAttrInterface(),
        /*scoreCount=*/rows.getScore().size());
    IRMapping mapping;
    if (rows.getScoreBody())
      rows.getScore().front().cloneInto(&fold.getScore().front(), mapping);
    return fold;
  }

  /// finish(state), written where these rows are.
  void writeRows(FinishOp finish, scf::ForallOp forall, ValueRange state,
                 ArrayRef<OpFoldResult> loops) {
    unsigned m = batch, n = batch + 1;
    auto getMap = [&](ArrayRef<unsigned> dims) {
      SmallVector<AffineExpr> results;
      for (unsigned i = 0; i < batch; ++i)
        results.push_back(getAffineDimExpr(i, context));
      for (unsigned dim : dims)
        results.push_back(getAffineDimExpr(dim, context));
      return AffineMap::get(n + 1, 0, results, context);
    };
    SmallVector<AffineMap> maps = {getMap({m}), getMap({m}), getMap({m, n}),
                                   getMap({m, n})};
    SmallVector<Value> outputs;
    SmallVector<Type> types;
    for (auto [i, output] : llvm::enumerate(finish.getOutputs())) {
      SmallVector<int64_t> shape(batch, 1);
      shape.push_back(sizes.queries);
      if (i == 0)
        shape.push_back(values);
      else
        maps.push_back(getMap({m}));
      types.push_back(RankedTensorType::get(
          shape, getElementTypeOrSelf(output.getType())));
      outputs.push_back(tensor::EmptyOp::create(
          b, loc, shape, getElementTypeOrSelf(output.getType())));
    }
    auto tile = FinishOp::create(b, loc, types, state[0], state[1], state[2],
                                 outputs, b.getAffineMapArrayAttr(maps));
    for (auto [i, result] : llvm::enumerate(tile.getResults())) {
      auto matrix = kernel::LayoutAttr::getMatrix(context, sizes.queries, values,
                                                  sizes.warps);
      Type type = getElementTypeOrSelf(result.getType());
      auto fragment =
          i == 0 ? kernel::FragmentType::get(context, {sizes.queries, values},
                                             type, matrix)
                 : kernel::FragmentType::get(context, {sizes.queries}, type,
                                             matrix.getRows());
      Value distributed =
          UnrealizedConversionCastOp::create(b, loc, fragment, result)
              .getResult(0);
      write(distributed, finish.getIndexingMapsArray()[3 + i], forall, i, loops);
    }
  }

  void write(Value fragment, AffineMap map, scf::ForallOp forall, unsigned i,
             ArrayRef<OpFoldResult> loops) {
    SmallVector<OpFoldResult> offsets, extents;
    SmallVector<int64_t> dims(cast<kernel::FragmentType>(fragment.getType())
                                  .getRank());
    for (unsigned place = 0; place < map.getNumResults(); ++place) {
      unsigned dim = map.getDimPosition(place);
      bool isRow = dim == batch, isColumn = dim > batch;
      offsets.push_back(isRow      ? OpFoldResult(firstRow)
                        : isColumn ? OpFoldResult(b.getIndexAttr(0))
                                   : OpFoldResult(batchIndex[dim]));
      extents.push_back(isRow      ? rows
                        : isColumn ? loops.back()
                                   : OpFoldResult(b.getIndexAttr(1)));
      if (dim >= batch)
        dims[dim - batch] = place;
    }
    SmallVector<OpFoldResult> strides(offsets.size(), b.getIndexAttr(1));
    Value destination = forall.getRegionIterArgs()[i];
    Value slice = tensor::ExtractSliceOp::create(b, loc, destination, offsets,
                                                 extents, strides);
    SmallVector<Value> zeros(offsets.size(), constant(0));
    Value written =
        kernel::WriteOp::create(b, loc, slice.getType(), fragment, slice, zeros,
                                dims)
            .getResult();
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(forall.getTerminator().getBody());
    tensor::ParallelInsertSliceOp::create(b, loc, written, destination, offsets,
                                          extents, strides);
  }

  AttentionOp op;
  IRRewriter b;
  Location loc;
  MLIRContext *context;
  unsigned batch;
  int64_t features, values; // Rounded up.
  Sizes sizes;
  Type element;
  FloatType stateType;
  Source querySource, keySource, valueSource, maskSource, querySegmentsSource,
      keySegmentsSource;

  // What a block works on.
  SmallVector<Value> batchIndex;
  Value firstRow;
  OpFoldResult rows, length; // Rows of this block; keys of all.
  Value begin, end;          // Keys that it visits.
  Value query, keyTile, valueTile;
};

struct AttnToKernel : attn::impl::AttnToKernelBase<AttnToKernel> {
  void runOnOperation() override {
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) {
      FormAttr form = op.getFormAttr();
      if (!form || form.getKind() == FormKind::Blocked)
        ops.push_back(op);
    });
    for (AttentionOp op : ops) {
      if (std::string obstacle = getObstacle(op); !obstacle.empty()) {
        op.emitRemark("is not computed by tensor cores: ") << obstacle;
        continue;
      }
      if (failed(Scheduler(op).run()))
        return signalPassFailure();
    }
  }
};

} // namespace
