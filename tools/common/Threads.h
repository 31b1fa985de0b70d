//===- Threads.h - Where programs run while they are timed -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_COMMON_THREADS_H
#define ATTN_TOOLS_COMMON_THREADS_H

#include <sched.h>

namespace mlir::attn {

/// Seconds on the clock of a program with so many threads. One: its CPU time,
/// which no other program adds to. Several: the time that passes, for the CPU time
/// of one of them says little.
double getSeconds(unsigned threads);

/// Keeps a program of one thread, and programs and threads that it starts, on the
/// CPU where it is; leaves one of several threads alone.
class StayOnCPU {
public:
  explicit StayOnCPU(unsigned threads = 1);
  ~StayOnCPU();
  StayOnCPU(const StayOnCPU &) = delete;

private:
  cpu_set_t before;
};

/// CPUs that this thread may run on.
unsigned getNumCPUs();

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMMON_THREADS_H
