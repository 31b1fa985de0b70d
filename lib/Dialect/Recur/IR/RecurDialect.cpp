//===- RecurDialect.cpp - Registration of the recur dialect ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Recur/IR/Recur.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;
using namespace mlir::recur;

#include "attn/Dialect/Recur/IR/RecurDialect.cpp.inc"

namespace {
/// Regions are bodies of loops: what is invariant may leave them, and patterns
/// for operations in destination style leave operands alone, whose types are
/// those of region arguments. An external model, as `getInits` of the interface
/// are values that regions take as they are, and not those of the operation.
template <typename OpTy>
struct LoopModel : LoopLikeOpInterface::ExternalModel<LoopModel<OpTy>, OpTy> {
  SmallVector<Region *> getLoopRegions(Operation *op) const {
    SmallVector<Region *> regions;
    for (Region &region : op->getRegions())
      if (!region.empty())
        regions.push_back(&region);
    return regions;
  }
};
} // namespace

void RecurDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "attn/Dialect/Recur/IR/RecurOps.cpp.inc"
      >();
  ScanOp::attachInterface<LoopModel<ScanOp>>(*getContext());
  RescanOp::attachInterface<LoopModel<RescanOp>>(*getContext());
}
