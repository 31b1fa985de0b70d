//===- ExpandTrigonometry.cpp - Sine and cosine as arithmetic ===//
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

namespace {

/// pi / 2 in parts, each what those before leave out, rounded down to the format:
/// with n an integer, x - n * first is exact where it is small.
constexpr double kF32HalfPi[] = {0x1.921fb4p+0, 0x1.4442dp-24, 0x1.846988p-48,
                                 0x1.8cc516p-72};
constexpr double kF64HalfPi[] = {0x1.921fb54442d18p+0, 0x1.1a62633145c06p-54,
                                 0x1.c1cd129024e08p-107,
                                 0x1.14cf98e804177p-160};

/// x = n pi/2 + r, |r| <= pi/4 and a little.
struct Reduced {
  Value bits; // Of a number whose last two bits are those of n.
  Value r;
};

Reduced reduceByHalfPi(Arithmetic &a, Value x) {
  Value rounder = a.real(a.format.getRounder());
  Value rounded = a.fma(x, a.real(llvm::numbers::inv_pi * 2), rounder);
  Value n = a.sub(rounded, rounder), r = x;
  for (double part : a.format.bits == 64 ? kF64HalfPi : kF32HalfPi)
    r = a.fma(n, a.real(-part), r);
  return {a.bitsOf(rounded), r};
}

/// The largest |x| for which n pi/2 is near enough to x to be taken off exactly:
/// n of 21 or 50 bits.
double getLargest(const FloatFormat &format) {
  return format.bits == 64 ? 1.7e15 : 3.2e6;
}

/// (-1)^k / (2k + first)!, k = 0, 1, ..
SmallVector<double> getSeries(unsigned first, unsigned terms) {
  SmallVector<double> series;
  for (unsigned k = 0; k < terms; ++k)
    series.push_back((k % 2 ? -1.0 : 1.0) / std::tgamma(2 * k + first + 1.0));
  return series;
}

// sin(x)  -->  sin(r), cos(r), -sin(r), -cos(r)  for n = 0, 1, 2, 3 modulo 4
// cos(x)  -->  sin(x + pi/2)
//
//   sin(r) = r - r^3 (1/3! - r^2/5! + ..)
//   cos(r) = 1 - r^2 (1/2! - r^2/4! + ..)
//
// What the series leave out is below 3e-9 (f32), 1e-17 (f64) of the result.
template <typename OpTy>
struct ExpandSine : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    Type element = getElementTypeOrSelf(op.getType());
    if (!element.isF32() && !element.isF64())
      return rewriter.notifyMatchFailure(op, "only f32 and f64 are expanded");
    constexpr bool isSine = std::is_same_v<OpTy, math::SinOp>;
    Location loc = op.getLoc();
    Arithmetic a(rewriter, loc, op.getType());
    Value x = op.getOperand();
    auto [n, r] = reduceByHalfPi(a, x);
    if (!isSine)
      n = arith::AddIOp::create(rewriter, loc, n, a.integer(1));

    unsigned terms = element.isF64() ? 8 : 4;
    Value square = a.mul(r, r);
    Value zero = a.real(0.0);
    Value minusSquare = a.sub(zero, square);
    Value sine = a.fma(a.mul(minusSquare, r),
                       a.polynomial(square, getSeries(3, terms)), r);
    Value cosine = a.fma(
        minusSquare, a.polynomial(square, getSeries(2, terms + 1)),
        a.real(1.0));
    Value result = a.select(isBitSet(a, n, 1), cosine, sine);
    result = a.select(isBitSet(a, n, 2), a.sub(zero, result), result);
    // Beyond, no digit would be right; infinities have none.
    Value size = math::AbsFOp::create(rewriter, loc, x);
    Value isKnown = a.compare(arith::CmpFPredicate::OLE, size,
                              a.real(getLargest(a.format)));
    result = a.select(isKnown, result,
                      a.real(std::numeric_limits<double>::quiet_NaN()));
    if (isSine) // -0 stays -0.
      result = a.select(a.compare(arith::CmpFPredicate::OEQ, x, zero), x, result);
    rewriter.replaceOp(op, result);
    return success();
  }

  static Value isBitSet(Arithmetic &a, Value n, int64_t bit) {
    Value masked = arith::AndIOp::create(a.b, a.loc, n, a.integer(bit));
    return arith::CmpIOp::create(a.b, a.loc, arith::CmpIPredicate::ne, masked,
                                 a.integer(0));
  }
};

} // namespace

void mlir::attn::populateExpandTrigonometryPatterns(
    RewritePatternSet &patterns) {
  patterns.add<ExpandSine<math::SinOp>, ExpandSine<math::CosOp>>(
      patterns.getContext());
}
