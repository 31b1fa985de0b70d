//===- PrefetchTiles.cpp - Ask for the next tile while one is worked on ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/CPU/Passes.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUPREFETCHTILES
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kLineBytes = 64;

/// The argument of a function that this is a view of.
static Value getViewedArgument(Value buffer) {
  while (auto view = buffer.getDefiningOp<ViewLikeOpInterface>())
    buffer = view.getViewSource();
  auto argument = dyn_cast<BlockArgument>(buffer);
  if (argument &&
      isa<FunctionOpInterface>(argument.getOwner()->getParentOp()))
    return argument;
  return Value();
}

/// Whether every loop around `view` moves it: then no iteration sees again what
/// another saw, and nothing has brought it into a cache before.
static bool isSeenOnce(memref::SubViewOp view) {
  SetVector<Operation *> slice;
  BackwardSliceOptions options;
  options.omitBlockArguments = true;
  options.inclusive = true;
  (void)getBackwardSlice(view.getOperation(), &slice, options);
  unsigned loops = 0;
  for (auto loop = view->getParentOfType<LoopLikeOpInterface>(); loop;
       loop = loop->getParentOfType<LoopLikeOpInterface>(), ++loops) {
    std::optional<SmallVector<Value>> indices = loop.getLoopInductionVars();
    if (!indices)
      return false;
    bool moves = llvm::any_of(*indices, [&](Value index) {
      return llvm::any_of(index.getUsers(), [&](Operation *user) {
        return slice.contains(user);
      });
    });
    // A loop of one iteration has no next one, but may be in a loop that has.
    if (!moves)
      return false;
  }
  return loops > 0;
}

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

namespace {
struct CPUPrefetchTiles : attn::impl::CPUPrefetchTilesBase<CPUPrefetchTiles> {
  using CPUPrefetchTilesBase::CPUPrefetchTilesBase;

  void runOnOperation() override {
    SmallVector<memref::SubViewOp> views;
    getOperation()->walk([&](memref::SubViewOp view) {
      MemRefType type = view.getType();
      if (type.hasStaticShape() && getViewedArgument(view.getSource()) &&
          isSeenOnce(view))
        views.push_back(view);
    });
    for (memref::SubViewOp view : views)
      prefetchNext(view);
  }

  void prefetchNext(memref::SubViewOp view) {
    MemRefType type = view.getType();
    std::optional<unsigned> moving = getMovingDim(view);
    int64_t elementBytes = type.getElementTypeBitWidth() / 8;
    if (!moving || elementBytes == 0 || type.getRank() != view.getSourceType().getRank() ||
        type.getNumElements() * elementBytes > maxBytes ||
        !type.isLastDimUnitStride())
      return;
    unsigned last = type.getRank() - 1;
    if (*moving == last)
      return;
    OpBuilder b(view->getContext());
    b.setInsertionPointAfter(view);
    Location loc = view.getLoc();
    SmallVector<Value> indices(type.getRank());
    bool isWrite = isWritten(view);
    // Every line of every row, a tile further on.
    std::function<void(unsigned)> emit = [&](unsigned dim) {
      int64_t size = type.getDimSize(dim);
      if (dim == last) {
        for (int64_t i = 0; i < size; i += kLineBytes / elementBytes) {
          indices[dim] = arith::ConstantIndexOp::create(b, loc, i);
          memref::PrefetchOp::create(b, loc, view, indices, isWrite,
                                     /*localityHint=*/2, /*isDataCache=*/true);
        }
        return;
      }
      int64_t first = dim == *moving ? size : 0;
      if (size == 1) {
        indices[dim] = arith::ConstantIndexOp::create(b, loc, first);
        return emit(dim + 1);
      }
      auto bound = [&](int64_t i) {
        return arith::ConstantIndexOp::create(b, loc, i);
      };
      auto loop = scf::ForOp::create(b, loc, bound(first), bound(first + size),
                                     bound(1));
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      indices[dim] = loop.getInductionVar();
      emit(dim + 1);
    };
    emit(0);
  }
};
} // namespace
