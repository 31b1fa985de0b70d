//===- Mixer.cpp - What mixes the tokens of a sequence ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/Mixer.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
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
// Prefixes of keys
//===----------------------------------------------------------------------===//

/// The dimension of an operand that is the keys, if it has one.
static std::optional<unsigned> getKeyDim(AttentionOp op, OpOperand &operand) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  return map ? map.getResultPosition(
                   getAffineDimExpr(op.getKeyDim(), op.getContext()))
             : std::nullopt;
}

/// concat(prefix, keys of tokens) along the keys of `operand`
static tensor::ConcatOp getJoined(AttentionOp op, OpOperand &operand) {
  auto join = operand.get().getDefiningOp<tensor::ConcatOp>();
  std::optional<unsigned> dim = getKeyDim(op, operand);
  bool isJoin =
      join && join.getInputs().size() == 2 && dim == join.getDim() &&
      !cast<RankedTensorType>(join.getInputs()[0].getType()).isDynamicDim(*dim);
  return isJoin ? join : tensor::ConcatOp();
}

KeyPrefix mlir::attn::getKeyPrefix(Operation *mixer) {
  auto op = dyn_cast<AttentionOp>(mixer);
  std::optional<int64_t> rows =
      op && op.getQueryOffset() ? getConstantIntValue(op.getQueryOffset())
                                : std::nullopt;
  if (!rows || *rows <= 0)
    return {};
  KeyPrefix prefix{*rows, {}};
  for (OpOperand *operand : op.getMappedOperands()) {
    std::optional<unsigned> dim = getKeyDim(op, *operand);
    if (!dim)
      continue;
    tensor::ConcatOp join = getJoined(op, *operand);
    if (!join || cast<RankedTensorType>(join.getInputs()[0].getType())
                         .getDimSize(*dim) != *rows)
      return {};
    prefix.keyed.push_back(join.getInputs()[0]);
  }
  return prefix;
}

/// Of tokens alone: without the prefix that some are joined with.
static SmallVector<Value> getKeyed(AttentionOp op) {
  bool hasPrefix = !getKeyPrefix(op).keyed.empty();
  SmallVector<Value> keyed;
  for (OpOperand *operand : op.getMappedOperands())
    if (getKeyDim(op, *operand))
      keyed.push_back(hasPrefix ? getJoined(op, *operand).getInputs()[1]
                                : operand->get());
  return keyed;
}

bool mlir::attn::joinsKeyPrefix(Operation *op) {
  return isa<tensor::ConcatOp>(op) && !op->use_empty() &&
         llvm::all_of(op->getUses(), [](OpOperand &use) {
           auto attention = dyn_cast<AttentionOp>(use.getOwner());
           return attention && isMixer(attention) &&
                  getJoined(attention, use) &&
                  !getKeyPrefix(attention).keyed.empty();
         });
}

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

static SmallVector<TokenAxis> getAxes(AttentionOp op) {
  std::optional<unsigned> queryDim =
      op.getQueryMap().getResultPosition(
          getAffineDimExpr(op.getQueryDim(), op.getContext()));
  return {{op.getQuery(), *queryDim},
          {getKeyed(op).front(), *getKeyDim(op, op.getKeyMutable())}};
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
  bool hasPrefix = !getKeyPrefix(op).keyed.empty();
  if (hasPrefix && !showsKeysUpToQuery(op.getMaskAttr()))
    return "its mask hides some of the keys before a query, and it has a prefix "
           "of keys; leave out one of both";
  if ((op.getQueryOffset() && !hasPrefix) || op.getValidKeys())
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
