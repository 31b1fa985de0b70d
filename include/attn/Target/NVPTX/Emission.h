//===- Emission.h - Kernels to PTX and cubin -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_NVPTX_EMISSION_H
#define ATTN_TARGET_NVPTX_EMISSION_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

namespace mlir::attn {

/// Names of the GPUs that code is generated for, and the default one.
ArrayRef<StringRef> getChips();
inline constexpr StringLiteral kDefaultChip = "sm_80";

/// LLVM's target machine for a chip, or an error that names those there are.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
getDeviceMachine(StringRef chip);

/// Translates kernels in the NVVM dialect and optimizes them (LLVM's O3). An error
/// names a function that no GPU has.
llvm::Expected<std::unique_ptr<llvm::Module>>
translateToLLVM(gpu::GPUModuleOp kernels, llvm::LLVMContext &context,
                llvm::TargetMachine &machine);

/// PTX text of an optimized module, which it changes.
llvm::Expected<std::string> emitPTX(llvm::Module &module,
                                    llvm::TargetMachine &machine);

/// Where CUDA's assembler is: on PATH, in $CUDA_HOME/bin or /usr/local/cuda/bin.
std::optional<std::string> findAssembler();

/// The machine code of `ptx` for `chip`; an error carries what the assembler says.
llvm::Expected<std::string> assemble(StringRef assembler, StringRef ptx,
                                     StringRef chip);

} // namespace mlir::attn

#endif // ATTN_TARGET_NVPTX_EMISSION_H
