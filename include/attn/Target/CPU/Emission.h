//===- Emission.h - LLVM dialect to LLVM IR, assembly and objects -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_CPU_EMISSION_H
#define ATTN_TARGET_CPU_EMISSION_H

#include "attn/Target/CPU/Machine.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"

namespace mlir::attn {

/// Translates a module of the LLVM dialect and optimizes it for `machine`
/// (LLVM's O3). Errors carry what translation reported.
llvm::Expected<std::unique_ptr<llvm::Module>>
translateToLLVM(ModuleOp module, llvm::LLVMContext &context,
                const Machine &machine);

/// Assembly text or an object file of an optimized module.
llvm::Expected<llvm::SmallVector<char, 0>>
emitCode(llvm::Module &module, const Machine &machine,
         llvm::CodeGenFileType type);

} // namespace mlir::attn

#endif // ATTN_TARGET_CPU_EMISSION_H
