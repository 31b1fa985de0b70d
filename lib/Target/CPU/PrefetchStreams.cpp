//===- PrefetchStreams.cpp - Ask for memory before it is access ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SeenOnce.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUPREFETCHSTREAMS
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// The last dimension but the innermost in which this access moves.
static std::optional<unsigned> getRowDim(VectorTransferOpInterface access) {
  for (int64_t dim = access.getShapedType().getRank() - 2; dim >= 0; --dim)
    if (!getConstantIntValue(access.getIndices()[dim]))
      return dim;
  return std::nullopt;
}

/// index, or index + constant
static bool isAround(Value place, Value index) {
  auto sum = place.getDefiningOp<arith::AddIOp>();
  return place == index || (sum && llvm::is_contained(sum->getOperands(), index));
}

/// Whether the loop around this access reads whole rows in about the order of
/// memory: hardware then asks for the next ones, and prefetches are in its way.
static bool isInOrder(VectorTransferOpInterface access, unsigned row) {
  auto type = cast<MemRefType>(access.getShapedType());
  auto loop = access->getParentOfType<scf::ForOp>();
  if (isa<vector::TransferWriteOp>(access) || !loop ||
      !hasAdjacentRows(type, row))
    return false;
  auto tile = access.getBase().getDefiningOp<memref::SubViewOp>();
  if (tile && isReadInOrder(tile, row))
    return true;
  // What one iteration reads of the buffer: of how many rows, and of this one.
  DenseSet<Value> rows;
  int64_t elements = 0;
  for (auto other : loop.getBody()->getOps<VectorTransferOpInterface>())
    if (other.getBase() == access.getBase()) {
      rows.insert(other.getIndices()[row]);
      if (other.getIndices()[row] == access.getIndices()[row])
        elements += other.getVectorType().getNumElements();
    }
  return elements >= type.getShape().back() ||
         (rows.size() == 1 &&
          isAround(access.getIndices().back(), loop.getInductionVar()));
}

namespace {
struct CPUPrefetchStreams
    : attn::impl::CPUPrefetchStreamsBase<CPUPrefetchStreams> {
  using CPUPrefetchStreamsBase::CPUPrefetchStreamsBase;

  void runOnOperation() override {
    SmallVector<VectorTransferOpInterface> accesses;
    getOperation()->walk(
        [&](VectorTransferOpInterface access) { accesses.push_back(access); });
    llvm::erase_if(accesses, [](VectorTransferOpInterface access) {
      return !isa<MemRefType>(access.getShapedType()) ||
             !isOfArgument(access.getBase()) || !isSeenOnce(access);
    });
    for (VectorTransferOpInterface access : accesses)
      prefetch(access);
  }

  void prefetch(VectorTransferOpInterface access) {
    ShapedType type = access.getShapedType();
    std::optional<unsigned> row = getRowDim(access);
    if (!row || ShapedType::isDynamic(type.getShape().back()) ||
        type.getElementTypeBitWidth() < 8 || isInOrder(access, *row))
      return;
    int64_t elementBytes = type.getElementTypeBitWidth() / 8;
    int64_t rowBytes = type.getShape().back() * elementBytes;
    int64_t rows = llvm::divideCeil(bytes, rowBytes);
    OpBuilder b(access);
    Location loc = access.getLoc();
    // One prefetch for each line, where several vectors are in one.
    int64_t lineElements = kLineBytes / elementBytes;
    if (access.getVectorType().getNumElements() < lineElements) {
      Value place = arith::RemUIOp::create(
          b, loc, access.getIndices().back(),
          arith::ConstantIndexOp::create(b, loc, lineElements));
      Value isStart = arith::CmpIOp::create(
          b, loc, arith::CmpIPredicate::eq, place,
          arith::ConstantIndexOp::create(b, loc, 0));
      b = scf::IfOp::create(b, loc, isStart).getThenBodyBuilder();
    }
    SmallVector<Value> indices(access.getIndices());
    Value ahead = arith::ConstantIndexOp::create(b, loc, rows);
    indices[*row] = arith::AddIOp::create(b, loc, indices[*row], ahead);
    memref::PrefetchOp::create(b, loc, access.getBase(), indices,
                               isa<vector::TransferWriteOp>(access),
                               kSecondLevel, /*isDataCache=*/true);
  }
};
} // namespace
