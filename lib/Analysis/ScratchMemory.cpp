//===- ScratchMemory.cpp - Memory beyond inputs and outputs ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/ScratchMemory.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::attn;

/// Rows a multiple of this many bytes apart fall into few sets of the first cache,
/// and a tile of them would evict itself. A cache line more spreads them.
static constexpr int64_t kAliasBytes = 256, kLineBytes = 64;

void mlir::attn::spreadRows(MutableArrayRef<int64_t> shape,
                            int64_t elementBytes) {
  int64_t rows = 1;
  for (int64_t size : shape.drop_back())
    rows *= size;
  if (rows > 1 && shape.back() * elementBytes % kAliasBytes == 0)
    shape.back() += kLineBytes / elementBytes;
}

static int64_t getBytes(MemRefType type) {
  int64_t elementBits = type.getElementType().isIndex()
                            ? 64
                            : std::max(8u, type.getElementTypeBitWidth());
  return type.getNumElements() * elementBits / 8;
}

ScratchMemory mlir::attn::getScratchMemory(Operation *module,
                                           int64_t numThreads) {
  ScratchMemory memory;
  auto getCopies = [&](Operation *op) {
    return op->getParentOfType<scf::ForallOp>() ? numThreads : 1;
  };
  module->walk([&](memref::AllocaOp op) {
    if (!op.getType().hasStaticShape())
      return;
    int64_t bytes = getBytes(op.getType()), copies = getCopies(op);
    memory.stackBytes += copies * bytes;
    if (copies > 1)
      memory.threadStackBytes += bytes;
  });
  module->walk([&](memref::AllocOp op) {
    if (op.getType().hasStaticShape())
      memory.heapBytes += getCopies(op) * getBytes(op.getType());
    else
      ++memory.dynamicBuffers;
  });
  return memory;
}
