//===- PrefetchTiles.cpp - Ask for the next tile while one is worked on ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SeenOnce.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUPREFETCHTILES
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// The last dimension in which the tile is moved: the next tile follows there.
static std::optional<unsigned> getMovingDim(memref::SubViewOp view) {
  SmallVector<OpFoldResult> offsets = view.getMixedOffsets();
  for (unsigned dim = offsets.size(); dim-- > 0;)
    if (!getConstantIntValue(offsets[dim]))
      return dim;
  return std::nullopt;
}

static bool isWritten(Value buffer) {
  return llvm::any_of(buffer.getUsers(), [&](Operation *user) {
    if (auto view = dyn_cast<ViewLikeOpInterface>(user))
      return isWritten(view.getViewDest());
    auto effects = dyn_cast<MemoryEffectOpInterface>(user);
    return effects &&
           effects.getEffectOnValue<MemoryEffects::Write>(buffer).has_value();
  });
}

/// A loop next to `view` that works on it in each of a known number of iterations.
static scf::ForOp getWorkingLoop(memref::SubViewOp view) {
  for (Operation *user : view->getUsers())
    for (auto loop = user->getParentOfType<scf::ForOp>(); loop;
         loop = loop->getParentOfType<scf::ForOp>())
      if (loop->getBlock() == view->getBlock() && loop.getStaticTripCount())
        return loop;
  return {};
}

namespace {
/// Rows of a tile from `first` on, as dimension `dim`; all of the others.
struct Rows {
  unsigned dim;
  Value first;
  int64_t count;
};

struct CPUPrefetchTiles : attn::impl::CPUPrefetchTilesBase<CPUPrefetchTiles> {
  using CPUPrefetchTilesBase::CPUPrefetchTilesBase;

  void runOnOperation() override {
    SmallVector<memref::SubViewOp> views;
    getOperation()->walk([&](memref::SubViewOp view) {
      if (isOfArgument(view.getSource()))
        views.push_back(view);
    });
    for (memref::SubViewOp view : views)
      prefetchNext(view);
  }

  /// The tile after `view`: at once if it is seen once, else in equal parts by
  /// the iterations of the loop that works on `view`.
  void prefetchNext(memref::SubViewOp view) {
    MemRefType type = view.getType();
    std::optional<unsigned> moving = getMovingDim(view);
    if (!moving || *moving + 1 >= type.getRank() || !type.isLastDimUnitStride() ||
        type.getRank() != view.getSourceType().getRank() ||
        !type.getElementType().isIntOrFloat())
      return;
    if (isReadInOrder(view, *moving) && !isWritten(view))
      return;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (dim != *moving && type.isDynamicDim(dim))
        return;
    OpBuilder b(view->getContext());
    Location loc = view.getLoc();
    if (!type.isDynamicDim(*moving) && isSeenOnce(view)) {
      int64_t rows = type.getDimSize(*moving);
      b.setInsertionPointAfter(view);
      Value first = arith::ConstantIndexOp::create(b, loc, rows);
      return emit(b, view, {*moving, first, rows});
    }
    scf::ForOp loop = getMovingLoop(view, *moving);
    scf::ForOp worker = loop ? getWorkingLoop(view) : scf::ForOp();
    if (!worker)
      return;
    // first = step + iteration * rows
    int64_t step = *getConstantIntValue(loop.getStep());
    int64_t trips = worker.getStaticTripCount()->getSExtValue();
    // Hardware asks for the next lines of a run within a page itself, in time.
    if (trips <= 0 ||
        (isRun(type, *moving, step, kPageBytes) && !isSeenOnce(view)))
      return;
    int64_t rows = llvm::divideCeil(step, trips);
    b.setInsertionPointToStart(worker.getBody());
    AffineExpr index = b.getAffineDimExpr(0), begin = b.getAffineSymbolExpr(0);
    int64_t stride = *getConstantIntValue(worker.getStep());
    Value first = affine::AffineApplyOp::create(
        b, loc,
        AffineMap::get(1, 1, (index - begin).floorDiv(stride) * rows + step),
        ValueRange{worker.getInductionVar(), worker.getLowerBound()});
    emit(b, view, {*moving, first, rows});
  }

  /// A prefetch of every line of these rows.
  void emit(OpBuilder &b, memref::SubViewOp view, const Rows &rows) {
    MemRefType type = view.getType();
    Location loc = view.getLoc();
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(b, loc, value);
    };
    int64_t elementBytes =
        llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    int64_t bytes = rows.count * elementBytes;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      bytes *= dim == rows.dim ? 1 : type.getDimSize(dim);
    if (bytes > maxBytes)
      return;
    bool isWrite = isWritten(view);
    SmallVector<Value> indices;
    for (int64_t dim = 0; dim + 1 < type.getRank(); ++dim) {
      int64_t size = dim == rows.dim ? rows.count : type.getDimSize(dim);
      Value first = dim == rows.dim ? rows.first : constant(0);
      if (size == 1) {
        indices.push_back(first);
        continue;
      }
      Value end = arith::AddIOp::create(b, loc, first, constant(size));
      auto loop = scf::ForOp::create(b, loc, first, end, constant(1));
      b.setInsertionPointToStart(loop.getBody());
      indices.push_back(loop.getInductionVar());
    }
    indices.push_back(Value());
    for (int64_t i = 0; i < type.getShape().back();
         i += kLineBytes / elementBytes) {
      indices.back() = constant(i);
      memref::PrefetchOp::create(b, loc, view, indices, isWrite,
                                 kSecondLevel, /*isDataCache=*/true);
    }
  }
};
} // namespace
