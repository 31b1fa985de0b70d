//===- WriteScore.h - Expressions as a score region -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_LINALGTOATTN_WRITESCORE_H
#define ATTN_LIB_CONVERSION_LINALGTOATTN_WRITESCORE_H

#include "Algebra.h"
#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// Writes expressions as operations of a score region.
class ScoreWriter {
public:
  ScoreWriter(OpBuilder &builder, Location loc, ExpressionReader &reader,
              FloatType type)
      : builder(builder), loc(loc), reader(reader), type(type) {}

  /// `value` is factor * `product`.
  void setScore(Expr product, double factor, Value value) {
    dot = product;
    dotFactor = factor;
    score = value;
  }
  void setIndex(unsigned dim, Value index) { indices[dim] = index; }
  /// `dims`, in row-major order, are the digits of `index`.
  void setIndex(ArrayRef<unsigned> dims, Value index);
  /// A tensor with both dimensions is computed in the region where it can be.
  void setPositions(std::optional<unsigned> query, unsigned key) {
    queryDim = query;
    keyDim = key;
  }

  /// Float values have the score's type, others their own.
  Value write(Expr expression);
  Value write(const Sum &sum);
  Value writeConstant(double number);

  /// Whether all of `expression` can be written; adds the tensors it would
  /// read.
  bool canWrite(Expr expression, llvm::SetVector<Value> &tensors);
  /// The factor of the first product that is scaled within `expression`.
  std::optional<double> findFactor(Expr expression);

private:
  Value writeIndex(AffineExpr index);
  Value toScoreType(Value value);
  bool isComputed(Expr element);
  bool canCompute(Expr expression, bool fromPositions);
  OpBuilder &builder;
  Location loc;
  ExpressionReader &reader;
  FloatType type;
  std::optional<unsigned> queryDim;
  unsigned keyDim = 0;
  /// The factor in factor * product, if that is all that `expression` is.
  std::optional<double> getFactor(Expr expression);

  Expr dot = nullptr;
  double dotFactor = 1;
  Value score;
  llvm::DenseMap<Expr, Value> written;
  llvm::DenseMap<unsigned, Value> indices;
  SmallVector<unsigned> digits; // Of flat, a dimension of its own.
  unsigned flat = 0;
};

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_LINALGTOATTN_WRITESCORE_H
