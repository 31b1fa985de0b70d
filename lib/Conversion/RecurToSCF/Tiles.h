//===- Tiles.h - Tensor algebra with letters for dimensions -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_RECURTOSCF_TILES_H
#define ATTN_LIB_CONVERSION_RECURTOSCF_TILES_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Builders.h"

namespace mlir::recur {

/// A tensor, or a number, and a letter for each of its dimensions.
struct Term {
  Value value;
  StringRef dims;
};

/// Builds linalg.generic as formulas are written; all in one float type, to
/// which terms are converted.
class Tiles {
public:
  Tiles(OpBuilder &b, Location loc, FloatType type)
      : b(b), loc(loc), type(type) {}

  /// What a formula needs besides the numbers of its terms.
  struct Point {
    OpBuilder &b;
    Location loc;
    StringRef dims;
    Value index(char letter) const {
      return linalg::IndexOp::create(b, loc, dims.find(letter));
    }
  };
  using Formula = function_ref<Value(Point, ValueRange)>;

  Value constant(double value);
  /// A tensor of `value`, its sizes those of these letters in `terms`.
  Value fill(double value, StringRef dims, ArrayRef<Term> terms);
  /// result[dims] = formula(terms)
  Value map(StringRef dims, ArrayRef<Term> terms, Formula formula);
  /// init[dims] = formula(terms, init), in place.
  Value update(Term init, ArrayRef<Term> terms, Formula formula);
  /// Several at once: inits[dims] = formulas(terms, inits). Where a letter is not
  /// in all inits, those that lack it accumulate.
  using Formulas = function_ref<SmallVector<Value>(Point, ValueRange)>;
  SmallVector<Value> updateAll(ArrayRef<Term> inits, ArrayRef<Term> terms,
                               Formulas formulas);
  /// result = init + sum left * right over the letters that init lacks.
  Value contract(Term left, Term right, Term init);

  /// A tensor of these sizes whose content is not yet decided.
  Value createEmpty(StringRef dims, ArrayRef<Term> terms);

private:

  OpBuilder &b;
  Location loc;
  FloatType type;
};

} // namespace mlir::recur

#endif // ATTN_LIB_CONVERSION_RECURTOSCF_TILES_H
