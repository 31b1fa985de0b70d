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
  /// of thread CPU time, a multiply-add counted as two. Of several threads: the sum
  /// of what each reaches beside the others.
  double measure(unsigned threads = 1) const;

private:
  struct Implementation;
  explicit MachinePeak(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation;
};

/// Bytes that no cache of this machine holds: four times its last level, from
/// 256 MiB to 1 GiB.
int64_t getBytesBeyondCache();

/// A loop that reads a buffer of `getBytesBeyondCache()` from end to end: the most
/// bytes per second that a kernel could take from memory.
class ReadBandwidth {
public:
  static llvm::Expected<ReadBandwidth> create();
  ~ReadBandwidth();
  ReadBandwidth(ReadBandwidth &&);

  /// One measurement, of one pass: bytes per second of thread CPU time. Several
  /// threads read a part each, and the sum is of what each reaches.
  double measure(unsigned threads = 1) const;

private:
  struct Implementation;
  explicit ReadBandwidth(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation;
};

} // namespace mlir::attn

#endif // ATTN_RUNTIME_MACHINEPEAK_H
