//===- PackOperands.cpp - What tiles read, side by side in memory ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

static AffineMap getMap(unsigned loops, ArrayRef<unsigned> dims,
                        MLIRContext *context) {
  return AffineMap::getMultiDimMapWithTargets(loops, dims, context);
}

Value mlir::attn::packOperand(OpBuilder &b, Location loc, FloatType type,
                              Value operand, AffineMap map,
                              ArrayRef<unsigned> dims,
                              ArrayRef<OpFoldResult> loopSizes) {
  MLIRContext *context = b.getContext();
  SmallVector<OpFoldResult> sizes;
  for (unsigned dim : dims)
    sizes.push_back(loopSizes[dim]);
  SmallVector<unsigned> from;
  for (unsigned i = 0; i < map.getNumResults(); ++i)
    from.push_back(llvm::find(dims, map.getDimPosition(i)) - dims.begin());
  Value empty = tensor::EmptyOp::create(b, loc, sizes, type);
  auto pack = linalg::GenericOp::create(
      b, loc, empty.getType(), operand, empty,
      ArrayRef{getMap(dims.size(), from, context),
               AffineMap::getMultiDimIdentityMap(dims.size(), context)},
      SmallVector<utils::IteratorType>(dims.size(),
                                       utils::IteratorType::parallel),
      [&](OpBuilder &b, Location loc, ValueRange args) {
        linalg::YieldOp::create(b, loc,
                                convertScalarToDtype(b, loc, args[0], type,
                                                     /*isUnsignedCast=*/false));
      });
  return pack.getResult(0);
}

/// The batch dimensions that an operand has, a key, and what is of it.
static SmallVector<unsigned> getPackedDims(AffineMap map, unsigned batch,
                                           unsigned key, unsigned row) {
  SmallVector<unsigned> dims;
  for (unsigned dim = 0; dim < batch; ++dim)
    if (map.isFunctionOfDim(dim))
      dims.push_back(dim);
  dims.append({key, row});
  return dims;
}

bool mlir::attn::needsPacking(AttentionOp op) {
  unsigned batch = op.getNumBatchDims(), k2 = op.getKeyDim();
  auto isPacked = [&](Value operand, AffineMap map, unsigned row) {
    return getElementTypeOrSelf(operand.getType()) == op.getStateType() &&
           map == getMap(map.getNumDims(), getPackedDims(map, batch, k2, row),
                         op.getContext());
  };
  return !isPacked(op.getKey(), op.getKeyMap(), op.getFeatureDim()) ||
         !isPacked(op.getValue(), op.getValueMap(), op.getValueDim());
}

void mlir::attn::packKeys(RewriterBase &rewriter, FoldOp fold) {
  Location loc = fold.getLoc();
  rewriter.setInsertionPoint(fold);
  SmallVector<OpFoldResult> sizes = getLoopSizes(rewriter, fold);
  SmallVector<AffineMap> maps = fold.getIndexingMapsArray();
  auto pack = [&](OpOperand &operand, unsigned row) {
    AffineMap &map = maps[operand.getOperandNumber()];
    SmallVector<unsigned> dims =
        getPackedDims(map, fold.getNumBatchDims(), fold.getKeyDim(), row);
    Value packed = packOperand(rewriter, loc, fold.getStateType(),
                               operand.get(), map, dims, sizes);
    map = getMap(map.getNumDims(), dims, rewriter.getContext());
    rewriter.modifyOpInPlace(fold, [&] { operand.set(packed); });
  };
  pack(fold.getKeyMutable(), fold.getFeatureDim());
  pack(fold.getValueMutable(), fold.getValueDim());
  rewriter.modifyOpInPlace(fold, [&] {
    fold.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
  });
}
