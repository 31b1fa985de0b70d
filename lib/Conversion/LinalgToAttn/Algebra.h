//===- Algebra.h - Expressions as sums and products -*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_LINALGTOATTN_ALGEBRA_H
#define ATTN_LIB_CONVERSION_LINALGTOATTN_ALGEBRA_H

#include "Expression.h"

namespace mlir::attn {

/// factor * atom
struct Term {
  double factor;
  Expr atom;
};

/// sum of terms + constant
struct Sum {
  SmallVector<Term> terms;
  double constant = 0;
};

/// constant * product of factors / product of divisors
struct Product {
  double constant = 1;
  SmallVector<Expr> factors, divisors;
};

Sum getSum(ExpressionReader &reader, Expr expression);
/// The same, but a factor is not multiplied into a sum that `around` is no part
/// of: (1 - x) * 1e38 - 1e38 has other digits than -1e38 x.
void addTerms(ExpressionReader &reader, Expr expression, double factor,
              Expr around, Sum &sum);
/// Of what one operation computes; elements are not looked into.
Product getProduct(Expr expression);

/// Whether the sums have the same terms, up to the rounding of constants.
bool areSame(ExpressionReader &reader, const Sum &a, const Sum &b);

/// `expression` where it is a choice between a number and something else: the
/// something, the number, and on which condition.
struct Choice {
  Expr usual;
  double number = 0;
  Expr condition = nullptr; // Null for no choice.
  bool negated = false;     // The condition is that of the number.
};
Choice getChoice(ExpressionReader &reader, Expr expression);

/// A key is visible only where `condition` holds, or does not.
struct Visible {
  Expr condition;
  bool negated = false;
};

/// exp(exponent) where visible, and 0 elsewhere, times what else is there.
struct Weight {
  bool isExponential = false;
  SmallVector<Term> exponents; // As they are written.
  Sum exponent;                // Their sum.
  SmallVector<Visible> visible;
  double constant = 1;
  SmallVector<Expr> factors, divisors;
  SmallVector<Expr> guards; // Conditions of a row on which it is 0.
};

/// Multiplies `weight` by `expression`, which ranges over dimension `keys`.
void multiply(ExpressionReader &reader, Expr expression, unsigned keys,
              Weight &weight);

} // namespace mlir::attn

#endif // ATTN_LIB_CONVERSION_LINALGTOATTN_ALGEBRA_H
