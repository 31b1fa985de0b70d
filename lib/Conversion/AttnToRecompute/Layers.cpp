//===- Layers.cpp - Evaluation of a stack for one block of tokens ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Layers.h"
#include "Mixers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Mixers
//===----------------------------------------------------------------------===//

std::unique_ptr<BlockMixer>
mlir::attn::createBlockMixer(const RewriteContext &context, Scope &scope,
                             TokenSlicer &slicer, const Layer &layer) {
  return TypeSwitch<Operation *, std::unique_ptr<BlockMixer>>(layer.mixer)
      .Case<AttentionOp, recur::ScanOp, recur::RescanOp>([&](auto op) {
        return createBlockMixer(context, scope, slicer, op);
      });
}

void mlir::attn::emitMixer(OpBuilder &b, const RewriteContext &context,
                           Scope &scope, TokenSlicer &slicer, Layer &layer,
                           ArrayRef<History> histories) {
  Location loc = layer.mixer->getLoc();
  if (context.count)
    emitCount(b, loc, "blocks");
  std::unique_ptr<BlockMixer> mixer =
      createBlockMixer(context, scope, slicer, layer);
  SmallVector<Value> state = mixer->start(b);
  Value step = arith::ConstantIndexOp::create(b, loc, context.block);
  for (const History &history : histories) {
    auto loop = scf::ForOp::create(b, loc, history.begin, history.end, step,
                                   state);
    OpBuilder::InsertionGuard inLoop(b);
    b.setInsertionPointToStart(loop.getBody());
    TokenSlicer earlier(b, context, scope, loop.getInductionVar(),
                        /*isWhole=*/true);
    history.provide(b, earlier);
    scf::YieldOp::create(b, loc,
                         mixer->fold(b, earlier, loop.getRegionIterArgs()));
    state.assign(loop.getResults().begin(), loop.getResults().end());
  }
  mixer->finish(b, state);
}

Value mlir::attn::emitFirstVisible(OpBuilder &b, const RewriteContext &context,
                                   const Layer &layer, Value first) {
  MaskAlgebra algebra(b, first.getLoc());
  auto mixer = dyn_cast<AttentionOp>(layer.mixer);
  if (!mixer) // A recurrence has no mask.
    return algebra.materialize(algebra.constant(0));
  MaskAlgebra::Interval queries{
      first, algebra.add(first, algebra.constant(context.block))};
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

/// The tensor that is in the memory of a destination: itself, or what the layer below
/// has put there.
static Value getHolder(Value destination) {
  for (Operation *user : destination.getUsers())
    if (auto call = dyn_cast<func::CallOp>(user))
      for (auto [i, result] : llvm::enumerate(call.getResults()))
        if (call.getOperand(1 + i) == destination)
          return result;
  return destination;
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

  // Copied, not computed there: a destination may hold what enters, which is read
  // until all that leaves is known.
  SmallVector<Value> results;
  for (Value output : outputs)
    results.push_back(slicer.get(output));
  for (auto [result, destination] : llvm::zip(results, destinations))
    result = linalg::CopyOp::create(b, loc, result, getHolder(destination))
                 .getResult(0);
  func::ReturnOp::create(b, loc, results);
  function.setType(b.getFunctionType(body->getArgumentTypes(), types));
  // What all tokens share is written by none: a caller would copy all of it.
  for (unsigned i = arguments.size(); i < function.getNumArguments(); ++i)
    function.setArgAttr(
        i, bufferization::BufferizationDialect::kWritableAttrName,
        b.getBoolAttr(false));
  return {function, llvm::to_vector(scope.getArguments())};
}
