//===- BlockReductions.cpp - Products that read an operand once ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SeenOnce.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUBLOCKREDUCTIONS
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// With more rows the other operand is read many times whatever the order.
static constexpr int64_t kMaxRows = 16;

/// A whole tensor, not a part of a larger one, that fits in the second cache: what
/// is used again and again, such as weights. It is read from there in any order.
static bool isCached(OpOperand &operand, int64_t maxBytes) {
  auto type = cast<RankedTensorType>(operand.get().getType());
  return type.hasStaticShape() &&
         type.getNumElements() <=
             maxBytes * 8 / type.getElementTypeBitWidth() &&
         !operand.get().getDefiningOp<tensor::ExtractSliceOp>();
}

/// Steps of the reduced dimension `dim` that are a block.
struct ReductionBlock {
  unsigned dim;
  int64_t size;
};

/// The reduced dimension of a product with few rows and several register tiles of
/// columns, if a row-major operand from memory is indexed by it and by the columns.
static std::optional<ReductionBlock> getBlock(linalg::GenericOp op, int64_t block,
                                     int64_t columns, int64_t cachedBytes) {
  SmallVector<unsigned> reduced;
  op.getReductionDims(reduced);
  if (!op.hasPureTensorSemantics() || op.getNumDpsInits() != 1 ||
      reduced.size() != 1)
    return std::nullopt;
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!result.isProjectedPermutation() || result.getNumResults() == 0)
    return std::nullopt;
  unsigned lane = result.getDimPosition(result.getNumResults() - 1);
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  if (sizes[lane] <= columns) // Or unknown.
    return std::nullopt;
  int64_t rows = 1, rowBytes = 1;
  bool found = false;
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    unsigned rank = map.getNumResults();
    if (rank < 2 || !map.isProjectedPermutation() ||
        map.getDimPosition(rank - 1) != lane ||
        map.getDimPosition(rank - 2) != reduced.front() ||
        isCached(*input, cachedBytes))
      continue;
    found = true;
    rowBytes = std::max(rowBytes,
                        sizes[lane] * getElementTypeOrSelf(input->get().getType())
                                          .getIntOrFloatBitWidth() / 8);
  }
  for (unsigned i = 0; i + 1 < result.getNumResults(); ++i) {
    int64_t size = sizes[result.getDimPosition(i)];
    if (ShapedType::isDynamic(size) || size > kMaxRows)
      return std::nullopt;
    rows *= size;
  }
  // A single row does little with what it reads, which hardware must foresee.
  if (rows == 1 && rowBytes <= kStreamBytes)
    block = std::min(block, kStreamBytes / rowBytes);
  int64_t length = sizes[reduced.front()];
  bool isShort = !ShapedType::isDynamic(length) && length <= block;
  return found && rows <= kMaxRows && !isShort
             ? std::optional(ReductionBlock{reduced.front(), block})
             : std::nullopt;
}

namespace {
struct CPUBlockReductions
    : attn::impl::CPUBlockReductionsBase<CPUBlockReductions> {
  using CPUBlockReductionsBase::CPUBlockReductionsBase;

  void runOnOperation() override {
    if (block <= 0 || columns <= 0) {
      getOperation()->emitError("block and columns must be positive, got ")
          << block.getValue() << ", " << columns.getValue();
      return signalPassFailure();
    }
    SmallVector<linalg::GenericOp> ops;
    getOperation()->walk([&](linalg::GenericOp op) { ops.push_back(op); });
    for (linalg::GenericOp op : ops) {
      std::optional<ReductionBlock> found = getBlock(op, block, columns, cachedBytes);
      if (!found)
        continue;
      IRRewriter rewriter(op);
      SmallVector<OpFoldResult> sizes(op.getNumLoops(),
                                      rewriter.getIndexAttr(0));
      sizes[found->dim] = rewriter.getIndexAttr(found->size);
      scf::SCFTilingOptions options;
      options.setTileSizes(sizes).setReductionDims({found->dim});
      FailureOr<scf::SCFTilingResult> tiled = scf::tileUsingSCF(
          rewriter, cast<TilingInterface>(op.getOperation()), options);
      if (failed(tiled)) {
        op.emitOpError("could not be tiled along its reduction");
        return signalPassFailure();
      }
      rewriter.replaceOp(op, tiled->replacements);
    }
  }
};
} // namespace
