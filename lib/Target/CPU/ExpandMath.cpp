//===- ExpandMath.cpp - Math functions as arithmetic that vectorizes ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUEXPANDMATH
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Minimax polynomials of 2^f on [-1/2, 1/2] in the relative error, the constant
/// term held at 1. Coefficients from degree 1 on.
constexpr double kF32Coefficients[] = {
    6.93147214967885006e-01,
    2.40226527828761777e-01,
    5.55031055120698072e-02,
    9.61769297614318772e-03,
    1.34066438474800612e-03,
    1.55946770151054110e-04};
constexpr double kF64Coefficients[] = {
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

/// What depends on the float format.
struct Format {
  ArrayRef<double> coefficients;
  unsigned bits, mantissaBits;
  /// Beyond these every result is 0 or infinity.
  double lowest, highest;
  /// A power of two that makes the smallest result normal.
  int64_t lift;

  /// Added to a number of moderate size it leaves the nearest integer, ties to
  /// even, in the last bits of the sum.
  double getRounder() const { return 1.5 * std::ldexp(1.0, mantissaBits); }
  /// Of the exponent.
  int64_t getBias() const { return (int64_t(1) << (bits - mantissaBits - 2)) - 1; }
};

Format getFormat(Type element) {
  if (element.isF64())
    return {kF64Coefficients, 64, 52, -1080.0, 1030.0, 512};
  return {kF32Coefficients, 32, 23, -160.0, 130.0, 64};
}

/// Emits arithmetic on numbers or vectors of one float type.
class Arithmetic {
public:
  Arithmetic(OpBuilder &b, Location loc, Type type)
      : b(b), loc(loc), type(type), format(getFormat(getElementTypeOrSelf(type))),
        bits(b.getIntegerType(format.bits)) {
    if (auto vector = dyn_cast<VectorType>(type))
      bits = vector.clone(bits);
  }

  Value real(double value) {
    return arith::ConstantOp::create(
        b, loc,
        getScalarOrSplat(type,
                         b.getFloatAttr(getElementTypeOrSelf(type), value)));
  }
  Value integer(int64_t value) {
    return arith::ConstantOp::create(
        b, loc,
        getScalarOrSplat(
            bits, b.getIntegerAttr(getElementTypeOrSelf(bits), value)));
  }
  /// Comparisons that are false for NaN let it through.
  Value clamp(Value x, arith::CmpFPredicate beyond, double limit) {
    Value bound = real(limit);
    Value outside = arith::CmpFOp::create(b, loc, beyond, x, bound);
    return arith::SelectOp::create(b, loc, outside, bound, x);
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value bitsOf(Value x) { return arith::BitcastOp::create(b, loc, bits, x); }
  /// 2^n, a normal number; of n the last bits count.
  Value powerOfTwo(Value n) {
    Value shifted =
        arith::ShLIOp::create(b, loc, n, integer(format.mantissaBits));
    Value sum = arith::AddIOp::create(b, loc, bitsOf(real(1.0)), shifted);
    return arith::BitcastOp::create(b, loc, type, sum);
  }
  /// e^r - 1 for |r| <= ln(2) / 2 = 0.35, by its series: all digits next to 0 too.
  /// What is left out is below 2e-8 of it (f32), 2e-17 (f64).
  Value exponentialLessOne(Value r) {
    unsigned degree = format.bits == 64 ? 13 : 7;
    Value p = real(1.0 / std::tgamma(degree + 1.0));
    for (unsigned k = degree - 1; k >= 2; --k)
      p = math::FmaOp::create(b, loc, p, r, real(1.0 / std::tgamma(k + 1.0)));
    return math::FmaOp::create(b, loc, mul(r, r), p, r);
  }
  /// unit * 2^f for f in [-1/2, 1/2]; the unit is a power of two.
  Value polynomial(Value f, double unit) {
    Value p = real(unit * format.coefficients.back());
    for (double c : llvm::reverse(format.coefficients.drop_back()))
      p = math::FmaOp::create(b, loc, p, f, real(unit * c));
    return math::FmaOp::create(b, loc, p, f, real(unit));
  }

  OpBuilder &b;
  Location loc;
  Type type;
  Format format;
  Type bits;

private:
  static TypedAttr getScalarOrSplat(Type type, Attribute value) {
    if (auto vector = dyn_cast<VectorType>(type))
      return SplatElementsAttr::get(vector, value);
    return cast<TypedAttr>(value);
  }
};

// exp2(x)  -->  p(x - n) * 2^n,   n = roundeven(x)
//
// x + rounder has n in its last bits. 2^n is split in two factors, so that a
// subnormal result is rounded once and none overflows before it must: 2^(n/2) and
// 2^(n - n/2). A NaN makes p a NaN, and then its exponent is of no account.
struct ExpandExp2 : OpRewritePattern<math::Exp2Op> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::Exp2Op op,
                                PatternRewriter &rewriter) const override {
    Type element = getElementTypeOrSelf(op.getType());
    if (!element.isF32() && !element.isF64())
      return rewriter.notifyMatchFailure(op, "only f32 and f64 are expanded");
    Arithmetic a(rewriter, op.getLoc(), op.getType());
    const Format &format = a.format;
    Value x =
        a.clamp(op.getOperand(), arith::CmpFPredicate::OLT, format.lowest);
    if (op->hasAttr(AttnDialect::kNonPositive)) {
      rewriter.replaceOp(op, emitNonPositive(a, x));
      return success();
    }
    x = a.clamp(x, arith::CmpFPredicate::OGT, format.highest);
    Value rounder = a.real(format.getRounder());
    Value rounded = a.add(x, rounder);
    Value p = a.polynomial(a.sub(x, a.sub(rounded, rounder)), 1.0);
    // The integer itself, then its halves.
    Value n = arith::SubIOp::create(rewriter, op.getLoc(), a.bitsOf(rounded),
                                    a.bitsOf(rounder));
    Value half =
        arith::ShRSIOp::create(rewriter, op.getLoc(), n, a.integer(1));
    Value rest = arith::SubIOp::create(rewriter, op.getLoc(), n, half);
    rewriter.replaceOp(
        op, a.mul(a.mul(p, a.powerOfTwo(half)), a.powerOfTwo(rest)));
    return success();
  }

  /// For x <= 0 the factors are 2^-lift, which is put into p, and 2^(n + lift), a
  /// normal number: the rounder adds its biased exponent to n, and a shift puts
  /// that in its place.
  static Value emitNonPositive(Arithmetic &a, Value x) {
    const Format &format = a.format;
    Value rounder =
        a.real(format.getRounder() + format.getBias() + format.lift);
    Value rounded = a.add(x, rounder);
    Value p = a.polynomial(a.sub(x, a.sub(rounded, rounder)),
                           std::ldexp(1.0, -format.lift));
    Value exponent = arith::ShLIOp::create(a.b, a.loc, a.bitsOf(rounded),
                                           a.integer(format.mantissaBits));
    return a.mul(p, arith::BitcastOp::create(a.b, a.loc, a.type, exponent));
  }
};

// tanh(x)  -->  t / (t + 2) with the sign of x,   t = e^2|x| - 1
//
//   t = 2^n (e^r - 1) + (2^n - 1),   2|x| = n ln(2) + r
//
// has all its digits next to 0 too. Beyond the limit tanh rounds to 1.
struct ExpandTanh : OpRewritePattern<math::TanhOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::TanhOp op,
                                PatternRewriter &rewriter) const override {
    Type element = getElementTypeOrSelf(op.getType());
    if (!element.isF32() && !element.isF64())
      return rewriter.notifyMatchFailure(op, "only f32 and f64 are expanded");
    Location loc = op.getLoc();
    Arithmetic a(rewriter, loc, op.getType());
    Value size = math::AbsFOp::create(rewriter, loc, op.getOperand());
    Value x = a.clamp(size, arith::CmpFPredicate::OGT,
                      element.isF64() ? 20.0 : 10.0);
    x = a.add(x, x);
    auto fma = [&](Value x, Value y, Value z) -> Value {
      return math::FmaOp::create(rewriter, loc, x, y, z);
    };
    Value rounder = a.real(a.format.getRounder());
    Value rounded = fma(x, a.real(llvm::numbers::log2e), rounder);
    Value n = a.sub(rounded, rounder);
    // ln(2) in two parts: rounded, and what that leaves out.
    double ln2 = element.isF64() ? llvm::numbers::ln2 : llvm::numbers::ln2f;
    double rest = element.isF64() ? 2.319046813846299558e-17
                                  : llvm::numbers::ln2 - ln2;
    Value r = fma(n, a.real(-rest), fma(n, a.real(-ln2), x));
    Value power = a.powerOfTwo(a.bitsOf(rounded));
    Value t = fma(power, a.exponentialLessOne(r), a.sub(power, a.real(1.0)));
    Value quotient =
        arith::DivFOp::create(rewriter, loc, t, a.add(t, a.real(2.0)));
    rewriter.replaceOpWithNewOp<math::CopySignOp>(op, quotient,
                                                  op.getOperand());
    return success();
  }
};

struct CPUExpandMath : attn::impl::CPUExpandMathBase<CPUExpandMath> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandExp2, ExpandTanh>(&getContext());
    auto isOther = [](StringRef name) {
      return name != math::Exp2Op::getOperationName() &&
             name != math::TanhOp::getOperationName();
    };
    populateMathPolynomialApproximationPatterns(patterns, isOther);
    // Integer arithmetic: LLVM would call a library function that not every
    // libgcc has, or an instruction that flushes denormals.
    arith::populateExpandBFloat16Patterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
