//===- FrameLayout.h - Temporaries that share one memory -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_TARGET_CPU_FRAMELAYOUT_H
#define ATTN_LIB_TARGET_CPU_FRAMELAYOUT_H

#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::attn {

/// Every temporary and every callee's memory begins at a multiple of this: a
/// cache line, and the widest vector.
constexpr int64_t kFrameAlignment = 64;

/// The part of a function whose iterations, if any, each have memory of their own:
/// its body, or that of an independent loop.
Operation *getFrameScope(Operation *op);

/// Knows of the temporaries of a function how long they live.
class Lifetimes {
public:
  /// When operations run, as numbers in program order: from `begin` on, before
  /// `end`. That of an operation spans what is nested in it.
  struct Span {
    int64_t begin = 0, end = 0;
    bool overlaps(Span other) const {
      return begin < other.end && other.begin < end;
    }
  };

  explicit Lifetimes(func::FuncOp function);

  Span getSpan(Operation *op) const { return spans.lookup(op); }

  /// From the first to the last use of a buffer and its views. A loop that uses
  /// what is allocated before it does so in each iteration.
  Span getLifetime(memref::AllocOp buffer) const;

  /// Why the buffer cannot have a fixed place in memory that calls share, and what
  /// to do about it; empty if it can.
  StringRef getObstacle(memref::AllocOp buffer) const;

  /// Where the buffer is freed.
  SmallVector<Operation *> getDeallocs(memref::AllocOp buffer) const;

private:
  void number(Operation *op);

  BufferViewFlowAnalysis views;
  llvm::DenseMap<Operation *, Span> spans;
  int64_t next = 0;
  bool isStructured = true; // No branches between blocks.
};

/// Places in one memory: of temporaries, and of what callees get.
struct FrameLayout {
  struct Buffer {
    memref::AllocOp op;
    Lifetimes::Span life;
    int64_t bytes, offset = 0;
    bool isCrossed = false; // Lives during a call.

    int64_t getEnd() const { return offset + bytes; }
  };
  struct Call {
    func::CallOp op;
    int64_t bytes, offset = 0;
  };

  SmallVector<Buffer> buffers;
  SmallVector<Call> calls;
  int64_t bytes = 0;

  void add(memref::AllocOp buffer, const Lifetimes &lifetimes);

  /// Temporaries that do not live at the same time share bytes, and a callee gets
  /// the memory above what lives during its call: so what lives during calls is
  /// placed first, lowest.
  void assignOffsets(const Lifetimes &lifetimes);

private:
  void place(Buffer &buffer, ArrayRef<Buffer> placed);
};

/// Bytes of a buffer with static shape.
int64_t getBufferBytes(memref::AllocOp buffer);

} // namespace mlir::attn

#endif // ATTN_LIB_TARGET_CPU_FRAMELAYOUT_H
