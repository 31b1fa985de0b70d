//===- ProductFusion.cpp - What runs where a product's tile is ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProductFusion.h"
#include "LaneBody.h"

using namespace mlir;
using namespace mlir::attn;
using linalg::LinalgOp;

/// One result on tensors, summed along a dimension that it lacks.
static bool isProduct(LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op.getNumDpsInits() != 1)
    return false;
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  return result.isProjectedPermutation() && result.getNumResults() > 0 &&
         result.getNumResults() < op.getNumLoops();
}

/// `op` seen from the dimensions of `product`, where the operand numbered `shared`
/// is the product's result: point -> element -> point of `op`.
static std::optional<FusedBody> fuse(LinalgOp product, LinalgOp op,
                                     unsigned shared) {
  if (!op.hasPureTensorSemantics() || failed(canRunInLanes(op, [](auto *) {})))
    return std::nullopt;
  AffineMap element = op.getIndexingMapsArray()[shared];
  if (!element.isPermutation())
    return std::nullopt;
  AffineMap result =
      product.getMatchingIndexingMap(product.getDpsInitOperand(0));
  AffineMap point = inversePermutation(element).compose(result);
  FusedBody fused{op, shared, {}, {}};
  for (unsigned i = 0; i < point.getNumResults(); ++i)
    fused.dims.push_back(point.getDimPosition(i));
  unsigned lane = result.getDimPosition(result.getNumResults() - 1);
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand).compose(point);
    if (!map.isProjectedPermutation())
      return std::nullopt;
    // Results are vectors of the product's lanes.
    if (op.isDpsInit(&operand) &&
        (map.getNumResults() == 0 ||
         map.getDimPosition(map.getNumResults() - 1) != lane ||
         getElementTypeOrSelf(operand.get()).isInteger(1)))
      return std::nullopt;
    fused.maps.push_back(map);
  }
  return fused;
}

std::optional<FusedBody> mlir::attn::getPrologue(LinalgOp product) {
  if (!isProduct(product))
    return std::nullopt;
  auto op = product.getDpsInits()[0].getDefiningOp<linalg::GenericOp>();
  if (!op || op.getNumDpsInits() != 1 || op.getNumReductionLoops() != 0 ||
      !op.getResult(0).hasOneUse())
    return std::nullopt;
  return fuse(product, op, op.getDpsInitOperand(0)->getOperandNumber());
}

std::optional<FusedBody> mlir::attn::getEpilogue(LinalgOp product) {
  if (!isProduct(product) || !product->getResult(0).hasOneUse())
    return std::nullopt;
  OpOperand &use = *product->getResult(0).use_begin();
  auto op = dyn_cast<linalg::GenericOp>(use.getOwner());
  if (!op || op->getBlock() != product->getBlock() || isProduct(op))
    return std::nullopt;
  return fuse(product, op, use.getOperandNumber());
}
