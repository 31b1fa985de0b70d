//===- Passes.h - Rewrites of attention into its forms -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_CONVERSION_PASSES_H
#define ATTN_CONVERSION_PASSES_H

#include "attn/Dialect/Kernel/IR/Kernel.h"
#include "attn/Dialect/Recur/IR/Recur.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Pass/Pass.h"

namespace mlir::attn {
/// What raised attention gives in a row whose keys are all hidden by data.
enum class EmptyRows {
  AsWritten, // What the program gives there, which is mostly NaN.
  Zero,      // 0, as attn.attention does.
};

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

#endif // ATTN_CONVERSION_PASSES_H
