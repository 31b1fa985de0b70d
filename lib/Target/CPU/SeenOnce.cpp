//===- SeenOnce.cpp - What no earlier read has brought into a cache ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SeenOnce.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace mlir::attn;

bool mlir::attn::isOfArgument(Value buffer) {
  while (auto view = buffer.getDefiningOp<ViewLikeOpInterface>()) {
    if (isa<memref::ViewOp>(view)) // A temporary in memory of the caller.
      return false;
    buffer = view.getViewSource();
  }
  auto argument = dyn_cast<BlockArgument>(buffer);
  return argument && isa<FunctionOpInterface>(argument.getOwner()->getParentOp());
}

bool mlir::attn::isSeenOnce(Operation *op) {
  DenseSet<Value> seen;
  SmallVector<Value> work(op->getOperands());
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    if (Operation *source = value.getDefiningOp())
      llvm::append_range(work, source->getOperands());
  }
  unsigned loops = 0;
  for (Operation *parent = op->getParentOp();
       !isa<FunctionOpInterface>(parent); parent = parent->getParentOp())
    if (auto loop = dyn_cast<LoopLikeOpInterface>(parent)) {
      std::optional<SmallVector<Value>> indices = loop.getLoopInductionVars();
      if (!indices || llvm::none_of(*indices, [&](Value index) {
            return seen.contains(index);
          }))
        return false;
      ++loops;
    }
  return loops != 0;
}

bool mlir::attn::hasAdjacentRows(MemRefType type, unsigned dim) {
  int64_t offset;
  SmallVector<int64_t> strides;
  if (failed(type.getStridesAndOffset(strides, offset)) ||
      ShapedType::isDynamic(type.getShape().back()) || strides.back() != 1 ||
      strides[dim] != type.getShape().back())
    return false;
  // Dimensions between the row and its elements are one place.
  return llvm::all_of(type.getShape().slice(dim + 1).drop_back(),
                      [](int64_t size) { return size == 1; });
}

bool mlir::attn::isRun(MemRefType type, unsigned dim, int64_t rows,
                       int64_t bytes) {
  return hasAdjacentRows(type, dim) && type.getElementType().isIntOrFloat() &&
         rows * type.getShape().back() *
                 int64_t(llvm::divideCeil(type.getElementTypeBitWidth(), 8)) <=
             bytes;
}

scf::ForOp mlir::attn::getMovingLoop(memref::SubViewOp view, unsigned dim) {
  auto loop = dyn_cast<scf::ForOp>(view->getParentOp());
  OpFoldResult offset = view.getMixedOffsets()[dim];
  if (loop && getConstantIntValue(loop.getStep()) &&
      offset == OpFoldResult(loop.getInductionVar()))
    return loop;
  return {};
}

bool mlir::attn::isReadInOrder(memref::SubViewOp view, unsigned dim) {
  MemRefType type = view.getType();
  scf::ForOp loop = getMovingLoop(view, dim);
  return loop && isRun(type, dim, *getConstantIntValue(loop.getStep()),
                       kStreamBytes);
}
