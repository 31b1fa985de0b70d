//===- SeenOnce.h - What no earlier read has brought into a cache -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_CPU_SEENONCE_H
#define ATTN_LIB_TARGET_CPU_SEENONCE_H

#include "mlir/IR/Operation.h"

namespace mlir::attn {

/// Bytes of a cache line.
constexpr int64_t kLineBytes = 64;

/// Locality hint: into the second-level cache. The first has too few lines on
/// their way at a time to keep memory busy.
constexpr uint32_t kSecondLevel = 2;

/// Whether a buffer is an argument of its function, or a view of one. What has its
/// place in memory of the caller (memref.view) is neither.
bool isOfArgument(Value buffer);

/// Whether no part of the memory that `op` reads, writes or views is that of
/// another iteration of a loop around it: its address depends on each of them,
/// and there is one.
bool isSeenOnce(Operation *op);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_CPU_SEENONCE_H
