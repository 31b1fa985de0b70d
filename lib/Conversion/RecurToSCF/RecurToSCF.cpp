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
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::attn {
#define GEN_PASS_DEF_RECURTOSCF
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::recur;

/// Tokens per chunk where neither the schedule nor matrix products say.
static constexpr int64_t kDefaultChunk = 64;

/// What evaluates a scan.
struct Plan {
  ScheduleKind kind;
  bool parallelChunks = false;
};

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
                             Plan plan, ArrayRef<Value> batch,
                             Value length, Progress progress) {
  Location loc = op.getLoc();
  TokenView view(op, batch), stepView(stepOp, batch);
  Value zero = createIndex(b, loc, 0);
  int64_t chunk = op.getSchedule() ? op.getScheduleAttr().getChunk() : 0;
  switch (plan.kind) {
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
                             chunk ? chunk : kDefaultChunk,
                             plan.parallelChunks, progress);
  // Whole chunks, then the tokens that are left.
  chunk = chunk ? chunk : matrix->getDefaultChunk();
  Value rest =
      arith::RemUIOp::create(b, loc, length, createIndex(b, loc, chunk));
  Value end = arith::SubIOp::create(b, loc, length, rest);
  progress = emitMatrixChunks(b, op, *matrix, batch, end, chunk, progress);
  return emitSequence(b, stepView, end, length, progress);
}

static void lowerScan(RewriterBase &rewriter, ScanOp op, Plan plan) {
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
        emitSchedule(b, op, stepOp, plan, batch, length,
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

//===----------------------------------------------------------------------===//
// Several threads
//===----------------------------------------------------------------------===//

static bool takesWholeBatch(ScanOp op) {
  return TokenView::canTakeWholeBatch(op);
}
static bool takesWholeBatch(RescanOp) { return false; }

/// Sizes of the tiles of the batch, 0 for what is not tiled.
template <typename OpTy>
static SmallVector<int64_t> getBatchTiles(OpTy op, int64_t lanes) {
  SmallVector<int64_t> tiles(op.getNumLoops(), 0);
  unsigned batch = op.getNumBatchDims();
  std::fill_n(tiles.begin(), batch, 1);
  if (batch && takesWholeBatch(op))
    tiles[batch - 1] = lanes;
  return tiles;
}

/// recurrence over a batch  -->  forall tiles of the batch: recurrence of it
template <typename OpTy>
static FailureOr<OpTy> distributeBatch(RewriterBase &rewriter, OpTy op,
                                       int64_t lanes) {
  if (op.getNumBatchDims() == 0)
    return op;
  scf::SCFTilingOptions options;
  options
      .setTileSizes(
          getAsIndexOpFoldResult(op.getContext(),
                                         getBatchTiles(op, lanes)))
      .setLoopType(scf::SCFTilingOptions::LoopType::ForallOp);
  rewriter.setInsertionPoint(op);
  FailureOr<scf::SCFTilingResult> tiled =
      scf::tileUsingSCF(rewriter, op, options);
  if (failed(tiled))
    return op.emitOpError("could not be tiled along its batch");
  rewriter.replaceOp(op, tiled->replacements);
  return cast<OpTy>(tiled->tiledOps.front());
}

/// Whether the batch alone keeps the threads busy, however it is divided.
static bool hasEnoughBatch(ScanOp op, int64_t numThreads, int64_t lanes) {
  int64_t tiles = 1;
  for (auto [size, tile] :
       llvm::zip(op.getStaticLoopRanges(), getBatchTiles(op, lanes)))
    if (tile)
      tiles *= ShapedType::isDynamic(size) ? 0 : llvm::divideCeil(size, tile);
  return tiles >= 4 * numThreads;
}

/// Whether threads can be had here: not within what they run already, nor within
/// a cell, which is run once per token, nor in a stack, where temporaries live in
/// frames and a block of tokens is too little work.
static bool isOutermost(Operation *op) {
  while ((op = op->getParentOp()))
    if (isa<ScanOp, RescanOp, scf::ForallOp, scf::ParallelOp>(op) ||
        op->hasAttr(attn::AttnDialect::kFrame) ||
        op->hasAttr(attn::AttnDialect::kFrameRoot))
      return false;
  return true;
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
    return attn::tileAttention(
        attn::raiseToAttention(rewriter, match),
        {queries, /*keys=*/1, /*block=*/0}, numThreads > 1);
  }

  LogicalResult lower(RewriterBase &rewriter, RescanOp op) {
    if (numThreads > 1 && isOutermost(op)) {
      FailureOr<RescanOp> tile = distributeBatch(rewriter, op, lanes);
      if (failed(tile))
        return failure();
      op = *tile;
    }
    lowerRescan(rewriter, op);
    return success();
  }

  LogicalResult lower(RewriterBase &rewriter, ScanOp op) {
    Plan plan{op.getSchedule() ? op.getScheduleAttr().getKind()
                               : ScheduleKind::Sequential};
    if (failed(verifySchedule(op, plan.kind)))
      return failure();
    if (numThreads > 1 && isOutermost(op)) {
      // Chunks whose products are known are as independent as the batch is.
      plan.parallelChunks =
          plan.kind == ScheduleKind::Chunked &&
          (chunksBesideBatch || op.getNumBatchDims() == 0) &&
          !hasEnoughBatch(op, numThreads, lanes) &&
          failed(matchMatrixScan(op, [](const Twine &) {}));
      FailureOr<ScanOp> tile =
          plan.parallelChunks ? op : distributeBatch(rewriter, op, lanes);
      if (failed(tile))
        return failure();
      op = *tile;
    }
    lowerScan(rewriter, op, plan);
    return success();
  }

  void runOnOperation() override {
    if (queries <= 0 || lanes <= 0) {
      getOperation()->emitError()
          << (queries <= 0 ? "queries" : "lanes") << " must be at least 1, got "
          << (queries <= 0 ? queries : lanes).getValue();
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
      LogicalResult lowered = success();
      if (auto rescan = dyn_cast<RescanOp>(op))
        lowered = lower(rewriter, rescan);
      else if (auto scan = dyn_cast<ScanOp>(op))
        lowered = lower(rewriter, scan);
      return WalkResult(lowered);
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
