//===- ExpandMath.cpp - Logarithms of f64 as arithmetic ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../CPU/Arithmetic.h"
#include "attn/Target/NVPTX/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::attn {
#define GEN_PASS_DEF_NVPTXEXPANDMATH
#include "attn/Target/NVPTX/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// ln(m) for m from 1/sqrt(2) to sqrt(2), without m - 1 = f, which is exact:
///
///     ln(m) = 2 atanh(s) = 2s + 2s^3/3 + 2s^5/5 + ..,   s = f / (2 + f)
///
/// and 2s = f - s f. What is left out is below 1e-17 of it.
static Value emitLogLessLinear(Arithmetic &a, Value f) {
  Value s = arith::DivFOp::create(a.b, a.loc, f, a.add(f, a.real(2.0)));
  SmallVector<double> series;
  for (unsigned k = 3; k <= 23; k += 2)
    series.push_back(2.0 / k);
  Value square = a.mul(s, s);
  Value tail = a.mul(square, a.polynomial(square, series));
  return a.mul(s, a.sub(tail, f));
}

/// The natural logarithm of x = m 2^k. Numbers below the normal ones are made
/// larger first.
static Value emitLog(Arithmetic &a, Value x) {
  Value isSmall = a.compare(arith::CmpFPredicate::OLT, x,
                            a.real(std::numeric_limits<double>::min()));
  Value bits =
      a.bitsOf(a.select(isSmall, a.mul(x, a.real(std::ldexp(1.0, 54))), x));
  Value least = a.bitsOf(a.real(llvm::numbers::inv_sqrt2));
  Value mantissaBits = a.integer(52);
  Value k = arith::ShRSIOp::create(
      a.b, a.loc, arith::SubIOp::create(a.b, a.loc, bits, least),
      mantissaBits);
  Value m = arith::BitcastOp::create(
      a.b, a.loc, a.type,
      arith::SubIOp::create(
          a.b, a.loc, bits,
          arith::ShLIOp::create(a.b, a.loc, k, mantissaBits)));
  Value f = a.sub(m, a.real(1.0));
  Value exponent = arith::SIToFPOp::create(a.b, a.loc, a.type, k);
  exponent = a.sub(exponent, a.select(isSmall, a.real(54.0), a.real(0.0)));
  // ln(2) in two parts; the product with the first one is exact.
  double high = 0x1.62e42feep-1, low = 0x1.a39ef35793c76p-33;
  Value small = a.fma(exponent, a.real(low), emitLogLessLinear(a, f));
  Value y = a.add(a.mul(exponent, a.real(high)), a.add(f, small));
  auto replaceIf = [&](arith::CmpFPredicate predicate, double limit,
                       Value result) {
    y = a.select(a.compare(predicate, x, a.real(limit)), result, y);
  };
  replaceIf(arith::CmpFPredicate::OEQ, 0.0, a.real(-kInfinity));
  replaceIf(arith::CmpFPredicate::OEQ, kInfinity, x);
  replaceIf(arith::CmpFPredicate::ULT, 0.0,
            a.real(std::numeric_limits<double>::quiet_NaN()));
  return y;
}

namespace {

// log(x)  -->  k ln(2) + ln(m),   x = m 2^k;   log2, log10: times a constant
template <typename OpTy>
struct ExpandLog : OpRewritePattern<OpTy> {
  ExpandLog(MLIRContext *context, double factor)
      : OpRewritePattern<OpTy>(context), factor(factor) {}
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (!op.getType().isF64())
      return rewriter.notifyMatchFailure(op, "only f64 is expanded");
    Arithmetic a(rewriter, op.getLoc(), op.getType());
    Value y = emitLog(a, op.getOperand());
    rewriter.replaceOp(op, factor == 1.0 ? y : a.mul(y, a.real(factor)));
    return success();
  }
  double factor;
};

// log1p(x)  -->  log(u) + (x - (u - 1)) / u,   u = 1 + x as rounded
struct ExpandLog1p : OpRewritePattern<math::Log1pOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::Log1pOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getType().isF64())
      return rewriter.notifyMatchFailure(op, "only f64 is expanded");
    Arithmetic a(rewriter, op.getLoc(), op.getType());
    Value x = op.getOperand(), u = a.add(x, a.real(1.0));
    Value lost = a.sub(x, a.sub(u, a.real(1.0)));
    Value log = emitLog(a, u);
    Value y =
        a.add(log, arith::DivFOp::create(rewriter, op.getLoc(), lost, u));
    // Where log(u) is infinite, so is the result.
    y = a.select(a.compare(arith::CmpFPredicate::OEQ, u, a.real(0.0)), log, y);
    y = a.select(a.compare(arith::CmpFPredicate::OEQ, u, a.real(kInfinity)),
                 log, y);
    rewriter.replaceOp(op, y);
    return success();
  }
};

// expm1(x)  -->  2^n (e^r - 1) + (2^n - 1),   x = n ln(2) + r
struct ExpandExpM1 : OpRewritePattern<math::ExpM1Op> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::ExpM1Op op,
                                PatternRewriter &rewriter) const override {
    if (!op.getType().isF64())
      return rewriter.notifyMatchFailure(op, "only f64 is expanded");
    Arithmetic a(rewriter, op.getLoc(), op.getType());
    // Below, the result is -1; above, e^x is as near as any.
    Value x = a.clamp(op.getOperand(), arith::CmpFPredicate::OLT, -50.0);
    x = a.clamp(x, arith::CmpFPredicate::OGT, 50.0);
    auto [rounded, r] = a.reduceByLn2(x);
    Value power = a.powerOfTwo(a.bitsOf(rounded));
    Value y = a.fma(power, a.exponentialLessOne(r),
                    a.sub(power, a.real(1.0)));
    Value isLarge = a.compare(arith::CmpFPredicate::OGT, op.getOperand(),
                              a.real(50.0));
    Value large =
        math::ExpOp::create(rewriter, op.getLoc(), op.getOperand());
    rewriter.replaceOp(op, a.select(isLarge, large, y));
    return success();
  }
};

struct NVPTXExpandMath : attn::impl::NVPTXExpandMathBase<NVPTXExpandMath> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandLog<math::LogOp>>(&getContext(), 1.0);
    patterns.add<ExpandLog<math::Log2Op>>(&getContext(),
                                          llvm::numbers::log2e);
    patterns.add<ExpandLog<math::Log10Op>>(&getContext(),
                                           llvm::numbers::log10e);
    patterns.add<ExpandLog1p, ExpandExpM1>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
