//===- DeviceBench.h - The table of a GPU -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_DEVICEBENCH_H
#define ATTN_TOOLS_ATTN_BENCH_DEVICEBENCH_H

#include "Shape.h"
#include "attn/Pipelines/Compile.h"
#include "attn/Runtime/Array.h"
#include "attn/Runtime/CUDADriver.h"

namespace mlir::attn {

/// Compiles, checks and times on the first GPU; each row is printed as it comes. A
/// failure has been reported.
class DeviceBench {
public:
  static FailureOr<DeviceBench> create(CompileOptions compile,
                                       ArrayRef<FormKind> forms,
                                       unsigned repetitions,
                                       MLIRContext &context);

  /// A row for each form; of a recurrence for each schedule.
  LogicalResult runShape(const Shape &shape, StringRef type);
  bool isEmpty() const { return rows.empty(); }
  /// The file appears whole or not at all.
  llvm::Error writeJson(StringRef path) const;

private:
  struct Program {
    std::string name, source;
    FormKind form;
    double flops;
  };

  explicit DeviceBench(MLIRContext &context) : context(context) {}
  void printHeader() const;
  llvm::Error runProgram(const Shape &shape, StringRef type,
                         const Program &program,
                         const std::vector<Array> &inputs);

  MLIRContext &context;
  CompileOptions compile;
  SmallVector<FormKind> forms;
  unsigned repetitions = 0;
  std::unique_ptr<CUDADevice> device;
  double copyBandwidth = 0; // Bytes per second.
  std::vector<llvm::json::Object> rows;
};

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_BENCH_DEVICEBENCH_H
