//===- Temporaries.cpp - Memory of a kernel's threads ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Temporaries.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/Transforms/Transforms.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace mlir::attn;

/// Arrays in a part begin where any element may.
static constexpr int64_t kAlignment = 16;

static bool isAllocation(Operation *op) {
  if (!isa<memref::AllocOp, memref::AllocaOp>(op))
    return false;
  // Shared memory is not a thread's own.
  return !cast<MemRefType>(op->getResult(0).getType()).getMemorySpace();
}

static MemRefType getArrayType(Operation *alloc) {
  return cast<MemRefType>(alloc->getResult(0).getType());
}

static int64_t getElementBytes(MemRefType type) {
  Type element = type.getElementType();
  return element.isIndex()
             ? 8
             : llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
}

static int64_t getStaticBytes(MemRefType type) {
  return type.getNumElements() * getElementBytes(type);
}

/// At least the bytes of an array, as a value outside of its step.
static FailureOr<OpFoldResult> getMaxBytes(OpBuilder &b, Operation *alloc,
                                           const Step &step) {
  Location loc = alloc->getLoc();
  MemRefType type = getArrayType(alloc);
  auto isOutside = [&](Value value, std::optional<int64_t>,
                       ValueBoundsConstraintSet &) {
    Operation *around = value.getParentBlock()->getParentOp();
    if (Operation *op = value.getDefiningOp())
      around = op;
    return llvm::none_of(
        step.ops, [&](Operation *op) { return op->isAncestor(around); });
  };
  AffineExpr bytes =
      getAffineConstantExpr(getElementBytes(type), b.getContext());
  SmallVector<OpFoldResult> sizes;
  unsigned dynamic = 0;
  for (int64_t size : type.getShape()) {
    if (!ShapedType::isDynamic(size)) {
      bytes = bytes * size;
      continue;
    }
    FailureOr<OpFoldResult> bound = affine::reifyIndexValueBound(
        b, loc, presburger::BoundType::UB, alloc->getOperand(dynamic++),
        isOutside, /*closedUB=*/true);
    if (failed(bound))
      return failure();
    bytes = bytes * b.getAffineSymbolExpr(sizes.size());
    sizes.push_back(*bound);
  }
  return affine::makeComposedFoldedAffineApply(
      b, loc, bytes.ceilDiv(kAlignment) * kAlignment, sizes);
}

FailureOr<Temporaries> mlir::attn::findTemporaries(OpBuilder &b,
                                                   const Step &step,
                                                   int64_t maxLocalBytes) {
  Temporaries result;
  SmallVector<Operation *> local, large;
  for (Operation *op : step.ops)
    op->walk([&](Operation *alloc) {
      if (isAllocation(alloc))
        (getArrayType(alloc).hasStaticShape() ? local : large).push_back(alloc);
    });
  // Small ones first: there are more of them, and they may become registers.
  SmallVector<std::pair<int64_t, unsigned>> bySize;
  for (auto [i, alloc] : llvm::enumerate(local))
    bySize.push_back({getStaticBytes(getArrayType(alloc)), i});
  llvm::sort(bySize);
  for (auto [bytes, i] : bySize) {
    Operation *alloc = local[i];
    bool fits = bytes <= maxLocalBytes;
    (fits ? result.local : large).push_back(alloc);
    if (fits)
      maxLocalBytes -= bytes;
  }
  if (large.empty())
    return result;
  OpFoldResult end = b.getIndexAttr(0);
  AffineExpr sum = b.getAffineSymbolExpr(0) + b.getAffineSymbolExpr(1);
  for (Operation *alloc : large) {
    Location loc = alloc->getLoc();
    FailureOr<OpFoldResult> bytes = getMaxBytes(b, alloc, step);
    if (failed(bytes))
      return alloc->emitError("has a size that no size of an argument bounds, so "
                              "that no memory can be set aside for it; make its "
                              "shape static, or that of an argument");
    result.parts.push_back(
        {alloc, getValueOrCreateConstantIndexOp(b, loc, end)});
    end = affine::makeComposedFoldedAffineApply(b, loc, sum, {end, *bytes});
    result.partBytes = getValueOrCreateConstantIndexOp(b, loc, end);
  }
  return result;
}

void mlir::attn::moveToLocal(Operation *alloc, Block &body) {
  MemRefType type = getArrayType(alloc);
  OpBuilder b = OpBuilder::atBlockBegin(&body);
  Value local = memref::AllocaOp::create(b, alloc->getLoc(), type,
                                         b.getI64IntegerAttr(kAlignment));
  alloc->getResult(0).replaceAllUsesWith(local);
  alloc->erase();
}

LogicalResult mlir::attn::keepLocal(FunctionOpInterface function) {
  SmallVector<Operation *> allocs, deallocs;
  function->walk([&](Operation *op) {
    if (isAllocation(op))
      allocs.push_back(op);
    if (isa<memref::DeallocOp>(op))
      deallocs.push_back(op);
  });
  for (Operation *op : deallocs)
    op->erase();
  for (Operation *alloc : allocs) {
    if (!getArrayType(alloc).hasStaticShape())
      return alloc->emitError("is an array of a size known at run time only, in a "
                              "function that runs on a GPU, which has no heap; "
                              "make its shape static");
    moveToLocal(alloc, function.getFunctionBody().front());
  }
  return success();
}
