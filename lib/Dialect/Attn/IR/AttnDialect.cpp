//===- AttnDialect.cpp - Registration of the attn dialect ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Attn.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace mlir::attn;

#include "attn/Dialect/Attn/IR/AttnDialect.cpp.inc"

/// The only discardable attribute of users is the contract of a module.
LogicalResult AttnDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attribute) {
  if (attribute.getName() != "attn.numerics")
    return success();
  if (!isa<ModuleOp>(op))
    return op->emitError("attn.numerics is a contract of a module, not of ")
           << op->getName();
  if (!isa<NumericsAttr>(attribute.getValue()))
    return op->emitError("attn.numerics must be #attn.numerics<strict> or "
                         "#attn.numerics<fast>, got ")
           << attribute.getValue();
  return success();
}

void AttnDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "attn/Dialect/Attn/IR/AttnOps.cpp.inc"
      >();
}
