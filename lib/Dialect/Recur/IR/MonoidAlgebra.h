//===- MonoidAlgebra.h - Algebra of states, element by element -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A monoid states its algebra once, on numbers. Here it is spread over the
// elements of states, whether these are numbers or tensors.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_DIALECT_RECUR_IR_MONOIDALGEBRA_H
#define ATTN_LIB_DIALECT_RECUR_IR_MONOIDALGEBRA_H

#include "attn/Dialect/Recur/IR/Recur.h"

namespace mlir::recur {

/// Rank of a tensor; 0 for a number.
unsigned getRank(Type type);

/// Whether elements may have components of this type: a float, or a tensor of
/// floats. A tensor of rank 0 is neither here: what is left of a sequence that
/// is fully indexed is a number.
bool isComponent(Type type);

/// A value seen through dimensions `first`, `first + 1`, .. of a state.
struct Spread {
  Value value;
  unsigned first = 0;
};

/// Emits, on numbers, new values of states from those of `inputs` and `states`.
using ElementFunction = function_ref<SmallVector<Value>(
    OpBuilder &, Location, ValueRange inputs, ValueRange states)>;

/// states[d] = function(inputs[d], states[d]) for each index d of a state. All
/// states have one shape and one element type, to which inputs are converted.
SmallVector<Value> updateElements(OpBuilder &b, Location loc,
                                  ArrayRef<Spread> inputs, ValueRange states,
                                  ElementFunction function);

/// result[d] = function(value[d]), in the float type `type`.
Value mapElements(OpBuilder &b, Location loc, Value value, FloatType type,
                  function_ref<Value(OpBuilder &, Location, Value)> function);

/// Values of the shape of `state` whose content is not yet decided, of these
/// types.
SmallVector<Value> createEmptyLike(OpBuilder &b, Location loc, Value state,
                                   TypeRange types);

} // namespace mlir::recur

#endif // ATTN_LIB_DIALECT_RECUR_IR_MONOIDALGEBRA_H
