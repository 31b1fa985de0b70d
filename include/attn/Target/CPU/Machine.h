//===- Machine.h - The CPU that code is generated for -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_CPU_MACHINE_H
#define ATTN_TARGET_CPU_MACHINE_H

#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>

namespace mlir::attn {

/// A CPU: LLVM's target machine, and what choices of tiles need to know.
struct Machine {
  std::unique_ptr<llvm::TargetMachine> target;
  bool isHost = true;           // Whether this machine runs such code.
  int64_t vectorBits = 128;     // Width of a vector register.
  int64_t vectorRegisters = 16; // How many there are.
  int64_t cacheBytes[2] = {32 << 10, 256 << 10}; // First and second, of data.
};

/// `cpu` is "native" (this machine, with exactly the features it reports) or a
/// name that LLVM knows for the host's architecture, x86-64 or AArch64. The
/// code of a variant (Variants.h) uses only what a program can find out about
/// its CPU.
llvm::Expected<Machine> getMachine(llvm::StringRef cpu, bool isVariant = false);

} // namespace mlir::attn

#endif // ATTN_TARGET_CPU_MACHINE_H
