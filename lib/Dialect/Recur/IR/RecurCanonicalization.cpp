//===- RecurCanonicalization.cpp - Simpler recurrences ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Recur/IR/Recur.h"

using namespace mlir;
using namespace mlir::recur;

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
void RescanOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
