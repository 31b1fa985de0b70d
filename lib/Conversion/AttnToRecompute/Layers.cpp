//===- Layers.cpp - Evaluation of a stack for one block of tokens ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Layers.h"
#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Mixers
//===----------------------------------------------------------------------===//

/// The attention of one block of tokens to itself, on tiles; those with a row for
/// each key are left to be filled in.
static AttentionOp createTile(OpBuilder &b, const RewriteContext &context,
                              Scope &scope, TokenSlicer &slicer, Layer &layer) {
  AttentionOp op = layer.mixer;
  // One value may be several operands.
  SmallVector<Value> operands;
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!map || !map.isFunctionOfDim(op.getKeyDim())) {
      operands.push_back(slicer.get(operand.get()));
      continue;
    }
    RankedTensorType type = context.getTileType(operand.get());
    operands.push_back(tensor::EmptyOp::create(b, op.getLoc(), type.getShape(),
                                               type.getElementType()));
  }
  IRMapping mapping;
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  for (Value value : captured)
    mapping.map(value, scope.get(value));
  auto tile = cast<AttentionOp>(b.clone(*op, mapping));
  tile->setOperands(operands);
  for (auto [init, result] : llvm::zip(tile.getDpsInits(), tile->getResults()))
    result.setType(init.getType());
  tile.removeFormAttr();
  return tile;
}

/// fold(state, keys of `slicer`); all of them are visible unless `isMasked`.
static FoldOp emitFold(OpBuilder &b, FoldOp pattern, const Layer &layer,
                       ArrayRef<Value> keyed, TokenSlicer &slicer,
                       Value firstQuery, ValueRange state, bool isMasked) {
  Location loc = pattern.getLoc();
  SmallVector<Value> tiles;
  for (Value whole : keyed)
    tiles.push_back(slicer.get(whole));
  SmallVector<Value> origin(pattern.getNumBatchDims(),
                            arith::ConstantIndexOp::create(b, loc, 0));
  origin.append({firstQuery, slicer.getFirst()});
  auto fold = cast<FoldOp>(b.clone(*pattern));
  auto next = tiles.begin();
  for (OpOperand *operand : fold.getMappedOperands())
    if (!fold.isDpsInit(operand) &&
        fold.getMatchingIndexingMap(operand).isFunctionOfDim(fold.getKeyDim()))
      operand->set(*next++);
  fold.getDpsInitsMutable().assign(state);
  fold.getOriginMutable().assign(origin);
  if (!isMasked)
    fold.dropMask();
  return fold;
}

void mlir::attn::emitMixer(OpBuilder &b, const RewriteContext &context,
                           Scope &scope, TokenSlicer &slicer, Layer &layer,
                           ArrayRef<History> histories) {
  AttentionOp op = layer.mixer;
  Location loc = op.getLoc();
  if (context.count)
    emitCount(b, loc, "blocks");
  SmallVector<Value> keyed = layer.getKeyedOperands();
  bool showsHistory = showsKeysUpToQuery(op.getMaskAttr());

  AttentionOp tile = createTile(b, context, scope, slicer, layer);
  IRRewriter rewriter(b);
  StateLayout layout = hasFewQueries(tile) ? StateLayout::QueryRows
                                           : StateLayout::QueryLanes;
  FoldedAttention folded = foldAttention(rewriter, tile, layout);

  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(folded.fold);
  SmallVector<Value> state(folded.fold.getDpsInits());
  Value step = arith::ConstantIndexOp::create(b, loc, context.block);
  for (const History &history : histories) {
    auto loop = scf::ForOp::create(b, loc, history.begin, history.end, step,
                                   state);
    OpBuilder::InsertionGuard inLoop(b);
    b.setInsertionPointToStart(loop.getBody());
    TokenSlicer earlier(b, context, scope, loop.getInductionVar(),
                        /*isWhole=*/true);
    history.provide(b, earlier);
    FoldOp fold = emitFold(b, folded.fold, layer, keyed, earlier,
                           slicer.getFirst(), loop.getRegionIterArgs(),
                           /*isMasked=*/!showsHistory);
    scf::YieldOp::create(b, loc, fold->getResults());
    state.assign(loop.getResults().begin(), loop.getResults().end());
  }
  FoldOp diagonal = emitFold(b, folded.fold, layer, keyed, slicer,
                             slicer.getFirst(), state,
                             /*isMasked=*/context.block > 1 || !showsHistory);
  rewriter.replaceOp(folded.fold, diagonal);
  for (auto [whole, part] :
       llvm::zip(op->getResults(), folded.finish->getResults()))
    slicer.set(whole, part);
}

Value mlir::attn::emitFirstVisible(OpBuilder &b, const RewriteContext &context,
                                   const Layer &layer, Value first) {
  MaskAlgebra algebra(b, first.getLoc());
  MaskAlgebra::Interval queries{
      first, algebra.add(first, algebra.constant(context.block))};
  AttentionOp mixer = layer.mixer;
  MaskAlgebra::Int begin =
      mixer.getMaskAttr().getVisibleKeys(algebra, queries).begin;
  return algebra.materialize(algebra.alignDown(
      algebra.max(begin, algebra.constant(0)), context.block));
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

SmallVector<Value> LayerFunction::call(OpBuilder &b, Location loc, Scope &scope,
                                       Value first,
                                       ValueRange destinations) const {
  func::FuncOp callee = function;
  SmallVector<Value> operands = {first};
  if (callee.getResultTypes() == destinations.getTypes())
    llvm::append_range(operands, destinations);
  else
    for (Type type : callee.getResultTypes())
      operands.push_back(tensor::EmptyOp::create(
          b, loc, cast<RankedTensorType>(type).getShape(),
          getElementTypeOrSelf(type)));
  for (Value value : shared)
    operands.push_back(scope.get(value));
  return llvm::to_vector_of<Value>(
      func::CallOp::create(b, loc, callee, operands).getResults());
}

LayerFunction mlir::attn::createLayerFunction(
    const RewriteContext &context, StringRef name, ArrayRef<Value> outputs,
    function_ref<void(OpBuilder &, Scope &, TokenSlicer &, ValueRange)> emit) {
  func::FuncOp original = context.stack.function;
  Location loc = original.getLoc();
  OpBuilder b(original);
  SmallVector<Type> types;
  for (Value output : outputs)
    types.push_back(context.getTileType(output));
  SmallVector<Type> arguments = {b.getIndexType()};
  llvm::append_range(arguments, types);
  auto function = func::FuncOp::create(b, loc, name,
                                       b.getFunctionType(arguments, types));
  function.setPrivate();
  function->setAttr(AttnDialect::kFrame, b.getUnitAttr());
  // It must stay a function: inlined, there would be 2^N copies of the lowest.
  function->setAttr("llvm.linkage",
                    LLVM::LinkageAttr::get(b.getContext(),
                                           LLVM::Linkage::Internal));
  function->setAttr("passthrough", b.getStrArrayAttr({"noinline"}));
  Block *body = function.addEntryBlock();
  b.setInsertionPointToStart(body);
  Scope scope(function);
  // It is asked for what came before some token.
  TokenSlicer slicer(b, context, scope, body->getArgument(0), /*isWhole=*/true);
  SmallVector<Value> destinations(body->getArguments().drop_front());
  emit(b, scope, slicer, destinations);

  SmallVector<Value> results;
  for (auto [output, destination] : llvm::zip(outputs, destinations))
    results.push_back(bufferization::MaterializeInDestinationOp::create(
                          b, loc, slicer.get(output), destination)
                          .getResult());
  func::ReturnOp::create(b, loc, results);
  function.setType(b.getFunctionType(body->getArgumentTypes(), types));
  // What all tokens share is not its memory to write in: not a cache, although
  // it may be the last to read a token of it.
  for (unsigned i = arguments.size(); i < body->getNumArguments(); ++i)
    function.setArgAttr(i,
                        bufferization::BufferizationDialect::kWritableAttrName,
                        b.getBoolAttr(false));
  return {function, llvm::to_vector(scope.getArguments())};
}
