//===- ReferenceRecur.cpp - What the recurrences mean ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Token after token, whatever the schedule says: a monoid is only asked for its
// action, never for a product.
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "attn/Dialect/Recur/Transforms/Transforms.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;
using recur::RescanOp;
using recur::ScanOp;

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

namespace {
/// An operand as regions see it: a slice for each point (batch.., t) or
/// (batch.., t, j) of the iteration space.
class Sequence {
public:
  Sequence(const ReferenceValue &value, AffineMap map)
      : value(value), map(map),
        shape(value.getShape().drop_front(map.getNumResults())),
        strides(getRowMajorStrides(value.getShape())) {}

  FailureOr<ReferenceValue> read(Interpreter &interpreter, Operation *op,
                                 ArrayRef<int64_t> point) const {
    if (map.getNumResults() == 0 && !shape.empty())
      return value; // Shared, not copied for each token.
    const Number *from = value.data() + getOffset(point);
    if (shape.empty())
      return ReferenceValue::scalar(value.getElementType(), *from);
    FailureOr<ReferenceValue> slice =
        interpreter.createTensor(op, value.getElementType(), shape);
    if (succeeded(slice))
      std::copy_n(from, slice->getNumElements(), slice->mutableData());
    return slice;
  }

  void write(ArrayRef<int64_t> point, const ReferenceValue &slice) {
    Number *to = value.mutableData() + getOffset(point);
    llvm::copy(slice.getElements(), to);
  }

  ReferenceValue value;
  AffineMap map;
  SmallVector<int64_t> shape; // Of a slice; empty for a number.

private:
  int64_t getOffset(ArrayRef<int64_t> point) const {
    int64_t offset = 0;
    for (unsigned i = 0; i < map.getNumResults(); ++i)
      offset += point[map.getDimPosition(i)] * strides[i];
    return offset;
  }

  SmallVector<int64_t> strides;
};

/// One recurrence while it is evaluated.
class Recurrence {
public:
  template <typename OpTy>
  Recurrence(Interpreter &interpreter, OpTy op)
      : interpreter(interpreter), op(op), sizes(op.getNumLoops(), -1) {
    unsigned i = 0;
    auto add = [&](ValueRange operands, SmallVector<Sequence> &sequences) {
      for (Value operand : operands)
        sequences.emplace_back(interpreter.get(operand),
                               op.getIndexingMapsArray()[i++]);
    };
    add(op.getInputs(), inputs);
    add(op.getOutputs(), outputs);
    add(op.getInits(), states);
  }

  /// Each dimension has one size, that of all operands which have it.
  LogicalResult computeSizes() {
    for (ArrayRef<Sequence> sequences :
         {ArrayRef(inputs), ArrayRef(outputs), ArrayRef(states)})
      for (const Sequence &sequence : sequences)
        for (unsigned i = 0; i < sequence.map.getNumResults(); ++i) {
          unsigned dim = sequence.map.getDimPosition(i);
          int64_t size = sequence.value.getShape()[i];
          if (sizes[dim] >= 0 && sizes[dim] != size)
            return op->emitOpError(
                       "has operands whose sizes differ in dimension ")
                   << dim << " of its iteration space: " << sizes[dim]
                   << " and " << size;
          sizes[dim] = size;
        }
    return success();
  }

  /// The state before the first token of a batch index.
  FailureOr<Values> readInits(ArrayRef<int64_t> batch) {
    Values state;
    for (const Sequence &init : states) {
      FailureOr<ReferenceValue> slice = init.read(interpreter, op, batch);
      if (failed(slice))
        return failure();
      state.push_back(std::move(*slice));
    }
    return state;
  }

  /// A region on the inputs of a point, those that `sees` accepts, and a state.
  /// Its results have the shapes of slices of `results`.
  FailureOr<Values> apply(Block *body, ArrayRef<int64_t> point,
                          ArrayRef<ReferenceValue> state,
                          ArrayRef<Sequence> results,
                          function_ref<bool(unsigned)> sees) {
    Values arguments;
    for (auto [i, input] : llvm::enumerate(inputs)) {
      if (!sees(i))
        continue;
      FailureOr<ReferenceValue> slice = input.read(interpreter, op, point);
      if (failed(slice))
        return failure();
      arguments.push_back(std::move(*slice));
    }
    llvm::append_range(arguments, state);
    FailureOr<Values> computed =
        interpreter.runAtToken(*body, arguments, point);
    if (failed(computed))
      return failure();
    for (auto [i, value] : llvm::enumerate(*computed))
      if (value.getShape() != ArrayRef(results[i].shape)) {
        InFlightDiagnostic diag = body->getTerminator()->emitOpError("yields [");
        llvm::interleaveComma(value.getShape(), diag);
        diag << "] as value #" << i << " where the operation needs [";
        llvm::interleaveComma(results[i].shape, diag);
        return diag << "]";
      }
    return computed;
  }

  /// Outputs of a token: what `read` makes of the state, or the state.
  LogicalResult writeOutputs(Block *read, ArrayRef<int64_t> point,
                             ArrayRef<ReferenceValue> state,
                             function_ref<bool(unsigned)> sees) {
    if (outputs.empty())
      return success();
    FailureOr<Values> values = llvm::to_vector(state);
    if (read)
      values = apply(read, point, state, outputs, sees);
    if (failed(values))
      return failure();
    for (auto [output, value] : llvm::zip_equal(outputs, *values))
      output.write(point, value);
    return success();
  }

  void writeFinalState(ArrayRef<int64_t> batch, ArrayRef<ReferenceValue> state) {
    for (auto [result, value] : llvm::zip_equal(states, state))
      result.write(batch, value);
  }

  LogicalResult setResults() {
    Values results;
    for (const Sequence &output : outputs)
      results.push_back(output.value);
    for (const Sequence &state : states)
      results.push_back(state.value);
    return interpreter.setAll(op->getResults(), std::move(results));
  }

  Interpreter &interpreter;
  Operation *op;
  SmallVector<int64_t> sizes; // Of the iteration space.
  SmallVector<Sequence> inputs, outputs, states;
};
} // namespace

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// The step of a scan; of a copy of it where it has a monoid instead.
static Block *getStep(Interpreter &interpreter, ScanOp op) {
  if (Block *step = op.getStepBody())
    return step;
  OwningOpRef<Operation *> &copy = interpreter.expandedMonoids[op];
  if (!copy) {
    copy = op->clone();
    IRRewriter rewriter(op.getContext());
    recur::expandMonoid(rewriter, cast<ScanOp>(*copy));
  }
  return cast<ScanOp>(*copy).getStepBody();
}

/// h_t = step(x_t, h_{t-1}), y_t = read(x_t, h_t)
static LogicalResult evaluateScan(Interpreter &interpreter, ScanOp op) {
  Recurrence recurrence(interpreter, op);
  if (failed(recurrence.computeSizes()))
    return failure();
  Block *step = getStep(interpreter, op);
  auto all = [](unsigned) { return true; };
  int64_t length = recurrence.sizes.back();
  ArrayRef<int64_t> batchSizes = ArrayRef(recurrence.sizes).drop_back();
  LogicalResult evaluated = walkBox(batchSizes, [&](ArrayRef<int64_t> batch) {
    FailureOr<Values> state = recurrence.readInits(batch);
    if (failed(state))
      return failure();
    SmallVector<int64_t> point(batch);
    point.push_back(0);
    for (int64_t i = 0; i < length; ++i) {
      point.back() = op.getReverse() ? length - 1 - i : i;
      FailureOr<Values> next =
          recurrence.apply(step, point, *state, recurrence.states, all);
      if (failed(next))
        return failure();
      const Values &seen = op.getExclusive() ? *state : *next;
      if (failed(recurrence.writeOutputs(op.getReadBody(), point, seen, all)))
        return failure();
      state = std::move(next);
    }
    recurrence.writeFinalState(batch, *state);
    return success();
  });
  return success(succeeded(evaluated) && succeeded(recurrence.setResults()));
}

/// h_tj = step(x_t, x_j, h_t(j-1)), y_t = read(x_t, h_tt)
static LogicalResult evaluateRescan(Interpreter &interpreter, RescanOp op) {
  Recurrence recurrence(interpreter, op);
  if (failed(recurrence.computeSizes()))
    return failure();
  int64_t tokens = recurrence.sizes[op.getTimeDim()];
  int64_t history = recurrence.sizes[op.getHistoryDim()];
  bool isPrefix = op.getHistory() == recur::History::Prefix;
  auto all = [](unsigned) { return true; };
  auto ofToken = [&](unsigned i) { return !op.isHistoryInput(i); };
  ArrayRef<int64_t> batchSizes = ArrayRef(recurrence.sizes).drop_back(2);
  LogicalResult evaluated = walkBox(batchSizes, [&](ArrayRef<int64_t> batch) {
    FailureOr<Values> inits = recurrence.readInits(batch);
    if (failed(inits))
      return failure();
    FailureOr<Values> state = *inits;
    SmallVector<int64_t> point(batch);
    point.append({0, 0});
    for (int64_t t = 0; t < tokens; ++t) {
      point[op.getTimeDim()] = t;
      if (op.getBoundary() == recur::Boundary::Reset)
        state = *inits;
      int64_t end = isPrefix ? std::min(t + 1, history) : history;
      for (int64_t j = 0; j < end; ++j) {
        point.back() = j;
        state = recurrence.apply(op.getStepBody(), point, *state,
                                 recurrence.states, all);
        if (failed(state))
          return failure();
      }
      if (failed(recurrence.writeOutputs(op.getReadBody(), point, *state,
                                         ofToken)))
        return failure();
    }
    recurrence.writeFinalState(batch, *state);
    return success();
  });
  return success(succeeded(evaluated) && succeeded(recurrence.setResults()));
}

static LogicalResult evaluateIndex(Interpreter &interpreter,
                                   recur::IndexOp op) {
  interpreter.set(op, ReferenceValue::scalar(
                          op.getType(), interpreter.getToken()[op.getDim()]));
  return success();
}

void reference::addRecurHandlers(HandlerTable &table) {
  table.add<ScanOp>(evaluateScan);
  table.add<RescanOp>(evaluateRescan);
  table.add<recur::IndexOp>(evaluateIndex);
}
