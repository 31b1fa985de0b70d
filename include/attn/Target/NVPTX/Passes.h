//===- Passes.h - Tile-level IR to kernels of an NVIDIA GPU -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_NVPTX_PASSES_H
#define ATTN_TARGET_NVPTX_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::attn {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "attn/Target/NVPTX/Passes.h.inc"
} // namespace mlir::attn

#endif // ATTN_TARGET_NVPTX_PASSES_H
