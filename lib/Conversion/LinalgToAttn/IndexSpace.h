//===- IndexSpace.h - Indices of elements, simplified by sizes -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_LINALGTOATTN_INDEXSPACE_H
#define ATTN_LIB_CONVERSION_LINALGTOATTN_INDEXSPACE_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::attn {

/// A dimension runs from 0 to the size of an axis of a tensor.
struct Dimension {
  int64_t size = 1;
  Value tensor = {}; // Null where the size is known without one.
  int64_t axis = 0;
};

/// factor * index
struct IndexTerm {
  AffineExpr index;
  int64_t factor;
};

/// sum of terms + constant
struct LinearIndex {
  SmallVector<IndexTerm> terms;
  int64_t constant = 0;
};

/// Named dimensions and the algebra of indices over them. Indices that agree
/// for all values of the dimensions are, as far as reshapes make them differ,
/// one expression once simplified:
///   (12 b + h) floordiv 12 = b                        for h < 12
///   12 (n floordiv 12) + n mod 12 = n
class IndexSpace {
public:
  explicit IndexSpace(MLIRContext *context) : context(context) {}

  unsigned add(Dimension dimension);
  const Dimension &get(unsigned dim) const { return dimensions[dim]; }
  unsigned size() const { return dimensions.size(); }
  AffineExpr getIndex(unsigned dim) const;

  AffineExpr simplify(AffineExpr index) const;
  LinearIndex getLinear(AffineExpr index) const;
  /// The index in row-major order, or null where sizes are unknown.
  AffineExpr linearize(ArrayRef<AffineExpr> indices,
                       ArrayRef<int64_t> shape) const;
  /// The opposite; empty where sizes are unknown.
  SmallVector<AffineExpr> delinearize(AffineExpr index,
                                      ArrayRef<int64_t> shape) const;

  /// Whether both dimensions have the same size for sure.
  bool haveSameSize(unsigned a, unsigned b) const;

  /// Adds to `cuts` where `index` cuts dimensions into digits: 4 and 12 for
  /// (d mod 12) floordiv 4.
  using Cuts = llvm::MapVector<unsigned, SmallVector<int64_t>>;
  static void collectCuts(AffineExpr index, Cuts &cuts);

private:
  AffineExpr build(LinearIndex linear) const;
  AffineExpr divide(AffineExpr index, int64_t divisor, bool remainder) const;
  /// The largest value, if it is known; the smallest is never negative.
  std::optional<int64_t> getMax(AffineExpr index) const;

  MLIRContext *context;
  SmallVector<Dimension> dimensions;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_LINALGTOATTN_INDEXSPACE_H
