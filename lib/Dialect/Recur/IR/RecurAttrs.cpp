//===- RecurAttrs.cpp - Monoids and schedules ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Recur/IR/Recur.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::recur;

#include "attn/Dialect/Recur/IR/RecurAttrInterfaces.cpp.inc"
#include "attn/Dialect/Recur/IR/RecurEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "attn/Dialect/Recur/IR/RecurAttrs.cpp.inc"

void RecurDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "attn/Dialect/Recur/IR/RecurAttrs.cpp.inc"
      >();
}

LogicalResult
ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                     ScheduleKind kind, int64_t chunk) {
  if (chunk < 0)
    return emitError() << "a chunk is a number of tokens, at least 1 (or 0 to "
                          "leave it open), got "
                       << chunk;
  if (chunk > 0 && kind != ScheduleKind::Chunked)
    return emitError() << "only the chunked schedule has chunks, got chunk = "
                       << chunk << " with " << stringifyScheduleKind(kind);
  return success();
}
