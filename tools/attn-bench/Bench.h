//===- Bench.h - From workloads to rows of the table -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_BENCH_H
#define ATTN_TOOLS_ATTN_BENCH_BENCH_H

#include "MatrixLibrary.h"
#include "Report.h"
#include "attn/Pipelines/Compile.h"
#include "attn/Runtime/Array.h"
#include "attn/Runtime/LoadedKernel.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::attn {

/// Random inputs of a shape, in the order of its source's arguments.
llvm::Expected<std::vector<Array>> createInputs(const Shape &shape,
                                                Type elementType);

/// Compiles, checks and times. A failure has been reported.
class Bench {
public:
  struct Options {
    CompileOptions compile;
    SmallVector<FormKind> forms;
    unsigned repetitions = 7;
    const MatrixLibrary *matrices = nullptr; // Null: no peers with one.
    std::vector<std::string> frameworks;    // Commands; see runFramework.
  };

  Bench(Options options, MLIRContext &context, Report &report)
      : options(std::move(options)), context(context), report(report) {}

  /// A row for each form, one more if it is to run on several threads, and one for
  /// each peer if `type` is f32. Each output is compared with a reference before it
  /// is timed.
  LogicalResult runShape(const Shape &shape, StringRef type);

  /// A row for each form if the entry of the file has attentions without one,
  /// otherwise a single row. The entry says in `attn.flops` what it is credited
  /// with, unless attentions are all that counts; with `attn.bytes` the share is
  /// of the bandwidth of reads. Outputs are not checked.
  LogicalResult runFile(StringRef path);

private:
  using Inputs = std::vector<Array>;
  using Check = llvm::function_ref<llvm::Error(const Array &output)>;

  /// `inputs` and as many copies as it takes to be read from memory, if memory is
  /// the limit.
  llvm::Expected<std::vector<Inputs>> copyInputs(Inputs inputs,
                                                 const Row &row) const;
  LogicalResult runKernel(ModuleOp module, FormKind form,
                          ArrayRef<Inputs> inputs, const Row &row, Check check);
  LogicalResult runThreads(ModuleOp module, FormKind form,
                           ArrayRef<Inputs> inputs, Row row, Check check);
  llvm::Error timeKernel(const LoadedKernel &kernel, ArrayRef<Inputs> inputs,
                         Row row, Check check);
  llvm::Error timePeers(const Shape &shape, ArrayRef<Inputs> inputs,
                        const Row &row);
  llvm::Error timeFramework(StringRef command, const Shape &shape,
                            ArrayRef<Inputs> inputs, const Row &row);

  Options options;
  MLIRContext &context;
  Report &report;
  MachineLimits limits;
  llvm::StringSet<> saidMissing; // Notes that need not be repeated.
};

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_BENCH_BENCH_H
