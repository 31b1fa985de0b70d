//===- StackCost.cpp - What the layers of a stack cost, read from IR ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/StackCost.h"
#include "attn/Dialect/Recur/Transforms/Transforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

namespace {
using Ops = llvm::SmallSetVector<Operation *, 32>;

class LayerReader {
public:
  LayerReader(const Stack &stack) : stack(stack) {}

  /// Layer `layer`, which gives `outputs` to what follows.
  LayerCost read(Layer layer, ArrayRef<Value> outputs) {
    Operation *mixer = layer.mixer;
    Ops keys = slice(layer.getKeyedOperands(), layer.inputs);
    SmallVector<Value> all(outputs);
    llvm::append_range(all, mixer->getOperands());
    llvm::append_range(all, layer.getKeyedOperands());
    Ops work = slice(all, layer.inputs);

    LayerCost cost;
    TypeSwitch<Operation *>(mixer)
        .Case<AttentionOp, recur::ScanOp, recur::RescanOp>(
            [&](auto op) { readMixer(op, cost); });
    for (Operation *op : work)
      (keys.contains(op) ? cost.keyFlops : cost.tokenFlops) += getFlops(op);
    cost.inputBytes = getBytes(layer.inputs);
    llvm::SmallSetVector<Value, 4> kept;
    for (Value value : layer.getKeyedOperands())
      if (value.getDefiningOp())
        kept.insert(value);
    cost.keyValueBytes = getBytes(kept.getArrayRef());
    cost.workBytes = getWorkBytes(work);
    return cost;
  }

  /// Bytes of one token.
  int64_t getBytes(ArrayRef<Value> values) {
    int64_t bytes = 0;
    for (Value value : values)
      bytes += getElements(value) *
               llvm::divideCeil(getElementTypeOrSelf(value).getIntOrFloatBitWidth(), 8);
    return bytes;
  }

private:
  const Stack &stack;

  void readMixer(AttentionOp op, LayerCost &cost) {
    SmallVector<int64_t> sizes = op.getStaticLoopRanges();
    int64_t heads = 1;
    for (unsigned i = 0; i < op.getNumBatchDims(); ++i)
      heads *= sizes[i];
    int64_t features = sizes[op.getFeatureDim()];
    int64_t values = sizes[op.getValueDim()];
    int64_t stateBytes = op.getStateType().getWidth() / 8;
    cost.folds = heads;
    cost.pairFlops = 2 * heads * (features + values);
    cost.stateBytes = heads * (features + values + 2) * stateBytes;
    cost.scoreBytes = 2 * heads * stateBytes;
    cost.left = getLeft(op);
    cost.prefixKeys = getKeyPrefix(op).rows;
  }

  /// A monoid costs what its action does.
  void readMixer(recur::ScanOp op, LayerCost &cost) {
    OwningOpRef<Operation *> copy = op->clone();
    auto expanded = cast<recur::ScanOp>(*copy);
    IRRewriter rewriter(op.getContext());
    recur::expandMonoid(rewriter, expanded);
    readRecurrence(op, expanded.getStepBody(), cost, [&](unsigned i) {
      Block *read = op.getReadBody();
      return read && !read->getArgument(i).use_empty();
    });
  }

  /// `read` has no arguments of the history: those of the tokens wait for it.
  void readMixer(recur::RescanOp op, LayerCost &cost) {
    readRecurrence(op, op.getStepBody(), cost,
                   [&](unsigned i) { return op.isTokenInput(i); });
  }

  /// `waits`: whether an input of the token is needed beside the state.
  template <typename OpTy>
  void readRecurrence(OpTy op, Block *step, LayerCost &cost,
                      function_ref<bool(unsigned)> waits) {
    SmallVector<int64_t> sizes = op.getStaticLoopRanges();
    int64_t batch = 1;
    for (int64_t size : ArrayRef(sizes).take_front(op.getNumBatchDims()))
      batch *= size;
    cost.folds = batch;
    cost.pairFlops = batch * getFlops(step);
    if (Block *read = op.getReadBody())
      cost.tokenFlops = batch * getFlops(read);
    cost.stateBytes = getBytes(llvm::to_vector(op.getInits()));
    for (auto [i, input] : llvm::enumerate(op.getInputs()))
      if (stack.getTokenDim(input) && waits(i))
        cost.stateBytes += getBytes({input});
    // The elements of the batch take turns.
    for (Operation &inner : *step)
      if (!isa<tensor::EmptyOp, arith::ConstantOp>(inner))
        for (Value result : inner.getResults())
          if (isa<RankedTensorType>(result.getType()))
            cost.scoreBytes += getBytes({result});
  }

  /// Elements of one token.
  int64_t getElements(Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      return 1;
    std::optional<unsigned> tokenDim = stack.getTokenDim(value);
    int64_t elements = 1;
    for (auto [dim, size] : llvm::enumerate(type.getShape()))
      if (dim != tokenDim)
        elements *= size;
    return elements;
  }

  /// What `values` are computed by, back to `inputs` and the function's own.
  Ops slice(ArrayRef<Value> values, ArrayRef<Value> inputs) {
    Ops ops;
    SmallVector<Value> worklist(values);
    while (!worklist.empty()) {
      Value value = worklist.pop_back_val();
      Operation *op = value.getDefiningOp();
      if (!op || !stack.getTokenDim(value) || llvm::is_contained(inputs, value) ||
          isa<AttentionOp, recur::ScanOp, recur::RescanOp>(op) ||
          !ops.insert(op))
        continue;
      llvm::append_range(worklist, op->getOperands());
    }
    return ops;
  }

  /// Operations of one run of a region.
  int64_t getFlops(Block *body) {
    int64_t flops = 0;
    for (Operation &op : *body)
      flops += getFlops(&op);
    return flops;
  }

  /// Operations for one token.
  int64_t getFlops(Operation *op) {
    if (OpTrait::hasElementwiseMappableTraits(op))
      return isArithmetic(op) ? getElements(op->getResult(0)) : 0;
    auto structured = dyn_cast<linalg::LinalgOp>(op);
    if (!structured)
      return 0;
    int64_t iterations = 1;
    std::optional<unsigned> tokens = stack.getTokenLoop(op);
    for (auto [loop, size] : llvm::enumerate(structured.getStaticLoopRanges()))
      if (loop != tokens)
        iterations *= size;
    return iterations *
           llvm::count_if(*structured.getBlock(), [](Operation &inner) {
             return isArithmetic(&inner);
           });
  }

  static bool isArithmetic(Operation *op) {
    return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
               arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
               arith::MinNumFOp, math::FmaOp>(op) ||
           isa<math::MathDialect>(op->getDialect());
  }

  /// The most that lives at one time of what is made between two mixers, per
  /// token. Destinations are the memory of what is put into them, and a reshaped
  /// tensor is that of its source.
  int64_t getWorkBytes(const Ops &work) {
    Block &body = stack.getBody();
    SmallVector<Operation *> order;
    for (Operation &op : body)
      if (work.contains(&op) && !isa<tensor::EmptyOp, linalg::FillOp>(op))
        order.push_back(&op);
    llvm::DenseMap<Operation *, unsigned> position;
    for (auto [i, op] : llvm::enumerate(order))
      position[op] = i;
    int64_t most = 0;
    for (unsigned i = 0; i < order.size(); ++i) {
      if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(order[i]))
        continue;
      int64_t bytes = 0;
      for (Operation *op : ArrayRef(order).take_front(i + 1))
        if (isa<RankedTensorType>(op->getResult(0).getType()) &&
            llvm::any_of(op->getUsers(), [&](Operation *user) {
              auto it = position.find(body.findAncestorOpInBlock(*user));
              return it == position.end() || it->second >= i;
            }))
          bytes += getBytes(llvm::to_vector_of<Value>(op->getResults()));
      most = std::max(most, bytes);
    }
    return most;
  }

  /// How far back a query sees, if not to the first token.
  static std::optional<int64_t> getLeft(AttentionOp mixer) {
    constexpr int64_t kFar = int64_t(1) << 60;
    MaskAlgebra algebra(mixer.getContext());
    MaskAlgebra::Int query = algebra.constant(kFar);
    MaskAlgebra::Int begin =
        mixer.getMaskAttr()
            .getVisibleKeys(algebra,
                            {query, algebra.add(query, algebra.constant(1))})
            .begin;
    std::optional<int64_t> first = MaskAlgebra::getConstant(begin);
    if (!first || *first <= 0)
      return std::nullopt;
    return kFar - *first;
  }
};
} // namespace

StackCost mlir::attn::getStackCost(const Stack &stack) {
  LayerReader reader(stack);
  StackCost cost;
  cost.length = stack.length;
  SmallVector<Value> results = stack.getOutputs();
  for (size_t i = 0; i < stack.layers.size(); ++i)
    cost.layers.push_back(reader.read(
        stack.layers[i], i + 1 < stack.layers.size()
                             ? ArrayRef(stack.layers[i + 1].inputs)
                             : ArrayRef(results)));
  for (BlockArgument argument : stack.getBody().getArguments())
    if (stack.getTokenDim(argument))
      cost.diskBytes += reader.getBytes({argument});
  return cost;
}

FailureOr<std::optional<PlannedStack>>
mlir::attn::getPlannedStack(func::FuncOp function) {
  auto plan = function->getAttrOfType<PlanAttr>(AttnDialect::kPlan);
  if (!plan)
    return std::optional<PlannedStack>();
  FailureOr<Stack> stack = analyzeStack(function);
  if (failed(stack) || failed(verifyStaticSizes(*stack)) ||
      failed(verifyPlan(*stack, plan)))
    return failure();
  Value sequence = stack->getSequence();
  return std::optional(PlannedStack{
      getStackCost(*stack), plan,
      cast<BlockArgument>(sequence).getArgNumber(),
      *stack->getTokenDim(sequence), evaluatesPicksOnly(*stack, plan)});
}

FailureOr<int64_t> mlir::attn::getPlanLength(func::FuncOp function,
                                             const StackCost &stack,
                                             std::optional<int64_t> given) {
  if (!ShapedType::isDynamic(stack.length))
    return stack.length;
  if (!given)
    return emitError(function.getLoc(),
                     "a plan depends on the number of tokens, which is free "
                     "here; say how many to plan for (length)");
  return *given;
}

SpaceTime PlannedStack::evaluate(int64_t length) const {
  Plan segments = Plan::get(plan);
  SpaceTime whole = attn::evaluate(cost, segments, length);
  if (!lastOnly || length == 0)
    return whole;
  // What the last block adds.
  int64_t before = llvm::alignTo(length, segments.block) - segments.block;
  SpaceTime shorter = attn::evaluate(cost, segments, before);
  whole.counts.folds -= shorter.counts.folds;
  whole.counts.blockEvaluations -= shorter.counts.blockEvaluations;
  whole.counts.diskReads -= shorter.counts.diskReads;
  whole.counts.flops -= shorter.counts.flops;
  return whole;
}
