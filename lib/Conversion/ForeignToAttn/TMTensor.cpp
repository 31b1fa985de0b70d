//===- TMTensor.cpp - torch-mlir's tm_tensor.attention ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As in llvm/torch-mlir, include/torch-mlir-dialects/Dialect/TMTensor/IR/
// TMTensorOps.td: inputs query, key, value and maybe a mask, one output, each
// (batch.., tokens, features); segment sizes tell inputs from outputs. Its
// generateScalarImplementation divides scores by the square root of the features
// of the query and adds the mask. There is nothing else to say: is_causal of
// Torch has become a mask (llvm/torch-mlir pull request 3690).
//
//===----------------------------------------------------------------------===//

#include "Foreign.h"

using namespace mlir;
using namespace mlir::attn;

LogicalResult mlir::attn::convertTMTensorAttention(RewriterBase &rewriter,
                                                   ForeignOp op) {
  op.ignore({"operandSegmentSizes", "operand_segment_sizes"});
  unsigned count = op->getNumOperands();
  if ((count != 4 && count != 5) || op->getNumResults() != 1)
    return op.refuse() << "has " << count << " operands and "
                       << op->getNumResults()
                       << " results; it needs query, key, value, maybe a mask, "
                          "and a destination, on tensors";
  if (failed(op.takeNoMore()))
    return failure();
  Value query = op.getOperand(0), key = op.getOperand(1),
        value = op.getOperand(2), mask = count == 5 ? op.getOperand(3) : Value(),
        output = op.getOperand(count - 1);
  for (auto [tensor, name] : {std::pair(query, "query"), std::pair(key, "key"),
                              std::pair(value, "value"),
                              std::pair(output, "output")})
    if (failed(op.verifyTensor(tensor, name)))
      return failure();
  unsigned rank = cast<RankedTensorType>(query.getType()).getRank();
  for (Value tensor : {query, key, value, output})
    if (cast<RankedTensorType>(tensor.getType()).getRank() != rank || rank < 2)
      return op.refuse() << "needs tensors of one rank, (batch.., tokens, "
                            "features), got "
                         << query.getType() << " and " << tensor.getType();
  if (output.getType() != op->getResult(0).getType())
    return op.refuse() << "returns " << op->getResult(0).getType()
                       << ", but its destination is " << output.getType();

  // (batch.., m, k1, k2, n)
  unsigned batch = rank - 2;
  auto getMap = [&](ArrayRef<unsigned> last, unsigned numBatch) {
    SmallVector<unsigned> dims;
    for (unsigned i = batch - numBatch; i < batch; ++i)
      dims.push_back(i);
    for (unsigned dim : last)
      dims.push_back(batch + dim);
    return AffineMap::getMultiDimMapWithTargets(batch + 4, dims,
                                                rewriter.getContext());
  };
  SmallVector<AffineMap> maps = {getMap({0, 1}, batch), getMap({2, 1}, batch),
                                 getMap({2, 3}, batch)};
  if (mask) {
    auto type = dyn_cast<RankedTensorType>(mask.getType());
    if (!type || type.getRank() < 2 || type.getRank() > rank ||
        !(type.getElementType().isSignlessInteger(1) ||
          type.getElementType().isSignlessInteger(8) ||
          isa<FloatType>(type.getElementType())))
      return op.refuse() << "has a mask of type " << mask.getType()
                         << "; it should be a tensor (batch.., queries, keys) of "
                            "i1 or i8, where 0 hides a key, or of numbers to "
                            "add to the scores";
    if (isa<FloatType>(type.getElementType()) &&
        failed(op.verifyTensor(mask, "mask")))
      return failure();
    maps.push_back(getMap({0, 2}, type.getRank() - 2));
    mask = getBooleanMask(rewriter, op.getLoc(), mask);
  }
  maps.push_back(getMap({0, 3}, batch));
  auto attention = AttentionOp::create(
      rewriter, op.getLoc(), output.getType(), query, key, value, mask,
      /*query_segments=*/Value(), /*key_segments=*/Value(),
      /*query_offset=*/Value(), /*valid_keys=*/Value(), output,
      rewriter.getAffineMapArrayAttr(maps), /*scale=*/FloatAttr(),
      /*mask=*/MaskAttrInterface(), /*head_dims=*/IntegerAttr(),
      /*form=*/FormAttr(), /*scoreCount=*/0);
  rewriter.replaceOp(op.operator->(), attention.getResults());
  return success();
}
