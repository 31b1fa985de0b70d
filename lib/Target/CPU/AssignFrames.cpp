//===- AssignFrames.cpp - Temporaries in memory of the callers ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FrameLayout.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Target/CPU/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::attn {
#define GEN_PASS_DEF_CPUASSIGNFRAMES
#include "attn/Target/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

static bool isFrame(func::FuncOp function) {
  return function->hasAttr(AttnDialect::kFrame);
}

static bool isRoot(func::FuncOp function) {
  return function->hasAttr(AttnDialect::kFrameRoot);
}

static MemRefType getMemoryType(MLIRContext *context, int64_t bytes) {
  return MemRefType::get({bytes}, IntegerType::get(context, 8));
}

/// Functions, callees first, or failure for what no frames can be assigned to.
static FailureOr<SmallVector<func::FuncOp>> sortByCalls(ModuleOp module) {
  SymbolTableCollection symbols;
  SmallVector<func::FuncOp> order, path;
  llvm::DenseSet<Operation *> visited;
  std::function<LogicalResult(func::FuncOp)> visit =
      [&](func::FuncOp function) -> LogicalResult {
    if (!visited.insert(function).second)
      return success();
    path.push_back(function);
    WalkResult result = function.walk([&](func::CallOp call) {
      auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(
          call, call.getCalleeAttr());
      auto *again = llvm::find(path, callee);
      if (again != path.end() && std::any_of(again, path.end(), isFrame)) {
        call.emitOpError("calls '@")
            << callee.getSymName() << "', which is running, in a recursion "
            << "with a function marked attn.frame: its memory would have no "
            << "bound; give each depth a function of its own";
        return WalkResult::interrupt();
      }
      return WalkResult(visit(callee));
    });
    path.pop_back();
    order.push_back(function);
    return failure(result.wasInterrupted());
  };
  for (auto function : module.getOps<func::FuncOp>())
    if (failed(visit(function)))
      return failure();
  return order;
}

/// A frame needs callers that are all known to hand down its memory.
static LogicalResult verifyFrame(func::FuncOp function, ModuleOp module) {
  if (function.isExternal() || !function.isPrivate())
    return function.emitOpError("is marked attn.frame, but is ")
           << (function.isExternal() ? "external" : "public")
           << ": it and its callers have to agree on its memory; make it a "
           << "private function with a body, or remove attn.frame";
  auto uses = SymbolTable::getSymbolUses(function, module);
  for (SymbolTable::SymbolUse use : *uses)
    if (!isa<func::CallOp>(use.getUser()))
      return use.getUser()->emitOpError("refers to '@")
             << function.getSymName() << "', which is marked attn.frame and "
             << "gets its memory from a func.call only; call it so";
  return success();
}

namespace {
/// Fills memory with a pattern, and finds later how much of it has changed.
class HighWaterMark {
public:
  HighWaterMark(OpBuilder &b, Location loc, Value memory)
      : loc(loc), memory(memory),
        pattern(arith::ConstantIntOp::create(b, loc, kPattern, 8)) {
    linalg::FillOp::create(b, loc, pattern, memory);
  }

  // count "scratch_bytes", max {i + 1 : memory[i] != pattern}
  void count(OpBuilder &b) {
    auto index = [&](int64_t i) {
      return arith::ConstantIndexOp::create(b, loc, i).getResult();
    };
    int64_t bytes = cast<MemRefType>(memory.getType()).getNumElements();
    auto loop = scf::ForOp::create(
        b, loc, index(0), index(bytes), index(1), index(0),
        [&](OpBuilder &b, Location loc, Value i, ValueRange extent) {
          Value byte = memref::LoadOp::create(b, loc, memory, i);
          Value changed = arith::CmpIOp::create(
              b, loc, arith::CmpIPredicate::ne, byte, pattern);
          Value one = arith::ConstantIndexOp::create(b, loc, 1);
          Value end = arith::AddIOp::create(b, loc, i, one);
          Value next =
              arith::SelectOp::create(b, loc, changed, end, extent.front());
          scf::YieldOp::create(b, loc, next);
        });
    CountOp::create(b, loc, "scratch_bytes", loop.getResult(0));
  }

private:
  /// The last byte of no common number: as that of a float, NaN or 10^37.
  static constexpr int8_t kPattern = 0x7e;

  Location loc;
  Value memory, pattern;
};

struct CPUAssignFrames : attn::impl::CPUAssignFramesBase<CPUAssignFrames> {
  using CPUAssignFramesBase::CPUAssignFramesBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto functions = llvm::to_vector(module.getOps<func::FuncOp>());
    if (llvm::none_of(functions, isFrame) && llvm::none_of(functions, isRoot))
      return;
    for (func::FuncOp function : functions)
      if (isFrame(function) && failed(verifyFrame(function, module)))
        return signalPassFailure();
    FailureOr<SmallVector<func::FuncOp>> order = sortByCalls(module);
    if (failed(order))
      return signalPassFailure();
    for (func::FuncOp function : *order)
      if (failed(isFrame(function) ? assignFrame(function)
                                   : assignRoot(function)))
        return signalPassFailure();
    for (func::FuncOp function : *order) {
      function->removeAttr(AttnDialect::kFrame);
      function->removeAttr(AttnDialect::kFrameRoot);
    }
  }

private:
  using Scopes = llvm::MapVector<Operation *, FrameLayout>;

  /// Calls of functions that need memory, by the scope they are in.
  Scopes getCalls(func::FuncOp function) {
    Scopes scopes;
    function.walk([&](func::CallOp call) {
      if (int64_t bytes = frameBytes.lookup(call.getCallee()))
        scopes[getFrameScope(call)].calls.push_back({call, bytes});
    });
    return scopes;
  }

  LogicalResult assignFrame(func::FuncOp function) {
    Lifetimes lifetimes(function);
    Scopes scopes = getCalls(function);
    WalkResult result = function.walk([&](memref::AllocOp buffer) {
      StringRef obstacle = lifetimes.getObstacle(buffer);
      if (obstacle.empty()) {
        scopes[getFrameScope(buffer)].add(buffer, lifetimes);
        return WalkResult::advance();
      }
      buffer.emitOpError("cannot live in the frame of '@")
          << function.getSymName() << "' (attn.frame): " << obstacle;
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      return failure();
    for (Operation *scope : llvm::make_first_range(scopes))
      if (scope != function)
        return scope->emitOpError("has temporaries in '@")
               << function.getSymName() << "', which is marked attn.frame: "
               << "iterations that run at the same time would share them; make "
               << "it an scf.for";

    FrameLayout &layout = scopes[function];
    layout.assignOffsets(lifetimes);
    frameBytes[function.getSymName()] = layout.bytes;
    keepFunction(function);
    if (!layout.bytes)
      return success();
    Builder b(function.getContext());
    NamedAttribute noAlias(LLVM::LLVMDialect::getNoAliasAttrName(),
                           b.getUnitAttr());
    unsigned last = function.getNumArguments();
    if (failed(function.insertArgument(
            last, getMemoryType(b.getContext(), layout.bytes),
            b.getDictionaryAttr(noAlias), function.getLoc())))
      return failure();
    rewrite(layout, lifetimes, function.getArgument(last));
    return success();
  }

  /// Its own temporaries join those of the functions that it calls.
  LogicalResult assignRoot(func::FuncOp function) {
    Scopes scopes = getCalls(function);
    if (isRoot(function))
      (void)scopes[function]; // Also if no layer needs memory.
    if (scopes.empty())
      return success();
    Lifetimes lifetimes(function);
    function.walk([&](memref::AllocOp buffer) {
      auto *entry = scopes.find(getFrameScope(buffer));
      if (entry != scopes.end() && lifetimes.getObstacle(buffer).empty() &&
          getBufferBytes(buffer) <= maxStackBytes)
        entry->second.add(buffer, lifetimes);
    });
    for (auto &[scope, layout] : scopes) {
      layout.assignOffsets(lifetimes);
      if (!layout.bytes)
        continue;
      OpBuilder b = OpBuilder::atBlockBegin(&scope->getRegion(0).front());
      Value memory = allocate(b, function.getLoc(), layout.bytes);
      if (countBytes) {
        HighWaterMark mark(b, function.getLoc(), memory);
        for (Block &block : scope->getRegion(0))
          if (block.hasNoSuccessors()) {
            b.setInsertionPoint(block.getTerminator());
            mark.count(b);
          }
      }
      rewrite(layout, lifetimes, memory);
    }
    return success();
  }

  /// On the heap it is freed by the deallocation of buffers, as others are.
  Value allocate(OpBuilder &b, Location loc, int64_t bytes) {
    MemRefType type = getMemoryType(b.getContext(), bytes);
    IntegerAttr alignment = b.getI64IntegerAttr(kFrameAlignment);
    if (bytes <= maxStackBytes)
      return memref::AllocaOp::create(b, loc, type, alignment);
    return memref::AllocOp::create(b, loc, type, alignment);
  }

  // alloc()        -->  view memory[offset]
  // call f(x)      -->  call f(x, view memory[offset])
  void rewrite(const FrameLayout &layout, const Lifetimes &lifetimes,
               Value memory) {
    auto view = [&](Operation *user, int64_t offset, MemRefType type) {
      OpBuilder b(user);
      Location loc = user->getLoc();
      Value shift = arith::ConstantIndexOp::create(b, loc, offset);
      return memref::ViewOp::create(b, loc, type, memory, shift, ValueRange());
    };
    llvm::SetVector<Operation *> erased;
    for (const FrameLayout::Buffer &buffer : layout.buffers) {
      erased.insert_range(lifetimes.getDeallocs(buffer.op));
      erased.insert(buffer.op);
    }
    for (const FrameLayout::Buffer &buffer : layout.buffers) {
      memref::AllocOp op = buffer.op;
      op.replaceAllUsesWith(
          view(op, buffer.offset, op.getType()).getResult());
    }
    for (Operation *op : erased)
      op->erase();
    for (const FrameLayout::Call &call : layout.calls) {
      func::CallOp op = call.op;
      op.getOperandsMutable().append(
          view(op, call.offset, getMemoryType(op.getContext(), call.bytes))
              .getResult());
    }
  }

  /// Inlined into each other, functions that call lower ones twice would become 2^N
  /// copies of the lowest.
  void keepFunction(func::FuncOp function) {
    Builder b(function.getContext());
    StringRef linkage = "llvm.linkage", passThrough = "passthrough";
    if (!function->hasAttr(linkage))
      function->setAttr(linkage, LLVM::LinkageAttr::get(
                                     b.getContext(), LLVM::Linkage::Internal));
    SmallVector<Attribute> attributes;
    if (auto given = function->getAttrOfType<ArrayAttr>(passThrough))
      llvm::append_range(attributes, given);
    Attribute noInline = b.getStringAttr("noinline");
    if (!llvm::is_contained(attributes, noInline))
      attributes.push_back(noInline);
    function->setAttr(passThrough, b.getArrayAttr(attributes));
  }

  llvm::StringMap<int64_t> frameBytes;
};
} // namespace
