//===- Chip.cpp - The GPUs that code is generated for ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Target/NVPTX/Emission.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace mlir::attn;

/// Version of the PTX language: that of CUDA 12.0, which knows all of the chips.
static constexpr StringLiteral kFeatures = "+ptx80";

ArrayRef<StringRef> mlir::attn::getChips() {
  static constexpr StringRef chips[] = {"sm_80", "sm_86", "sm_89", "sm_90",
                                        "sm_90a"};
  return chips;
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
mlir::attn::getDeviceMachine(StringRef chip) {
  if (!llvm::is_contained(getChips(), chip))
    return llvm::createStringError("unknown chip '" + chip + "'; there are " +
                                   llvm::join(getChips(), ", "));
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargets();
  llvm::InitializeAllTargetMCs();
  llvm::InitializeAllAsmPrinters();
  llvm::Triple triple("nvptx64-nvidia-cuda");
  std::string reason;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, reason);
  if (!target)
    return llvm::createStringError("this LLVM has no NVPTX target: " + reason);
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, chip, kFeatures, llvm::TargetOptions(), std::nullopt,
      std::nullopt, llvm::CodeGenOptLevel::Aggressive));
  if (!machine)
    return llvm::createStringError("no target machine for " + triple.str());
  return machine;
}
