//===- Arithmetic.cpp - Arithmetic on floats and on their bits ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arithmetic.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::attn;

/// Minimax polynomials of 2^f on [-1/2, 1/2] in the relative error, the constant
/// term held at 1. Coefficients from degree 1 on.
static constexpr double kF32Coefficients[] = {
    6.93147214967885006e-01, 2.40226527828761777e-01, 5.55031055120698072e-02,
    9.61769297614318772e-03, 1.34066438474800612e-03, 1.55946770151054110e-04};
/// Of one degree less, off by up to 1.5 units of rounding: for the weights of a
/// softmax, each divided by the sum of all.
static constexpr double kF32WeightCoefficients[] = {
    6.93146977598717240e-01, 2.40222420846353479e-01, 5.55073374357389349e-02,
    9.67151268813427542e-03, 1.32647272471825978e-03};
static constexpr double kF64Coefficients[] = {
    6.93147180559945730e-01,
    2.40226506959100972e-01,
    5.55041086647903928e-02,
    9.61812910760700274e-03,
    1.33335581534399701e-03,
    1.54035304415718502e-04,
    1.52527273851897754e-05,
    1.32154426754528543e-06,
    1.01806476605730689e-07,
    7.07257039454079928e-09,
    4.07807178609287046e-10};

FloatFormat FloatFormat::get(Type element) {
  if (element.isF64())
    return {kF64Coefficients, kF64Coefficients, 64, 52, -1080.0, 1030.0, 512};
  return {kF32Coefficients, kF32WeightCoefficients, 32, 23, -160.0, 130.0, 64};
}

double FloatFormat::getRounder() const {
  return 1.5 * std::ldexp(1.0, mantissaBits);
}

Arithmetic::Arithmetic(OpBuilder &b, Location loc, Type type)
    : b(b), loc(loc), type(type),
      format(FloatFormat::get(getElementTypeOrSelf(type))),
      bits(b.getIntegerType(format.bits)) {
  if (auto vector = dyn_cast<VectorType>(type))
    bits = vector.clone(bits);
}

static TypedAttr getScalarOrSplat(Type type, Attribute value) {
  if (auto vector = dyn_cast<VectorType>(type))
    return SplatElementsAttr::get(vector, value);
  return cast<TypedAttr>(value);
}

Value Arithmetic::real(double value) {
  Attribute number = b.getFloatAttr(getElementTypeOrSelf(type), value);
  return arith::ConstantOp::create(b, loc, getScalarOrSplat(type, number));
}

Value Arithmetic::integer(int64_t value) {
  Attribute number = b.getIntegerAttr(getElementTypeOrSelf(bits), value);
  return arith::ConstantOp::create(b, loc, getScalarOrSplat(bits, number));
}

Value Arithmetic::fma(Value x, Value y, Value z) {
  return math::FmaOp::create(b, loc, x, y, z);
}

Value Arithmetic::clamp(Value x, arith::CmpFPredicate beyond, double limit) {
  Value bound = real(limit);
  return select(compare(beyond, x, bound), bound, x);
}

Value Arithmetic::polynomial(Value x, ArrayRef<double> coefficients) {
  Value p = real(coefficients.back());
  for (double c : llvm::reverse(coefficients.drop_back()))
    p = fma(p, x, real(c));
  return p;
}

Value Arithmetic::powerOfTwo(Value n) {
  Value shifted =
      arith::ShLIOp::create(b, loc, n, integer(format.mantissaBits));
  Value sum = arith::AddIOp::create(b, loc, bitsOf(real(1.0)), shifted);
  return arith::BitcastOp::create(b, loc, type, sum);
}

Value Arithmetic::scale(Value p, Value rounded) {
  Value rounder = real(format.getRounder());
  // The integer itself, then its halves.
  Value n = arith::SubIOp::create(b, loc, bitsOf(rounded), bitsOf(rounder));
  Value half = arith::ShRSIOp::create(b, loc, n, integer(1));
  Value rest = arith::SubIOp::create(b, loc, n, half);
  return mul(mul(p, powerOfTwo(half)), powerOfTwo(rest));
}

std::pair<Value, Value> Arithmetic::reduceByLn2(Value x) {
  Value rounder = real(format.getRounder());
  Value rounded = fma(x, real(llvm::numbers::log2e), rounder);
  Value n = sub(rounded, rounder);
  // ln(2) in two parts: rounded, and what that leaves out.
  bool isF64 = format.bits == 64;
  double ln2 = isF64 ? llvm::numbers::ln2 : llvm::numbers::ln2f;
  double rest = isF64 ? 2.319046813846299558e-17 : llvm::numbers::ln2 - ln2;
  return {rounded, fma(n, real(-rest), fma(n, real(-ln2), x))};
}

Value Arithmetic::exponentialLessOne(Value r) {
  unsigned degree = format.bits == 64 ? 13 : 7;
  SmallVector<double> series; // From degree 2 on.
  for (unsigned k = 2; k <= degree; ++k)
    series.push_back(1.0 / std::tgamma(k + 1.0));
  return fma(mul(r, r), polynomial(r, series), r);
}
