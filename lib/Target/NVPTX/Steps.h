//===- Steps.h - The steps of a host program -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_NVPTX_STEPS_H
#define ATTN_LIB_TARGET_NVPTX_STEPS_H

#include "attn/Dialect/Kernel/IR/Kernel.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::attn {

/// Operations of a function that run as one kernel.
struct Step {
  enum Kind {
    Serial,  // In order, by one thread.
    Threads, // One loop, an iteration by a thread.
    Blocks,  // One loop, an iteration by a block of threads.
  };
  Kind kind;
  SmallVector<Operation *> ops;
};

/// Whether a value of the function is computed again wherever it is needed:
/// from arguments, without reading memory.
bool isRecomputed(Operation *op);

/// Operations on whole arrays become loops over their parallel dimensions.
void spreadOverLoops(func::FuncOp function);

/// The steps of `function`, in order. Those next to each other that one thread
/// runs are one. Where an array is carried from one step to another in a way that
/// no kernel can take part in, all is one step, and a remark says so.
SmallVector<Step> findSteps(func::FuncOp function);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_NVPTX_STEPS_H
