//===- AffineMonoid.cpp - h -> A h + b ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MonoidAlgebra.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::recur;

namespace {
/// An element, its components by name; null where the class has none.
struct Element {
  Value decay, decayImaginary; // g
  Value beta;
  Value transition;       // A
  SmallVector<Value, 2> input; // b; or k and v; or re b and im b
};
} // namespace

static unsigned getNumTransitionComponents(Transition transition) {
  switch (transition) {
  case Transition::Unit:
    return 0;
  case Transition::Scalar:
  case Transition::Diagonal:
  case Transition::Dense:
    return 1;
  case Transition::ComplexDiagonal:
  case Transition::DPLR:
    return 2;
  }
  llvm_unreachable("unknown transition");
}

static Element getElement(Transition transition, ValueRange values) {
  unsigned count = getNumTransitionComponents(transition);
  Element element;
  element.input.append(values.begin() + count, values.end());
  if (transition == Transition::Dense)
    element.transition = values[0];
  else if (count > 0)
    element.decay = values[0];
  if (transition == Transition::DPLR)
    element.beta = values[1];
  if (transition == Transition::ComplexDiagonal)
    element.decayImaginary = values[1];
  return element;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static SmallVector<int64_t> getShape(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? llvm::to_vector(tensor.getShape()) : SmallVector<int64_t>();
}

/// Sizes of which one is not known agree.
static bool agree(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return succeeded(verifyCompatibleShape(a, b));
}

static bool isFirstPartOf(Type part, Type whole) {
  SmallVector<int64_t> few = getShape(part), many = getShape(whole);
  return few.size() <= many.size() &&
         agree(few, ArrayRef(many).take_front(few.size()));
}

LogicalResult
AffineAttr::verifyTypes(function_ref<InFlightDiagnostic()> emitError,
                        TypeRange element, TypeRange state) const {
  Transition transition = getTransition();
  bool isComplex = transition == Transition::ComplexDiagonal;
  unsigned states = isComplex ? 2 : 1;
  if (state.size() != states || !llvm::all_equal(state) ||
      !isa<Float32Type, Float64Type>(getElementTypeOrSelf(state.front())))
    return emitError() << "the state of " << *this << " is "
                       << (isComplex ? "a real and an imaginary part, both"
                                     : "one value,")
                       << " of f32 or f64, got (" << state << ")";
  if (!llvm::all_of(element, isComponent))
    return emitError() << "elements of " << *this
                       << " consist of floats and tensors of floats (not of "
                          "rank 0: extract the number), got ("
                       << element << ")";

  unsigned first = getNumTransitionComponents(transition);
  auto refuse = [&](StringRef expected) {
    return emitError() << "an element of " << *this << " is " << expected
                       << " for the state " << state.front() << ", got ("
                       << element << ")";
  };
  Type h = state.front();
  TypeRange input = element.size() < first ? TypeRange()
                                           : element.drop_front(first);
  bool isWhole = input.size() == states &&
                 llvm::all_of(input, [&](Type b) {
                   return agree(getShape(b), getShape(h));
                 });
  bool isProduct = false;
  if (input.size() == 2 && !isComplex) {
    SmallVector<int64_t> both = getShape(input[0]);
    llvm::append_range(both, getShape(input[1]));
    isProduct = agree(both, getShape(h));
  }
  auto isNumber = [&](unsigned i) { return getRank(element[i]) == 0; };
  switch (transition) {
  case Transition::Unit:
    if (!isWhole && !isProduct)
      return refuse("(b) with the state's shape or (k, v) whose outer product "
                    "has it");
    return success();
  case Transition::Scalar:
    if ((!isWhole && !isProduct) || !isNumber(0))
      return refuse("(g, b) or (g, k, v), g a number, b or the outer product "
                    "of k and v of the state's shape");
    return success();
  case Transition::Diagonal:
    if ((!isWhole && !isProduct) || !isFirstPartOf(element[0], h))
      return refuse("(g, b) or (g, k, v), g with the first dimensions of the "
                    "state, b or the outer product of k and v of its shape");
    return success();
  case Transition::ComplexDiagonal:
    if (!isWhole || !isFirstPartOf(element[0], h) ||
        !agree(getShape(element[0]), getShape(element[1])))
      return refuse("(re g, im g, re b, im b), g with the first dimensions of "
                    "the state, b of its shape");
    return success();
  case Transition::DPLR:
    if (!isProduct || !isNumber(0) || !isNumber(1) || getRank(h) != 2 ||
        getRank(input[0]) != 1)
      return refuse("(g, beta, k, v), g and beta numbers, k and v vectors "
                    "whose outer product has the state's shape");
    return success();
  case Transition::Dense: {
    SmallVector<int64_t> square = getShape(h);
    if (!square.empty())
      square = {square[0], square[0]};
    if (!isWhole || square.empty() || getRank(h) > 2 ||
        !agree(getShape(element[0]), square))
      return refuse("(A, b), A a square matrix over the first dimension of the "
                    "state, a vector or a matrix, b of the state's shape");
    return success();
  }
  }
  llvm_unreachable("unknown transition");
}

bool AffineAttr::isComposable() const {
  return getTransition() != Transition::DPLR &&
         getTransition() != Transition::Dense;
}

bool AffineAttr::isCommutative() const {
  return getTransition() == Transition::Unit;
}

SmallVector<Type> AffineAttr::getProductTypes(TypeRange state) const {
  Type h = state.front();
  switch (getTransition()) {
  case Transition::Unit:
    return {h};
  case Transition::Scalar:
    return {getElementTypeOrSelf(h), h};
  case Transition::Diagonal:
    return {h, h};
  case Transition::ComplexDiagonal:
    return {h, h, h, h};
  case Transition::DPLR:
  case Transition::Dense:
    break;
  }
  llvm_unreachable("not composable");
}

SmallVector<double> AffineAttr::getIdentity(TypeRange state) const {
  return SmallVector<double>(getProductTypes(state).size(), 0.0);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

using Numbers = SmallVector<Value>;

static FloatType getStateType(ValueRange state) {
  return cast<FloatType>(getElementTypeOrSelf(state.front()));
}

/// e^g in the shape of g.
static Value expOf(OpBuilder &b, Location loc, Value g, FloatType type) {
  return mapElements(b, loc, g, type, [](OpBuilder &b, Location loc, Value g) {
    return math::ExpOp::create(b, loc, g).getResult();
  });
}

/// (re, im) of e^(re g + i im g) in the shape of g.
static std::pair<Value, Value> complexExpOf(OpBuilder &b, Location loc,
                                            Value re, Value im,
                                            FloatType type) {
  Numbers parts = updateElements(
      b, loc, {Spread{re}, Spread{im}},
      createEmptyLike(b, loc, re, [&]() -> SmallVector<Type> {
        auto tensor = dyn_cast<RankedTensorType>(re.getType());
        Type result = tensor ? Type(tensor.clone(type)) : type;
        return {result, result};
      }()),
      [](OpBuilder &b, Location loc, ValueRange g, ValueRange) -> Numbers {
        Value radius = math::ExpOp::create(b, loc, g[0]);
        Value cos = math::CosOp::create(b, loc, g[1]);
        Value sin = math::SinOp::create(b, loc, g[1]);
        return {arith::MulFOp::create(b, loc, radius, cos),
                arith::MulFOp::create(b, loc, radius, sin)};
      });
  return {parts[0], parts[1]};
}

/// The components of b = input, to be seen element by element, and their
/// product there.
static SmallVector<Spread> spreadInput(const Element &element) {
  SmallVector<Spread> spreads = {Spread{element.input[0]}};
  if (element.input.size() == 2)
    spreads.push_back({element.input[1], getRank(element.input[0].getType())});
  return spreads;
}

/// h + b, where b is one factor or two.
static Value addInput(OpBuilder &b, Location loc, Value h, ValueRange factors) {
  if (factors.size() == 2)
    return math::FmaOp::create(b, loc, factors[0], factors[1], h);
  return arith::AddFOp::create(b, loc, h, factors[0]);
}

/// (re a + i im a) (re h + i im h) + b
static Numbers multiplyAddComplex(OpBuilder &b, Location loc, Value aRe,
                                  Value aIm, Value hRe, Value hIm, Value bRe,
                                  Value bIm) {
  Value minus = arith::NegFOp::create(b, loc, aIm);
  Value re = math::FmaOp::create(b, loc, aRe, hRe,
                                 math::FmaOp::create(b, loc, minus, hIm, bRe));
  Value im = math::FmaOp::create(b, loc, aRe, hIm,
                                 math::FmaOp::create(b, loc, aIm, hRe, bIm));
  return {re, im};
}

/// result[n] = sum_k left[k] right[k, n], or sum_k left[n, k] right[k] with
/// `left` a matrix.
static Value contract(OpBuilder &b, Location loc, Value left, Value right,
                      Value init) {
  MLIRContext *context = b.getContext();
  unsigned rows = getRank(left.getType()) - 1,
           columns = getRank(right.getType()) - 1, loops = rows + columns + 1;
  SmallVector<AffineExpr> l, r, o;
  AffineExpr k = b.getAffineDimExpr(loops - 1);
  for (unsigned i = 0; i < rows; ++i)
    l.push_back(b.getAffineDimExpr(i));
  l.push_back(k);
  r.push_back(k);
  for (unsigned i = 0; i < columns; ++i)
    r.push_back(b.getAffineDimExpr(rows + i));
  for (unsigned i = 0; i + 1 < loops; ++i)
    o.push_back(b.getAffineDimExpr(i));
  SmallVector<utils::IteratorType> iterators(loops,
                                             utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  Type type = getElementTypeOrSelf(init);
  return linalg::GenericOp::create(
             b, loc, init.getType(), ValueRange{left, right}, init,
             AffineMap::inferFromExprList({l, r, o}, context), iterators,
             [&](OpBuilder &b, Location loc, ValueRange arguments) {
               Value x = convertScalarToDtype(b, loc, arguments[0], type, false);
               Value y = convertScalarToDtype(b, loc, arguments[1], type, false);
               linalg::YieldOp::create(
                   b, loc,
                   math::FmaOp::create(b, loc, x, y, arguments[2]).getResult());
             })
      .getResult(0);
}

/// e^g S, then S + beta k (v - k^T S): with r = v - e^g k^T S,
/// S' = e^g S + (beta k) r^T.
static Value actDelta(OpBuilder &b, Location loc, const Element &element,
                      Value state, FloatType type) {
  Value key = element.input[0], value = element.input[1];
  Value decay = expOf(b, loc, element.decay, type);
  Type rowType = cast<RankedTensorType>(value.getType()).clone(type);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  Value row = linalg::FillOp::create(
                  b, loc, zero, createEmptyLike(b, loc, value, rowType)[0])
                  .getResult(0);
  Value seen = contract(b, loc, key, state, row);
  Value rest = updateElements(
      b, loc, {Spread{value}, Spread{decay}}, seen,
      [](OpBuilder &b, Location loc, ValueRange in, ValueRange seen) -> Numbers {
        Value minus = arith::NegFOp::create(b, loc, in[1]);
        return {math::FmaOp::create(b, loc, minus, seen[0], in[0])};
      })[0];
  return updateElements(
      b, loc,
      {Spread{decay}, Spread{element.beta}, Spread{key}, Spread{rest, 1}}, state,
      [](OpBuilder &b, Location loc, ValueRange in, ValueRange s) -> Numbers {
        Value kept = arith::MulFOp::create(b, loc, in[0], s[0]);
        Value weight = arith::MulFOp::create(b, loc, in[1], in[2]);
        return {math::FmaOp::create(b, loc, weight, in[3], kept)};
      })[0];
}

SmallVector<Value> AffineAttr::act(OpBuilder &b, Location loc,
                                   ValueRange values, ValueRange state) const {
  FloatType type = getStateType(state);
  Element element = getElement(getTransition(), values);
  switch (getTransition()) {
  case Transition::Unit:
    return updateElements(
        b, loc, spreadInput(element), state,
        [](OpBuilder &b, Location loc, ValueRange in, ValueRange h) -> Numbers {
          return {addInput(b, loc, h[0], in)};
        });
  case Transition::Scalar:
  case Transition::Diagonal: {
    SmallVector<Spread> inputs = {Spread{expOf(b, loc, element.decay, type)}};
    llvm::append_range(inputs, spreadInput(element));
    return updateElements(
        b, loc, inputs, state,
        [](OpBuilder &b, Location loc, ValueRange in, ValueRange h) -> Numbers {
          Value kept = arith::MulFOp::create(b, loc, in[0], h[0]);
          return {addInput(b, loc, kept, in.drop_front())};
        });
  }
  case Transition::ComplexDiagonal: {
    auto [re, im] = complexExpOf(b, loc, element.decay, element.decayImaginary,
                                 type);
    return updateElements(
        b, loc,
        {Spread{re}, Spread{im}, Spread{element.input[0]},
         Spread{element.input[1]}},
        state, [](OpBuilder &b, Location loc, ValueRange in, ValueRange h) {
          return multiplyAddComplex(b, loc, in[0], in[1], h[0], h[1], in[2],
                                    in[3]);
        });
  }
  case Transition::DPLR:
    return {actDelta(b, loc, element, state[0], type)};
  case Transition::Dense: {
    // b in the type of the state, which says more or other sizes than b's.
    Numbers start = updateElements(
        b, loc, Spread{element.input[0]},
        createEmptyLike(b, loc, state[0], state[0].getType()),
        [](OpBuilder &, Location, ValueRange in, ValueRange) {
          return llvm::to_vector(in);
        });
    return {contract(b, loc, element.transition, state[0], start[0])};
  }
  }
  llvm_unreachable("unknown transition");
}

SmallVector<Value> AffineAttr::toProduct(OpBuilder &b, Location loc,
                                         ValueRange values,
                                         ValueRange state) const {
  Element element = getElement(getTransition(), values);
  SmallVector<Type> types = getProductTypes(state.getTypes());
  Numbers product;
  if (getTransition() == Transition::ComplexDiagonal)
    return updateElements(
        b, loc,
        {Spread{element.decay}, Spread{element.decayImaginary},
         Spread{element.input[0]}, Spread{element.input[1]}},
        createEmptyLike(b, loc, state[0], types),
        [](OpBuilder &, Location, ValueRange in, ValueRange) {
          return llvm::to_vector(in);
        });
  if (getTransition() == Transition::Scalar)
    product.push_back(
        convertScalarToDtype(b, loc, element.decay, types[0], false));
  if (getTransition() == Transition::Diagonal)
    llvm::append_range(
        product, updateElements(b, loc, Spread{element.decay},
                                createEmptyLike(b, loc, state[0], types[0]),
                                [](OpBuilder &, Location, ValueRange g,
                                   ValueRange) { return llvm::to_vector(g); }));
  llvm::append_range(
      product,
      updateElements(
          b, loc, spreadInput(element),
          createEmptyLike(b, loc, state[0], types.back()),
          [](OpBuilder &b, Location loc, ValueRange in, ValueRange) -> Numbers {
            if (in.size() == 2)
              return {arith::MulFOp::create(b, loc, in[0], in[1])};
            return {in[0]};
          }));
  return product;
}

/// The affine map of `product` applied to h: e^g h + b.
static Numbers applyProduct(OpBuilder &b, Location loc, Transition transition,
                            ValueRange product, ValueRange h) {
  FloatType type = getStateType(h);
  switch (transition) {
  case Transition::Unit:
    return updateElements(
        b, loc, Spread{product[0]}, h,
        [](OpBuilder &b, Location loc, ValueRange in, ValueRange h) -> Numbers {
          return {arith::AddFOp::create(b, loc, h[0], in[0])};
        });
  case Transition::Scalar:
  case Transition::Diagonal:
    return updateElements(
        b, loc, {Spread{expOf(b, loc, product[0], type)}, Spread{product[1]}},
        h,
        [](OpBuilder &b, Location loc, ValueRange in, ValueRange h) -> Numbers {
          return {math::FmaOp::create(b, loc, in[0], h[0], in[1])};
        });
  case Transition::ComplexDiagonal: {
    auto [re, im] = complexExpOf(b, loc, product[0], product[1], type);
    return updateElements(
        b, loc, {Spread{re}, Spread{im}, Spread{product[2]}, Spread{product[3]}},
        h, [](OpBuilder &b, Location loc, ValueRange in, ValueRange h) {
          return multiplyAddComplex(b, loc, in[0], in[1], h[0], h[1], in[2],
                                    in[3]);
        });
  }
  case Transition::DPLR:
  case Transition::Dense:
    break;
  }
  llvm_unreachable("not composable");
}

SmallVector<Value> AffineAttr::apply(OpBuilder &b, Location loc,
                                     ValueRange product,
                                     ValueRange state) const {
  return applyProduct(b, loc, getTransition(), product, state);
}

/// (g1, b1) then (g2, b2): (g1 + g2, e^g2 b1 + b2)
SmallVector<Value> AffineAttr::combine(OpBuilder &b, Location loc,
                                       ValueRange first,
                                       ValueRange second) const {
  unsigned decays = getTransition() == Transition::ComplexDiagonal ? 2
                    : getTransition() == Transition::Unit          ? 0
                                                                   : 1;
  Numbers product;
  for (unsigned i = 0; i < decays; ++i)
    llvm::append_range(
        product,
        updateElements(b, loc, Spread{second[i]}, first[i],
                       [](OpBuilder &b, Location loc, ValueRange in,
                          ValueRange g) -> Numbers {
                         return {arith::AddFOp::create(b, loc, g[0], in[0])};
                       }));
  llvm::append_range(product, applyProduct(b, loc, getTransition(), second,
                                           first.drop_front(decays)));
  return product;
}
