//===- Reference.cpp - Evaluation in double precision ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::attn;
using namespace mlir::attn::reference;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

ReferenceValue ReferenceValue::scalar(Type type, Number value) {
  ReferenceValue result;
  result.elementType = type;
  result.single = value;
  return result;
}

llvm::Expected<ReferenceValue>
ReferenceValue::tensor(Type elementType, ArrayRef<int64_t> shape) {
  llvm::Expected<int64_t> elements = checkedNumElements(shape, sizeof(Number));
  if (!elements)
    return elements.takeError();
  void *probe = ::operator new(*elements * sizeof(Number), std::nothrow);
  if (!probe)
    return llvm::createStringError("not enough memory for %lld elements",
                                   static_cast<long long>(*elements));
  ::operator delete(probe);
  ReferenceValue result;
  result.elementType = elementType;
  result.storage = std::make_shared<Storage>();
  result.storage->shape.assign(shape.begin(), shape.end());
  result.storage->elements.resize(*elements);
  return result;
}

llvm::Expected<ReferenceValue> ReferenceValue::fromArray(const Array &array) {
  llvm::Expected<ReferenceValue> result =
      tensor(array.elementType, array.shape);
  if (!result)
    return result.takeError();
  Number *data = result->mutableData();
  int64_t elements = array.getNumElements();
  if (array.isFloat())
    for (int64_t i = 0; i < elements; ++i)
      data[i] = array.getFloat(i);
  else
    for (int64_t i = 0; i < elements; ++i)
      data[i] = array.getInt(i);
  return result;
}

llvm::Expected<Array> ReferenceValue::toArray() const {
  llvm::Expected<Array> array = Array::create(elementType, getShape());
  if (!array)
    return array.takeError();
  for (auto [i, element] : llvm::enumerate(getElements())) {
    if (isFloat())
      array->setFloat(i, element.f);
    else
      array->setInt(i, element.i);
  }
  return array;
}

ArrayRef<int64_t> ReferenceValue::getShape() const {
  return storage ? ArrayRef<int64_t>(storage->shape) : ArrayRef<int64_t>();
}

int64_t ReferenceValue::getNumElements() const {
  return storage ? storage->elements.size() : 1;
}

const Number *ReferenceValue::data() const {
  return storage ? storage->elements.data() : &single;
}

Number *ReferenceValue::mutableData() {
  if (!storage)
    return &single;
  if (storage.use_count() > 1)
    storage = std::make_shared<Storage>(*storage);
  return storage->elements.data();
}

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

SmallVector<int64_t>
reference::getRowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (unsigned i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= std::max<int64_t>(shape[i], 1);
  }
  return strides;
}

int64_t reference::evaluateAffine(AffineExpr expr, ArrayRef<int64_t> dims,
                                  ArrayRef<int64_t> symbols, bool &badDivisor) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  int64_t a = evaluateAffine(binary.getLHS(), dims, symbols, badDivisor);
  int64_t b = evaluateAffine(binary.getRHS(), dims, symbols, badDivisor);
  // As the arith operations it is lowered to, sums and products wrap.
  if (expr.getKind() == AffineExprKind::Add)
    return static_cast<uint64_t>(a) + static_cast<uint64_t>(b);
  if (expr.getKind() == AffineExprKind::Mul)
    return static_cast<uint64_t>(a) * static_cast<uint64_t>(b);
  if (b <= 0) {
    badDivisor = true;
    return 0;
  }
  int64_t quotient = a / b, rest = a % b;
  if (rest < 0) {
    rest += b;
    --quotient;
  }
  if (expr.getKind() == AffineExprKind::Mod)
    return rest;
  if (expr.getKind() == AffineExprKind::FloorDiv)
    return quotient;
  return quotient + (rest != 0); // ceildiv
}

//===----------------------------------------------------------------------===//
// The interpreter
//===----------------------------------------------------------------------===//

static const HandlerTable &getHandlers() {
  static const HandlerTable table = [] {
    HandlerTable table;
    addAttnHandlers(table);
    addControlFlowHandlers(table);
    addLinalgHandlers(table);
    addRecurHandlers(table);
    addScalarHandlers(table);
    addTensorHandlers(table);
    return table;
  }();
  return table;
}

Interpreter::~Interpreter() {
  // One copy may be inside another and use its values.
  for (auto &[op, copy] : expandedMonoids)
    copy->dropAllReferences();
}

int64_t Interpreter::getInt(OpFoldResult value) const {
  if (auto attr = dyn_cast<Attribute>(value))
    return cast<IntegerAttr>(attr).getValue().getSExtValue();
  return getInt(cast<Value>(value));
}

SmallVector<int64_t> Interpreter::getInts(ArrayRef<OpFoldResult> values) const {
  return llvm::map_to_vector(
      values, [&](OpFoldResult value) { return getInt(value); });
}

Values Interpreter::getAll(ValueRange values) const {
  return llvm::map_to_vector(values, [&](Value value) { return get(value); });
}

LogicalResult Interpreter::setAll(ValueRange values,
                                  FailureOr<Values> computed) {
  if (failed(computed))
    return failure();
  for (auto [value, result] : llvm::zip_equal(values, *computed))
    set(value, std::move(result));
  return success();
}

FailureOr<ReferenceValue> Interpreter::createTensor(Operation *op,
                                                    Type elementType,
                                                    ArrayRef<int64_t> shape) {
  llvm::Expected<ReferenceValue> tensor =
      ReferenceValue::tensor(elementType, shape);
  if (!tensor)
    return op->emitOpError("cannot be evaluated: ")
           << llvm::toString(tensor.takeError());
  return *tensor;
}

FailureOr<ReferenceValue> Interpreter::reshape(Operation *op,
                                               const ReferenceValue &source,
                                               ArrayRef<int64_t> shape) {
  FailureOr<ReferenceValue> result =
      createTensor(op, source.getElementType(), shape);
  if (failed(result))
    return failure();
  if (result->getNumElements() != source.getNumElements())
    return op->emitOpError("reshapes ")
           << source.getNumElements() << " elements into "
           << result->getNumElements();
  llvm::copy(source.getElements(), result->mutableData());
  return result;
}

bool reference::isKnownType(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    type = tensor.getElementType();
  auto integer = dyn_cast<IntegerType>(type);
  return isa<Float16Type, BFloat16Type, Float32Type, Float64Type, IndexType>(
             type) ||
         (integer && integer.isSignless() && integer.getWidth() <= 64);
}

/// Whether a value is one of `type`: the same sizes where those are static.
static bool isOfType(const ReferenceValue &value, Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return !value.isTensor() && value.getElementType() == type;
  return value.isTensor() &&
         value.getElementType() == tensor.getElementType() &&
         succeeded(verifyCompatibleShape(value.getShape(), tensor.getShape()));
}

static void printShape(Diagnostic &diag, const ReferenceValue &value) {
  diag << "[";
  llvm::interleaveComma(value.getShape(), diag);
  diag << "]";
}

LogicalResult Interpreter::evaluate(Operation *op) {
  for (Type type : op->getResultTypes())
    if (!isKnownType(type))
      return op->emitOpError("has a result of type ")
             << type
             << ", which the reference evaluation does not know: it has f16, "
                "bf16, f32, f64, index, integers of up to 64 bits, and ranked "
                "tensors of these";
  if (const Handler *handler = getHandlers().lookup(op->getName())) {
    if (failed((*handler)(*this, op)))
      return failure();
  } else if (const ScalarOp *scalarOp = lookupScalarOp(op->getName())) {
    if (failed(evaluateElementwise(*this, op, *scalarOp)))
      return failure();
  } else if (isa<linalg::LinalgOp>(op)) {
    if (failed(evaluateLinalg(*this, op)))
      return failure();
  } else {
    return op->emitOpError(
        "is not known to the reference evaluation, which knows attn, recur, "
        "linalg on tensors, arith, math, tensor, scf, func, and affine.apply, "
        "min and max");
  }
  for (Value result : op->getResults()) {
    const ReferenceValue &value = get(result);
    if (isOfType(value, result.getType()))
      continue;
    InFlightDiagnostic diag = op->emitOpError("computes a result of shape ");
    printShape(*diag.getUnderlyingDiagnostic(), value);
    return diag << " where its type says " << result.getType();
  }
  return success();
}

FailureOr<Values> Interpreter::run(Block &block,
                                   ArrayRef<ReferenceValue> arguments) {
  // Each level is a few frames of the machine's stack, which must not overflow.
  constexpr unsigned kMaxDepth = 400;
  Operation *parent = block.getParentOp();
  if (depth >= kMaxDepth)
    return parent->emitOpError("is nested more than ")
           << kMaxDepth << " regions and calls deep, too deep to evaluate";
  if (!block.isEntryBlock() || !llvm::hasSingleElement(*block.getParent()))
    return parent->emitOpError(
        "has several blocks; the reference evaluation knows structured control "
        "flow (scf) only");
  ++depth;
  for (auto [argument, value] :
       llvm::zip_equal(block.getArguments(), arguments))
    set(argument, value);
  LogicalResult result = success();
  for (Operation &op : block.without_terminator())
    if (failed(result = evaluate(&op)))
      break;
  --depth;
  if (failed(result))
    return failure();
  return getAll(block.getTerminator()->getOperands());
}

FailureOr<Values> Interpreter::runAtToken(Block &block,
                                          ArrayRef<ReferenceValue> arguments,
                                          ArrayRef<int64_t> point) {
  ArrayRef<int64_t> outer = token;
  token = point;
  FailureOr<Values> results = run(block, arguments);
  token = outer;
  return results;
}

FailureOr<Values> Interpreter::call(func::FuncOp function,
                                    ArrayRef<ReferenceValue> inputs) {
  if (function.isExternal())
    return function.emitOpError("is only declared; it cannot be evaluated");
  if (function.getNumArguments() != inputs.size())
    return function.emitOpError("takes ")
           << function.getNumArguments() << " arguments, got " << inputs.size();
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    if (!isKnownType(type))
      return function.emitOpError("argument ")
             << i << " has type " << type
             << ", which the reference evaluation does not know";
    if (isOfType(inputs[i], type))
      continue;
    InFlightDiagnostic diag = function.emitOpError("argument ");
    diag << i << " has type " << type << ", got "
         << (inputs[i].isTensor() ? "a tensor of " : "a scalar ")
         << inputs[i].getElementType() << " of shape ";
    printShape(*diag.getUnderlyingDiagnostic(), inputs[i]);
    return diag;
  }
  Frame callee, *caller = frame;
  ArrayRef<int64_t> indices = loopIndices;
  frame = &callee;
  FailureOr<Values> results = run(function.front(), inputs);
  frame = caller;
  loopIndices = indices;
  return results;
}

FailureOr<SmallVector<ReferenceValue>>
mlir::attn::evaluate(func::FuncOp entry, ArrayRef<ReferenceValue> inputs) {
  return Interpreter().call(entry, inputs);
}
