//===- AttnToKernel.cpp - A schedule of tiles for blocks of GPU threads ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedule.h"
#include "attn/Conversion/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNTOKERNEL
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Features that fit in the registers of a block.
static constexpr int64_t kMaxFeatures = 256;
/// Rows of a warp's product: fewer leave it partly empty.
static constexpr int64_t kFewRows = 16;
/// Keys of a split: a constant, so that more keys change no earlier sum.
static constexpr int64_t kSplitKeys = 512;
/// Dimensions of a grid that `#gpu.block` has names for, but those of the
/// queries and of splits.
static constexpr int64_t kMaxBatch = 8;

namespace {

/// Why attention has no such schedule; empty if it has.
std::string getObstacle(AttentionOp op) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  auto function = dyn_cast<func::FuncOp>(op->getParentOp());
  if (!function || !function.isPublic())
    return "blocks of threads are launched from the body of a public function: "
           "move it there, out of loops and branches";
  Type element = getElementTypeOrSelf(op.getQuery().getType());
  if (!element.isF16() && !element.isBF16())
    return "tensor cores take f16 and bf16";
  for (Value operand : {op.getKey(), op.getValue()})
    if (getElementTypeOrSelf(operand.getType()) != element)
      return "query, key and value have different element types";
  for (unsigned dim : {op.getFeatureDim(), op.getValueDim()})
    if (ShapedType::isDynamic(ranges[dim]) || ranges[dim] > kMaxFeatures)
      return "head dimensions must be known and at most 256";
  if (op.getNumBatchDims() > kMaxBatch)
    return "there are more than 8 batch dimensions: join some";
  if (llvm::is_contained(ranges, 0))
    return "there are no elements";
  auto endsWith = [](AffineMap map, unsigned dim) {
    return map.getDimPosition(map.getNumResults() - 1) == dim;
  };
  if (!endsWith(op.getQueryMap(), op.getFeatureDim()) ||
      !endsWith(op.getKeyMap(), op.getFeatureDim()) ||
      !endsWith(op.getValueMap(), op.getValueDim()) ||
      !endsWith(op.getOutputMap(), op.getValueDim()))
    return "features are not side by side in memory";
  return "";
}

/// The dimension whose rows a block's queries are: m; or, for one query, the
/// heads that share a key head.
unsigned chooseRowDim(AttentionOp op) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  if (ranges[op.getQueryDim()] != 1)
    return op.getQueryDim();
  for (unsigned dim = 0; dim < op.getNumBatchDims(); ++dim)
    if (isGroup(op, dim) && ranges[dim] != 1)
      return dim;
  return op.getQueryDim();
}

/// A thread holds a 32th of its warp's rows of the sums and of the scores, and
/// of the queries if they are kept: 255 registers must do. Few rows read keys
/// and values as fast as memory gives them, by many small blocks.
BlockSizes chooseSizes(AttentionOp op) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  int64_t features =
      std::max(ranges[op.getFeatureDim()], ranges[op.getValueDim()]);
  BlockSizes sizes;
  sizes.rowDim = chooseRowDim(op);
  int64_t rows = ranges[sizes.rowDim], keys = ranges[op.getKeyDim()];
  bool isFew = !ShapedType::isDynamic(rows) && rows <= kFewRows;
  sizes.warps = isFew ? 1 : features <= 64 || features > 128 ? 4 : 8;
  // What a mask tensor or a score region computes needs registers too.
  bool isPlain = !op.getMaskTensor() && !op.getScoreBody();
  sizes.rows = isFew                          ? kFewRows
               : features > 128               ? 64
               : sizes.warps == 4 && !isPlain ? 64
                                              : 128;
  sizes.keys = features <= 128 ? 64 : 32;
  sizes.keepsQueries = features <= 128;
  if (isFew && (ShapedType::isDynamic(keys) || keys > kSplitKeys))
    sizes.splitKeys = kSplitKeys;
  return sizes;
}

struct AttnToKernel : attn::impl::AttnToKernelBase<AttnToKernel> {
  void runOnOperation() override {
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) {
      FormAttr form = op.getFormAttr();
      if (!form || form.getKind() == FormKind::Blocked)
        ops.push_back(op);
    });
    for (AttentionOp op : ops) {
      if (std::string obstacle = getObstacle(op); !obstacle.empty()) {
        op.emitRemark("is not computed by tensor cores: ") << obstacle;
        continue;
      }
      if (failed(scheduleAttention(op, chooseSizes(op))))
        return signalPassFailure();
    }
  }
};

} // namespace
