//===- RecurrenceMixers.cpp - Recurrences of one block of tokens ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A recurrence over a block of tokens is a recurrence again, on tiles: how it is
// lowered is left to where recurrences are.
//
//===----------------------------------------------------------------------===//

#include "Mixers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::attn;
using recur::RescanOp;
using recur::ScanOp;

namespace {
/// The operands of a recurrence on tiles.
struct Tile {
  SmallVector<Value> inputs, outputs, states;
  SmallVector<AffineMap> maps; // Of the inputs so far.
  llvm::SmallBitVector dropped; // Inputs that the recurrence does not get.

  void addInput(Value input, AffineMap map) {
    inputs.push_back(input);
    maps.push_back(map);
    dropped.push_back(false);
  }
  void dropInput() { dropped.push_back(true); }
  ArrayAttr getMaps(OpBuilder &b, ArrayRef<AffineMap> ofDestinations) const {
    SmallVector<AffineMap> all(maps);
    llvm::append_range(all, ofDestinations);
    return b.getAffineMapArrayAttr(all);
  }
  SmallVector<Type> getResultTypes() const {
    SmallVector<Type> types = llvm::to_vector(TypeRange(ValueRange(outputs)));
    llvm::append_range(types, TypeRange(ValueRange(states)));
    return types;
  }
};

/// What scans and rescans share.
template <typename OpTy>
class RecurrenceMixer : public BlockMixer {
protected:
  RecurrenceMixer(const RewriteContext &context, Scope &scope,
                  TokenSlicer &slicer, OpTy op)
      : context(context), scope(scope), slicer(slicer), op(op),
        loc(op.getLoc()), time(op.getTimeDim()), own(op.getInputs().size()) {
    SetVector<Value> seen;
    getUsedValuesDefinedAbove(op->getRegions(), seen);
    for (Value value : seen)
      captured.map(value, scope.get(value));
  }

  SmallVector<AffineMap> getOutputMaps() {
    SmallVector<AffineMap> maps;
    for (unsigned i = 0; i < op.getOutputs().size(); ++i)
      maps.push_back(op.getOutputMap(i));
    return maps;
  }
  SmallVector<AffineMap> getInitMaps() {
    SmallVector<AffineMap> maps;
    for (unsigned i = 0; i < op.getInits().size(); ++i)
      maps.push_back(op.getInitMap(i));
    return maps;
  }

  Value createEmpty(OpBuilder &b, RankedTensorType type) {
    return tensor::EmptyOp::create(b, loc, type.getShape(),
                                   type.getElementType());
  }
  SmallVector<Value> createOutputs(OpBuilder &b) {
    return llvm::map_to_vector(op.getOutputs(), [&](Value whole) {
      return createEmpty(b, context.getTileType(whole));
    });
  }

  /// What folds the tokens of `earlier` into `state`: what the step reads.
  Tile createHistory(OpBuilder &b, TokenSlicer &earlier, ValueRange state) {
    countFolds(b, context.block * context.block);
    Tile tile;
    for (auto [i, input] : llvm::enumerate(op.getInputs())) {
      if (isReadByStep(op, i))
        tile.addInput(own[i] ? own[i] : earlier.get(input), op.getInputMap(i));
      else
        tile.dropInput();
    }
    llvm::append_range(tile.states, state);
    return tile;
  }

  /// A copy of `from` in `tile`, which begins at `begin` in some dimensions of the
  /// iteration space.
  void cloneRegion(Region &from, Region &to, const Tile &tile,
                   ArrayRef<std::pair<unsigned, Value>> begin) {
    if (from.empty())
      return;
    IRMapping mapping = captured;
    from.cloneInto(&to, mapping);
    for (int i = tile.dropped.find_last(); i >= 0; i = tile.dropped.find_prev(i))
      to.front().eraseArgument(i);
    Operation *owner = to.getParentOp();
    to.walk([&](recur::IndexOp index) {
      Operation *of = index->getParentOp();
      while (!isa<ScanOp, RescanOp>(of))
        of = of->getParentOp();
      for (auto [dim, offset] : begin) {
        if (of != owner || index.getDim() != dim)
          continue;
        OpBuilder b(index->getContext());
        b.setInsertionPointAfter(index);
        auto place = arith::AddIOp::create(b, loc, index, offset);
        index.getResult().replaceAllUsesExcept(place, place);
      }
    });
  }

  /// As attention counts its folds: each token with each that it sees.
  void countFolds(OpBuilder &b, int64_t pairs) {
    if (!context.count)
      return;
    SmallVector<int64_t> sizes = op.getStaticLoopRanges();
    for (int64_t size : ArrayRef(sizes).take_front(op.getNumBatchDims()))
      pairs *= size;
    emitCount(b, loc, "folds", pairs);
  }
  void countOwn(OpBuilder &b) {
    countFolds(b, context.block * (context.block + 1) / 2);
  }

  const RewriteContext &context;
  Scope &scope;
  TokenSlicer &slicer;
  OpTy op;
  Location loc;
  unsigned time;
  IRMapping captured;
  /// Tiles of the inputs that are those of the block itself also where earlier
  /// tokens are folded; null for others.
  SmallVector<Value> own;
};

//     s = init;  s = step(x_j, s);  y_t = read(x_t, s)
//
// The tokens of a block have one state before it.
class ScanMixer : public RecurrenceMixer<ScanOp> {
public:
  ScanMixer(const RewriteContext &context, Scope &scope, TokenSlicer &slicer,
            ScanOp op)
      : RecurrenceMixer(context, scope, slicer, op) {}

  SmallVector<Value> start(OpBuilder &b) override {
    SmallVector<Value> states;
    for (Value init : op.getInits()) {
      // In memory of its own: it changes, and all evaluations begin with it.
      Value own = createEmpty(b, cast<RankedTensorType>(init.getType()));
      states.push_back(bufferization::MaterializeInDestinationOp::create(
                           b, loc, scope.get(init), own)
                           .getResult());
    }
    return states;
  }

  SmallVector<Value> fold(OpBuilder &b, TokenSlicer &earlier,
                          ValueRange state) override {
    Tile tile = createHistory(b, earlier, state);
    ScanOp scan = create(b, tile, earlier.getFirst());
    return llvm::to_vector_of<Value>(scan->getResults());
  }

  void finish(OpBuilder &b, ValueRange state) override {
    countOwn(b);
    Tile tile;
    for (auto [i, input] : llvm::enumerate(op.getInputs()))
      tile.addInput(slicer.get(input), op.getInputMap(i));
    tile.outputs = createOutputs(b);
    llvm::append_range(tile.states, state);
    ScanOp scan = create(b, tile, slicer.getFirst());
    for (auto [whole, part] :
         llvm::zip(op.getOutputResults(), scan.getOutputResults()))
      slicer.set(whole, part);
  }

private:
  ScanOp create(OpBuilder &b, const Tile &tile, Value first) {
    SmallVector<AffineMap> maps;
    if (!tile.outputs.empty())
      maps = getOutputMaps();
    llvm::append_range(maps, getInitMaps());
    auto scan = ScanOp::create(
        b, loc, tile.getResultTypes(), tile.inputs, tile.outputs, tile.states,
        tile.getMaps(b, maps), /*monoid=*/nullptr,
        /*exclusive=*/!tile.outputs.empty() && op.getExclusive(),
        /*reverse=*/false, /*schedule=*/nullptr);
    cloneRegion(op.getStep(), scan.getStep(), tile, {{time, first}});
    if (!tile.outputs.empty())
      cloneRegion(op.getRead(), scan.getRead(), tile, {{time, first}});
    return scan;
  }
};

//     s_t = init;  s_t = step(x_t, x_j, s_t);  y_t = read(x_t, s_t)
//
// Each token has its own state: one more dimension, k, of its states, next to those
// of the batch.
class RescanMixer : public RecurrenceMixer<RescanOp> {
public:
  RescanMixer(const RewriteContext &context, Scope &scope, TokenSlicer &slicer,
              RescanOp op)
      : RecurrenceMixer(context, scope, slicer, op),
        history(op.getHistoryDim()) {}

  SmallVector<Value> start(OpBuilder &b) override {
    for (auto [i, input] : llvm::enumerate(op.getInputs()))
      if (!op.isHistoryInput(i))
        own[i] = slicer.get(input);
    SmallVector<Value> states;
    for (auto [i, init] : llvm::enumerate(op.getInits())) {
      auto type = cast<RankedTensorType>(init.getType());
      int64_t k = op.getInitMap(i).getNumResults();
      SmallVector<int64_t> shape(type.getShape());
      shape.insert(shape.begin() + k, context.block);
      Value empty = createEmpty(
          b, RankedTensorType::get(shape, type.getElementType()));
      states.push_back(
          linalg::BroadcastOp::create(b, loc, scope.get(init), empty, k)
              ->getResult(0));
    }
    return states;
  }

  /// The tokens of the block are a batch; a scan goes along the history.
  SmallVector<Value> fold(OpBuilder &b, TokenSlicer &earlier,
                          ValueRange state) override {
    Tile tile = createHistory(b, earlier, state);
    SmallVector<AffineMap> maps;
    for (AffineMap map : getInitMaps())
      maps.push_back(map.insertResult(b.getAffineDimExpr(time),
                                      map.getNumResults()));
    auto scan = ScanOp::create(
        b, loc, tile.getResultTypes(), tile.inputs, tile.outputs, tile.states,
        tile.getMaps(b, maps), /*monoid=*/nullptr, /*exclusive=*/false,
        /*reverse=*/false, /*schedule=*/nullptr);
    cloneRegion(op.getStep(), scan.getStep(), tile,
                {{time, slicer.getFirst()}, {history, earlier.getFirst()}});
    return llvm::to_vector_of<Value>(scan->getResults());
  }

  void finish(OpBuilder &b, ValueRange state) override {
    countOwn(b);
    for (auto [i, input] : llvm::enumerate(op.getInputs()))
      if (!own[i])
        own[i] = slicer.get(input);
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    Value one = arith::ConstantIndexOp::create(b, loc, 1);
    Value block = arith::ConstantIndexOp::create(b, loc, context.block);
    SmallVector<Value> states(state);
    auto loop = scf::ForOp::create(
        b, loc, zero, block, one, createOutputs(b),
        [&](OpBuilder &b, Location loc, Value i, ValueRange outputs) {
          scf::YieldOp::create(b, loc, finishToken(b, i, states, outputs));
        });
    for (auto [whole, part] :
         llvm::zip(op.getOutputResults(), loop.getResults()))
      slicer.set(whole, part);
  }

private:
  /// Token `i` of the block rereads the block up to itself: all that it is given.
  SmallVector<Value> finishToken(OpBuilder &b, Value i, ValueRange states,
                                 ValueRange outputs) {
    OpFoldResult one = b.getIndexAttr(1);
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    OpFoldResult size = one;
    if (context.block > 1)
      size = arith::AddIOp::create(b, loc, i,
                                   arith::ConstantIndexOp::create(b, loc, 1))
                 .getResult();
    Tile tile;
    for (auto [n, input] : llvm::enumerate(op.getInputs())) {
      AffineMap map = op.getInputMap(n);
      std::optional<unsigned> dim = context.stack.getTokenDim(input);
      Value part = own[n];
      if (op.isHistoryInput(n))
        part = extractTokens(b, loc, part, *dim, zero, size);
      else if (dim)
        part = extractTokens(b, loc, part, *dim, i, one);
      tile.addInput(part, map);
    }
    for (auto [whole, output] : llvm::zip(op.getOutputs(), outputs))
      tile.outputs.push_back(extractTokens(
          b, loc, output, *context.stack.getTokenDim(whole), i, one));
    for (auto [n, state] : llvm::enumerate(states))
      tile.states.push_back(
          takeState(b, state, op.getInitMap(n).getNumResults(), i));

    SmallVector<AffineMap> maps = getOutputMaps();
    llvm::append_range(maps, getInitMaps());
    Value token = arith::AddIOp::create(b, loc, slicer.getFirst(), i);
    auto rescan = RescanOp::create(
        b, loc, tile.getResultTypes(), tile.inputs, tile.outputs, tile.states,
        tile.getMaps(b, maps), recur::Boundary::Reset, recur::History::All);
    cloneRegion(op.getStep(), rescan.getStep(), tile,
                {{time, token}, {history, slicer.getFirst()}});
    cloneRegion(op.getRead(), rescan.getRead(), tile, {{time, token}});
    SmallVector<Value> next;
    for (auto [whole, part, output] :
         llvm::zip(op.getOutputs(), rescan.getOutputResults(), outputs))
      next.push_back(insertTokens(b, loc, part, output,
                                  *context.stack.getTokenDim(whole), i, one));
    return next;
  }

  /// `states`[.., i, ..] along dimension `k`.
  Value takeState(OpBuilder &b, Value states, unsigned k, Value i) {
    auto type = cast<RankedTensorType>(states.getType());
    SmallVector<OpFoldResult> sizes =
        getAsIndexOpFoldResult(b.getContext(), type.getShape());
    SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
    SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
    offsets[k] = i;
    sizes[k] = b.getIndexAttr(1);
    SmallVector<int64_t> shape(type.getShape());
    shape.erase(shape.begin() + k);
    return tensor::ExtractSliceOp::create(
        b, loc, RankedTensorType::get(shape, type.getElementType()), states,
        offsets, sizes, strides);
  }

  unsigned history;
};
} // namespace

std::unique_ptr<BlockMixer>
mlir::attn::createBlockMixer(const RewriteContext &context, Scope &scope,
                             TokenSlicer &slicer, ScanOp op) {
  return std::make_unique<ScanMixer>(context, scope, slicer, op);
}

std::unique_ptr<BlockMixer>
mlir::attn::createBlockMixer(const RewriteContext &context, Scope &scope,
                             TokenSlicer &slicer, RescanOp op) {
  return std::make_unique<RescanMixer>(context, scope, slicer, op);
}
