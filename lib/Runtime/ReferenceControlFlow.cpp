//===- ReferenceControlFlow.cpp - func, scf and affine on reference values ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

//===----------------------------------------------------------------------===//
// func
//===----------------------------------------------------------------------===//

static LogicalResult evaluateCall(Interpreter &interpreter, func::CallOp op) {
  auto callee = interpreter.symbols.lookupNearestSymbolFrom<func::FuncOp>(
      op, op.getCalleeAttr());
  if (!callee)
    return op.emitOpError("calls a function that is not defined");
  return interpreter.setAll(
      op.getResults(),
      interpreter.call(callee, interpreter.getAll(op.getOperands())));
}

//===----------------------------------------------------------------------===//
// scf
//===----------------------------------------------------------------------===//

/// The number of steps from `lower` to before `upper`.
static uint64_t getTripCount(int64_t lower, int64_t upper, int64_t step,
                             bool isUnsigned) {
  bool empty = isUnsigned
                   ? static_cast<uint64_t>(lower) >= static_cast<uint64_t>(upper)
                   : lower >= upper;
  if (empty)
    return 0;
  uint64_t distance = static_cast<uint64_t>(upper) - static_cast<uint64_t>(lower);
  return (distance - 1) / static_cast<uint64_t>(step) + 1;
}

static LogicalResult evaluateFor(Interpreter &interpreter, scf::ForOp op) {
  int64_t lower = interpreter.getInt(op.getLowerBound());
  int64_t step = interpreter.getInt(op.getStep());
  if (step <= 0)
    return op.emitOpError("has step ") << step << "; it must be positive";
  uint64_t trips = getTripCount(lower, interpreter.getInt(op.getUpperBound()),
                                step, op.getUnsignedCmp());
  FailureOr<Values> carried = interpreter.getAll(op.getInitArgs());
  for (uint64_t trip = 0; trip < trips; ++trip) {
    int64_t index = static_cast<uint64_t>(lower) + trip * step;
    Values arguments = {ReferenceValue::scalar(
        op.getInductionVar().getType(), index)};
    llvm::append_range(arguments, *carried);
    carried = interpreter.run(*op.getBody(), arguments);
    if (failed(carried))
      return failure();
  }
  return interpreter.setAll(op.getResults(), std::move(carried));
}

static LogicalResult evaluateIf(Interpreter &interpreter, scf::IfOp op) {
  Region &region = interpreter.getInt(op.getCondition()) ? op.getThenRegion()
                                                         : op.getElseRegion();
  if (region.empty())
    return success(); // No else, and then no results.
  return interpreter.setAll(op.getResults(),
                            interpreter.run(region.front(), {}));
}

static LogicalResult evaluateWhile(Interpreter &interpreter, scf::WhileOp op) {
  Values carried = interpreter.getAll(op.getInits());
  while (true) {
    FailureOr<Values> before = interpreter.run(*op.getBeforeBody(), carried);
    if (failed(before))
      return failure();
    // The operands of scf.condition: whether to go on, and with what.
    bool goesOn = before->front()[0].i;
    before->erase(before->begin());
    if (!goesOn)
      return interpreter.setAll(op.getResults(), std::move(before));
    FailureOr<Values> after = interpreter.run(*op.getAfterBody(), *before);
    if (failed(after))
      return failure();
    carried = std::move(*after);
  }
}

static LogicalResult evaluateExecuteRegion(Interpreter &interpreter,
                                           scf::ExecuteRegionOp op) {
  return interpreter.setAll(op.getResults(),
                            interpreter.run(op.getRegion().front(), {}));
}

/// Iterations see the destinations as they were before the loop: what one
/// writes, no other may read.
static LogicalResult evaluateForall(Interpreter &interpreter,
                                    scf::ForallOp op) {
  SmallVector<int64_t> lower = interpreter.getInts(op.getMixedLowerBound());
  SmallVector<int64_t> upper = interpreter.getInts(op.getMixedUpperBound());
  SmallVector<int64_t> steps = interpreter.getInts(op.getMixedStep());
  SmallVector<int64_t> trips;
  for (auto [from, to, step] : llvm::zip_equal(lower, upper, steps)) {
    if (step <= 0)
      return op.emitOpError("has step ") << step << "; it must be positive";
    trips.push_back(getTripCount(from, to, step, /*isUnsigned=*/false));
  }

  Values inits = interpreter.getAll(op.getOutputs()), results = inits;
  auto evaluateInsert = [&](tensor::ParallelInsertSliceOp insert) {
    unsigned output =
        cast<BlockArgument>(insert.getDest()).getArgNumber() - op.getRank();
    return insertSlice(insert, results[output],
                       interpreter.get(insert.getSource()),
                       interpreter.getInts(insert.getMixedOffsets()),
                       interpreter.getInts(insert.getMixedSizes()),
                       interpreter.getInts(insert.getMixedStrides()));
  };
  LogicalResult evaluated = walkBox(trips, [&](ArrayRef<int64_t> trip) {
    Values arguments;
    for (auto [from, step, i] : llvm::zip_equal(lower, steps, trip))
      arguments.push_back(ReferenceValue::scalar(
          IndexType::get(op.getContext()), from + i * step));
    llvm::append_range(arguments, inits);
    if (failed(interpreter.run(*op.getBody(), arguments)))
      return failure();
    for (Operation &insert : op.getTerminator().getYieldingOps()) {
      auto slice = dyn_cast<tensor::ParallelInsertSliceOp>(insert);
      if (!slice)
        return LogicalResult(insert.emitOpError(
            "is not known to the reference evaluation in scf.forall, which "
            "knows tensor.parallel_insert_slice"));
      if (failed(evaluateInsert(slice)))
        return failure();
    }
    return success();
  });
  if (failed(evaluated))
    return failure();
  return interpreter.setAll(op.getResults(), std::move(results));
}

//===----------------------------------------------------------------------===//
// affine
//===----------------------------------------------------------------------===//

/// The results of an affine map on operands, dimensions first.
static FailureOr<SmallVector<int64_t>> applyMap(Interpreter &interpreter,
                                                Operation *op, AffineMap map,
                                                ValueRange operands) {
  SmallVector<int64_t> values = llvm::map_to_vector(
      operands, [&](Value value) { return interpreter.getInt(value); });
  ArrayRef<int64_t> dims = ArrayRef(values).take_front(map.getNumDims());
  ArrayRef<int64_t> symbols = ArrayRef(values).drop_front(map.getNumDims());
  bool badDivisor = false;
  SmallVector<int64_t> results;
  for (AffineExpr expr : map.getResults())
    results.push_back(evaluateAffine(expr, dims, symbols, badDivisor));
  if (badDivisor)
    return op->emitOpError("divides by a number that is not positive");
  return results;
}

template <typename OpTy, typename Choose>
static void addAffine(HandlerTable &table, Choose choose) {
  table.add<OpTy>([choose](Interpreter &interpreter, OpTy op) -> LogicalResult {
    FailureOr<SmallVector<int64_t>> results = applyMap(
        interpreter, op, op.getAffineMap(), op->getOperands());
    if (failed(results))
      return failure();
    interpreter.set(op->getResult(0),
                    ReferenceValue::scalar(op->getResult(0).getType(),
                                           int64_t(*choose(*results))));
    return success();
  });
}

void reference::addControlFlowHandlers(HandlerTable &table) {
  using Results = const SmallVector<int64_t> &;
  addAffine<affine::AffineApplyOp>(table, [](Results r) { return r.begin(); });
  addAffine<affine::AffineMaxOp>(
      table, [](Results r) { return llvm::max_element(r); });
  addAffine<affine::AffineMinOp>(
      table, [](Results r) { return llvm::min_element(r); });
  table.add<func::CallOp>(evaluateCall);
  table.add<scf::ExecuteRegionOp>(evaluateExecuteRegion);
  table.add<scf::ForOp>(evaluateFor);
  table.add<scf::ForallOp>(evaluateForall);
  table.add<scf::IfOp>(evaluateIf);
  table.add<scf::WhileOp>(evaluateWhile);
}
