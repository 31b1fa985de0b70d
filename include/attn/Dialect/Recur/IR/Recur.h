//===- Recur.h - The recur dialect -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_RECUR_IR_RECUR_H
#define ATTN_DIALECT_RECUR_IR_RECUR_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/TilingInterface.h"

#include "attn/Dialect/Recur/IR/RecurDialect.h.inc"
#include "attn/Dialect/Recur/IR/RecurEnums.h.inc"

#include "attn/Dialect/Recur/IR/RecurAttrInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "attn/Dialect/Recur/IR/RecurAttrs.h.inc"

#define GET_OP_CLASSES
#include "attn/Dialect/Recur/IR/RecurOps.h.inc"

namespace mlir::recur {

/// What is left of a tensor whose first `iterated` dimensions are fixed: a
/// tensor, or its element type.
Type getSliceType(RankedTensorType type, unsigned iterated);

} // namespace mlir::recur

#endif // ATTN_DIALECT_RECUR_IR_RECUR_H
