//===- CollapseRows.cpp - Rows that share an operand, in one dimension ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUCOLLAPSEROWS
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Whether dimensions `dim` and `dim` + 1 are side by side in each operand that has
/// one of them, and some input has neither.
static bool isSharedAlong(linalg::GenericOp op, unsigned dim) {
  bool isShared = false;
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    auto place = [&](unsigned dim) {
      return map.getResultPosition(getAffineDimExpr(dim, op.getContext()));
    };
    std::optional<unsigned> first = place(dim), second = place(dim + 1);
    if (!first && !second)
      isShared |= op.isDpsInput(&operand);
    else if (!first || !second || *second != *first + 1)
      return false;
  }
  return isShared;
}

/// The rows of a product: neighbouring dimensions of known size that some operand
/// lacks, short of the result's innermost dimension.
static ReassociationIndices getRows(linalg::GenericOp op) {
  if (!op.hasPureTensorSemantics() || op.hasIndexSemantics() ||
      op.getNumDpsInits() != 1 || op.getNumReductionLoops() == 0 ||
      !llvm::all_of(op.getIndexingMapsArray(), [](AffineMap map) {
        return map.isProjectedPermutation();
      }))
    return {};
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  auto isRow = [&](unsigned dim) {
    return linalg::isParallelIterator(iterators[dim]) &&
           !ShapedType::isDynamic(sizes[dim]) &&
           result.getDimPosition(result.getNumResults() - 1) != dim;
  };
  ReassociationIndices rows;
  for (unsigned dim = 0; dim + 1 < op.getNumLoops(); ++dim) {
    if (!isRow(dim) || !isRow(dim + 1) || !isSharedAlong(op, dim)) {
      if (!rows.empty())
        break;
      continue;
    }
    if (rows.empty())
      rows.push_back(dim);
    rows.push_back(dim + 1);
  }
  bool isOneRow = llvm::all_of(rows, [&](int64_t dim) { return sizes[dim] == 1; });
  return isOneRow ? ReassociationIndices() : rows;
}

namespace {
struct CPUCollapseRows : attn::impl::CPUCollapseRowsBase<CPUCollapseRows> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> ops;
    getOperation()->walk([&](linalg::GenericOp op) { ops.push_back(op); });
    bool changed = false;
    for (linalg::GenericOp op : ops) {
      ReassociationIndices rows = getRows(op);
      if (rows.empty())
        continue;
      IRRewriter rewriter(op);
      FailureOr<linalg::CollapseResult> collapsed =
          linalg::collapseOpIterationDims(op, rows, rewriter);
      if (failed(collapsed))
        continue;
      rewriter.replaceOp(op, collapsed->results);
      changed = true;
    }
    if (!changed)
      return;
    // A reshaped fill is a fill: a product sees that it starts from a constant.
    RewritePatternSet patterns(&getContext());
    linalg::FillOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
