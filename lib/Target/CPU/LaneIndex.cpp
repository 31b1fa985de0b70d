//===- LaneIndex.cpp - Integers that go up by one from lane to lane ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaneIndex.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/SmallVectorExtras.h"

using namespace mlir;
using namespace mlir::attn;
using arith::CmpIPredicate;

static unsigned getBits(Type type) {
  return type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
}

/// 0, slope, 2 slope, ..
static Value emitSteps(OpBuilder &b, Location loc, Type type, int64_t slope,
                       int64_t lanes) {
  SmallVector<Attribute> steps;
  for (int64_t lane = 0; lane < lanes; ++lane)
    steps.push_back(b.getIntegerAttr(type, slope * lane));
  return arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(VectorType::get(lanes, type), steps));
}

static Value spread(OpBuilder &b, Location loc, Value scalar, int64_t lanes) {
  return vector::BroadcastOp::create(
      b, loc, VectorType::get(lanes, scalar.getType()), scalar);
}

/// The scalar in an integer type that holds it.
static Value narrow(OpBuilder &b, Location loc, Value scalar, Type type) {
  if (scalar.getType() == type)
    return scalar;
  if (scalar.getType().isIndex())
    return arith::IndexCastOp::create(b, loc, type, scalar);
  return arith::TruncIOp::create(b, loc, type, scalar);
}

Value mlir::attn::emitVector(OpBuilder &b, Location loc, LaneIndex index,
                             int64_t lanes) {
  Value base = spread(b, loc, index.base, lanes);
  return arith::AddIOp::create(
      b, loc, base,
      emitSteps(b, loc, index.base.getType(), index.slope, lanes));
}

std::optional<LaneIndex>
mlir::attn::emitIndexArithmetic(OpBuilder &b, Operation &op,
                                ArrayRef<LaneIndex> operands) {
  auto onBases = [&]() -> Value {
    OperationState state(op.getLoc(), op.getName(),
                         llvm::map_to_vector(operands, [](LaneIndex index) {
                           return index.base;
                         }),
                         op.getResultTypes(), {});
    return b.create(state)->getResult(0);
  };
  if (isa<arith::AddIOp>(op))
    return LaneIndex{onBases(), operands[0].slope + operands[1].slope};
  if (isa<arith::SubIOp>(op))
    return LaneIndex{onBases(), operands[0].slope - operands[1].slope};
  // Widened, a number is not what it was modulo fewer bits.
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::TruncIOp>(op) &&
      getBits(op.getResult(0).getType()) <=
          getBits(op.getOperand(0).getType()))
    return LaneIndex{onBases(), operands[0].slope};
  return std::nullopt;
}

/// a + n < b  <=>  n < b - a,  where b - a matters only from -1 to `lanes`.
static Value emitComparison(OpBuilder &b, Location loc, CmpIPredicate predicate,
                            LaneIndex left, LaneIndex right, int64_t lanes,
                            Type narrowType) {
  if (left.slope < right.slope) {
    std::swap(left, right);
    switch (predicate) {
    case CmpIPredicate::slt:
      predicate = CmpIPredicate::sgt;
      break;
    case CmpIPredicate::sle:
      predicate = CmpIPredicate::sge;
      break;
    case CmpIPredicate::sgt:
      predicate = CmpIPredicate::slt;
      break;
    case CmpIPredicate::sge:
      predicate = CmpIPredicate::sle;
      break;
    default:
      break;
    }
  }
  Type type = left.base.getType();
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, value));
  };
  Value least = arith::SubIOp::create(b, loc, left.base, constant(1));
  Value most = arith::AddIOp::create(b, loc, left.base, constant(lanes));
  Value bound = arith::MaxSIOp::create(b, loc, right.base, least);
  bound = arith::MinSIOp::create(b, loc, bound, most);
  bound = narrow(b, loc, arith::SubIOp::create(b, loc, bound, left.base),
                 narrowType);
  return arith::CmpIOp::create(b, loc, predicate,
                               emitSteps(b, loc, narrowType, 1, lanes),
                               spread(b, loc, bound, lanes));
}

/// Through 32 bits where they hold the number.
static Value emitConversion(OpBuilder &b, Location loc, LaneIndex index,
                            int64_t lanes, Type element) {
  auto type = VectorType::get(lanes, element);
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(value));
  };
  auto convert = [&](OpBuilder &b, Value base) {
    Value vector = emitVector(b, loc, {base, index.slope}, lanes);
    Value real = arith::SIToFPOp::create(b, loc, type, vector);
    scf::YieldOp::create(b, loc, real);
  };
  // -2^30 <= base < 2^30
  Value shifted = arith::AddIOp::create(b, loc, index.base,
                                        constant(int64_t(1) << 30));
  Value isSmall =
      arith::CmpIOp::create(b, loc, CmpIPredicate::ult, shifted,
                            constant(int64_t(1) << 31));
  auto branch = scf::IfOp::create(
      b, loc, isSmall,
      [&](OpBuilder &b, Location loc) {
        convert(b, narrow(b, loc, index.base, b.getI32Type()));
      },
      [&](OpBuilder &b, Location) { convert(b, index.base); });
  return branch.getResult(0);
}

Value mlir::attn::emitFromIndices(OpBuilder &b, Operation &op,
                                  ArrayRef<LaneIndex> operands, int64_t lanes,
                                  unsigned bits) {
  if (!isa<arith::CmpIOp, arith::SIToFPOp>(op) ||
      getBits(op.getOperand(0).getType()) < 64)
    return {};
  if (auto compare = dyn_cast<arith::CmpIOp>(op)) {
    CmpIPredicate predicate = compare.getPredicate();
    bool isSigned = predicate <= CmpIPredicate::sge; // Or equality.
    if (!isSigned || std::abs(operands[0].slope - operands[1].slope) != 1)
      return {};
    return emitComparison(b, op.getLoc(), predicate, operands[0], operands[1],
                          lanes, b.getIntegerType(bits));
  }
  if (isa<arith::SIToFPOp>(op) && std::abs(operands[0].slope) * lanes < 1 << 30)
    return emitConversion(b, op.getLoc(), operands[0], lanes,
                          op.getResult(0).getType());
  return {};
}
