//===- Variants.h - One kernel for several CPUs -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_CPU_VARIANTS_H
#define ATTN_TARGET_CPU_VARIANTS_H

#include "attn/Analysis/KernelInterface.h"
#include "attn/Target/CPU/Machine.h"
#include "llvm/IR/Module.h"

namespace mlir::attn {

/// A kernel compiled for one CPU, whose name LLVM knows.
struct KernelVariant {
  std::string cpu;
  const Machine *machine;
  std::unique_ptr<llvm::Module> module;
};

/// Whether code for `first` is preferred on a machine that runs both: it has
/// wider vectors, or as wide ones and more instruction sets. CPUs that have all
/// that another has come before it.
bool isPreferred(const Machine &first, const Machine &second);

/// The name of the C function that says which variant is in use.
std::string getVariantReader(StringRef kernel);

/// One module of all variants, in the order of preference, of machines with
/// `getMachine(cpu, /*isVariant=*/true)`. Each function of the C interface
/// calls that of the first variant which the CPU that it runs on, and its
/// operating system, can run; where there is none it returns
/// KernelInterface::UnsupportedCPU (a counter: 0). The choice is made in the
/// first call. In addition there is
///
///     const char *NAME_cpu(void)
///
/// which gives the CPU of the variant in use, or null where there is none.
llvm::Expected<std::unique_ptr<llvm::Module>>
linkVariants(MutableArrayRef<KernelVariant> variants,
             const KernelInterface &interface);

} // namespace mlir::attn

#endif // ATTN_TARGET_CPU_VARIANTS_H
