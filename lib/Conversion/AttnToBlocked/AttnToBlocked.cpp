//===- AttnToBlocked.cpp - Online softmax on tiles of queries and keys ===//
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
#define GEN_PASS_DEF_ATTNTOBLOCKED
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
struct AttnToBlocked : attn::impl::AttnToBlockedBase<AttnToBlocked> {
  using AttnToBlockedBase::AttnToBlockedBase;

  void runOnOperation() override {
    if (queries <= 0 || keys <= 0 || block < 0 || blockBytes < 0 || parts <= 0) {
      getOperation()->emitError("tile sizes are in rows and must be positive, "
                                "as parts must, got queries = ")
          << queries.getValue() << ", keys = " << keys.getValue()
          << ", block = " << block.getValue() << ", parts = " << parts.getValue();
      return signalPassFailure();
    }
    // One at a time: simplifying around one may merge or replace others.
    while (AttentionOp op = findNext())
      if (failed(rewrite(op)))
        return signalPassFailure();
  }

  AttentionOp findNext() {
    AttentionOp next;
    getOperation()->walk([&](AttentionOp op) {
      FormAttr form = op.getFormAttr();
      if (form && form.getKind() != FormKind::Blocked)
        return WalkResult::advance();
      next = op;
      return WalkResult::interrupt();
    });
    return next;
  }

  LogicalResult rewrite(AttentionOp op) {
    AttentionTiles tiles =
        chooseBlockedTiles(op, {queries, keys, block, parts}, blockBytes);
    if (isTiledAsFewQueries(op, tiles))
      return tileFewQueries(op, tiles, numThreads > 1);
    return tileAttention(op, tiles, numThreads > 1);
  }
};
} // namespace
