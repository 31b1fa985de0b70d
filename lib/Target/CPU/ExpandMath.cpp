//===- ExpandMath.cpp - Math functions as arithmetic that vectorizes ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

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
  int64_t bias;
  /// Beyond these every result is 0 or infinity.
  double lowest, highest;
};

Format getFormat(Type element) {
  if (element.isF64())
    return {kF64Coefficients, 64, 52, 1023, -1080.0, 1030.0};
  return {kF32Coefficients, 32, 23, 127, -160.0, 130.0};
}

// exp2(x)  -->  p(x - n) * 2^(n/2) * 2^(n - n/2),   n = roundeven(x)
//
// Two factors, each a normal number: the first product is exact, so a subnormal
// result is rounded once.
struct ExpandExp2 : OpRewritePattern<math::Exp2Op> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::Exp2Op op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getType(), element = getElementTypeOrSelf(type);
    if (!element.isF32() && !element.isF64())
      return rewriter.notifyMatchFailure(op, "only f32 and f64 are expanded");
    Format format = getFormat(element);
    Location loc = op.getLoc();
    Type bits = rewriter.getIntegerType(format.bits);
    if (auto vector = dyn_cast<VectorType>(type))
      bits = vector.clone(bits);
    auto real = [&](double value) -> Value {
      return arith::ConstantOp::create(
          rewriter, loc, getScalarOrSplat(type, rewriter.getFloatAttr(element, value)));
    };
    auto integer = [&](int64_t value) -> Value {
      return arith::ConstantOp::create(
          rewriter, loc,
          getScalarOrSplat(bits, rewriter.getIntegerAttr(getElementTypeOrSelf(bits), value)));
    };
    // Comparisons that are false for NaN let it through.
    auto clamp = [&](Value x, arith::CmpFPredicate beyond, double limit) -> Value {
      Value bound = real(limit);
      Value outside =
          arith::CmpFOp::create(rewriter, loc, beyond, x, bound);
      return arith::SelectOp::create(rewriter, loc, outside, bound, x);
    };
    Value x = clamp(op.getOperand(), arith::CmpFPredicate::OLT, format.lowest);
    x = clamp(x, arith::CmpFPredicate::OGT, format.highest);
    Value n = math::RoundEvenOp::create(rewriter, loc, x);
    Value f = arith::SubFOp::create(rewriter, loc, x, n);
    Value p = real(format.coefficients.back());
    for (double c : llvm::reverse(format.coefficients.drop_back()))
      p = math::FmaOp::create(rewriter, loc, p, f, real(c));
    p = math::FmaOp::create(rewriter, loc, p, f, real(1.0));

    // A NaN has no integer: freeze the exponent to that of a number.
    Value isNumber = arith::CmpFOp::create(rewriter, loc,
                                           arith::CmpFPredicate::ORD, n, n);
    Value exponent = arith::FPToSIOp::create(
        rewriter, loc, bits,
        arith::SelectOp::create(rewriter, loc, isNumber, n, real(0.0)));
    Value half = arith::ShRSIOp::create(rewriter, loc, exponent, integer(1));
    Value rest = arith::SubIOp::create(rewriter, loc, exponent, half);
    auto powerOfTwo = [&](Value e) -> Value {
      Value biased = arith::AddIOp::create(rewriter, loc, e, integer(format.bias));
      Value shifted = arith::ShLIOp::create(rewriter, loc, biased,
                                            integer(format.mantissaBits));
      return arith::BitcastOp::create(rewriter, loc, type, shifted);
    };
    Value scaled = arith::MulFOp::create(rewriter, loc, p, powerOfTwo(half));
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, scaled, powerOfTwo(rest));
    return success();
  }

  static TypedAttr getScalarOrSplat(Type type, Attribute value) {
    if (auto vector = dyn_cast<VectorType>(type))
      return SplatElementsAttr::get(vector, value);
    return cast<TypedAttr>(value);
  }
};

struct CPUExpandMath : attn::impl::CPUExpandMathBase<CPUExpandMath> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandExp2>(&getContext());
    auto isOther = [](StringRef name) {
      return name != math::Exp2Op::getOperationName();
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
