//===- AddDestinations.cpp - Results in memory of the caller ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/NVPTX/Passes.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {
#define GEN_PASS_DEF_NVPTXADDDESTINATIONS
#include "attn/Target/NVPTX/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

/// f(inputs) -> results   -->   f(inputs, destinations)
static void convertToDestinations(func::FuncOp function) {
  OpBuilder b(function);
  Location loc = function.getLoc();
  Block &body = function.getBody().front();
  for (unsigned i = 0; i < body.getNumArguments(); ++i)
    if (isa<TensorType>(body.getArgument(i).getType()))
      function.setArgAttr(i, "bufferization.writable", b.getBoolAttr(false));
  Operation *terminator = body.getTerminator();
  b.setInsertionPoint(terminator);
  SmallVector<Type> types(function.getArgumentTypes());
  for (Value result : terminator->getOperands()) {
    auto type = cast<RankedTensorType>(result.getType());
    types.push_back(MemRefType::get(type.getShape(), type.getElementType()));
    auto store = bufferization::MaterializeInDestinationOp::create(
        b, loc, result, body.addArgument(types.back(), loc));
    store.setRestrict(true);
    store.setWritable(true);
  }
  terminator->setOperands({});
  function.removeResAttrsAttr();
  SmallVector<Attribute> attributes;
  if (ArrayAttr given = function.getArgAttrsAttr())
    attributes.assign(given.begin(), given.end());
  function.setFunctionType(b.getFunctionType(types, {}));
  if (!attributes.empty()) {
    attributes.resize(types.size(), b.getDictionaryAttr({}));
    function.setArgAttrsAttr(b.getArrayAttr(attributes));
  }
}

namespace {
struct NVPTXAddDestinations
    : attn::impl::NVPTXAddDestinationsBase<NVPTXAddDestinations> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function.isPublic() || function.isExternal() ||
          function.getNumResults() == 0)
        continue;
      if (!function.getBody().hasOneBlock() ||
          !llvm::all_of(function.getResultTypes(),
                        llvm::IsaPred<RankedTensorType>)) {
        function.emitError("has a result that is no ranked tensor, or several "
                           "blocks; a GPU writes arrays: return tensors, and "
                           "write control flow with scf operations");
        return signalPassFailure();
      }
      convertToDestinations(function);
    }
  }
};
} // namespace
