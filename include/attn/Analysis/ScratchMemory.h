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

/// What a bufferized module allocates for itself.
struct ScratchMemory {
  int64_t stackBytes = 0;
  int64_t heapBytes = 0;      // Of buffers with static shape.
  int64_t dynamicBuffers = 0; // Heap buffers whose size the arguments decide.
};

ScratchMemory getScratchMemory(Operation *module);

} // namespace mlir::attn

#endif // ATTN_ANALYSIS_SCRATCHMEMORY_H
