//===- CHeader.h - The C header of a kernel -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_CPU_CHEADER_H
#define ATTN_TARGET_CPU_CHEADER_H

#include "attn/Analysis/KernelInterface.h"
#include "attn/Analysis/ScratchMemory.h"

namespace mlir::attn {

/// A C header that declares `interface` and says how to call it: shapes,
/// layouts, units, error codes, scratch memory, threads. `variants` are the
/// CPUs of a kernel that has several (Variants.h), in the order of preference;
/// its scratch memory is that of the largest.
std::string getCHeader(const KernelInterface &interface,
                       const ScratchMemory &scratch,
                       ArrayRef<std::string> variants = {});

} // namespace mlir::attn

#endif // ATTN_TARGET_CPU_CHEADER_H
