//===- Arithmetic.h - Arithmetic on floats and on their bits -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_CPU_ARITHMETIC_H
#define ATTN_LIB_TARGET_CPU_ARITHMETIC_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::attn {

/// What depends on the float format.
struct FloatFormat {
  /// Of 2^f on [-1/2, 1/2], from degree 1 on.
  ArrayRef<double> exp2Coefficients;
  ArrayRef<double> weightCoefficients; // Where it is a weight.
  unsigned bits, mantissaBits;
  /// Beyond these every result of exp2 is 0 or infinity.
  double lowest, highest;
  /// A power of two that makes the smallest result of exp2 normal.
  int64_t lift;

  /// f32 or f64.
  static FloatFormat get(Type element);

  /// Added to a number of moderate size it leaves the nearest integer, ties to
  /// even, in the last bits of the sum.
  double getRounder() const;
  /// Of the exponent.
  int64_t getBias() const {
    return (int64_t(1) << (bits - mantissaBits - 2)) - 1;
  }
};

/// Emits arithmetic on numbers or vectors of f32 or f64.
class Arithmetic {
public:
  Arithmetic(OpBuilder &b, Location loc, Type type);

  Value real(double value);
  Value integer(int64_t value);
  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value fma(Value x, Value y, Value z);
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, loc, condition, x, y);
  }
  Value compare(arith::CmpFPredicate predicate, Value x, Value y) {
    return arith::CmpFOp::create(b, loc, predicate, x, y);
  }
  /// Comparisons that are false for NaN let it through.
  Value clamp(Value x, arith::CmpFPredicate beyond, double limit);
  Value bitsOf(Value x) { return arith::BitcastOp::create(b, loc, bits, x); }

  /// c0 + c1 x + c2 x^2 + ..
  Value polynomial(Value x, ArrayRef<double> coefficients);
  /// 2^n, a normal number; of n the last bits count.
  Value powerOfTwo(Value n);
  /// p 2^n for p from 1/2 to 2, where `rounded` is n + getRounder(): 2^n is split
  /// in two factors, 2^(n/2) and 2^(n - n/2), so that a subnormal result is
  /// rounded once and none overflows before it must.
  Value scale(Value p, Value rounded);
  /// x = n ln(2) + r with |r| <= ln(2) / 2: n + getRounder(), and r.
  std::pair<Value, Value> reduceByLn2(Value x);
  /// e^r - 1 for |r| <= ln(2) / 2 = 0.35, by its series: all digits next to 0
  /// too. What is left out is below 2e-8 of it (f32), 2e-17 (f64).
  Value exponentialLessOne(Value r);

  OpBuilder &b;
  Location loc;
  Type type;
  FloatFormat format;
  Type bits;
};

/// Expands math.sin and math.cos of f32 and f64.
void populateExpandTrigonometryPatterns(RewritePatternSet &patterns);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_CPU_ARITHMETIC_H
