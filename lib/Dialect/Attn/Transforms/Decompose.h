//===- Decompose.h - How folds, combines and finishes are written out -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every number of attention is decided in the files that include this one. Scores
// are kept in base 2, so that weights are exp2 of differences; the scale and
// log2(e) are multiplied in double precision and rounded once. A score region
// sees natural units.
//
// A hidden key has score -inf and weight -0.0: a zero that changes no sum, and
// whose sign tells the product with the value to skip it, since 0 * NaN would not
// be 0. Weights that underflow are +0.0 and do multiply.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_DIALECT_ATTN_TRANSFORMS_DECOMPOSE_H
#define ATTN_LIB_DIALECT_ATTN_TRANSFORMS_DECOMPOSE_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::attn {

/// Emits scalar operations of one float type.
class Scalars {
public:
  Scalars(OpBuilder &b, Location loc, FloatType type)
      : b(b), loc(loc), type(type) {}

  Value constant(double value) {
    APFloat rounded(value);
    bool losesInfo;
    rounded.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                    &losesInfo);
    return arith::ConstantOp::create(b, loc, FloatAttr::get(type, rounded));
  }
  Value negativeInfinity() {
    return arith::ConstantOp::create(
        b, loc,
        FloatAttr::get(type, APFloat::getInf(type.getFloatSemantics(), true)));
  }
  Value convert(Value x) {
    return convertScalarToDtype(b, loc, x, type, /*isUnsignedCast=*/false);
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }
  Value fma(Value x, Value y, Value z) {
    return math::FmaOp::create(b, loc, x, y, z);
  }
  /// 2^x for x <= 0, as the difference of a score and its maximum is.
  Value weight(Value x) {
    auto power = math::Exp2Op::create(b, loc, x);
    power->setAttr(AttnDialect::kNonPositive, b.getUnitAttr());
    return power;
  }
  Value log(Value x) { return math::LogOp::create(b, loc, x); }
  Value equal(Value x, Value y) {
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, y);
  }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, loc, condition, x, y);
  }
  /// max(x, y), or y if x is NaN. y is a running maximum and never NaN: a NaN
  /// score reaches its row through its weight.
  Value runningMax(Value x, Value y) {
    Value greater =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, y);
    return select(greater, x, y);
  }
  /// The maximum to subtract: an empty state has none, and must not give
  /// -inf - (-inf).
  Value guard(Value max) {
    return select(equal(max, negativeInfinity()), constant(0.0), max);
  }
  /// Whether the sign bit is set.
  Value signBit(Value x) {
    Type bits = b.getIntegerType(type.getWidth());
    Value zero = arith::ConstantOp::create(b, loc, b.getIntegerAttr(bits, 0));
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                 arith::BitcastOp::create(b, loc, bits, x),
                                 zero);
  }

  OpBuilder &b;
  Location loc;
  FloatType type;
};

/// An operand and the dimensions of the op that index it.
struct Operand {
  Value value;
  AffineMap map;
};

/// Builds linalg.generic over a choice of an op's dimensions, in this order.
class Loops {
public:
  Loops(OpBuilder &b, Location loc, FloatType type, ArrayRef<unsigned> dims,
        ArrayRef<unsigned> reductions)
      : b(b), loc(loc), type(type), dims(dims), reductions(reductions) {}

  /// The index of dimension `dim` inside the body.
  Value index(unsigned dim) {
    return linalg::IndexOp::create(b, loc, llvm::find(dims, dim) - dims.begin());
  }

  SmallVector<Value>
  operator()(ArrayRef<Operand> ins, ArrayRef<Operand> outs,
             function_ref<SmallVector<Value>(Scalars &, ValueRange)> body) {
    SmallVector<AffineMap> maps;
    SmallVector<Value> inputs, inits;
    for (const Operand &operand : ins) {
      inputs.push_back(operand.value);
      maps.push_back(restrict(operand.map));
    }
    SmallVector<Type> types;
    for (const Operand &operand : outs) {
      inits.push_back(operand.value);
      types.push_back(operand.value.getType());
      maps.push_back(restrict(operand.map));
    }
    SmallVector<utils::IteratorType> iterators;
    for (unsigned dim : dims)
      iterators.push_back(llvm::is_contained(reductions, dim)
                              ? utils::IteratorType::reduction
                              : utils::IteratorType::parallel);
    auto generic = linalg::GenericOp::create(
        b, loc, types, inputs, inits, maps, iterators,
        [&](OpBuilder &nested, Location loc, ValueRange arguments) {
          Scalars scalars(nested, loc, type);
          linalg::YieldOp::create(nested, loc, body(scalars, arguments));
        });
    return llvm::to_vector_of<Value>(generic.getResults());
  }

private:
  AffineMap restrict(AffineMap map) {
    SmallVector<AffineExpr> results;
    for (unsigned i = 0; i < map.getNumResults(); ++i)
      results.push_back(getAffineDimExpr(
          llvm::find(dims, map.getDimPosition(i)) - dims.begin(),
          map.getContext()));
    return AffineMap::get(dims.size(), 0, results, map.getContext());
  }

  OpBuilder &b;
  Location loc;
  FloatType type;
  SmallVector<unsigned> dims, reductions;
};

/// An empty tensor of the sizes of `like`.
inline Value emptyLike(OpBuilder &b, Location loc, FloatType type, Value like) {
  return tensor::EmptyOp::create(b, loc, tensor::getMixedSizes(b, loc, like),
                                 type);
}

/// A tensor of the sizes of `like`, filled.
inline Value filledLike(OpBuilder &b, Location loc, FloatType type, Value like,
                        Value element) {
  return linalg::FillOp::create(b, loc, element, emptyLike(b, loc, type, like))
      .getResult(0);
}

// decay = 2^(m - m'),  m' = max(m, t)
//
// One operation, so that m' can take the place of m.
inline std::pair<Value, Value> raiseMax(OpBuilder &b, Location loc,
                                        FloatType type, ArrayRef<unsigned> dims,
                                        Value max, AffineMap map, Value other) {
  SmallVector<Value> results = Loops(b, loc, type, dims, {})(
      {{other, map}}, {{emptyLike(b, loc, type, max), map}, {max, map}},
      [](Scalars &s, ValueRange args) {
        Value raised = s.runningMax(args[0], args[2]);
        return SmallVector<Value>{s.weight(s.sub(args[2], s.guard(raised))),
                                  raised};
      });
  return {results[0], results[1]};
}

/// The batch dimensions, then `dims`.
inline SmallVector<unsigned> withBatch(unsigned batch, ArrayRef<unsigned> dims) {
  auto all = llvm::to_vector(llvm::seq<unsigned>(0, batch));
  llvm::append_range(all, dims);
  return all;
}
inline AffineMap getMap(unsigned loops, ArrayRef<unsigned> dims, MLIRContext *context) {
  SmallVector<AffineExpr> results;
  for (unsigned dim : dims)
    results.push_back(getAffineDimExpr(dim, context));
  return AffineMap::get(loops, 0, results, context);
}

/// Whether queries are innermost in this map of acc.
inline bool isQueryInnermost(AffineMap acc, unsigned queryDim) {
  return acc.getDimPosition(acc.getNumResults() - 1) == queryDim;
}

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_TRANSFORMS_DECOMPOSE_H
