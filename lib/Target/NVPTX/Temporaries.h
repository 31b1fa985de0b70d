//===- Temporaries.h - Memory of a kernel's threads -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_NVPTX_TEMPORARIES_H
#define ATTN_LIB_TARGET_NVPTX_TEMPORARIES_H

#include "Steps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::attn {

/// What a thread of a step allocates for itself: small arrays of constant size in
/// its local memory, the others in its part of a buffer of the host.
struct Temporaries {
  struct Part {
    Operation *alloc;
    Value offset; // Bytes from the begin of a thread's part, on the host.
  };
  SmallVector<Operation *> local;
  SmallVector<Part> parts;
  Value partBytes; // Of a thread, on the host; null if there are no parts.
};

/// Finds the temporaries of `step`; values of the host are computed at `b`. Emits
/// an error for an array whose size has no bound there.
FailureOr<Temporaries> findTemporaries(OpBuilder &b, const Step &step,
                                       int64_t maxLocalBytes);

/// Arrays of a function that kernels call are local memory, at its entry. Emits an
/// error for those of unknown size.
LogicalResult keepLocal(FunctionOpInterface function);

/// Moves an allocation of constant size to local memory, at the entry of `body`.
void moveToLocal(Operation *alloc, Block &body);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_NVPTX_TEMPORARIES_H
