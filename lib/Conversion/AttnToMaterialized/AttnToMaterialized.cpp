//===- AttnToMaterialized.cpp - The textbook form ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/Passes.h"
#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNTOMATERIALIZED
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
struct AttnToMaterialized : attn::impl::AttnToMaterializedBase<AttnToMaterialized> {
  using AttnToMaterializedBase::AttnToMaterializedBase;

  void runOnOperation() override {
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) {
      FormAttr form = op.getFormAttr();
      if (!form || form.getKind() == FormKind::Materialized)
        ops.push_back(op);
    });
    for (AttentionOp op : ops) {
      IRRewriter rewriter(op);
      bool isEmpty = llvm::is_contained(op.getStaticLoopRanges(), 0);
      FoldedAttention folded = foldAttention(rewriter, op);
      if (numThreads <= 1 || isEmpty)
        continue;
      // Heads side by side, the queries of each all at once.
      if (failed(distributeQueries(rewriter, folded.finish, /*queries=*/0,
                                   /*cut=*/false)))
        return signalPassFailure();
    }
    if (numThreads > 1)
      simplifyTiles(getOperation());
  }
};
} // namespace
