//===- Passes.h - Tile-level IR to native code on a CPU -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_CPU_PASSES_H
#define ATTN_TARGET_CPU_PASSES_H

#include "attn/Analysis/KernelInterface.h"
#include "mlir/Pass/Pass.h"

namespace mlir::attn {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "attn/Target/CPU/Passes.h.inc"

/// cpu-c-interface for a function whose interface is known: passes since may have
/// made its sizes look more general.
std::unique_ptr<Pass> createCPUCInterface(const KernelInterface &interface);
} // namespace mlir::attn

#endif // ATTN_TARGET_CPU_PASSES_H
