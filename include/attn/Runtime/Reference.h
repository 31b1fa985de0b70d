//===- Reference.h - Evaluation in double precision -------------*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a function means, evaluated operation by operation with every float a
// double: nothing is rounded to the narrower types of the IR, extf and truncf do
// nothing. Integers and indices are 64-bit and wrap at the width of their type.
// The oracle that every form and every pipeline is compared with.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_REFERENCE_H
#define ATTN_RUNTIME_REFERENCE_H

#include "attn/Runtime/Array.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <memory>

namespace mlir::attn {

/// A double or a 64-bit integer; the type of the value it belongs to says which.
/// i1 is 0 or 1, narrower integers are sign-extended.
union Number {
  double f;
  int64_t i;

  Number() : i(0) {}
  Number(double value) : f(value) {}
  Number(int64_t value) : i(value) {}
  Number(bool value) : i(value) {}
};

/// A scalar, or a row-major tensor of scalars. Copies share their elements until
/// one is written to.
class ReferenceValue {
public:
  ReferenceValue() = default;

  static ReferenceValue scalar(Type type, Number value);
  /// A tensor of zeros. Fails as Array::create does, eight bytes per element.
  static llvm::Expected<ReferenceValue> tensor(Type elementType,
                                               ArrayRef<int64_t> shape);
  /// The elements of an array, exactly.
  static llvm::Expected<ReferenceValue> fromArray(const Array &array);
  /// The elements rounded to nearest even in the element type of this value.
  llvm::Expected<Array> toArray() const;

  bool isTensor() const { return static_cast<bool>(storage); }
  bool isFloat() const { return isa<FloatType>(elementType); }
  Type getElementType() const { return elementType; }
  /// Empty for a scalar.
  ArrayRef<int64_t> getShape() const;
  int64_t getNumElements() const;

  /// All elements in row-major order; one for a scalar.
  const Number *data() const;
  ArrayRef<Number> getElements() const {
    return ArrayRef<Number>(data(), static_cast<size_t>(getNumElements()));
  }
  Number operator[](int64_t i) const { return data()[i]; }
  /// The elements for writing: no other value sees the change.
  Number *mutableData();

private:
  struct Storage {
    SmallVector<int64_t> shape;
    std::vector<Number> elements;
  };
  Type elementType;
  Number single;
  std::shared_ptr<Storage> storage; // Null for a scalar.
};

/// Evaluates `entry` on `inputs`, one per argument, and returns one value per
/// result. Calls go to functions of the same module.
///
/// Knows attn, recur, linalg (on tensors), arith, math, tensor, scf, func, and
/// affine.apply, min and max. What is unknown, undefined (an index out of bounds,
/// a division by zero) or too large is an error at the operation; nothing is
/// read out of bounds. A tensor.empty is full of NaN, so that a read of it shows.
FailureOr<SmallVector<ReferenceValue>>
evaluate(func::FuncOp entry, ArrayRef<ReferenceValue> inputs);

} // namespace mlir::attn

#endif // ATTN_RUNTIME_REFERENCE_H
