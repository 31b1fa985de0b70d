//===- Detection.h - What a program asks its CPU -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_CPU_DETECTION_H
#define ATTN_TARGET_CPU_DETECTION_H

#include "llvm/IR/IRBuilder.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include <array>

namespace mlir::attn {

/// What an x86-64 CPU and its operating system must say about themselves for
/// code to run: bits that must be set, in words of 32 bits. The words are those
/// of the CPUID instruction that tell of instruction sets, and last XCR0, the
/// vector registers that the operating system saves. Source: Intel, Software
/// Developer's Manual, volume 2A, CPUID; AMD, Programmer's Manual, volume 3,
/// appendix E.
struct CPURequirement {
  static constexpr unsigned kWords = 10;
  std::array<uint32_t, kWords> bits = {};

  unsigned count() const;
};

/// What code for `subtarget` requires, beyond what every x86-64 CPU has.
CPURequirement getRequirement(const llvm::MCSubtargetInfo &subtarget);

/// Turns off in `features` the instruction sets of `subtarget` that
/// `getRequirement` knows no bit of: what is not asked for must not be used.
/// They are those that no arithmetic needs (encryption, tiles, control of
/// caches and of the system), which virtual machines often hide, and the
/// newest.
void disableUncheckedSets(const llvm::MCSubtargetInfo &subtarget,
                          llvm::SubtargetFeatures &features);

/// Appends to the builder's block, the last of its function, code that reads
/// the words from the CPU that it runs on. Needs no library.
std::array<llvm::Value *, CPURequirement::kWords>
createDetection(llvm::IRBuilder<> &b);

} // namespace mlir::attn

#endif // ATTN_TARGET_CPU_DETECTION_H
