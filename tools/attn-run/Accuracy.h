//===- Accuracy.h - How exact an answer must be -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_RUN_ACCURACY_H
#define ATTN_TOOLS_ATTN_RUN_ACCURACY_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Runtime/Compare.h"
#include "attn/Runtime/Reference.h"

namespace mlir::attn {

/// The tolerance for each result of `function` against the f64 reference, which
/// says `expected`. A result that is an attention of arguments has the gate of
/// its type, from the norms of the data; `blockKeys` is the tile of the blocked
/// form, 0 for the materialized one. Where there are recurrences, errors count
/// in units of the largest element. Other results have a default by type.
SmallVector<Tolerance> getTolerances(func::FuncOp function,
                                     ArrayRef<Array> inputs,
                                     ArrayRef<ReferenceValue> expected,
                                     int64_t blockKeys);

/// The tolerance by type where nothing more is known.
Tolerance getDefaultTolerance(Type elementType);

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_RUN_ACCURACY_H
