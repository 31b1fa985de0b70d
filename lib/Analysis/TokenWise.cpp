//===- TokenWise.cpp - Functions on sequences as stacks of layers ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/TokenWise.h"
#include "attn/Analysis/SizeClasses.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

SmallVector<Value> Stack::getOutputs() const {
  SmallVector<Value> outputs;
  for (OpOperand *result : results)
    outputs.push_back(result->get());
  for (tensor::ExtractSliceOp pick : picks)
    outputs.push_back(pick.getSource());
  return outputs;
}

Value Stack::getSequence() {
  for (BlockArgument argument : function.getArguments())
    if (getTokenDim(argument))
      return argument;
  return nullptr;
}

/// Whether `value` is made of inputs of the function by moving elements alone.
static bool isMovedInput(Value value) {
  SmallVector<Value> worklist = {value};
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || isa<tensor::EmptyOp>(op))
      continue;
    if (!isa<tensor::CastOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp,
             tensor::ExtractSliceOp, tensor::InsertSliceOp, tensor::ConcatOp,
             linalg::TransposeOp, linalg::BroadcastOp>(op))
      return false;
    for (Value operand : op->getOperands())
      if (isa<TensorType>(operand.getType()))
        worklist.push_back(operand);
  }
  return true;
}

bool mlir::attn::hasComputedKeys(AttentionOp op) {
  if (op.getStaticLoopRanges()[op.getKeyDim()] == 1)
    return false; // Canonicalization takes the mask of such an attention.
  return !isMovedInput(op.getKey()) || !isMovedInput(op.getValue());
}

bool mlir::attn::isStack(func::FuncOp function) {
  return function
      .walk([](AttentionOp op) {
        return isMixer(op) && hasComputedKeys(op) ? WalkResult::interrupt()
                                                  : WalkResult::advance();
      })
      .wasInterrupted();
}

namespace {
class StackAnalysis {
public:
  explicit StackAnalysis(func::FuncOp function)
      : body(function.getBody().front()), classes(function) {
    stack.function = function;
    stack.body = &body;
  }

  FailureOr<Stack> run() {
    if (failed(findTokens()))
      return failure();
    if (stack.layers.empty())
      return std::move(stack);
    for (BlockArgument argument : stack.function.getArguments())
      if (failed(findTokenDim(argument, stack.function)))
        return failure();
    for (Operation &op : body)
      for (Value result : op.getResults())
        if (failed(findTokenDim(result, &op)))
          return failure();
    for (Operation &op : body)
      if (failed(check(&op)))
        return failure();
    if (!stack.getSequence())
      return stack.function.emitError(
          "no argument has tokens: there is nothing to recompute from");
    if (stack.getOutputs().empty())
      return stack.function.emitError("no result has tokens");
    findInputs();
    return std::move(stack);
  }

private:
  Block &body;
  SizeClasses classes;
  Stack stack;
  llvm::SmallDenseSet<unsigned> tokens; // Classes of dimensions.
  llvm::DenseSet<Value> picked; // What was computed of single tokens.

  LogicalResult refuse(Operation *op, const Twine &why) {
    InFlightDiagnostic error =
        isa<func::FuncOp>(op) ? op->emitError() : op->emitOpError();
    return error << "cannot be evaluated token by token: " << why;
  }

  /// The axes of causal attention are the tokens; without one, those of the first
  /// recurrence.
  Operation *findFirstMixer() {
    Operation *first = nullptr;
    for (Operation &op : body) {
      if (!isMixer(&op))
        continue;
      if (isa<AttentionOp>(op))
        return &op;
      if (!first)
        first = &op;
    }
    return first;
  }

  unsigned getClass(TokenAxis axis) {
    return classes.getClass(axis.operand, axis.dim);
  }

  LogicalResult findTokens() {
    Operation *first = findFirstMixer();
    if (!first)
      return success();
    unsigned sequence = getClass(getTokenAxes(first).front());
    tokens.insert(sequence);
    for (Operation &op : body) {
      if (!isMixer(&op))
        continue;
      SmallVector<TokenAxis> axes = getTokenAxes(&op);
      if (!areAsMany(sequence, getClass(axes.front()))) {
        // A recurrence along something else is no layer; it may be shared.
        if (!isa<AttentionOp>(op))
          continue;
        return refuse(&op, "it is along another sequence than the attention "
                           "before it");
      }
      if (StringRef why = getMixerRefusal(&op); !why.empty())
        return refuse(&op, why);
      for (TokenAxis axis : axes) {
        if (!areAsMany(sequence, getClass(axis)))
          return refuse(&op, isa<AttentionOp>(op)
                                 ? "there may be more queries than keys, or fewer"
                                 : "its history may be longer than its tokens, "
                                   "or shorter");
        tokens.insert(getClass(axis));
      }
      stack.layers.push_back({&op, {}});
    }
    stack.length =
        classes.getStaticSize(sequence).value_or(ShapedType::kDynamic);
    return success();
  }

  /// A position means the same in two classes of one size.
  bool areAsMany(unsigned a, unsigned b) {
    return a == b || (classes.getStaticSize(a) &&
                      classes.getStaticSize(a) == classes.getStaticSize(b));
  }

  LogicalResult findTokenDim(Value value, Operation *op) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      return success();
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      if (!tokens.contains(classes.getClass(value, dim)))
        continue;
      auto [it, isNew] = stack.tokenDims.try_emplace(value, dim);
      if (!isNew)
        return refuse(op, "tokens meet tokens in dimensions " +
                              Twine(it->second) + " and " + Twine(dim) +
                              " of " + describe(value));
    }
    return success();
  }

  static std::string describe(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return "argument " + std::to_string(argument.getArgNumber());
    return "its result";
  }

  bool hasTokens(Value value) { return stack.getTokenDim(value).has_value(); }

  LogicalResult check(Operation *op) {
    // Regions see single elements; a tensor with tokens they would read anywhere.
    SetVector<Value> captured;
    getUsedValuesDefinedAbove(op->getRegions(), captured);
    for (Value value : captured)
      if (hasTokens(value) && !isa<BlockArgument>(value))
        return refuse(op, "its region reads a tensor of other tokens");
    if (isSink(op)) {
      for (OpOperand &operand : op->getOpOperands()) {
        if (hasTokens(operand.get()))
          stack.results.push_back(&operand);
        else if (isa<TensorType>(operand.get().getType()) &&
                 !picked.contains(operand.get()))
          return refuse(op, "result " + Twine(operand.getOperandNumber()) +
                                " is not a sequence of tokens");
      }
      return success();
    }
    bool isAboutAll =
        llvm::any_of(op->getOperands(),
                     [&](Value value) { return hasTokens(value); }) ||
        llvm::any_of(op->getResults(),
                     [&](Value value) { return hasTokens(value); });
    auto isPicked = [&](Value value) { return picked.contains(value); };
    if (llvm::any_of(op->getOperands(), isPicked) ||
        llvm::any_of(captured, isPicked)) {
      if (isAboutAll)
        return refuse(op, "for all tokens it uses what was computed of one");
      picked.insert_range(op->getResults());
    }
    if (!isAboutAll)
      return success();
    if (joinsKeyPrefix(op))
      return success();
    if (isPick(op)) {
      stack.picks.push_back(cast<tensor::ExtractSliceOp>(op));
      picked.insert(op->getResult(0));
      return success();
    }
    if (!isMemoryEffectFree(op))
      return refuse(op, "it has side effects");
    if (OpTrait::hasElementwiseMappableTraits(op))
      return success();
    return TypeSwitch<Operation *, LogicalResult>(op)
        .Case<linalg::LinalgOp>([&](auto op) { return checkLoops(op); })
        .Case<AttentionOp>([&](auto op) { return checkAttention(op); })
        .Case<recur::ScanOp, recur::RescanOp>(
            [&](auto op) { return checkRecurrence(op); })
        .Case<tensor::EmptyOp, tensor::DimOp, arith::ConstantOp>(
            [](auto) { return success(); })
        .Case<tensor::CastOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp>(
            [&](auto op) {
              if (hasTokens(op->getOperand(0)) == hasTokens(op->getResult(0)))
                return success();
              return refuse(op, "it merges or splits tokens");
            })
        .Case<tensor::ExtractSliceOp, tensor::InsertSliceOp, tensor::ConcatOp,
              tensor::PadOp>([&](Operation *op) {
          for (Value operand : op->getOperands())
            if (isa<TensorType>(operand.getType()) &&
                hasTokens(operand) != hasTokens(op->getResult(0)))
              return refuse(op, "it takes, moves or adds some of the tokens");
          return success();
        })
        .Default([&](Operation *op) {
          return refuse(op, "it is not known what it does to a token; the "
                            "operations of linalg, tensor, arith and math are");
        });
  }

  /// Whether one token is taken, and of that one everything or a part.
  bool isPick(Operation *op) {
    auto slice = dyn_cast<tensor::ExtractSliceOp>(op);
    if (!slice || hasTokens(slice.getResult()))
      return false;
    auto dim = stack.getTokenDim(slice.getSource());
    return dim && isConstantIntValue(slice.getMixedSizes()[*dim], 1) &&
           slice.getType().hasStaticShape();
  }

  static bool isSink(Operation *op) {
    return isa<func::ReturnOp, bufferization::MaterializeInDestinationOp>(op);
  }

  /// Each token by itself: its loop is parallel, and no map adds to its index.
  LogicalResult checkLoops(linalg::LinalgOp op) {
    std::optional<unsigned> loop;
    for (OpOperand &operand : op->getOpOperands()) {
      std::optional<unsigned> dim = stack.getTokenDim(operand.get());
      if (!dim)
        continue;
      auto expr = dyn_cast<AffineDimExpr>(
          op.getMatchingIndexingMap(&operand).getResult(*dim));
      if (!expr)
        return refuse(op, "it reads other tokens than its own");
      if (op.getIteratorTypesArray()[expr.getPosition()] !=
          utils::IteratorType::parallel)
        return refuse(op, "it reduces over tokens");
      loop = expr.getPosition();
    }
    if (!loop)
      return success();
    stack.tokenLoops[op] = *loop;
    for (OpOperand &operand : op->getOpOperands())
      for (AffineExpr expr : op.getMatchingIndexingMap(&operand).getResults())
        if (!isa<AffineDimExpr>(expr) && expr.isFunctionOfDim(*loop))
          return refuse(op, "it reads other tokens than its own");
    return success();
  }

  bool isLayer(Operation *op) {
    return llvm::any_of(stack.layers, [&](const Layer &layer) {
      return layer.mixer == op;
    });
  }

  /// Its regions see one token, or one pair.
  template <typename OpTy>
  LogicalResult checkRecurrence(OpTy op) {
    if (!isLayer(op))
      return refuse(op, "it is along another sequence than the tokens of the "
                        "stack; compute it in a function of its own");
    for (auto [operand, map] :
         llvm::zip_equal(op->getOperands(), op.getIndexingMapsArray())) {
      std::optional<unsigned> dim = stack.getTokenDim(operand);
      if (dim && (*dim >= map.getNumResults() ||
                  map.getDimPosition(*dim) < op.getNumBatchDims()))
        return refuse(op, "its regions see other tokens than those that it has "
                          "come to; give it one row for each");
    }
    return success();
  }

  LogicalResult checkAttention(AttentionOp op) {
    if (isLayer(op))
      return success();
    if (tokens.contains(getClass(getTokenAxes(op).back())))
      return refuse(op, "its mask does not hide the tokens after a query");
    // Keys that are the same for all tokens.
    if (op.getMaskAttr() || op.getMaskTensor() || op.getScoreBody() ||
        op.getQueryOffset())
      return refuse(op, "it looks at the positions of queries among keys that "
                        "are not of their sequence");
    stack.tokenLoops[op] = op.getQueryDim();
    return success();
  }

  //===--------------------------------------------------------------------===//
  // Where layers begin
  //===--------------------------------------------------------------------===//

  /// Values that say something of a token; others with tokens know its position
  /// only and cost next to nothing to have again.
  SetVector<Value> getTokenValues() {
    SetVector<Value> values;
    for (Operation &op : body) {
      bool isAboutTokens =
          isLayer(&op) || isa<AttentionOp>(op) ||
          llvm::any_of(op.getOperands(), [&](Value operand) {
            return values.contains(operand) ||
                   (isa<BlockArgument>(operand) && hasTokens(operand));
          });
      if (isAboutTokens)
        for (Value result : op.getResults())
          if (hasTokens(result))
            values.insert(result);
    }
    return values;
  }

  /// Bytes of one token; more than anything if they depend on dynamic sizes.
  int64_t getTokenBytes(Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    int64_t bytes =
        llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    for (auto [dim, size] : llvm::enumerate(type.getShape())) {
      if (dim == *stack.getTokenDim(value))
        continue;
      if (ShapedType::isDynamic(size) ||
          llvm::MulOverflow(bytes, size, bytes))
        return std::numeric_limits<int32_t>::max();
    }
    return bytes;
  }

  void findInputs() {
    SetVector<Value> values = getTokenValues();
    llvm::DenseMap<Operation *, int64_t> position;
    for (auto [i, op] : llvm::enumerate(body))
      position[&op] = i;
    // What is live between operation i - 1 and operation i.
    auto isUsed = [&](Value value, int64_t i) {
      return llvm::any_of(value.getUsers(), [&](Operation *user) {
        return position[body.findAncestorOpInBlock(*user)] >= i;
      });
    };
    auto isLive = [&](Value value, int64_t i) {
      Operation *op = value.getDefiningOp();
      if (op && position[op] >= i)
        return false;
      // Keys are read by whom they are joined with a prefix for.
      return isUsed(value, i) ||
             llvm::any_of(value.getUsers(), [&](Operation *user) {
               return joinsKeyPrefix(user) && isUsed(user->getResult(0), i);
             });
    };
    int64_t begin = 0;
    for (Layer &layer : stack.layers) {
      int64_t end = position[layer.mixer];
      int64_t fewest = std::numeric_limits<int64_t>::max();
      for (int64_t i = begin; i <= end; ++i) {
        SmallVector<Value> live = llvm::filter_to_vector(
            values, [&](Value value) { return isLive(value, i); });
        int64_t bytes = 0;
        for (Value value : live)
          bytes += getTokenBytes(value);
        for (BlockArgument argument : body.getArguments())
          if (hasTokens(argument) && isLive(argument, i))
            bytes += getTokenBytes(argument);
        // Of equals the last: work is done once, below, for all that follow.
        if (bytes <= fewest) {
          fewest = bytes;
          layer.inputs = live;
        }
      }
      begin = end + 1;
    }
  }
};
} // namespace

FailureOr<Stack> mlir::attn::analyzeStack(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return function.emitError("cannot be evaluated token by token: it has "
                              "several blocks; a stack is straight code");
  return StackAnalysis(function).run();
}

LogicalResult mlir::attn::verifyStaticSizes(Stack &stack) {
  auto verify = [&](ValueRange values, Operation *op,
                    bool isOfRecurrence = false) -> LogicalResult {
    for (Value value : values) {
      std::optional<unsigned> tokenDim = stack.getTokenDim(value);
      auto type = dyn_cast<RankedTensorType>(value.getType());
      if (!type || (!tokenDim && !isOfRecurrence))
        continue;
      for (auto [dim, size] : llvm::enumerate(type.getShape()))
        if (dim != tokenDim && ShapedType::isDynamic(size))
          return op->emitError("dimension ")
                 << dim << " of a value of type " << value.getType()
                 << " is dynamic; all sizes but the number of tokens have to "
                    "be static";
    }
    return success();
  };
  if (failed(verify(stack.function.getArguments(), stack.function)))
    return failure();
  for (Operation &op : stack.function.getBody().front())
    if (failed(verify(op.getResults(), &op)))
      return failure();
  for (const Layer &layer : stack.layers) {
    if (isa<AttentionOp>(layer.mixer))
      continue;
    // States, and what regions make of them, have no tokens.
    auto states = cast<DestinationStyleOpInterface>(layer.mixer).getDpsInits();
    if (failed(verify(states, layer.mixer, /*isOfRecurrence=*/true)))
      return failure();
    WalkResult nested = layer.mixer->walk([&](Operation *op) {
      return WalkResult(op == layer.mixer
                            ? success()
                            : verify(op->getResults(), op,
                                     /*isOfRecurrence=*/true));
    });
    if (nested.wasInterrupted())
      return failure();
  }
  return success();
}

LogicalResult mlir::attn::verifyPlan(Stack &stack, PlanAttr plan) {
  int64_t layers = stack.layers.size();
  if (!layers)
    return stack.function.emitError(
        "there is no causal attention and no recurrence: no earlier token could "
        "be computed again");
  if (plan.getNumLayers() != layers)
    return stack.function.emitError("the plan has ")
           << plan.getNumLayers() << " layers, but the function has " << layers
           << " causal attentions and recurrences";
  if (plan.getSegments().front().getKeep() == KeepKind::Input)
    return stack.function.emitError(
        "what enters the first layer is the function's input, which is there "
        "anyway; the first segment can keep none or kv");
  return success();
}

PlanAttr mlir::attn::getRecomputePlan(const Stack &stack) {
  MLIRContext *context = stack.body->getParentOp()->getContext();
  int64_t layers = std::max<int64_t>(stack.layers.size(), 1);
  return PlanAttr::get(
      context, SegmentAttr::get(context, layers, KeepKind::None, 0, 0),
      /*block=*/1);
}

bool mlir::attn::evaluatesPicksOnly(const Stack &stack, PlanAttr plan) {
  SegmentAttr segment = plan.getSegments().front();
  return stack.results.empty() && plan.getSegments().size() == 1 &&
         segment.getKeep() == KeepKind::None && !segment.getWindow() &&
         !segment.getPrefix();
}
