//===- TokenWise.h - Functions on sequences as stacks of layers -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A stack is an ordinary function: work on each token by itself, and between it
// mixers, attentions and recurrences that see the tokens up to their own. Which
// dimension of which value is the tokens follows from the indexing maps: dimensions
// that share an index are one axis, and the axis of the queries and keys of causal
// attention, or that which recurrences go along, is the tokens.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_TOKENWISE_H
#define ATTN_ANALYSIS_TOKENWISE_H

#include "attn/Analysis/Mixer.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {

/// A layer: a mixer and the token-wise work up to the next one.
struct Layer {
  Operation *mixer;
  /// What enters the layer, as values that have tokens: where the function is
  /// narrowest between the mixer before and this one. Inputs of the function are
  /// not among them, they are there anyway.
  SmallVector<Value> inputs;

  /// What is asked of each earlier token.
  SmallVector<Value> getKeyedOperands() const {
    return attn::getKeyedOperands(mixer);
  }
};

class Stack {
public:
  func::FuncOp function;
  Block *body = nullptr; // Of the function, its only one.
  SmallVector<Layer> layers;
  /// What leaves the function with all tokens: operands of its last operations.
  SmallVector<OpOperand *> results;
  /// What takes one token of a value, such as the last: work on that alone follows.
  SmallVector<tensor::ExtractSliceOp> picks;

  /// The values that leave the token-wise part.
  SmallVector<Value> getOutputs() const;

  /// The dimension of `value` that is the tokens; none if `value` is the same for
  /// all of them.
  std::optional<unsigned> getTokenDim(Value value) const {
    auto it = tokenDims.find(value);
    return it == tokenDims.end() ? std::nullopt : std::optional(it->second);
  }
  /// The loop of `op` that goes over tokens.
  std::optional<unsigned> getTokenLoop(Operation *op) const {
    auto it = tokenLoops.find(op);
    return it == tokenLoops.end() ? std::nullopt : std::optional(it->second);
  }
  /// Number of tokens, if static.
  int64_t length = ShapedType::kDynamic;
  /// An input of the function that has tokens: its size is their number.
  Value getSequence();
  Block &getBody() const { return *body; }

  llvm::DenseMap<Value, unsigned> tokenDims;
  llvm::DenseMap<Operation *, unsigned> tokenLoops;
};

/// Whether keys or values are computed, which can be done again; inputs of the
/// function are there, moved or not, and a single key is used at once.
bool hasComputedKeys(AttentionOp op);

/// Whether `function` has a layer: what a plan is about.
bool isStack(func::FuncOp function);

/// The stack of `function`, or an error at the operation that is not token-wise.
/// A function without mixers is a stack without layers.
FailureOr<Stack> analyzeStack(func::FuncOp function);

/// All sizes but the number of tokens are static, so that frames have a size; or an
/// error at the value whose size is not.
LogicalResult verifyStaticSizes(Stack &stack);

/// `plan` is one of `stack`, or an error says why not.
LogicalResult verifyPlan(Stack &stack, PlanAttr plan);

/// The plan that keeps nothing.
PlanAttr getRecomputePlan(const Stack &stack);

/// Whether only single tokens are asked for and nothing is kept of the others: then
/// these are evaluated and no more.
bool evaluatesPicksOnly(const Stack &stack, PlanAttr plan);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_TOKENWISE_H
