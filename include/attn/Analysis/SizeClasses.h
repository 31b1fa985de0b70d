//===- SizeClasses.h - Which sizes of a function must agree -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_SIZECLASSES_H
#define ATTN_ANALYSIS_SIZECLASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace mlir::attn {

/// Sizes of tensors in one function, grouped where the operations that use them
/// need them to be equal: the keys' rows and the values' rows, the output's
/// features and the value's. Follows indexing maps, destinations, casts, loops;
/// what it cannot follow stays in a class of its own.
class SizeClasses {
public:
  explicit SizeClasses(func::FuncOp function);

  /// The class of dimension `dim` of a tensor.
  unsigned getClass(Value tensor, unsigned dim) const;
  /// The size that all of a class has, if some type says it.
  std::optional<int64_t> getStaticSize(unsigned sizeClass) const;

private:
  unsigned getNode(Value tensor, unsigned dim);
  void unite(Value a, unsigned dimA, Value b, unsigned dimB);
  void uniteAll(Value a, Value b);
  void visit(Operation *op);

  llvm::DenseMap<std::pair<Value, unsigned>, unsigned> nodes;
  llvm::EquivalenceClasses<unsigned> classes;
  llvm::DenseMap<unsigned, int64_t> staticSizes; // By leader.
};

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_SIZECLASSES_H
