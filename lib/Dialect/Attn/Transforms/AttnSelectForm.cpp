//===- AttnSelectForm.cpp - Record which form computes each attention ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNSELECTFORM
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {
struct AttnSelectForm : attn::impl::AttnSelectFormBase<AttnSelectForm> {
  using AttnSelectFormBase::AttnSelectFormBase;

  void runOnOperation() override {
    auto emitError = [&] { return getOperation()->emitError(); };
    if (failed(FormAttr::verify(emitError, form, queries, keys, block)))
      return signalPassFailure();
    auto chosen = FormAttr::get(&getContext(), form, queries, keys, block);
    getOperation()->walk([&](AttentionOp op) {
      if (!op.getFormAttr())
        op.setFormAttr(chosen);
    });
  }
};
} // namespace
