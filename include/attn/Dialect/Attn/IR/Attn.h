//===- Attn.h - The attn dialect --------------------------------*- C++ -*-===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTN_H
#define ATTN_DIALECT_ATTN_IR_ATTN_H

#include "attn/Dialect/Attn/IR/MaskAlgebra.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/IndexingMapOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/TilingInterface.h"

#include "attn/Dialect/Attn/IR/AttnDialect.h.inc"
#include "attn/Dialect/Attn/IR/AttnEnums.h.inc"

#include "attn/Dialect/Attn/IR/AttnAttrInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "attn/Dialect/Attn/IR/AttnAttrs.h.inc"

namespace mlir::attn {
/// What `attn.count` reads and writes: no other operation's memory.
struct CounterResource
    : public SideEffects::Resource::Base<CounterResource> {
  StringRef getName() final { return "attn.counters"; }
};
} // namespace mlir::attn

#define GET_OP_CLASSES
#include "attn/Dialect/Attn/IR/AttnOps.h.inc"

namespace mlir::attn {

/// Sizes of the iteration space of `op`, static where any operand knows them.
SmallVector<OpFoldResult> getLoopSizes(OpBuilder &b, IndexingMapOpInterface op);

/// A copy of `op`, regions included, on other operands (as many as it has); the
/// results take the types of the destinations.
Operation *cloneOnOperands(OpBuilder &b, DestinationStyleOpInterface op,
                           ValueRange operands);

/// Whether a mask compares segment ids.
bool usesSegments(MaskAttrInterface mask);

/// Whether a mask hides each key after its query, j > i, and whether it shows
/// each other, j <= i, if the query offset is 0. A null mask shows all keys.
bool hidesKeysAfterQuery(MaskAttrInterface mask);
bool showsKeysUpToQuery(MaskAttrInterface mask);

} // namespace mlir::attn

#endif // ATTN_DIALECT_ATTN_IR_ATTN_H
