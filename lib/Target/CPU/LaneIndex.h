//===- LaneIndex.h - Integers that go up by one from lane to lane -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Positions are 64 bits wide, of which a vector register holds few. But those of
// neighbouring lanes differ by a constant, so that a scalar says them all, a
// comparison is one of small constants, and a conversion almost always one of 32
// bits. The results are those of the 64-bit program.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_CPU_LANEINDEX_H
#define ATTN_LIB_TARGET_CPU_LANEINDEX_H

#include "mlir/IR/Builders.h"

namespace mlir::attn {

/// In lane n, base + slope * n, modulo 2^bits; the base is a scalar integer.
struct LaneIndex {
  Value base;
  int64_t slope;
};

/// The vector itself.
Value emitVector(OpBuilder &b, Location loc, LaneIndex index, int64_t lanes);

/// The sum, difference or cast that `op` is, if it is one.
std::optional<LaneIndex> emitIndexArithmetic(OpBuilder &b, Operation &op,
                                             ArrayRef<LaneIndex> operands);

/// The comparison, or conversion to float, that `op` is; null if it is none that
/// is cheaper than on the vectors. Elements of vectors next to it have `bits`.
Value emitFromIndices(OpBuilder &b, Operation &op, ArrayRef<LaneIndex> operands,
                      int64_t lanes, unsigned bits);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_CPU_LANEINDEX_H
