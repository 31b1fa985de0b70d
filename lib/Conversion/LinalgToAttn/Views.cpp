//===- Views.cpp - Elements seen through operations that only move them ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expression.h"
#include "LinalgLoops.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::attn;

static Expr readConstant(ExpressionReader &reader, Attribute attribute) {
  if (auto splat = dyn_cast<SplatElementsAttr>(attribute))
    attribute = splat.getSplatValue<Attribute>();
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return reader.getConstant(number.getType(), number.getValueAsDouble());
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    if (integer.getValue().getSignificantBits() <= 53)
      return reader.getConstant(integer.getType(),
                                integer.getType().isInteger(1)
                                    ? integer.getValue().getZExtValue()
                                    : integer.getValue().getSExtValue());
  return nullptr;
}

std::optional<Access> ExpressionReader::step(const Access &access) {
  Operation *op = access.tensor.getDefiningOp();
  ArrayRef<AffineExpr> indices = access.indices;
  if (!op)
    return std::nullopt;
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return Access{cast.getSource(), access.indices};
  if (auto splat = dyn_cast<tensor::SplatOp>(op))
    return Access{splat.getInput(), {}};
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    ArrayRef<int64_t> shape = collapse.getSrcType().getShape();
    Access source{collapse.getSrc(), {}};
    source.indices.assign(shape.size(), getAffineConstantExpr(0, context));
    for (auto [group, index] :
         llvm::zip_equal(collapse.getReassociationIndices(), indices)) {
      auto sizes =
          llvm::map_to_vector(group, [&](int64_t i) { return shape[i]; });
      SmallVector<AffineExpr> parts = space.delinearize(index, sizes);
      if (parts.empty())
        return std::nullopt;
      for (auto [i, part] : llvm::zip_equal(group, parts))
        source.indices[i] = part;
    }
    return source;
  }
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    ArrayRef<int64_t> shape = expand.getResultType().getShape();
    Access source{expand.getSrc(), {}};
    for (const ReassociationIndices &group : expand.getReassociationIndices()) {
      auto sizes =
          llvm::map_to_vector(group, [&](int64_t i) { return shape[i]; });
      auto parts =
          llvm::map_to_vector(group, [&](int64_t i) { return indices[i]; });
      AffineExpr index = space.linearize(parts, sizes);
      if (!index)
        return std::nullopt;
      source.indices.push_back(index);
    }
    return source;
  }
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    Access source{slice.getSource(), {}};
    llvm::SmallBitVector dropped = slice.getDroppedDims();
    unsigned next = 0;
    for (unsigned i = 0; i < dropped.size(); ++i) {
      std::optional<int64_t> offset =
          getConstantIntValue(slice.getMixedOffsets()[i]);
      std::optional<int64_t> stride =
          getConstantIntValue(slice.getMixedStrides()[i]);
      if (!offset || !stride)
        return std::nullopt;
      AffineExpr index = getAffineConstantExpr(0, context);
      if (!dropped[i])
        index = indices[next++] * *stride;
      source.indices.push_back(space.simplify(index + *offset));
    }
    return source;
  }
  // An operation on all loops that yields what it reads.
  if (!isLinalg(op))
    return std::nullopt;
  auto linalgOp = cast<linalg::LinalgOp>(op);
  unsigned result = cast<OpResult>(access.tensor).getResultNumber();
  auto yielded = dyn_cast<BlockArgument>(
      op->getRegion(0).front().getTerminator()->getOperand(result));
  if (!yielded || yielded.getOwner() != linalgOp.getBlock() ||
      linalgOp.getNumReductionLoops() != 0)
    return std::nullopt;
  OpOperand &operand = op->getOpOperand(yielded.getArgNumber());
  SmallVector<AffineExpr> loops = getLoops(linalgOp, result, indices);
  if (loops.size() != linalgOp.getNumLoops() ||
      llvm::is_contained(loops, nullptr))
    return std::nullopt;
  if (linalgOp.isDpsInit(&operand) && operand.get() == access.tensor)
    return std::nullopt;
  return Access{operand.get(),
                applyMap(linalgOp.getMatchingIndexingMap(&operand), loops)};
}

Expr ExpressionReader::getElement(Value tensor, ArrayRef<AffineExpr> indices) {
  Expression element{Expression::Kind::Element,
                     getElementTypeOrSelf(tensor.getType())};
  element.origin = tensor.getDefiningOp();
  auto normalize = [&](const Access &access) {
    Access simple{access.tensor, {}};
    auto type = dyn_cast<RankedTensorType>(access.tensor.getType());
    for (auto [i, index] : llvm::enumerate(access.indices))
      simple.indices.push_back(type && type.getDimSize(i) == 1
                                   ? getAffineConstantExpr(0, context)
                                   : space.simplify(index));
    return simple;
  };
  std::optional<Access> access =
      normalize({tensor, SmallVector<AffineExpr>(indices)});
  while (access) {
    element.accesses.push_back(*access);
    access = step(element.accesses.back());
    if (access) {
      read.insert(element.accesses.back().tensor.getDefiningOp());
      access = normalize(*access);
    }
  }
  const Access &source = element.source();
  if (Attribute constant; matchPattern(source.tensor, m_Constant(&constant)))
    if (Expr number = readConstant(*this, constant))
      return number;
  return create(std::move(element));
}

Expr ExpressionReader::getElement(Value tensor,
                                  SmallVectorImpl<unsigned> &dims) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<AffineExpr> indices;
  for (auto [axis, size] : llvm::enumerate(type.getShape())) {
    dims.push_back(space.add({size, tensor, static_cast<int64_t>(axis)}));
    indices.push_back(space.getIndex(dims.back()));
  }
  return getElement(tensor, indices);
}
