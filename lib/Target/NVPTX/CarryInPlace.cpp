//===- CarryInPlace.cpp - Loops that carry arrays keep them in one place ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/NVPTX/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::attn {
#define GEN_PASS_DEF_NVPTXCARRYINPLACE
#include "attn/Target/NVPTX/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// Whether `value` may be memory of one of the loop's iteration arguments.
static bool mayBeCarried(Value value, scf::ForOp loop,
                         llvm::SmallPtrSetImpl<Operation *> &seen) {
  if (llvm::is_contained(loop.getRegionIterArgs(), value))
    return true;
  Operation *op = value.getDefiningOp();
  if (!op) // Carried by a loop inside, or from outside of this one.
    op = value.getParentBlock()->getParentOp();
  if (!op || !loop->isProperAncestor(op) || !seen.insert(op).second ||
      isa<memref::AllocOp, memref::AllocaOp>(op))
    return false;
  auto isCarried = [&](Value other) {
    return isa<MemRefType>(other.getType()) && mayBeCarried(other, loop, seen);
  };
  if (llvm::any_of(op->getOperands(), isCarried))
    return true;
  for (Region &region : op->getRegions())
    for (Block &block : region)
      if (!block.empty() &&
          llvm::any_of(block.back().getOperands(), isCarried))
        return true;
  return false;
}

/// Memory for one array that a loop carries, or nothing.
static Value allocate(OpBuilder &b, Location loc, Value like) {
  auto type = cast<MemRefType>(like.getType());
  SmallVector<Value> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (type.isDynamicDim(dim))
      sizes.push_back(memref::DimOp::create(b, loc, like, dim));
  auto plain = MemRefType::get(type.getShape(), type.getElementType());
  if (plain != type && !memref::CastOp::areCastCompatible(plain, type))
    return {};
  Value memory = memref::AllocOp::create(b, loc, plain, sizes);
  return plain == type ? memory
                       : memref::CastOp::create(b, loc, type, memory);
}

// for (x = a) { ...; yield y }   -->   copy a to c; for { ...; copy y to c }
//
// with x and the result being c.
static LogicalResult carryInPlace(scf::ForOp loop) {
  OpBuilder b(loop);
  Location loc = loop.getLoc();
  auto yield = cast<scf::YieldOp>(loop.getBody()->getTerminator());
  struct Copy {
    Value from, to;
    bool isStaged;
  };
  SmallVector<Copy> copies;
  for (auto [i, argument] : llvm::enumerate(loop.getRegionIterArgs())) {
    Value next = yield.getOperand(i), initial = loop.getInitArgs()[i];
    if (!isa<MemRefType>(argument.getType()) || next == argument)
      continue;
    Value memory = allocate(b, loc, initial);
    if (!memory)
      return loop.emitError("carries an array of type ")
             << argument.getType() << ", of which there is no copy in one "
             << "place: its rows do not follow each other; carry the whole "
             << "array";
    linalg::CopyOp::create(b, loc, initial, memory);
    llvm::SmallPtrSet<Operation *, 8> seen;
    copies.push_back({next, memory, mayBeCarried(next, loop, seen)});
    loop.getInitArgsMutable()[i].set(memory);
    yield.setOperand(i, argument);
  }
  b.setInsertionPoint(yield);
  // What is carried elsewhere is read before any of it is written.
  for (Copy &copy : copies) {
    if (!copy.isStaged)
      continue;
    Value staged = allocate(b, loc, copy.to);
    linalg::CopyOp::create(b, loc, copy.from, staged);
    copy.from = staged;
  }
  for (const Copy &copy : copies)
    linalg::CopyOp::create(b, loc, copy.from, copy.to);
  return success();
}

namespace {
struct NVPTXCarryInPlace
    : attn::impl::NVPTXCarryInPlaceBase<NVPTXCarryInPlace> {
  void runOnOperation() override {
    WalkResult result = getOperation()->walk([&](Operation *op) {
      if (auto loop = dyn_cast<scf::ForOp>(op))
        return WalkResult(carryInPlace(loop));
      if (isa<scf::WhileOp>(op) &&
          llvm::any_of(op->getOperandTypes(), llvm::IsaPred<MemRefType>)) {
        op->emitError("carries an array through a loop with a condition, which "
                      "a GPU kernel has no memory for; use scf.for");
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
