//===- ExpandCounters.cpp - Counters as memory of the module ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Analysis/KernelInterface.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUEXPANDCOUNTERS
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static memref::GlobalOp createCounter(SymbolTable &symbols, StringRef name) {
  auto module = cast<ModuleOp>(symbols.getOp());
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  auto type = MemRefType::get({}, b.getI64Type());
  auto zero = DenseElementsAttr::get(
      RankedTensorType::get({}, b.getI64Type()), b.getI64IntegerAttr(0));
  auto global = memref::GlobalOp::create(
      b, module.getLoc(), "count." + name.str(), b.getStringAttr("private"),
      type, zero, /*constant=*/false, /*alignment=*/IntegerAttr());
  symbols.insert(global); // Renames it if a function has this name.
  return global;
}

/// int64_t NAME(void): the counter's value. A plain load: it is read between
/// runs.
static void createReader(memref::GlobalOp counter, StringRef name) {
  auto module = counter->getParentOfType<ModuleOp>();
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  Location loc = counter.getLoc();
  auto function = func::FuncOp::create(
      b, loc, name, b.getFunctionType({}, b.getI64Type()));
  b.setInsertionPointToStart(function.addEntryBlock());
  Value memory = memref::GetGlobalOp::create(b, loc, counter.getType(),
                                             counter.getSymName());
  Value value = memref::LoadOp::create(b, loc, memory);
  func::ReturnOp::create(b, loc, value);
}

// count(NAME, n)  -->  memory(NAME) += n, atomically
static void expandCount(CountOp op, memref::GlobalOp counter) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  Value memory = memref::GetGlobalOp::create(b, loc, counter.getType(),
                                             counter.getSymName());
  Value amount =
      arith::IndexCastOp::create(b, loc, b.getI64Type(), op.getAmount());
  memref::AtomicRMWOp::create(b, loc, arith::AtomicRMWKind::addi, amount,
                              memory, ValueRange());
  op.erase();
}

namespace {
struct CPUExpandCounters
    : attn::impl::CPUExpandCountersBase<CPUExpandCounters> {
  using CPUExpandCountersBase::CPUExpandCountersBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<CountOp> ops;
    getOperation()->walk([&](CountOp op) { ops.push_back(op); });
    llvm::StringMap<memref::GlobalOp> counters;
    for (CountOp op : ops) {
      memref::GlobalOp &counter = counters[op.getCounter()];
      if (!counter) {
        counter = createCounter(symbols, op.getCounter());
        std::string reader = getCounterReader(kernel, op.getCounter());
        if (symbols.lookup(reader)) {
          op.emitError("the name '") << reader << "' is taken; rename it";
          return signalPassFailure();
        }
        if (!kernel.empty())
          createReader(counter, reader);
      }
      expandCount(op, counter);
    }
  }
};
} // namespace
