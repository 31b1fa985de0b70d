//===- Outputs.h - What attn-compile writes -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_COMPILE_OUTPUTS_H
#define ATTN_TOOLS_ATTN_COMPILE_OUTPUTS_H

#include "attn/Pipelines/Compile.h"

namespace mlir::attn {

enum class Emit { MLIR, LLVMMLIR, LL, BC, S, O, A, SO, H, JSON, Summary, Report, PTX, Cubin };

/// The name of a kind of output on the command line.
StringRef getName(Emit kind);

/// Text and binary outputs by file suffix, written together at the end so that a
/// failure leaves nothing behind.
class Outputs {
public:
  void add(StringRef suffix, std::string content) {
    files.push_back({suffix.str(), std::move(content)});
  }
  LogicalResult write(StringRef prefix);

private:
  SmallVector<std::pair<std::string, std::string>> files;
};

std::string print(ModuleOp module);
std::string print(const llvm::Module &module);

/// Compiles for a GPU and adds `emits` to `outputs`.
LogicalResult compileForDevice(ModuleOp module, const CompileOptions &options,
                               ArrayRef<Emit> emits, Outputs &outputs);

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_COMPILE_OUTPUTS_H
