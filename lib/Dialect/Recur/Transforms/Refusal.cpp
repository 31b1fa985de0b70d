//===- Refusal.cpp - Why a rewrite leaves an operation as it is ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Recur/Transforms/Transforms.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;

void mlir::recur::reportRefusal(Operation *op, StringRef pass,
                                const Refusal &refusal) {
  remark::missed(op->getLoc(), remark::RemarkOpts::name(pass).category("recur"))
      << remark::reason("{0}", refusal.reason)
      << remark::suggest("{0}", refusal.fix);
}
