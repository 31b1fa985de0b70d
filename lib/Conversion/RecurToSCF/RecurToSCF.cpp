//===- RecurToSCF.cpp - Recurrences to loops ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MatrixChunks.h"
#include "Rescan.h"
#include "attn/Conversion/Passes.h"
#include "attn/Conversion/RecurToAttn.h"
#include "attn/Dialect/Attn/Transforms/Transforms.h"
#include "attn/Dialect/Recur/Transforms/Transforms.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_RECURTOSCF
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::recur;

/// Tokens per chunk where neither the schedule nor matrix products say.
static constexpr int64_t kDefaultChunk = 64;

/// The schedule can be carried out, or an error says why not.
static LogicalResult verifySchedule(ScanOp op, ScheduleKind kind) {
  MonoidAttrInterface monoid = op.getMonoidAttr();
  bool hasProducts = monoid ? monoid.isComposable() : op.getCombineBody() != nullptr;
  if (kind == ScheduleKind::Sequential || hasProducts)
    return success();
  std::string reason = "its cell has no monoid";
  if (monoid) {
    llvm::raw_string_ostream(reason = "")
        << "products of elements of " << monoid
        << " are larger than its states";
    if (kind == ScheduleKind::Chunked) {
      std::string why;
      if (succeeded(matchMatrixScan(
              op, [&](const Twine &text) { why = text.str(); })))
        return success();
      reason += ", and there is no form with matrix products: " + why;
    }
  }
  return op.emitOpError("cannot be evaluated with the schedule '")
         << stringifyScheduleKind(kind) << "': " << reason
         << "; use the schedule 'sequential'";
}

static Progress emitSchedule(OpBuilder &b, ScanOp op, ScanOp stepOp,
                             ScheduleKind kind, ArrayRef<Value> batch,
                             Value length, Progress progress) {
  Location loc = op.getLoc();
  TokenView view(op, batch), stepView(stepOp, batch);
  Value zero = createIndex(b, loc, 0);
  int64_t chunk = op.getSchedule() ? op.getScheduleAttr().getChunk() : 0;
  switch (kind) {
  case ScheduleKind::Sequential:
    return emitSequence(b, stepView, zero, length, progress);
  case ScheduleKind::Tree:
    return emitTree(b, view, length, progress);
  case ScheduleKind::Chunked:
    break;
  }
  FailureOr<MatrixScan> matrix = matchMatrixScan(op, [](const Twine &) {});
  if (failed(matrix))
    return emitChunkProducts(b, view, stepView, length,
                             chunk ? chunk : kDefaultChunk, progress);
  // Whole chunks, then the tokens that are left.
  chunk = chunk ? chunk : matrix->getDefaultChunk();
  Value rest =
      arith::RemUIOp::create(b, loc, length, createIndex(b, loc, chunk));
  Value end = arith::SubIOp::create(b, loc, length, rest);
  progress = emitMatrixChunks(b, op, *matrix, batch, end, chunk, progress);
  return emitSequence(b, stepView, end, length, progress);
}

static void lowerScan(RewriterBase &rewriter, ScanOp op, ScheduleKind kind) {
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  SmallVector<Value> sizes = llvm::map_to_vector(
      op.getLoopSizes(rewriter), [&](OpFoldResult size) {
        return getValueOrCreateConstantIndexOp(rewriter, loc, size);
      });
  Value length = sizes[op.getTimeDim()];
  auto stepOp = cast<ScanOp>(rewriter.clone(*op));
  expandMonoid(rewriter, stepOp);
  rewriter.setInsertionPoint(op);

  unsigned outputs = op.getOutputs().size();
  auto emit = [&](OpBuilder &b, ArrayRef<Value> batch, ValueRange all) {
    TokenView view(op, batch);
    ValueRange allStates = all.drop_front(outputs);
    Progress done =
        emitSchedule(b, op, stepOp, kind, batch, length,
                     {Values(all.take_front(outputs)),
                      view.getStates(b, allStates)});
    llvm::append_range(done.outputs,
                       view.setStates(b, allStates, done.states));
    return done.outputs;
  };
  unsigned batch = op.getNumBatchDims();
  Values results =
      TokenView::canTakeWholeBatch(op)
          ? emit(rewriter, SmallVector<Value>(batch), op.getDpsInits())
          : forEachInBatch(rewriter, loc, ArrayRef(sizes).take_front(batch),
                           op.getDpsInits(), emit);
  rewriter.eraseOp(stepOp);
  rewriter.replaceOp(op, results);
}

namespace {
struct RecurToSCF : attn::impl::RecurToSCFBase<RecurToSCF> {
  using RecurToSCFBase::RecurToSCFBase;

  FailureOr<attn::AttentionInRescan> findAttention() {
    FailureOr<attn::AttentionInRescan> match = failure();
    getOperation()->walk([&](RescanOp op) {
      match = attn::matchAttention(op);
      return succeeded(match) ? WalkResult::interrupt()
                              : WalkResult::advance();
    });
    return match;
  }

  /// Queries do not see each other: the folds of one key for each of several
  /// queries are one fold of that key for all of them.
  LogicalResult lowerAttention(const attn::AttentionInRescan &match) {
    IRRewriter rewriter(&getContext());
    rewriter.setInsertionPoint(match.rescan);
    return attn::tileAttention(attn::raiseToAttention(rewriter, match), queries,
                               /*keys=*/1);
  }

  void runOnOperation() override {
    if (queries <= 0) {
      getOperation()->emitError("queries must be at least 1, got ")
          << queries.getValue();
      return signalPassFailure();
    }
    // One at a time: simplifying around one may merge or replace others.
    for (auto match = findAttention(); succeeded(match);
         match = findAttention())
      if (failed(lowerAttention(*match)))
        return signalPassFailure();
    IRRewriter rewriter(&getContext());
    // Innermost first: a cell may have recurrences of its own.
    WalkResult result = getOperation()->walk([&](Operation *op) {
      if (auto rescan = dyn_cast<RescanOp>(op)) {
        lowerRescan(rewriter, rescan);
      } else if (auto scan = dyn_cast<ScanOp>(op)) {
        ScheduleKind kind = scan.getSchedule()
                                ? scan.getScheduleAttr().getKind()
                                : ScheduleKind::Sequential;
        if (failed(verifySchedule(scan, kind)))
          return WalkResult::interrupt();
        lowerScan(rewriter, scan, kind);
      }
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
