//===- ToolOptions.h - What the tools have in common -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_COMMON_TOOLOPTIONS_H
#define ATTN_TOOLS_COMMON_TOOLOPTIONS_H

#include "attn/Pipelines/Compile.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"

namespace mlir::attn {

/// Exit status of the tools.
enum ExitStatus { Success = 0, Failed = 1, WrongUsage = 2 };

/// The category of options that --help shows.
llvm::cl::OptionCategory &getToolCategory();

/// Options that choose how to compile: --entry, --form, --target, --cpu, ...
struct CompileCommandLine {
  /// `severalForms`: --form is a list, for `getForms`; `get` has the last one.
  /// `severalCPUs`: --cpu is a list, for `getCPUs`; `get` has the first one.
  explicit CompileCommandLine(bool severalForms = false,
                              bool severalCPUs = false);
  ~CompileCommandLine();

  /// The options as the compiler takes them. Says in words what has no
  /// implementation yet, and fails.
  FailureOr<CompileOptions> get() const;
  /// All forms there are unless --form was given.
  FailureOr<SmallVector<FormKind>> getForms() const;
  /// The CPUs to compile for, each once; one unless --cpu is a list.
  FailureOr<SmallVector<std::string>> getCPUs() const;

private:
  struct Options;
  std::unique_ptr<Options> options;
};

/// Parses the command line. Returns the status to exit with, if any.
std::optional<int> parseCommandLine(int argc, char **argv, StringRef overview);

/// Reports an error of the tool on stderr, without a source location.
LogicalResult reportError(const llvm::Twine &message);

/// A module from a file ("-": stdin), with diagnostics that show its lines.
class ModuleFile {
public:
  /// Null after an error has been reported.
  static std::unique_ptr<ModuleFile> open(StringRef path, MLIRContext &context);
  ~ModuleFile();
  ModuleOp getModule() { return *module; }

private:
  llvm::SourceMgr sources;
  std::unique_ptr<SourceMgrDiagnosticHandler> handler;
  OwningOpRef<ModuleOp> module;
};

} // namespace mlir::attn

#endif // ATTN_TOOLS_COMMON_TOOLOPTIONS_H
