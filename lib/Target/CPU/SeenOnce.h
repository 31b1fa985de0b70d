//===- SeenOnce.h - What no earlier read has brought into a cache -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_CPU_SEENONCE_H
#define ATTN_LIB_TARGET_CPU_SEENONCE_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::attn {

/// Bytes of a cache line.
constexpr int64_t kLineBytes = 64;

/// A tile of so many adjacent bytes is read in about the order of memory, whatever
/// works on it: to hardware a row of such tiles is a stream.
constexpr int64_t kStreamBytes = 1024;

/// Bytes of the smallest page: hardware foresees nothing of the next one.
constexpr int64_t kPageBytes = 4096;

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

/// Whether rows in dimension `dim` of the buffer, and nothing else, lie one after
/// the other in memory.
bool hasAdjacentRows(MemRefType type, unsigned dim);

/// Whether so many of them do, in at most `bytes`.
bool isRun(MemRefType type, unsigned dim, int64_t rows, int64_t bytes);

/// The loop around `view` if it moves it, in dimension `dim`, by its own index.
scf::ForOp getMovingLoop(memref::SubViewOp view, unsigned dim);

/// Whether `view` is one of tiles of adjacent rows in at most `kStreamBytes`.
bool isReadInOrder(memref::SubViewOp view, unsigned dim);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_CPU_SEENONCE_H
