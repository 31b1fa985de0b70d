//===- DecayedSoftmaxMonoid.cpp - A softmax whose scores fade ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MonoidAlgebra.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::recur;

using Numbers = SmallVector<Value>;

LogicalResult
DecayedSoftmaxAttr::verifyTypes(function_ref<InFlightDiagnostic()> emitError,
                                TypeRange element, TypeRange state) const {
  if (state.size() != 3 || !llvm::all_equal(state) ||
      !isa<Float32Type, Float64Type>(getElementTypeOrSelf(state.front())))
    return emitError() << "the state of " << *this
                       << " is (m, l, a) of one shape, f32 or f64, got ("
                       << state << ")";
  auto fits = [&](Type type) {
    return isComponent(type) &&
           succeeded(verifyCompatibleShape(type, state.front()));
  };
  if (element.size() != 3 || !llvm::all_of(element, fits))
    return emitError() << "an element of " << *this
                       << " is (g, s, v), each of the state's shape, for the "
                          "state "
                       << state.front() << ", got (" << element << ")";
  return success();
}

bool DecayedSoftmaxAttr::isComposable() const { return true; }
bool DecayedSoftmaxAttr::isCommutative() const { return false; }

/// A product is (c, m, l, a): the decay of all its tokens, and their sums.
SmallVector<Type> DecayedSoftmaxAttr::getProductTypes(TypeRange state) const {
  return SmallVector<Type>(4, state.front());
}

SmallVector<double> DecayedSoftmaxAttr::getIdentity(TypeRange) const {
  return {0.0, -std::numeric_limits<double>::infinity(), 0.0, 0.0};
}

/// (m1, l1, a1) faded by c, together with (m2, l2, a2).
static Numbers merge(OpBuilder &b, Location loc, Value c, ValueRange first,
                     ValueRange second) {
  auto type = cast<FloatType>(c.getType());
  auto constant = [&](const APFloat &value) -> Value {
    return arith::ConstantOp::create(b, loc, FloatAttr::get(type, value));
  };
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  Value faded = arith::AddFOp::create(b, loc, first[0], c);
  Value max = arith::MaximumFOp::create(b, loc, faded, second[0]);
  // Nothing seen yet: -inf - -inf would be NaN.
  Value none = arith::CmpFOp::create(
      b, loc, arith::CmpFPredicate::OEQ, max,
      constant(APFloat::getInf(semantics, /*Negative=*/true)));
  Value zero = constant(APFloat::getZero(semantics));
  Value base = arith::SelectOp::create(b, loc, none, zero, max);
  auto weight = [&](Value m) -> Value {
    return math::ExpOp::create(b, loc, arith::SubFOp::create(b, loc, m, base));
  };
  Value w1 = weight(faded), w2 = weight(second[0]);
  auto sum = [&](Value x, Value y) -> Value {
    return math::FmaOp::create(b, loc, w1, x,
                               arith::MulFOp::create(b, loc, w2, y));
  };
  return {max, sum(first[1], second[1]), sum(first[2], second[2])};
}

/// All components of an element or a product have the state's shape.
static SmallVector<Spread> spreadAll(ValueRange components) {
  return llvm::map_to_vector(components,
                             [](Value value) { return Spread{value}; });
}

static Value createOne(OpBuilder &b, Location loc, Type type) {
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, 1.0));
}

SmallVector<Value> DecayedSoftmaxAttr::act(OpBuilder &b, Location loc,
                                           ValueRange element,
                                           ValueRange state) const {
  return updateElements(
      b, loc, spreadAll(element),
      state, [](OpBuilder &b, Location loc, ValueRange in, ValueRange h) {
        Value one = createOne(b, loc, in[0].getType());
        return merge(b, loc, in[0], h, ValueRange{in[1], one, in[2]});
      });
}

SmallVector<Value> DecayedSoftmaxAttr::toProduct(OpBuilder &b, Location loc,
                                                 ValueRange element,
                                                 ValueRange state) const {
  return updateElements(
      b, loc, spreadAll(element),
      createEmptyLike(b, loc, state[0], getProductTypes(state.getTypes())),
      [](OpBuilder &b, Location loc, ValueRange in, ValueRange) -> Numbers {
        return {in[0], in[1], createOne(b, loc, in[0].getType()), in[2]};
      });
}

SmallVector<Value> DecayedSoftmaxAttr::combine(OpBuilder &b, Location loc,
                                               ValueRange first,
                                               ValueRange second) const {
  return updateElements(
      b, loc, spreadAll(second), first,
      [](OpBuilder &b, Location loc, ValueRange q, ValueRange p) -> Numbers {
        Numbers product = {arith::AddFOp::create(b, loc, p[0], q[0])};
        llvm::append_range(product, merge(b, loc, q[0], p.drop_front(),
                                          q.drop_front()));
        return product;
      });
}

SmallVector<Value> DecayedSoftmaxAttr::apply(OpBuilder &b, Location loc,
                                             ValueRange product,
                                             ValueRange state) const {
  return updateElements(
      b, loc, spreadAll(product), state,
      [](OpBuilder &b, Location loc, ValueRange q, ValueRange h) {
        return merge(b, loc, q[0], h, q.drop_front());
      });
}
