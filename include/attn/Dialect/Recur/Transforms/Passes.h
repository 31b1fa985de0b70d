//===- Passes.h - Passes of the recur dialect -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_RECUR_TRANSFORMS_PASSES_H
#define ATTN_DIALECT_RECUR_TRANSFORMS_PASSES_H

#include "attn/Dialect/Recur/IR/Recur.h"
#include "mlir/Pass/Pass.h"

namespace mlir::recur {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "attn/Dialect/Recur/Transforms/Passes.h.inc"
} // namespace mlir::recur

#endif // ATTN_DIALECT_RECUR_TRANSFORMS_PASSES_H
