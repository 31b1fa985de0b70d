//===- MaskAlgebra.cpp - Position arithmetic, evaluated or emitted ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/MaskAlgebra.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::attn;

std::optional<int64_t> MaskAlgebra::getConstant(Int a) {
  return getConstantIntValue(a);
}

MaskAlgebra::Int MaskAlgebra::constant(int64_t value) {
  return Builder(context).getIndexAttr(value);
}

MaskAlgebra::Bool MaskAlgebra::constantBool(bool value) {
  return Builder(context).getBoolAttr(value);
}

Value MaskAlgebra::materialize(OpFoldResult a) {
  assert(builder && "an algebra of constants has no values");
  if (auto value = dyn_cast<Value>(a))
    return value;
  auto attr = cast<IntegerAttr>(cast<Attribute>(a));
  return arith::ConstantOp::create(*builder, *loc, attr);
}

/// Evaluated as emitted: index arithmetic wraps.
static int64_t wrap(uint64_t bits) { return static_cast<int64_t>(bits); }

MaskAlgebra::Int MaskAlgebra::add(Int a, Int b) {
  auto ca = getConstant(a), cb = getConstant(b);
  if (ca && cb)
    return constant(wrap(uint64_t(*ca) + uint64_t(*cb)));
  if (ca == 0)
    return b;
  if (cb == 0)
    return a;
  return arith::AddIOp::create(*builder, *loc, materialize(a), materialize(b))
      .getResult();
}

MaskAlgebra::Int MaskAlgebra::sub(Int a, Int b) {
  auto ca = getConstant(a), cb = getConstant(b);
  if (ca && cb)
    return constant(wrap(uint64_t(*ca) - uint64_t(*cb)));
  if (cb == 0)
    return a;
  return arith::SubIOp::create(*builder, *loc, materialize(a), materialize(b))
      .getResult();
}

MaskAlgebra::Int MaskAlgebra::min(Int a, Int b) {
  auto ca = getConstant(a), cb = getConstant(b);
  if (ca && cb)
    return constant(std::min(*ca, *cb));
  return arith::MinSIOp::create(*builder, *loc, materialize(a), materialize(b))
      .getResult();
}

MaskAlgebra::Int MaskAlgebra::max(Int a, Int b) {
  auto ca = getConstant(a), cb = getConstant(b);
  if (ca && cb)
    return constant(std::max(*ca, *cb));
  return arith::MaxSIOp::create(*builder, *loc, materialize(a), materialize(b))
      .getResult();
}

MaskAlgebra::Int MaskAlgebra::alignDown(Int a, int64_t unit) {
  if (auto ca = getConstant(a))
    return constant(*ca / unit * unit);
  Value size = materialize(constant(unit));
  Value rest =
      arith::RemSIOp::create(*builder, *loc, materialize(a), size);
  return sub(a, rest);
}

MaskAlgebra::Int MaskAlgebra::alignUp(Int a, int64_t unit) {
  return alignDown(add(a, constant(unit - 1)), unit);
}

static MaskAlgebra::Bool compare(MaskAlgebra &algebra, OpBuilder *builder,
                                 std::optional<Location> loc,
                                 arith::CmpIPredicate predicate, OpFoldResult a,
                                 OpFoldResult b) {
  auto ca = getConstantIntValue(a), cb = getConstantIntValue(b);
  if (ca && cb)
    return algebra.constantBool(predicate == arith::CmpIPredicate::sle
                                    ? *ca <= *cb
                                    : *ca < *cb);
  return arith::CmpIOp::create(*builder, *loc, predicate,
                               algebra.materialize(a), algebra.materialize(b))
      .getResult();
}

MaskAlgebra::Bool MaskAlgebra::lessEqual(Int a, Int b) {
  return compare(*this, builder, loc, arith::CmpIPredicate::sle, a, b);
}

MaskAlgebra::Bool MaskAlgebra::less(Int a, Int b) {
  return compare(*this, builder, loc, arith::CmpIPredicate::slt, a, b);
}

MaskAlgebra::Bool MaskAlgebra::equal(Value a, Value b) {
  return arith::CmpIOp::create(*builder, *loc, arith::CmpIPredicate::eq, a, b)
      .getResult();
}

MaskAlgebra::Bool MaskAlgebra::logicalAnd(Bool a, Bool b) {
  if (auto ca = getConstant(a))
    return *ca ? b : a;
  if (auto cb = getConstant(b))
    return *cb ? a : b;
  return arith::AndIOp::create(*builder, *loc, materialize(a), materialize(b))
      .getResult();
}

MaskAlgebra::Bool MaskAlgebra::logicalOr(Bool a, Bool b) {
  if (auto ca = getConstant(a))
    return *ca ? a : b;
  if (auto cb = getConstant(b))
    return *cb ? b : a;
  return arith::OrIOp::create(*builder, *loc, materialize(a), materialize(b))
      .getResult();
}

MaskAlgebra::Int MaskAlgebra::select(Bool condition, Int a, Int b) {
  if (auto constant = getConstant(condition))
    return *constant ? a : b;
  return arith::SelectOp::create(*builder, *loc, materialize(condition),
                                 materialize(a), materialize(b))
      .getResult();
}

MaskAlgebra::Interval MaskAlgebra::hull(Interval a, Interval b) {
  Bool emptyA = lessEqual(a.end, a.begin), emptyB = lessEqual(b.end, b.begin);
  return {select(emptyA, b.begin,
                 select(emptyB, a.begin, min(a.begin, b.begin))),
          select(emptyA, b.end, select(emptyB, a.end, max(a.end, b.end)))};
}
