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

/// Locality hints. A prefetch to the second-level cache may be far ahead, but
/// occupies one of the first's few buffers for lines on their way, and hardware
/// learns nothing from it. A prefetch to the first-level cache is a read to
/// hardware, which asks for the lines after it by itself where prefetches are in
/// the order of memory.
constexpr uint32_t kFirstLevel = 3;
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

/// The loop around `view` if it moves it, in dimension `dim`, by its own index.
scf::ForOp getMovingLoop(memref::SubViewOp view, unsigned dim);

/// Whether `view` is one of tiles of so few whole rows of memory that lines are
/// read in about their order, whatever works on a tile.
bool isReadInOrder(memref::SubViewOp view, unsigned dim);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_CPU_SEENONCE_H
