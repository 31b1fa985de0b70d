//===- MachinePeak.h - What this machine can do -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_RUNTIME_MACHINEPEAK_H
#define ATTN_RUNTIME_MACHINEPEAK_H

#include "attn/Target/CPU/Machine.h"

namespace mlir::attn {

/// Thread CPU time in seconds.
double getThreadSeconds();
/// Time that passes for everyone, in seconds.
double getWallSeconds();

/// A loop of independent fused multiply-adds on vectors of `bits` (32 or 64) wide
/// floats, compiled for this machine: the most a kernel could reach.
class MachinePeak {
public:
  static llvm::Expected<MachinePeak> create(unsigned bits);
  ~MachinePeak();
  MachinePeak(MachinePeak &&);

  /// One measurement of about a hundredth of a second: operations per second
  /// of thread CPU time, a multiply-add counted as two.
  double measure() const;

private:
  struct Implementation;
  explicit MachinePeak(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation;
};

} // namespace mlir::attn

#endif // ATTN_RUNTIME_MACHINEPEAK_H
