//===- Steps.cpp - The steps of a host program ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Steps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::attn;

bool mlir::attn::isRecomputed(Operation *op) {
  return isa<memref::AllocOp, memref::AllocaOp, memref::DeallocOp>(op) ||
         (op->getNumRegions() == 0 && isMemoryEffectFree(op));
}

/// Parallel dimensions first: each of their points is an iteration of its own.
static FailureOr<linalg::GenericOp> moveReductionsInside(RewriterBase &rewriter,
                                                         linalg::LinalgOp op) {
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic) {
    FailureOr<linalg::GenericOp> made =
        linalg::generalizeNamedOp(rewriter, op);
    if (failed(made))
      return failure();
    generic = *made;
  }
  SmallVector<unsigned> order, reductions;
  generic.getParallelDims(order);
  for (unsigned dim = 0; dim < generic.getNumLoops(); ++dim)
    if (!llvm::is_contained(order, dim))
      reductions.push_back(dim);
  llvm::append_range(order, reductions);
  if (llvm::is_sorted(order))
    return generic;
  return linalg::interchangeGenericOp(rewriter, generic, order);
}

void mlir::attn::spreadOverLoops(func::FuncOp function) {
  IRRewriter rewriter(function.getContext());
  for (auto copy :
       llvm::to_vector(function.getBody().front().getOps<memref::CopyOp>())) {
    rewriter.setInsertionPoint(copy);
    rewriter.replaceOpWithNewOp<linalg::CopyOp>(copy, copy.getSource(),
                                                copy.getTarget());
  }
  for (auto op :
       llvm::to_vector(function.getBody().front().getOps<linalg::LinalgOp>())) {
    rewriter.setInsertionPoint(op);
    FailureOr<linalg::GenericOp> generic = moveReductionsInside(rewriter, op);
    if (failed(generic) || generic->getNumParallelLoops() == 0)
      continue; // One thread runs it.
    rewriter.setInsertionPoint(*generic);
    if (succeeded(linalg::linalgOpToParallelLoops(rewriter, *generic)))
      rewriter.eraseOp(*generic);
  }
}

static Step::Kind getKind(Operation *op) {
  if (auto loop = dyn_cast<scf::ForallOp>(op)) {
    if (!loop.getMapping())
      return Step::Threads;
    return loop->hasAttr(kernel::KernelDialect::kThreads) ? Step::Blocks : Step::Threads;
  }
  auto loop = dyn_cast<scf::ParallelOp>(op);
  return loop && loop->getNumResults() == 0 ? Step::Threads : Step::Serial;
}

/// An array that is a result of `op`, which others need.
static bool yieldsArray(Operation *op) {
  return llvm::any_of(op->getResults(), [](Value result) {
    return isa<MemRefType>(result.getType()) && !result.use_empty();
  });
}

SmallVector<Step> mlir::attn::findSteps(func::FuncOp function) {
  SmallVector<Step> steps;
  Operation *obstacle = nullptr;
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (isRecomputed(&op))
      continue;
    if (!obstacle && yieldsArray(&op))
      obstacle = &op;
    Step::Kind kind = getKind(&op);
    if (steps.empty() || kind != Step::Serial ||
        steps.back().kind != Step::Serial)
      steps.push_back({kind, {}});
    steps.back().ops.push_back(&op);
  }
  if (!obstacle)
    return steps;
  obstacle->emitRemark("gives an array that is not known before it runs, so one "
                       "thread runs the whole function; write into a "
                       "destination to run the loops in parallel");
  Step all{Step::Serial, {}};
  for (Step &step : steps)
    llvm::append_range(all.ops, step.ops);
  return {std::move(all)};
}
