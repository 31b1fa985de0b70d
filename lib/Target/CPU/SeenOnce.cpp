//===- SeenOnce.cpp - What no earlier read has brought into a cache ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SeenOnce.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
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
