//===- Tiles.cpp - Tensor algebra with letters for dimensions ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tiles.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::recur;

Value Tiles::constant(double value) {
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

Value Tiles::createEmpty(StringRef dims, ArrayRef<Term> terms) {
  SmallVector<OpFoldResult> sizes;
  for (char letter : dims) {
    const Term *term = llvm::find_if(terms, [&](const Term &term) {
      return term.dims.contains(letter);
    });
    sizes.push_back(tensor::getMixedSize(b, loc, term->value,
                                         term->dims.find(letter)));
  }
  return tensor::EmptyOp::create(b, loc, sizes, type);
}

Value Tiles::fill(double value, StringRef dims, ArrayRef<Term> terms) {
  return linalg::FillOp::create(b, loc, constant(value),
                                createEmpty(dims, terms))
      .getResult(0);
}

Value Tiles::map(StringRef dims, ArrayRef<Term> terms, Formula formula) {
  return update({createEmpty(dims, terms), dims}, terms,
                [&](Point point, ValueRange numbers) {
                  return formula(point, numbers.drop_back());
                });
}

static AffineMap getMap(OpBuilder &b, StringRef loops, StringRef dims) {
  SmallVector<AffineExpr> results;
  for (char letter : dims)
    results.push_back(b.getAffineDimExpr(loops.find(letter)));
  return AffineMap::get(loops.size(), 0, results, b.getContext());
}

Value Tiles::update(Term init, ArrayRef<Term> terms, Formula formula) {
  return updateAll(init, terms, [&](Point point, ValueRange numbers) {
    return SmallVector<Value>{formula(point, numbers)};
  })[0];
}

SmallVector<Value> Tiles::updateAll(ArrayRef<Term> inits, ArrayRef<Term> terms,
                                    Formulas formulas) {
  std::string loops = inits[0].dims.str();
  SmallVector<AffineMap> maps;
  SmallVector<Value> inputs, destinations;
  for (const Term &term : terms) {
    inputs.push_back(term.value);
    for (char letter : term.dims)
      if (!StringRef(loops).contains(letter))
        loops.push_back(letter);
  }
  for (const Term &term : terms)
    maps.push_back(getMap(b, loops, term.dims));
  for (const Term &init : inits) {
    destinations.push_back(init.value);
    maps.push_back(getMap(b, loops, init.dims));
  }
  SmallVector<utils::IteratorType> iterators;
  for (char letter : loops)
    iterators.push_back(llvm::all_of(inits,
                                     [&](const Term &init) {
                                       return init.dims.contains(letter);
                                     })
                            ? utils::IteratorType::parallel
                            : utils::IteratorType::reduction);
  auto generic = linalg::GenericOp::create(
      b, loc, ValueRange(destinations).getTypes(), inputs, destinations, maps,
      iterators, [&](OpBuilder &b, Location loc, ValueRange numbers) {
        auto convert = [&](Value number, Type type) {
          return convertScalarToDtype(b, loc, number, type, false);
        };
        SmallVector<Value> converted;
        for (Value number : numbers.take_front(inputs.size()))
          converted.push_back(convert(number, type));
        ValueRange before = numbers.drop_front(inputs.size());
        llvm::append_range(converted, before);
        SmallVector<Value> results = formulas(Point{b, loc, loops}, converted);
        for (auto [result, old] : llvm::zip_equal(results, before))
          result = convert(result, old.getType());
        linalg::YieldOp::create(b, loc, results);
      });
  return llvm::to_vector_of<Value>(generic.getResults());
}

Value Tiles::contract(Term left, Term right, Term init) {
  return update(init, {left, right}, [](Point p, ValueRange x) -> Value {
    return math::FmaOp::create(p.b, p.loc, x[0], x[1], x[2]);
  });
}
