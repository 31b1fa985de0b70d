//===- Framework.h - Attention of a framework -*- C++ -*- ===//
//
// Part of attn-mlir, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TOOLS_ATTN_BENCH_FRAMEWORK_H
#define ATTN_TOOLS_ATTN_BENCH_FRAMEWORK_H

#include "Shape.h"
#include "attn/Runtime/Array.h"

namespace mlir::attn {

/// A program of a framework, as a script measured it (tools/peers).
struct FrameworkProgram {
  std::string name;     // With the framework's version.
  std::string settings; // As kernels and threads.
  std::string missing;  // Why there is nothing more; empty: there is.
  Array output;
  std::vector<double> seconds; // Thread CPU time of a call, each measured.
};

/// Whether scripts are asked for a shape: attention in f32, without a score
/// region.
bool isForFrameworks(const Shape &shape, Type elementType);

/// Runs `command` and the path of a folder with query.npy, key.npy, value.npy
/// and shape.json: the fields of the shape, `repetitions`, and `copies`, the
/// number of copies of the arrays that must be taken in turn. It prints an
/// object of JSON on a line for each program:
///
///   {"program": "X 1.2 attention", "settings": "one thread",
///    "output": "x.npy", "seconds": [0.01, 0.02]}
///   {"program": "X 1.2 other attention", "missing": "needs X 1.3"}
///
/// where `output` is a file that it left in the folder.
llvm::Expected<std::vector<FrameworkProgram>>
runFramework(StringRef command, const Shape &shape, ArrayRef<Array> inputs,
             int64_t copies, unsigned repetitions);

} // namespace mlir::attn

#endif // ATTN_TOOLS_ATTN_BENCH_FRAMEWORK_H
