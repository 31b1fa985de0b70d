//===- MonoidAlgebra.cpp - Algebra of states, element by element ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MonoidAlgebra.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::recur;

unsigned mlir::recur::getRank(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? tensor.getRank() : 0;
}

bool mlir::recur::isComponent(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return isa<FloatType>(tensor && tensor.getRank() > 0 ? tensor.getElementType()
                                                       : type);
}

SmallVector<Value> mlir::recur::updateElements(OpBuilder &b, Location loc,
                                               ArrayRef<Spread> inputs,
                                               ValueRange states,
                                               ElementFunction function) {
  Type type = getElementTypeOrSelf(states.front());
  auto convert = [&](OpBuilder &b, Location loc, ValueRange values) {
    return llvm::map_to_vector(values, [&](Value value) {
      return convertScalarToDtype(b, loc, value, type, /*isUnsignedCast=*/false);
    });
  };
  unsigned rank = getRank(states.front().getType());
  SmallVector<Value> values = llvm::map_to_vector(
      inputs, [](const Spread &spread) { return spread.value; });
  if (rank == 0)
    return function(b, loc, convert(b, loc, values), states);

  SmallVector<AffineMap> maps;
  for (const Spread &spread : inputs) {
    SmallVector<AffineExpr> dims;
    for (unsigned i = 0; i < getRank(spread.value.getType()); ++i)
      dims.push_back(b.getAffineDimExpr(spread.first + i));
    maps.push_back(AffineMap::get(rank, 0, dims, b.getContext()));
  }
  maps.append(states.size(), b.getMultiDimIdentityMap(rank));
  auto generic = linalg::GenericOp::create(
      b, loc, states.getTypes(), values, states, maps,
      SmallVector<utils::IteratorType>(rank, utils::IteratorType::parallel),
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        ValueRange in = arguments.take_front(inputs.size());
        linalg::YieldOp::create(b, loc,
                                function(b, loc, convert(b, loc, in),
                                         arguments.drop_front(inputs.size())));
      });
  return llvm::to_vector_of<Value>(generic.getResults());
}

Value mlir::recur::mapElements(
    OpBuilder &b, Location loc, Value value, FloatType type,
    function_ref<Value(OpBuilder &, Location, Value)> function) {
  auto shaped = dyn_cast<RankedTensorType>(value.getType());
  Type result = shaped ? Type(shaped.clone(type)) : type;
  return updateElements(b, loc, Spread{value},
                        createEmptyLike(b, loc, value, result),
                        [&](OpBuilder &b, Location loc, ValueRange in,
                            ValueRange) -> SmallVector<Value> {
                          return {function(b, loc, in[0])};
                        })[0];
}

SmallVector<Value> mlir::recur::createEmptyLike(OpBuilder &b, Location loc,
                                                Value state, TypeRange types) {
  return llvm::map_to_vector(types, [&](Type type) -> Value {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor) // Never read; a constant folds away.
      return arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    return tensor::EmptyOp::create(b, loc,
                                   tensor::getMixedSizes(b, loc, state),
                                   tensor.getElementType());
  });
}
