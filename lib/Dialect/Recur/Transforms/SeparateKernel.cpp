//===- SeparateKernel.cpp - A separable kernel makes a rescan a scan ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SeparableKernel.h"
#include "attn/Dialect/Recur/Transforms/Passes.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::recur {
#define GEN_PASS_DEF_RECURSEPARATEKERNEL
#include "attn/Dialect/Recur/Transforms/Passes.h.inc"
} // namespace mlir::recur

using namespace mlir;
using namespace mlir::recur;

namespace {
/// Where the components of the state lie in one row of the matrix.
struct Slot {
  OpFoldResult offset, size;
  bool isNumber;
};

class Separation {
public:
  Separation(RewriterBase &b, const SeparableKernel &match)
      : b(b), match(match), op(match.op), loc(op.getLoc()),
        type(
            cast<FloatType>(getElementTypeOrSelf(op.getStateTypes().front()))) {
  }
  ScanOp run();

private:
  void createOperands();
  SmallVector<Slot> getSlots(function_ref<OpFoldResult(unsigned)> getSize);
  Value clone(IRMapping &mapping, Value value);
  Value multiply(Value value, ArrayRef<Value> factors);
  SmallVector<Value> createLift(ValueRange arguments);
  SmallVector<Value> createRead(ValueRange arguments);

  RewriterBase &b;
  const SeparableKernel &match;
  RescanOp op;
  Location loc;
  FloatType type;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  Value init;
  SmallVector<unsigned> initialInputs; // For each component; 0 if it is 0.
};
} // namespace

/// The map over (batch.., t) for one over (batch.., t, j).
static AffineMap joinTokenAndHistory(RescanOp op, AffineMap map) {
  SmallVector<unsigned> dims;
  for (unsigned i = 0; i < map.getNumResults(); ++i)
    dims.push_back(std::min(map.getDimPosition(i), op.getTimeDim()));
  return AffineMap::getMultiDimMapWithTargets(op.getNumLoops() - 1, dims,
                                              op.getContext());
}

/// Clones what computes a value of the step, j being t.
Value Separation::clone(IRMapping &mapping, Value value) {
  if (Value found = mapping.lookupOrNull(value))
    return found;
  Operation *operation = value.getDefiningOp();
  if (!operation || !op->isProperAncestor(operation))
    return value;
  operation->walk([&](Operation *nested) {
    for (Value operand : nested->getOperands())
      if (!operation->isAncestor(operand.getParentBlock()->getParentOp()))
        clone(mapping, operand);
  });
  Operation *copy = b.clone(*operation, mapping);
  copy->walk([&](IndexOp index) {
    index.setDim(std::min<uint64_t>(index.getDim(), op.getTimeDim()));
  });
  return mapping.lookup(value);
}

static bool isRow(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() > 0;
}

/// A number or a row, times numbers, in the state's precision.
Value Separation::multiply(Value value, ArrayRef<Value> factors) {
  auto convert = [&](OpBuilder &b, Value number) {
    return convertScalarToDtype(b, loc, number, type, /*isUnsignedCast=*/false);
  };
  Value weight;
  for (Value factor : factors) {
    if (isa<RankedTensorType>(factor.getType()))
      factor = tensor::ExtractOp::create(b, loc, factor, ValueRange());
    factor = convert(b, factor);
    weight = weight ? arith::MulFOp::create(b, loc, weight, factor) : factor;
  }
  auto row = dyn_cast<RankedTensorType>(value.getType());
  if (!row) {
    value = convert(b, value);
    return weight ? arith::MulFOp::create(b, loc, value, weight) : value;
  }
  if (!weight && row.getElementType() == type)
    return value;
  Value empty = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, value), type);
  AffineMap each = b.getMultiDimIdentityMap(1);
  return linalg::GenericOp::create(
             b, loc, empty.getType(), value, empty, ArrayRef{each, each},
             utils::IteratorType::parallel,
             [&](OpBuilder &b, Location loc, ValueRange in) {
               Value element = convert(b, in[0]);
               if (weight)
                 element = arith::MulFOp::create(b, loc, element, weight);
               linalg::YieldOp::create(b, loc, element);
             })
      .getResult(0);
}

SmallVector<Slot>
Separation::getSlots(function_ref<OpFoldResult(unsigned)> getSize) {
  SmallVector<Slot> slots;
  OpFoldResult offset = b.getIndexAttr(0);
  auto add = [&](OpFoldResult x, OpFoldResult y) -> OpFoldResult {
    auto cx = getConstantIntValue(x), cy = getConstantIntValue(y);
    if (cx && cy)
      return b.getIndexAttr(*cx + *cy);
    return arith::AddIOp::create(b, loc,
                                 getValueOrCreateConstantIndexOp(b, loc, x),
                                 getValueOrCreateConstantIndexOp(b, loc, y))
        .getResult();
  };
  for (auto [i, term] : llvm::enumerate(match.terms)) {
    OpFoldResult size = term.row ? getSize(i) : b.getIndexAttr(1);
    slots.push_back({offset, size, !term.row});
    offset = add(offset, size);
  }
  slots.push_back({offset, b.getIndexAttr(0), false}); // The end.
  return slots;
}

/// Inputs, where j is t, then the initial states that are not 0; the zero
/// matrix.
void Separation::createOperands() {
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    inputs.push_back(input);
    maps.push_back(joinTokenAndHistory(op, op.getInputMap(i)));
  }
  for (auto [i, initial] : llvm::enumerate(op.getInits())) {
    initialInputs.push_back(isZero(initial) ? 0 : inputs.size());
    if (isZero(initial))
      continue;
    inputs.push_back(initial);
    maps.push_back(joinTokenAndHistory(op, op.getInitMap(i)));
  }

  unsigned batch = op.getNumBatchDims();
  SmallVector<OpFoldResult> loops = op.getLoopSizes(b);
  SmallVector<OpFoldResult> sizes(ArrayRef(loops).take_front(batch));
  Value key = match.terms[0].key;
  auto keyType = cast<RankedTensorType>(key.getType());
  if (keyType.isDynamicDim(0)) {
    Value input = op.getInputs()[cast<BlockArgument>(key).getArgNumber()];
    auto rank = cast<RankedTensorType>(input.getType()).getRank();
    sizes.push_back(tensor::getMixedSize(b, loc, input, rank - 1));
  } else {
    sizes.push_back(b.getIndexAttr(keyType.getDimSize(0)));
  }
  SmallVector<Slot> slots = getSlots([&](unsigned i) {
    return tensor::getMixedSize(b, loc, op.getInits()[i], batch);
  });
  sizes.push_back(slots.back().offset);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  Value empty = tensor::EmptyOp::create(b, loc, sizes, type);
  init = linalg::FillOp::create(b, loc, zero, empty).getResult(0);
}

/// (k, v): features, and the components' rows side by side.
SmallVector<Value> Separation::createLift(ValueRange arguments) {
  IRMapping mapping;
  mapping.map(
      op.getStepBody()->getArguments().take_front(op.getInputs().size()),
      arguments.take_front(op.getInputs().size()));
  Value key = clone(mapping, match.terms[0].key);
  SmallVector<Value> rows;
  for (const Term &term : match.terms) {
    Value row;
    if (term.row)
      row = clone(mapping, term.row);
    else
      row = arith::ConstantOp::create(b, loc, b.getFloatAttr(type, 1.0));
    SmallVector<Value> factors = llvm::map_to_vector(
        term.historyFactors, [&](Value v) { return clone(mapping, v); });
    bool isAlone = match.terms.size() == 1 && term.row && factors.empty();
    rows.push_back(isAlone ? row : multiply(row, factors));
  }
  if (rows.size() == 1 && isRow(rows[0]))
    return {key, rows[0]};

  SmallVector<Slot> slots = getSlots(
      [&](unsigned i) { return tensor::getMixedSize(b, loc, rows[i], 0); });
  Value all = tensor::EmptyOp::create(
      b, loc, ArrayRef<OpFoldResult>{slots.back().offset}, type);
  for (auto [row, slot] : llvm::zip(rows, slots)) {
    if (slot.isNumber)
      all = tensor::InsertOp::create(
          b, loc, row, all,
          getValueOrCreateConstantIndexOp(b, loc, slot.offset));
    else
      all = tensor::InsertSliceOp::create(b, loc, row, all, slot.offset,
                                          slot.size,
                                          OpFoldResult(b.getIndexAttr(1)));
  }
  return {key, all};
}

/// h = initial + tokenFactors (query S), then the read of the rescan.
SmallVector<Value> Separation::createRead(ValueRange arguments) {
  IRMapping mapping;
  mapping.map(
      op.getStepBody()->getArguments().take_front(op.getInputs().size()),
      arguments.take_front(op.getInputs().size()));
  Value query = clone(mapping, match.terms[0].query);
  Value matrix = arguments.back();
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  Value empty = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, matrix).back(), type);
  Value start = linalg::FillOp::create(b, loc, zero, empty).getResult(0);
  Value row = linalg::VecmatOp::create(b, loc, start.getType(),
                                       ValueRange{query, matrix}, start)
                  .getResult(0);

  SmallVector<Slot> slots = getSlots([&](unsigned i) {
    auto state = cast<RankedTensorType>(op.getStateTypes()[i]);
    if (!state.isDynamicDim(0))
      return OpFoldResult(b.getIndexAttr(state.getDimSize(0)));
    return tensor::getMixedSize(b, loc, op.getInits()[i], op.getNumBatchDims());
  });
  SmallVector<Value> state;
  for (auto [i, term] : llvm::enumerate(match.terms)) {
    Value h = row;
    if (slots[i].isNumber)
      h = tensor::ExtractOp::create(
          b, loc, row,
          getValueOrCreateConstantIndexOp(b, loc, slots[i].offset));
    else if (match.terms.size() > 1)
      h = tensor::ExtractSliceOp::create(b, loc, row, slots[i].offset,
                                         slots[i].size,
                                         OpFoldResult(b.getIndexAttr(1)));
    h = multiply(h, llvm::map_to_vector(term.tokenFactors, [&](Value v) {
                   return clone(mapping, v);
                 }));
    if (unsigned initial = initialInputs[i])
      h = arith::AddFOp::create(b, loc, arguments[initial], h);
    state.push_back(h);
  }
  if (!op.getReadBody())
    return state;

  SmallVector<Value> seen;
  for (unsigned i = 0; i < op.getInputs().size(); ++i)
    if (!op.isHistoryInput(i))
      seen.push_back(arguments[i]);
  llvm::append_range(seen, state);
  return inlineBody(b, op.getReadBody(), seen);
}

// rescan(h + <phi(q_t), phi(k_j)> v_j)  -->  scan(S + phi(k_t) v_t^T),
//                                            h = phi(q_t)^T S
ScanOp Separation::run() {
  b.setInsertionPoint(op);
  createOperands();
  for (unsigned i = 0; i < op.getOutputs().size(); ++i)
    maps.push_back(joinTokenAndHistory(op, op.getOutputMap(i)));
  maps.push_back(joinTokenAndHistory(op, op.getInitMap(0)));
  SmallVector<Type> results(op.getOutputs().getTypes());
  results.push_back(init.getType());
  auto scan = ScanOp::create(b, loc, results, inputs, op.getOutputs(), init,
                             b.getAffineMapArrayAttr(maps),
                             AffineAttr::get(op.getContext(), Transition::Unit),
                             /*exclusive=*/false, /*reverse=*/false,
                             /*schedule=*/ScheduleAttr());
  SmallVector<Type> seen = scan.getInputSliceTypes();
  auto fillRegion = [&](Region &region, auto create) {
    Block *block = b.createBlock(&region, {}, seen,
                                 SmallVector<Location>(seen.size(), loc));
    YieldOp::create(b, loc, create(block->getArguments()));
  };
  fillRegion(scan.getLift(),
             [&](ValueRange arguments) { return createLift(arguments); });
  llvm::append_range(seen, scan.getStateTypes());
  if (!op.getOutputs().empty())
    fillRegion(scan.getRead(),
               [&](ValueRange arguments) { return createRead(arguments); });
  for (auto [before, after] :
       llvm::zip(op.getOutputResults(), scan.getOutputResults()))
    b.replaceAllUsesWith(before, after);
  b.eraseOp(op);
  return scan;
}

namespace {
struct RecurSeparateKernel
    : recur::impl::RecurSeparateKernelBase<RecurSeparateKernel> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation()->walk([&](RescanOp op) {
      Refusal refusal;
      FailureOr<SeparableKernel> match = matchSeparableKernel(op, refusal);
      if (succeeded(match))
        Separation(rewriter, *match).run();
      else
        reportRefusal(op, "recur-separate-kernel", refusal);
    });
  }
};
} // namespace
