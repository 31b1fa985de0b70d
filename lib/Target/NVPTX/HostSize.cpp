//===- HostSize.cpp - Sizes that a host computes ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostSize.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::attn;

std::optional<int64_t> mlir::attn::getConstantDim(memref::DimOp op) {
  auto type = dyn_cast<MemRefType>(op.getSource().getType());
  std::optional<int64_t> index = op.getConstantIndex();
  if (!type || !index || *index < 0 || *index >= type.getRank())
    return std::nullopt;
  return index;
}

AffineExpr HostSizes::get(Value value) {
  auto [entry, isNew] = known.try_emplace(value, AffineExpr());
  if (!isNew)
    return entry->second;
  AffineExpr expression = compute(value);
  known[value] = expression;
  return expression;
}

AffineExpr HostSizes::compute(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return {};
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return getAffineConstantExpr(*constant, value.getContext());
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    auto array = dyn_cast<BlockArgument>(dim.getSource());
    std::optional<int64_t> index = getConstantDim(dim);
    return array && index ? getSize(array, *index) : AffineExpr();
  }
  SmallVector<AffineExpr> operands;
  for (Value operand : op->getOperands()) {
    operands.push_back(get(operand));
    if (!operands.back())
      return {};
  }
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
    AffineMap map = apply.getAffineMap();
    ArrayRef<AffineExpr> all(operands);
    return map.getResult(0).replaceDimsAndSymbols(
        all.take_front(map.getNumDims()), all.drop_front(map.getNumDims()));
  }
  if (isa<arith::AddIOp>(op))
    return operands[0] + operands[1];
  if (isa<arith::SubIOp>(op))
    return operands[0] - operands[1];
  if (isa<arith::MulIOp>(op))
    return operands[0] * operands[1];
  // Sizes are not negative, so that signs do not matter; what is divided by must
  // not be 0 either.
  auto divisor = operands.size() == 2
                     ? dyn_cast<AffineConstantExpr>(operands[1])
                     : AffineConstantExpr();
  if (!divisor || divisor.getValue() <= 0)
    return {};
  if (isa<arith::FloorDivSIOp, arith::DivUIOp>(op))
    return operands[0].floorDiv(divisor);
  if (isa<arith::CeilDivSIOp, arith::CeilDivUIOp>(op))
    return operands[0].ceilDiv(divisor);
  if (isa<arith::RemUIOp>(op))
    return operands[0] % divisor;
  return {};
}
