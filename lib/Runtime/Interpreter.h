//===- Interpreter.h - How the reference evaluation works -------*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A table from operation name to handler; each dialect adds its own. Scalar
// operations have a kernel on numbers instead, so that the body of a linalg
// operation runs as a list of kernels and not through the general interpreter.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_RUNTIME_INTERPRETER_H
#define ATTN_LIB_RUNTIME_INTERPRETER_H

#include "attn/Runtime/Reference.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringMap.h"
#include <functional>

namespace mlir::attn::reference {

using Values = SmallVector<ReferenceValue>;

//===----------------------------------------------------------------------===//
// Scalar operations
//===----------------------------------------------------------------------===//

/// What a kernel may need to know of its operation.
struct ScalarInfo {
  explicit ScalarInfo(Operation *op);

  Type operandType, resultType;       // Element types; of the first operand.
  unsigned operandWidth, resultWidth; // In bits; index has 64.
  int64_t predicate = 0;              // Of arith.cmpi and arith.cmpf.
};

/// Computes the result of a scalar operation from its operands.
using Kernel = std::function<Number(const Number *, const ScalarInfo &)>;

struct ScalarOp {
  Kernel kernel;
  /// Null, or what makes the operation undefined on these operands: returns the
  /// reason, or null if there is none.
  const char *(*getUndefined)(const Number *, const ScalarInfo &) = nullptr;
};

/// The kernel of an operation that has one result and works elementwise.
const ScalarOp *lookupScalarOp(OperationName name);

/// Sign-extends the low `width` bits; one bit becomes 0 or 1.
int64_t wrapToWidth(uint64_t value, unsigned width);

/// Whether the interpreter has numbers for values of this type.
bool isKnownType(Type type);

/// An affine expression at a point. `badDivisor` is set if it divides by a number
/// that is not positive.
int64_t evaluateAffine(AffineExpr expr, ArrayRef<int64_t> dims,
                       ArrayRef<int64_t> symbols, bool &badDivisor);

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

SmallVector<int64_t> getRowMajorStrides(ArrayRef<int64_t> shape);

/// Calls `visit` with offset + sum_d index_d * stride_d for each index of a box,
/// in row-major order.
template <typename Visit>
void walkStrided(ArrayRef<int64_t> sizes, ArrayRef<int64_t> strides,
                 int64_t offset, Visit visit) {
  if (llvm::is_contained(sizes, 0))
    return;
  SmallVector<int64_t> index(sizes.size(), 0);
  while (true) {
    visit(offset);
    unsigned d = sizes.size();
    for (; d > 0; --d) {
      offset += strides[d - 1];
      if (++index[d - 1] < sizes[d - 1])
        break;
      offset -= strides[d - 1] * sizes[d - 1];
      index[d - 1] = 0;
    }
    if (d == 0)
      return;
  }
}

/// Calls `visit` with each index of a box, in row-major order, until it fails.
template <typename Visit>
LogicalResult walkBox(ArrayRef<int64_t> sizes, Visit visit) {
  if (llvm::is_contained(sizes, 0))
    return success();
  SmallVector<int64_t> index(sizes.size(), 0);
  while (true) {
    if (failed(visit(ArrayRef<int64_t>(index))))
      return failure();
    unsigned d = sizes.size();
    for (; d > 0; --d) {
      if (++index[d - 1] < sizes[d - 1])
        break;
      index[d - 1] = 0;
    }
    if (d == 0)
      return success();
  }
}

//===----------------------------------------------------------------------===//
// The interpreter
//===----------------------------------------------------------------------===//

class Interpreter {
public:
  Interpreter() = default;
  Interpreter(const Interpreter &) = delete;
  ~Interpreter();

  FailureOr<Values> call(func::FuncOp function, ArrayRef<ReferenceValue> inputs);

  /// Evaluates a block on values for its arguments; returns the operands of its
  /// terminator.
  FailureOr<Values> run(Block &block, ArrayRef<ReferenceValue> arguments);

  /// As `run`, with `point` for recur.index.
  FailureOr<Values> runAtToken(Block &block, ArrayRef<ReferenceValue> arguments,
                               ArrayRef<int64_t> point);

  /// The value computed for `value`.
  const ReferenceValue &get(Value value) const {
    auto it = frame->values.find(value);
    assert(it != frame->values.end() && "an operation before its operands");
    return it->second;
  }
  int64_t getInt(Value value) const { return get(value)[0].i; }
  int64_t getInt(OpFoldResult value) const;
  SmallVector<int64_t> getInts(ArrayRef<OpFoldResult> values) const;
  Values getAll(ValueRange values) const;
  /// The loop indices of the innermost linalg operation being evaluated.
  ArrayRef<int64_t> getLoopIndices() const { return loopIndices; }
  /// The indices of the innermost recurrence being evaluated.
  ArrayRef<int64_t> getToken() const { return token; }

  void set(Value value, ReferenceValue computed) {
    frame->values[value] = std::move(computed);
  }
  LogicalResult setAll(ValueRange values, FailureOr<Values> computed);

  /// A tensor of zeros, or an error at `op`.
  FailureOr<ReferenceValue> createTensor(Operation *op, Type elementType,
                                         ArrayRef<int64_t> shape);
  /// `source` in another shape of as many elements.
  FailureOr<ReferenceValue> reshape(Operation *op, const ReferenceValue &source,
                                    ArrayRef<int64_t> shape);

  SymbolTableCollection symbols;
  /// Copies of scans whose monoids became steps. Kept: a scan in a loop needs one.
  DenseMap<Operation *, OwningOpRef<Operation *>> expandedMonoids;

private:
  friend class ElementFunction;
  /// The values of one call.
  struct Frame {
    DenseMap<Value, ReferenceValue> values;
  };
  LogicalResult evaluate(Operation *op);

  Frame *frame = nullptr;
  ArrayRef<int64_t> loopIndices, token;
  unsigned depth = 0;
};

/// A block as a function of numbers: the body of a linalg operation, a score
/// region. Values from outside are read when it is made. A body of scalar
/// operations is compiled to a list of kernels; any other goes through the
/// interpreter.
class ElementFunction {
public:
  ElementFunction(Interpreter &interpreter, Block &block);
  ElementFunction(const ElementFunction &) = delete; // Steps point to it.
  ElementFunction &operator=(const ElementFunction &) = delete;

  /// `results` has as many elements as the terminator has operands.
  LogicalResult operator()(ArrayRef<Number> arguments,
                           ArrayRef<int64_t> loopIndices,
                           MutableArrayRef<Number> results);

private:
  using Step = std::function<LogicalResult(Number *)>;

  bool compile();
  std::optional<Step> compileStep(Operation &op);
  std::optional<unsigned> getSlot(Value value);
  LogicalResult interpret(ArrayRef<Number> arguments,
                          MutableArrayRef<Number> results);

  Interpreter &interpreter;
  Block &block;
  bool compiled = false;
  SmallVector<Step> steps;
  SmallVector<unsigned> resultSlots;
  DenseMap<Value, unsigned> slotOf;
  std::vector<Number> slots;
  ArrayRef<int64_t> loopIndices;
};

//===----------------------------------------------------------------------===//
// Handlers
//===----------------------------------------------------------------------===//

using Handler = std::function<LogicalResult(Interpreter &, Operation *)>;

class HandlerTable {
public:
  /// `handle` takes (Interpreter &, OpTy) and returns LogicalResult.
  template <typename OpTy, typename Handle>
  void add(Handle handle) {
    handlers[OpTy::getOperationName()] = [handle](Interpreter &interpreter,
                                                  Operation *op) {
      return handle(interpreter, cast<OpTy>(op));
    };
  }
  const Handler *lookup(OperationName name) const {
    auto it = handlers.find(name.getStringRef());
    return it == handlers.end() ? nullptr : &it->second;
  }

private:
  llvm::StringMap<Handler> handlers;
};

void addAttnHandlers(HandlerTable &table);
void addControlFlowHandlers(HandlerTable &table);
void addLinalgHandlers(HandlerTable &table);
void addRecurHandlers(HandlerTable &table);
void addScalarHandlers(HandlerTable &table);
void addTensorHandlers(HandlerTable &table);

/// Evaluates any linalg operation through its region and indexing maps.
LogicalResult evaluateLinalg(Interpreter &interpreter, Operation *op);
/// Evaluates an operation that has a kernel, elementwise if on tensors.
LogicalResult evaluateElementwise(Interpreter &interpreter, Operation *op,
                                  const ScalarOp &scalarOp);

/// Writes `source` into a box of `dest`; an error at `op` if it does not fit.
/// Sizes are those of the box, of which `source` may lack unit dimensions.
LogicalResult insertSlice(Operation *op, ReferenceValue &dest,
                          const ReferenceValue &source,
                          ArrayRef<int64_t> offsets, ArrayRef<int64_t> sizes,
                          ArrayRef<int64_t> strides);

} // namespace mlir::attn::reference

#endif // ATTN_LIB_RUNTIME_INTERPRETER_H
