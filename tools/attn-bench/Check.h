//===- Check.h - Whether an output is right -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_CHECK_H
#define ATTN_TOOLS_ATTN_BENCH_CHECK_H

#include "Shape.h"
#include "attn/Runtime/Array.h"

namespace mlir::attn {

/// Compares `output` with a plain evaluation in double precision, in the first
/// and the last head: some rows of attention, all rows of a recurrence. The time
/// of a wrong program means nothing, so this is an error.
llvm::Error check(const Shape &shape, ArrayRef<Array> inputs,
                  const Array &output);

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_BENCH_CHECK_H
