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
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

#include "attn/Dialect/Attn/IR/AttnDialect.cpp.inc"

/// `attn.flops`, `attn.bytes`: what a function is credited with.
static LogicalResult verifyCredit(Operation *op, NamedAttribute attribute) {
  auto count = dyn_cast<IntegerAttr>(attribute.getValue());
  if (!isa<FunctionOpInterface>(op))
    return op->emitError() << attribute.getName()
                           << " is a number of a function, not of "
                           << op->getName();
  if (!count || !count.getType().isSignlessInteger(64) || count.getInt() <= 0)
    return op->emitError() << attribute.getName()
                           << " must be a positive i64, got "
                           << attribute.getValue();
  return success();
}

static LogicalResult verifyPlan(Operation *op, NamedAttribute attribute) {
  if (!isa<FunctionOpInterface>(op))
    return op->emitError("attn.plan is the plan of a function, not of ")
           << op->getName();
  if (!isa<PlanAttr>(attribute.getValue()))
    return op->emitError("attn.plan must be an #attn.plan<...>, got ")
           << attribute.getValue();
  return success();
}

/// The discardable attributes of users are the contract of a module, the plan of a
/// function, and what it is credited with in a benchmark.
LogicalResult AttnDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name == "attn.flops" || name == "attn.bytes")
    return verifyCredit(op, attribute);
  if (name == kPlan)
    return verifyPlan(op, attribute);
  if (name != "attn.numerics")
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
