//===- Mixer.cpp - What mixes the tokens of a sequence ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/Mixer.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;
using recur::RescanOp;
using recur::ScanOp;

bool mlir::attn::isMixer(Operation *op) {
  if (auto attention = dyn_cast<AttentionOp>(op))
    return hidesKeysAfterQuery(attention.getMaskAttr());
  return isa<ScanOp, RescanOp>(op);
}

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

static SmallVector<TokenAxis> getAxes(AttentionOp op) {
  auto getAxis = [&](OpOperand &operand, unsigned loop) -> TokenAxis {
    auto dim = op.getMatchingIndexingMap(&operand).getResultPosition(
        getAffineDimExpr(loop, op.getContext()));
    return {operand.get(), *dim};
  };
  return {getAxis(op.getQueryMutable(), op.getQueryDim()),
          getAxis(op.getKeyMutable(), op.getKeyDim())};
}

/// Some operand of a recurrence that has `loop`: the verifier wants one.
template <typename OpTy>
static TokenAxis findAxis(OpTy op, unsigned loop) {
  AffineExpr expr = getAffineDimExpr(loop, op.getContext());
  for (auto [operand, map] :
       llvm::zip_equal(op->getOperands(), op.getIndexingMapsArray()))
    if (auto dim = map.getResultPosition(expr))
      return {operand, *dim};
  llvm_unreachable("a loop of a recurrence that no operand has");
}

static SmallVector<TokenAxis> getAxes(ScanOp op) {
  return {findAxis(op, op.getTimeDim())};
}

static SmallVector<TokenAxis> getAxes(RescanOp op) {
  return {findAxis(op, op.getTimeDim()), findAxis(op, op.getHistoryDim())};
}

SmallVector<TokenAxis> mlir::attn::getTokenAxes(Operation *mixer) {
  return TypeSwitch<Operation *, SmallVector<TokenAxis>>(mixer)
      .Case<AttentionOp, ScanOp, RescanOp>([](auto op) { return getAxes(op); });
}

//===----------------------------------------------------------------------===//
// Operands of earlier tokens
//===----------------------------------------------------------------------===//

static SmallVector<Value> getKeyed(AttentionOp op) {
  SmallVector<Value> keyed;
  for (OpOperand *operand : op.getMappedOperands())
    if (op.getMatchingIndexingMap(operand).isFunctionOfDim(op.getKeyDim()))
      keyed.push_back(operand->get());
  return keyed;
}

bool mlir::attn::isReadByStep(ScanOp op, unsigned i) {
  Block *step = op.getStepBody() ? op.getStepBody() : op.getLiftBody();
  return !step->getArgument(i).use_empty();
}

bool mlir::attn::isReadByStep(RescanOp op, unsigned i) {
  return !op.getStepBody()->getArgument(i).use_empty();
}

template <typename OpTy>
static SmallVector<Value> getReadByStep(OpTy op, unsigned loop) {
  SmallVector<Value> keyed;
  for (auto [i, input] : llvm::enumerate(op.getInputs()))
    if (op.getInputMap(i).isFunctionOfDim(loop) && isReadByStep(op, i))
      keyed.push_back(input);
  return keyed;
}

static SmallVector<Value> getKeyed(ScanOp op) {
  return getReadByStep(op, op.getTimeDim());
}

static SmallVector<Value> getKeyed(RescanOp op) {
  return getReadByStep(op, op.getHistoryDim());
}

SmallVector<Value> mlir::attn::getKeyedOperands(Operation *mixer) {
  return TypeSwitch<Operation *, SmallVector<Value>>(mixer)
      .Case<AttentionOp, ScanOp, RescanOp>([](auto op) { return getKeyed(op); });
}

//===----------------------------------------------------------------------===//
// Refusals
//===----------------------------------------------------------------------===//

static StringRef getRefusal(AttentionOp op) {
  if (op.getQueryOffset() || op.getValidKeys())
    return "it has a query offset or a number of valid keys; in a stack query "
           "and key of a token have one position";
  if (op.getMaskTensor())
    return "its mask is a tensor of queries and keys; use a mask attribute or a "
           "score region";
  return "";
}

template <typename OpTy>
static StringRef getRecurrenceRefusal(OpTy op) {
  if (op.getOutputs().empty())
    return "it has no outputs; give it one for each token";
  if (!llvm::all_of(op.getFinalStates(),
                    [](Value state) { return state.use_empty(); }))
    return "its final state is used, which no token has; use its outputs";
  if (getKeyed(op).empty())
    return "its step reads nothing of earlier tokens; compute its states before "
           "the stack, as a table";
  return "";
}

static StringRef getRefusal(ScanOp op) {
  if (op.getReverse())
    return "it goes from the last token to the first; reverse the sequence "
           "before the stack";
  return getRecurrenceRefusal(op);
}

static StringRef getRefusal(RescanOp op) {
  if (op.getBoundary() == recur::Boundary::Chain)
    return "it begins with the state that the token before left; use the "
           "boundary 'reset'";
  if (op.getHistory() == recur::History::All)
    return "it reads the tokens after its own; use the history 'prefix'";
  return getRecurrenceRefusal(op);
}

StringRef mlir::attn::getMixerRefusal(Operation *mixer) {
  return TypeSwitch<Operation *, StringRef>(mixer)
      .Case<AttentionOp, ScanOp, RescanOp>(
          [](auto op) { return getRefusal(op); });
}
