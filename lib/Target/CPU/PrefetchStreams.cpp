//===- PrefetchStreams.cpp - Ask for memory before it is read ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUPREFETCHSTREAMS
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static constexpr int64_t kLineBytes = 64;

/// Locality hint: into the second-level cache. The first has too few lines on
/// their way at a time to keep memory busy.
static constexpr uint32_t kSecondLevel = 2;

/// Whether a buffer is an argument of its function, or a view of one.
static bool isOfArgument(Value buffer) {
  while (auto view = buffer.getDefiningOp<ViewLikeOpInterface>())
    buffer = view.getViewSource();
  auto argument = dyn_cast<BlockArgument>(buffer);
  return argument && isa<FunctionOpInterface>(argument.getOwner()->getParentOp());
}

/// Whether no part of what this reads is read again by another iteration of a
/// loop around it: its address depends on each of them.
static bool isStream(vector::TransferReadOp read) {
  DenseSet<Value> seen;
  SmallVector<Value> work(read->getOperands());
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    if (Operation *op = value.getDefiningOp())
      llvm::append_range(work, op->getOperands());
  }
  unsigned loops = 0;
  for (Operation *op = read->getParentOp(); !isa<FunctionOpInterface>(op);
       op = op->getParentOp())
    if (auto loop = dyn_cast<LoopLikeOpInterface>(op)) {
      std::optional<SmallVector<Value>> indices = loop.getLoopInductionVars();
      if (!indices || llvm::none_of(*indices, [&](Value index) {
            return seen.contains(index);
          }))
        return false;
      ++loops;
    }
  return loops != 0;
}

/// The last dimension but the innermost in which this read moves.
static std::optional<unsigned> getRowDim(vector::TransferReadOp read) {
  for (int64_t dim = read.getShapedType().getRank() - 2; dim >= 0; --dim)
    if (!getConstantIntValue(read.getIndices()[dim]))
      return dim;
  return std::nullopt;
}

namespace {
struct CPUPrefetchStreams
    : attn::impl::CPUPrefetchStreamsBase<CPUPrefetchStreams> {
  using CPUPrefetchStreamsBase::CPUPrefetchStreamsBase;

  void runOnOperation() override {
    SmallVector<vector::TransferReadOp> reads;
    getOperation()->walk(
        [&](vector::TransferReadOp read) { reads.push_back(read); });
    for (vector::TransferReadOp read : reads)
      if (isa<MemRefType>(read.getShapedType()) &&
          isOfArgument(read.getBase()) && isStream(read))
        prefetch(read);
  }

  void prefetch(vector::TransferReadOp read) {
    ShapedType type = read.getShapedType();
    std::optional<unsigned> row = getRowDim(read);
    if (!row || ShapedType::isDynamic(type.getShape().back()))
      return;
    int64_t elementBytes = type.getElementTypeBitWidth() / 8;
    int64_t rowBytes = type.getShape().back() * elementBytes;
    int64_t rows = llvm::divideCeil(bytes, rowBytes);
    OpBuilder b(read);
    Location loc = read.getLoc();
    // One prefetch for each line, where several vectors are in one.
    int64_t lineElements = kLineBytes / elementBytes;
    if (read.getVectorType().getNumElements() < lineElements) {
      Value place = arith::RemUIOp::create(
          b, loc, read.getIndices().back(),
          arith::ConstantIndexOp::create(b, loc, lineElements));
      Value isStart = arith::CmpIOp::create(
          b, loc, arith::CmpIPredicate::eq, place,
          arith::ConstantIndexOp::create(b, loc, 0));
      b = scf::IfOp::create(b, loc, isStart).getThenBodyBuilder();
    }
    SmallVector<Value> indices(read.getIndices());
    Value ahead = arith::ConstantIndexOp::create(b, loc, rows);
    indices[*row] = arith::AddIOp::create(b, loc, indices[*row], ahead);
    memref::PrefetchOp::create(b, loc, read.getBase(), indices,
                               /*isWrite=*/false, kSecondLevel,
                               /*isDataCache=*/true);
  }
};
} // namespace
