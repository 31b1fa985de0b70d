//===- ReferenceTensor.cpp - The tensor dialect on reference values ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

static Type getResultElementType(Operation *op) {
  return getElementTypeOrSelf(op->getResult(0).getType());
}

/// Sets the only result of `op`, if it was computed.
static LogicalResult setResult(Interpreter &interpreter, Operation *op,
                               FailureOr<ReferenceValue> value) {
  if (failed(value))
    return failure();
  interpreter.set(op->getResult(0), std::move(*value));
  return success();
}

//===----------------------------------------------------------------------===//
// Making tensors
//===----------------------------------------------------------------------===//

/// Full of what nobody should read: NaN, or a number that is no sensible index.
static LogicalResult evaluateEmpty(Interpreter &interpreter,
                                   tensor::EmptyOp op) {
  FailureOr<ReferenceValue> tensor = interpreter.createTensor(
      op, getResultElementType(op), interpreter.getInts(op.getMixedSizes()));
  if (failed(tensor))
    return failure();
  Number unread = std::numeric_limits<double>::quiet_NaN();
  if (!tensor->isFloat())
    unread = wrapToWidth(0xdeadbeefdeadbeee,
                         getResultElementType(op).isIndex()
                             ? 64
                             : getResultElementType(op).getIntOrFloatBitWidth());
  std::fill_n(tensor->mutableData(), tensor->getNumElements(), unread);
  return setResult(interpreter, op, std::move(tensor));
}

static LogicalResult evaluateSplat(Interpreter &interpreter,
                                   tensor::SplatOp op) {
  SmallVector<int64_t> shape(op.getType().getShape());
  unsigned dynamic = 0;
  for (int64_t &size : shape)
    if (ShapedType::isDynamic(size))
      size = interpreter.getInt(op.getDynamicSizes()[dynamic++]);
  FailureOr<ReferenceValue> tensor =
      interpreter.createTensor(op, getResultElementType(op), shape);
  if (failed(tensor))
    return failure();
  std::fill_n(tensor->mutableData(), tensor->getNumElements(),
              interpreter.get(op.getInput())[0]);
  return setResult(interpreter, op, std::move(tensor));
}

static LogicalResult evaluateFromElements(Interpreter &interpreter,
                                          tensor::FromElementsOp op) {
  FailureOr<ReferenceValue> tensor = interpreter.createTensor(
      op, getResultElementType(op), op.getType().getShape());
  if (failed(tensor))
    return failure();
  Number *data = tensor->mutableData();
  for (Value element : op.getElements())
    *data++ = interpreter.get(element)[0];
  return setResult(interpreter, op, std::move(tensor));
}

/// A tensor whose elements a region computes from their indices.
static FailureOr<ReferenceValue> generate(Interpreter &interpreter,
                                          Operation *op, Block &body,
                                          ArrayRef<int64_t> shape) {
  FailureOr<ReferenceValue> tensor =
      interpreter.createTensor(op, getResultElementType(op), shape);
  if (failed(tensor))
    return failure();
  ElementFunction function(interpreter, body);
  Number *data = tensor->mutableData();
  SmallVector<Number> arguments(shape.size());
  LogicalResult result = walkBox(shape, [&](ArrayRef<int64_t> index) {
    llvm::copy(index, arguments.begin());
    return function(arguments, {}, *data++);
  });
  if (failed(result))
    return failure();
  return tensor;
}

static LogicalResult evaluateGenerate(Interpreter &interpreter,
                                      tensor::GenerateOp op) {
  SmallVector<int64_t> shape(op.getType().getShape());
  unsigned dynamic = 0;
  for (int64_t &size : shape)
    if (ShapedType::isDynamic(size))
      size = interpreter.getInt(op.getDynamicExtents()[dynamic++]);
  return setResult(interpreter, op,
                   generate(interpreter, op, op.getBody().front(), shape));
}

static LogicalResult evaluatePad(Interpreter &interpreter, tensor::PadOp op) {
  ReferenceValue source = interpreter.get(op.getSource());
  SmallVector<int64_t> low = interpreter.getInts(op.getMixedLowPad());
  SmallVector<int64_t> high = interpreter.getInts(op.getMixedHighPad());
  SmallVector<int64_t> shape;
  for (auto [size, before, after] :
       llvm::zip_equal(source.getShape(), low, high)) {
    if (before < 0 || after < 0)
      return op.emitOpError("pads by a negative size");
    int64_t padded;
    if (llvm::AddOverflow(size, before, padded) ||
        llvm::AddOverflow(padded, after, padded))
      return op.emitOpError("pads to a size that does not fit in 64 bits");
    shape.push_back(padded);
  }
  FailureOr<ReferenceValue> padded =
      generate(interpreter, op, op.getRegion().front(), shape);
  SmallVector<int64_t> ones(shape.size(), 1);
  if (failed(padded) || failed(insertSlice(op, *padded, source, low,
                                           source.getShape(), ones)))
    return failure();
  return setResult(interpreter, op, std::move(padded));
}

static LogicalResult evaluateConcat(Interpreter &interpreter,
                                    tensor::ConcatOp op) {
  Values inputs = interpreter.getAll(op.getInputs());
  uint64_t dim = op.getDim();
  SmallVector<int64_t> shape(inputs.front().getShape());
  shape[dim] = 0;
  for (const ReferenceValue &input : inputs)
    shape[dim] += input.getShape()[dim];
  FailureOr<ReferenceValue> result =
      interpreter.createTensor(op, getResultElementType(op), shape);
  if (failed(result))
    return failure();
  SmallVector<int64_t> offsets(shape.size(), 0), ones(shape.size(), 1);
  for (const ReferenceValue &input : inputs) {
    for (auto [d, size] : llvm::enumerate(input.getShape()))
      if (d != dim && size != shape[d])
        return op.emitOpError("has inputs whose sizes differ in dimension ")
               << d << ": " << size << " and " << shape[d];
    if (failed(insertSlice(op, *result, input, offsets, input.getShape(), ones)))
      return failure();
    offsets[dim] += input.getShape()[dim];
  }
  return setResult(interpreter, op, std::move(result));
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// The row-major offset of an index, or an error at `op`.
static FailureOr<int64_t> getOffset(Interpreter &interpreter, Operation *op,
                                    const ReferenceValue &tensor,
                                    ValueRange indices) {
  int64_t offset = 0;
  for (auto [value, size] : llvm::zip_equal(indices, tensor.getShape())) {
    int64_t index = interpreter.getInt(value);
    if (index < 0 || index >= size)
      return op->emitOpError("uses index ")
             << index << " of a dimension of size " << size;
    offset = offset * size + index;
  }
  return offset;
}

static LogicalResult evaluateExtract(Interpreter &interpreter,
                                     tensor::ExtractOp op) {
  const ReferenceValue &tensor = interpreter.get(op.getTensor());
  FailureOr<int64_t> offset =
      getOffset(interpreter, op, tensor, op.getIndices());
  if (failed(offset))
    return failure();
  return setResult(interpreter, op,
                   ReferenceValue::scalar(op.getType(), tensor[*offset]));
}

static LogicalResult evaluateInsert(Interpreter &interpreter,
                                    tensor::InsertOp op) {
  ReferenceValue tensor = interpreter.get(op.getDest());
  FailureOr<int64_t> offset =
      getOffset(interpreter, op, tensor, op.getIndices());
  if (failed(offset))
    return failure();
  tensor.mutableData()[*offset] = interpreter.get(op.getScalar())[0];
  return setResult(interpreter, op, std::move(tensor));
}

static LogicalResult evaluateDim(Interpreter &interpreter, tensor::DimOp op) {
  ArrayRef<int64_t> shape = interpreter.get(op.getSource()).getShape();
  int64_t dim = interpreter.getInt(op.getIndex());
  if (dim < 0 || dim >= static_cast<int64_t>(shape.size()))
    return op.emitOpError("asks for dimension ")
           << dim << " of a tensor of rank " << shape.size();
  return setResult(interpreter, op,
                   ReferenceValue::scalar(op.getType(), shape[dim]));
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

/// Whether a box with strides lies inside a shape; an error at `op` otherwise.
static LogicalResult checkSlice(Operation *op, ArrayRef<int64_t> shape,
                                ArrayRef<int64_t> offsets,
                                ArrayRef<int64_t> sizes,
                                ArrayRef<int64_t> strides) {
  for (auto [d, size] : llvm::enumerate(sizes)) {
    int64_t last = 0;
    bool overflows = llvm::MulOverflow(size - 1, strides[d], last) ||
                     llvm::AddOverflow(last, offsets[d], last);
    bool fits = size >= 0 && offsets[d] >= 0 && strides[d] > 0 &&
                (size == 0 ? offsets[d] <= shape[d]
                           : !overflows && last < shape[d]);
    if (!fits)
      return op->emitOpError("uses a slice out of bounds: dimension ")
             << d << " has offset " << offsets[d] << ", size " << size
             << " and stride " << strides[d] << " in a tensor of size "
             << shape[d];
  }
  return success();
}

/// Where a box begins in a tensor, and the steps of its dimensions.
static int64_t getBox(ArrayRef<int64_t> shape, ArrayRef<int64_t> offsets,
                      ArrayRef<int64_t> strides, SmallVector<int64_t> &steps) {
  steps = getRowMajorStrides(shape);
  int64_t begin = 0;
  for (unsigned d = 0; d < steps.size(); ++d) {
    begin += offsets[d] * steps[d];
    steps[d] *= strides[d];
  }
  return begin;
}

static LogicalResult evaluateExtractSlice(Interpreter &interpreter,
                                          tensor::ExtractSliceOp op) {
  const ReferenceValue &source = interpreter.get(op.getSource());
  SmallVector<int64_t> offsets = interpreter.getInts(op.getMixedOffsets());
  SmallVector<int64_t> sizes = interpreter.getInts(op.getMixedSizes());
  SmallVector<int64_t> strides = interpreter.getInts(op.getMixedStrides());
  if (failed(checkSlice(op, source.getShape(), offsets, sizes, strides)))
    return failure();
  llvm::SmallBitVector dropped = op.getDroppedDims();
  SmallVector<int64_t> shape;
  for (auto [d, size] : llvm::enumerate(sizes))
    if (!dropped.test(d))
      shape.push_back(size);
  FailureOr<ReferenceValue> slice =
      interpreter.createTensor(op, source.getElementType(), shape);
  if (failed(slice))
    return failure();
  SmallVector<int64_t> steps;
  int64_t begin = getBox(source.getShape(), offsets, strides, steps);
  Number *to = slice->mutableData();
  const Number *from = source.data();
  walkStrided(sizes, steps, begin, [&](int64_t i) { *to++ = from[i]; });
  return setResult(interpreter, op, std::move(slice));
}

LogicalResult reference::insertSlice(Operation *op, ReferenceValue &dest,
                                     const ReferenceValue &source,
                                     ArrayRef<int64_t> offsets,
                                     ArrayRef<int64_t> sizes,
                                     ArrayRef<int64_t> strides) {
  if (failed(checkSlice(op, dest.getShape(), offsets, sizes, strides)))
    return failure();
  int64_t elements = 1;
  for (int64_t size : sizes)
    elements *= size;
  if (elements != source.getNumElements())
    return op->emitOpError("inserts ")
           << source.getNumElements() << " elements into a slice of "
           << elements;
  SmallVector<int64_t> steps;
  int64_t begin = getBox(dest.getShape(), offsets, strides, steps);
  Number *to = dest.mutableData();
  const Number *from = source.data();
  walkStrided(sizes, steps, begin, [&](int64_t i) { to[i] = *from++; });
  return success();
}

static LogicalResult evaluateInsertSlice(Interpreter &interpreter,
                                         tensor::InsertSliceOp op) {
  ReferenceValue dest = interpreter.get(op.getDest());
  if (failed(insertSlice(op, dest, interpreter.get(op.getSource()),
                         interpreter.getInts(op.getMixedOffsets()),
                         interpreter.getInts(op.getMixedSizes()),
                         interpreter.getInts(op.getMixedStrides()))))
    return failure();
  return setResult(interpreter, op, std::move(dest));
}

/// Where a value lies does not change it.
static LogicalResult
evaluateMaterialize(Interpreter &interpreter,
                    bufferization::MaterializeInDestinationOp op) {
  interpreter.set(op->getResult(0), interpreter.get(op.getSource()));
  return success();
}

//===----------------------------------------------------------------------===//
// Reshapes
//===----------------------------------------------------------------------===//

static LogicalResult evaluateCast(Interpreter &interpreter, tensor::CastOp op) {
  interpreter.set(op, interpreter.get(op.getSource()));
  return success(); // That the sizes agree is checked for every result.
}

static LogicalResult evaluateExpandShape(Interpreter &interpreter,
                                         tensor::ExpandShapeOp op) {
  SmallVector<int64_t> shape = interpreter.getInts(op.getMixedOutputShape());
  return setResult(
      interpreter, op,
      interpreter.reshape(op, interpreter.get(op.getSrc()), shape));
}

static LogicalResult evaluateCollapseShape(Interpreter &interpreter,
                                           tensor::CollapseShapeOp op) {
  const ReferenceValue &source = interpreter.get(op.getSrc());
  SmallVector<int64_t> shape;
  for (const ReassociationIndices &group : op.getReassociationIndices()) {
    int64_t size = 1;
    for (int64_t d : group)
      size *= source.getShape()[d];
    shape.push_back(size);
  }
  return setResult(interpreter, op, interpreter.reshape(op, source, shape));
}

static LogicalResult evaluateReshape(Interpreter &interpreter,
                                     tensor::ReshapeOp op) {
  SmallVector<int64_t> shape;
  for (Number size : interpreter.get(op.getShape()).getElements())
    shape.push_back(size.i);
  return setResult(
      interpreter, op,
      interpreter.reshape(op, interpreter.get(op.getSource()), shape));
}

void reference::addTensorHandlers(HandlerTable &table) {
  table.add<bufferization::MaterializeInDestinationOp>(evaluateMaterialize);
  table.add<tensor::CastOp>(evaluateCast);
  table.add<tensor::CollapseShapeOp>(evaluateCollapseShape);
  table.add<tensor::ConcatOp>(evaluateConcat);
  table.add<tensor::DimOp>(evaluateDim);
  table.add<tensor::EmptyOp>(evaluateEmpty);
  table.add<tensor::ExpandShapeOp>(evaluateExpandShape);
  table.add<tensor::ExtractOp>(evaluateExtract);
  table.add<tensor::ExtractSliceOp>(evaluateExtractSlice);
  table.add<tensor::FromElementsOp>(evaluateFromElements);
  table.add<tensor::GenerateOp>(evaluateGenerate);
  table.add<tensor::InsertOp>(evaluateInsert);
  table.add<tensor::InsertSliceOp>(evaluateInsertSlice);
  table.add<tensor::PadOp>(evaluatePad);
  table.add<tensor::ReshapeOp>(evaluateReshape);
  table.add<tensor::SplatOp>(evaluateSplat);
}
