//===- ExpandMath.cpp - Math functions as arithmetic that vectorizes ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arithmetic.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUEXPANDMATH
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

bool isExpanded(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF32() || element.isF64();
}

// exp2(x)  -->  p(x - n) * 2^n,   n = roundeven(x)
//
// x + rounder has n in its last bits. A NaN makes p a NaN, and then its exponent is
// of no account.
struct ExpandExp2 : OpRewritePattern<math::Exp2Op> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::Exp2Op op,
                                PatternRewriter &rewriter) const override {
    if (!isExpanded(op.getType()))
      return rewriter.notifyMatchFailure(op, "only f32 and f64 are expanded");
    Arithmetic a(rewriter, op.getLoc(), op.getType());
    const FloatFormat &format = a.format;
    Value x =
        a.clamp(op.getOperand(), arith::CmpFPredicate::OLT, format.lowest);
    if (op->hasAttr(AttnDialect::kNonPositive)) {
      rewriter.replaceOp(op, emitNonPositive(a, x));
      return success();
    }
    x = a.clamp(x, arith::CmpFPredicate::OGT, format.highest);
    Value rounder = a.real(format.getRounder());
    Value rounded = a.add(x, rounder);
    Value p = emitFraction(a, a.sub(x, a.sub(rounded, rounder)), 1.0,
                           format.exp2Coefficients);
    rewriter.replaceOp(op, a.scale(p, rounded));
    return success();
  }

  /// unit * 2^f for f in [-1/2, 1/2]; the unit is a power of two.
  static Value emitFraction(Arithmetic &a, Value f, double unit,
                            ArrayRef<double> powers) {
    SmallVector<double> coefficients{unit};
    for (double c : powers)
      coefficients.push_back(unit * c);
    return a.polynomial(f, coefficients);
  }

  /// For x <= 0 the factors are 2^-lift, which is put into p, and 2^(n + lift), a
  /// normal number: the rounder adds its biased exponent to n, and a shift puts
  /// that in its place.
  static Value emitNonPositive(Arithmetic &a, Value x) {
    const FloatFormat &format = a.format;
    Value rounder =
        a.real(format.getRounder() + format.getBias() + format.lift);
    Value rounded = a.add(x, rounder);
    Value p =
        emitFraction(a, a.sub(x, a.sub(rounded, rounder)),
                     std::ldexp(1.0, -format.lift), format.weightCoefficients);
    Value exponent = arith::ShLIOp::create(a.b, a.loc, a.bitsOf(rounded),
                                           a.integer(format.mantissaBits));
    return a.mul(p, arith::BitcastOp::create(a.b, a.loc, a.type, exponent));
  }
};

// exp(x)  -->  (1 + (e^r - 1)) * 2^n,   x = n ln(2) + r
struct ExpandExp : OpRewritePattern<math::ExpOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::ExpOp op,
                                PatternRewriter &rewriter) const override {
    if (!isExpanded(op.getType()))
      return rewriter.notifyMatchFailure(op, "only f32 and f64 are expanded");
    Arithmetic a(rewriter, op.getLoc(), op.getType());
    // Beyond these the result is 0 or infinity.
    bool isF64 = a.format.bits == 64;
    Value x = a.clamp(op.getOperand(), arith::CmpFPredicate::OLT,
                      isF64 ? -750.0 : -110.0);
    x = a.clamp(x, arith::CmpFPredicate::OGT, isF64 ? 710.0 : 89.0);
    auto [rounded, r] = a.reduceByLn2(x);
    Value p = a.add(a.real(1.0), a.exponentialLessOne(r));
    rewriter.replaceOp(op, a.scale(p, rounded));
    return success();
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
    if (!isExpanded(op.getType()))
      return rewriter.notifyMatchFailure(op, "only f32 and f64 are expanded");
    Location loc = op.getLoc();
    Arithmetic a(rewriter, loc, op.getType());
    Value size = math::AbsFOp::create(rewriter, loc, op.getOperand());
    Value x = a.clamp(size, arith::CmpFPredicate::OGT,
                      a.format.bits == 64 ? 20.0 : 10.0);
    auto [rounded, r] = a.reduceByLn2(a.add(x, x));
    Value power = a.powerOfTwo(a.bitsOf(rounded));
    Value t =
        a.fma(power, a.exponentialLessOne(r), a.sub(power, a.real(1.0)));
    Value quotient =
        arith::DivFOp::create(rewriter, loc, t, a.add(t, a.real(2.0)));
    rewriter.replaceOpWithNewOp<math::CopySignOp>(op, quotient,
                                                  op.getOperand());
    return success();
  }
};

// extf(x_0 .. x_7)  -->  (0, x_0), (0, x_1), .., (0, x_7) as f32
//
// AVX2 moves bytes within halves of a register only. A load that has x in both
// halves costs nothing: then this is one instruction.
struct ExtendBFloat16 : OpRewritePattern<arith::ExtFOp> {
  ExtendBFloat16(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/2) {} // Before upstream's.
  static constexpr int64_t kLanes = 8;

  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || type.getRank() != 1 || type.isScalable() ||
        !type.getElementType().isF32() ||
        !getElementTypeOrSelf(op.getIn().getType()).isBF16() ||
        type.getNumElements() % kLanes)
      return rewriter.notifyMatchFailure(op, "no registers of bf16");
    if (type.getNumElements() == kLanes) {
      rewriter.replaceOp(op, extend(rewriter, op.getLoc(), op.getIn()));
      return success();
    }
    // Registers of their own from memory on: LLVM would join the shuffles.
    auto read = op.getIn().getDefiningOp<vector::TransferReadOp>();
    if (!read || !read->hasOneUse() || read.getMask() ||
        read.hasOutOfBoundsDim() || !read.getPermutationMap().isMinorIdentity())
      return rewriter.notifyMatchFailure(op, "not read as it is in memory");
    rewriter.setInsertionPoint(read);
    Location loc = op.getLoc();
    Value result = arith::ConstantOp::create(rewriter, loc, type,
                                             rewriter.getZeroAttr(type));
    for (int64_t first = 0; first < type.getNumElements(); first += kLanes) {
      SmallVector<Value> indices(read.getIndices());
      indices.back() = arith::AddIOp::create(
          rewriter, loc, indices.back(),
          arith::ConstantIndexOp::create(rewriter, loc, first));
      Value part = vector::TransferReadOp::create(
          rewriter, loc,
          VectorType::get(kLanes, rewriter.getBF16Type()), read.getBase(),
          indices, read.getPadding(), ArrayRef<bool>{true});
      result = vector::InsertStridedSliceOp::create(
          rewriter, loc, extend(rewriter, loc, part), result, first, 1);
    }
    rewriter.replaceOp(op, result);
    rewriter.eraseOp(read);
    return success();
  }

  static Value extend(OpBuilder &b, Location loc, Value x) {
    Type half = b.getIntegerType(16);
    Value bits = arith::BitcastOp::create(
        b, loc, VectorType::get(kLanes, half), x);
    SmallVector<int64_t> twice, spread;
    for (int64_t i = 0; i < 2 * kLanes; ++i)
      twice.push_back(i % kLanes);
    Value both = vector::ShuffleOp::create(b, loc, bits, bits, twice);
    auto type = VectorType::get(2 * kLanes, half);
    Value zeros =
        arith::ConstantOp::create(b, loc, type, b.getZeroAttr(type));
    for (int64_t i = 0; i < kLanes; ++i) // From the half where it is to be.
      spread.append({2 * kLanes, i < kLanes / 2 ? i : kLanes + i});
    return vector::BitCastOp::create(
        b, loc, VectorType::get(kLanes, b.getF32Type()),
        vector::ShuffleOp::create(b, loc, both, zeros, spread));
  }
};

struct CPUExpandMath : attn::impl::CPUExpandMathBase<CPUExpandMath> {
  using CPUExpandMathBase::CPUExpandMathBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandExp2, ExpandExp, ExpandTanh>(&getContext());
    populateExpandTrigonometryPatterns(patterns);
    populateMathPolynomialApproximationPatterns(patterns, isLeftToUpstream);
    // Integer arithmetic: LLVM would call a library function that not every
    // libgcc has, or an instruction that flushes denormals.
    arith::populateExpandBFloat16Patterns(patterns);
    if (vectorBits == 32 * ExtendBFloat16::kLanes)
      patterns.add<ExtendBFloat16>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }

  static bool isLeftToUpstream(StringRef name) {
    // 1 / sqrt(x) instead: exact enough, and upstream's pattern takes no scalars.
    return name != math::RsqrtOp::getOperationName() &&
           name != math::Exp2Op::getOperationName() &&
           name != math::ExpOp::getOperationName() &&
           name != math::TanhOp::getOperationName() &&
           name != math::SinOp::getOperationName() &&
           name != math::CosOp::getOperationName();
  }
};

} // namespace
