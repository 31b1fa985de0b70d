//===- ForeignToAttn.cpp - Attention of other dialects, in generic form ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Foreign.h"
#include "attn/Conversion/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"

namespace mlir::attn {
#define GEN_PASS_DEF_FOREIGNTOATTN
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

using Conversion = LogicalResult (*)(RewriterBase &, ForeignOp);

static bool isGroupQueryAttention(Operation *op) {
  ForeignOp foreign(op);
  auto name = dyn_cast_or_null<StringAttr>(foreign.take("function_name"));
  auto domain = dyn_cast_or_null<StringAttr>(foreign.take("domain_name"));
  return name && domain && name.getValue() == "GroupQueryAttention" &&
         domain.getValue() == "com.microsoft";
}

static Conversion getConversion(Operation *op) {
  StringRef name = op->getName().getStringRef();
  if (name == "onnx.Custom" && isGroupQueryAttention(op))
    return convertGroupQueryAttention;
  return llvm::StringSwitch<Conversion>(name)
      .Case("iree_linalg_ext.attention", convertLinalgExtAttention)
      .Case("iree_linalg_ext.online_attention", convertLinalgExtOnlineAttention)
      .Case("tm_tensor.attention", convertTMTensorAttention)
      .Case("onnx.Attention", convertOnnxAttention)
      .Default(nullptr);
}

/// What onnx-mlir prints around a graph: absent operands, the return of the
/// function and the marker of its entry.
static void convertOnnxFrame(RewriterBase &rewriter, Operation *op) {
  StringRef name = op->getName().getStringRef();
  if ((name == "onnx.NoValue" && op->use_empty()) ||
      (name == "onnx.EntryPoint" && op->getNumResults() == 0))
    return rewriter.eraseOp(op);
  if (name == "onnx.Return" && op->getNumResults() == 0 &&
      isa_and_nonnull<func::FuncOp>(op->getParentOp())) {
    rewriter.setInsertionPoint(op);
    rewriter.replaceOpWithNewOp<func::ReturnOp>(op, op->getOperands());
  }
}

namespace {
struct ForeignToAttn : attn::impl::ForeignToAttnBase<ForeignToAttn> {
  using ForeignToAttnBase::ForeignToAttnBase;

  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    bool failed = false;
    for (Operation *op : getUnknown())
      if (Conversion convert = getConversion(op)) {
        rewriter.setInsertionPoint(op);
        failed |= mlir::failed(convert(rewriter, ForeignOp(op)));
      }
    if (failed)
      return signalPassFailure();
    for (Operation *op : getUnknown())
      convertOnnxFrame(rewriter, op);
    if (!refuseOthers)
      return;
    // One error for each operation that there is, at its first place. An absent
    // operand is not what keeps a graph from being compiled.
    llvm::StringSet<> reported;
    for (Operation *op : getUnknown()) {
      StringRef name = op->getName().getStringRef();
      bool hasUser = llvm::any_of(op->getUsers(), [](Operation *user) {
        return !user->isRegistered();
      });
      if ((name == "onnx.NoValue" && hasUser) || !reported.insert(name).second)
        continue;
      op->emitError("operation '")
          << name << "' belongs to a dialect that attn-mlir does not know; "
          << "lower it to linalg, tensor, arith, math, scf and func first "
             "(docs/Raising/Foreign.md says how)";
    }
    if (!reported.empty())
      signalPassFailure();
  }

private:
  SmallVector<Operation *> getUnknown() {
    SmallVector<Operation *> unknown;
    getOperation()->walk([&](Operation *op) {
      if (!op->isRegistered())
        unknown.push_back(op);
    });
    return unknown;
  }
};
} // namespace
