//===- ElementFunction.cpp - A block as a function of numbers ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

ElementFunction::ElementFunction(Interpreter &interpreter, Block &block)
    : interpreter(interpreter), block(block) {
  compiled = compile(); // Fills the members: all of them exist by now.
}

/// The slot of a number: of the block, or from outside and then a constant.
std::optional<unsigned> ElementFunction::getSlot(Value value) {
  auto it = slotOf.find(value);
  if (it != slotOf.end())
    return it->second;
  if (isa<RankedTensorType>(value.getType()) || !isKnownType(value.getType()))
    return std::nullopt;
  Number number;
  APInt integer;
  FloatAttr real;
  if (matchPattern(value, m_ConstantInt(&integer)))
    number = wrapToWidth(integer.getZExtValue(), integer.getBitWidth());
  else if (matchPattern(value, m_Constant(&real)))
    number = real.getValueAsDouble();
  else if (value.getParentBlock() == &block)
    return std::nullopt;
  else
    number = interpreter.get(value)[0];
  slots.push_back(number);
  return slotOf[value] = slots.size() - 1;
}

std::optional<ElementFunction::Step>
ElementFunction::compileStep(Operation &op) {
  if (op.getNumResults() != 1 || op.getNumRegions() != 0 ||
      !isKnownType(op.getResult(0).getType()))
    return std::nullopt;

  auto getSlots = [&](ValueRange values) -> std::optional<SmallVector<unsigned>> {
    SmallVector<unsigned> result;
    for (Value value : values) {
      std::optional<unsigned> slot = getSlot(value);
      if (!slot)
        return std::nullopt;
      result.push_back(*slot);
    }
    return result;
  };
  auto addResult = [&] {
    slots.emplace_back();
    return slotOf[op.getResult(0)] = slots.size() - 1;
  };

  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    unsigned dim = index.getDim(), result = addResult();
    return [this, dim, result](Number *slots) {
      slots[result] = loopIndices[dim];
      return success();
    };
  }

  if (auto extract = dyn_cast<tensor::ExtractOp>(op)) {
    auto indices = getSlots(extract.getIndices());
    Value source = extract.getTensor();
    if (!indices || source.getParentBlock() == &block)
      return std::nullopt;
    ReferenceValue tensor = interpreter.get(source);
    unsigned result = addResult();
    return [tensor, extract, indices = *indices, result,
            strides = getRowMajorStrides(tensor.getShape())](Number *slots) mutable
               -> LogicalResult {
      int64_t offset = 0;
      for (auto [slot, size, stride] :
           llvm::zip_equal(indices, tensor.getShape(), strides)) {
        int64_t index = slots[slot].i;
        if (index < 0 || index >= size)
          return extract.emitOpError("reads index ")
                 << index << " of a dimension of size " << size;
        offset += index * stride;
      }
      slots[result] = tensor[offset];
      return success();
    };
  }

  if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
    auto operands = getSlots(apply.getMapOperands());
    if (!operands)
      return std::nullopt;
    unsigned result = addResult();
    AffineMap map = apply.getAffineMap();
    return [map, apply, operands = *operands,
            result](Number *slots) mutable -> LogicalResult {
      SmallVector<int64_t> values;
      for (unsigned slot : operands)
        values.push_back(slots[slot].i);
      ArrayRef<int64_t> all(values);
      bool badDivisor = false;
      slots[result] = evaluateAffine(
          map.getResult(0), all.take_front(map.getNumDims()),
          all.drop_front(map.getNumDims()), badDivisor);
      return badDivisor ? apply.emitOpError("divides by a number that is not "
                                            "positive")
                        : success();
    };
  }

  const ScalarOp *scalarOp = lookupScalarOp(op.getName());
  auto operands = getSlots(op.getOperands());
  if (!scalarOp || !operands || isa<RankedTensorType>(op.getResult(0).getType()))
    return std::nullopt;
  unsigned result = addResult();
  return [scalarOp, info = ScalarInfo(&op), op = &op, operands = *operands,
          result](Number *slots) -> LogicalResult {
    Number arguments[3];
    for (unsigned i = 0; i < operands.size(); ++i)
      arguments[i] = slots[operands[i]];
    if (scalarOp->getUndefined)
      if (const char *reason = scalarOp->getUndefined(arguments, info))
        return op->emitOpError() << reason;
    slots[result] = scalarOp->kernel(arguments, info);
    return success();
  };
}

bool ElementFunction::compile() {
  for (BlockArgument argument : block.getArguments()) {
    slotOf[argument] = slots.size();
    slots.emplace_back();
  }
  for (Operation &op : block.without_terminator()) {
    if (isa<arith::ConstantOp>(op)) // Read where it is used.
      continue;
    std::optional<Step> step = compileStep(op);
    if (!step)
      return false;
    steps.push_back(std::move(*step));
  }
  for (Value result : block.getTerminator()->getOperands()) {
    std::optional<unsigned> slot = getSlot(result);
    if (!slot)
      return false;
    resultSlots.push_back(*slot);
  }
  return true;
}

LogicalResult ElementFunction::interpret(ArrayRef<Number> arguments,
                                         MutableArrayRef<Number> results) {
  Values values;
  for (auto [argument, number] :
       llvm::zip_equal(block.getArguments(), arguments))
    values.push_back(ReferenceValue::scalar(argument.getType(), number));
  ArrayRef<int64_t> outer = interpreter.loopIndices;
  interpreter.loopIndices = loopIndices;
  FailureOr<Values> computed = interpreter.run(block, values);
  interpreter.loopIndices = outer;
  if (failed(computed))
    return failure();
  for (auto [result, value] : llvm::zip_equal(results, *computed))
    result = value[0];
  return success();
}

LogicalResult ElementFunction::operator()(ArrayRef<Number> arguments,
                                          ArrayRef<int64_t> indices,
                                          MutableArrayRef<Number> results) {
  loopIndices = indices;
  if (!compiled)
    return interpret(arguments, results);
  std::copy(arguments.begin(), arguments.end(), slots.begin());
  for (const Step &step : steps)
    if (failed(step(slots.data())))
      return failure();
  for (auto [result, slot] : llvm::zip_equal(results, resultSlots))
    result = slots[slot];
  return success();
}
