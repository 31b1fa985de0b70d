//===- Patterns.h - Kernel operations to NVVM -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_CONVERSION_KERNELTONVVM_PATTERNS_H
#define ATTN_LIB_CONVERSION_KERNELTONVVM_PATTERNS_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Transforms/DialectConversion.h"

namespace mlir::kernel {

// A fragment is as many values as a thread has registers of it, a tile an
// address in shared memory.
/// How many threads a kernel's blocks have, in one dimension; nothing if it
/// does not say so (`nvvm.reqntid`).
std::optional<int64_t> getThreads(gpu::GPUFuncOp function);

void populateCopyPatterns(const TypeConverter &types,
                          RewritePatternSet &patterns);
void populateElementPatterns(const TypeConverter &types,
                             RewritePatternSet &patterns);
void populateProductPatterns(const TypeConverter &types,
                             RewritePatternSet &patterns);

} // namespace mlir::kernel

#endif // ATTN_LIB_CONVERSION_KERNELTONVVM_PATTERNS_H
