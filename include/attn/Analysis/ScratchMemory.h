//===- ScratchMemory.h - Memory beyond inputs and outputs -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_ANALYSIS_SCRATCHMEMORY_H
#define ATTN_ANALYSIS_SCRATCHMEMORY_H

#include "mlir/IR/Operation.h"

namespace mlir::attn {

/// Buffers up to this size live on the stack: the tiles of a kernel.
inline constexpr int64_t kMaxStackBytes = 1 << 18;

/// Makes rows longer by a cache line where they would fall into few sets of the
/// first cache: a temporary of at most `kMaxStackBytes` has this shape.
void spreadRows(MutableArrayRef<int64_t> shape, int64_t elementBytes);

/// What a bufferized module allocates for itself.
struct ScratchMemory {
  int64_t stackBytes = 0;       // Of all threads together.
  int64_t threadStackBytes = 0; // Of these, what each of several threads has.
  int64_t heapBytes = 0;        // Of buffers with static shape.
  int64_t dynamicBuffers = 0;   // Heap buffers whose size the arguments decide.
};

/// With several threads, each has its own of what is allocated in scf.forall.
ScratchMemory getScratchMemory(Operation *module, int64_t numThreads);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_SCRATCHMEMORY_H
